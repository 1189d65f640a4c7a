//! The command `annulus`: which node of a consistent-hash ring owns a key, and what changes of
//! the membership move.

mod answers;
mod args;
mod balance;
mod error;
mod fingerprints;
mod impact;
mod inputs;
mod keying;
mod keys;
mod memory;
mod migrate;
mod nodes;
mod notes;
mod output;
mod pages;
mod peers;
mod plan;
mod plot;
mod points;
mod profile;
mod progress;
mod route;
mod simulate;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};

use crate::error::Error;

/// Keys to nodes on a consistent-hash ring, and what a change of the nodes moves.
///
/// A NODES value is a file, "-" for a file on standard input or, with a comma in it, a list of
/// names ("a," is a list of one). A file has one node a line, `identity [weight] [zone]`; blank
/// lines and # comments are skipped. One with a comma in its name is told from a list by "./" or
/// "../" before it: "./prod,eu". With --profile a line is `ADDRESS [weight] [field=value ...]`.
///
/// The exit status is 0, or 2 after one line on standard error that names file, line and cause;
/// that of `simulate` is 1 where it found a wrong answer, and 130 or 143 where a signal ended it
/// early. With --spread-zones, under a profile whose system leaves keys to no node, or where a list that ends in
/// a comma may have a space after it, a note on standard error may follow the answer, with status 0; what
/// `migrate` counted follows there too.
#[derive(Debug, Parser)]
#[command(name = "annulus", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Route(route::Args),
    Plan(plan::Args),
    Balance(balance::Args),
    Points(points::Args),
    Migrate(migrate::Args),
    Impact(impact::Args),
    Simulate(simulate::Args),
    Completions(pages::CompletionsArgs),
    Man(pages::ManArgs),
}

/// The exit status of every failure.
const FAILURE: u8 = 2;

fn main() -> ExitCode {
    memory::abort_with(FAILURE);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let outcome = match cli.command {
        Command::Route(args) => route::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Balance(args) => balance::run(&args),
        Command::Points(args) => points::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::Impact(args) => impact::run(&args),
        Command::Simulate(args) => match simulate::run(&args) {
            Ok(status) => return ExitCode::from(status),
            Err(error) => Err(error),
        },
        Command::Completions(args) => pages::completions(&args, Cli::command()),
        Command::Man(args) => pages::man(&args, Cli::command()),
    };
    match outcome {
        Ok(()) | Err(Error::Closed) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

/// Shows the help that was asked for, or in one line what is wrong with the arguments.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that has gone needs no help.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return fail("no command is given; `annulus --help` lists them");
    }
    if let Some(line) = unmet(error) {
        return fail(&line);
    }
    // The first paragraph says what is wrong; tips and usage follow.
    let text = error.to_string();
    let words = text.lines().take_while(|line| !line.is_empty()).flat_map(str::split_whitespace);
    let line = words.collect::<Vec<_>>().join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    match similar(error) {
        Some(similar) => fail(&format!("{line}; did you mean {similar}?")),
        None => fail(line),
    }
}

/// Options that are nothing without another, each with the other; no option else is asked for by one.
const NEEDS: [(&str, &str); 2] = [("--max-per-zone", "--spread-zones"), ("--delimiter", "--field")];

/// Which option needs the one that is missing, if nothing else is.
fn unmet(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::MissingRequiredArgument {
        return None;
    }
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let [missing] = &missing[..] else { return None };
    let name = missing.split(' ').next()?;
    let (option, needed) = NEEDS.iter().find(|(_, needed)| *needed == name)?;
    Some(format!("{option} needs {needed}"))
}

/// What is spelled much like what was mistyped.
fn similar(error: &clap::Error) -> Option<String> {
    let kinds =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(one) => Some(one.clone()),
        // The most alike is last.
        ContextValue::Strings(some) => {
            Some(some.iter().rev().map(|one| &**one).collect::<Vec<_>>().join(" or "))
        }
        _ => None,
    })
}

fn fail(line: &str) -> ExitCode {
    use std::io::Write;
    // Where standard error is closed, the status has to do.
    let _ = writeln!(std::io::stderr(), "annulus: {line}");
    ExitCode::from(FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
