//! The models of publication and of tickets, and the mutants that they must notice.
//!
//! A mutant is a textual patch that weakens one ordering or comparison. Each is applied to a copy of the
//! sources, built, and given to the models named for it. A model that fails kills it. What survives,
//! runs out of time, does not build or no longer matches the source fails the check.

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::workspace;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

/// What a failing model says if it was not the code that failed, but the models' bounds.
const LIMITS: [&str; 2] = ["exceeded maximum", "overflowed its stack"];

/// How long the models may take with nothing weakened.
const TIME_LIMIT_OF_ALL: Duration = Duration::from_secs(600);

/// How long a mutant may take, once built. The models that kill one need a few seconds.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// What the copy consists of, beside the folders of the workspace's members.
const COPIED: [&str; 6] = ["Cargo.toml", "Cargo.lock", "README.md", "src", "tests", "examples"];

/// `loom-tests/mutants.toml`.
#[derive(Deserialize)]
struct Mutants {
    mutant: Vec<Mutant>,
}

#[derive(Deserialize)]
struct Mutant {
    name: String,
    file: String,
    find: String,
    replace: String,
    /// What goes wrong with it.
    why: String,
    /// The models that suffice, as `test-file::test`.
    models: Vec<String>,
}

/// How a mutant ended.
enum Fate {
    /// By this model, which said so.
    Killed {
        by: String,
        saying: String,
        after: Duration,
    },
    Survived,
    TimedOut,
}

/// How some models ended.
enum End {
    Passed,
    /// The first panic's message.
    Failed(String),
    TimedOut,
}

/// The step that runs all models.
pub(crate) fn models_step() -> Step {
    Step::new("loom: models", |context| {
        let models = cargo_test(workspace::root(), &workspace::target_dir(".").join("loom"));
        models.arg("--tests").check(context)
    })
}

/// Whether the models pass where nothing is weakened: else what fails them later proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unweakened {
    /// The step begins by running them.
    Run,
    /// Another step has run them.
    RunBefore,
}

/// The step that weakens the code in every listed way.
pub(crate) fn mutants_step(unweakened: Unweakened) -> Step {
    Step::new("loom: mutants", move |context| mutants(unweakened, context))
}

/// Applies every mutant in turn and runs its models.
fn mutants(unweakened: Unweakened, context: Context) -> Outcome {
    println!();
    let list = list()?;
    let only = env::var("ANNULUS_MUTANT").unwrap_or_default();
    let list: Vec<_> = list.mutant.iter().filter(|mutant| mutant.name.contains(&only)).collect();
    let tree = tree()?;
    unmutated(context, &tree, &list, unweakened)?;
    let mut alive = Vec::new();
    println!("{:<44} {:<8} {:>7}  by", "mutant", "fate", "seconds");
    for mutant in &list {
        let (fate, seconds, by) = match try_mutant(context, &tree, mutant)? {
            Fate::Killed { by, saying, after } => {
                ("killed", format!("{:.1}", after.as_secs_f64()), format!("{by}: {saying}"))
            }
            Fate::Survived => ("SURVIVED", String::new(), mutant.why.clone()),
            Fate::TimedOut => ("TIMEOUT", String::new(), mutant.why.clone()),
        };
        println!("{:<44} {fate:<8} {seconds:>7}  {by}", mutant.name);
        if fate != "killed" {
            alive.push(mutant.name.as_str());
        }
    }
    match (alive.is_empty(), list.is_empty()) {
        (_, true) => Err(failed(format!("no mutant has {only} in its name"))),
        (true, false) => Ok(Note(Some(format!("{} killed", list.len())))),
        (false, false) => {
            let names = alive.join(", ");
            Err(failed(format!("{} mutants were not killed: {names}", alive.len())))
        }
    }
}

/// Runs `check` in a copy of the sources with each of these mutants in turn.
pub(crate) fn with_each(
    names: &[&str],
    mut check: impl FnMut(&str, &Path) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let (list, tree) = (list()?, tree()?);
    for name in names {
        let mutant = list.mutant.iter().find(|mutant| mutant.name == *name);
        let mutant = mutant.ok_or_else(|| failed(format!("there is no mutant {name}")))?;
        patched(&tree, mutant, || check(name, &tree))?;
    }
    Ok(())
}

