//! The numbers of zones, which follow the members in each edit.
//!
//! Zones are numbered in the order of their first members. A member that arrives alone compares its zone with
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

/// The most zones for which members are numbered without sorting them by zone, which takes more code.
const FEW: u32 = if target::CODE_MUST_BE_SMALL { u32::MAX } else { 16 };

impl<S: Storage, H> BasicRing<S, H> {
    /// Numbers the zones and counts their rounds, once the members have followed `plan` and have their
    /// points. O(members), besides these comparisons of names: as many as there are zones for one
    /// arrival; for a batch O(members × zones), or O(members × log members) on 64-bit targets.
    pub(super) fn number_zones(&mut self, plan: &Plan) {
        let members = self.storage.members_mut();
        match plan.renumbering {
            // Where there are no steps, nobody knows which members came and went.
            _ if plan.replaces || matches!(plan.steps, Steps::Untold) => number(members),
            Renumbering::None => {}
            _ if target::CODE_MUST_BE_SMALL => number(members),
            Renumbering::Arrival(number) => arrive(members, number as usize),
            Renumbering::Departure(number) => depart(members, number as usize),
            Renumbering::Many => number(members),
        }
        count_rounds(members);
        self.storage.keep_zone_bits();
    }
}

/// Numbers all zones.
fn number<N: Node>(members: &mut [Member<N>]) {
    if !number_by_scanning(members, FEW) && !target::CODE_MUST_BE_SMALL {
        number_by_sorting(members);
    }
}

