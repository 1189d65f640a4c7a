//! What each node gives and takes in a change, and what it would if shares were fair.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::marker::PhantomData;

use annulus::Position;
use annulus_profiles::System;
use serde::Serialize;

use super::changes::Changes;
use super::part;
use crate::balance::Shares;
use crate::error::Error;
use crate::nodes::Node;
use crate::output::figure::Figure;
use crate::output::table::{self, Align, label, percent};
use crate::output::{Records, Stdout};

/// What all nodes of either membership have before and after, by name.
pub(super) struct Totals<'a, S> {
    nodes: BTreeMap<&'a str, Total>,
    has_ideals: bool,
    system: PhantomData<S>,
}

/// What one node has, in positions.
#[derive(Default)]
struct Total {
    before: u128,
    after: u128,
    gives: u128,
    takes: u128,
    /// How much its fair share grows.
    ideal: f64,
}

/// What one node has, in positions.
#[derive(Serialize)]
struct NodeRecord<'a> {
    kind: &'static str,
    node: &'a str,
    before: Figure,
    after: Figure,
    gives: Figure,
    takes: Figure,
    #[serde(skip_serializing_if = "Option::is_none")]
    ideal: Option<Figure>,
}

/// What all nodes have together, in positions; what moves also as a part of the circle.
#[derive(Serialize)]
struct TotalRecord {
    kind: &'static str,
    moves: Figure,
    share: f64,
    before: Figure,
    after: Figure,
    gives: Figure,
    takes: Figure,
    #[serde(skip_serializing_if = "Option::is_none")]
    ideal: Option<Figure>,
}

impl<'a, S: System<Node>> Totals<'a, S> {
    /// What nodes have by both shares, and by what moved. There are ideals where `has_ideals`: no ring can have
    /// the fair shares of replicas where a node would need more than the whole circle, or a zone more than its
    /// part.
    pub(super) fn new<H>(
        old: &Shares<'a, '_, S, H>,
        new: &Shares<'a, '_, S, H>,
        changes: &Changes<'a>,
        has_ideals: bool,
    ) -> Self {
        let circle = S::Position::CIRCLE as f64;
        let mut nodes: BTreeMap<&'a str, Total> = BTreeMap::new();
        for row in &old.rows {
            let total = nodes.entry(&row.node.identity).or_default();
            total.before = row.positions;
            total.ideal -= row.fair * circle;
        }
        for row in &new.rows {
            let total = nodes.entry(&row.node.identity).or_default();
            total.after = row.positions;
            total.ideal += row.fair * circle;
        }
        for ([from, to], positions) in &changes.pairs {
            for &name in from.names() {
                nodes.entry(name).or_default().gives += positions;
            }
            for &name in to.names() {
                nodes.entry(name).or_default().takes += positions;
            }
        }
        Self { nodes, has_ideals, system: PhantomData }
    }

    /// How many positions move if all shares are fair before and after: as many as all nodes take
    /// together, or give where nobody is left to take them. `None` where there are no ideals.
    pub(super) fn ideal(&self) -> Option<f64> {
        if !self.has_ideals {
            return None;
        }
        let ideals = || self.nodes.values().map(|total| total.ideal);
        let takes: f64 = ideals().map(|ideal| ideal.max(0.0)).sum();
        let gives: f64 = ideals().map(|ideal| (-ideal).max(0.0)).sum();
        Some(takes.max(gives))
    }

    /// Writes a table of the nodes that give or take, and of all together; nothing where nobody does.
    pub(super) fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let circle = S::Position::CIRCLE as f64;
        let row = |name: String, total: &Total, ideal: String| {
            let Total { before, after, gives, takes, .. } = *total;
            let figures = [before, after, gives, takes].map(|figure| percent(part::<S>(figure)));
            let mut row = vec![name];
            row.extend(figures);
            row.extend(self.has_ideals.then_some(ideal));
            row
        };
        let moving = self.nodes.iter().filter(|(_, total)| total.gives > 0 || total.takes > 0);
        let mut rows: Vec<Vec<String>> = moving
            .map(|(name, total)| row(label(name), total, signed(total.ideal / circle)))
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let ideal = percent(self.ideal().unwrap_or(0.0) / circle);
        rows.push(row("total".into(), &self.sum(), ideal));
        let header = [
            ("node", Align::Left),
            ("before", Align::Right),
            ("after", Align::Right),
            ("gives", Align::Right),
            ("takes", Align::Right),
            ("ideal", Align::Right),
        ];
        let columns = if self.has_ideals { header.len() } else { header.len() - 1 };
        writeln!(out)?;
        table::write(out, &header[..columns], &rows)
    }

    /// What all nodes have together, but for the ideal.
    fn sum(&self) -> Total {
        let mut sum = Total::default();
        for total in self.nodes.values() {
            sum.before += total.before;
            sum.after += total.after;
            sum.gives += total.gives;
            sum.takes += total.takes;
        }
        sum
    }

    /// Writes a record for each node.
    pub(super) fn nodes(&self, records: &mut Records<Stdout>) -> Result<(), Error> {
        for (&node, total) in &self.nodes {
            records.write(&NodeRecord {
                kind: "node",
                node,
                before: figure::<S>(total.before),
                after: figure::<S>(total.after),
                gives: figure::<S>(total.gives),
                takes: figure::<S>(total.takes),
                ideal: self.has_ideals.then(|| Figure::count::<S>(total.ideal.round() as i128)),
            })?;
        }
        Ok(())
    }

    /// Writes a record for all nodes, of which so many positions move.
    pub(super) fn total(&self, records: &mut Records<Stdout>, moves: u128) -> Result<(), Error> {
        let Total { before, after, gives, takes, .. } = self.sum();
        records.write(&TotalRecord {
            kind: "total",
            moves: figure::<S>(moves),
            share: part::<S>(moves),
            before: figure::<S>(before),
            after: figure::<S>(after),
            gives: figure::<S>(gives),
            takes: figure::<S>(takes),
            ideal: self.ideal().map(|ideal| Figure::count::<S>(ideal.round() as i128)),
        })
    }
}

/// So many positions, as records have them.
pub(super) fn figure<S: System<Node>>(positions: u128) -> Figure {
    Figure::count::<S>(positions.cast_signed())
}

/// A part of a whole in per cent, with its sign unless it is written as 0.
fn signed(part: f64) -> String {
    let figure = percent(part.abs());
    match part {
        _ if figure == percent(0.0) => figure,
        ..0.0 => format!("-{figure}"),
        _ => format!("+{figure}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_as_more_than_nothing_has_a_sign() {
        let parts = [0.25, -0.25, 0.0, -0.0, 1e-9, -1e-9].map(signed);
        let zero = "0.0000 %";
        assert_eq!(parts, ["+25.0000 %", "-25.0000 %", zero, zero, zero, zero]);
    }
}
