//! How results are written: as a table for people, as lines for `awk`, or as JSON.

pub(crate) mod bytes;
pub(crate) mod figure;
pub(crate) mod file;
mod label;
mod records;
pub(crate) mod side;
pub(crate) mod table;

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use clap::ValueEnum;

use crate::error::Error;

pub(crate) use label::shortened;
pub(crate) use records::Records;

/// How results are written.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Output {
    /// How results are written; without it a table on a terminal, and tsv elsewhere
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// A form of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: aligned columns and sentences; long names are cut in the middle
    Table,
    /// For awk: fields between tabs, named by one line that begins with "#kind"; "-" is none, and may be a
    /// node of that name, which json tells apart
    Tsv,
    /// For programs: one object a line, with a field "kind"
    Json,
}

/// A form of answers, one a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lines {
    Tsv,
    Json,
}

impl Output {
    /// The form that was asked for, or that suits standard output.
    pub(crate) fn format(self) -> Format {
        let suitable = || if io::stdout().is_terminal() { Format::Table } else { Format::Tsv };
        self.format.unwrap_or_else(suitable)
    }
}

/// Standard output, in large pieces.
pub(crate) type Stdout = BufWriter<StdoutLock<'static>>;

/// Opens standard output.
pub(crate) fn stdout() -> Stdout {
    BufWriter::with_capacity(256 * 1024, io::stdout().lock())
}

/// Has `write` write to standard output, to the end.
pub(crate) fn print(write: impl FnOnce(&mut Stdout) -> io::Result<()>) -> Result<(), Error> {
    let mut out = stdout();
    write(&mut out).and_then(|()| out.flush()).map_err(Error::output)
}
