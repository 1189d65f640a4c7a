//! Figures by row, number of points and column: how a file keeps them, and where two measurements of
//! them differ.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A number of points as rows have it that have none.
pub(super) const NO_POINTS: u32 = 0;

/// The rows: the program's word for them and people's.
pub(super) const ROWS: [(&str, &str); 14] = [
    ("lookup", "owner of a position"),
    ("bisection", "the same by bisection over the same points"),
    ("u32", "owner of a `u32` key (`Fx32`)"),
    ("bytes", "owner of a 16-byte key (`Xxh3`)"),
    ("hash-u32", "hash of a `u32` key alone"),
    ("hash-bytes", "hash of a 16-byte key alone"),
    ("pin", "pin and unpin"),
    ("pin-one-core", "pin and unpin, `new_single_core`"),
    ("update", "one node leaves or joins, published"),
    ("ram", "RAM of a ring, bytes"),
    ("ram-nodes", "of it the 8 nodes, bytes"),
    ("flash-reader", "flash of pin and lookup, bytes"),
    ("flash-writer", "flash of pin, lookup and updates of one node, bytes"),
    ("flash-batch", "flash of pin, lookup and every update, bytes"),
];

/// What a file has before the names of the columns.
const HEAD: [&str; 2] = ["row", "points"];

/// What a file has where nothing was measured.
const NOTHING: &str = "-";

/// The columns and rows of figures.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) columns: Vec<String>,
    /// By the place of the row in [`ROWS`] and the number of points; a figure for each column.
    pub(super) rows: BTreeMap<(usize, u32), Vec<Option<f64>>>,
}

/// The place of the row with this word.
pub(super) fn row(word: &str) -> Result<usize, String> {
    let row = ROWS.iter().position(|(row, _)| *row == word);
    row.ok_or_else(|| format!("no row for {word}"))
}

impl Figures {
    /// Figures of these columns, without a row.
    pub(super) fn new(columns: Vec<String>) -> Self {
        Self { columns, rows: BTreeMap::new() }
    }

    pub(super) fn set(&mut self, row: usize, points: u32, column: usize, figure: f64) {
        let nothing = vec![None; self.columns.len()];
        self.rows.entry((row, points)).or_insert(nothing)[column] = Some(figure);
    }

    pub(super) fn get(&self, row: &str, points: u32, column: &str) -> Option<f64> {
        let row = ROWS.iter().position(|(word, _)| *word == row)?;
        let column = self.columns.iter().position(|name| name == column)?;
        *self.rows.get(&(row, points))?.get(column)?
    }

    /// As a file keeps them: cells with tabs between them, a row a line.
    pub(super) fn text(&self) -> String {
        let columns = self.columns.iter().map(String::as_str);
        let mut text = HEAD.into_iter().chain(columns).collect::<Vec<_>>().join("\t") + "\n";
        for ((row, points), cells) in &self.rows {
            write!(text, "{}\t{points}", ROWS[*row].0).expect("a string takes everything");
            for cell in cells {
                let cell = cell.map_or(NOTHING.into(), |figure| figure.to_string());
                write!(text, "\t{cell}").expect("a string takes everything");
            }
            text += "\n";
        }
        text
    }

