//! Tables of aligned columns, and how their figures are written.

use std::fmt::Display;
use std::io::{self, Write};

use super::shortened;

/// The most characters of a name in a table.
const LABEL: usize = 32;

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Writes a header and rows, each of as many cells, in columns as wide as their widest cell.
pub(crate) fn write(
    out: &mut impl Write,
    header: &[(&str, Align)],
    rows: &[Vec<String>],
) -> io::Result<()> {
    let width = |column: usize, name: &str| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).fold(name.chars().count(), usize::max)
    };
    let widths: Vec<usize> =
        header.iter().enumerate().map(|(column, (name, _))| width(column, name)).collect();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for ((cell, width), (_, align)) in cells.zip(&widths).zip(header) {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            let (before, after) = match align {
                Align::Left => ("", &*padding),
                Align::Right => (&*padding, ""),
            };
            text.extend([before, cell, after, "  "]);
        }
        writeln!(out, "{}", text.trim_end())
    };
    line(&mut header.iter().map(|(name, _)| *name))?;
    rows.iter().try_for_each(|row| line(&mut row.iter().map(|cell| &**cell)))
}

/// A name as a table has it.
pub(crate) fn label(name: &str) -> String {
    shortened(name, LABEL).into_owned()
}

/// A part of a whole in per cent.
pub(crate) fn percent(part: f64) -> String {
    format!("{:.4} %", 100.0 * part)
}

/// A whole number with its thousands apart.
pub(crate) fn thousands(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of what `unit` names in the singular.
pub(crate) fn counted(count: usize, unit: &str) -> String {
    format!("{} {unit}{}", thousands(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut out = Vec::new();
        let header = [("node", Align::Left), ("share", Align::Right)];
        let rows = [vec!["ä".into(), "1.5".into()], vec!["longer".into(), "12.25".into()]];
        write(&mut out, &header, &rows).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "node    share\nä         1.5\nlonger  12.25\n");
    }

    #[test]
    fn figures_are_written_to_be_read() {
        assert_eq!([0, 999, 1000, 1234567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(percent(0.25), "25.0000 %");
        assert_eq!(
            [0, 1, 2000].map(|count| counted(count, "node")),
            ["0 nodes", "1 node", "2,000 nodes"]
        );
    }
}
