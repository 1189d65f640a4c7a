//! A distributed database of six redis servers in three zones, whose clients keep three replicas of each key, one in
//! each zone; and how data moves as servers come and go, while it is read and written.
//!
//! To take home: [`layout`], who holds a key; [`store`], reads and writes by quorum, and read repair; [`mover`], from
//! one membership to the next; [`servers`] with its scripts, and [`record`], what the three ask of redis.

mod layout;
mod ledger;
mod mover;
mod record;
mod servers;
mod store;
mod story;

use std::process::ExitCode;
use std::time::Duration;

use annulus_uses::Options;
use clap::{Parser, ValueEnum};

/// Runs a database through failures and moves, and checks every key.
#[derive(Debug, Parser)]
#[command(name = "database")]
struct Arguments {
    #[command(flatten)]
    options: Options<Sabotage>,
}

/// What can be broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sabotage {
    /// The mover skips a range
    LostKey,
    /// What the mover copies overwrites what is newer
    Overwrite,
    /// Servers go on to serve whoever knows an old ring alone
    StaleRing,
}

fn main() -> ExitCode {
    let Arguments { options } = Arguments::parse();
    let minutes = options.size(10, 20);
    annulus_uses::run(Duration::from_secs(60 * minutes), |checks| story::tell(options, checks))
}
