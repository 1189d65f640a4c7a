//! Building for Cortex-M: the targets, the machines that stand for them, and the two ways to a
//! standard library for them.
//!
//! Where rustup has installed the target there is nothing to do. Where rustup can fetch nothing,
//! Debian's compiler comes with the source of `core`, from which cargo builds it; the linker is
//! the one of the installed toolchain, since Debian's compiler has none for these targets.

use crate::process::Process;
use crate::step::{Context, Problem};
use crate::tools::missing;
use crate::version::Version;
use std::path::{Path, PathBuf};

/// Debian's compiler: never the one that rustup puts before it in the path.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

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

/// Where the standard library for a target comes from.
enum Library {
    Installed,
    FromSource { linker: PathBuf },
}

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
    let cargo = Process::cargo().within(folder);
    let cargo = cargo.args([subcommand, "--profile", profile, "--target", target]);
    Ok(match library(target)? {
        Library::Installed => cargo,
        Library::FromSource { linker } => cargo
            .arg("-Zbuild-std=core,alloc")
            .env("RUSTC", DEBIAN_RUSTC)
            // Building the standard library is not stable yet.
            .env("RUSTC_BOOTSTRAP", "1")
            .env(&linker_variable(target), linker)
            // Leads to the libraries of the compiler that runs this program, not of Debian's.
            .without_env("LD_LIBRARY_PATH"),
    })
}

fn library(target: &'static str) -> Result<Library, Problem> {
    if is_installed(target) {
        return Ok(Library::Installed);
    }
    if !debian_has_source() {
        return Err(missing(&format!("standard library for {target}"), HOW));
    }
    let linker = rust_lld().ok_or_else(|| missing("rust-lld", "a toolchain of rustup's"))?;
    Ok(Library::FromSource { linker })
}

/// The release of the compiler that builds for the target: `1.96.0`.
pub(crate) fn compiler(target: &str) -> Option<String> {
    let compiler = if is_installed(target) { "rustc" } else { DEBIAN_RUSTC };
    let line = ask(compiler, &["--version"])?;
    line.split_whitespace().nth(1).map(str::to_owned)
}

/// Whether the compiler in use has the target, however it got it.
fn is_installed(target: &str) -> bool {
    let folder = ask("rustc", &["--target", target, "--print", "target-libdir"]);
    folder.is_some_and(|folder| Path::new(&folder).is_dir())
}

/// Whether Debian's compiler is there, new enough, and has the source of its `core` beside it.
fn debian_has_source() -> bool {
    let version = ask(DEBIAN_RUSTC, &["--version"]);
    let version = version.and_then(|line| Version::of_rustc(&line));
    let sysroot = ask(DEBIAN_RUSTC, &["--print", "sysroot"]);
    let source = sysroot.map(|root| Path::new(&root).join("lib/rustlib/src/rust/library"));
    version >= Some(Version::oldest()) && source.is_some_and(|source| source.is_dir())
}

/// The linker that comes with the toolchain in use.
fn rust_lld() -> Option<PathBuf> {
    let sysroot = ask("rustc", &["--print", "sysroot"])?;
    let host = ask("rustc", &["--print", "host-tuple"])?;
    let lld = format!("{sysroot}/lib/rustlib/{host}/bin/rust-lld");
    Some(PathBuf::from(lld)).filter(|lld| lld.is_file())
}

/// The one line that a compiler prints, if it is there and has an answer.
fn ask(compiler: &str, args: &[&str]) -> Option<String> {
    let mut process = Process::new(compiler).args(args);
    if compiler == DEBIAN_RUSTC {
        process = process.without_env("LD_LIBRARY_PATH");
    }
    let answer = process.finish(Context { verbose: false });
    let answer = answer.ok()?.success().ok()?;
    Some(answer.trim().to_owned())
}

/// Cargo's environment variable for the linker of a target.
fn linker_variable(target: &str) -> String {
    let target = target.to_uppercase().replace('-', "_");
    format!("CARGO_TARGET_{target}_LINKER")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn the_linker_variable_is_cargos() {
        let variable = linker_variable("thumbv7m-none-eabi");
        assert_eq!(variable, "CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER");
    }

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

    #[test]
    fn the_compiler_in_use_has_its_own_host() {
        let host = ask("rustc", &["--print", "host-tuple"]).expect("cargo has found a compiler");
        assert!(is_installed(&host));
        assert!(!is_installed("no-such-target"));
    }
}
