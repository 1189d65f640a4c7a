//! Where things lie: the workspace root, its build products, cargo itself.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The separate workspaces, which cargo's own `--workspace` does not reach.
pub(crate) const APART: [&str; 4] = ["firmware", "fuzz", "tests/disassembly", "tests/no-panic"];

/// The folders of all workspaces, the main one first.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    std::iter::once(".").chain(APART)
}

/// The name of the workspace in this folder in the report.
pub(crate) fn name(folder: &str) -> &str {
    if folder == "." { "workspace" } else { folder }
}

/// The folder of the root `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies below the workspace root")
}

/// The folder of build products of the workspace in `folder`.
pub(crate) fn target_dir(folder: &str) -> PathBuf {
    let workspace = root().join(folder);
    match env::var_os("CARGO_TARGET_DIR") {
        // Cargo resolves a relative one against the folder it runs in.
        Some(dir) => workspace.join(dir),
        None => workspace.join("target"),
    }
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
