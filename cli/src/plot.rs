//! The picture of a ring: who owns which arc, and how the shares compare with the fair ones.

use std::f64::consts::TAU;
use std::fmt::Write;

use annulus::{Balance, Position};
use annulus_profiles::System;

use crate::answers::Answers;
use crate::balance::{Row, Shares};
use crate::nodes::Node;
use crate::output::shortened;
use crate::output::table::thousands;

/// The most points whose arcs are drawn one by one.
const MAX_POINTS: usize = 4096;
/// Where there are more, arcs are too thin to be seen, and the owners at so many places are drawn.
const SAMPLES: usize = 720;
/// The most bars of one column.
const COLUMN: usize = 36;
/// The most bars of all; with more nodes, those that are furthest from their fair share.
const MAX_BARS: usize = 5 * COLUMN;

/// The most characters of a name.
const LABEL: usize = 24;

/// The middle of the ring.
const CENTRE: (f64, f64) = (250.0, 330.0);
/// The ring as the points make it.
const OUTER: (f64, f64) = (168.0, 220.0);
/// The same with all arcs of a node side by side.
const INNER: (f64, f64) = (118.0, 156.0);
/// Where the bars begin.
const BARS: (f64, f64) = (530.0, 110.0);
/// The longest bar.
const BAR: f64 = 170.0;
/// The height of a row of the bar chart with many bars and with few.
const ROW: (f64, f64) = (17.0, 34.0);
/// The height of the bar chart that is worth having.
const CHART: f64 = 440.0;

