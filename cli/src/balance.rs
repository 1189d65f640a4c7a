//! `annulus balance`: the exact share of every node, how even the shares are, and their picture.

use std::io::{self, Write};
use std::path::PathBuf;

use annulus::{Balance, KeyHash, Position, RingRef};
use annulus_profiles::{Down as DownRule, Profile, System as Placing};
use serde::Serialize;

use crate::answers::Answers;
use crate::args::{Down, Membership, Replicas, System, bitmap};
use crate::error::Error;
use crate::fingerprints::{self, Fingerprint};
use crate::keying::Hashing;
use crate::nodes::{Node, Nodes};
use crate::notes;
use crate::output::figure::Figure;
use crate::output::table::{self, Align, counted, label, percent, thousands};
use crate::output::{self, Format, Output, Records, file};
use crate::plot;
use crate::profile::{self, Job, Setup};

/// Show the exact share of the key space of every node.
///
/// A node's share is the part of the key space that it holds a copy of: with one replica shares
/// add up to 100 %, with K to K times as much, or to less where keys get fewer. Its fair share is
/// its part of the sum of weights of the nodes that are up, times what shares add up to; that of a
/// heavy node may be above 100 %, which no share is. Its load is its share divided by its fair
/// share: 1 everywhere on a ring of perfect balance, "down" for a node that is down.
///
/// Minimum, mean, maximum and standard deviation are of the loads of the nodes that are up and
/// have a weight. Before them comes how many of K replicas keys have in the mean. Positions are
/// out of 2^32.
///
/// The fingerprint is of the membership with its weights and zones, and of --vnodes: where it is
/// the same, so is the ring. The routing fingerprint is of all that and of how keys are hashed, here
/// whole, with `Xxh3`: where it is the same, keys have the same owners. Programs get it from the library as
/// `routing_fingerprint`. Neither says anything of replicas and of nodes that are down.
///
/// With --format tsv or json the records are, by their "kind": a "node" for every node, with what it has
/// and whether it is "up", its "share" and "fair" share as parts of 1, and its "load", which is "-" in tsv and
/// null in json for a node that is down; a "total" of them, in which "share"
/// is how many replicas keys have in the mean; "min", "mean", "max" and "std_dev", each with a "load"; and
/// the "fingerprint" and the "routing" one, both in hexadecimal as "fingerprint".
///
/// With --profile shares are those that the other system gives, as exactly. Where its circle has 2^64
/// positions, figures of positions are strings in JSON. What nginx gives in turn is no node's share. There is
/// no routing fingerprint, for hashes of other systems have none.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    system: System,
    #[command(flatten)]
    membership: Membership,
    #[command(flatten)]
    replicas: Replicas,
    #[command(flatten)]
    down: Down,
    #[command(flatten)]
    output: Output,
    /// Also draw the ring and the shares to this file; "-" writes the picture alone to standard
    /// output
    #[arg(long, value_name = "OUT.SVG")]
    plot: Option<PathBuf>,
}

/// What all nodes have, under a rule.
pub(crate) struct Shares<'a, 't, S: Placing<Node>, H> {
    pub(crate) answers: Answers<'a, 't, S, H>,
    /// One for every node, in the order of identities; those that left the ring for being down come last.
    pub(crate) rows: Vec<Row<'a>>,
    /// `None` where no node that is up has points.
    pub(crate) balance: Option<Balance>,
}

/// What a node has.
pub(crate) struct Row<'a> {
    pub(crate) node: &'a Node,
    /// How many points it has.
    pub(crate) points: u32,
    pub(crate) up: bool,
    /// How many positions it holds a copy of.
    pub(crate) positions: u128,
    /// The part of the circle that it holds a copy of.
    pub(crate) share: f64,
    /// What its share would be if shares followed the weights of the nodes that are up.
    pub(crate) fair: f64,
}

impl Row<'_> {
    /// Share over fair share; `None` where nothing is fair.
    pub(crate) fn load(&self) -> Option<f64> {
        (self.fair > 0.0).then_some(self.share / self.fair)
    }
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    if let Some(path) = &args.plot {
        file::keep(args.membership.origin(), "--plot", path)?;
    }
    let profile = args.system.profile();
    args.membership.points.check(&[profile])?;
    args.replicas.check(&profile)?;
    let nodes = args.membership.load(&profile)?;
    let own = (args.membership.points.vnodes(), Hashing::Whole);
    profile::run(&profile, own, Shown { args, is_own: profile == Profile::Native, nodes })
}

