//! Where things lie: the workspace root, its build products, cargo itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use serde::Deserialize;

use crate::process::Process;

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

/// The folders of the members of the main workspace, without the one at its root.
pub(crate) fn members() -> io::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Manifest {
        workspace: Workspace,
    }
    #[derive(Deserialize)]
    struct Workspace {
        members: Vec<String>,
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let manifest: Manifest = toml::from_str(&manifest).map_err(io::Error::other)?;
    Ok(manifest.workspace.members.into_iter().filter(|folder| folder != ".").collect())
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

/// The packages that are published, the library first. Their features are theirs to combine, so each is checked by
/// itself, and all others as they are.
pub(crate) const PUBLISHED: [&str; 2] = [LIBRARY, PROFILES];

/// Selects the packages that are published.
pub(crate) fn published(cargo: Process) -> Process {
    PUBLISHED.into_iter().fold(cargo, |cargo, package| cargo.args(["--package", package]))
}

/// The library.
pub(crate) const LIBRARY: &str = "annulus";

/// Rings that agree with those of other systems.
pub(crate) const PROFILES: &str = "annulus-profiles";

/// Programs on real servers.
pub(crate) const USES: &str = "annulus-uses";

/// The folder of the library's source.
pub(crate) const SOURCE: &str = "src";

/// The library's files of Rust by their paths below that folder, with slashes.
pub(crate) fn sources() -> io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    read(&root().join(SOURCE), "", &mut files)?;
    Ok(files)
}

/// Reads the files below `folder`, which has this path.
fn read(folder: &Path, path: &str, files: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if path.is_empty() { name } else { format!("{path}/{name}") };
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &path, files)?;
        } else if path.ends_with(".rs") {
            files.insert(path, fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}

/// The executable of the binary or test file `name`, from cargo's messages: not every configuration has
/// it in the same folder.
pub(crate) fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let lines = messages.lines().filter(|line| line.contains(&format!("\"name\":\"{name}\"")));
    lines.into_iter().find_map(|line| {
        let (_, path) = line.split_once("\"executable\":\"")?;
        path.split_once('"').map(|(path, _)| path.into())
    })
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executable_is_where_cargo_says() {
        let messages = "   Compiling a v0.1.0\n\
            {\"target\":{\"name\":\"a\"},\"executable\":null}\n\
            {\"target\":{\"name\":\"ab\"},\"executable\":\"/ab\"}\n\
            {\"target\":{\"name\":\"a\"},\"executable\":\"/x/a\",\"fresh\":true}\n";
        assert_eq!(executable(messages, "a"), Some("/x/a".into()));
        assert_eq!(executable(messages, "b"), None);
    }
}
