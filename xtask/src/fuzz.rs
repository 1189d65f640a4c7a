//! The fuzz targets: what was found before is played again, then each target runs for a while.
//!
//! Builds with the flags of `cargo fuzz`, which need not be there; who has it finds `fuzz/` laid out
//! for it. New inputs go to the target folder, failing ones to `fuzz/artifacts`. Long runs are recorded in
//! `fuzz/runs.tsv`.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools::{missing, nightly};
use crate::workspace;

/// The targets' workspace.
const FOLDER: &str = "fuzz";

/// All targets.
const TARGETS: [&str; 7] =
    ["membership", "publish", "diff", "decode", "nodes_file", "keys", "profiles"];

/// How long each runs in `cargo xtask test`.
pub(crate) const SECONDS: u32 = 60;

/// How many run side by side.
const AT_ONCE: usize = 2;

/// Longer inputs are not made: what they would show, shorter ones show.
const MOST_BYTES: u32 = 512;

/// What a sanitizer needs is on this machine alone.
const MACHINE: &str = "x86_64-unknown-linux-gnu";

/// Coverage of edges and comparisons, and AddressSanitizer: as `cargo fuzz` builds.
const RUSTFLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Zsanitizer=address -Ccodegen-units=1";

/// Long runs, a line each: commit, its date, target, seconds, executions.
const RUNS: &str = "fuzz/runs.tsv";

/// All files but that, as Git names them.
const OTHERS: &str = ":!fuzz/runs.tsv";

/// A shorter run is not worth a line.
const LEAST_SECONDS: u32 = 600;

/// What becomes of the number of executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// It is printed.
    Show,
    /// It is printed, and added to [`RUNS`].
    Record,
}

/// One step that plays the corpora, one that builds, and one per pair of targets.
pub(crate) fn steps(seconds: u32, targets: &[String], count: Count) -> Vec<Step> {
    let chosen = |target: &&str| targets.is_empty() || targets.iter().any(|name| name == target);
    let chosen: Vec<&str> = TARGETS.into_iter().filter(chosen).collect();
    let runs = chosen.chunks(AT_ONCE).map(|targets| {
        let targets = targets.to_vec();
        Step::new(format!("fuzz: {}", targets.join(", ")), move |context| {
            run_all(&targets, seconds, count, context)
        })
    });
    let corpora = Step::new("fuzz: corpora", |context| {
        Process::cargo_in(FOLDER).args(["test", "--quiet"]).check(context)
    });
    let runs: Vec<Step> = runs.collect();
    [corpora, Step::new("fuzz: build", build)].into_iter().chain(runs).collect()
}

/// The name of a target, for the command line.
pub(crate) fn target(name: &str) -> Result<String, String> {
    match TARGETS.contains(&name) {
        true => Ok(name.into()),
        false => Err(format!("the targets are {}", TARGETS.join(", "))),
    }
}

/// Where the programs are built and inputs are collected.
fn build_dir() -> PathBuf {
    workspace::target_dir(FOLDER).join("fuzz")
}

fn build(context: Context) -> Outcome {
    nightly()?
        .within(FOLDER)
        .args(["build", "--release", "--bins", "--target", MACHINE])
        .env("RUSTFLAGS", RUSTFLAGS)
        .env("CARGO_TARGET_DIR", build_dir())
        .check(context)
}

