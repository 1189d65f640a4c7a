//! The plots of the page: lines over logarithmic or plain axes, as SVG.

use annulus_bench::workload::{SIZES, Size};
use std::fmt::Write;

use crate::data::Data;
use crate::{keys, search, threads};

/// The area of the lines, in pixels: left, top, right, bottom.
const AREA: [f64; 4] = [70.0, 50.0, 520.0, 370.0];
/// The whole picture.
const PICTURE: (f64, f64) = (860.0, 430.0);
/// One for each line; ours is the first.
const COLOURS: [&str; 8] =
    ["#c2410c", "#1d4ed8", "#047857", "#7c3aed", "#b45309", "#0e7490", "#be185d", "#4b5563"];

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
    let marks = |values: &[f64]| values.iter().map(|&v| (v, v.to_string())).collect();
    let x = Axis {
        title: "points",
        from: 1e3,
        to: 2e6,
        logarithmic: true,
        marks: SIZES.map(|size| (size.points() as f64, size.points().to_string())).into(),
    };
    let y = Axis {
        title: "ns a lookup",
        from: 2.0,
        to: 500.0,
        logarithmic: true,
        marks: marks(&[2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0]),
    };
    let lines: Vec<Line> = contenders.iter().map(line).collect();
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
    text(&mut svg, left, top - 24.0, "start", title);
    text(&mut svg, (left + right) / 2.0, bottom + 42.0, "middle", x.title);
    text(&mut svg, left - 8.0, top - 8.0, "middle", y.title);
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
}
