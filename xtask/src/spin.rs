//! The second model of publication, in Promela: every run must find nothing, every mutant must be found.
//!
//! Where loom runs the code itself for a few publications, this runs what the protocol says for ever:
//! epochs that wrap, readers that pin again and again, and whether the writer always gets on.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde::Deserialize;

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools::{CC, SPIN};
use crate::workspace;

/// How long one search may take.
const LIMIT: Duration = Duration::from_secs(300);

/// How many searches run side by side: each has one thread.
const AT_ONCE: usize = 2;

/// How many steps one execution may have; what is longer fails the search.
const DEPTH: &str = "-m2000000";

/// `spin/runs.toml`.
#[derive(Deserialize)]
struct Runs {
    run: Vec<Run>,
    mutant: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    /// In words, or the define that makes the mutant.
    name: String,
    defines: Vec<String>,
    #[serde(default)]
    liveness: bool,
}

/// How a search ended.
struct Searched {
    states: u64,
    /// What was found wrong.
    found: Option<String>,
    /// With what goes before it.
    time: Duration,
}

/// Two steps.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("spin: model", runs), Step::new("spin: mutants", mutants)]
}

fn runs(context: Context) -> Outcome {
    println!();
    let list = list()?.run;
    let mut states = 0;
    search_all(
        &list,
        |_| None,
        context,
        |run, searched| {
            let time = searched.time.as_secs_f64();
            println!("{:<55} {:>9} states {time:>6.1} s", run.name, searched.states);
            states += searched.states;
            match searched.found {
                Some(found) => Err(Problem::Failed(format!("{}: {found}", run.name))),
                None => Ok(()),
            }
        },
    )?;
    Ok(Note(Some(format!("{} runs, {states} states", list.len()))))
}

fn mutants(context: Context) -> Outcome {
    println!();
    let list = list()?.mutant;
    search_all(
        &list,
        |mutant| Some(&mutant.name),
        context,
        |mutant, searched| {
            let Some(found) = searched.found else {
                return Err(Problem::Failed(format!("{} was not found", mutant.name)));
            };
            println!("{:<25} {:>9} states, {found}", mutant.name, searched.states);
            Ok(())
        },
    )?;
    Ok(Note(Some(format!("{} found", list.len()))))
}

/// Searches some at a time, each with one more define if `more` has it, and gives what comes of them to `judge` in
/// the order of the list, up to the first problem.
fn search_all(
    list: &[Run],
    more: impl Fn(&Run) -> Option<&str>,
    context: Context,
    mut judge: impl FnMut(&Run, Searched) -> Result<(), Problem>,
) -> Result<(), Problem> {
    for runs in list.chunks(AT_ONCE) {
        let ended: Vec<_> = thread::scope(|scope| {
            let begun = runs.iter().enumerate().map(|(place, run)| {
                let more = more(run);
                scope.spawn(move || search(run, more, &place.to_string(), context))
            });
            // All begin before the first is waited for.
            let begun: Vec<_> = begun.collect();
            begun.into_iter().map(|run| run.join().expect("a search does not panic")).collect()
        });
        runs.iter().zip(ended).try_for_each(|(run, searched)| judge(run, searched?))?;
    }
    Ok(())
}

fn list() -> Result<Runs, Problem> {
    let path = workspace::root().join("spin/runs.toml");
    let broken =
        |error: &dyn std::fmt::Display| Problem::Failed(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| broken(&error))?;
    toml::from_str(&text).map_err(|error| broken(&error))
}

/// Has `spin` write the search, a compiler build it, and runs it, all in a folder of this name.
fn search(
    run: &Run,
    more: Option<&str>,
    folder: &str,
    context: Context,
) -> Result<Searched, Problem> {
    let started = Instant::now();
    let (spin, cc) = (SPIN.find()?, CC.find()?);
    let folder = emptied(folder)?;
    let defines = run.defines.iter().map(String::as_str).chain(more);
    let model = workspace::root().join("spin/publication.pml");
    let generate = Process::new(spin).within(&folder).arg("-a");
    let generate = generate.args(defines.map(|define| format!("-D{define}"))).arg(model);
    generate.check(context)?;
    let property: &[&str] = if run.liveness { &["-DNP", "-DNFAIR=8"] } else { &["-DSAFETY"] };
    let build = Process::new(cc).within(&folder).args(["-O2", "-w", "-DCOLLAPSE", "-DMEMLIM=3000"]);
    build.args(property).args(["-o", "pan", "pan.c"]).check(context)?;
    let how: &[&str] = if run.liveness { &["-l", "-f"] } else { &[] };
    let pan = Process::new(folder.join("pan")).within(&folder).args(how).arg(DEPTH);
    let finished = pan.at_most(LIMIT).finish(context)?;
    match verdict(&finished.output) {
        Ok((states, found)) => Ok(Searched { states, found, time: started.elapsed() }),
        Err(reason) => Err(finished.failure(reason)),
    }
}

/// An empty folder of this name, for what is generated.
fn emptied(name: &str) -> Result<PathBuf, Problem> {
    let folder = workspace::target_dir(".").join("spin").join(name);
    let emptied = |folder: &Path| {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)
    };
    let failed = |error| Problem::Failed(format!("{}: {error}", folder.display()));
    emptied(&folder).map_err(failed)?;
    Ok(folder)
}

/// The states that a search's output counts and what it has found wrong, or why it says nothing of the model.
fn verdict(output: &str) -> Result<(u64, Option<String>), &'static str> {
    if output.contains("max search depth too small") || output.contains("out of memory") {
        return Err("the search did not come to its end");
    }
    let number = |after: &str| -> Option<u64> {
        output.split_once(after)?.1.split_whitespace().next()?.parse().ok()
    };
    let errors = number("errors: ").ok_or("the search says nothing of errors")?;
    let before = output.split_once(" states, stored").ok_or("the search counts no states")?.0;
    let states = before.split_whitespace().next_back().and_then(|word| word.parse().ok());
    let states = states.ok_or("the search counts no states")?;
    let found = || {
        let line = output.lines().find_map(|line| line.strip_prefix("pan:1: "));
        line.map_or("something", |line| line.split(" (at depth").next().unwrap_or(line)).to_owned()
    };
    Ok((states, (errors > 0).then(found)))
}

#[cfg(test)]
mod tests {
    use super::verdict;

    const END: &str =
        "State-vector 56 byte, depth reached 9, errors: 0\n   160462 states, stored\n";

    #[test]
    fn a_search_that_finds_nothing_counts_its_states() {
        assert_eq!(verdict(END), Ok((160_462, None)));
    }

    #[test]
    fn what_is_found_is_named() {
        let output = format!(
            "pan:1: assertion violated (reading[r]!=new) (at depth 7)\n{}",
            END.replace("errors: 0", "errors: 1"),
        );
        let found = verdict(&output).unwrap().1;
        assert_eq!(found.as_deref(), Some("assertion violated (reading[r]!=new)"));
    }

    #[test]
    fn a_search_that_was_cut_short_proves_nothing() {
        for output in [format!("error: max search depth too small\n{END}"), String::new()] {
            assert!(verdict(&output).is_err());
        }
    }
}
