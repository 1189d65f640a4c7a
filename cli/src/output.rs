//! Files that are written: never over what is read.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::Path;

use crate::error::Error;

/// Refuses `output`, the value of `option`, where it is the file `input`, whatever names the two go by.
pub(crate) fn keep(input: &Path, option: &str, output: &Path) -> Result<(), Error> {
    if !is_stdout(output) && same_file(input, output) {
        let (output, input) = (output.display(), input.display());
        let cause =
            format!("{output} would be written over the nodes, which are read from {input}");
        return Err(Error::of(option, cause));
    }
    Ok(())
}

/// Whether what goes to `output` goes to standard output, which is `-`.
pub(crate) fn is_stdout(output: &Path) -> bool {
    output == Path::new("-")
}

/// Writes a whole file; `-` is standard output.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    if is_stdout(path) {
        let mut out = io::stdout().lock();
        return out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::output);
    }
    fs::write(path, text).map_err(|error| Error::file(path, error))
}

/// Whether both names lead to one file: through links of either kind, and however they are spelled.
/// A name that leads nowhere has no file in common with another.
fn same_file(one: &Path, other: &Path) -> bool {
    let (Ok(one_is), Ok(other_is)) = (fs::metadata(one), fs::metadata(other)) else { return false };
    let canonical = || Some((fs::canonicalize(one).ok()?, fs::canonicalize(other).ok()?));
    // What is written to a device or a pipe overwrites nothing.
    one_is.is_file()
        && (same(&one_is, &other_is) || canonical().is_some_and(|(one, other)| one == other))
}

/// Whether both are of one file, where the system numbers its files.
#[cfg(unix)]
fn same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Nothing is known of the system's numbers of files.
#[cfg(not(unix))]
fn same(_: &Metadata, _: &Metadata) -> bool {
    false
}
