//! The table of what lookups, pins and updates cost, kept in `firmware/README.md`.
//!
//! Instructions as the emulator counts them are the same on any machine, so the table is held to: a
//! figure that leaves the table by more than a few percent fails, and so does one past its limit.

use super::Program;
use crate::cross;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::thumb::{MACHINES, Machine};
use crate::workspace;
use object::{Object, ObjectSection};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// What is done about the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// It is printed as it would be.
    Show,
    /// It is compared with what is measured now.
    Check,
    /// It is written anew.
    Write,
}

/// The profiles, and what they are called in the table.
const PROFILES: [(&str, &str); 2] = [("release", "3"), ("small", "s")];

/// A number of points as rows have it that have none.
const NO_POINTS: u32 = 0;

/// The rows: the program's word for them and the table's.
const ROWS: [(&str, &str); 14] = [
    ("lookup", "owner of a position"),
    ("bisection", "the same by bisection over the same points"),
    ("u32", "owner of a `u32` key (`Fx32`)"),
    ("bytes", "owner of a 16-byte key (`Xxh3`)"),
    ("hash-u32", "hash of a `u32` key alone"),
    ("hash-bytes", "hash of a 16-byte key alone"),
    ("pin", "pin and unpin"),
    ("pin-one-core", "pin and unpin, `new_single_core`"),
    ("update", "one node leaves or joins, published"),
    ("ram", "RAM of a ring, bytes"),
    ("ram-nodes", "of it the 8 nodes, bytes"),
    ("flash-reader", "flash of pin and lookup, bytes"),
    ("flash-writer", "flash of pin, lookup and updates of one node, bytes"),
    ("flash-batch", "flash of pin, lookup and every update, bytes"),
];

/// A figure that must not be passed, on the core with compare-and-swap.
struct Limit {
    row: &'static str,
    points: u32,
    profile: &'static str,
    most: f64,
}

const LIMITS: [Limit; 5] = [
    Limit { row: "lookup", points: 1_024, profile: "3", most: 32.0 },
    Limit { row: "u32", points: 1_024, profile: "3", most: 60.0 },
    Limit { row: "bytes", points: 1_024, profile: "3", most: 110.0 },
    Limit { row: "pin", points: NO_POINTS, profile: "3", most: 14.0 },
    Limit { row: "flash-writer", points: NO_POINTS, profile: "s", most: 6_144.0 },
];

/// How far a figure may be from the table's: 3 percent, or as much as rounding may hide.
fn agree(now: f64, then: f64) -> bool {
    (now - then).abs() <= (0.03 * then).max(0.5)
}

/// Where the table begins and ends in its file.
const BEGIN: &str = "<!-- cargo xtask firmware --write -->\n";
const END: &str = "<!-- end -->\n";

/// The columns and rows of figures.
struct Figures {
    /// The compiler that it was measured with.
    compiler: String,
    columns: Vec<String>,
    /// By the place of the row in [`ROWS`] and the number of points; a figure for each column.
    rows: BTreeMap<(usize, u32), Vec<Option<f64>>>,
}

/// The step.
pub(super) fn step(table: Table) -> Step {
    Step::new("firmware: budget", move |context| {
        let now = measure(context)?;
        limits(&now)?;
        match table {
            Table::Show => {
                print!("\n{}", render(&now));
                Ok(Note::default())
            }
            Table::Check => compare(&now),
            Table::Write => write(&now),
        }
    })
}

/// The file that keeps the table.
fn file() -> PathBuf {
    workspace::root().join("firmware/README.md")
}

/// Runs the program and looks at its size, on every machine in every profile.
fn measure(context: Context) -> Result<Figures, Problem> {
    let compiler = cross::compiler(MACHINES[0].target).unwrap_or_default();
    let mut figures = Figures { compiler, columns: Vec::new(), rows: BTreeMap::new() };
    for machine in MACHINES {
        for (profile, short) in PROFILES {
            let column = figures.columns.len();
            figures.columns.push(format!("{}, {short}", machine.cpu));
            let budget = Program { profile, ..Program::new("budget", machine) };
            for (row, points, figure) in counted(&budget.run(context)?)? {
                figures.set(row, points, column, figure);
            }
            if short == "s" {
                let [nothing, reader, writer, batch] = flash(machine, profile, context)?;
                figures.set(row("flash-reader")?, NO_POINTS, column, reader - nothing);
                figures.set(row("flash-writer")?, NO_POINTS, column, writer - nothing);
                figures.set(row("flash-batch")?, NO_POINTS, column, batch - nothing);
            }
        }
    }
    let columns = figures.columns.len();
    figures.rows.values_mut().for_each(|row| row.resize(columns, None));
    Ok(figures)
}

impl Figures {
    fn set(&mut self, row: usize, points: u32, column: usize, figure: f64) {
        let cells = self.rows.entry((row, points)).or_default();
        cells.resize(column + 1, None);
        cells[column] = Some(figure);
    }

