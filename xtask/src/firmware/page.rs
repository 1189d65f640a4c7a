//! The table in `firmware/README.md`: one of those that are kept, as people read it.

use super::figures::{Figures, NO_POINTS, ROWS};
use super::record;
use crate::cross::Compiler;
use crate::step::Problem;
use crate::workspace;
use std::fmt::Write;
use std::fs;

/// The page.
const PAGE: &str = "firmware/README.md";

/// Where the table begins and ends in it.
const BEGIN: &str = "<!-- cargo xtask firmware --write -->\n";
const END: &str = "<!-- end -->\n";

/// Puts the table into the page.
pub(super) fn write() -> Result<(), Problem> {
    let (compiler, figures) = record::shown()?;
    let text = with_table(&read()?, &render(&compiler, &figures)).map_err(broken)?;
    fs::write(workspace::root().join(PAGE), text).map_err(broken)
}

/// The page has the table that it should have.
pub(super) fn check() -> Result<(), Problem> {
    let (compiler, figures) = record::shown()?;
    let text = read()?;
    if with_table(&text, &render(&compiler, &figures)).map_err(broken)? != text {
        let advice = format!("its table is not that of {compiler}: cargo xtask firmware --write");
        return Err(broken(advice));
    }
    Ok(())
}

fn broken(what: impl std::fmt::Display) -> Problem {
    Problem::Failed(format!("{PAGE}: {what}"))
}

fn read() -> Result<String, Problem> {
    fs::read_to_string(workspace::root().join(PAGE)).map_err(broken)
}

/// The page with this table in place of the one that it has.
fn with_table(page: &str, table: &str) -> Result<String, &'static str> {
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or("no place for the table")?;
    Ok(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// The table as it stands in the page.
pub(super) fn render(compiler: &Compiler, figures: &Figures) -> String {
    let mut table = format!("Counted with {compiler}.\n\n| | points |");
    for column in &figures.columns {
        write!(table, " {column} |").expect("a string takes everything");
    }
    table += "\n|---|---|";
    table += &"---|".repeat(figures.columns.len());
    table += "\n";
    for ((row, points), cells) in &figures.rows {
        let points = if *points == NO_POINTS { "".into() } else { grouped(f64::from(*points)) };
        write!(table, "| {} | {points} |", ROWS[*row].1).expect("a string takes everything");
        for cell in cells {
            let cell = cell.map_or("–".into(), grouped);
            write!(table, " {cell} |").expect("a string takes everything");
        }
        table += "\n";
    }
    table
}

/// A figure without its fraction where it is large, and its thousands apart.
fn grouped(figure: f64) -> String {
    let whole = figure.fract() == 0.0 || figure >= 1_000.0;
    let digits = if whole { format!("{figure:.0}") } else { format!("{figure:.1}") };
    match digits.len() {
        4.. if whole => {
            let (high, low) = digits.split_at(digits.len() - 3);
            format!("{high},{low}")
        }
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cross::Library;

    #[test]
    fn figures_are_written_as_people_read_them() {
        let written = [26.9, 40.0, 384.0, 7_659.8, 106_352.8].map(grouped);
        assert_eq!(written, ["26.9", "40", "384", "7,660", "106,353"]);
    }

    #[test]
    fn a_table_has_a_line_for_each_row() {
        let mut figures = Figures::new(vec!["fast".into(), "small".into()]);
        figures.set(0, 1_024, 0, 26.5);
        let compiler = Compiler { release: "1.96.0".into(), library: Library::FromSource };
        let table = "Counted with rustc 1.96.0 with its library built from source.\n\n\
            | | points | fast | small |\n|---|---|---|---|\n\
            | owner of a position | 1,024 | 26.5 | – |\n";
        assert_eq!(render(&compiler, &figures), table);
    }

    #[test]
    fn the_table_has_its_place() {
        let page = |table| format!("a\n{BEGIN}{table}{END}c\n");
        assert_eq!(with_table(&page("b\n"), "new\n"), Ok(page("new\n")));
        assert!(with_table("a\n", "new\n").is_err());
    }
}
