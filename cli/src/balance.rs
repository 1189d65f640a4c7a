//! `annulus balance`: the exact share of every node, how even the shares are, and their picture.

use std::io::{self, Write};
use std::path::PathBuf;

use annulus::{Balance, Member, Position};
use serde::Serialize;

use crate::args::{Down, Membership, Replicas, bitmap};
use crate::error::Error;
use crate::fingerprints::{self, Fingerprint};
use crate::keying::{Hashing, RuledRing};
use crate::nodes::Node;
use crate::notes;
use crate::output::table::{self, Align, counted, label, percent, thousands};
use crate::output::{self, Format, Output, Records, file};
use crate::plot;

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
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
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
pub(crate) struct Shares<'a> {
    pub(crate) ring: RuledRing<'a, Node>,
    /// One for every node, in the order of identities.
    pub(crate) rows: Vec<Row<'a>>,
    /// `None` where no node that is up has points.
    pub(crate) balance: Option<Balance>,
}

/// What a node has.
pub(crate) struct Row<'a> {
    pub(crate) node: &'a Node,
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
    let nodes = args.membership.load()?;
    let down = args.down.names(&nodes)?;
    let ring = nodes.ring(args.membership.points.vnodes, Hashing::Whole, |node| node)?;
    let ring = ring.view();
    let bits = bitmap(ring, &down);
    let ring = ring.under(args.replicas.rule().with_down(&bits));
    let shares = Shares::new(ring)?;
    if let Some(path) = &args.plot {
        file::write("--plot", path, &plot::svg(&shares))?;
    }
    if !args.plot.as_deref().is_some_and(file::is_stdout) {
        match args.output.format() {
            Format::Table => output::print(|out| shares.table(out))?,
            format => shares.records(Records::stdout(format, COLUMNS)?)?,
        }
    }
    notes::write(ring);
    Ok(())
}

impl<'a> Shares<'a> {
    pub(crate) fn new(ring: RuledRing<'a, Node>) -> Result<Self, Error> {
        let members = ring.ring().members();
        let (mut room, mut positions) = (vec![0; ring.most_owners()], vec![0; members.len()]);
        // Both are as long as they must be.
        ring.shares(&mut room, &mut positions).map_err(|error| Error::of("--replicas", error))?;
        // A node that is down has no weight.
        let weight = |(number, member): (u32, &Member<Node>)| {
            if ring.rule().is_down(number) { 0 } else { member.weight() }
        };
        let weights: u64 = (0..).zip(members).map(|member| u64::from(weight(member))).sum();
        let copies = copies(positions.iter());
        let row = |((number, member), &positions): ((u32, &'a Member<Node>), &u128)| Row {
            node: member.node(),
            up: !ring.rule().is_down(number),
            positions,
            share: part(positions),
            fair: f64::from(weight((number, member))) / weights.max(1) as f64 * copies,
        };
        let rows = (0..).zip(members).zip(&positions).map(row).collect();
        Ok(Self { ring, rows, balance: ring.balance(&positions) })
    }

    /// How many replicas a key should have.
    pub(crate) fn replicas(&self) -> usize {
        self.ring.rule().count()
    }

    /// How many nodes keys have in the mean.
    pub(crate) fn copies(&self) -> f64 {
        copies(self.rows.iter().map(|row| &row.positions))
    }

    /// How many nodes are down.
    pub(crate) fn down(&self) -> usize {
        self.rows.iter().filter(|row| !row.up).count()
    }

    /// Writes a table for people.
    fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let ring = self.ring.ring();
        let row = |row: &Row<'_>| {
            let weight = row.node.weight;
            let load = match row.load() {
                _ if !row.up => "down".into(),
                Some(load) => format!("{load:.4}"),
                None => "-".into(),
            };
            vec![
                label(&row.node.identity),
                weight.to_string(),
                thousands(u64::from(weight) * u64::from(ring.vnodes())),
                thousands(row.positions as u64),
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
        write!(out, "{}", counted(ring.len(), "node"))?;
        if self.down() > 0 {
            write!(out, ", {} down", thousands(self.down() as u64))?;
        }
        match ring.point_count() {
            0 => write!(out, ", no points")?,
            points => write!(out, ", {} points", thousands(points as u64))?,
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
        for Fingerprint { label, digits: [digits], .. } in fingerprints::of([ring]) {
            writeln!(out, "{label} {digits}")?;
        }
        Ok(())
    }

    /// Writes records for programs.
    fn records<W: Write>(&self, mut records: Records<W>) -> Result<(), Error> {
        let ring = self.ring.ring();
        let points = |weight: u64| weight * u64::from(ring.vnodes());
        for row in &self.rows {
            records.write(&NodeRecord {
                kind: "node",
                node: &row.node.identity,
                weight: row.node.weight,
                points: points(row.node.weight.into()),
                positions: row.positions as u64,
                share: row.share,
                fair: row.fair,
                load: row.load().filter(|_| row.up),
                up: row.up,
            })?;
        }
        records.write(&TotalRecord {
            kind: "total",
            nodes: ring.len(),
            down: self.down(),
            weight: self.rows.iter().map(|row| u64::from(row.node.weight)).sum(),
            points: ring.point_count(),
            positions: self.rows.iter().map(|row| row.positions).sum::<u128>() as u64,
            share: self.copies(),
            replicas: self.replicas(),
        })?;
        if let Some(Balance { min, max, mean, std_dev, .. }) = self.balance {
            for (kind, load) in [("min", min), ("mean", mean), ("max", max), ("std_dev", std_dev)] {
                records.write(&LoadRecord { kind, load })?;
            }
        }
        for Fingerprint { kind, digits: [fingerprint], .. } in fingerprints::of([ring]) {
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
    points: u64,
    positions: u64,
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
    positions: u64,
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

/// So many positions as a part of the circle.
fn part(positions: u128) -> f64 {
    positions as f64 / <u32 as Position>::CIRCLE as f64
}

/// How many nodes hold a position in the mean, from how many positions each node holds.
fn copies<'p>(positions: impl Iterator<Item = &'p u128>) -> f64 {
    part(positions.sum())
}
