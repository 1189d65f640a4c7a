//! The test suites: those of the published packages over their features, then those of the others.

use crate::clippy::others;
use crate::features::{COMBINATIONS, Features, OF_PROFILES};
use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::test_files;
use crate::workspace::{LIBRARY, PROFILES, USES};

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

fn library(features: Features) -> Step {
    Step::new(format!("tests: {}", features.name()), move |context| {
        let cargo = || features.select(Process::cargo().arg("test"));
        let commands = match features {
            Features::All => whole(cargo)?,
            Features::Only("") => vec![brief(cargo())],
            Features::Only(_) => added(cargo)?,
        };
        test_all(commands, context)
    })
}

/// All tests, of which the random sequences are many. They alone are optimized, and what all depend on.
fn whole(cargo: impl Fn() -> Process) -> Result<Vec<Process>, Problem> {
    let others = test_files::select(cargo().arg("--lib"), |name, _| !test_files::is_long(name))?;
    let long = test_files::select(cargo(), |name, _| test_files::is_long(name))?;
    Ok(vec![short(others), long, short(cargo().arg("--doc"))])
}

/// What features bring that stand between none and all: unit tests, examples in the documentation, and the files
/// that depend on whether there is an operating system. The others would test what they test under all features,
/// for features only add code, but for the publication's (a test of `test_files.rs` holds that); that they build
/// with these is checked by `cargo xtask clippy`.
fn added(cargo: impl Fn() -> Process) -> Result<Vec<Process>, Problem> {
    let files = test_files::select(cargo().arg("--lib"), |_, text| test_files::asks_for_std(text))?;
    Ok(vec![brief(files), brief(cargo().arg("--doc"))])
}

/// The brief tests, built without optimization: it would take longer than they do.
pub(crate) fn brief(cargo: Process) -> Process {
    cargo.env("RUSTFLAGS", "--cfg annulus_brief").env("CARGO_PROFILE_TEST_OPT_LEVEL", "0")
}

/// Tests of the library that run shortly: not optimized, while what they depend on is, so that it is built once for
/// these and for those that run long.
pub(crate) fn short(cargo: Process) -> Process {
    cargo.args(["--config", &format!("profile.test.package.{LIBRARY}.opt-level=0")])
}

/// Runs these tests and counts them.
pub(crate) fn test(cargo: Process, context: Context) -> Outcome {
    test_all([cargo], context)
}

/// Runs the tests of these commands, up to the first that fails, and counts them.
pub(crate) fn test_all(commands: impl IntoIterator<Item = Process>, context: Context) -> Outcome {
    let mut count = 0;
    for cargo in commands {
        // The count is read from lines that colours would cut up.
        let finished = cargo.env("CARGO_TERM_COLOR", "never").finish(context)?;
        count += passed(&finished.success()?);
    }
    Ok(Note(Some(format!("{count} tests"))))
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
