//! The plots of the page: lines over logarithmic or plain axes, as SVG.

use annulus_bench::workload::{SIZES, Size};
use std::fmt::Write;

use crate::data::Data;
use crate::{keys, search, threads};

/// The area of the lines, in pixels: left, top, right, bottom.
const AREA: [f64; 4] = [70.0, 50.0, 520.0, 370.0];
/// The whole picture.
const PICTURE: (f64, f64) = (940.0, 430.0);
/// One for each line; ours is the first. No two are alike.
const COLOURS: [&str; 8] =
    ["#c2410c", "#1d4ed8", "#15803d", "#a855f7", "#eab308", "#06b6d4", "#be185d", "#4b5563"];
/// Where titles begin: at the left edge, however long they are.
const TITLES: f64 = 12.0;

/// A line: its name and its points, in the units of the axes.
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

/// An axis.
struct Axis {
    title: &'static str,
    from: f64,
    to: f64,
    logarithmic: bool,
    marks: Vec<(f64, String)>,
}

impl Axis {
    /// How far along the axis a value lies, from 0 to 1.
    fn part(&self, value: f64) -> f64 {
        let scale = |value: f64| if self.logarithmic { value.ln() } else { value };
        (scale(value) - scale(self.from)) / (scale(self.to) - scale(self.from))
    }

    /// A logarithmic axis on which all `values` are, from a mark to a mark.
    fn around(title: &'static str, values: impl Iterator<Item = f64>) -> Self {
        let (least, most) =
            values.fold((f64::INFINITY, 0.0f64), |(least, most), v| (least.min(v), most.max(v)));
        let (least, most) = if least <= most { (least, most) } else { (1.0, 1.0) };
        let all: Vec<f64> =
            (-3..12).flat_map(|e| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(e))).collect();
        let first = all.iter().rposition(|&mark| mark <= least).unwrap_or(0);
        let last = all.iter().position(|&mark| mark >= most && mark > all[first]);
        let marks = &all[first..=last.unwrap_or(all.len() - 1)];
        Self {
            title,
            from: marks[0],
            to: marks[marks.len() - 1],
            logarithmic: true,
            marks: marks.iter().map(|&mark| (mark, mark.to_string())).collect(),
        }
    }
}

/// The time of a lookup against the number of points.
pub(crate) fn lookups(data: &Data) -> String {
    let contenders = [
        keys::OWNER,
        keys::KETAMA,
        keys::HASHRING,
        keys::LFCHRING,
        keys::ANCHORHASH,
        keys::JUMPHASH,
        search::SINGLE,
        search::SORTED,
    ];
    let line = |name: &&str| {
        let time = |size: Size| Some((size.points() as f64, data.time(size, name)?.median));
        Line { name: name.replace('`', ""), points: SIZES.into_iter().filter_map(time).collect() }
    };
    let x = Axis {
        title: "points",
        from: 1e3,
        to: 2e6,
        logarithmic: true,
        marks: SIZES.map(|size| (size.points() as f64, size.points().to_string())).into(),
    };
    let lines: Vec<Line> = contenders.iter().map(line).collect();
    let times = lines.iter().flat_map(|line| &line.points).map(|point| point.1);
    let y = Axis::around("ns a lookup", times);
    svg("Independent lookups, one thread", &x, &y, &lines)
}

/// The throughput of lookups in a ring of 1,000 nodes against the number of threads.
pub(crate) fn threads(data: &Data) -> String {
    let size = SIZES[2];
    let two =
        [threads::PRIVATE, threads::IDLE, threads::SHARED, threads::ARC_SWAP, threads::RW_LOCK];
    let names = [
        "annulus, a published ring for each",
        "annulus RingReader",
        "annulus SharedRing",
        "arc-swap",
        "RwLock<Arc<_>>",
    ];
    let millions = |name| Some(1e3 / data.time(size, name)?.median);
    let mut lines: Vec<Line> = (0..names.len())
        .map(|i| {
            let points = [(1.0, millions(threads::ONE[i])), (2.0, millions(two[i]))];
            let points = points.into_iter().filter_map(|(x, y)| Some((x, y?))).collect();
            Line { name: names[i].into(), points }
        })
        .collect();
    let updated = millions(threads::UPDATED).map(|y| (2.0, y)).into_iter().collect();
    lines.push(Line { name: "annulus RingReader, 1,000 updates/s".into(), points: updated });
    let most = lines.iter().flat_map(|line| &line.points).map(|point| point.1).fold(1.0, f64::max);
    let step = 10f64.powf((most / 2.0).log10().floor()) * 2.0;
    let steps = (most / step).ceil() as u32;
    let x = Axis {
        title: "threads",
        from: 0.8,
        to: 2.2,
        logarithmic: false,
        marks: vec![(1.0, "1".into()), (2.0, "2".into())],
    };
    let y = Axis {
        title: "million lookups a second",
        from: 0.0,
        to: step * f64::from(steps),
        logarithmic: false,
        marks: (0..=steps).map(|n| step * f64::from(n)).map(|v| (v, v.to_string())).collect(),
    };
    svg(&format!("A pin and a lookup, {size} points"), &x, &y, &lines)
}