/// The list of mutants.
fn list() -> Result<Mutants, Problem> {
    let path = workspace::root().join("loom-tests/mutants.toml");
    let text = fs::read_to_string(&path).map_err(|error| broken(&path, &error))?;
    toml::from_str(&text).map_err(|error| failed(format!("{}: {error}", path.display())))
}

/// A fresh copy of the sources.
fn tree() -> Result<PathBuf, Problem> {
    let tree = workspace::target_dir(".").join("mutants").join("tree");
    let copied = || {
        if tree.exists() {
            fs::remove_dir_all(&tree)?;
        }
        fs::create_dir_all(&tree)?;
        let members = workspace::members()?;
        let names = COPIED.into_iter().chain(members.iter().map(String::as_str));
        names.into_iter().try_for_each(|name| copy(&workspace::root().join(name), &tree.join(name)))
    };
    copied().map_err(|error| broken(&tree, &error))?;
    Ok(tree)
}

/// Builds the models of the listed mutants where nothing is weakened, and runs them unless that was done.
fn unmutated(
    context: Context,
    tree: &Path,
    list: &[&Mutant],
    unweakened: Unweakened,
) -> Result<(), Problem> {
    let files = by_file(list.iter().flat_map(|mutant| &mutant.models))?;
    let messages = build(context, tree, files.keys(), "the copy")?;
    let started = Instant::now();
    for (file, tests) in files {
        let binary = executable(&messages, file)?;
        let tests: Vec<_> = tests.into_iter().collect();
        let list = Process::new(&binary).arg("--exact").args(&tests).arg("--list");
        let list = list.finish(context)?.success()?;
        if let Some(test) = tests.iter().find(|test| !list.contains(&format!("{test}: test"))) {
            return Err(failed(format!("there is no model {file}::{test}")));
        }
        if unweakened == Unweakened::RunBefore {
            continue;
        }
        match run(context, &binary, &tests, TIME_LIMIT_OF_ALL)? {
            End::Passed => {}
            End::Failed(saying) => {
                return Err(failed(format!("{file} fails though nothing is weakened: {saying}")));
            }
            End::TimedOut => return Err(failed(format!("{file} does not end"))),
        }
    }
    if unweakened == Unweakened::Run {
        println!("nothing weakened: passed in {:.0?}", started.elapsed());
    }
    Ok(())
}

/// Patches the copy, runs the models, and puts the copy back.
fn try_mutant(context: Context, tree: &Path, mutant: &Mutant) -> Result<Fate, Problem> {
    patched(tree, mutant, || run_models(context, tree, mutant))
}

/// Patches the copy, does something with it, and puts the copy back.
fn patched<R>(
    tree: &Path,
    mutant: &Mutant,
    with: impl FnOnce() -> Result<R, Problem>,
) -> Result<R, Problem> {
    let path = tree.join(&mutant.file);
    let write = |text: &str| fs::write(&path, text).map_err(|error| broken(&path, &error));
    let original = fs::read_to_string(&path).map_err(|error| broken(&path, &error))?;
    let matches = original.matches(&mutant.find).count();
    if matches != 1 {
        let name = &mutant.name;
        return Err(failed(format!("{name}: `find` matches {matches} times in {}", mutant.file)));
    }
    write(&original.replace(&mutant.find, &mutant.replace))?;
    let result = with();
    write(&original)?;
    result
}

fn run_models(context: Context, tree: &Path, mutant: &Mutant) -> Result<Fate, Problem> {
    // No others: each takes as long to build as these.
    let files = by_file(&mutant.models)?;
    let messages = build(context, tree, files.keys(), &mutant.name)?;
    let started = Instant::now();
    for model in &mutant.models {
        let (file, test) = parts(model)?;
        let left = TIME_LIMIT.saturating_sub(started.elapsed());
        match run(context, &executable(&messages, file)?, &[test], left)? {
            End::Passed => {}
            End::Failed(saying) => {
                return Ok(Fate::Killed { by: model.clone(), saying, after: started.elapsed() });
            }
            End::TimedOut => return Ok(Fate::TimedOut),
        }
    }
    Ok(Fate::Survived)
}

/// The tests of each file among these models.
fn by_file<'m>(
    models: impl IntoIterator<Item = &'m String>,
) -> Result<BTreeMap<&'m str, BTreeSet<&'m str>>, Problem> {
    let mut files: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for model in models {
        let (file, test) = parts(model)?;
        files.entry(file).or_default().insert(test);
    }
    Ok(files)
}

