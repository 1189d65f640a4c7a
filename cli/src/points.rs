//! `annulus points`: the points of a ring, in their order.

use std::io::Write;

use annulus::{KeyHash, Point};
use annulus_profiles::System as Placing;
use serde::Serialize;

use crate::args::{Membership, System};
use crate::error::Error;
use crate::keying::Hashing;
use crate::nodes::{Node, Nodes};
use crate::output::figure::Figure;
use crate::output::{self, Lines};
use crate::profile::{self, Job, Setup};

/// Write the points of a ring, in their order.
///
/// A line is `position<TAB>NODE`; with --format json it is {"position":N,"node":"..."}. Positions are as the
/// system of --profile has them: signed for cassandra; in JSON a string where they have 64 bits, which not
/// every reader of JSON has. Of the 128 bits of uhashring they are the upper 64.
///
/// Where points lie on one position, those are written that count: all of them, the owner of what lies before
/// them first; or that of the owner alone where a system has one of each (nginx, pingora, uhashring, hash_ring).
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  annulus points --nodes cache-a,cache-b --vnodes 3
  annulus points --profile nginx --nodes 10.0.0.1:80,10.0.0.2:80 --format json")]
pub(crate) struct Args {
    #[command(flatten)]
    system: System,
    #[command(flatten)]
    membership: Membership,
    /// How points are written
    #[arg(long, value_enum, default_value_t = Lines::Tsv)]
    format: Lines,
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let profile = args.system.profile();
    args.membership.points.check(&[profile])?;
    let nodes = args.membership.load(&profile)?;
    let own = (args.membership.points.vnodes(), Hashing::Whole);
    profile::run(&profile, own, Points { nodes, format: args.format })
}

/// The points of a ring of whichever system.
struct Points {
    nodes: Nodes,
    format: Lines,
}

/// A point, as JSON has it.
#[derive(Serialize)]
struct Record<'a> {
    position: Figure,
    node: &'a str,
}

impl Job for Points {
    type Answer = Result<(), Error>;

    fn run<S: Placing<Node>, H: KeyHash<[u8]> + Clone>(
        self,
        setup: Setup<'_, S, H>,
    ) -> Result<(), Error> {
        let ring = self.nodes.ring::<S, H>(setup.config, setup.vnodes, setup.hash)?;
        let mut before = None;
        // Of points that count once the first does.
        let counts = |point: &Point<'_, Node, S>| {
            before.replace(point.position) != Some(point.position) || !S::EQUAL_POINTS_ONCE
        };
        output::print(|out| {
            ring.view().points().filter(counts).try_for_each(|point| {
                let (position, node) =
                    (Figure::position::<S>(point.position), &point.node.identity);
                match self.format {
                    Lines::Tsv => writeln!(out, "{position}\t{node}"),
                    Lines::Json => {
                        serde_json::to_writer(&mut *out, &Record { position, node })?;
                        out.write_all(b"\n")
                    }
                }
            })
        })
    }
}
