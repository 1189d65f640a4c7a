//! The lowest versions of their dependencies that the manifests of the published packages allow: their tests pass
//! with them.
//!
//! Kept locked at those, they are what all tests run with; after `cargo update` this tests them apart.

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools::nightly;
use crate::workspace::PUBLISHED;
use crate::{suites, workspace};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("minimal versions", check)]
}

fn check(context: Context) -> Outcome {
    let folder = workspace::target_dir(".").join("minimal-versions");
    let lowest = folder.join("Cargo.lock");
    let locked = workspace::root().join("Cargo.lock");
    let broken = |error: std::io::Error| Problem::Failed(format!("{}: {error}", folder.display()));
    fs::create_dir_all(&folder).map_err(broken)?;
    // What is not their own stays as it is.
    fs::copy(&locked, &lowest).map_err(broken)?;
    cargo(&lowest)?.args(["update", "--quiet", "-Zdirect-minimal-versions"]).check(context)?;
    let (lowest_ones, locked_ones) = (direct(&lowest)?, direct(&locked)?);
    if lowest_ones == locked_ones {
        let note = format!("all {} are locked, so all tests run with them", locked_ones.len());
        return Ok(Note(Some(note)));
    }
    let tests = workspace::published(cargo(&lowest)?.arg("test")).arg("--all-features");
    let tests = tests.env("CARGO_TARGET_DIR", folder.join("target"));
    suites::test(suites::brief(tests), context)
}

/// Cargo with this lock file in place of the workspace's.
fn cargo(lock: &Path) -> Result<Process, Problem> {
    let path = format!("resolver.lockfile-path={:?}", lock.display().to_string());
    Ok(nightly()?.args(["-Zlockfile-path", "--config", &path]))
}

/// A lock file, as far as it is read here.
#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    dependencies: Vec<String>,
}

fn direct(lock: &Path) -> Result<Vec<String>, Problem> {
    let text = fs::read_to_string(lock).map_err(|error| error.to_string());
    text.and_then(|text| dependencies(&text))
        .map_err(|error| Problem::Failed(format!("{}: {error}", lock.display())))
}

/// The dependencies of the published packages and their versions, each once.
fn dependencies(lock: &str) -> Result<Vec<String>, String> {
    let lock: Lock = toml::from_str(lock).map_err(|error| error.to_string())?;
    let mut names = BTreeSet::new();
    for name in PUBLISHED {
        let package = lock.package.iter().find(|package| package.name == name);
        names.extend(&package.ok_or(format!("{name} is missing"))?.dependencies);
    }
    let version = |name: &String| {
        // With its version, where there are several.
        if name.contains(' ') {
            return Some(name.clone());
        }
        let package = lock.package.iter().find(|package| package.name == *name)?;
        Some(format!("{name} {}", package.version))
    };
    names.retain(|name| !PUBLISHED.contains(&name.as_str()));
    names.into_iter().map(|name| version(name).ok_or_else(|| format!("no {name}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_have_their_versions() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\
            [[package]]\nname = \"b\"\nversion = \"2.0.0\"\n\
            [[package]]\nname = \"b\"\nversion = \"3.0.0\"\n\
            [[package]]\nname = \"annulus\"\nversion = \"0.1.0\"\ndependencies = [\"a\", \"b 2.0.0\"]\n\
            [[package]]\nname = \"annulus-profiles\"\nversion = \"0.1.0\"\ndependencies = [\"c\", \"annulus\", \"a\"]\n\
            [[package]]\nname = \"c\"\nversion = \"4.0.0\"";
        assert_eq!(dependencies(lock).unwrap(), ["a 1.0.0", "b 2.0.0", "c 4.0.0"]);
        assert!(dependencies("package = []").is_err());
    }

    #[test]
    fn the_library_has_dependencies() {
        let found = direct(&workspace::root().join("Cargo.lock")).unwrap();
        assert!(found.iter().any(|name| name.starts_with("heapless ")), "{found:?}");
    }
}
