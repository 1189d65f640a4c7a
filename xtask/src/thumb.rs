//! Building for Cortex-M: the targets, the machines that stand for them, and their linker, which is
//! the one of the installed toolchain: Debian's compiler has none for these targets.

use crate::cross::{Compiler, Library, ask, rustc, variable};
use crate::process::Process;
use crate::step::Problem;
use crate::tools::missing;
use std::path::PathBuf;

/// How to get what is missing.
const HOW: &str = "rustup target add thumbv7m-none-eabi thumbv6m-none-eabi; \
    where rustup cannot fetch them, Debian's packages rustc-web and rust-web-src";

/// A core, and a machine of the emulator that has one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine {
    /// The compiler's name of the target.
    pub(crate) target: &'static str,
    /// The emulator's name of the core.
    pub(crate) cpu: &'static str,
    /// The emulator's name of the machine; `firmware/memory` has its memory map.
    pub(crate) board: &'static str,
}

/// A core with compare-and-swap and one without.
pub(crate) const MACHINES: [Machine; 2] = [
    Machine { target: "thumbv7m-none-eabi", cpu: "cortex-m3", board: "lm3s6965evb" },
    Machine { target: "thumbv6m-none-eabi", cpu: "cortex-m0", board: "microbit" },
];

/// Cargo with this subcommand, in this folder, set up to build a release for the target.
pub(crate) fn cargo(
    subcommand: &str,
    folder: &str,
    target: &'static str,
) -> Result<Process, Problem> {
    cargo_profile(subcommand, folder, target, "release")
}

/// The same for another profile.
pub(crate) fn cargo_profile(
    subcommand: &str,
    folder: &str,
    target: &'static str,
    profile: &str,
) -> Result<Process, Problem> {
    let library = Library::of(target, HOW)?;
    let cargo = Process::cargo_in(folder);
    let cargo = cargo.args([subcommand, "--profile", profile, "--target", target]);
    let cargo = library.select(cargo, "core,alloc");
    Ok(match library {
        Library::Installed => cargo,
        Library::FromSource => {
            let linker =
                rust_lld().ok_or_else(|| missing("rust-lld", "a toolchain of rustup's"))?;
            cargo.env(&variable(target, "LINKER"), linker)
        }
    })
}

/// The compiler that builds for all machines.
pub(crate) fn compiler() -> Result<Compiler, Problem> {
    let [one, other] = MACHINES.map(|machine| Compiler::of(machine.target, HOW));
    let (one, other) = (one?, other?);
    match one == other {
        true => Ok(one),
        false => Err(missing(&format!("one compiler for every target: {one}, {other}"), HOW)),
    }
}

/// The linker that comes with the toolchain in use.
fn rust_lld() -> Option<PathBuf> {
    let sysroot = ask(rustc(), &["--print", "sysroot"])?;
    let host = ask(rustc(), &["--print", "host-tuple"])?;
    let lld = format!("{sysroot}/lib/rustlib/{host}/bin/rust-lld");
    Some(PathBuf::from(lld)).filter(|lld| lld.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn every_machine_has_a_memory_map() {
        for machine in MACHINES {
            let map = format!("firmware/memory/{}.x", machine.board);
            assert!(workspace::root().join(&map).is_file(), "{map}");
        }
    }

    #[test]
    fn the_hint_names_every_target() {
        for machine in MACHINES {
            assert!(HOW.contains(machine.target), "{}", machine.target);
        }
    }
}
