//! The test files of the library, for steps that run some of them.

use std::collections::BTreeMap;
use std::{fs, io};

use crate::process::Process;
use crate::step::Problem;
use crate::workspace;

/// Where they are.
const FOLDER: &str = "tests";

/// Those that run longer, unoptimized, than it takes to optimize them: random sequences, large rings, a panic or a
/// signal at every step. The others run for seconds, and optimizing them takes five times what building them takes.
const LONG: [&str; 6] = ["large", "loads", "model", "panics", "signals", "subjects"];

/// Every file's text by its name, as `cargo test --test` takes it.
pub(crate) fn all() -> io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(workspace::root().join(FOLDER))? {
        let path = entry?.path();
        let is_source = path.extension().is_some_and(|end| end == "rs");
        if let (true, Some(name)) = (is_source, path.file_stem()) {
            files.insert(name.to_string_lossy().into_owned(), fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}

/// Has cargo test those files of which this is true, by name and text.
pub(crate) fn select(
    cargo: Process,
    chosen: impl Fn(&str, &str) -> bool,
) -> Result<Process, Problem> {
    let files = all().map_err(|error| Problem::Failed(format!("{FOLDER}: {error}")))?;
    let names = files.iter().filter(|(name, text)| chosen(name, text)).map(|(name, _)| name);
    Ok(names.fold(cargo, |cargo, name| cargo.args(["--test", name])))
}

/// Whether a file's tests run long.
pub(crate) fn is_long(name: &str) -> bool {
    LONG.contains(&name)
}

/// Whether some of a file depends on an operating system: on the feature that adds it.
pub(crate) fn asks_for_std(text: &str) -> bool {
    text.contains("feature = \"std\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in the parentheses behind every `word`, which ends in the first one.
    fn inside<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = &'t str> {
        text.match_indices(word).map(|(at, word)| {
            let rest = &text[at + word.len()..];
            let mut depth = 1;
            let end = rest.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            &rest[..end.unwrap_or(rest.len())]
        })
    }

    /// Whether code may be another, not only more, where a feature is on. An `allow` changes no code.
    fn changes_by_feature(text: &str) -> bool {
        let kept: Vec<&str> = text.lines().filter(|line| !line.contains("allow(")).collect();
        let text = kept.join("\n");
        let mut asked = inside(&text, "cfg!(").chain(inside(&text, "not("));
        asked.any(|condition| condition.contains("feature = "))
    }

    #[test]
    fn long_files_are_there() {
        let files = all().unwrap();
        assert!(LONG.iter().all(|name| files.contains_key(*name)));
    }

    #[test]
    fn code_that_a_feature_changes_is_found() {
        assert!(changes_by_feature("#[cfg(not(any(x, all(feature = \"std\", unix))))]"));
        assert!(changes_by_feature("if cfg!(feature = \"std\") {}"));
        assert!(!changes_by_feature("#[cfg(feature = \"std\")] if cfg!(unix) {}"));
        assert!(!changes_by_feature("#[cfg(all(feature = \"std\", not(miri)))]"));
        assert!(!changes_by_feature("#[cfg_attr(not(feature = \"alloc\"), allow(dead_code))]"));
    }

    /// A source without its comments: the examples in them run under every combination of features.
    fn code(text: &str) -> String {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.collect::<Vec<_>>().join("\n")
    }

    /// Why `alloc` and `std` need not run all files: what their other tests run is the same code under all
    /// features.
    #[test]
    fn features_only_add_but_for_std_in_publications() {
        for (path, text) in workspace::sources().unwrap() {
            let of_publications = ["publish/", "handles/"].iter().any(|at| path.starts_with(at));
            if of_publications || path == "lib.rs" {
                continue;
            }
            let text = code(&text);
            assert!(!asks_for_std(&text), "src/{path} has code of an operating system");
            assert!(!changes_by_feature(&text), "src/{path} has code that a feature takes away");
        }
        for (name, text) in all().unwrap() {
            let runs = asks_for_std(&text);
            assert!(
                runs || !changes_by_feature(&text),
                "tests/{name}.rs is not run with alloc alone"
            );
        }
    }
}
