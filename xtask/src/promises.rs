//! The table of promises in `tests/README.md`: what it names exists, and each guarantee has its row.

use crate::{Cli, workspace};
use clap::Parser;
use std::fs;

const PAGE: &str = "tests/README.md";

fn read(path: &str) -> Option<String> {
    fs::read_to_string(workspace::root().join(path)).ok()
}

/// What stands in backticks on a page.
fn named(page: &str) -> impl Iterator<Item = &str> {
    page.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Whether this is a command, a file, a function in one or an entry of a list, and is there; `None` for
/// whatever else stands in backticks.
fn exists(name: &str) -> Option<bool> {
    if let Some(arguments) = name.strip_prefix("cargo xtask ") {
        return Some(is_command(arguments));
    }
    let (path, item) =
        name.split_once("::").map_or((name, None), |(path, item)| (path, Some(item)));
    let file = path.contains('/') || path.ends_with(".rs");
    file.then(|| match (read(path), item) {
        (Some(text), Some(item)) if path.ends_with(".rs") => is_test(&text, item),
        (Some(text), Some(item)) => text.contains(&format!("name = \"{item}\"")),
        (Some(_), None) => true,
        (None, item) => item.is_none() && workspace::root().join(path).is_dir(),
    })
}

/// Whether the command line takes these arguments; of `firmware`, whether the program has a source.
fn is_command(arguments: &str) -> bool {
    let words: Vec<&str> = arguments.split(' ').collect();
    let source = |program: &str| {
        [".rs", "/main.rs"]
            .iter()
            .any(|end| read(&format!("firmware/src/bin/{program}{end}")).is_some())
    };
    let known = match words[..] {
        ["firmware", program] if !program.starts_with('-') => source(program),
        _ => true,
    };
    known && Cli::try_parse_from(["cargo xtask"].into_iter().chain(words)).is_ok()
}

/// Whether the source has a test of this name: attributes and comments stand right before it.
fn is_test(source: &str, name: &str) -> bool {
    source.match_indices(&format!("fn {name}(")).any(|(at, _)| {
        let item = source[..at].rsplit("\n\n").next().unwrap_or_default();
        item.contains("#[test]")
    })
}

/// The guarantees of the two documents: what is bold in the lists, and who controls what.
fn guarantees() -> Vec<String> {
    let section = |document: &str, heading: &str| {
        let text = read(document).expect("the document");
        let text = text.split_once(heading).expect("the heading").1.to_owned();
        text.split("\n## ").next().unwrap_or_default().to_owned()
    };
    let kept = section("README.md", "## What is guaranteed");
    let bold = kept.lines().filter_map(|line| line.strip_prefix("- **")?.split("**").next());
    let controlled = section("SECURITY.md", "## Who controls what");
    let rows = controlled.lines().filter(|line| line.starts_with("| ") && !line.contains("| who "));
    let cells = rows.filter_map(|row| row.split('|').nth(1)?.split([',', '(']).next());
    let promised = section("SECURITY.md", "## What is promised");
    let items =
        promised.split("\n- ").skip(1).filter_map(|item| item.split([',', ':', ';']).next());
    bold.map(|name| name.trim_end_matches('.'))
        .chain(cells)
        .chain(items)
        .map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn what_the_table_names_exists() {
    let page = read(PAGE).expect("the page");
    let missing: Vec<&str> = named(&page).filter(|name| exists(name) == Some(false)).collect();
    assert!(missing.is_empty(), "{PAGE} names what is not there: {missing:#?}");
}

#[test]
fn every_row_names_a_check_and_every_guarantee_has_a_row() {
    let page = read(PAGE).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    for row in rows.clone() {
        let checks =
            |name: &str| exists(name).is_some() && (name.contains("::") || name.contains("xtask"));
        assert!(named(row).any(checks), "no check: {row}");
    }
    let promises: Vec<&str> = rows.filter_map(|row| row.split("**").nth(1)).collect();
    let guarantees = guarantees();
    assert!(guarantees.len() > 12, "{guarantees:?}");
    for guarantee in guarantees {
        // The shorter of two that begin alike: neither page repeats the other to the end.
        let is_row = |row: &&str| row.starts_with(&guarantee) || guarantee.starts_with(*row);
        let named = promises.iter().any(is_row);
        assert!(named, "{PAGE} has no row for: {guarantee}");
    }
}

#[test]
fn what_is_not_there_is_noticed() {
    for name in [
        "cargo xtask nothing",
        "cargo xtask fuzz nothing",
        "cargo xtask firmware nothing",
        "cargo xtask loom --nothing",
        "tests/nothing.rs",
        "tests/model.rs::nothing",
        // A function that is no test.
        "tests/model.rs::fresh_builds",
        "loom-tests/tests/slots.rs::reuse",
        "spin/runs.toml::nothing",
    ] {
        assert_eq!(exists(name), Some(false), "{name}");
    }
    for name in
        ["cargo xtask fuzz diff", "tests/model.rs::heap", "spin/runs.toml::the writer gets on"]
    {
        assert_eq!(exists(name), Some(true), "{name}");
    }
    assert_eq!(exists("Busy"), None);
}
