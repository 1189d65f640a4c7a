//! The stress test under sanitizers, which needs a nightly toolchain.

use crate::Result;
use crate::step::Step;
use std::process::Command;

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
    stress("thread", "-Cunsafe-allow-abi-mismatch=sanitizer")
}

/// Uses of freed memory and leaks, by AddressSanitizer.
fn address() -> Result {
    stress("address", "-Cunsafe-allow-abi-mismatch=sanitizer")
}

fn stress(sanitizer: &str, flags: &str) -> Result {
    let suppressions = std::path::absolute("xtask/tsan.supp")?;
    let target = "x86_64-unknown-linux-gnu";
    let status = Command::new("cargo")
        .args(["+nightly", "test", "--package", "annulus", "--target", target])
        .args([
            "--features",
            "std",
            "--test",
            "stress",
            "--",
            "--nocapture",
            // In the main thread: the test harness's own channel is not instrumented.
            "--test-threads=1",
        ])
        .env("TSAN_OPTIONS", format!("suppressions={}", suppressions.display()))
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTFLAGS", format!("-Zsanitizer={sanitizer} {flags} -Copt-level=1"))
        // What a sanitizer adds must not end up in what ordinary builds reuse.
        .env("CARGO_TARGET_DIR", target_dir().join("sanitize").join(sanitizer))
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("{sanitizer} sanitizer: {status}").into()) }
}

fn target_dir() -> std::path::PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), Into::into)
}
