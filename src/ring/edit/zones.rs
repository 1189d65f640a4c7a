//! The numbers of zones, which follow the members in each edit.
//!
//! The number of a zone is that of its first member. A member that arrives alone compares its zone with
//! each other zone; one that departs alone compares none. After a batch all zones are numbered anew.

use super::plan::{Plan, Renumbering, Steps};
use super::sort::{Items, heap_sort};
use crate::hash::xxh3::xxh3;
use crate::node::Node;
use crate::ring::basic::BasicRing;
use crate::ring::member::Member;
use crate::ring::rounds::count_rounds;
use crate::ring::storage::Storage;
use crate::target;

/// The most zones for which all members are numbered by a list of zones. If there are more, the members
/// are sorted by zone, in more code.
const FEW: usize = if target::CODE_MUST_BE_SMALL { usize::MAX } else { 16 };

impl<S: Storage, H> BasicRing<S, H> {
    /// Numbers the zones and counts their rounds, once the members have followed `plan` and have their
    /// points. O(members), besides these comparisons of names: as many as there are zones for one
    /// arrival; for a batch O(members × zones), or O(members × log members) on 64-bit targets.
    pub(super) fn number_zones(&mut self, plan: &Plan) {
        let members = self.storage.members_mut();
        match plan.renumbering {
            // The steps of an unsorted batch are not known.
            _ if plan.replaces || matches!(plan.steps, Steps::Unsorted) => number(members),
            Renumbering::None => {}
            _ if target::CODE_MUST_BE_SMALL => number(members),
            Renumbering::Arrival(number) => arrive(members, number as usize),
            Renumbering::Departure(number) => depart(members, number),
            Renumbering::Many => number(members),
        }
        count_rounds(members);
    }
}

/// Numbers all zones.
pub(super) fn number<N: Node>(members: &mut [Member<N>]) {
    if !number_by_list(members, FEW) && !target::CODE_MUST_BE_SMALL {
        number_by_sorting(members);
    }
}

/// Numbers all zones by a list of them, unless they are more than `most`. O(members × zones)
/// comparisons.
fn number_by_list<N: Node>(members: &mut [Member<N>], most: usize) -> bool {
    let mut zones = 0;
    for number in 0..members.len() {
        let (before, rest) = members.split_at_mut(number);
        let Some(member) = rest.first_mut() else { break };
        // Each first member of a zone has in `reach` the number of the next one. The last has its own.
        let (mut first, mut last) = (0, 0);
        while let Some(other) = before.get(first)
            && !same_zone(&other.node, &member.node)
        {
            last = first;
            first = if other.reach as usize > first { other.reach as usize } else { number };
        }
        member.zone = first as u32;
        if first == number {
            zones += 1;
            if zones > most {
                return false;
            }
            member.reach = number as u32;
            if let Some(last) = before.get_mut(last) {
                last.reach = number as u32;
            }
        }
    }
    true
}

/// Numbers all zones by sorting the members by zone. O(members × log members) comparisons.
fn number_by_sorting<N: Node>(members: &mut [Member<N>]) {
    for (number, member) in (0..).zip(&mut *members) {
        member.zone = xxh3(member.node.zone()) as u32;
        member.reach = number;
    }
    heap_sort(&mut ByZone(members));
    let mut first = 0;
    for rank in 0..members.len() {
        let number = members[rank].reach as usize;
        if rank == 0 || !same_zone(&members[first].node, &members[number].node) {
            first = number;
        }
        members[number].zone = first as u32;
    }
}

/// The numbers of members, each in the `reach` of some member, in the order of a hash of their zones,
/// then of the zones, then of the numbers. The hash is in `zone`.
struct ByZone<'m, N>(&'m mut [Member<N>]);

impl<N: Node> Items for ByZone<'_, N> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_after(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.0[a].reach as usize, self.0[b].reach as usize);
        let (one, other) = (&self.0[a], &self.0[b]);
        let by_hash = one.zone.cmp(&other.zone);
        let order = by_hash.then_with(|| match same_zone(&one.node, &other.node) {
            true => a.cmp(&b),
            false => one.node.zone().cmp(other.node.zone()),
        });
        order.is_gt()
    }

    fn swap(&mut self, a: usize, b: usize) {
        let reach = self.0[a].reach;
        self.0[a].reach = self.0[b].reach;
        self.0[b].reach = reach;
    }
}

/// Numbers the zones after the member of this number has arrived: the others have the numbers of
/// before.
fn arrive<N: Node>(members: &mut [Member<N>], number: usize) {
    let (before, rest) = members.split_at_mut(number);
    let Some((arrived, after)) = rest.split_first_mut() else { return };
    // The first members of zones compare their names; the others have one of their numbers.
    let same = |(at, member): (usize, &Member<N>)| {
        (member.zone as usize == at && same_zone(&member.node, &arrived.node)).then_some(at)
    };
    let mut first = before.iter().enumerate().find_map(same);
    for (at, member) in (number..).zip(&mut *after) {
        if member.zone as usize >= number {
            // A member that was the first of its zone is so still, unless the one that arrived is.
            if first.is_none() {
                first = same((at, &*member));
            }
            member.zone =
                if first == Some(member.zone as usize) { number as u32 } else { member.zone + 1 };
        }
    }
    arrived.zone = first.map_or(number, |first| first.min(number)) as u32;
}

/// Numbers the zones after the member of this number has departed: the others have the numbers of
/// before. O(members).
fn depart<N>(members: &mut [Member<N>], number: u32) {
    let mut heir = None;
    for (at, member) in (0..).zip(members) {
        if member.zone == number {
            // The first that is left of a zone whose first member departed.
            member.zone = *heir.get_or_insert(at);
        } else if member.zone > number {
            member.zone -= 1;
        }
    }
}

/// Whether two nodes are in the same zone. Names that are empty are not compared, which takes some
/// processors hundreds of cycles.
fn same_zone<N: Node>(a: &N, b: &N) -> bool {
    let (a, b) = (a.zone(), b.zone());
    a.len() == b.len() && (a.is_empty() || a == b)
}
