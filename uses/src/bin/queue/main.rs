//! A task queue in streams of Redis, whose shards a ring gives to workers. Each entity's tasks run in order, and
//! never two at once, while workers come, leave, crash and hang.

mod assignment;
mod crew;
mod held;
mod lanes;
mod ledger;
mod producer;
mod shards;
mod story;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use annulus_uses::{Options, run};
use clap::{Parser, Subcommand, ValueEnum};

/// A task queue in streams of Redis, whose shards a ring gives to workers
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    options: Options<Sabotage>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// What the story starts
    #[command(hide = true)]
    Worker(crew::Arguments),
}

/// What can be broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sabotage {
    /// A task is taken out of its stream before it runs
    AckFirst,
    /// A shard is given to another worker while a task of it runs
    NoHandover,
    /// The tasks of a worker that was killed are put at the end of their streams
    Requeue,
    /// Tasks write under a token that is never refused
    NoFence,
    /// Workers run one task at a time
    OneThread,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.role {
        None => run(Duration::from_secs(600), |checks| story::tell(&cli.options, checks)),
        Some(Role::Worker(arguments)) => match crew::work(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        },
    }
}
