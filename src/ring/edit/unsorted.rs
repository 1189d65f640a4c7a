//! Batches that there is no room to sort. Each change is compared with all others, both when the
//! batch is planned and when the members change. O(changes × (changes + members)) comparisons of
//! identities.

use super::change::{Change, weight_after};
use super::excess::Excess;
use super::members::change;
use super::plan::{Membership, Plan, Steps, check_identity, transition};
use crate::node::Node;
use crate::point::PointsOf;
use crate::ring::basic::BasicRing;
use crate::ring::error::BatchError;
use crate::ring::member::{Member, find};
use crate::ring::storage::{Capacity, Count, Storage};

/// Plans `changes` without room to sort them. O(changes²) comparisons of identities.
///
/// # Errors
///
/// Names the first change that cannot be made.
pub(super) fn unsorted<N: Node, P: PointsOf<N>>(
    before: &Membership<'_, N, P>,
    capacity: Capacity,
    changes: &[Change<'_, N>],
) -> Result<Plan, BatchError> {
    let mut excess = Excess::new(before, capacity);
    for (at, change) in changes.iter().enumerate() {
        let identity = change.identity();
        let here = find::<P, N>(before.members, identity).ok().map(|n| before.members[n].weight);
        let weight = weight_after(&changes[..at], identity, here);
        let judged = check_identity(identity).and_then(|()| transition(weight, change.request()));
        let after = judged
            .map_err(|error| excess.refusal().unwrap_or(BatchError { at: Some(at), error }))?;
        let count = |weight| Count::of::<P>(&before.config, weight);
        excess.add(at, weight.map(count), after.map(count));
    }
    match excess.refusal() {
        Some(refusal) => Err(refusal),
        None => Ok(Plan {
            steps: Steps::Untold,
            nodes: excess.nodes(),
            points: excess.points(),
            ..Plan::nothing(before)
        }),
    }
}

impl<S: Storage, H> BasicRing<S, H> {
    /// Changes the members in place as `changes` say.
    pub(super) fn change_unsorted(&mut self, changes: &[Change<'_, S::Node>])
    where
        S::Node: Clone,
    {
        self.storage.retain(|member| stays(member, changes));
        self.follow_unsorted(changes);
    }

    /// Makes the members what `old`, those of a ring in another buffer, become by `changes`.
    pub(super) fn copy_unsorted(&mut self, old: &[Member<S::Node>], changes: &[Change<'_, S::Node>])
    where
        S::Node: Clone,
    {
        let mut len = 0;
        for member in old.iter().filter(|member| stays(member, changes)) {
            self.copy_member(len, member);
            len += 1;
        }
        self.storage.truncate(len);
        self.follow_unsorted(changes);
    }

    /// Adds the members that arrive by `changes`, and changes those that stay. Those that depart
    /// must have been removed.
    fn follow_unsorted(&mut self, changes: &[Change<'_, S::Node>])
    where
        S::Node: Clone,
    {
        let config = self.storage.config();
        for net in net_changes(changes) {
            let here = find::<S::Placement, _>(self.storage.members(), net.identity);
            let weight = here.ok().map(|number| self.storage.members()[number].weight);
            let Some(weight) = weight_after(changes, net.identity, weight) else { continue };
            let count = Count::of::<S::Placement>(&config, weight);
            match (here, net.node) {
                (Ok(number), node) => {
                    let member = &mut self.storage.members_mut()[number];
                    change::<S::Placement, _>(&config, member, count, node);
                }
                (Err(_), Some(node)) if S::Placement::ORDERS => self.push(node.clone(), count),
                (Err(number), Some(node)) => self.put_in(number, node.clone(), count),
                (Err(_), None) => {}
            }
        }
        // A node that takes the place of another may have another place in the order.
        if S::Placement::ORDERS {
            self.sort_members();
        }
    }
}

/// The net effect of a batch on one identity.
struct NetChange<'c, N> {
    identity: &'c [u8],
    /// The last node that the batch brings, if it brings one. Where no node with this identity stays, it
    /// does not count.
    node: Option<&'c N>,
}

/// The net effect of a batch, which was planned, on each identity, in no particular order.
/// O(changes²) comparisons of identities.
fn net_changes<'c, N: Node>(
    changes: &'c [Change<'_, N>],
) -> impl Iterator<Item = NetChange<'c, N>> {
    changes.iter().enumerate().filter_map(|(at, change)| {
        let identity = change.identity();
        if changes[at + 1..].iter().any(|later| later.identity() == identity) {
            return None;
        }
        let mut brought = changes[..=at].iter().rev().filter_map(Change::node);
        let node = brought.find(|node| node.identity() == identity);
        Some(NetChange { identity, node })
    })
}

/// Whether `member` stays a member after `changes`. O(changes) comparisons of identities.
fn stays<N: Node>(member: &Member<N>, changes: &[Change<'_, N>]) -> bool {
    let last = changes.iter().rfind(|change| change.identity() == member.node.identity());
    !matches!(last, Some(Change::Remove(_)))
}
