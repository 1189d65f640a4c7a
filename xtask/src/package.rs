//! The library as it would be published: packaged, unpacked and built without a warning.

use crate::process::Process;
use crate::step::{Note, Step};

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("package", |context| {
        let package = Process::cargo().args(["package", "--package", "annulus"]);
        // Who runs the checks before a commit has changes; what is packaged is the same.
        let finished = package.arg("--allow-dirty").finish(context)?;
        if finished.succeeded() && finished.output.contains("warning:") {
            return Err(finished.failure("cargo warns about the package"));
        }
        finished.success()?;
        Ok(Note::default())
    })]
}
