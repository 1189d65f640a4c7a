//! The tests of lookups with points in another layout: without an index, and with cursors that are no
//! ranks. A verb that knows more of points than `src/ring/points/layout.rs` says does not compile there,
//! or gives wrong answers.

use crate::process::Process;
use crate::step::Step;
use crate::{suites, workspace};

/// The tests that compare lookups and insight with other ways to the answer.
const FILES: [&str; 6] = ["batches", "model", "movement", "owners", "rom", "walks"];

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    let step = Step::new("tests: another layout", |context| {
        let files = FILES.into_iter().flat_map(|file| ["--test", file]);
        let cargo = Process::cargo().args(["test", "--package", "annulus", "--features", "alloc"]);
        let cargo = cargo
            .args(["--lib"])
            .args(files)
            .env("RUSTFLAGS", "--cfg annulus_plain_layout --cfg annulus_brief")
            // Everything is built anew for these flags, and most of the time goes there.
            .env("CARGO_PROFILE_TEST_DEBUG", "0")
            .env("CARGO_PROFILE_TEST_OPT_LEVEL", "0")
            .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("layouts"));
        suites::test(cargo, context)
    });
    vec![step]
}
