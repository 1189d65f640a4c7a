//! The tests of publication with epochs that wrap, after four of them, as they do after 2³¹ where a word
//! has 32 bits: the writer then goes by what it saw of the slots, on this machine too.

use crate::process::Process;
use crate::step::Step;
use crate::{suites, workspace};

/// The tests with publications.
const FILES: [&str; 4] = ["faults", "publish", "signals", "stress"];

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    let step = Step::new("tests: epochs that wrap", |context| {
        let files = FILES.into_iter().flat_map(|file| ["--test", file]);
        let cargo = Process::cargo().args(["test", "--package", "annulus", "--features", "std"]);
        let cargo = cargo
            .args(["--lib"])
            .args(files)
            .env("RUSTFLAGS", "--cfg annulus_narrow")
            // Everything is built anew for that flag, and most of the time goes there.
            .env("CARGO_PROFILE_TEST_DEBUG", "0")
            .env("CARGO_PROFILE_TEST_OPT_LEVEL", "0")
            .env("ANNULUS_STRESS_SECONDS", "0.5")
            .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("narrow"));
        suites::test(cargo, context)
    });
    vec![step]
}
