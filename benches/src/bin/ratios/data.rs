//! What was measured, in memory and as the file from which tables and plots are made.

use annulus_bench::page::{folder, machine};
use annulus_bench::rounds::{Rounds, Spread};
use annulus_bench::workload::{SIZES, Size};
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::rows::{MEMORY, ONE, ROWS, Row, Section};

/// Ratios and times of one run.
#[derive(Debug, PartialEq)]
pub(crate) struct Data {
    /// Where and with which compiler.
    pub(crate) machine: String,
    figures: Vec<Figure>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq)]
struct Figure {
    size: Size,
    name: String,
    /// What the figure is a ratio to; a time in nanoseconds has none.
    other: Option<String>,
    spread: Spread,
}

impl Data {
    /// Nothing yet, on this machine.
    pub(crate) fn of_this_machine() -> Self {
        Self { machine: machine(), figures: vec![] }
    }

    /// Takes over the times of rounds, and the ratios that the rows of `section` want of them.
    pub(crate) fn add(&mut self, size: Size, section: Section, rounds: &Rounds) {
        for (name, spread) in rounds.times() {
            self.figures.push(Figure { size, name: name.into(), other: None, spread });
        }
        for row in ROWS.iter().filter(|row| row.section == section) {
            let ratio = match row.sense {
                crate::rows::Sense::Faster => rounds.ratio(row.other, row.ours),
                crate::rows::Sense::Takes => rounds.ratio(row.ours, row.other),
            };
            self.figures.extend(ratio.map(|spread| Figure {
                size,
                name: row.ours.into(),
                other: Some(row.other.into()),
                spread,
            }));
        }
    }

    /// Takes the memory of a ring of this size.
    pub(crate) fn add_memory(&mut self, size: Size) {
        let bytes = size.ring().view().lookup_bytes() as f64 / size.points() as f64;
        let spread = Spread { median: bytes, low: bytes, high: bytes };
        self.figures.push(Figure { size, name: MEMORY.into(), other: Some(ONE.into()), spread });
    }

    /// The ratio of a row.
    pub(crate) fn ratio(&self, row: &Row, size: Size) -> Option<Spread> {
        self.find(size, row.ours, Some(row.other))
    }

    /// A time in nanoseconds.
    pub(crate) fn time(&self, size: Size, name: &str) -> Option<Spread> {
        self.find(size, name, None)
    }

    fn find(&self, size: Size, name: &str, other: Option<&str>) -> Option<Spread> {
        let is_it = |f: &&Figure| f.size == size && f.name == name && f.other.as_deref() == other;
        Some(self.figures.iter().find(is_it)?.spread)
    }

    /// Reads the file.
    pub(crate) fn load() -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path())?;
        Self::parse(&text).ok_or_else(|| format!("{}: malformed", path().display()).into())
    }

    /// Writes the file.
    pub(crate) fn save(&self) -> std::io::Result<()> {
        fs::write(path(), self.text())
    }

    fn text(&self) -> String {
        let mut text = format!("machine\t{}\n", self.machine);
        text.push_str("size\twhat\tover\tmedian\t25 %\t75 %\n");
        for Figure { size, name, other, spread: Spread { median, low, high } } in &self.figures {
            let other = other.as_deref().unwrap_or("ns");
            writeln!(text, "{size}\t{name}\t{other}\t{median:.4}\t{low:.4}\t{high:.4}")
                .expect("writing to a string");
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let machine = lines.next()?.strip_prefix("machine\t")?.to_owned();
        let figures = lines.skip(1).map(|line| {
            let [size, name, other, median, low, high] =
                line.split('\t').collect::<Vec<_>>().try_into().ok()?;
            let spread = Spread {
                median: median.parse().ok()?,
                low: low.parse().ok()?,
                high: high.parse().ok()?,
            };
            let other = (other != "ns").then(|| other.to_owned());
            let size = SIZES.into_iter().find(|known| known.to_string() == size)?;
            Some(Figure { size, name: name.to_owned(), other, spread })
        });
        Some(Self { machine, figures: figures.collect::<Option<_>>()? })
    }
}

fn path() -> PathBuf {
    folder().join("data/ratios.tsv")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let spread = Spread { median: 2.5, low: 2.0, high: 3.25 };
        let time = Figure { size: SIZES[1], name: "a".into(), other: None, spread };
        let ratio = Figure { other: Some("b".into()), size: SIZES[3], ..time.clone() };
        let data = Data { machine: "here".into(), figures: vec![time, ratio] };
        assert_eq!(Data::parse(&data.text()), Some(data));
    }

    #[test]
    fn the_file_that_is_kept_is_read() {
        Data::load().unwrap();
    }
}