/// Numbers all zones, unless they are more than `most`, by a look for the last member before each one that
/// is in its zone. O(members × zones) comparisons.
fn number_by_scanning<N: Node>(members: &mut [Member<N>], most: u32) -> bool {
    let mut zones = 0;
    for number in 0..members.len() {
        let (before, rest) = members.split_at_mut(number);
        let Some(member) = rest.first_mut() else { break };
        let last = before.iter().rfind(|other| same_zone(&other.node, &member.node));
        member.zone = last.map_or(zones, |last| last.zone);
        zones = zones.max(member.zone + 1);
        if zones > most {
            return false;
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
    // Each member gets the number of the first member in its zone.
    let mut first = 0;
    for rank in 0..members.len() {
        let number = members[rank].reach as usize;
        if rank == 0 || !same_zone(&members[first].node, &members[number].node) {
            first = number;
        }
        members[number].zone = first as u32;
    }
    // Then that of the zone, in `reach` too.
    let mut zones = 0;
    for number in 0..members.len() {
        let first = members[number].zone as usize;
        let zone = if first < number { members[first].reach } else { zones };
        zones = zones.max(zone + 1);
        (members[number].zone, members[number].reach) = (zone, zone);
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

/// Numbers the zones after the member of this number has arrived; the others have the numbers of before.
fn arrive<N: Node>(members: &mut [Member<N>], number: usize) {
    let (before, rest) = members.split_at_mut(number);
    let Some((arrived, after)) = rest.split_first_mut() else { return };
    // The first member of each zone compares its name. It is known by a number that no member before it has.
    let (mut zones, mut found) = (0, None);
    for member in before {
        if member.zone == zones {
            zones += 1;
            if found.is_none() && same_zone(&member.node, &arrived.node) {
                found = Some(member.zone);
            }
        }
    }
    if let Some(zone) = found {
        arrived.zone = zone;
        return;
    }
    // The one that arrived is the first of its zone. Zones that come after it, but came before the first member
    // of this zone until now, come one later.
    arrived.zone = zones;
    let mut next = zones;
    for member in after {
        if member.zone == next {
            next += 1;
            if found.is_none() && same_zone(&member.node, &arrived.node) {
                found = Some(member.zone);
            }
        }
        if found == Some(member.zone) {
            member.zone = zones;
        } else if member.zone >= zones && found.is_none_or(|found| member.zone < found) {
            member.zone += 1;
        }
    }
}

/// Numbers the zones after the member of this number has departed; the others have the numbers of before.
/// O(members).
fn depart<N>(members: &mut [Member<N>], number: usize) {
    let (before, after) = members.split_at_mut(number);
    let first = before.iter().fold(0, |zones, member| zones.max(member.zone + 1));
    // If the one that departed was the first of its zone, the zone has this number. Zones that come now before
    // the next member of that zone come one earlier.
    let (mut heir, mut next) = (None, first + 1);
    for member in after {
        if member.zone == first {
            member.zone = *heir.get_or_insert(next - 1);
        } else if member.zone > first && (heir.is_none() || member.zone < next) {
            next = next.max(member.zone + 1);
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

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::hash::splitmix::output;
    use crate::{Change, HeapRing, NamedNode, Ring, RingRef};

    const NAMES: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// Node `i`, in one of so many zones.
    fn node(i: usize, zone: usize) -> NamedNode<'static> {
        NamedNode::new(&NAMES[i..=i]).with_zone(&NAMES[..zone])
    }

    /// Numbers, rounds and bits are what the definitions say.
    fn check_ring(ring: RingRef<'_, NamedNode<'_>>) {
        check(ring.members);
        let zones = ring.members.iter().map(|member| member.zone).max().unwrap_or(0);
        let kept = target::BLOCKS_PAY && (1..8).contains(&zones);
        let bits = ring.members.iter().filter(|_| kept).map(|member| 1 << member.zone);
        assert!(ring.zone_bits.iter().copied().eq(bits));
    }

    /// Numbers and rounds are what the definitions say.
    fn check(members: &[Member<NamedNode<'_>>]) {
        let mut zones = Vec::new();
        let mut rounds = Vec::new();
        for (number, member) in members.iter().enumerate() {
            let zone = member.node.zone;
            if !zones.contains(&zone) {
                zones.push(zone);
            }
            assert_eq!(zones[member.zone as usize], zone, "{members:#?}");
            if member.points > 0 {
                let before = members[..number].iter().filter(|m| m.points > 0);
                rounds.push(1 + before.filter(|before| before.node.zone == zone).count());
            }
        }
        for (rounds_of, member) in (1..).zip(members.iter().rev()) {
            let reach = rounds.iter().filter(|&&round| round <= rounds_of).count();
            assert_eq!(member.reach as usize, reach, "{rounds_of} rounds of {members:#?}");
        }
    }

    /// Random edits of rings with few zones and with many, in place and into another ring.
    #[test]
    fn numbers_and_rounds_follow_every_edit() {
        for seed in 0..if cfg!(any(miri, annulus_brief)) { 3 } else { 60 } {
            let mut next = 0;
            let mut random = |below: usize| {
                next += 1;
                (output(seed, next) % below as u64) as usize
            };
            let zones = [1, 2, 5, 60][seed as usize % 4];
            let mut ring = HeapRing::<NamedNode>::with_vnodes(2);
            let mut inline = std::boxed::Box::new(Ring::<NamedNode, 62, 500>::with_vnodes(2));
            for _ in 0..40 {
                let (one, other) = (random(40), random(40));
                let (zone, other_zone) = (random(zones), random(zones));
                let (one, other) = (node(one, zone), node(other, other_zone));
                let (name, other_name) = (one.name.as_bytes(), other.name.as_bytes());
                match random(10) {
                    0 => {
                        // Some, or so many at once that their zones are sorted.
                        let more = (0..random(40)).map(|i| node(i, random(zones)));
                        let more: Vec<_> = more.collect();
                        assert_eq!(
                            ring.insert_all(more.clone()).is_ok(),
                            inline.insert_all(more).is_ok()
                        );
                    }
                    1 if random(4) == 0 => {
                        ring.clear();
                        inline.clear();
                    }
                    1 | 2 => assert_eq!(ring.insert(one).is_ok(), inline.insert(one).is_ok()),
                    3 => assert_eq!(ring.remove(name), inline.remove(name)),
                    4 => {
                        let weight = random(3) as u32;
                        let set = ring.set_weight(name, weight);
                        assert_eq!(set, inline.set_weight(name, weight));
                    }
                    8 => assert_eq!(ring.replace(one).is_ok(), inline.replace(one).is_ok()),
                    9 => {
                        let list = (0..random(40)).map(|i| node(i, random(zones)));
                        let mut list: Vec<_> = list.collect();
                        assert_eq!(ring.reconcile(&mut list), inline.reconcile(&mut list));
                    }
                    5 => {
                        let changes = [Change::Remove(name), Change::Insert(one)];
                        let changes = &changes[random(2)..];
                        assert_eq!(ring.apply(changes).is_ok(), inline.apply(changes).is_ok());
                    }
                    6 => {
                        // As where code must be small.
                        let mut to = HeapRing::<NamedNode>::with_vnodes(2);
                        let change = [Change::Insert(one), Change::Remove(name)][random(2)];
                        let edited = to.rewrite_from(ring.view(), change).is_ok();
                        assert_eq!(inline.apply(&[change]).is_ok(), edited);
                        if edited {
                            ring = to;
                        }
                    }
                    _ => {
                        let changes = [Change::Remove(name), Change::Insert(other)];
                        let changes = &changes[..1 + random(2)];
                        let (mut to, mut to_inline) = (ring.clone(), inline.clone());
                        to.clear();
                        if to.merge_from(ring.view(), changes).is_ok() {
                            to_inline.merge_from(inline.view(), changes).unwrap();
                            (ring, inline) = (to, to_inline);
                        } else if to.change_from(ring.view(), Change::Remove(other_name)).is_ok() {
                            to_inline
                                .change_from(inline.view(), Change::Remove(other_name))
                                .unwrap();
                            (ring, inline) = (to, to_inline);
                        }
                    }
                }
                check_ring(ring.view());
                check_ring(inline.view());
            }
        }
    }

    #[test]
    fn both_ways_to_number_zones_agree() {
        for (nodes, zones) in [(0, 1), (1, 1), (60, 1), (60, 3), (60, 16), (60, 60)] {
            let node = |i: usize| node(i, output(3, i as u32) as usize % zones);
            let member = |i| Member { node: node(i), points: 1, ..Member::default() };
            let mut members: Vec<_> = (0..nodes).map(member).collect();
            assert!(number_by_scanning(&mut members, u32::MAX));
            let numbers = |members: &[Member<_>]| -> Vec<u32> {
                members.iter().map(|member: &Member<NamedNode<'_>>| member.zone).collect()
            };
            let expected = numbers(&members);
            number_by_sorting(&mut members);
            assert_eq!(numbers(&members), expected);
            count_rounds(&mut members);
            check(&members);
        }
    }
}
