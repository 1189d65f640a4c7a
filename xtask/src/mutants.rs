//! Mutation testing of the library by `cargo mutants`, as `.cargo/mutants.toml` says: a change that no
//! test notices points to a test that is missing. The publication has mutants of its own (`loom.rs`).
//!
//! What a mutant costs is building the tests. So each is tried on few tests first, which notice nearly
//! all of its file's mutants, and only what these miss on all tests.
//!
//! Not a part of `cargo xtask test`: it builds and tests the library once for each of many mutants.

use std::fs;

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools::CARGO_MUTANTS;
use crate::workspace;

/// Files whose paths begin so, and tests that notice nearly every mutant of them.
struct Group {
    prefixes: &'static [&'static str],
    tests: &'static [&'static str],
}

const GROUPS: [Group; 3] = [
    Group { prefixes: &["src/hash/", "src/point/"], tests: &["--lib"] },
    Group { prefixes: &["src/ring/"], tests: &["--lib", "--test=model"] },
    Group { prefixes: &["src/handles/", "src/node.rs"], tests: ALL },
];

impl Group {
    /// The patterns of its files, or those of `files` that are its own.
    fn patterns(&self, files: &[String]) -> Vec<String> {
        if files.is_empty() {
            return self.prefixes.iter().map(|prefix| format!("{prefix}**")).collect();
        }
        files.iter().filter(|file| self.has(file)).cloned().collect()
    }

    fn has(&self, file: &str) -> bool {
        self.prefixes.iter().any(|prefix| file.starts_with(prefix))
    }
}

/// All but doc tests, which would be built one by one for each mutant.
const ALL: &[&str] = &["--lib", "--tests"];

/// One step, over all files where none is named; `shard` is a part of the mutants of each group, as
/// `k/n` with k from 0.
pub(crate) fn steps(files: Vec<String>, shard: Option<String>) -> Vec<Step> {
    vec![Step::new("mutants", move |context| mutants(&files, shard.as_deref(), context))]
}

fn mutants(files: &[String], shard: Option<&str>, context: Context) -> Outcome {
    CARGO_MUTANTS.find()?;
    let has_mutants = |file: &&String| {
        workspace::root().join(file).is_file() && GROUPS.iter().any(|group| group.has(file))
    };
    if let Some(file) = files.iter().find(|file| !has_mutants(file)) {
        return Err(Problem::Failed(format!("{file} is no file whose mutants are tried here")));
    }
    let shard = shard.map(|shard| format!("--shard={shard}"));
    let mut missed = Vec::new();
    for group in GROUPS {
        let patterns = group.patterns(files);
        if !patterns.is_empty() {
            let files = patterns.into_iter().map(|pattern| format!("--file={pattern}"));
            missed.extend(survivors(files.chain(shard.clone()), group.tests, context)?);
        }
    }
    if !missed.is_empty() {
        let names = missed.iter().map(|name| format!("--re=^{}$", escape(name)));
        missed = survivors(names, ALL, context)?;
    }
    match missed.len() {
        0 => Ok(Note::default()),
        len => Err(Problem::Failed(format!("{len} mutants survive:\n{}", missed.join("\n")))),
    }
}

/// The mutants so selected that none of `tests` notices. One that loops for ever is noticed.
fn survivors(
    select: impl IntoIterator<Item = String>,
    tests: &[&str],
    context: Context,
) -> Result<Vec<String>, Problem> {
    let target = workspace::target_dir(".");
    let finished = Process::cargo()
        .args(["mutants", "--package=annulus", "--no-shuffle", "--colors=never", "--output"])
        .arg(&target)
        .args(select)
        // Not as arguments of the tests, which the build would not know of: it would build all.
        .args(tests.iter().map(|test| format!("--cargo-arg={test}")))
        // Dependencies are built once.
        .env("CARGO_TARGET_DIR", target.join("mutants"))
        .env("CARGO_PROFILE_TEST_DEBUG", "false")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("RUSTFLAGS", "--cfg annulus_brief")
        .finish(context)?;
    match finished.code() {
        // All caught; some missed; some out of time.
        Some(0 | 2 | 3) => {}
        _ => return Err(finished.failure("the mutants could not be tried")),
    }
    let list = target.join("mutants.out").join("missed.txt");
    let missed = fs::read_to_string(&list)
        .map_err(|error| Problem::Failed(format!("{}: {error}", list.display())))?;
    Ok(missed.lines().map(Into::into).collect())
}

/// A regular expression of `text` itself.
fn escape(text: &str) -> String {
    let special = |c: char| r"\.+*?()|[]{}^$#&-~".contains(c);
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_tried_on_the_tests_of_their_group() {
        let files = ["src/ring/pass.rs", "src/hash/fx.rs"].map(String::from);
        let patterns = GROUPS.map(|group| group.patterns(&files));
        assert_eq!(patterns, [vec![files[1].clone()], vec![files[0].clone()], vec![]]);
        assert_eq!(GROUPS[1].patterns(&[]), ["src/ring/**"]);
    }

    #[test]
    fn names_are_taken_literally() {
        let name = "src/a.rs:1:2: replace + with * in A<'_>::b";
        let escaped = r"src/a\.rs:1:2: replace \+ with \* in A<'_>::b";
        assert_eq!(escape(name), escaped);
    }
}
