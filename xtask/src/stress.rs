//! The stress test at length, optimized: how many lookups were checked against how many publications.
//!
//! Not a part of `cargo xtask test`, in which the same tests run for a few seconds.

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use clap::Args;
use std::iter::Sum;

/// How long to run and what it must come to.
#[derive(Args, Clone, Copy)]
pub(crate) struct Goal {
    /// Seconds for each of the tests.
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// Fail unless all tests together check so many lookups.
    #[arg(long, default_value_t = 0)]
    lookups: u64,
    /// Fail unless all tests together publish so often.
    #[arg(long, default_value_t = 0)]
    publications: u64,
}

/// One step.
pub(crate) fn steps(goal: Goal) -> Vec<Step> {
    vec![Step::new("stress", move |context| stress(goal, context))]
}

fn stress(goal: Goal, context: Context) -> Outcome {
    let cargo = || Process::cargo().args(["test", "--release", "--features", "std"]);
    let cargo = || cargo().args(["--package", "annulus", "--test", "stress"]);
    cargo().arg("--no-run").check(context)?;
    let tests = cargo().args(["--", "--nocapture", "--test-threads=1"]);
    let tests = tests.env("ANNULUS_STRESS_SECONDS", goal.seconds.to_string());
    let tests = tests.env("CARGO_TERM_COLOR", "never");
    let output = tests.finish(context)?.success()?;
    let counts: Vec<Counts> = output.lines().filter_map(Counts::of).collect();
    let Counts { lookups, publications } = counts.iter().copied().sum();
    if !context.verbose {
        let reports = output.lines().filter(|line| Counts::of(line).is_some());
        // Each stands behind the name that the test harness gives its test.
        let reports = reports.map(|line| line.rsplit(" ... ").next().unwrap_or(line));
        println!("\n{}", reports.collect::<Vec<_>>().join("\n"));
    }
    let sum = format!("{lookups} lookups against {publications} publications, none wrong");
    if lookups < goal.lookups || publications < goal.publications {
        return Err(Problem::Failed(format!("{sum}, but too few: give it more --seconds")));
    }
    Ok(Note(Some(sum)))
}

/// What a test reports.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    lookups: u64,
    publications: u64,
}

impl Counts {
    /// The counts in a line of the tests' output, if it is a report.
    fn of(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split([' ', ',']).collect();
        let before = |unit: &str| {
            let at = words.iter().position(|word| *word == unit)?;
            words.get(at.checked_sub(1)?)?.parse().ok()
        };
        Some(Self { lookups: before("lookups")?, publications: before("publications")? })
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, counts| Self {
            lookups: sum.lookups + counts.lookups,
            publications: sum.publications + counts.publications,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn reports_are_told_from_other_lines() {
        let lines = [
            "running 6 tests",
            "fences, two buffers: 96 lookups under 2 pins, 30 publications, 4 busy",
            "test fences ... ok",
            "shared: 5 lookups under 1 pins, 7 publications, 0 busy",
        ];
        let counts = lines.into_iter().filter_map(Counts::of);
        assert_eq!(counts.sum::<Counts>(), Counts { lookups: 101, publications: 37 });
    }
}
