//! The published packages with the oldest compiler that their manifests allow: they build, and their tests pass.

use std::fs;

use crate::step::{Context, Outcome, Problem, Step};
use crate::tools::release;
use crate::{suites, workspace};

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("tests: oldest compiler", test)]
}

fn test(context: Context) -> Outcome {
    let version = oldest()?;
    let cargo = release(&version, context)?;
    let cargo = workspace::published(cargo.arg("test"))
        .args(["--all-features", "--lib"])
        .args(["--test", "publish", "--test", "golden", "--test", "recorded"])
        // Most of the time goes into the build of what the tests depend on.
        .env("CARGO_PROFILE_TEST_DEBUG", "0")
        .env("CARGO_PROFILE_TEST_OPT_LEVEL", "0")
        .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("oldest"));
    suites::test(cargo, context)
}

/// `rust-version` of the manifest, as rustup names toolchains.
fn oldest() -> Result<String, Problem> {
    let path = workspace::root().join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|error| Problem::Failed(error.to_string()))?;
    let version = version(&text);
    version.ok_or_else(|| Problem::Failed(format!("{}: no rust-version", path.display())))
}

/// The version in a manifest, with all of its three numbers.
fn version(manifest: &str) -> Option<String> {
    let line = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \""))?;
    let version = line.strip_suffix('"')?;
    let missing = 2_usize.checked_sub(version.matches('.').count())?;
    Some(format!("{version}{}", ".0".repeat(missing)))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_get_all_their_numbers() {
        for (written, meant) in [("1.88", "1.88.0"), ("1.90.1", "1.90.1")] {
            let manifest = format!("[workspace.package]\nrust-version = \"{written}\"\n");
            assert_eq!(version(&manifest).as_deref(), Some(meant));
        }
        assert_eq!(version("rust-version.workspace = true\n"), None);
    }
}
