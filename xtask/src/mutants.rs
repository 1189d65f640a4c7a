//! Mutation testing of the library by `cargo mutants`, as `.cargo/mutants.toml` says: a change that no
//! test notices points to a test that is missing. The publication has mutants of its own (`loom.rs`).
//!
//! What a mutant costs is building the tests. So each is tried first on few tests that are built quickly
//! and notice most mutants of its file; what these miss, on more tests; and what is left, on all.
//!
//! Not a part of `cargo xtask test`: it builds and tests the library once for each of many mutants.

use std::fs;

use regex::Regex;
use serde::Deserialize;

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools::CARGO_MUTANTS;
use crate::workspace;

/// Which mutants are not tried, and why.
const CONFIG: &str = ".cargo/mutants.toml";

/// Files whose paths begin so, except for those that an earlier group has.
struct Group {
    prefixes: &'static [&'static str],
    /// The tests that a mutant is tried on before all, each list on what the one before missed.
    tests: &'static [&'static [&'static str]],
}

const GROUPS: [Group; 4] = [
    Group { prefixes: &["src/hash/", "src/point/"], tests: &[&["--lib"]] },
    Group {
        prefixes: &["src/ring/edit/", "src/ring/storage/step.rs"],
        tests: &[
            // Built in a third of the time that the library's own tests take.
            &["--test=batches", "--test=merges", "--test=panics", "--test=refusals"],
            &["--lib", "--test=model"],
        ],
    },
    Group { prefixes: &["src/ring/"], tests: &[&["--lib", "--test=model"]] },
    Group { prefixes: &["src/handles/", "src/node.rs"], tests: &[ALL] },
];

/// The number of the group of a file.
fn group_of(file: &str) -> Option<usize> {
    let has = |group: &Group| group.prefixes.iter().any(|prefix| file.starts_with(prefix));
    GROUPS.iter().position(has)
}

/// What selects the files of a group, or those of `files` that are its own; nothing where it has none of
/// them.
fn selection(group: usize, files: &[String]) -> Vec<String> {
    let own = |file: &&String| group_of(file) == Some(group);
    if !files.is_empty() {
        return files.iter().filter(own).map(|file| format!("--file={file}")).collect();
    }
    let all = GROUPS[group].prefixes.iter().map(|prefix| format!("--file={prefix}**"));
    let earlier = GROUPS[..group].iter().flat_map(|group| group.prefixes);
    all.chain(earlier.map(|prefix| format!("--exclude={prefix}**"))).collect()
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
    explanations(context)?;
    let has_mutants =
        |file: &String| workspace::root().join(file).is_file() && group_of(file).is_some();
    if let Some(file) = files.iter().find(|file| !has_mutants(file)) {
        return Err(Problem::Failed(format!("{file} is no file whose mutants are tried here")));
    }
    let shard = shard.map(|shard| format!("--shard={shard}"));
    let mut missed = Vec::new();
    for (number, group) in GROUPS.iter().enumerate() {
        let mut select = selection(number, files);
        if !select.is_empty() {
            select.extend(shard.clone());
        }
        let mut left = Vec::new();
        for tests in group.tests {
            left = survivors(select, tests, context)?;
            select = by_name(&left);
        }
        missed.extend(left);
    }
    missed = survivors(by_name(&missed), ALL, context)?;
    match missed.len() {
        0 => Ok(Note::default()),
        len => Err(Problem::Failed(format!("{len} mutants survive:\n{}", missed.join("\n")))),
    }
}

/// Every explanation is of some mutant: one that matches none is of code that is gone or has moved.
fn explanations(context: Context) -> Result<(), Problem> {
    let broken = |error: &dyn std::fmt::Display| Problem::Failed(format!("{CONFIG}: {error}"));
    let text =
        fs::read_to_string(workspace::root().join(CONFIG)).map_err(|error| broken(&error))?;
    let config: Config = toml::from_str(&text).map_err(|error| broken(&error))?;
    let list = Process::cargo().args(["mutants", "--list", "--no-config", "--package=annulus"]);
    let mutants = list.finish(context)?.success()?;
    let stale = stale(&config.exclude_re, &mutants).map_err(|error| broken(&error))?;
    match stale.is_empty() {
        true => Ok(()),
        false => Err(broken(&format!("no mutant is like\n{}", stale.join("\n")))),
    }
}

/// What is read of the configuration of `cargo mutants`.
#[derive(Deserialize)]
struct Config {
    exclude_re: Vec<String>,
}

/// Those of `patterns` that match no line of `mutants`.
fn stale(patterns: &[String], mutants: &str) -> Result<Vec<String>, regex::Error> {
    let mut stale = Vec::new();
    for pattern in patterns {
        let matches = Regex::new(pattern)?;
        if !mutants.lines().any(|mutant| matches.is_match(mutant)) {
            stale.push(pattern.clone());
        }
    }
    Ok(stale)
}

/// What selects the mutants of these names.
fn by_name(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("--re=^{}$", escape(name))).collect()
}

/// The mutants so selected that none of `tests` notices; none where nothing selects. One that loops for
/// ever is noticed.
fn survivors(
    select: Vec<String>,
    tests: &[&str],
    context: Context,
) -> Result<Vec<String>, Problem> {
    if select.is_empty() {
        return Ok(Vec::new());
    }
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
    fn an_explanation_of_no_mutant_is_found() {
        let mutants = "src/a.rs:1:35: replace > with == in f\nsrc/b.rs:2:9: replace g with 0\n";
        let patterns = [r"a\.rs:\d+:35: .* in f$", r"a\.rs.* in g$", "replace g with [01]$"];
        let stale = stale(&patterns.map(String::from), mutants);
        assert_eq!(stale, Ok(vec![r"a\.rs.* in g$".to_owned()]));
        assert!(super::stale(&["(".to_owned()], mutants).is_err());
    }

    #[test]
    fn each_file_is_in_the_first_group_that_has_it() {
        let files = ["src/ring/view.rs", "src/ring/edit/pass.rs", "src/hash/fx.rs"];
        assert_eq!(files.map(group_of), [Some(2), Some(1), Some(0)]);
        assert_eq!(group_of("src/publish/mod.rs"), None);
        let files = files.map(String::from);
        assert_eq!(selection(1, &files), ["--file=src/ring/edit/pass.rs"]);
        assert_eq!(selection(2, &files), ["--file=src/ring/view.rs"]);
        assert!(selection(3, &files).is_empty());
        let all = selection(2, &[]);
        assert_eq!(all[0], "--file=src/ring/**");
        assert!(all.contains(&"--exclude=src/ring/edit/**".into()));
        assert!(!selection(1, &[]).contains(&"--exclude=src/ring/**".into()));
    }

    #[test]
    fn names_are_taken_literally() {
        let name = "src/a.rs:1:2: replace + with * in A<'_>::b";
        let escaped = r"src/a\.rs:1:2: replace \+ with \* in A<'_>::b";
        assert_eq!(escape(name), escaped);
    }
}
