//! What moves: every range, and how much from the same to the same.

use std::collections::HashMap;

use annulus::{KeyRange, Position, ReplicaMoves};
use serde::Serialize;

use super::Plan;
use crate::error::Error;
use crate::keying::RuledRing;
use crate::nodes::Node;
use crate::output::{Records, Stdout};
use crate::progress::{Progress, Unit};

/// How far a walk around it goes.
const CIRCLE: Option<u64> = Some(u32::CIRCLE as u64);

/// Who gives, or who takes, in the order of names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub(super) enum Side<'a> {
    /// The owner, if there is one.
    Owner(Option<&'a str>),
    /// Those of several replicas that are not on the other side.
    Set(Vec<&'a str>),
}

impl<'a> Side<'a> {
    /// The names of all.
    pub(super) fn names(&self) -> &[&'a str] {
        match self {
            Self::Owner(owner) => owner.as_slice(),
            Self::Set(names) => names,
        }
    }
}

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

/// The kind of both records of ranges.
const RANGE: &str = "range";

/// A range whose owner changes, as JSON has it.
#[derive(Serialize)]
struct OwnerRange<'a> {
    kind: &'static str,
    start: u32,
    end: u32,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

/// A range whose replicas change, as JSON has it.
#[derive(Serialize)]
struct ReplicaRange<'a> {
    kind: &'static str,
    start: u32,
    end: u32,
    before: Vec<&'a str>,
    after: Vec<&'a str>,
}

type Owners<'a> = [Option<&'a Node>];

impl<'a> Plan<'a> {
    /// What moves. Every range is written to `ranges`, if there is such.
    pub(super) fn changes(
        &self,
        ranges: Option<&mut Records<Stdout>>,
    ) -> Result<Changes<'a>, Error> {
        if self.of_owners() { self.owner_changes(ranges) } else { self.replica_changes(ranges) }
    }

    fn owner_changes(
        &self,
        mut ranges: Option<&mut Records<Stdout>>,
    ) -> Result<Changes<'a>, Error> {
        let mut changes = Changes::default();
        for change in self.diff().moves() {
            let KeyRange { start, end } = change.range;
            let [from, to] = [change.from, change.to].map(name);
            if let Some(ranges) = &mut ranges {
                ranges.write(&OwnerRange { kind: RANGE, start, end, from, to })?;
            }
            changes.add([from, to].map(Side::Owner), change.range.len());
        }
        Ok(changes)
    }

    fn replica_changes(
        &self,
        mut ranges: Option<&mut Records<Stdout>>,
    ) -> Result<Changes<'a>, Error> {
        let mut progress = match ranges {
            Some(_) => Progress::of_stream(Unit::Circle, CIRCLE),
            None => Progress::new(Unit::Circle, CIRCLE),
        };
        let mut changes = Changes::default();
        // Neighbours with the same sets become one range.
        let mut last: Option<ReplicaRange<'a>> = None;
        let mut written = Ok(());
        let room = |ring: RuledRing<'a, Node>| vec![None; ring.most_owners()];
        let (mut before, mut after) = (room(self.old), room(self.new));
        let moves = self.diff().visit_replica_moves(&mut before, &mut after, |range, old, new| {
            progress.reach(range.end.into());
            let sides = [missing(old, new), missing(new, old)].map(Side::Set);
            changes.add(sides, range.len());
            let Some(ranges) = &mut ranges else { return };
            let KeyRange { start, end } = range;
            let (before, after) = (names(old), names(new));
            if let Some(last) = &mut last
                && (last.end, &last.before, &last.after) == (start, &before, &after)
            {
                last.end = end;
                return;
            }
            let done = last.replace(ReplicaRange { kind: RANGE, start, end, before, after });
            if let (Ok(()), Some(done)) = (&written, done) {
                written = ranges.write(&done);
            }
        });
        // Each room is as long as a set can be.
        let moves = moves.map_err(|error| Error::of("--replicas", error))?;
        written?;
        if let (Some(ranges), Some(last)) = (ranges, last) {
            ranges.write(&last)?;
        }
        let ReplicaMoves { gained, lost, .. } = moves;
        changes.copies = Some([gained, lost]);
        Ok(changes)
    }
}

/// The name of a node, if there is one.
pub(super) fn name(node: Option<&Node>) -> Option<&str> {
    node.map(|node| &*node.identity)
}

/// The names of all owners, in their own order.
pub(super) fn names<'a>(owners: &Owners<'a>) -> Vec<&'a str> {
    owners.iter().flatten().map(|node| &*node.identity).collect()
}

/// The names of `owners` that are not among `others`, in the order of names.
fn missing<'a>(owners: &Owners<'a>, others: &Owners<'a>) -> Vec<&'a str> {
    let others = names(others);
    let mut names = names(owners);
    names.retain(|name| !others.contains(name));
    names.sort_unstable();
    names
}
