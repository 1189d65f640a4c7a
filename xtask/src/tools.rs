//! Tools that are not part of every installation: finding them, and how to get them.

use crate::cross::{ask, rustc};
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

/// Builds a part of what pingora depends on.
pub(crate) const CMAKE: Tool =
    Tool { program: "cmake", how: "apt-get install cmake, or https://cmake.org" };

/// Servers that the programs of `uses` start.
pub(crate) const MEMCACHED: Tool =
    Tool { program: "memcached", how: "apt-get install memcached, or https://memcached.org" };
pub(crate) const REDIS: Tool =
    Tool { program: "redis-server", how: "apt-get install redis-server, or https://redis.io" };

pub(crate) const NGINX: Tool =
    Tool { program: "nginx", how: "apt-get install nginx-light, or https://nginx.org" };
pub(crate) const HAPROXY: Tool =
    Tool { program: "haproxy", how: "apt-get install haproxy, or https://www.haproxy.org" };
pub(crate) const NUTCRACKER: Tool = Tool {
    program: "nutcracker",
    how: "apt-get install nutcracker, or https://github.com/twitter/twemproxy",
};

/// The checker of licences, sources and advisories.
pub(crate) const CARGO_DENY: Tool =
    Tool { program: "cargo-deny", how: "cargo install --locked cargo-deny" };

/// What runs the tests for their coverage.
pub(crate) const CARGO_LLVM_COV: Tool =
    Tool { program: "cargo-llvm-cov", how: "cargo install --locked cargo-llvm-cov" };

/// What changes the library in small ways.
pub(crate) const CARGO_MUTANTS: Tool =
    Tool { program: "cargo-mutants", how: "cargo install --locked cargo-mutants" };

impl Tool {
    /// The path of the program.
    pub(crate) fn find(&self) -> Result<PathBuf, Problem> {
        find(self.program).ok_or_else(|| missing(self.program, self.how))
    }
}

/// The program of LLVM that has the version of the compiler's own LLVM, as Debian names it: one of
/// another version may not know the formats.
pub(crate) fn llvm(program: &str) -> Option<PathBuf> {
    let major = llvm_major(&ask(rustc(), &["--version", "--verbose"])?)?;
    find(&format!("{program}-{major}"))
}

/// The first number of LLVM's version, from what a compiler says of itself.
fn llvm_major(about: &str) -> Option<u32> {
    let version = about.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    version.split('.').next()?.parse().ok()
}

fn find(program: &str) -> Option<PathBuf> {
    find_all(program).next()
}

/// Every program of this name, the one that a shell would run first.
pub(crate) fn find_all(program: &str) -> impl Iterator<Item = PathBuf> {
    search_path().filter_map(move |folder| executable(&folder, program))
}

/// The first Python of the path that has this module, which Debian has in `package`: there may be others before the
/// system's own.
pub(crate) fn python_with(
    context: Context,
    module: &str,
    package: &str,
) -> Result<PathBuf, Problem> {
    for python in find_all("python3") {
        let import = Process::new(&python).args(["-c", &format!("import {module}")]);
        if import.finish(context)?.succeeded() {
            return Ok(python);
        }
    }
    let how = format!("apt-get install {package}, or pip install {module}");
    Err(missing(&format!("Python with {module}"), &how))
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

/// The cargo of this release of the compiler.
pub(crate) fn release(version: &str, context: Context) -> Result<Process, Problem> {
    // Rustup's stand-in chooses the toolchain, unless the one that runs this was fixed. It would fetch
    // what is not there by itself, which is for people to decide.
    let cargo = || {
        let cargo = Process::new("cargo").without_env("RUSTUP_TOOLCHAIN");
        cargo.env("RUSTUP_AUTO_INSTALL", "0").arg(format!("+{version}"))
    };
    match cargo().arg("--version").finish(context) {
        Ok(finished) if finished.succeeded() => Ok(cargo()),
        _ => {
            let how = format!("rustup toolchain install {version} --profile minimal");
            Err(missing(&format!("Rust {version}"), &how))
        }
    }
}

/// The problem of a tool that is not there.
pub(crate) fn missing(what: &str, how: &str) -> Problem {
    Problem::Missing { what: what.into(), how: how.into() }
}

/// The folders of the path, the one that `cargo install` fills, and those of servers.
fn search_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let folders = folders.into_iter().chain(cargo_home.map(|home| home.join("bin")));
    // Servers are where only the path of an administrator leads.
    folders.chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
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
    fn the_version_of_llvm_is_the_compilers() {
        let about = "rustc 1.95.0 (x 2026-04-14)\nrelease: 1.95.0\nLLVM version: 22.1.2";
        assert_eq!(llvm_major(about), Some(22));
        assert_eq!(llvm_major("rustc 1.95.0"), None);
    }

    #[test]
    fn what_is_not_a_file_is_not_a_tool() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(executable(here, "src"), None);
    }
}
