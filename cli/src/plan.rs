//! `annulus plan`: which part of the key space moves when one membership becomes another.

mod changes;
mod keys;
mod show;
mod totals;

use std::ffi::OsString;
use std::path::PathBuf;

use annulus::{KeyHash, Position, RingRef};
use annulus_profiles::{Profile, System as Placing};

use crate::answers::Answers;
use crate::args::{Points, Replicas, System};
use crate::balance::Shares;
use crate::error::Error;
use crate::fingerprints::{self, Fingerprint};
use crate::keying::Keying;
use crate::nodes::{Node, Nodes, Origin, is_stdin};
use crate::notes;
use crate::output::{self, Format, Output, Records};
use crate::profile::{self, Job, Setup};
use changes::Changes;
use totals::Totals;

/// Show which share of the key space moves between two memberships, from whom to whom.
///
/// Then comes what each node that gives or takes has before and after, gives and takes, and all nodes
/// together. A node's ideal is how much its fair share, as `balance` has it, grows, or shrinks with a
/// minus; that of all is what would move if shares were fair before and after. With --replicas above 1
/// there is none. Last come the fingerprints and the routing fingerprints of both memberships, as `balance`
/// has them.
///
/// With --format json, one object for every range of positions that moves, in the order of their
/// ends: {"kind":"range","start":S,"end":E,"from":"a","to":"b"}. A range has the positions after S up to and
/// including E, clockwise on a circle of 2^32; the whole circle where S equals E. "from" or "to"
/// is null where that membership has no points. With --replicas above 1 the ranges are those
/// whose set of nodes changes, and have "before" and "after", lists of nodes as `route` gives them.
///
/// Further records follow the ranges, and are all there is with --format tsv: a "node" for every
/// node, with what it has "before" and "after", "gives", "takes", and its "ideal", if it has one; a "move"
/// for all that moves from the same to the same, which are lists with --replicas above 1; a "total" of all,
/// in which "moves" is the length of all ranges; and the "fingerprint" and the "routing" one of both
/// memberships, "from" and "to". Figures are in positions, a "share" is in parts of 1.
///
/// With --keys it is about keys of yours instead: those that move, in the order of the input, then how many
/// they are, and the fingerprints. With --hash-tag the routing fingerprints are of keys hashed by their tags,
/// with `Tagged` over `Xxh3`. With --format tsv the lines, after one that begins with "#kind", are
/// `key<TAB>KEY<TAB>FROM<TAB>TO`,
/// `total<TAB>KEYS<TAB>MOVED<TAB>SHARE`, `fingerprint<TAB>-<TAB>FROM<TAB>TO` and
/// `routing<TAB>-<TAB>FROM<TAB>TO`, "-" where nobody has the key. No node has a tab in its name, so that a key
/// with tabs can be had back. With --format json a "key" has its "key" or "key_base64", as `route` has them,
/// "from" and "to", and a "total" its "keys", "moved" and "share". With --field KEY is the line as it came. With
/// --replicas above 1 a key moves where its set of nodes changes, and both sets are shown: "before" and
/// "after".
///
/// With --profile both memberships are of that system, with a circle of 2^64 positions for some: then figures are
/// strings in JSON, and positions of cassandra are signed. Under cassandra with more replicas than one, sets of
/// nodes change. `migrate` shows what moves between two systems.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  annulus plan --from a,b,c --to a,b,c,d --replicas 2
  annulus plan --from nodes --to a,b --keys keys --format json
  annulus plan --profile nginx --from a:80,b:80 --to a:80,b:80,c:80")]
