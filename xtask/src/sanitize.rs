//! The tests under sanitizers, which need a nightly toolchain: those with threads under one, all of
//! them under the other.

use crate::step::{Context, Outcome, Step};
use crate::{tools, workspace};

/// The tests with threads.
const CONCURRENT: [&str; 5] = ["stress", "faults", "publish", "handles", "owned"];

/// One step for each sanitizer.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("sanitize: threads", thread), Step::new("sanitize: addresses", address)]
}

/// Data races, by ThreadSanitizer.
///
/// It knows no fences and no `membarrier`, and needs to know none here: they only decide which values
/// loads may see, while every order that an access to a buffer rests on comes from a Release store and
/// an Acquire load. What it misses in the precompiled standard library is in `tsan.supp`.
fn thread(context: Context) -> Outcome {
    let mut tests = vec!["--features", "std"];
    tests.extend(CONCURRENT.iter().flat_map(|test| ["--test", test]));
    // In the main thread: the test harness's own channel is not instrumented.
    tests.extend(["--", "--nocapture", "--test-threads=1"]);
    test(context, "thread", &tests)
}

/// Uses of freed memory and leaks, by AddressSanitizer.
fn address(context: Context) -> Outcome {
    test(context, "address", &["--all-features"])
}

fn test(context: Context, sanitizer: &str, tests: &[&str]) -> Outcome {
    let suppressions = workspace::root().join("xtask/tsan.supp");
    let target = "x86_64-unknown-linux-gnu";
    // Not optimized: building takes longer than running.
    let flags = format!(
        "-Zsanitizer={sanitizer} -Cunsafe-allow-abi-mismatch=sanitizer -Copt-level=0 \
         --cfg annulus_brief"
    );
    tools::nightly()?
        .args(["test", "--quiet", "--package", "annulus", "--target", target])
        .args(tests)
        .env("TSAN_OPTIONS", format!("suppressions={}", suppressions.display()))
        .env("RUSTFLAGS", &flags)
        // The tests of the documentation are compiled apart.
        .env("RUSTDOCFLAGS", &flags)
        // What a sanitizer adds must not end up in what ordinary builds reuse.
        .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("sanitize").join(sanitizer))
        .check(context)
}
