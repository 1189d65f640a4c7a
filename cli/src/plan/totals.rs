//! What each node gives and takes in a change, and what it would if shares were fair.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use annulus::Position;
use serde::Serialize;

use super::line;
use crate::balance::Shares;
use crate::table::{self, Align, percent};

/// How many positions each node gives and takes, as ranges come in that move.
#[derive(Default)]
pub(super) struct Moved<'a> {
    nodes: HashMap<&'a str, (u128, u128)>,
}

impl<'a> Moved<'a> {
    /// The nodes `from` have so many positions no longer, which the nodes `to` have now.
    pub(super) fn add(
        &mut self,
        from: impl IntoIterator<Item = &'a str>,
        to: impl IntoIterator<Item = &'a str>,
        positions: u128,
    ) {
        for name in from {
            self.nodes.entry(name).or_default().0 += positions;
        }
        for name in to {
            self.nodes.entry(name).or_default().1 += positions;
        }
    }
}

/// What all nodes of either membership have before and after, by name.
pub(super) struct Totals<'a> {
    nodes: BTreeMap<&'a str, Total>,
    has_ideals: bool,
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

/// What one node has, as JSON has it, in positions.
#[derive(Serialize)]
struct NodeLine<'a> {
    kind: &'static str,
    node: &'a str,
    before: u64,
    after: u64,
    gives: u64,
    takes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ideal: Option<i64>,
}

/// What all nodes have together, as JSON has it, in positions.
#[derive(Serialize)]
struct TotalLine {
    kind: &'static str,
    moves: u64,
    gives: u64,
    takes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ideal: Option<u64>,
}

impl<'a> Totals<'a> {
    /// What nodes have by both shares, and by what moved. There are ideals where `has_ideals`: no ring can have
    /// the fair shares of replicas where a node would need more than the whole circle, or a zone more than its
    /// part.
    pub(super) fn new(
        old: &Shares<'a>,
        new: &Shares<'a>,
        moved: Moved<'a>,
        has_ideals: bool,
    ) -> Self {
        let circle = u32::CIRCLE as f64;
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
        for (name, (gives, takes)) in moved.nodes {
            let total = nodes.entry(name).or_default();
            (total.gives, total.takes) = (gives, takes);
        }
        Self { nodes, has_ideals }
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

    /// Writes a table of the nodes that give or take; nothing where there are none.
    pub(super) fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let circle = u32::CIRCLE as f64;
        let share = |positions: u128| percent(positions as f64 / circle);
        let moving = self.nodes.iter().filter(|(_, total)| total.gives > 0 || total.takes > 0);
        let rows: Vec<Vec<String>> = moving
            .map(|(&name, total)| {
                let Total { before, after, gives, takes, ideal } = *total;
                let figures = [before, after, gives, takes].map(share);
                let mut row = vec![name.to_owned()];
                row.extend(figures);
                row.extend(self.has_ideals.then(|| signed(ideal / circle)));
                row
            })
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
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

    /// Writes an object for each node, and one for all of them, of which so many positions move.
    pub(super) fn json(&self, out: &mut impl Write, moves: u128) -> io::Result<()> {
        // No node has a position twice, so that what it has is 2^32 at most.
        for (&node, total) in &self.nodes {
            let object = NodeLine {
                kind: "node",
                node,
                before: total.before as u64,
                after: total.after as u64,
                gives: total.gives as u64,
                takes: total.takes as u64,
                ideal: self.has_ideals.then(|| total.ideal.round() as i64),
            };
            line(out, &object)?;
        }
        let sum = |of: fn(&Total) -> u128| self.nodes.values().map(of).sum::<u128>() as u64;
        let object = TotalLine {
            kind: "total",
            moves: moves as u64,
            gives: sum(|total| total.gives),
            takes: sum(|total| total.takes),
            ideal: self.ideal().map(|ideal| ideal.round() as u64),
        };
        line(out, &object)
    }
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
