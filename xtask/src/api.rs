//! The library's public API, as a list of all its items: what users of the next release will find changed.
//!
//! Rustdoc writes the items as JSON, in a form that changes from one compiler to the next and is for nightly alone.
//! So one release of the compiler writes it here, allowed to do so for this one crate, and `public-api` is of the
//! version that reads the JSON of that release.

use crate::cross::{ask, rustc};
use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools::release;
use crate::workspace;
use public_api::Builder;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs, io};

/// The compiler that writes the items. It goes with the version of `public-api`: see `CONTRIBUTING.md`.
const COMPILER: &str = "1.95.0";

/// Where the list is.
const LIST: &str = "api/annulus.txt";

/// What every type has or has not by itself and stable code cannot ask for, or what stands beside another line.
const UNSAID: [&str; 3] = [
    "core::marker::Freeze for ",
    "core::marker::UnsafeUnpin for ",
    "core::marker::StructuralPartialEq for ",
];

/// What is done with the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Check,
    Write,
}

/// One step.
pub(crate) fn steps(what: Use) -> Vec<Step> {
    vec![Step::new("public API", move |context| run(what, context))]
}

fn run(what: Use, context: Context) -> Outcome {
    let found = list(context)?;
    let path = workspace::root().join(LIST);
    let items = format!("{} lines", found.lines().count());
    if what == Use::Write {
        write(&path, &found).map_err(|error| Problem::Failed(format!("{LIST}: {error}")))?;
        return Ok(Note(Some(items)));
    }
    let listed = fs::read_to_string(&path).map_err(|error| {
        Problem::Failed(format!("{LIST}: {error}; `cargo xtask api --write` writes it"))
    })?;
    match Changes::between(&listed, &found) {
        changes if changes.0.is_empty() => Ok(Note(Some(items))),
        changes => Err(Problem::Failed(format!(
            "{LIST} is not the API of this source; if it is meant to change, `cargo xtask api --write`, and a line in \
             CHANGELOG.md\n{changes}"
        ))),
    }
}

fn write(path: &Path, list: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, list)
}

/// The public items of the library with all its features, one a line.
fn list(context: Context) -> Result<String, Problem> {
    let target = workspace::target_dir(".").join("api");
    cargo(context)?
        .args(["rustdoc", "--package", "annulus", "--lib", "--all-features"])
        .args(["--", "-Zunstable-options", "--output-format", "json"])
        .env("CARGO_TARGET_DIR", &target)
        // For this crate alone: dependencies find out what the compiler allows, and build something else.
        .env("RUSTC_BOOTSTRAP", "annulus")
        .check(context)?;
    let json = target.join("doc/annulus.json");
    let api = Builder::from_rustdoc_json(&json).omit_blanket_impls(true).build();
    let api = api.map_err(|error| Problem::Failed(format!("{}: {error}", json.display())))?;
    let lines = api.items().map(|item| format!("{item}\n"));
    Ok(lines.filter(|line| UNSAID.iter().all(|unsaid| !line.contains(unsaid))).collect())
}

/// The cargo of the compiler that writes the items: the one that runs this program, or another one that is there.
fn cargo(context: Context) -> Result<Process, Problem> {
    let about = ask(rustc(), &["--version"]).unwrap_or_default();
    match about.split_whitespace().nth(1) {
        Some(COMPILER) => Ok(Process::cargo()),
        _ => release(COMPILER, context),
    }
}

/// How many more of each line there are than before.
#[derive(Debug, PartialEq, Eq)]
struct Changes<'a>(BTreeMap<&'a str, isize>);

impl<'a> Changes<'a> {
    fn between(before: &'a str, after: &'a str) -> Self {
        let mut more = BTreeMap::new();
        let lines =
            before.lines().map(|line| (line, -1)).chain(after.lines().map(|line| (line, 1)));
        for (line, by) in lines {
            *more.entry(line).or_default() += by;
        }
        more.retain(|_, more| *more != 0);
        Self(more)
    }
}

/// What has gone, then what has come.
impl fmt::Display for Changes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (sign, of) in [("-", -1), ("+", 1)] {
            for (line, _) in self.0.iter().filter(|(_, more)| more.signum() == of) {
                writeln!(f, "{sign} {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_gone_and_come_is_named() {
        let changes =
            Changes::between("pub fn a\npub fn b\npub fn c\n", "pub fn b\npub fn d\npub fn a\n");
        assert_eq!(changes.to_string(), "- pub fn c\n+ pub fn d\n");
        assert_eq!(Changes::between("a\na\nb\n", "b\na\n").to_string(), "- a\n");
        assert!(Changes::between("a\nb\n", "b\na\n").0.is_empty());
    }
}