/// The shares of a ring of whichever system.
struct Shown<'a> {
    args: &'a Args,
    is_own: bool,
    nodes: Nodes,
}

impl Job for Shown<'_> {
    type Answer = Result<(), Error>;

    fn run<S: Placing<Node>, H: KeyHash<[u8]> + Clone>(
        self,
        setup: Setup<'_, S, H>,
    ) -> Result<(), Error> {
        let Self { args, is_own, mut nodes } = self;
        let down = args.down.names(&nodes)?;
        let left = if S::DOWN == DownRule::Leaves { nodes.take(&down) } else { Vec::new() };
        let ring = nodes.ring::<S, H>(setup.config, setup.vnodes, setup.hash)?;
        let bits = bitmap(ring.view(), &down);
        let rule = args.replicas.rule(S::holders(&setup.strategy)).with_down(&bits);
        let answers = Answers::new(ring.view(), rule, setup.strategy, is_own);
        let shares = Shares::new(answers, &left);
        if let Some(path) = &args.plot {
            file::write("--plot", path, &plot::svg(&shares, setup.vnodes))?;
        }
        if !args.plot.as_deref().is_some_and(file::is_stdout) {
            match args.output.format() {
                Format::Table => output::print(|out| shares.table(out, setup.routing))?,
                format => shares.records(Records::stdout(format, COLUMNS)?, setup.routing)?,
            }
        }
        notes::write(answers.ruled());
        Ok(())
    }
}

impl<'a, 't, S: Placing<Node>, H> Shares<'a, 't, S, H> {
    /// What nodes of the ring have; those that `left` have nothing.
    pub(crate) fn new(answers: Answers<'a, 't, S, H>, left: &'a [Node]) -> Self {
        let (members, rule) = (answers.ring().members(), answers.rule());
        let positions = answers.shares();
        // A node that is down has no weight.
        let weight = |number| if rule.is_down(number) { 0 } else { answers.weight(number) };
        let weights: u64 = (0..).zip(members).map(|(number, _)| u64::from(weight(number))).sum();
        let copies = copies::<S>(positions.iter());
        let rows = (0..).zip(members).zip(&positions).map(|((number, member), &positions)| Row {
            node: member.node(),
            points: member.point_count(),
            up: !rule.is_down(number),
            positions,
            share: part::<S>(positions),
            fair: f64::from(weight(number)) / weights.max(1) as f64 * copies,
        });
        let left = left.iter().map(|node| Row {
            node,
            points: 0,
            up: false,
            positions: 0,
            share: 0.0,
            fair: 0.0,
        });
        let mut rows: Vec<_> = rows.chain(left).collect();
        // Where the order of nodes counts, a ring may have the last first, and who left it is behind all others.
        if S::ORDERS {
            rows.sort_by_key(|row| row.node.place);
        }
        Self { answers, rows, balance: answers.ruled().balance(&positions) }
    }

    /// How many replicas a key should have.
    pub(crate) fn replicas(&self) -> usize {
        self.answers.rule().count()
    }

    /// How many nodes keys have in the mean.
    pub(crate) fn copies(&self) -> f64 {
        copies::<S>(self.rows.iter().map(|row| &row.positions))
    }

    /// How many nodes are down.
    pub(crate) fn down(&self) -> usize {
        self.rows.iter().filter(|row| !row.up).count()
    }

