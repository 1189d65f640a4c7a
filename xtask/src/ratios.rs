//! The library's times beside its peers', in one process.
//!
//! Not a part of `cargo xtask test`, since times on a busy machine prove nothing.

use crate::process::Process;
use crate::step::{Context, Outcome, Step};
use std::ffi::OsStr;

/// One step; `args` go to the program that measures.
pub(crate) fn steps(args: Vec<String>) -> Vec<Step> {
    // It takes minutes: what is measured is shown as it comes.
    vec![Step::new("ratios", move |_| run(&args, Context { verbose: true }))]
}

/// Runs the program that measures.
pub(crate) fn run(args: &[impl AsRef<OsStr>], context: Context) -> Outcome {
    let run = ["run", "--release", "--quiet", "--package", "annulus-bench", "--bin", "ratios"];
    Process::cargo().args(run).arg("--").args(args).check(context)
}