pub(crate) struct Args {
    #[command(flatten)]
    system: System,
    /// The nodes before: a file, "-" for standard input, or a list of names with a comma in it
    #[arg(long, value_name = "NODES", allow_hyphen_values = true)]
    from: OsString,
    /// Weights of nodes in a list of nodes before; those of other nodes are 1
    #[arg(long, value_name = "NAME=W,...", allow_hyphen_values = true)]
    from_weights: Vec<OsString>,
    /// The nodes after, as those before
    #[arg(long, value_name = "NODES", allow_hyphen_values = true)]
    to: OsString,
    /// Weights of nodes in a list of nodes after
    #[arg(long, value_name = "NAME=W,...", allow_hyphen_values = true)]
    to_weights: Vec<OsString>,
    #[command(flatten)]
    points: Points,
    #[command(flatten)]
    replicas: Replicas,
    /// Show which keys of this file move, one a line; "-" is standard input; may be given more than once
    #[arg(long, value_name = "FILE")]
    keys: Vec<PathBuf>,
    #[command(flatten)]
    keying: Keying,
    #[command(flatten)]
    output: Output,
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    if [&args.from, &args.to].iter().all(|value| Origin::of(value) == Origin::Stdin) {
        let cause = "standard input cannot be the nodes before and the nodes after";
        return Err(Error::of("--to", cause));
    }
    for (option, nodes) in [("--from", &args.from), ("--to", &args.to)] {
        if Origin::of(nodes) == Origin::Stdin && args.keys.iter().any(|file| is_stdin(file)) {
            let cause = "standard input cannot be the nodes and the keys; name a file of keys";
            return Err(Error::of(option, cause));
        }
    }
    if let (Some(option), []) = (args.keying.option(), &args.keys[..]) {
        return Err(Error::of(option, "there are no keys; --keys names a file of them"));
    }
    let profile = args.system.profile();
    args.points.check(&[profile])?;
    args.replicas.check(&profile)?;
    args.keying.check(&[profile])?;
    let old = Nodes::load("--from", &args.from, &profile)?
        .weighed("--from-weights", &args.from_weights)?;
    let new = Nodes::load("--to", &args.to, &profile)?.weighed("--to-weights", &args.to_weights)?;
    let own = (args.points.vnodes(), args.keying.hashing());
    profile::run(&profile, own, Change { args, is_own: profile == Profile::Native, old, new })
}

/// The change from a ring to another one of whichever system.
struct Change<'a> {
    args: &'a Args,
    is_own: bool,
    old: Nodes,
    new: Nodes,
}

impl Job for Change<'_> {
    type Answer = Result<(), Error>;

    fn run<S: Placing<Node>, H: KeyHash<[u8]> + Clone>(
        self,
        setup: Setup<'_, S, H>,
    ) -> Result<(), Error> {
        let Self { args, is_own, old, new } = self;
        let Setup { config, vnodes, hash, strategy, routing } = setup;
        let old = old.ring::<S, H>(config, vnodes, hash.clone())?;
        let new = new.ring::<S, H>(config, vnodes, hash)?;
        let rule = args.replicas.rule(S::holders(&strategy));
        let [old, new] =
            [old.view(), new.view()].map(|ring| Answers::new(ring, rule, strategy, is_own));
        let plan = Plan { old, new, routing };
        match args.output.format() {
            format if !args.keys.is_empty() => plan.keys(&args.keys, args.keying, format)?,
            Format::Table => plan.table()?,
            format => plan.records(Records::stdout(format, show::COLUMNS)?)?,
        }
        notes::write_both(old.ruled(), new.ruled());
        Ok(())
    }
}

/// What is to be shown of which change, under one rule.
struct Plan<'a, 't, S: Placing<Node>, H> {
    old: Answers<'a, 't, S, H>,
    new: Answers<'a, 't, S, H>,
    /// The routing fingerprint of a ring, if there is one.
    routing: fn(RingRef<'_, Node, S, H>) -> Option<u64>,
}

impl<'a, 't, S: Placing<Node>, H> Plan<'a, 't, S, H> {
    /// Whether owners are all that is asked for.
    fn of_owners(&self) -> bool {
        self.old.rule().count() == 1
    }

    /// What all nodes have, give and take.
    fn totals(&self, changes: &Changes<'a>) -> Totals<'a, S> {
        let (old, new) = (Shares::new(self.old, &[]), Shares::new(self.new, &[]));
        Totals::new(&old, &new, changes, self.of_owners())
    }

    /// The fingerprints of both rings.
    fn fingerprints(&self) -> Vec<Fingerprint<2>> {
        fingerprints::of([self.old.ring(), self.new.ring()], self.routing)
    }

    /// Writes tables for people.
    fn table(&self) -> Result<(), Error> {
        let changes = self.changes(None)?;
        let totals = self.totals(&changes);
        output::print(|out| show::table(out, &changes, &totals, self.fingerprints()))
    }

    /// Writes records for programs; with every range if they are JSON.
    fn records(&self, mut records: Records<output::Stdout>) -> Result<(), Error> {
        let json = records.is_json();
        let changes = self.changes(json.then_some(&mut records))?;
        show::records(records, &changes, &self.totals(&changes), self.fingerprints())
    }
}

/// So many positions as a part of the circle.
fn part<S: Placing<Node>>(positions: u128) -> f64 {
    positions as f64 / S::Position::CIRCLE as f64
}