/// Draws a ring and what its nodes have of it. A node of weight 1 has `vnodes` points, if that is known.
pub(crate) fn svg<S: System<Node>, H>(
    shares: &Shares<'_, '_, S, H>,
    vnodes: Option<u32>,
) -> String {
    let rows = &shares.rows[..];
    let colours: Vec<String> = (0..rows.len()).map(|place| colour(place, rows.len())).collect();
    let bars = chosen(rows);
    let chart = Chart::new(&bars, rows);
    let width = f64::max(800.0, BARS.0 + chart.width * chart.columns as f64);
    let height = f64::max(610.0, BARS.1 + chart.row * chart.bars as f64 + 40.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" \
         font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"11\" fill=\"#1d2433\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    heading(&mut svg, shares, vnodes);
    draw_arcs(&mut svg, OUTER, &by_owner(shares.answers), rows, &colours);
    draw_arcs(&mut svg, INNER, &gathered(rows), rows, &colours);
    text(&mut svg, CENTRE.0, CENTRE.1 - 4.0, "middle", 28, &thousands(rows.len() as u64));
    let unit = if rows.len() == 1 { "node" } else { "nodes" };
    text(&mut svg, CENTRE.0, CENTRE.1 + 16.0, "middle", 13, unit);
    let legend = CENTRE.1 + OUTER.1 + 24.0;
    let outer = match (shares.answers.ring().point_count() > MAX_POINTS, shares.replicas() > 1) {
        (true, _) => format!("outer: owners at {SAMPLES} positions, clockwise from the top"),
        (false, true) => "outer: arcs of owners as they lie, clockwise from the top".into(),
        (false, false) => "outer: arcs as they lie, clockwise from the top".into(),
    };
    text(&mut svg, CENTRE.0, legend, "middle", 11, &outer);
    let inner = if shares.replicas() > 1 {
        "inner: the copies of all replicas, gathered by node"
    } else {
        "inner: the same, gathered by node"
    };
    text(&mut svg, CENTRE.0, legend + 16.0, "middle", 11, inner);
    draw_bars(&mut svg, &chart, &bars, rows, &colours);
    svg.push_str("</svg>\n");
    svg
}

fn heading<S: System<Node>, H>(
    svg: &mut String,
    shares: &Shares<'_, '_, S, H>,
    vnodes: Option<u32>,
) {
    text(svg, 30.0, 42.0, "start", 20, "Shares of the key space");
    let ring = shares.answers.ring();
    let points = thousands(ring.point_count() as u64);
    let loads = match shares.balance {
        Some(Balance { min, max, std_dev, .. }) => {
            format!("load {min:.3} to {max:.3}, standard deviation {std_dev:.3}")
        }
        None if ring.point_count() > 0 => "no node that is up has points".into(),
        None => "no node has points".into(),
    };
    let mut line = match vnodes {
        Some(vnodes) => format!("{points} points, {vnodes} for a weight of 1; "),
        None => format!("{points} points; "),
    };
    if shares.replicas() > 1 {
        put(&mut line, format_args!("{:.3} of {} replicas; ", shares.copies(), shares.replicas()));
    }
    if shares.down() > 0 {
        put(&mut line, format_args!("{} down; ", shares.down()));
    }
    line.push_str(&loads);
    text(svg, 30.0, 64.0, "start", 13, &line);
    text(
        svg,
        BARS.0,
        BARS.1 - 24.0,
        "start",
        11,
        "share of each node; the dark tick is its fair share",
    );
    if ring.len() > MAX_BARS {
        let nodes = thousands(ring.len() as u64);
        let line = format!("the {MAX_BARS} of {nodes} nodes furthest from it");
        text(svg, BARS.0, BARS.1 - 9.0, "start", 11, &line);
    }
}

/// The places of the nodes that have a bar.
fn chosen(rows: &[Row<'_>]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    if rows.len() > MAX_BARS {
        let off = |place: &usize| rows[*place].load().map_or(0.0, |load| (load - 1.0).abs());
        places.sort_by(|a, b| off(b).total_cmp(&off(a)));
        places.truncate(MAX_BARS);
        places.sort_unstable();
    }
    places
}

/// A piece of the circle in turns, from 0 at the top, and the place of its node.
type Piece = (f64, f64, usize);

/// The arcs of the owners, neighbours of one owner as one.
fn by_owner<S: System<Node>, H>(answers: Answers<'_, '_, S, H>) -> Vec<Piece> {
    let mut room = vec![0; answers.most()];
    let mut owner_at = |position: S::Position| {
        let found = answers.numbers_at(position, &mut room);
        room[..found].first().map(|&owner| owner as usize)
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |start: f64, end: f64, place: usize| match pieces.last_mut() {
        Some((_, last, same)) if *same == place && (*last - start).abs() < 1e-12 => *last = end,
        _ => pieces.push((start, end, place)),
    };
    if answers.ring().point_count() > MAX_POINTS {
        for i in 0..SAMPLES {
            let turn = |i: usize| i as f64 / SAMPLES as f64;
            let middle = u64::CIRCLE * (2 * i as u128 + 1) / (2 * SAMPLES as u128);
            if let Some(place) = owner_at(S::Position::from_hash(middle as u64)) {
                add(turn(i), turn(i + 1), place);
            }
        }
    } else {
        for owned in answers.ring().ranges() {
            // An arc that wraps begins before the top.
            let end = owned.range.end.to_u64() as f64 + 1.0;
            let end = end / S::Position::CIRCLE as f64;
            if let Some(place) = owner_at(owned.range.end) {
                add(end - owned.range.share(), end, place);
            }
        }
    }
    pieces
}

/// The part of all copies that each node has in one piece.
fn gathered(rows: &[Row<'_>]) -> Vec<Piece> {
    let copies = rows.iter().map(|row| row.positions).sum::<u128>() as f64;
    let mut start = 0.0;
    let mut pieces = Vec::new();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.positions > 0) {
        let end = start + row.positions as f64 / copies;
        pieces.push((start, end, place));
        start = end;
    }
    pieces
}

/// Draws the pieces between two radii, those of a node as one shape.
fn draw_arcs(
    svg: &mut String,
    (inside, outside): (f64, f64),
    pieces: &[Piece],
    rows: &[Row<'_>],
    colours: &[String],
) {
    let (x, y) = CENTRE;
    let (radius, width) = ((inside + outside) / 2.0, outside - inside);
    put(
        svg,
        format_args!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"none\" stroke=\"#e3e7ee\" \
             stroke-width=\"{width}\"/>\n"
        ),
    );
    let mut shapes = vec![String::new(); rows.len()];
    for &(start, end, place) in pieces {
        let shape = &mut shapes[place];
        // A path cannot go around in one arc.
        let steps = if end - start > 0.5 { 3 } else { 1 };
        for step in 0..steps {
            let turn = |step: i32| start + (end - start) * f64::from(step) / f64::from(steps);
            sector(shape, inside, outside, turn(step), turn(step + 1));
        }
    }
    for ((shape, row), colour) in shapes.iter().zip(rows).zip(colours) {
        if !shape.is_empty() {
            let title = escape(&row.node.identity);
            let share = 100.0 * row.share;
            put(
                svg,
                format_args!(
                    "<path fill=\"{colour}\" d=\"{shape}\"><title>{title}: {share:.2} %</title>\
                     </path>\n"
                ),
            );
        }
    }
}

/// Adds a piece of a ring to a path.
fn sector(path: &mut String, inside: f64, outside: f64, start: f64, end: f64) {
    let at = |radius: f64, turn: f64| {
        let (sin, cos) = (turn * TAU).sin_cos();
        (CENTRE.0 + radius * sin, CENTRE.1 - radius * cos)
    };
    let corners = [at(outside, start), at(outside, end), at(inside, end), at(inside, start)];
    let [a, b, c, d] = corners;
    put(
        path,
        format_args!(
            "M{:.2} {:.2}A{outside} {outside} 0 0 1 {:.2} {:.2}L{:.2} {:.2}\
             A{inside} {inside} 0 0 0 {:.2} {:.2}Z",
            a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1
        ),
    );
}

/// How the bars are laid out.
struct Chart {
    columns: usize,
    /// The bars of a column.
    bars: usize,
    /// The width of a column.
    width: f64,
    /// The part of it that names take.
    names: f64,
    /// The height of a bar and of what is between it and the next.
    row: f64,
    font: u32,
}

impl Chart {
    fn new(bars: &[usize], rows: &[Row<'_>]) -> Self {
        let columns = bars.len().div_ceil(COLUMN).max(1);
        let in_column = bars.len().div_ceil(columns);
        let row = (CHART / in_column.max(1) as f64).clamp(ROW.0, ROW.1);
        let font = if row > 24.0 { 13 } else { 11 };
        let longest = bars.iter().map(|&place| rows[place].node.identity.chars().count()).max();
        let names = 12.0 + 0.63 * f64::from(font) * longest.unwrap_or(0).min(LABEL) as f64;
        let width = names + BAR + 12.0 * f64::from(font);
        Self { columns, bars: in_column, width, names, row, font }
    }
}

/// Draws a bar for each node that has one.
fn draw_bars(
    svg: &mut String,
    chart: &Chart,
    bars: &[usize],
    rows: &[Row<'_>],
    colours: &[String],
) {
    let longest = bars.iter().map(|&place| rows[place].share.max(rows[place].fair));
    let longest = longest.fold(0.0, f64::max);
    let scale = if longest > 0.0 { BAR / longest } else { 0.0 };
    for (at, &place) in bars.iter().enumerate() {
        let row = &rows[place];
        let x = BARS.0 + chart.width * (at / chart.bars) as f64 + chart.names;
        let y = BARS.1 + chart.row * (at % chart.bars) as f64;
        let (bar, fair, colour) = (row.share * scale, x + row.fair * scale, &colours[place]);
        let (middle, thickness) = (y + chart.row / 2.0, 0.76 * chart.row);
        let baseline = middle + 0.36 * f64::from(chart.font);
        text(svg, x - 8.0, baseline, "end", chart.font, &shortened(&row.node.identity, LABEL));
        put(
            svg,
            format_args!(
                "<rect x=\"{x:.2}\" y=\"{:.2}\" width=\"{bar:.2}\" height=\"{thickness:.2}\" \
                 fill=\"{colour}\"/>\n\
                 <rect x=\"{:.2}\" y=\"{y:.2}\" width=\"2\" height=\"{:.2}\" fill=\"#1d2433\"/>\n",
                middle - thickness / 2.0,
                fair - 1.0,
                chart.row - 1.0,
            ),
        );
        let load = match row.load() {
            _ if !row.up => "\u{2002}down".into(),
            Some(load) => format!("\u{2002}\u{d7}{load:.2}"),
            None => String::new(),
        };
        let figures = format!("{:.2} %{load}", 100.0 * row.share);
        text(svg, x + BAR + 8.0, baseline, "start", chart.font, &figures);
    }
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, size: u32, text: &str) {
    let text = escape(text);
    put(
        svg,
        format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\">\
             {text}</text>\n"
        ),
    );
}

/// A colour that is unlike those of the neighbours, in hue and, where there are many, in lightness.
fn colour(place: usize, count: usize) -> String {
    // Few nodes share the hues evenly; many step by the golden angle.
    let hue = if count <= 12 {
        215.0 + 360.0 * place as f64 / count as f64
    } else {
        215.0 + 137.507_764 * place as f64
    };
    let lightness = [0.56, 0.42, 0.68][if count <= 12 { 0 } else { place % 3 }];
    let saturation = 0.62;
    let chroma = saturation * f64::min(lightness, 1.0 - lightness);
    let channel = |n: f64| {
        let k = (n + hue / 30.0).rem_euclid(12.0);
        let part = lightness - chroma * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (255.0 * part).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", channel(0.0), channel(8.0), channel(4.0))
}

/// `text` as XML has it; control characters, which XML has not, become a replacement.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Appends formatted text.
fn put(to: &mut String, arguments: std::fmt::Arguments<'_>) {
    // A string takes everything.
    let _ = to.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<a&b>\x1b"), "&lt;a&amp;b&gt;\u{fffd}");
    }

    #[test]
    fn the_copies_of_all_replicas_go_once_around() {
        let node = Node::new("a".into());
        let row = |positions: u128| {
            let share = positions as f64 / <u32 as Position>::CIRCLE as f64;
            Row { node: &node, points: 0, up: true, positions, share, fair: 0.75 }
        };
        let whole = <u32 as Position>::CIRCLE;
        let rows = [row(whole), row(whole / 2), row(0), row(whole / 2)];
        assert_eq!(gathered(&rows), [(0.0, 0.5, 0), (0.5, 0.75, 1), (0.75, 1.0, 3)]);
        assert_eq!(gathered(&[row(0)]), []);
    }

    #[test]
    fn neighbours_differ_in_colour() {
        for count in [2, 3, 12, 13, 100, 1000] {
            for place in 1..count {
                assert_ne!(colour(place - 1, count), colour(place, count));
            }
        }
        assert_eq!(colour(0, 1).len(), 7);
    }
}
