//! A cache on many servers of memcached, of which one is lost, one is added, and one hangs.
//!
//! `cargo run --release --package annulus-uses --bin cache -- [--full]`

mod client;
mod connections;
mod hang;
mod memcached;
mod modulo;
mod server;
mod stage;
mod story;
mod tally;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use annulus_uses::{Options, run};
use clap::{Parser, ValueEnum};

/// What can be broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Sabotage {
    /// Clients go on with the list of servers that was
    StaleRing,
    /// A server forgets a key
    LostKey,
    /// One client calls the servers by other names
    OtherNames,
}

/// A cache on many servers of memcached: one is lost, one is added, one hangs
#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    options: Options<Sabotage>,
}

fn main() -> ExitCode {
    let Command { options } = Command::parse();
    run(options.size(Duration::from_secs(600), Duration::from_secs(900)), |checks| {
        story::tell(&options, checks)
    })
}
