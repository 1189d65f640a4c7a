//! A balancer of load that keeps sessions where they are, before real servers, as these fail, come and go; and one
//! that keeps prompts where their beginnings are cached.

mod backend;
mod balance;
mod health;
mod members;
mod proxy;
mod session;
mod story;

use std::process::ExitCode;
use std::time::Duration;

use annulus_uses::{Options, run};
use clap::{Parser, Subcommand, ValueEnum};

use story::prompt_server::PromptServer;

/// What can be broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sabotage {
    /// Requests in flight do not count
    NoCap,
    /// A session goes to the backend whose number is its hash, modulo how many are up
    MovesAll,
    /// The proxy looks at a ring that nobody edits
    StaleRing,
    /// Prompts are told apart by all of them, and not by their beginnings
    WholePrompts,
}

/// Balances load with session affinity
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(flatten)]
    options: Options<Sabotage>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What the program starts itself as.
#[derive(Debug, Subcommand)]
enum Part {
    /// A backend that answers prompts
    #[command(hide = true)]
    PromptServer(PromptServer),
}

fn main() -> ExitCode {
    let Arguments { options, part } = Arguments::parse();
    match part {
        Some(Part::PromptServer(server)) => run(Duration::from_secs(600), |_| server.serve()),
        None => run(Duration::from_secs(570), |checks| story::tell(options, checks)),
    }
}