fn svg(title: &str, x: &Axis, y: &Axis, lines: &[Line]) -> String {
    let [left, top, right, bottom] = AREA;
    let at = |(px, py): (f64, f64)| {
        (left + x.part(px) * (right - left), bottom - y.part(py) * (bottom - top))
    };
    let (width, height) = PICTURE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\" fill=\"#1d2433\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text(&mut svg, TITLES, top - 28.0, "start", title);
    text(&mut svg, (left + right) / 2.0, bottom + 42.0, "middle", x.title);
    text(&mut svg, TITLES, top - 11.0, "start", y.title);
    for (value, name) in &x.marks {
        let (px, _) = at((*value, y.from));
        rule(&mut svg, (px, top), (px, bottom));
        text(&mut svg, px, bottom + 18.0, "middle", name);
    }
    for (value, name) in &y.marks {
        let (_, py) = at((x.from, *value));
        rule(&mut svg, (left, py), (right, py));
        text(&mut svg, left - 6.0, py + 4.0, "end", name);
    }
    for (i, (line, colour)) in lines.iter().zip(COLOURS).enumerate() {
        let points: Vec<String> =
            line.points.iter().map(|&p| at(p)).map(|(px, py)| format!("{px:.1},{py:.1}")).collect();
        let path = points.join(" ");
        let _ = writeln!(
            svg,
            "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        );
        for (px, py) in line.points.iter().map(|&p| at(p)) {
            let _ = writeln!(
                svg,
                "<circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"3.5\" fill=\"{colour}\"/>"
            );
        }
        let py = top + 8.0 + 22.0 * i as f64;
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.0}\" cy=\"{:.0}\" r=\"5\" fill=\"{colour}\"/>",
            right + 22.0,
            py - 4.0
        );
        text(&mut svg, right + 34.0, py, "start", &line.name);
    }
    svg.push_str("</svg>\n");
    svg
}

fn rule(svg: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#d7dbe3\"/>"
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithmic_axis_gives_equal_ratios_equal_room() {
        let mut axis =
            Axis { title: "", from: 1.0, to: 100.0, logarithmic: true, marks: Vec::new() };
        assert!((axis.part(10.0) - 0.5).abs() < 1e-9);
        axis.logarithmic = false;
        assert!((axis.part(50.5) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn an_axis_goes_around_its_values() {
        for (values, from, to, marks) in [
            (&[3.1, 1318.0][..], 2.0, 2000.0, 10),
            (&[2.0, 5.0], 2.0, 5.0, 2),
            (&[0.07], 0.05, 0.1, 2),
            (&[10.0], 10.0, 20.0, 2),
            (&[], 1.0, 2.0, 2),
        ] {
            let axis = Axis::around("", values.iter().copied());
            assert_eq!((axis.from, axis.to, axis.marks.len()), (from, to, marks), "{values:?}");
            assert!(values.iter().all(|&value| (0.0..=1.0).contains(&axis.part(value))));
        }
    }

    #[test]
    fn no_two_colours_are_alike() {
        let channels = |colour: &str| {
            [1, 3, 5].map(|at| f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()))
        };
        for (i, one) in COLOURS.iter().enumerate() {
            for other in &COLOURS[..i] {
                let (one_is, other_is) = (channels(one), channels(other));
                let squares = (0..3).map(|n| (one_is[n] - other_is[n]).powi(2));
                assert!(squares.sum::<f64>().sqrt() > 70.0, "{one} {other}");
            }
        }
    }

    /// The pictures of the data that is kept: nothing of them is cut off, and they are as they were drawn last.
    #[test]
    fn the_pictures_hold_all_that_is_in_them() {
        let data = Data::load().unwrap();
        let (width, height) = PICTURE;
        let [left, top, right, bottom] = AREA;
        for (name, svg) in [("lookups", lookups(&data)), ("threads", threads(&data))] {
            let kept = format!("{}/plots/{name}.svg", env!("CARGO_MANIFEST_DIR"));
            assert!(
                std::fs::read_to_string(&kept).unwrap() == svg,
                "{kept}: cargo xtask ratios --plot"
            );
            let number = |line: &str, name: &str| -> Option<f64> {
                let value = line.split_once(&format!(" {name}=\""))?.1;
                value.split_once('"')?.0.parse().ok()
            };
            for line in svg.lines().filter(|line| line.starts_with("<circle")) {
                let (x, y) = (number(line, "cx").unwrap(), number(line, "cy").unwrap());
                let is_of_legend = x > right;
                assert!(is_of_legend || (left..=right).contains(&x), "{name}: {line}");
                assert!((top - 8.0..=bottom).contains(&y), "{name}: {line}");
                assert!(is_of_legend || y >= top, "{name}: {line}");
            }
            for line in svg.lines().filter(|line| line.starts_with("<text")) {
                let (x, y) = (number(line, "x").unwrap(), number(line, "y").unwrap());
                let text = line.split_once('>').unwrap().1.trim_end_matches("</text>");
                // Letters of this font and size are 8 pixels wide at most in the mean.
                let long =
                    8.0 * text.replace("&lt;", "<").replace("&gt;", ">").chars().count() as f64;
                let (from, to) = match line {
                    _ if line.contains("\"start\"") => (x, x + long),
                    _ if line.contains("\"end\"") => (x - long, x),
                    _ => (x - long / 2.0, x + long / 2.0),
                };
                assert!(
                    from >= 0.0 && to <= width && (12.0..height).contains(&y),
                    "{name}: {line}"
                );
            }
        }
    }
}
