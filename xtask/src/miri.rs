//! The tests under Miri, which finds undefined behaviour: with strict provenance what is ours alone,
//! without it what a dependency's pointers would fail.
//!
//! Not a part of `cargo xtask test`: not every nightly toolchain has Miri, and it takes its time.

use crate::step::{Context, Outcome, Problem, Step};
use crate::tools::{missing, nightly};

/// The test files that make sense there: those on distributions of many keys take hours.
const FILES: [&str; 12] = [
    "equality",
    "faults",
    "hostile",
    "limits",
    "merges",
    "model",
    "out_of_memory",
    "owners",
    "panics",
    "publish",
    "refusals",
    "walks",
];

/// One step without the operating system's parts, one with them.
pub(crate) fn steps() -> Vec<Step> {
    let strict = "-Zmiri-strict-provenance -Zmiri-symbolic-alignment-check";
    // The collector keeps tags in its pointers' low bits, and memory to the end of the process.
    let permissive = "-Zmiri-permissive-provenance -Zmiri-ignore-leaks";
    [("alloc,serde", strict), ("std", permissive)]
        .map(|(features, flags)| {
            Step::new(format!("miri: {features}"), move |context| test(features, flags, context))
        })
        .into()
}

fn test(features: &str, flags: &str, context: Context) -> Outcome {
    require_miri()?;
    let files = FILES.into_iter().flat_map(|file| ["--test", file]);
    nightly()?
        .args(["miri", "test", "--package", "annulus", "--features", features, "--lib"])
        .args(files)
        // Files are read by none of these, but the test harness asks for the current folder.
        .env("MIRIFLAGS", format!("{flags} -Zmiri-disable-isolation"))
        .check(context)
}

fn require_miri() -> Result<(), Problem> {
    match nightly()?.args(["miri", "--version"]).finish(Context { verbose: false }) {
        Ok(finished) if finished.succeeded() => Ok(()),
        _ => Err(missing("miri", "rustup +nightly component add miri rust-src")),
    }
}
