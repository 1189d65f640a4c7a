//! Files that are written: never over what is read.

#[cfg(unix)]
use std::fs::File;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::Path;

use crate::error::{Error, STDIN};
use crate::nodes::Origin;

/// Refuses `output`, the value of `option`, where it is the file that `nodes` are read from, whatever names
/// the two go by.
pub(crate) fn keep(nodes: Origin<'_>, option: &str, output: &Path) -> Result<(), Error> {
    if is_stdout(output) {
        return Ok(());
    }
    let (input, read) = match nodes {
        Origin::List => return Ok(()),
        Origin::Stdin => (STDIN.into(), is_read(output)),
        Origin::File(path) => (path.display().to_string(), same_file(path, output)),
    };
    if read {
        let output = output.display();
        let cause =
            format!("{output} would be written over the nodes, which are read from {input}");
        return Err(Error::of(option, cause));
    }
    Ok(())
}

/// Whether standard input is read from this file.
#[cfg(unix)]
fn is_read(output: &Path) -> bool {
    use std::os::fd::AsFd;
    let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let metadata = stdin.and_then(|stdin| stdin.metadata());
    let (Ok(input), Ok(output)) = (metadata, fs::metadata(output)) else { return false };
    input.is_file() && same(&input, &output)
}

/// Nothing is known of the file behind standard input.
#[cfg(not(unix))]
fn is_read(_: &Path) -> bool {
    false
}

/// Whether what goes to `output` goes to standard output, which is `-`.
pub(crate) fn is_stdout(output: &Path) -> bool {
    output == Path::new("-")
}

/// Writes a whole file, the value of `option`; `-` is standard output.
pub(crate) fn write(option: &str, path: &Path, text: &str) -> Result<(), Error> {
    if is_stdout(path) {
        let mut out = io::stdout().lock();
        return out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::output);
    }
    fs::write(path, text).map_err(|error| Error::of(option, Error::file(path, error)))
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
