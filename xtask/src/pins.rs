//! What pins cost beside their peers: ratios of times, and instructions call by call.
//!
//! Not a part of `cargo xtask test`, since times on a busy machine prove nothing.

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools::missing;
use crate::workspace;

/// The calls whose instructions are counted: collectors have work to do on the first and on every
/// so many.
const CALLS: [u32; 4] = [1, 128, 129, 1_000_000];

/// What callgrind puts before the count of a run.
const COLLECTED: &str = "Collected : ";

/// One step for the times, which fails on a ratio that is missed only with `check`, and one for the
/// instructions.
pub(crate) fn steps(check: bool) -> Vec<Step> {
    vec![
        Step::new("pins: times", move |context| times(context, check)),
        Step::new("pins: instructions", instructions),
    ]
}

fn times(context: Context, check: bool) -> Outcome {
    let run = ["run", "--release", "--quiet", "--package", "annulus-bench", "--bin", "pins", "--"];
    let run = Process::cargo().args(run).args(check.then_some("--check"));
    let output = run.finish(context)?.success()?;
    if !context.verbose {
        print!("\n{output}");
    }
    Ok(Note::default())
}

/// Counts our instructions and crossbeam-epoch's for each of the calls; ours must be the same.
fn instructions(context: Context) -> Outcome {
    if Process::new("valgrind").arg("--version").finish(Context { verbose: false }).is_err() {
        return Err(missing("valgrind", "apt-get install valgrind, or https://valgrind.org"));
    }
    let build = ["build", "--release", "--package", "annulus-bench", "--bin", "counts"];
    Process::cargo().args(build).check(context)?;
    let ours = each_call("annulus", context)?;
    let peers = each_call("crossbeam", context)?;
    println!();
    for (call, (ours, peers)) in CALLS.iter().zip(ours.iter().zip(&peers)) {
        println!("call {call}: {ours} instructions; crossbeam-epoch {peers}");
    }
    if ours.iter().any(|&count| count != ours[0]) {
        return Err(Problem::Failed("some calls of pin and unpin take more than others".into()));
    }
    Ok(Note(Some(format!("{} instructions on every call", ours[0]))))
}

/// The instructions of each of the calls: those of so many calls without those of one fewer.
fn each_call(whose: &str, context: Context) -> Result<Vec<u64>, Problem> {
    let of = |call| Ok(collected(whose, call, context)? - collected(whose, call - 1, context)?);
    CALLS.into_iter().map(of).collect()
}

/// The instructions within so many calls.
fn collected(whose: &str, calls: u32, context: Context) -> Result<u64, Problem> {
    let valgrind =
        Process::new("valgrind").args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let toggle = format!("--toggle-collect=*{whose}_pin*");
    let program = workspace::target_dir(".").join("release/counts");
    let valgrind = valgrind.arg(toggle).arg(program).args([whose, &calls.to_string()]);
    let finished = valgrind.finish(context)?;
    match count(&finished.output) {
        Some(count) if finished.succeeded() => Ok(count),
        _ => Err(finished.failure("no count of instructions")),
    }
}

/// The count in callgrind's output.
fn count(output: &str) -> Option<u64> {
    let line = output.lines().find_map(|line| Some(line.split_once(COLLECTED)?.1))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn the_count_is_found() {
        assert_eq!(count("Fences\n==7== Events    : Ir\n==7== Collected : 120\n"), Some(120));
        assert_eq!(count("==7== Events    : Ir\n"), None);
    }
}