    /// Reads what [`text`](Self::text) writes.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let head = lines.next().unwrap_or_default();
        let columns = head.strip_prefix(&HEAD).ok_or("no names of columns")?;
        let mut figures = Self::new(columns.iter().map(|&name| name.into()).collect());
        for line in lines {
            let bad = || format!("malformed: {}", line.join(" "));
            let [word, points, cells @ ..] = &line[..] else { return Err(bad()) };
            let points = points.parse().map_err(|_| bad())?;
            let cell = |cell: &&str| match *cell {
                NOTHING => Ok(None),
                figure => figure.parse().map(Some).map_err(|_| bad()),
            };
            let cells: Vec<_> = cells.iter().map(cell).collect::<Result<_, _>>()?;
            if cells.len() != columns.len() {
                return Err(bad());
            }
            figures.rows.insert((row(word)?, points), cells);
        }
        Ok(figures)
    }

    /// Where these figures differ from earlier ones by more than may be, a line for each place.
    pub(super) fn differences(&self, then: &Self) -> Vec<String> {
        if self.columns != then.columns {
            return vec![format!("columns {:?} then, {:?} now", then.columns, self.columns)];
        }
        let nothing = vec![None; self.columns.len()];
        let mut differing = Vec::new();
        let keys: std::collections::BTreeSet<_> =
            then.rows.keys().chain(self.rows.keys()).collect();
        for key in keys {
            let [then, now] = [then, self].map(|figures| figures.rows.get(key).unwrap_or(&nothing));
            for ((then, now), column) in then.iter().zip(now).zip(&self.columns) {
                if !agree(*now, *then) {
                    let [then, now] =
                        [then, now].map(|cell| cell.map_or(NOTHING.into(), |f| f.to_string()));
                    let (row, points) = (ROWS[key.0].1, at(key.1));
                    differing.push(format!("{row}{points}, {column}: {then} then, {now} now"));
                }
            }
        }
        differing
    }
}

/// The number of points in a message, where there is one.
pub(super) fn at(points: u32) -> String {
    if points == NO_POINTS { String::new() } else { format!(" at {points} points") }
}

/// Whether a figure is as near to the earlier one as may be: 3 percent, or as much as rounding may hide.
fn agree(now: Option<f64>, then: Option<f64>) -> bool {
    match (now, then) {
        (Some(now), Some(then)) => (now - then).abs() <= (0.03 * then).max(0.5),
        (now, then) => now == then,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of updates, and one that has no points and one figure alone.
    fn figures(update: f64) -> Figures {
        let mut figures = Figures::new(vec!["fast".into(), "small".into()]);
        figures.set(row("update").unwrap(), 64, 0, update);
        figures.set(row("update").unwrap(), 64, 1, 2_000.5);
        figures.set(row("pin").unwrap(), NO_POINTS, 1, 14.0);
        figures
    }

    #[test]
    fn what_is_written_is_read() {
        let text = "row\tpoints\tfast\tsmall\npin\t0\t-\t14\nupdate\t64\t1000\t2000.5\n";
        assert_eq!(figures(1_000.0).text(), text);
        assert_eq!(Figures::parse(text), Ok(figures(1_000.0)));
    }

    #[test]
    fn what_is_malformed_is_not_read() {
        for text in [
            "",
            "row\tfast\n",
            "row\tpoints\tfast\npin\t0\n",
            "row\tpoints\tfast\npin\t0\tmany\n",
            "row\tpoints\tfast\npin\tmany\t1\n",
            "row\tpoints\tfast\nsurprise\t0\t1\n",
            "row\tpoints\tfast\npin\t0\t1\t2\n",
        ] {
            assert!(Figures::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_figure_may_differ_by_three_percent() {
        let then = figures(1_000.0);
        for near in [1_000.0, 1_030.0, 970.0] {
            assert_eq!(figures(near).differences(&then), [""; 0]);
        }
        let place = "one node leaves or joins, published at 64 points, fast";
        for far in [1_031.0, 969.0] {
            let expected = format!("{place}: 1000 then, {far} now");
            assert_eq!(figures(far).differences(&then), [expected]);
        }
    }

    #[test]
    fn figures_that_only_one_has_are_differences() {
        let (then, mut now) = (figures(1_000.0), figures(1_000.0));
        now.set(row("pin").unwrap(), NO_POINTS, 0, 13.0);
        assert_eq!(now.differences(&then), ["pin and unpin, fast: - then, 13 now"]);
        assert_eq!(then.differences(&now), ["pin and unpin, fast: 13 then, - now"]);
        now.rows.clear();
        assert_eq!(now.differences(&then).len(), 3);
        now.columns.pop();
        assert_eq!(now.differences(&then).len(), 1);
    }
}
