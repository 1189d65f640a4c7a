//! Tools that are not part of every installation: finding them, and how to get them.

use crate::process::Process;
use crate::step::{Context, Problem};
use std::env;
use std::path::{Path, PathBuf};

/// A program that may be missing.
pub(crate) struct Tool {
    program: &'static str,
    how: &'static str,
}

/// The emulator of the firmware programs.
pub(crate) const QEMU_ARM: Tool = Tool {
    program: "qemu-system-arm",
    how: "apt-get install qemu-system-arm, or https://www.qemu.org/download",
};

/// The emulator of a big-endian machine.
pub(crate) const QEMU_PPC: Tool = Tool { program: "qemu-ppc", how: "apt-get install qemu-user" };

/// The linker for it.
pub(crate) const POWERPC_GCC: Tool = Tool {
    program: "powerpc-linux-gnu-gcc",
    how: "apt-get install gcc-powerpc-linux-gnu libc6-dev-powerpc-cross",
};

/// Counts instructions.
pub(crate) const VALGRIND: Tool =
    Tool { program: "valgrind", how: "apt-get install valgrind, or https://valgrind.org" };

/// The checker of models in Promela, and the compiler of the searches that it writes.
pub(crate) const SPIN: Tool =
    Tool { program: "spin", how: "apt-get install spin, or https://spinroot.com" };
pub(crate) const CC: Tool = Tool { program: "cc", how: "apt-get install gcc" };

/// The checker of licences, sources and advisories.
pub(crate) const CARGO_DENY: Tool =
    Tool { program: "cargo-deny", how: "cargo install --locked cargo-deny" };

/// What runs the tests for their coverage.
pub(crate) const CARGO_LLVM_COV: Tool =
    Tool { program: "cargo-llvm-cov", how: "cargo install --locked cargo-llvm-cov" };

/// Readers of coverage that know the format of Rust 1.95, as Debian names them.
pub(crate) const LLVM_COV: Tool = Tool { program: "llvm-cov-22", how: "apt-get install llvm-22" };
pub(crate) const LLVM_PROFDATA: Tool =
    Tool { program: "llvm-profdata-22", how: "apt-get install llvm-22" };

/// What changes the library in small ways.
pub(crate) const CARGO_MUTANTS: Tool =
    Tool { program: "cargo-mutants", how: "cargo install --locked cargo-mutants" };

impl Tool {
    /// The path of the program.
    pub(crate) fn find(&self) -> Result<PathBuf, Problem> {
        let found = search_path().find_map(|folder| executable(&folder, self.program));
        found.ok_or_else(|| missing(self.program, self.how))
    }
}

/// Asks for a part of the toolchain that rustup installs by itself, such as `clippy`.
pub(crate) fn require_component(component: &str) -> Result<(), Problem> {
    // Rustup keeps a stand-in for each component in the path, installed or not: only a run tells.
    let version = Process::cargo().args([component, "--version"]);
    match version.finish(Context { verbose: false }) {
        Ok(finished) if finished.succeeded() => Ok(()),
        _ => {
            let name = if component == "fmt" { "rustfmt" } else { component };
            Err(missing(name, &format!("rustup component add {name}")))
        }
    }
}

/// The nightly cargo: sanitizers and their like are there alone.
pub(crate) fn nightly() -> Result<Process, Problem> {
    // Rustup's stand-in chooses the toolchain, unless the one that runs this was fixed. Nor is a
    // compiler meant that the user has fixed.
    let nightly = || {
        let cargo = Process::some_cargo("cargo").without_env("RUSTUP_TOOLCHAIN");
        cargo.without_env("RUSTC").without_env("RUSTDOC").arg("+nightly")
    };
    match nightly().arg("--version").finish(Context { verbose: false }) {
        Ok(finished) if finished.succeeded() => Ok(nightly()),
        _ => Err(missing("nightly toolchain", "rustup toolchain install nightly")),
    }
}

/// The problem of a tool that is not there.
pub(crate) fn missing(what: &str, how: &str) -> Problem {
    Problem::Missing { what: what.into(), how: how.into() }
}

/// The folders of the path, and the one that `cargo install` fills.
fn search_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.into_iter().chain(cargo_home.map(|home| home.join("bin")))
}

fn executable(folder: &Path, program: &str) -> Option<PathBuf> {
    let path = folder.join(program).with_extension(env::consts::EXE_EXTENSION);
    path.is_file().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_says_how_to_get_it() {
        let tool = Tool { program: "no-such-program-anywhere", how: "write it" };
        let problem = tool.find().unwrap_err();
        assert_eq!(problem.to_string(), "no no-such-program-anywhere (write it)");
    }

    #[test]
    fn what_is_not_a_file_is_not_a_tool() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(executable(here, "src"), None);
    }
}
