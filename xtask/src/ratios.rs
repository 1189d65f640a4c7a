//! The library's times beside its peers', in one process.
//!
//! Not a part of `cargo xtask test`, since times on a busy machine prove nothing.

use crate::process::Process;
use crate::step::{Context, Note, Step};

/// One step; `args` go to the program that measures.
pub(crate) fn steps(args: Vec<String>) -> Vec<Step> {
    vec![Step::new("ratios", move |_| {
        let run = ["run", "--release", "--quiet", "--package", "annulus-bench", "--bin", "ratios"];
        let run = Process::cargo().args(run).arg("--").args(&args);
        // It takes minutes: what is measured is shown as it comes.
        run.finish(Context { verbose: true })?.success()?;
        Ok(Note::default())
    })]
}