    fn get(&self, row: &str, points: u32, column: &str) -> Option<f64> {
        let row = ROWS.iter().position(|(word, _)| *word == row)?;
        let column = self.columns.iter().position(|name| name == column)?;
        *self.rows.get(&(row, points))?.get(column)?
    }
}

/// The place of the row with this word.
fn row(word: &str) -> Result<usize, Problem> {
    let row = ROWS.iter().position(|(row, _)| *row == word);
    row.ok_or_else(|| Problem::Failed(format!("no row for {word}")))
}

/// The figures that the program printed: word, points, figure.
fn counted(output: &str) -> Result<Vec<(usize, u32, f64)>, Problem> {
    let lines = output.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [word, points, figure] = fields[..] else { return None };
        Some((word, points.parse().ok()?, figure.parse().ok()?))
    });
    let figures: Result<Vec<_>, Problem> =
        lines.map(|(word, points, figure)| Ok((row(word)?, points, figure))).collect();
    match figures {
        Ok(figures) if figures.is_empty() => {
            Err(Problem::Failed(format!("no figures in\n{output}")))
        }
        figures => figures,
    }
}

/// The bytes of code and constants that the program of readers and writers has in flash: without
/// either, with readers, with edits of one node as well, with batches as well.
fn flash(machine: Machine, profile: &'static str, context: Context) -> Result<[f64; 4], Problem> {
    let mut sizes = [0.0; 4];
    let features = ["", "reader", "writer", "batch"];
    for (size, features) in sizes.iter_mut().zip(features) {
        let program = Program { profile, features, ..Program::new("footprint", machine) };
        let elf = program.build(context)?;
        let failed = |error: String| Problem::Failed(format!("{}: {error}", elf.display()));
        let bytes = fs::read(&elf).map_err(|error| failed(error.to_string()))?;
        let elf = object::File::parse(&*bytes).map_err(|error| failed(error.to_string()))?;
        let sections = [".text", ".rodata"];
        let sections = sections.iter().filter_map(|name| elf.section_by_name(name));
        *size = sections.map(|section| section.size()).sum::<u64>() as f64;
    }
    Ok(sizes)
}

/// Every figure that has a limit keeps it.
fn limits(now: &Figures) -> Result<(), Problem> {
    for limit in LIMITS {
        let column = format!("{}, {}", MACHINES[0].cpu, limit.profile);
        let Limit { row, points, most, .. } = limit;
        let Some(figure) = now.get(row, points, &column) else {
            return Err(Problem::Failed(format!("{row} at {points} points was not measured")));
        };
        if figure > most {
            let at = if points == NO_POINTS { "" } else { &format!(" at {points} points") };
            return Err(Problem::Failed(format!("{row}{at}: {figure}, not {most}")));
        }
    }
    let of = |row| now.get(row, 1_024, &format!("{}, 3", MACHINES[0].cpu));
    match (of("lookup"), of("bisection")) {
        (Some(lookup), Some(bisection)) if 2.0 * lookup <= bisection => {}
        _ => return Err(Problem::Failed("a lookup takes more than half of a bisection".into())),
    }
    for ((row, points), cells) in &now.rows {
        let most = |nodes: f64| nodes + f64::from(8 * points + 64);
        let nodes = now.rows.get(&(row + 1, *points));
        if ROWS[*row].0 == "ram"
            && let Some(nodes) = nodes
            && cells
                .iter()
                .zip(nodes)
                .any(|(ram, nodes)| ram.is_some_and(|ram| ram > most(nodes.unwrap_or(0.0))))
        {
            return Err(Problem::Failed(format!(
                "a ring of {points} points: 8 bytes each and more"
            )));
        }
    }
    Ok(())
}

/// The table as it stands in the file.
fn render(figures: &Figures) -> String {
    let mut table = format!("Counted with rustc {}.\n\n| | points |", figures.compiler);
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

/// The text before, in and after the table.
fn parts(text: &str) -> Result<(&str, &str, &str), Problem> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (table, after) = rest.split_once(END)?;
        Some((before, table, after))
    });
    parts.ok_or_else(|| Problem::Failed("firmware/README.md has no place for the table".into()))
}

fn read() -> Result<String, Problem> {
    let file = file();
    fs::read_to_string(&file)
        .map_err(|error| Problem::Failed(format!("{}: {error}", file.display())))
}

fn write(now: &Figures) -> Outcome {
    let text = read()?;
    let (before, _, after) = parts(&text)?;
    let text = format!("{before}{BEGIN}{}{END}{after}", render(now));
    fs::write(file(), text).map_err(|error| Problem::Failed(error.to_string()))?;
    Ok(Note(Some("firmware/README.md is up to date".into())))
}

