//! The tests of the published packages on a big-endian machine of 32 bits, PowerPC, which an emulator stands for:
//! places on the circle, and so owners, must not depend on the order of bytes.

use crate::cross::{Library, variable};
use crate::process::Process;
use crate::step::Step;
use crate::suites;
use crate::tools::{POWERPC_GCC, QEMU_PPC};
use crate::workspace;

const TARGET: &str = "powerpc-unknown-linux-gnu";

/// Where Debian's cross compiler has the C library, and the emulated programs look for it.
const C_LIBRARY: &str = "/usr/powerpc-linux-gnu";

/// How to get a standard library.
const HOW: &str = "rustup target add powerpc-unknown-linux-gnu; where rustup cannot fetch it, \
    Debian's packages rustc-web and rust-web-src";

/// One step: unit and integration tests with every feature. Left out are examples, which the compiler
/// would run on the machine at hand.
pub(crate) fn steps() -> Vec<Step> {
    let step = Step::new(format!("tests: big-endian ({TARGET})"), |context| {
        let library = Library::of(TARGET, HOW)?;
        let (linker, emulator) = (POWERPC_GCC.find()?, QEMU_PPC.find()?);
        let cargo = workspace::published(Process::cargo().args(["test", "--target", TARGET]));
        let cargo = library
            .select(cargo, "std")
            .args(["--all-features", "--lib", "--tests"])
            .env(&variable(TARGET, "LINKER"), linker)
            .env(&variable(TARGET, "RUNNER"), format!("{} -L {C_LIBRARY}", emulator.display()))
            .env("RUSTFLAGS", "--cfg annulus_brief")
            // They would take most of the time that it takes to build the standard library.
            .env("CARGO_PROFILE_TEST_DEBUG", "0")
            .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("big-endian"));
        suites::test(cargo, context)
    });
    vec![step]
}
