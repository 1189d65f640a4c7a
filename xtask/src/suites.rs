//! The test suites: the library's over its features, then those of the other packages.

use crate::clippy::others;
use crate::features::{COMBINATIONS, Features};
use crate::process::Process;
use crate::step::Step;

/// One step per combination of features (unit, integration and doc tests) and one for the rest.
pub(crate) fn steps() -> Vec<Step> {
    let rest = Step::new("tests: other packages", |context| {
        others(Process::cargo().arg("test")).check(context)
    });
    let library = COMBINATIONS.into_iter().map(library);
    library.chain([rest]).collect()
}

fn library(features: Features) -> Step {
    Step::new(format!("tests: {}", features.name()), move |context| {
        features.select(Process::cargo().arg("test")).check(context)
    })
}