/// Every figure of the table is near what was measured, and the other way round.
fn compare(now: &Figures) -> Outcome {
    let text = read()?;
    let (_, then, _) = parts(&text)?;
    near(then, &render(now))
}

/// The same of two tables. Those of different compilers cannot be compared.
fn near(then: &str, now: &str) -> Outcome {
    let compiler = |table: &str| table.lines().next().unwrap_or_default().to_owned();
    if compiler(then) != compiler(now) {
        return Err(Problem::Missing {
            what: format!("table of this compiler: it says \"{}\"", compiler(then)),
            how: "cargo xtask firmware --write; the limits are kept".into(),
        });
    }
    let differing = differences(then, now);
    if differing.is_empty() {
        return Ok(Note(Some("every figure within 3 % of the table".into())));
    }
    let advice = "if it is meant to be so: cargo xtask firmware --write";
    Err(Problem::Failed(format!("{}\n{advice}", differing.join("\n"))))
}

/// The lines in which two tables differ by more than may be.
fn differences(then: &str, now: &str) -> Vec<String> {
    let (mut then, mut now) = (then.lines(), now.lines());
    let mut differing = Vec::new();
    loop {
        match (then.next(), now.next()) {
            (None, None) => return differing,
            (then, now) => {
                let (then, now) = (then.unwrap_or_default(), now.unwrap_or_default());
                if !same(then, now) {
                    differing.push(format!("then {then}\nnow  {now}"));
                }
            }
        }
    }
}

/// Whether two lines are the same but for figures that agree.
fn same(then: &str, now: &str) -> bool {
    let number = |cell: &str| cell.trim().replace(',', "").parse::<f64>().ok();
    let (then, now): (Vec<&str>, Vec<&str>) = (then.split('|').collect(), now.split('|').collect());
    then.len() == now.len()
        && then.iter().zip(now).all(|(then, now)| match (number(then), number(now)) {
            (Some(then), Some(now)) => agree(now, then),
            _ => *then == now,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_read_them() {
        let written = [26.9, 40.0, 384.0, 7_659.8, 106_352.8].map(grouped);
        assert_eq!(written, ["26.9", "40", "384", "7,660", "106,353"]);
    }

    #[test]
    fn a_line_may_differ_by_three_percent() {
        let then = "| update | 64 | 1,000 | – |";
        assert!(same(then, "| update | 64 | 1,030 | – |"));
        assert!(!same(then, "| update | 64 | 1,031 | – |"));
        assert!(!same(then, "| update | 64 | 969 | – |"));
        assert!(!same(then, "| update | 64 | 1,000 | 5 |"));
        assert!(!same(then, "| lookup | 64 | 1,000 | – |"));
        assert_eq!(differences(then, "").len(), 1);
        assert_eq!(differences(then, then), [""; 0]);
    }

    #[test]
    fn tables_of_one_compiler_are_compared() {
        let then = "Counted with rustc 1.0.0.\n| update | 64 | 1,000 |";
        assert!(near(then, then).is_ok());
        assert!(matches!(near(then, &then.replace(',', "2")), Err(Problem::Failed(_))));
        assert!(matches!(near(then, &then.replace(".0.0", ".1.0")), Err(Problem::Missing { .. })));
    }

    #[test]
    fn the_program_s_lines_are_read_and_others_passed_over() {
        let figures = counted("Timer\nlookup\t64\t26.5\nram\t64\t936.0\ncounted\n").unwrap();
        assert_eq!(figures, [(0, 64, 26.5), (9, 64, 936.0)]);
        assert!(counted("counted\n").is_err());
        assert!(counted("surprise\t64\t1.0\n").is_err());
    }

    #[test]
    fn a_figure_past_its_limit_fails() {
        let figures = |past: Option<usize>| {
            let columns = PROFILES.map(|(_, short)| format!("{}, {short}", MACHINES[0].cpu));
            let mut figures =
                Figures { compiler: String::new(), columns: columns.into(), rows: BTreeMap::new() };
            for (i, limit) in LIMITS.iter().enumerate() {
                let column = usize::from(limit.profile == "s");
                let figure = limit.most + if past == Some(i) { 1.0 } else { 0.0 };
                figures.set(row(limit.row).unwrap(), limit.points, column, figure);
            }
            figures.set(row("bisection").unwrap(), 1_024, 0, 100.0);
            figures
        };
        assert!(limits(&figures(None)).is_ok());
        for (past, limit) in LIMITS.iter().enumerate() {
            assert!(limits(&figures(Some(past))).is_err(), "{}", limit.row);
        }
    }

    #[test]
    fn the_table_has_its_place() {
        let text = format!("a\n{BEGIN}b\n{END}c\n");
        assert_eq!(parts(&text).unwrap(), ("a\n", "b\n", "c\n"));
        assert!(parts("a\n").is_err());
    }
}
