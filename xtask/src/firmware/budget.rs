//! What lookups, pins and updates cost.
//!
//! Instructions as the emulator counts them are the same on any machine, so they are held to: a figure
//! that leaves the one that was recorded by more than a few percent fails, and so does one past its
//! limit. Another compiler may make other code of the same source. So each has a record of its own, and
//! one without a record is held to the limits alone. One older than all recorded is held to nothing: no
//! change of the source is tried on it before it is made.

use super::figures::{Figures, NO_POINTS, ROWS, at, row};
use super::{Program, page, record};
use crate::cross::Compiler;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::thumb::{self, MACHINES, Machine};
use object::{Object, ObjectSection};
use std::fs;

/// What is done with the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// They are printed.
    Show,
    /// They are compared with those that were recorded.
    Check,
    /// They are recorded.
    Write,
}

/// The profiles, and what they are called in the table.
const PROFILES: [(&str, &str); 2] = [("release", "3"), ("small", "s")];

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

/// The step.
pub(super) fn step(table: Table) -> Step {
    Step::new("firmware: budget", move |context| {
        let compiler = thumb::compiler()?;
        let now = measure(context)?;
        if table == Table::Show {
            print!("\n{}", page::render(&compiler, &now));
        }
        match limits(&now) {
            Err(problem) if record::is_outdated(&compiler)? => {
                let note = format!("{compiler} is older than all recorded: {problem}");
                return Ok(Note(Some(note)));
            }
            kept => kept?,
        }
        match table {
            Table::Show => Ok(Note::default()),
            Table::Check => {
                let note = compare(&compiler, &now, record::of(&compiler)?)?;
                page::check()?;
                Ok(note)
            }
            Table::Write => {
                let file = record::save(&compiler, &now)?;
                page::write()?;
                Ok(Note(Some(format!("{file} is up to date"))))
            }
        }
    })
}

/// Every figure is near the one that was recorded, and the other way round, if any was.
fn compare(compiler: &Compiler, now: &Figures, then: Option<Figures>) -> Outcome {
    let Some(then) = then else {
        let note = format!("every limit is kept; there is no record of {compiler}");
        return Ok(Note(Some(note)));
    };
    let differing = now.differences(&then);
    if differing.is_empty() {
        return Ok(Note(Some(format!("every figure within 3 % of those of {compiler}"))));
    }
    let advice = "if it is meant to be so: cargo xtask firmware --write, for each compiler";
    Err(Problem::Failed(format!("{compiler}:\n{}\n{advice}", differing.join("\n"))))
}

/// Runs the program and looks at its size, on every machine in every profile.
fn measure(context: Context) -> Result<Figures, Problem> {
    let measured =
        MACHINES.into_iter().flat_map(|machine| PROFILES.map(|profile| (machine, profile)));
    let name = |(machine, (_, short)): (Machine, (_, &str))| column(machine, short);
    let mut figures = Figures::new(measured.clone().map(name).collect());
    for (column, (machine, (profile, short))) in measured.enumerate() {
        let budget = Program { profile, ..Program::new("budget", machine) };
        let mut all = counted(&budget.run(context)?)?;
        if short == "s" {
            all.extend(flash(machine, profile, context)?);
        }
        for (word, points, figure) in all {
            figures.set(row(&word).map_err(Problem::Failed)?, points, column, figure);
        }
    }
    Ok(figures)
}

/// The name of a column.
fn column(machine: Machine, short: &str) -> String {
    format!("{}, {short}", machine.cpu)
}

/// A figure: the word for its row, points, and itself.
type Figure = (String, u32, f64);

/// The figures that the program printed.
fn counted(output: &str) -> Result<Vec<Figure>, Problem> {
    let lines = output.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [word, points, figure] = fields[..] else { return None };
        Some((word.to_owned(), points.parse().ok()?, figure.parse().ok()?))
    });
    let figures: Vec<Figure> = lines.collect();
    match figures.is_empty() {
        true => Err(Problem::Failed(format!("no figures in\n{output}"))),
        false => Ok(figures),
    }
}

/// The bytes of code and constants that the program of readers and writers has in flash besides what it
/// has without either: with readers, with edits of one node as well, with batches as well.
fn flash(
    machine: Machine,
    profile: &'static str,
    context: Context,
) -> Result<[Figure; 3], Problem> {
    let size = |features| {
        let program = Program { profile, features, ..Program::new("footprint", machine) };
        let elf = program.build(context)?;
        let failed = |error: String| Problem::Failed(format!("{}: {error}", elf.display()));
        let bytes = fs::read(&elf).map_err(|error| failed(error.to_string()))?;
        let elf = object::File::parse(&*bytes).map_err(|error| failed(error.to_string()))?;
        let sections = [".text", ".rodata"];
        let sections = sections.iter().filter_map(|name| elf.section_by_name(name));
        Ok(sections.map(|section| section.size()).sum::<u64>() as f64)
    };
    let nothing = size("")?;
    let figure = |features| Ok((format!("flash-{features}"), NO_POINTS, size(features)? - nothing));
    Ok([figure("reader")?, figure("writer")?, figure("batch")?])
}

/// Every figure that has a limit keeps it.
fn limits(now: &Figures) -> Result<(), Problem> {
    for limit in LIMITS {
        let Limit { row, points, profile, most } = limit;
        let at = at(points);
        let Some(figure) = now.get(row, points, &column(MACHINES[0], profile)) else {
            return Err(Problem::Failed(format!("{row}{at} was not measured")));
        };
        if figure > most {
            return Err(Problem::Failed(format!("{row}{at}: {figure}, not {most}")));
        }
    }
    let of = |row| now.get(row, 1_024, &column(MACHINES[0], "3"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cross::Library;

    #[test]
    fn the_program_s_lines_are_read_and_others_passed_over() {
        let figures = counted("Timer\nlookup\t64\t26.5\nram\t64\t936.0\ncounted\n").unwrap();
        assert_eq!(figures, [("lookup".into(), 64, 26.5), ("ram".into(), 64, 936.0)]);
        assert!(counted("counted\n").is_err());
    }

    /// Figures that keep every limit but this one.
    fn past(limit: Option<usize>) -> Figures {
        let columns = PROFILES.map(|(_, short)| column(MACHINES[0], short));
        let mut figures = Figures::new(columns.into());
        for (i, Limit { row: word, points, profile, most }) in LIMITS.into_iter().enumerate() {
            let column = usize::from(profile == "s");
            let figure = most + if limit == Some(i) { 1.0 } else { 0.0 };
            figures.set(row(word).unwrap(), points, column, figure);
        }
        figures.set(row("bisection").unwrap(), 1_024, 0, 100.0);
        figures
    }

    #[test]
    fn a_figure_past_its_limit_fails() {
        assert!(limits(&past(None)).is_ok());
        for (i, limit) in LIMITS.iter().enumerate() {
            assert!(limits(&past(Some(i))).is_err(), "{}", limit.row);
        }
    }

    #[test]
    fn a_figure_away_from_its_record_fails_and_no_record_does_not() {
        let compiler = Compiler { release: "1.0.0".into(), library: Library::Installed };
        let now = past(None);
        assert!(compare(&compiler, &now, Some(past(None))).is_ok());
        let moved = compare(&compiler, &now, Some(past(Some(0))));
        assert!(matches!(moved, Err(Problem::Failed(_))), "{moved:?}");
        let Note(note) = compare(&compiler, &now, None).unwrap();
        let note = note.unwrap();
        assert!(note.ends_with("no record of rustc 1.0.0 with its library prebuilt"), "{note}");
    }
}
