//! Files of keys, one after the other, as blocks of whole lines that know where they are from.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, STDIN};
use crate::keys::Blocks;
use crate::nodes::is_stdin;

/// How far an input has been read.
pub(crate) struct Input<'n> {
    /// What it is called in messages.
    name: &'n str,
    /// How many lines are done.
    lines: u64,
}

impl Input<'_> {
    /// So many more lines are done.
    pub(crate) fn advance(&mut self, lines: usize) {
        self.lines += lines as u64;
    }

    /// Something is wrong with the line after those that are done and `more`.
    pub(crate) fn error(&self, more: usize, cause: impl Display) -> Error {
        Error::at(self.name, self.lines + more as u64 + 1, cause)
    }
}

/// Calls `visit` with all lines of all files, as soon as some can be read, and where they are from. A file may be
/// standard input. `unopened` makes the error of a file that cannot be opened.
pub(crate) fn visit(
    files: &[impl AsRef<Path>],
    unopened: impl Fn(&Path, io::Error) -> Error,
    mut visit: impl FnMut(&[u8], &mut Input<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    for file in files {
        let file = file.as_ref();
        if is_stdin(file) {
            visit_one(STDIN, io::stdin().lock(), &mut visit)?;
        } else {
            let opened = File::open(file).map_err(|error| unopened(file, error))?;
            visit_one(&file.display().to_string(), opened, &mut visit)?;
        }
    }
    Ok(())
}

fn visit_one(
    name: &str,
    reader: impl Read,
    visit: &mut impl FnMut(&[u8], &mut Input<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut blocks = Blocks::new(reader);
    let mut input = Input { name, lines: 0 };
    loop {
        match blocks.next() {
            Ok(Some(block)) => visit(block, &mut input)?,
            Ok(None) => return Ok(()),
            // No line of a folder is wrong.
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                return Err(Error::of(name, error));
            }
            Err(error) => return Err(input.error(0, error)),
        }
    }
}

/// The length of all `files`, where it can be known.
pub(crate) fn total_len(files: &[PathBuf]) -> Option<u64> {
    let lens = files.iter().map(|file| {
        let metadata = fs::metadata(file).ok()?;
        metadata.is_file().then_some(metadata.len())
    });
    lens.sum::<Option<u64>>().filter(|_| !files.is_empty())
}
