//! The tests of the published packages on a big-endian machine of 32 bits, PowerPC, which an emulator stands for:
//! places on the circle, and so owners, must not depend on the order of bytes.

use crate::cross::{Library, variable};
use crate::process::Process;
use crate::step::Step;
use crate::tools::{POWERPC_GCC, QEMU_PPC};
use crate::workspace::{self, LIBRARY, PROFILES};
use crate::{suites, test_files};

const TARGET: &str = "powerpc-unknown-linux-gnu";

/// Where Debian's cross compiler has the C library, and the emulated programs look for it.
const C_LIBRARY: &str = "/usr/powerpc-linux-gnu";

/// How to get a standard library.
const HOW: &str = "rustup target add powerpc-unknown-linux-gnu; where rustup cannot fetch it, \
    Debian's packages rustc-web and rust-web-src";

/// Files that are built without optimization: in the emulator they run shortly even so. Most others would run for
/// minutes there.
const SHORT: [&str; 20] = [
    "balance",
    "configurations",
    "copies",
    "counts",
    "equality",
    "firmware",
    "generations",
    "golden",
    "handles",
    "in_place",
    "limits",
    "merges",
    "out_of_memory",
    "owners",
    "pins",
    "placements",
    "race",
    "serial",
    "stated",
    "texts",
];

/// The brief tests do not have this file, but for its name.
const EMPTY: &str = "subjects";

/// One step: unit and integration tests with every feature. Left out are examples, which the compiler
/// would run on the machine at hand.
pub(crate) fn steps() -> Vec<Step> {
    let step = Step::new(format!("tests: big-endian ({TARGET})"), |context| {
        let library = Library::of(TARGET, HOW)?;
        let (linker, emulator) = (POWERPC_GCC.find()?, QEMU_PPC.find()?);
        let emulator = format!("{} -L {C_LIBRARY}", emulator.display());
        let cargo = |package| {
            let cargo = Process::cargo().args(["test", "--target", TARGET, "--package", package]);
            library
                .select(cargo, "std")
                .arg("--all-features")
                .env(&variable(TARGET, "LINKER"), &linker)
                .env(&variable(TARGET, "RUNNER"), &emulator)
                .env("RUSTFLAGS", "--cfg annulus_brief")
                // They would take most of the time that it takes to build the standard library.
                .env("CARGO_PROFILE_TEST_DEBUG", "0")
                .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("big-endian"))
        };
        let short = |name: &str, _: &str| SHORT.contains(&name);
        let long = |name: &str, _: &str| !SHORT.contains(&name) && name != EMPTY;
        let short = test_files::select(cargo(LIBRARY), short)?;
        let long = test_files::select(cargo(LIBRARY).arg("--lib"), long)?;
        let profiles = cargo(PROFILES).args(["--lib", "--tests"]);
        let commands = [suites::short(short), long, profiles];
        suites::test_all(commands, context)
    });
    vec![step]
}

#[cfg(test)]
mod tests {
    use super::{EMPTY, SHORT};
    use crate::test_files;

    #[test]
    fn the_files_named_are_there() {
        let files = test_files::all().unwrap();
        assert!(SHORT.iter().all(|name| files.contains_key(*name)));
        assert!(files[EMPTY].contains("#![cfg(not(annulus_brief))]"));
    }
}