    /// Writes a table for people.
    fn table(&self, out: &mut impl Write, routing: Routing<S, H>) -> io::Result<()> {
        let ring = self.answers.ring();
        let row = |row: &Row<'_>| {
            let load = match row.load() {
                _ if !row.up => "down".into(),
                Some(load) => format!("{load:.4}"),
                None => "-".into(),
            };
            vec![
                label(&row.node.identity),
                row.node.weight.to_string(),
                thousands(row.points),
                thousands(row.positions),
                percent(row.share),
                percent(row.fair),
                load,
            ]
        };
        let cells: Vec<Vec<String>> = self.rows.iter().map(row).collect();
        let header = [
            ("node", Align::Left),
            ("weight", Align::Right),
            ("points", Align::Right),
            ("positions", Align::Right),
            ("share", Align::Right),
            ("fair share", Align::Right),
            ("load", Align::Right),
        ];
        table::write(out, &header, &cells)?;
        writeln!(out)?;
        write!(out, "{}", counted(self.rows.len(), "node"))?;
        if self.down() > 0 {
            write!(out, ", {} down", thousands(self.down()))?;
        }
        match ring.point_count() {
            0 => write!(out, ", no points")?,
            points => write!(out, ", {} points", thousands(points))?,
        }
        if self.replicas() > 1 {
            write!(out, ", {:.4} of {} replicas", self.copies(), self.replicas())?;
        }
        if let Some(Balance { min, max, mean, std_dev, .. }) = self.balance {
            write!(
                out,
                "; load: min {min:.4}, mean {mean:.4}, max {max:.4}, standard deviation {std_dev:.4}"
            )?;
        }
        writeln!(out)?;
        for Fingerprint { label, digits: [digits], .. } in fingerprints::of([ring], routing) {
            writeln!(out, "{label} {digits}")?;
        }
        Ok(())
    }

    /// Writes records for programs.
    fn records<W: Write>(
        &self,
        mut records: Records<W>,
        routing: Routing<S, H>,
    ) -> Result<(), Error> {
        let ring = self.answers.ring();
        let figure = |positions: u128| Figure::count::<S>(positions.cast_signed());
        for row in &self.rows {
            records.write(&NodeRecord {
                kind: "node",
                node: &row.node.identity,
                weight: row.node.weight,
                points: row.points,
                positions: figure(row.positions),
                share: row.share,
                fair: row.fair,
                load: row.load().filter(|_| row.up),
                up: row.up,
            })?;
        }
        records.write(&TotalRecord {
            kind: "total",
            nodes: self.rows.len(),
            down: self.down(),
            weight: self.rows.iter().map(|row| u64::from(row.node.weight)).sum(),
            points: ring.point_count(),
            positions: figure(self.rows.iter().map(|row| row.positions).sum()),
            share: self.copies(),
            replicas: self.replicas(),
        })?;
        if let Some(Balance { min, max, mean, std_dev, .. }) = self.balance {
            for (kind, load) in [("min", min), ("mean", mean), ("max", max), ("std_dev", std_dev)] {
                records.write(&LoadRecord { kind, load })?;
            }
        }
        for Fingerprint { kind, digits: [fingerprint], .. } in fingerprints::of([ring], routing) {
            records.write(&FingerprintRecord { kind, fingerprint })?;
        }
        records.finish()
    }
}

/// The columns of records that are lines.
const COLUMNS: &[&str] = &[
    "kind",
    "node",
    "weight",
    "points",
    "positions",
    "share",
    "fair",
    "load",
    "up",
    "fingerprint",
];

/// What a node has.
#[derive(Serialize)]
struct NodeRecord<'a> {
    kind: &'static str,
    node: &'a str,
    weight: u32,
    points: u32,
    positions: Figure,
    share: f64,
    fair: f64,
    load: Option<f64>,
    up: bool,
}

/// What all nodes have together.
#[derive(Serialize)]
struct TotalRecord {
    kind: &'static str,
    nodes: usize,
    down: usize,
    weight: u64,
    points: usize,
    positions: Figure,
    share: f64,
    replicas: usize,
}

/// A figure of all loads.
#[derive(Serialize)]
struct LoadRecord {
    kind: &'static str,
    load: f64,
}

/// What tells the ring from others.
#[derive(Serialize)]
struct FingerprintRecord {
    kind: &'static str,
    fingerprint: String,
}

/// The routing fingerprint of a ring, if there is one.
type Routing<S, H> = fn(RingRef<'_, Node, S, H>) -> Option<u64>;

/// So many positions as a part of the circle.
fn part<S: Placing<Node>>(positions: u128) -> f64 {
    positions as f64 / S::Position::CIRCLE as f64
}

/// How many nodes hold a position in the mean, from how many positions each node holds.
fn copies<'p, S: Placing<Node>>(positions: impl Iterator<Item = &'p u128>) -> f64 {
    part::<S>(positions.sum())
}
