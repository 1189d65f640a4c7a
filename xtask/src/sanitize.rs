//! The tests under sanitizers, which need a nightly toolchain: those with threads under one, those that
//! come to unsafe code under the other.

use crate::process::Process;
use crate::step::{Context, Outcome, Problem, Step};
use crate::{test_files, tools, workspace};

/// The tests with threads.
const CONCURRENT: [&str; 5] = ["stress", "faults", "publish", "handles", "owned"];

/// The files that bring rings to what dependencies have of unsafe code: every storage under random edits, every
/// length of keys, every failure of an allocation.
const OF_DEPENDENCIES: [&str; 3] = ["hostile", "model", "out_of_memory"];

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
    let tests = cargo("thread")?.args(["--features", "std"]);
    let tests = tests.args(CONCURRENT.iter().flat_map(|test| ["--test", test]));
    // In the main thread: the test harness's own channel is not instrumented.
    tests.args(["--", "--nocapture", "--test-threads=1"]).check(context)
}

/// Uses of freed memory and leaks, by AddressSanitizer.
///
/// Safe code cannot do the former, and nothing but publications gives up what it owns (`cargo xtask unsafe-code`
/// says where the unsafe code is). The tests of rings alone stay out, which are most; the fuzz targets play random
/// edits and lookups of rings under the same sanitizer.
fn address(context: Context) -> Outcome {
    let tests = cargo("address")?.args(["--all-features", "--lib"]);
    let chosen = |name: &str, text: &str| OF_DEPENDENCIES.contains(&name) || publishes(text);
    test_files::select(tests, chosen)?.check(context)?;
    cargo("address")?.args(["--all-features", "--doc"]).check(context)
}

/// Whether a file has publications, where all the unsafe code is.
fn publishes(text: &str) -> bool {
    ["Publish", "Shared", "publish", "Reader", "Writer"].iter().any(|word| text.contains(word))
}

/// Cargo that tests under this sanitizer.
fn cargo(sanitizer: &str) -> Result<Process, Problem> {
    let suppressions = workspace::root().join("xtask/tsan.supp");
    let target = "x86_64-unknown-linux-gnu";
    // Not optimized: building takes longer than running.
    let flags = format!(
        "-Zsanitizer={sanitizer} -Cunsafe-allow-abi-mismatch=sanitizer -Copt-level=0 \
         --cfg annulus_brief"
    );
    Ok(tools::nightly()?
        .args(["test", "--quiet", "--package", "annulus", "--target", target])
        .env("TSAN_OPTIONS", format!("suppressions={}", suppressions.display()))
        .env("RUSTFLAGS", &flags)
        // The tests of the documentation are compiled apart.
        .env("RUSTDOCFLAGS", &flags)
        // What a sanitizer adds must not end up in what ordinary builds reuse.
        .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("sanitize").join(sanitizer)))
}

#[cfg(test)]
mod tests {
    use super::{CONCURRENT, OF_DEPENDENCIES, publishes};
    use crate::test_files;

    #[test]
    fn the_files_named_are_there() {
        let files = test_files::all().unwrap();
        for name in CONCURRENT {
            assert!(publishes(&files[name]), "{name} has no publication");
        }
        assert!(OF_DEPENDENCIES.iter().all(|name| files.contains_key(*name)));
    }
}
