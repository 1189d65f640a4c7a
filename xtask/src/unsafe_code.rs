//! The table of all `unsafe` in `SECURITY.md` has as many of them, file by file, as the source.

use std::collections::BTreeMap;
use std::fs;

use crate::step::{Note, Outcome, Problem, Step};
use crate::workspace::{self, SOURCE};

/// The document with the table.
const DOCUMENT: &str = "SECURITY.md";

/// How often the keyword stands in each file.
type Counts = BTreeMap<String, usize>;

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("unsafe code", |_| check())]
}

fn check() -> Outcome {
    let broken = |error: std::io::Error| Problem::Failed(error.to_string());
    let document = fs::read_to_string(workspace::root().join(DOCUMENT)).map_err(broken)?;
    let listed = listed(&document);
    let files = workspace::sources().map_err(broken)?;
    let counts = files.iter().map(|(file, text)| (format!("{SOURCE}/{file}"), keywords(text)));
    let found: Counts = counts.filter(|&(_, count)| count > 0).collect();
    if listed != found {
        return Err(Problem::Failed(differences(&listed, &found)));
    }
    Ok(Note(Some(format!("{} in {} files", found.values().sum::<usize>(), found.len()))))
}

/// The sums of the table's rows: `| file | count | what | why |`.
fn listed(document: &str) -> Counts {
    let mut counts = Counts::new();
    for line in document.lines() {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let (Some(file), Some(count)) = (cells.next(), cells.next()) else { continue };
        let file = file.strip_prefix('`').and_then(|file| file.strip_suffix('`'));
        if let (Some(file), Ok(count)) = (file, count.parse::<usize>()) {
            *counts.entry(file.into()).or_default() += count;
        }
    }
    counts
}

/// How often `unsafe` stands in the code of a file, comments and longer names left out.
fn keywords(source: &str) -> usize {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or(""));
    let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.filter(|word| *word == "unsafe").count()
}

fn differences(listed: &Counts, found: &Counts) -> String {
    let mut text = format!("the table in {DOCUMENT} does not fit the source:\n");
    let files: std::collections::BTreeSet<_> = listed.keys().chain(found.keys()).collect();
    for file in files {
        let [listed, found] = [listed, found].map(|counts| counts.get(file).unwrap_or(&0));
        if listed != found {
            text += &format!("{file}: {listed} in the table, {found} in the source\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_is_counted_in_code_alone() {
        let source = "#![allow(unsafe_code)]\n// unsafe\n/// unsafe\nunsafe fn f() {} // unsafe\n\
            let x = unsafe { y(unsafe{z}) };\n";
        assert_eq!(keywords(source), 3);
    }

    #[test]
    fn rows_of_one_file_add_up() {
        let table = "| file | count | what |\n|---|---|---|\n| `a.rs` | 2 | x |\n| `a.rs` | 1 | y |\n\
            | `b.rs` | 1 | z |\ntext | 7 |\n";
        let expected = [("a.rs", 3), ("b.rs", 1)].map(|(file, count)| (file.into(), count));
        assert_eq!(listed(table), expected.into());
        let less = listed(&table.replace('2', "1"));
        let text = differences(&less, &listed(table));
        assert!(text.ends_with(":\na.rs: 2 in the table, 3 in the source\n"), "{text}");
    }
}