/// Runs the targets side by side.
fn run_all(targets: &[&'static str], seconds: u32, count: Count, context: Context) -> Outcome {
    // Before it runs, so that nobody waits for nothing.
    let commit = match count {
        Count::Show => None,
        Count::Record if seconds < LEAST_SECONDS => {
            let why =
                format!("a run of {seconds} s is not recorded, only one of {LEAST_SECONDS} s");
            return Err(Problem::Failed(why));
        }
        Count::Record => Some(commit(context)?),
    };
    let counts: Vec<Result<u64, Problem>> = thread::scope(|scope| {
        let run = |&target| scope.spawn(move || run(target, seconds, context));
        let runs: Vec<_> = targets.iter().map(run).collect();
        runs.into_iter().map(|run| run.join().expect("a run does not panic")).collect()
    });
    let counts: Vec<u64> = counts.into_iter().collect::<Result<_, _>>()?;
    if let Some(commit) = commit {
        let runs = targets.iter().zip(&counts);
        let lines = runs.map(|(target, count)| format!("{commit}\t{target}\t{seconds}\t{count}\n"));
        record(&lines.collect::<String>())
            .map_err(|error| Problem::Failed(format!("{RUNS}: {error}")))?;
    }
    let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
    Ok(Note(Some(format!("{} executions", counts.join(" and ")))))
}

/// The commit that is checked out, and its date.
fn commit(context: Context) -> Result<String, Problem> {
    let git = |args: &[&str]| Process::new("git").args(args).finish(context)?.success();
    if !git(&["status", "--porcelain", "--untracked-files=no", "--", ".", OTHERS])?.is_empty() {
        return Err(Problem::Failed("what ran is no commit: commit first, then record".into()));
    }
    Ok(git(&["log", "-1", "--format=%h\t%cs"])?.trim().to_owned())
}

/// Adds lines to the record.
fn record(lines: &str) -> std::io::Result<()> {
    File::options().append(true).open(workspace::root().join(RUNS))?.write_all(lines.as_bytes())
}

/// Runs a target; gives the number of executions.
fn run(target: &'static str, seconds: u32, context: Context) -> Result<u64, Problem> {
    let program = build_dir().join(MACHINE).join("release").join(target);
    if !program.is_file() {
        return Err(missing("built fuzz target", "see `fuzz: build`"));
    }
    let broken = |error: std::io::Error| Problem::Failed(error.to_string());
    let found = build_dir().join("corpus").join(target);
    let artifacts = workspace::root().join(FOLDER).join("artifacts").join(target);
    fs::create_dir_all(&found).map_err(broken)?;
    fs::create_dir_all(&artifacts).map_err(broken)?;
    let finished = Process::new(program)
        .args([&found, &workspace::root().join(FOLDER).join("corpus").join(target)])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MOST_BYTES}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        // A minute is too short to let inputs grow little by little.
        .arg("-len_control=0")
        .args(special(target))
        // Seconds for one input, and MiB.
        .args(["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .at_most(Duration::from_secs(u64::from(seconds) + 120))
        .finish(context)?;
    if !finished.succeeded() {
        let how = format!(
            "What fails is in {}. To see it as a program:\n  RUST_LIBFUZZER_DEBUG_PATH=/dev/stdout \
             {target} FILE\nOnce it is mended, keep the file in {FOLDER}/corpus/{target}.",
            artifacts.display()
        );
        return Err(finished.failure(&how));
    }
    let count = executions(&finished.output);
    count.ok_or_else(|| finished.failure("there are no statistics"))
}

/// Options of the engine that make this target faster.
fn special(target: &str) -> &'static [&'static str] {
    match target {
        // So many features that choosing inputs by the rare ones takes longer than playing them.
        "membership" | "diff" => &["-entropic=0"],
        // The collector of epochs frees later, which the engine takes for leaks: it would look for
        // them after each input and, after a thousand times, give that up.
        "publish" => &["-detect_leaks=0"],
        _ => &[],
    }
}

/// The number of executions in libFuzzer's statistics.
fn executions(output: &str) -> Option<u64> {
    let line = output.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    line?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_read_from_the_statistics() {
        let output = "Done 12 runs in 1 second(s)\nstat::number_of_executed_units: 12\n\
            stat::average_exec_per_sec:     12\n";
        assert_eq!(executions(output), Some(12));
        assert_eq!(executions(""), None);
    }

    #[test]
    fn every_line_of_the_record_is_a_run() {
        let runs = fs::read_to_string(workspace::root().join(RUNS)).unwrap();
        for line in runs.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [_, _, target, seconds, count] = fields[..] else { panic!("{line}") };
            assert_eq!(super::target(target).as_deref(), Ok(target));
            assert!(seconds.parse::<u32>().is_ok() && count.parse::<u64>().is_ok(), "{line}");
        }
    }

    #[test]
    fn the_targets_are_those_of_the_manifest() {
        let manifest = fs::read_to_string(workspace::root().join("fuzz/Cargo.toml")).unwrap();
        let programs = manifest.split("[[bin]]\nname = \"").skip(1);
        let names: Vec<&str> = programs.filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(names, TARGETS);
    }
}
