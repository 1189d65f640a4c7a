//! A step: a named check that passes, fails, or lacks a tool; and the report of many.

use std::fmt;
use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What a step hands back; a note on success says what was not covered.
pub(crate) type Outcome = Result<Note, Problem>;

/// A remark printed beside a passed step.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Note(pub(crate) Option<String>);

/// Why a step did not pass.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A tool is not there; the step is skipped, or fails under `--strict`.
    Missing {
        /// The tool.
        what: String,
        /// How to get it.
        how: String,
    },
    /// The check found something.
    Failed(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { what, how } => write!(f, "no {what} ({how})"),
            Self::Failed(what) => f.write_str(what),
        }
    }
}

/// Everything a step is told about how it is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// Whether commands show their output while they run.
    pub(crate) verbose: bool,
}

/// One named check.
pub(crate) struct Step {
    name: String,
    check: Box<dyn Fn(Context) -> Outcome>,
}

impl Step {
    /// A step under a name that is unique in the report.
    pub(crate) fn new(
        name: impl Into<String>,
        check: impl Fn(Context) -> Outcome + 'static,
    ) -> Self {
        Self { name: name.into(), check: Box::new(check) }
    }

    /// The same check, which passes where its tool is missing, and says so: for tools that not every
    /// machine can fetch.
    pub(crate) fn where_possible(self) -> Self {
        let Self { name, check } = self;
        Self::new(name, move |context| match check(context) {
            Err(problem @ Problem::Missing { .. }) => Ok(Note(Some(format!("skipped: {problem}")))),
            outcome => outcome,
        })
    }
}

/// How a step ended, as the report counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    Skipped,
}

impl Verdict {
    fn of(outcome: &Outcome, strict: bool) -> Self {
        match outcome {
            Ok(_) => Self::Passed,
            Err(Problem::Missing { .. }) if !strict => Self::Skipped,
            Err(_) => Self::Failed,
        }
    }
}

/// Runs the steps in order, whatever fails, and reports each and the sum.
pub(crate) fn run_all(steps: &[Step], strict: bool, verbose: bool) -> ExitCode {
    let start = Instant::now();
    let width = steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
    let context = Context { verbose };
    let verdicts: Vec<Verdict> =
        steps.iter().map(|step| run_one(step, width, strict, context)).collect();
    let names = |of| {
        let of_that_kind = steps.iter().zip(&verdicts).filter(move |(_, v)| **v == of);
        of_that_kind.map(|(step, _)| step.name.as_str())
    };
    println!();
    for name in names(Verdict::Failed) {
        println!("failed: {name}");
    }
    println!("{} in all", Seconds(start.elapsed()));
    println!("{}", summary(&verdicts));
    match names(Verdict::Failed).next() {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

fn run_one(step: &Step, width: usize, strict: bool, context: Context) -> Verdict {
    print!("{:width$}  ", step.name);
    if context.verbose {
        println!();
    }
    // Who waits wants to see for what; a closed terminal shows up in the next `println`.
    let _ = stdout().flush();
    let start = Instant::now();
    let outcome = (step.check)(context);
    let time = Seconds(start.elapsed());
    let verdict = Verdict::of(&outcome, strict);
    match (verdict, outcome) {
        (_, Ok(Note(None))) => println!("ok {time}"),
        (_, Ok(Note(Some(note)))) => println!("ok {time}, {note}"),
        (Verdict::Skipped, Err(problem)) => println!("skipped: {problem}"),
        (_, Err(problem)) => println!("FAILED {time}\n{problem}"),
    }
    verdict
}

fn summary(verdicts: &[Verdict]) -> String {
    let count = |of| verdicts.iter().filter(|verdict| **verdict == of).count();
    format!(
        "{} passed, {} failed, {} skipped",
        count(Verdict::Passed),
        count(Verdict::Failed),
        count(Verdict::Skipped)
    )
}

/// A duration as people read one.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> Outcome {
        Err(Problem::Missing { what: "qemu".into(), how: "apt-get install qemu".into() })
    }

    #[test]
    fn a_missing_tool_is_skipped_unless_strict() {
        assert_eq!(Verdict::of(&missing(), false), Verdict::Skipped);
        assert_eq!(Verdict::of(&missing(), true), Verdict::Failed);
    }

    #[test]
    fn a_failure_is_a_failure_either_way() {
        let failed = Err(Problem::Failed("no".into()));
        assert_eq!(Verdict::of(&failed, false), Verdict::Failed);
        assert_eq!(Verdict::of(&failed, true), Verdict::Failed);
    }

    #[test]
    fn where_a_tool_cannot_be_had_that_is_said_and_failures_stay() {
        let run = |step: Step| (step.where_possible().check)(Context { verbose: false });
        let note = run(Step::new("a", |_| missing())).unwrap();
        assert_eq!(note.0.unwrap(), "skipped: no qemu (apt-get install qemu)");
        assert!(run(Step::new("a", |_| Err(Problem::Failed("no".into())))).is_err());
    }

    #[test]
    fn a_missing_tool_names_the_way_to_get_it() {
        let text = missing().unwrap_err().to_string();
        assert_eq!(text, "no qemu (apt-get install qemu)");
    }

    #[test]
    fn the_summary_counts_each_verdict() {
        use Verdict::{Failed, Passed, Skipped};
        let verdicts = [Passed, Skipped, Passed, Failed, Passed];
        assert_eq!(summary(&verdicts), "3 passed, 1 failed, 1 skipped");
        assert_eq!(summary(&[]), "0 passed, 0 failed, 0 skipped");
    }
}
