//! What moves: every range, and how much from the same to the same.

use std::collections::HashMap;

use annulus::{Diff, KeyRange, Position as _};
use annulus_profiles::System;
use serde::Serialize;

use super::Plan;
use crate::answers::Answers;
use crate::error::Error;
use crate::nodes::Node;
use crate::output::figure::Figure;
use crate::output::side::Side;
use crate::output::{Records, Stdout};
use crate::progress::{Progress, Unit};

/// All that moves, in positions.
#[derive(Default)]
pub(super) struct Changes<'a> {
    /// How much moves from whom to whom.
    pub(super) pairs: HashMap<[Side<'a>; 2], u128>,
    /// The length of all ranges that move.
    pub(super) moves: u128,
    /// What replicas gain and lose; `None` where owners are all that is asked for.
    pub(super) copies: Option<[u128; 2]>,
}

impl<'a> Changes<'a> {
    fn add(&mut self, sides: [Side<'a>; 2], positions: u128) {
        *self.pairs.entry(sides).or_default() += positions;
        self.moves += positions;
    }
}

/// A range that moves, as JSON has it.
#[derive(Serialize)]
struct RangeRecord<'r, 'a> {
    kind: &'static str,
    start: Figure,
    end: Figure,
    #[serde(flatten)]
    sides: Sides<'r, 'a>,
}

/// What a range had and has.
#[derive(Serialize)]
#[serde(untagged)]
enum Sides<'r, 'a> {
    Owners { from: Option<&'a str>, to: Option<&'a str> },
    Sets { before: &'r [&'a str], after: &'r [&'a str] },
}

/// A range that moves, with the nodes that held it and hold it.
struct Moving<'a, P> {
    range: KeyRange<P>,
    before: Vec<&'a str>,
    after: Vec<&'a str>,
}

impl<'a, 't, S: System<Node>, H> Plan<'a, 't, S, H> {
    /// What moves. Every range is written to `ranges`, if there is such.
    pub(super) fn changes(
        &self,
        mut ranges: Option<&mut Records<Stdout>>,
    ) -> Result<Changes<'a>, Error> {
        let circle = u64::try_from(S::Position::CIRCLE).unwrap_or(u64::MAX);
        let mut progress = match ranges {
            Some(_) => Progress::of_stream(Unit::Circle, Some(circle)),
            None => Progress::new(Unit::Circle, Some(circle)),
        };
        let mut changes =
            Changes { copies: (!self.of_owners()).then_some([0; 2]), ..Changes::default() };
        // Neighbours with the same nodes become one range.
        let mut last: Option<Moving<'a, S::Position>> = None;
        self.visit(|range, old, new| {
            progress.reach(range.end.to_u64());
            changes.add(self.sides(old, new), range.len());
            if let Some([gained, lost]) = &mut changes.copies {
                *gained += range.len() * missing(new, old).len() as u128;
                *lost += range.len() * missing(old, new).len() as u128;
            }
            let Some(ranges) = &mut ranges else { return Ok(()) };
            let (before, after) = (names(old), names(new));
            if let Some(last) = &mut last
                && (last.range.end, &last.before, &last.after) == (range.start, &before, &after)
            {
                last.range.end = range.end;
                return Ok(());
            }
            match last.replace(Moving { range, before, after }) {
                Some(done) => self.write(ranges, &done),
                None => Ok(()),
            }
        })?;
        if let (Some(ranges), Some(last)) = (ranges, last) {
            self.write(ranges, &last)?;
        }
        Ok(changes)
    }

    /// Writes a range.
    fn write(
        &self,
        ranges: &mut Records<Stdout>,
        moving: &Moving<'a, S::Position>,
    ) -> Result<(), Error> {
        let Moving { range, before, after } = moving;
        let sides = if self.of_owners() {
            Sides::Owners { from: before.first().copied(), to: after.first().copied() }
        } else {
            Sides::Sets { before, after }
        };
        let [start, end] = [range.start, range.end].map(Figure::position::<S>);
        ranges.write(&RangeRecord { kind: "range", start, end, sides })
    }

    /// Who gives and who takes, where these nodes held a range and hold it.
    fn sides(&self, old: &[&'a Node], new: &[&'a Node]) -> [Side<'a>; 2] {
        if self.of_owners() {
            [old, new].map(|nodes| Side::Owner(names(nodes).first().copied()))
        } else {
            [missing(old, new), missing(new, old)].map(Side::Set)
        }
    }

    /// Calls `visit` with every range whose nodes change, and with those before and after. It ends with the first
    /// error.
    fn visit(
        &self,
        mut visit: impl FnMut(KeyRange<S::Position>, &[&'a Node], &[&'a Node]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (old, new) = (self.old, self.new);
        if !old.are_by_rule() {
            return each_range(old, new, visit);
        }
        let diff = Diff::under(old.ruled(), new.ruled());
        if self.of_owners() {
            return diff.moves().try_for_each(|change| {
                visit(change.range, change.from.as_slice(), change.to.as_slice())
            });
        }
        let (mut before, mut after) = (vec![None; old.most()], vec![None; new.most()]);
        let mut done = Ok(());
        let moves = diff.visit_replica_moves(&mut before, &mut after, |range, old, new| {
            if done.is_ok() {
                let [old, new] = [old, new]
                    .map(|nodes| nodes.iter().copied().flatten().collect::<Vec<&'a Node>>());
                done = visit(range, &old, &new);
            }
        });
        // Each room is as long as a set can be.
        moves.map_err(|error| Error::of("--replicas", error))?;
        done
    }
}

/// As [`Plan::visit`], where a system answers otherwise than a rule: between the neighbouring points of both rings it
/// has one answer of each.
fn each_range<'a, 't, S: System<Node>, H>(
    old: Answers<'a, 't, S, H>,
    new: Answers<'a, 't, S, H>,
    mut visit: impl FnMut(KeyRange<S::Position>, &[&'a Node], &[&'a Node]) -> Result<(), Error>,
) -> Result<(), Error> {
    let ends = [old, new].map(|answers| answers.ring().ranges().map(|owned| owned.range.end));
    let mut ends: Vec<S::Position> = ends.into_iter().flatten().collect();
    ends.sort_unstable();
    ends.dedup();
    let Some(mut start) = ends.last().copied() else { return Ok(()) };
    let (mut old_room, mut new_room) = (vec![0; old.most()], vec![0; new.most()]);
    for end in ends {
        let before: Vec<&Node> = old.nodes_at(end, &mut old_room).collect();
        let after: Vec<&Node> = new.nodes_at(end, &mut new_room).collect();
        if missing(&before, &after).len() + missing(&after, &before).len() > 0 {
            visit(KeyRange { start, end }, &before, &after)?;
        }
        start = end;
    }
    Ok(())
}

/// The names of all nodes, in their own order.
pub(super) fn names<'a>(nodes: &[&'a Node]) -> Vec<&'a str> {
    nodes.iter().map(|node| &*node.identity).collect()
}

/// The names of `nodes` that are not among `others`, in the order of names.
fn missing<'a>(nodes: &[&'a Node], others: &[&'a Node]) -> Vec<&'a str> {
    let others = names(others);
    let mut names = names(nodes);
    names.retain(|name| !others.contains(name));
    names.sort_unstable();
    names
}
