//! `annulus simulate`: a short run with each publisher finds nothing wrong.

mod common;

use common::{Dir, failure, text};

/// A run of a second, and the figure of a row of its output.
fn run(publisher: &str) -> String {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a\nb 2\nc\nd 3 east\ne 0\n");
    text(&["simulate", "--nodes", &nodes, "--seconds", "1", "--publisher", publisher], b"")
}

fn row<'o>(output: &'o str, name: &str) -> &'o str {
    let row = output.lines().find_map(|line| line.strip_prefix(name));
    row.unwrap_or_else(|| panic!("no {name}: {output}")).trim()
}

fn number(figure: &str) -> u64 {
    let digits: String = figure.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a figure")
}

fn nothing_is_wrong(publisher: &str) {
    let output = run(publisher);
    let first = |row: &str| number(row.split(' ').next().expect("a figure"));
    assert!(row(&output, "publisher").starts_with(publisher), "{output}");
    assert!(first(row(&output, "lookups")) > 10_000, "{output}");
    assert!(first(row(&output, "publications")) > 10, "{output}");
    assert!(row(&output, "verified").ends_with(": 0 wrong"), "{output}");
    if cfg!(target_os = "linux") {
        assert!(row(&output, "on a core").starts_with("p50 "), "{output}");
        assert!(row(&output, "readers").starts_with("waited "), "{output}");
    }
    assert!(!output.contains("\nwrong"), "{output}");
}

#[test]
fn slots_give_no_wrong_answer() {
    nothing_is_wrong("slots");
}

#[test]
fn the_shared_ring_gives_no_wrong_answer() {
    nothing_is_wrong("shared");
}

#[test]
fn without_updates_nothing_is_published() {
    let args = ["--seconds", "1", "--updates-per-second", "0", "--readers", "1"];
    let output = text(&[&["simulate", "--nodes", "a,b"], &args[..]].concat(), b"");
    assert!(row(&output, "publications").starts_with("0, "), "{output}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a 100000\n");
    let error = failure(&["simulate", "--nodes", &nodes], b"");
    assert!(error.starts_with("--nodes: the ring may come to have "), "{error}");
    let error = failure(&["simulate", "--nodes", "a,b", "--readers", "65"], b"");
    assert!(error.contains("65 is not in 1..=64"), "{error}");
}
