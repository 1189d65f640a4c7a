//! Mutation testing of the library by `cargo mutants`, as `.cargo/mutants.toml` says: a change that no
//! test notices points to a test that is missing. The publication has mutants of its own (`loom.rs`).
//!
//! Not a part of `cargo xtask test`: it builds and tests the library once for each of many mutants.

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Step};
use crate::tools::CARGO_MUTANTS;
use crate::workspace;

/// One step; `shard` is a part of the mutants, as `k/n` with k from 0.
pub(crate) fn steps(shard: Option<String>) -> Vec<Step> {
    vec![Step::new("mutants", move |context| mutants(shard.as_deref(), context))]
}

fn mutants(shard: Option<&str>, context: Context) -> Outcome {
    CARGO_MUTANTS.find()?;
    let output = workspace::target_dir(".");
    let finished = Process::cargo()
        .args(["mutants", "--package", "annulus", "--no-shuffle", "--colors", "never", "--output"])
        .arg(output)
        .args(shard.map(|shard| format!("--shard={shard}")))
        .env("RUSTFLAGS", "--cfg annulus_brief")
        .finish(context)?;
    if !finished.succeeded() {
        return Err(finished.failure("some mutants survive; the list is in mutants.out"));
    }
    Ok(Note(finished.output.lines().last().map(Into::into)))
}
