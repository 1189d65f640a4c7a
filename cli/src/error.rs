//! What ends the command: one line that names place, line and cause, or a reader that has gone.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;

/// What standard input is called in messages.
pub(crate) const STDIN: &str = "standard input";

/// What standard output is called in messages.
pub(crate) const STDOUT: &str = "standard output";

/// Why the command ends early.
#[derive(Debug)]
pub(crate) enum Error {
    /// Nobody reads the output any more, which is no failure.
    Closed,
    /// Something is wrong with the input, the arguments or the output.
    At {
        /// The file or the option.
        place: String,
        /// The line of the file, from 1.
        line: Option<u64>,
        /// What is wrong.
        cause: String,
    },
}

impl Error {
    /// Something is wrong with `place` as a whole.
    pub(crate) fn of(place: impl Display, cause: impl Display) -> Self {
        Self::At { place: place.to_string(), line: None, cause: cause.to_string() }
    }

    /// Something is wrong with a line of `place`.
    pub(crate) fn at(place: impl Display, line: u64, cause: impl Display) -> Self {
        Self::At { place: place.to_string(), line: Some(line), cause: cause.to_string() }
    }

    /// Something is wrong with a file.
    pub(crate) fn file(path: &Path, cause: impl Display) -> Self {
        Self::of(path.display(), cause)
    }

    /// Standard output could not be written.
    pub(crate) fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::of(STDOUT, error),
        }
    }
}

/// One line, whatever is in it.
impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::At { place, line, cause } = self else {
            return f.write_str("the output was closed");
        };
        write!(f, "{}:", one_line(place))?;
        if let Some(line) = line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", one_line(cause))
    }
}

/// `text` with its control characters escaped.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        assert_eq!(Error::at("a\nb", 3, "bad\x1b").to_string(), "a\\nb:3: bad\\u{1b}");
        assert_eq!(Error::of("file", "gone").to_string(), "file: gone");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(matches!(Error::output(gone), Error::Closed));
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(Error::output(full).to_string().starts_with("standard output: "));
    }
}
