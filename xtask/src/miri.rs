//! The tests under Miri, which finds undefined behaviour: with strict provenance what is ours alone,
//! without it what a dependency's pointers would fail; and a small race of threads over many seeds.
//!
//! All of it takes its time. A part of `cargo xtask test` is the race alone, with few seeds.

use std::path::Path;

use crate::loom;
use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools::{missing, nightly};
use crate::workspace;

/// The test files that make sense there: those on distributions of many keys take hours.
const FILES: [&str; 17] = [
    "equality",
    "faults",
    "handles",
    "hostile",
    "limits",
    "memory",
    "merges",
    "model",
    "out_of_memory",
    "owned",
    "owners",
    "panics",
    "panics_published",
    "publish",
    "race",
    "refusals",
    "walks",
];

/// Memory as the language has it, with nothing made of integers.
const STRICT: &str =
    "-Zmiri-strict-provenance -Zmiri-symbolic-alignment-check -Zmiri-disable-isolation";

/// Seeds of the race, by command and in `cargo xtask test`.
const SEEDS: u32 = 32;
const FEW_SEEDS: u32 = 4;

/// Mutants of the code itself that the race must find, of those that loom knows: one for each of the
/// orders that a value's reads and writes rest on, and one for the books.
const MUTANTS: [&str; 4] = [
    "slots loaded Relaxed",
    "current loaded Relaxed by the reader",
    "idle mark stored Relaxed by a guard",
    "holders are overlooked",
];

/// One step without the operating system's parts, one with them, and the race.
pub(crate) fn steps() -> Vec<Step> {
    // The collector keeps tags in its pointers' low bits, and memory to the end of the process.
    let permissive = "-Zmiri-permissive-provenance -Zmiri-ignore-leaks -Zmiri-disable-isolation";
    let whole = [("alloc,serde", STRICT), ("std", permissive)].map(|(features, flags)| {
        Step::new(format!("miri: {features}"), move |context| test(features, flags, context))
    });
    whole.into_iter().chain(race(SEEDS)).collect()
}

/// The race alone.
pub(crate) fn race_steps() -> Vec<Step> {
    race(SEEDS).into()
}

/// The race with a few seeds, where there is Miri.
pub(crate) fn brief_steps() -> Vec<Step> {
    race(FEW_SEEDS).map(Step::where_possible).into()
}

fn race(seeds: u32) -> [Step; 2] {
    let whole = Step::new(format!("miri: race, {seeds} seeds"), move |context| {
        run_race(workspace::root(), seeds)?.check(context)
    });
    [whole, Step::new("miri: mutants of the race", mutants)]
}

/// Whether the race finds each mutant.
fn mutants(context: Context) -> Outcome {
    require_miri()?;
    loom::with_each(&MUTANTS, |name, tree| {
        let finished = run_race(tree, SEEDS)?.finish(context)?;
        let found =
            ["Undefined Behavior", "panicked at"].iter().any(|s| finished.output.contains(s));
        match (finished.succeeded(), found) {
            (false, true) => Ok(()),
            (true, _) => Err(Problem::Failed(format!("{name}: not found with {SEEDS} seeds"))),
            (false, false) => Err(finished.failure(&format!("{name}: not tried"))),
        }
    })?;
    Ok(Note(Some(format!("{} found", MUTANTS.len()))))
}

/// The race in this tree, with so many seeds.
fn run_race(tree: &Path, seeds: u32) -> Result<Process, Problem> {
    require_miri()?;
    let cargo = nightly()?.within(tree).args(["miri", "test", "--package", "annulus"]);
    let cargo = cargo.args(["--test", "race"]);
    Ok(cargo
        .env("MIRIFLAGS", format!("{STRICT} -Zmiri-many-seeds=0..{seeds}"))
        .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("race")))
}

fn test(features: &str, flags: &str, context: Context) -> Outcome {
    require_miri()?;
    let files = FILES.into_iter().flat_map(|file| ["--test", file]);
    nightly()?
        .args(["miri", "test", "--package", "annulus", "--features", features, "--lib"])
        .args(files)
        // Files are read by none of these, but the test harness asks for the current folder.
        .env("MIRIFLAGS", flags)
        .check(context)
}

fn require_miri() -> Result<(), Problem> {
    match nightly()?.args(["miri", "--version"]).finish(Context { verbose: false }) {
        Ok(finished) if finished.succeeded() => Ok(()),
        _ => Err(missing("miri", "rustup +nightly component add miri rust-src")),
    }
}
