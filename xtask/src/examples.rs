//! The library's examples: each runs to its end, and what it asserts is true.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::workspace;

/// The folder of the programs, each a file.
const FOLDER: &str = "examples";

/// Far more than any takes: they are to end within two seconds.
const DEADLINE: Duration = Duration::from_secs(60);

/// One step that builds them all, with some optimization, and runs one after the other.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("examples", run)]
}

fn run(context: Context) -> Outcome {
    let names = names(&workspace::root().join(FOLDER)).map_err(Problem::Failed)?;
    let build = Process::cargo().args(["build", "--package", "annulus", "--all-features"]);
    build.arg("--examples").env("CARGO_PROFILE_DEV_OPT_LEVEL", "1").check(context)?;
    let products = workspace::target_dir(".").join("debug").join("examples");
    for name in &names {
        Process::new(products.join(name)).at_most(DEADLINE).check(context)?;
    }
    Ok(Note(Some(format!("{} programs", names.len()))))
}

/// The programs of this folder; an error names the folder.
fn names(folder: &Path) -> Result<Vec<String>, String> {
    let error = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let name = entry.map_err(error)?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".rs").map(str::to_owned));
    }
    if names.is_empty() {
        return Err(format!("{}: no programs", folder.display()));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_the_files_of_rust() {
        let names = names(&workspace::root().join(FOLDER)).unwrap();
        assert!(names.contains(&"server".to_owned()) && names.is_sorted(), "{names:?}");
        assert!(names.iter().all(|name| !name.contains('.')), "{names:?}");
    }

    #[test]
    fn a_folder_without_programs_is_named() {
        let error = super::names(&workspace::root().join("xtask")).unwrap_err();
        assert!(error.ends_with("xtask: no programs"), "{error}");
        let error = super::names(&workspace::root().join("no folder")).unwrap_err();
        assert!(error.contains("no folder: "), "{error}");
    }
}
