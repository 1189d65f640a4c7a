//! Lints: the published packages over their features, everything else as it is.

use crate::features::{COMBINATIONS, Features, OF_PROFILES};
use crate::process::Process;
use crate::step::{Context, Outcome, Step};
use crate::tools::require_component;
use crate::workspace::{self, PROFILES, PUBLISHED};

/// One step per combination of features of each published package, one for the other packages, one per workspace
/// apart.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = COMBINATIONS.into_iter().map(library).collect();
    steps.extend(OF_PROFILES.map(profiles));
    steps.push(Step::new("clippy: other packages", |context| {
        lint(others(Process::cargo().arg("clippy")), context)
    }));
    steps.extend(workspace::APART.map(apart));
    steps
}

fn library(features: Features) -> Step {
    Step::new(format!("clippy: {}", features.name()), move |context| {
        lint(features.select(Process::cargo().arg("clippy")), context)
    })
}

fn profiles(features: Features) -> Step {
    Step::new(format!("clippy: profiles, {}", features.name()), move |context| {
        lint(features.select_of(PROFILES, Process::cargo().arg("clippy")), context)
    })
}

fn apart(folder: &'static str) -> Step {
    Step::new(format!("clippy: {folder}"), move |context| {
        // Checked for the host: with no more than the compiler that everybody has.
        lint(Process::cargo_in(folder).arg("clippy"), context)
    })
}

/// Selects every package of the workspace but the published ones.
pub(crate) fn others(cargo: Process) -> Process {
    let cargo = cargo.arg("--workspace");
    PUBLISHED.into_iter().fold(cargo, |cargo, package| cargo.args(["--exclude", package]))
}

fn lint(clippy: Process, context: Context) -> Outcome {
    require_component("clippy")?;
    let clippy = clippy.args(["--all-targets", "--", "--deny", "warnings"]);
    clippy.check(context)
}
