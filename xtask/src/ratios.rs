//! The library's times beside its peers', in one process, and those of rings of other systems beside the originals.
//!
//! Neither is a part of `cargo xtask test`, since times on a busy machine prove nothing.

use crate::process::Process;
use crate::step::{Context, Outcome, Step};
use std::ffi::OsStr;

/// One step; `args` go to the program that measures.
pub(crate) fn steps(args: Vec<String>) -> Vec<Step> {
    // It takes minutes: what is measured is shown as it comes.
    vec![Step::new("ratios", move |_| run(&args, Context { verbose: true }))]
}

/// One step, of the originals; `args` go to the program that measures.
pub(crate) fn steps_of_originals(args: Vec<String>) -> Vec<Step> {
    vec![Step::new("originals", move |_| start("originals", &args, Context { verbose: true }))]
}

/// Runs the program that measures beside peers.
pub(crate) fn run(args: &[impl AsRef<OsStr>], context: Context) -> Outcome {
    start("ratios", args, context)
}

fn start(program: &str, args: &[impl AsRef<OsStr>], context: Context) -> Outcome {
    let run = ["run", "--release", "--quiet", "--package", "annulus-bench", "--bin", program];
    Process::cargo().args(run).arg("--").args(args).check(context)
}
