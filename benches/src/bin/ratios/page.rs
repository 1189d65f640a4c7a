//! The tables: as text while they are measured, and between markers of the page `README.md`.

use annulus_bench::page::{folder, replace};
use annulus_bench::rounds::Spread;
use annulus_bench::workload::{SIZES, Size};
use std::error::Error;
use std::fmt::Write;
use std::fs;

use crate::data::Data;
use crate::plot;
use crate::rows::{ROWS, Row, SECTIONS, Section, Sense};

/// Makes the tables of the page and the plots beside it.
pub(crate) fn draw(data: &Data) -> Result<(), Box<dyn Error>> {
    let path = folder().join("README.md");
    let mut page = fs::read_to_string(&path)?;
    page = replace(&page, "machine", &format!("{}.\n", data.machine))?;
    for section in SECTIONS.into_iter().filter(|&section| is_kept(section, data)) {
        page = replace(&page, marker(section), &table(section, data))?;
    }
    page = replace(&page, "instructions", &instructions(&counts()?))?;
    fs::write(path, page)?;
    fs::write(folder().join("plots/lookups.svg"), plot::lookups(data))?;
    fs::write(folder().join("plots/threads.svg"), plot::threads(data))?;
    Ok(())
}

/// The rows of a section as they come to the terminal.
pub(crate) fn text(section: Section, data: &Data) -> String {
    let mut text = String::new();
    for row in ROWS.iter().filter(|row| row.section == section) {
        writeln!(text, "{} | {}", row.ours, against(row)).expect("writing to a string");
        for size in SIZES {
            let Some(ratio) = data.ratio(row, size) else { continue };
            let Spread { median, low, high } = ratio;
            let size_name = size.to_string();
            write!(text, "  {size_name:12} {median:8.2} ({low:.2} to {high:.2})")
                .expect("a string");
            if let Some(bound) = row.bound(size) {
                let sign = sign(row);
                write!(text, "  {sign} {} ({})", bound.required, bound.aim).expect("a string");
                text.push_str(if row.is_met(size, median) { "" } else { "  MISSED" });
            }
            text.push('\n');
        }
    }
    for size in SIZES {
        let times =
            names(section).into_iter().filter_map(|name| Some((name, data.time(size, name)?)));
        for (name, time) in times {
            writeln!(text, "{size}: {:.2} ns, {name}", time.median).expect("writing to a string");
        }
    }
    text
}

/// Everything that the rows of a section name.
fn names(section: Section) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in rows(section).flat_map(|row| [row.ours, row.other]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The rows of a section as a table.
fn table(section: Section, data: &Data) -> String {
    let sizes: Vec<Size> = SIZES
        .into_iter()
        .filter(|&size| rows(section).any(|row| data.ratio(row, size).is_some()))
        .collect();
    let mut table = String::from("| ours | compared with |");
    for size in &sizes {
        write!(table, " {size} |").expect("writing to a string");
    }
    table.push_str(" required (aim) |\n|---|---|");
    table.push_str(&"---|".repeat(sizes.len() + 1));
    for row in rows(section) {
        write!(table, "\n| {} | {} |", row.ours, against(row)).expect("writing to a string");
        for &size in &sizes {
            write!(table, " {} |", cell(row, size, data)).expect("writing to a string");
        }
        write!(table, " {} |", requirement(row, &sizes)).expect("writing to a string");
    }
    table.push('\n');
    table
}

/// The counts of instructions that are kept.
fn counts() -> std::io::Result<String> {
    fs::read_to_string(folder().join("data/instructions.tsv"))
}

/// These counts, which follow a line that names the compiler, as a table.
fn instructions(counts: &str) -> String {
    let mut lines = counts.lines();
    let mut table = format!("Counted of the code of {}.\n\n", lines.next().unwrap_or_default());
    table.push_str("| work | instructions |\n|---|---|\n");
    for (work, count) in lines.filter_map(|line| line.split_once('\t')) {
        writeln!(table, "| {work} | {count} |").expect("writing to a string");
    }
    table
}

/// Whether the table of this section is made from the data that is kept. That of zones was written by hand, from
/// figures of another machine, as long as there is no data of it.
fn is_kept(section: Section, data: &Data) -> bool {
    let mut pairs = rows(section).flat_map(|row| SIZES.map(|size| (row, size)));
    section != Section::Zones || pairs.any(|(row, size)| data.ratio(row, size).is_some())
}

fn rows(section: Section) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.section == section)
}

/// What ours is compared with, and which way.
fn against(row: &Row) -> String {
    match row.sense {
        Sense::Faster => format!("times as fast as {}", row.other),
        Sense::Takes => format!("times {}", row.other),
    }
}

/// The ratio with the quarters around it; bold where it is not what is required.
fn cell(row: &Row, size: Size, data: &Data) -> String {
    let Some(ratio) = data.ratio(row, size) else { return "–".into() };
    if row.is_met(size, ratio.median) { ratio.to_string() } else { format!("**missed: {ratio}**") }
}

/// What is required at each size; once where it is the same.
fn requirement(row: &Row, sizes: &[Size]) -> String {
    let bounds = sizes.iter().filter_map(|&size| row.bound(size));
    let mut bounds: Vec<String> =
        bounds.map(|bound| format!("{} ({})", bound.required, bound.aim)).collect();
    bounds.dedup();
    if bounds.is_empty() { String::new() } else { format!("{} {}", sign(row), bounds.join(", ")) }
}

fn sign(row: &Row) -> char {
    match row.sense {
        Sense::Faster => '≥',
        Sense::Takes => '≤',
    }
}

/// The name of a section's table in the page.
fn marker(section: Section) -> &'static str {
    match section {
        Section::Keys => "keys",
        Section::Search => "search",
        Section::Zones => "zones",
        Section::Pins => "pins",
        Section::Builds => "builds",
        Section::Memory => "memory",
        Section::Threads => "threads",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_the_data_that_is_kept() {
        let page = fs::read_to_string(folder().join("README.md")).unwrap();
        let data = Data::load().unwrap();
        for section in SECTIONS.into_iter().filter(|&section| is_kept(section, &data)) {
            assert_eq!(replace(&page, marker(section), &table(section, &data)).unwrap(), page);
        }
        let table = instructions(&counts().unwrap());
        assert_eq!(replace(&page, "instructions", &table).unwrap(), page);
    }
}
