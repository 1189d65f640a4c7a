//! How many points the members of a ring have, by the rule of its placement; and the weights that the
//! rule is told where an edit has not been made yet.

use core::cmp::Ordering;
use core::iter;

use super::change::{Change, Request};
use crate::node::Node;
use crate::point::{Counts, Placement, PointsOf};
use crate::ring::basic::BasicRing;
use crate::ring::member::{Member, compare, find};
use crate::ring::storage::Storage;

impl<S: Storage, H> BasicRing<S, H> {
    /// Whether the points of a member depend on other members.
    pub(super) const RELATIVE: bool = <S::Placement as Placement>::Counts::RELATIVE;

    /// Gives each member the number of points that it has in this membership.
    pub(super) fn count_members(&mut self) {
        let config = self.storage.config();
        let members = self.storage.members_mut();
        let mut counts = rule::<S::Placement>(&config, members.iter().map(Member::weight));
        for member in members {
            let Member { node, weight, .. } = member;
            let points = points_of_next::<S::Placement, _>(&config, &mut counts, node, *weight);
            member.points = points as u32;
        }
    }
}

/// The number of points of members that are these nodes with these weights, which are given in the order of the
/// members.
pub(super) fn total<'n, P: PointsOf<N>, N: 'n>(
    config: &P::Config,
    weighed: impl Iterator<Item = (&'n N, u32)> + Clone,
) -> u64 {
    let mut counts = rule::<P>(config, weighed.clone().map(|(_, weight)| weight));
    weighed.fold(0, |sum: u64, (node, weight)| {
        sum.saturating_add(points_of_next::<P, N>(config, &mut counts, node, weight))
    })
}

/// The rule of counts for members of these weights.
pub(super) fn rule<P: Placement>(
    config: &P::Config,
    weights: impl Iterator<Item = u32> + Clone,
) -> P::Counts {
    P::Counts::new(config, weights.filter(|&weight| weight > 0))
}

/// The points of the next member, which is this node with this weight.
pub(super) fn points_of_next<P: PointsOf<N>, N>(
    config: &P::Config,
    counts: &mut P::Counts,
    node: &N,
    weight: u32,
) -> u64 {
    if weight == 0 {
        return 0;
    }
    let counted = counts.next(weight);
    P::stated(config, node).unwrap_or(counted)
}

/// The nodes with their weights, in the order of the members, after the nodes of `staged`, which are in that
/// order too, have joined `members`.
pub(super) fn weighed_with<'m, P: PointsOf<N>, N: Node>(
    members: &'m [Member<N>],
    staged: &'m [Member<N>],
) -> impl Iterator<Item = (&'m N, u32)> + Clone {
    let weighted = |members: &'m [Member<N>]| members.iter().map(|m| (&m.node, m.weight));
    in_order::<P, N>(weighted(members), weighted(staged))
}

/// The nodes with their weights, in the order of the members, after `changes`, which were planned.
/// O(changes × (members + changes)) comparisons.
pub(super) fn weighed_after<'c, P: PointsOf<N>, N: Node>(
    members: &'c [Member<N>],
    changes: &'c [Change<'c, N>],
) -> impl Iterator<Item = (&'c N, u32)> + Clone {
    let staying = members.iter().filter_map(|member| {
        let about = |change: &&Change<'_, N>| change.identity() == member.node.identity();
        if changes.iter().filter(about).any(|change| change.node().is_some()) {
            // Another node takes the place of this one, or none does.
            return None;
        }
        let last = changes.iter().rfind(about);
        let weight = Some(member.weight);
        Some((&member.node, last.map_or(weight, |change| change.request().weight(weight))?))
    });
    in_order::<P, N>(staying, brought::<P, N>(members, changes))
}

/// The nodes that `changes` of `members` bring and that stay, in the order of members, each with its weight
/// after all changes. O(changes + members) comparisons for each node that is brought.
fn brought<'c, P: PointsOf<N>, N: Node>(
    members: &'c [Member<N>],
    changes: &'c [Change<'c, N>],
) -> impl Iterator<Item = (&'c N, u32)> + Clone {
    let mut last: Option<&N> = None;
    iter::from_fn(move || {
        loop {
            let mut next: Option<(usize, &N)> = None;
            for (at, change) in changes.iter().enumerate() {
                if let Some(node) = change.node()
                    && last.is_none_or(|last| compare::<P, N>(node, last).is_gt())
                    && next.is_none_or(|(_, next)| compare::<P, N>(node, next).is_le())
                {
                    next = Some((at, node));
                }
            }
            let (at, node) = next?;
            last = Some(node);
            let (identity, mut later) = (node.identity(), changes[at + 1..].iter());
            let here = find::<P, N>(members, identity).ok().map(|number| members[number].weight);
            let weight = weight_after(&changes[..=at], identity, here);
            let weight = later.try_fold(weight?, |weight, later| match later {
                _ if later.identity() != identity => Some(weight),
                // The node leaves, whether or not another takes its place.
                Change::Remove(_) | Change::Insert(_) | Change::Replace(_) => None,
                weighed => weighed.request().weight(Some(weight)),
            });
            if let Some(weight) = weight {
                return Some((node, weight));
            }
        }
    })
}

/// The weight of an identity after `changes`, which were planned, if it was `before`.
fn weight_after<N: Node>(
    changes: &[Change<'_, N>],
    identity: &[u8],
    before: Option<u32>,
) -> Option<u32> {
    let mut about = changes.iter().filter(|change| change.identity() == identity);
    let last = about.rfind(|change| change.request() != Request::Replace);
    last.map_or(before, |change| change.request().weight(before))
}

/// The nodes with their weights, in the order of the members, after `node` has taken the place of the member of
/// this number.
pub(super) fn weighed_replaced<'m, P: PointsOf<N>, N: Node>(
    members: &'m [Member<N>],
    number: usize,
    node: &'m N,
) -> impl Iterator<Item = (&'m N, u32)> + Clone {
    let weighted = |member: &'m Member<N>| (&member.node, member.weight);
    let others = members.iter().enumerate().filter(move |(other, _)| *other != number);
    let weight = members.get(number).map(|member| (node, member.weight));
    in_order::<P, N>(others.map(move |(_, member)| weighted(member)), weight.into_iter())
}

/// The nodes of both with their weights, each of which is in the order of members, in that order.
fn in_order<'n, P: PointsOf<N>, N: Node + 'n>(
    some: impl Iterator<Item = (&'n N, u32)> + Clone,
    others: impl Iterator<Item = (&'n N, u32)> + Clone,
) -> impl Iterator<Item = (&'n N, u32)> + Clone {
    let (mut some, mut others) = (some.peekable(), others.peekable());
    iter::from_fn(move || {
        let comes_first = match (some.peek(), others.peek()) {
            (Some((one, _)), Some((other, _))) => compare::<P, N>(one, other) == Ordering::Less,
            (one, _) => one.is_some(),
        };
        if comes_first { some.next() } else { others.next() }
    })
}
