//! The published packages as they would be: packaged, unpacked and built without a warning.

use crate::process::Process;
use crate::step::{Note, Step};
use crate::workspace;

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("package", |context| {
        let package = workspace::published(Process::cargo().arg("package"));
        // Who runs the checks before a commit has changes; what is packaged is the same.
        let package = package.arg("--allow-dirty").env("CARGO_TERM_COLOR", "never");
        let finished = package.finish(context)?;
        if finished.succeeded() && warnings(&finished.output).next().is_some() {
            return Err(finished.failure("cargo warns about the package"));
        }
        finished.success()?;
        Ok(Note::default())
    })]
}

/// Cargo's warnings, but for those that tests and benchmarks stay at home: they are meant to.
fn warnings(output: &str) -> impl Iterator<Item = &str> {
    let warnings = output.lines().filter(|line| line.starts_with("warning:"));
    warnings.filter(|line| {
        let stays = ["test", "benchmark", "example"];
        !stays.iter().any(|kind| line.starts_with(&format!("warning: ignoring {kind} ")))
    })
}

#[cfg(test)]
mod tests {
    use super::warnings;

    #[test]
    fn what_stays_at_home_is_no_warning() {
        let output = "   Packaging annulus v0.1.0\n\
            warning: ignoring test `model` as `tests/model.rs` is not included\n\
            warning: ignoring benchmark `b` as `benches/b.rs` is not included\n";
        assert_eq!(warnings(output).next(), None);
    }

    #[test]
    fn anything_else_is_one() {
        let line = "warning: manifest has no documentation, homepage or repository";
        let output = format!("{line}\n  |\n   Packaging annulus v0.1.0\n");
        assert_eq!(warnings(&output).collect::<Vec<_>>(), [line]);
    }
}
