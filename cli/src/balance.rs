//! `annulus balance`: the exact share of every node, how even the shares are, and their picture.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use annulus::{Balance, Member, Position, Ruled};

use crate::args::{Down, Membership, Replicas, bitmap};
use crate::error::Error;
use crate::nodes::Node;
use crate::notes;
use crate::output;
use crate::plot;
use crate::table::{self, Align, counted, percent, thousands};

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
/// the same, so is the ring. It says nothing of replicas, of nodes that are down, and of how keys are hashed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    membership: Membership,
    #[command(flatten)]
    replicas: Replicas,
    #[command(flatten)]
    down: Down,
    /// Also draw the ring and the shares to this file; "-" writes the picture alone to standard
    /// output
    #[arg(long, value_name = "OUT.SVG")]
    plot: Option<PathBuf>,
}

/// What all nodes have, under a rule.
pub(crate) struct Shares<'a> {
    pub(crate) ring: Ruled<'a, 'a, Node>,
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
        output::keep(args.membership.origin(), "--plot", path)?;
    }
    let nodes = args.membership.load()?;
    let down = args.down.names(&nodes)?;
    let ring = nodes.ring(args.membership.points.vnodes, |node| node)?;
    let ring = ring.view();
    let bits = bitmap(ring, &down);
    let ring = ring.under(args.replicas.rule().with_down(&bits));
    let shares = Shares::new(ring)?;
    if let Some(path) = &args.plot {
        output::write(path, &plot::svg(&shares))?;
    }
    if !args.plot.as_deref().is_some_and(output::is_stdout) {
        let mut out = BufWriter::new(io::stdout().lock());
        shares.print(&mut out).and_then(|()| out.flush()).map_err(Error::output)?;
    }
    notes::write(ring);
    Ok(())
}

impl<'a> Shares<'a> {
    pub(crate) fn new(ring: Ruled<'a, 'a, Node>) -> Result<Self, Error> {
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

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let ring = self.ring.ring();
        let row = |row: &Row<'_>| {
            let weight = row.node.weight;
            let load = match row.load() {
                _ if !row.up => "down".into(),
                Some(load) => format!("{load:.4}"),
                None => "-".into(),
            };
            vec![
                row.node.identity.clone(),
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
        writeln!(out, "fingerprint {:016x}", ring.fingerprint())
    }
}

/// So many positions as a part of the circle.
fn part(positions: u128) -> f64 {
    positions as f64 / <u32 as Position>::CIRCLE as f64
}

/// How many nodes hold a position in the mean, from how many positions each node holds.
fn copies<'p>(positions: impl Iterator<Item = &'p u128>) -> f64 {
    part(positions.sum())
}