/// Builds these files of the copy's models; cargo's messages.
fn build<'f>(
    context: Context,
    tree: &Path,
    files: impl IntoIterator<Item = &'f &'f str>,
    name: &str,
) -> Result<String, Problem> {
    let target = workspace::target_dir(".").join("mutants").join("build");
    let build = cargo_test(tree, &target).args(["--no-run", "--message-format=json"]);
    let build = build.args(files.into_iter().flat_map(|file| ["--test", file]));
    let build = build.finish(context)?;
    match build.succeeded() {
        true => Ok(build.output),
        false => Err(build.failure(&format!("{name} does not build"))),
    }
}

/// Runs these tests of `binary`.
fn run(context: Context, binary: &Path, tests: &[&str], limit: Duration) -> Result<End, Problem> {
    let models = Process::new(binary).arg("--exact").args(tests).arg("--nocapture");
    let Ok(finished) = models.at_most(limit).end(context)? else { return Ok(End::TimedOut) };
    if finished.succeeded() {
        return Ok(End::Passed);
    }
    verdict(&finished.output).map(End::Failed).map_err(|reason| finished.failure(reason))
}

/// What the first panic said, or why the output tells nothing of the code.
fn verdict(output: &str) -> Result<String, &'static str> {
    if LIMITS.iter().any(|limit| output.contains(limit)) {
        return Err("a limit of the models was reached, which says nothing of the code");
    }
    let mut lines = output.lines().skip_while(|line| !line.contains("panicked at"));
    lines.next().ok_or("a model died without a panic")?;
    Ok(lines.next().unwrap_or_default().trim().to_owned())
}

/// The test file and the test of a model.
fn parts(model: &str) -> Result<(&str, &str), Problem> {
    model
        .split_once("::")
        .ok_or_else(|| failed(format!("{model}: a model is named `test-file::test`")))
}

/// The executable of the test file `name`, from cargo's messages.
fn executable(messages: &str, name: &str) -> Result<PathBuf, Problem> {
    workspace::executable(messages, name).ok_or_else(|| failed(format!("no test file {name}")))
}

/// `cargo test` of the models in `tree`.
fn cargo_test(tree: &Path, target: &Path) -> Process {
    Process::cargo()
        .within(tree)
        .args(["test", "--quiet", "--release", "--package", "loom-tests"])
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", "--cfg annulus_loom --cfg crossbeam_loom")
        // The models are rebuilt for every mutant and run for seconds.
        .env("CARGO_PROFILE_RELEASE_LTO", "false")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
}

fn failed(what: impl Into<String>) -> Problem {
    Problem::Failed(what.into())
}

fn broken(path: &Path, error: &io::Error) -> Problem {
    failed(format!("{}: {error}", path.display()))
}

/// Copies a file or a folder.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else {
        fs::copy(from, to)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Mutants, verdict};
    use crate::workspace;
    use std::collections::BTreeSet;
    use std::fs;

    /// The last column of the tables under this heading.
    fn last_column(document: &str, heading: &str) -> Vec<String> {
        let text = document.split_once(heading).expect("the heading").1;
        let rows = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
        let cells = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
        let names = cells.flat_map(|cell| cell.split(';')).map(|name| name.trim().to_owned());
        names.filter(|name| name != "mutant that breaks it").collect()
    }

    #[test]
    fn the_protocols_tables_name_each_mutant_once() {
        let read = |path| fs::read_to_string(workspace::root().join(path)).unwrap();
        let list: Mutants = toml::from_str(&read("loom-tests/mutants.toml")).unwrap();
        let listed: BTreeSet<_> = list.mutant.into_iter().map(|mutant| mutant.name).collect();
        let mut named = last_column(&read("src/publish/protocol.md"), "## What each access is for");
        named.extend(last_column(&read("src/loads/protocol.md"), "# The protocol of tickets"));
        assert_eq!(named.len(), listed.len());
        assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), listed);
    }

    #[test]
    fn the_first_panic_is_the_verdict() {
        let output =
            "running\nthread 'a' panicked at x.rs:1:2:\n  torn \nthread 'a' panicked at y\nother";
        assert_eq!(verdict(output), Ok("torn".into()));
    }

    #[test]
    fn what_is_not_of_the_code_is_no_verdict() {
        for output in [
            "thread 'a' panicked at rt.rs:1:2:\nModel exceeded maximum number of branches.",
            "thread 'a' has overflowed its stack",
            "signal: 11",
        ] {
            assert!(verdict(output).is_err(), "{output}");
        }
    }
}
