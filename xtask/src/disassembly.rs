//! The machine code of pin, lookup and unpin: no call but that of a cold search, no loop, and no
//! barrier where readers pay for none.

use crate::listing::{Barriers, Code, Limits, Set};
use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::thumb;
use crate::workspace;
use std::fs;

/// The workspace of the functions that are looked at.
const FOLDER: &str = "tests/disassembly";

/// The microcontroller whose code is looked at.
const THUMB: &str = "thumbv7m-none-eabi";

/// The search that lookups fall back on.
const SEARCH: &str = "search6bisect";

/// What looks a little further before that, and what finds the owner with it, on machines with vectors.
const FAR: &str = "windows3far";
const OWNER_FAR: &str = "windows9owner_far";

/// The most that a pin with its unpin may take where readers pay for no barrier.
const PIN: Option<usize> = Some(14);

/// A function without barriers, loops and calls.
const fn straight(name: &'static str) -> Limits {
    Limits { name, barriers: Barriers::None, loops: 0, calls: &[], instructions: None }
}

/// A function that does nothing else itself but calls what is named.
const fn calling(name: &'static str, calls: &'static [&'static str]) -> Limits {
    Limits { calls, ..straight(name) }
}

/// What every machine's code is held to, where a lookup falls back on a function of this name, and a pin
/// that finds out at run time whether it pays has so many barriers. The search is one loop, by halves.
const fn limits(fallback: &'static [&'static str], barriers: Barriers) -> [Limits; 4] {
    [
        Limits { instructions: PIN, ..straight("disassembled_pin") },
        calling("disassembled_lookup", fallback),
        Limits { loops: 1, ..straight(SEARCH) },
        Limits { barriers, ..straight("disassembled_chosen") },
    ]
}

/// The function that is shown beside them.
const PEER: &str = "disassembled_crossbeam";

/// One step for machines of this kind and one for microcontrollers.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("disassembly: x86-64", x86_64), Step::new("disassembly: thumbv7m", thumbv7m)]
}

fn x86_64(context: Context) -> Outcome {
    if !cfg!(target_arch = "x86_64") {
        return Ok(Note(Some("nothing looked at: not an x86-64".into())));
    }
    let build = Process::cargo_in(FOLDER).args(["rustc", "--release"]);
    let text = listing(context, build, "x86-64")?;
    let mut figures =
        check(context, Set::X86_64, &text, &limits(&[OWNER_FAR], Barriers::OneJumpedOver))?;
    let steps = [calling(OWNER_FAR, &[FAR]), calling(FAR, &[SEARCH])];
    figures.extend(check(context, Set::X86_64, &text, &steps)?);
    let peer = Code::of(Set::X86_64, &text, PEER).map_err(Problem::Failed)?;
    figures.push(format!("{PEER} {}", peer.figures()));
    Ok(Note(Some(figures.join("; "))))
}

fn thumbv7m(context: Context) -> Outcome {
    let build = thumb::cargo("rustc", FOLDER, THUMB)?;
    let text = listing(context, build, THUMB)?;
    // One barrier for each of the two loads and three stores, and the fence.
    let figures = check(context, Set::Thumb, &text, &limits(&[SEARCH], Barriers::Exactly(6)))?;
    Ok(Note(Some(figures.join("; "))))
}

/// The compiler's listing of the functions, which goes to a file of this name among the build's products.
fn listing(context: Context, build: Process, name: &str) -> Result<String, Problem> {
    let file = workspace::target_dir(FOLDER).join(format!("{name}.s"));
    let emit = format!("--emit=asm={}", file.display());
    build.args(["--lib", "--"]).arg(emit).check(context)?;
    let failed = |error| Problem::Failed(format!("{}: {error}", file.display()));
    fs::read_to_string(&file).map_err(failed)
}

/// Checks every function and gives the figures of each.
fn check(context: Context, set: Set, text: &str, all: &[Limits]) -> Result<Vec<String>, Problem> {
    let mut figures = Vec::new();
    for limits in all {
        let failed = |what| Problem::Failed(format!("{}: {what}", limits.name));
        let code = Code::of(set, text, limits.name).map_err(failed)?;
        if context.verbose {
            println!("{}:\n{}", limits.name, code.text());
        }
        code.check(limits).map_err(failed)?;
        figures.push(format!("{} {}", limits.name, code.figures()));
    }
    Ok(figures)
}
