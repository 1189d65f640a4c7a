//! The test suites: those of the published packages over their features, then those of the others.

use crate::clippy::others;
use crate::features::{COMBINATIONS, Features, OF_PROFILES};
use crate::process::Process;
use crate::step::{Context, Note, Outcome, Step};
use crate::workspace::{PROFILES, USES};

/// One step per combination of features (unit, integration and doc tests) and one for the rest.
pub(crate) fn steps() -> Vec<Step> {
    let rest = Step::new("tests: other packages", |context| {
        // Programs on real servers are tested one by one.
        test(others(Process::cargo().arg("test")).args(["--exclude", USES]), context)
    });
    let library = COMBINATIONS.into_iter().map(library);
    library.chain(OF_PROFILES.map(profiles)).chain([rest]).collect()
}

fn profiles(features: Features) -> Step {
    Step::new(format!("tests: profiles, {}", features.name()), move |context| {
        test(features.select_of(PROFILES, Process::cargo().arg("test")), context)
    })
}

/// With all features the random sequences are many, with some of them brief: most of what they test is the
/// same.
fn library(features: Features) -> Step {
    Step::new(format!("tests: {}", features.name()), move |context| {
        let cargo = features.select(Process::cargo().arg("test"));
        let cargo = match features {
            Features::All => cargo,
            Features::Only(_) => brief(cargo),
        };
        test(cargo, context)
    })
}

/// The brief tests, built without optimization: it would take longer than they do.
pub(crate) fn brief(cargo: Process) -> Process {
    cargo.env("RUSTFLAGS", "--cfg annulus_brief").env("CARGO_PROFILE_TEST_OPT_LEVEL", "0")
}

/// Runs these tests and counts them.
pub(crate) fn test(cargo: Process, context: Context) -> Outcome {
    // The count is read from lines that colours would cut up.
    let finished = cargo.env("CARGO_TERM_COLOR", "never").finish(context)?;
    let output = finished.success()?;
    Ok(Note(Some(format!("{} tests", passed(&output)))))
}

/// How many tests passed in all binaries of a run.
fn passed(output: &str) -> u32 {
    let results = output.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    let counts = results.filter_map(|line| line.split(' ').next()?.parse::<u32>().ok());
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::passed;

    #[test]
    fn the_tests_of_all_binaries_are_counted() {
        let output = "running 2 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
            \n   Doc-tests annulus\n\
            test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(passed(output), 42);
        assert_eq!(passed(""), 0);
    }
}
