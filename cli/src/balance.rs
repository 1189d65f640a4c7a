//! `annulus balance`: the exact share of every node, how even the shares are, and their picture.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use annulus::{Balance, Position, RingRef};

use crate::args::Membership;
use crate::error::Error;
use crate::nodes::Node;
use crate::plot;
use crate::table::{self, Align, percent, thousands};

/// Show the exact share of the key space of every node.
///
/// A node's load is its share divided by its fair share, which is its part of the sum of weights:
/// 1 everywhere on a ring of perfect balance. Minimum, mean, maximum and standard deviation are
/// of the loads of the nodes that have a weight. Positions are out of 2^32.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    membership: Membership,
    /// Also draw the ring and the shares to this file
    #[arg(long, value_name = "OUT.SVG")]
    plot: Option<PathBuf>,
}

/// What a node has.
pub(crate) struct Row<'a> {
    pub(crate) node: &'a Node,
    pub(crate) positions: u128,
    /// Its part of the circle.
    pub(crate) share: f64,
    /// Its part of the sum of weights.
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
    let ring = args.membership.load()?.ring(args.membership.points.vnodes, |node| node)?;
    let ring = ring.view();
    let (rows, balance) = rows(ring);
    if let Some(path) = &args.plot {
        let picture = plot::svg(ring, &rows, balance);
        fs::write(path, picture).map_err(|error| Error::file(path, error))?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    print(&mut out, ring, &rows, balance).and_then(|()| out.flush()).map_err(Error::output)
}

/// What every node of `ring` has, in the order of identities.
fn rows<'a>(ring: RingRef<'a, Node>) -> (Vec<Row<'a>>, Option<Balance>) {
    let mut shares = vec![0; ring.len()];
    // There is one place for each node.
    let _ = ring.shares(&mut shares);
    let weights: u64 = ring.members().iter().map(|member| u64::from(member.weight())).sum();
    let row = |(member, &positions): (&'a annulus::Member<Node>, &u128)| Row {
        node: member.node(),
        positions,
        share: positions as f64 / <u32 as Position>::CIRCLE as f64,
        fair: f64::from(member.weight()) / weights.max(1) as f64,
    };
    (ring.members().iter().zip(&shares).map(row).collect(), ring.balance(&shares))
}

fn print(
    out: &mut impl Write,
    ring: RingRef<'_, Node>,
    rows: &[Row<'_>],
    balance: Option<Balance>,
) -> io::Result<()> {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let weight = row.node.weight;
            vec![
                row.node.identity.clone(),
                weight.to_string(),
                thousands(u64::from(weight) * u64::from(ring.vnodes())),
                thousands(row.positions as u64),
                percent(row.share),
                percent(row.fair),
                row.load().map_or("-".into(), |load| format!("{load:.4}")),
            ]
        })
        .collect();
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
    let unit = if ring.len() == 1 { "node" } else { "nodes" };
    let nodes = format!("{} {unit}", thousands(ring.len() as u64));
    let points = thousands(ring.point_count() as u64);
    match balance {
        Some(Balance { min, max, mean, std_dev, .. }) => writeln!(
            out,
            "{nodes}, {points} points; \
             load: min {min:.4}, mean {mean:.4}, max {max:.4}, standard deviation {std_dev:.4}"
        ),
        None => writeln!(out, "{nodes}, no points"),
    }
}
