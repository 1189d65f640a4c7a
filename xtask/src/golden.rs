//! The golden files of the placement are what the independent script would write.

use crate::process::Process;
use crate::step::{Context, Outcome, Step};
use crate::tools::python_with;

const SCRIPT: &str = "tests/golden/golden.py";

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("golden files", check)]
}

fn check(context: Context) -> Outcome {
    Process::new(python_with(context, "xxhash", "python3-xxhash")?)
        .args([SCRIPT, "--check"])
        .check(context)
}
