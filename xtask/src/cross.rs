//! Building for targets that have no place in every installation: the two ways to a standard library
//! for them.
//!
//! Where rustup has installed the target there is nothing to do. Where rustup can fetch nothing,
//! Debian's compiler comes with the source of the standard library, from which cargo builds it.

use crate::process::Process;
use crate::step::{Context, Problem};
use crate::tools::missing;
use crate::version::Version;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::{env, fmt};

/// Debian's compiler: never the one that rustup puts before it in the path.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Where the standard library for a target comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    Installed,
    FromSource,
}

impl Library {
    /// The one that there is for the target; else `how` says how to get it.
    pub(crate) fn of(target: &str, how: &str) -> Result<Self, Problem> {
        if is_installed(target) {
            Ok(Self::Installed)
        } else if debian_has_source() {
            Ok(Self::FromSource)
        } else {
            Err(missing(&format!("standard library for {target}"), how))
        }
    }

    /// The compiler that it belongs to.
    fn compiler(self) -> OsString {
        match self {
            Self::Installed => rustc(),
            Self::FromSource => DEBIAN_RUSTC.into(),
        }
    }

    /// Has cargo build with it, from these crates of its source if need be.
    pub(crate) fn select(self, cargo: Process, crates: &str) -> Process {
        match self {
            Self::Installed => cargo,
            Self::FromSource => cargo
                .arg(format!("-Zbuild-std={crates}"))
                .env("RUSTC", self.compiler())
                // Building the standard library is not stable yet.
                .env("RUSTC_BOOTSTRAP", "1")
                // Leads to the libraries of the compiler that runs this program, not of Debian's.
                .without_env("LD_LIBRARY_PATH"),
        }
    }
}

/// What machine code depends on: the compiler's release, and how it has come by its `core`, which was
/// optimized in another way where it came prebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compiler {
    /// As the compiler says it: `1.96.0`, or `1.97.0-nightly`.
    pub(crate) release: String,
    pub(crate) library: Library,
}

impl Compiler {
    /// The one that builds for the target; else `how` says how to get it.
    pub(crate) fn of(target: &str, how: &str) -> Result<Self, Problem> {
        let library = Library::of(target, how)?;
        let compiler = library.compiler();
        let line = ask(&compiler, &["--version"]).unwrap_or_default();
        let release = line.split_whitespace().nth(1).map(str::to_owned);
        let unknown = || Problem::Failed(format!("{}: no version", compiler.display()));
        let release = release.ok_or_else(unknown)?;
        Ok(Self { release, library })
    }
}

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let library = match self.library {
            Library::Installed => "prebuilt",
            Library::FromSource => "built from source",
        };
        write!(f, "rustc {} with its library {library}", self.release)
    }
}

/// The compiler in use, as cargo finds it.
pub(crate) fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// Whether the compiler in use has the target, however it got it.
fn is_installed(target: &str) -> bool {
    let folder = ask(rustc(), &["--target", target, "--print", "target-libdir"]);
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

/// The one line that a compiler prints, if it is there and has an answer.
pub(crate) fn ask(compiler: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    let mut process = Process::new(&compiler).args(args);
    if compiler.as_ref() == DEBIAN_RUSTC {
        process = process.without_env("LD_LIBRARY_PATH");
    }
    let answer = process.finish(Context { verbose: false });
    let answer = answer.ok()?.success().ok()?;
    Some(answer.trim().to_owned())
}

/// Cargo's environment variable for a setting of a target, such as its `LINKER`.
pub(crate) fn variable(target: &str, setting: &str) -> String {
    let target = target.to_uppercase().replace('-', "_");
    format!("CARGO_TARGET_{target}_{setting}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_are_cargos() {
        let variable = variable("thumbv7m-none-eabi", "LINKER");
        assert_eq!(variable, "CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER");
    }

    #[test]
    fn the_compiler_in_use_has_its_own_host() {
        let host = ask(rustc(), &["--print", "host-tuple"]).expect("cargo has found a compiler");
        assert!(is_installed(&host));
        assert!(!is_installed("no-such-target"));
    }
}
