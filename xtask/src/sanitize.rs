//! The tests under sanitizers, which need a nightly toolchain: the stress test under one, nearly
//! all of them under the other.

use crate::Result;
use crate::step::Step;
use std::process::Command;

/// The test files under AddressSanitizer. The model tests take longest to build, and the fuzz target
/// `membership` plays their model under it.
const ADDRESS_FILES: [&str; 11] = [
    "edges",
    "faults",
    "golden",
    "limits",
    "movement",
    "out_of_memory",
    "publish",
    "rom",
    "serial",
    "stress",
    "texts",
];

/// One step for each sanitizer.
pub(crate) fn steps() -> Vec<Step> {
    vec![
        Step::of_parts("sanitize: threads", thread),
        Step::of_parts("sanitize: addresses", address),
    ]
}

/// Data races, by ThreadSanitizer.
///
/// It knows no fences and no `membarrier`, and needs to know none here: they only decide which values
/// loads may see, while every order that an access to a buffer rests on comes from a Release store and
/// an Acquire load. What it misses in the precompiled standard library is in `tsan.supp`.
fn thread() -> Result {
    // In the main thread: the test harness's own channel is not instrumented.
    test(
        "thread",
        &["--features", "std", "--test", "stress", "--", "--nocapture", "--test-threads=1"],
    )
}

/// Uses of freed memory and leaks, by AddressSanitizer.
fn address() -> Result {
    let files = ADDRESS_FILES.into_iter().flat_map(|file| ["--test", file]);
    test("address", &["--all-features"].into_iter().chain(files).collect::<Vec<_>>())
}

fn test(sanitizer: &str, tests: &[&str]) -> Result {
    let suppressions = std::path::absolute("xtask/tsan.supp")?;
    let target = "x86_64-unknown-linux-gnu";
    let flags = format!(
        "-Zsanitizer={sanitizer} -Cunsafe-allow-abi-mismatch=sanitizer -Copt-level=1 \
         --cfg annulus_brief"
    );
    let status = Command::new("cargo")
        .args(["+nightly", "test", "--quiet", "--package", "annulus", "--target", target])
        .args(tests)
        .env("TSAN_OPTIONS", format!("suppressions={}", suppressions.display()))
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTFLAGS", flags)
        // What a sanitizer adds must not end up in what ordinary builds reuse.
        .env("CARGO_TARGET_DIR", target_dir().join("sanitize").join(sanitizer))
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("{sanitizer} sanitizer: {status}").into()) }
}

fn target_dir() -> std::path::PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), Into::into)
}
