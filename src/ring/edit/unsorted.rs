//! Batches that there is no room to sort. Each change is compared with all others, both when the
//! batch is planned and when the members change. O(changes × (changes + members)) comparisons of
//! identities.

use super::change::{Brought as _, Change, Changes};
use super::excess::Excess;
use super::members::change;
use super::plan::{Membership, Plan, Steps, check_identity, transition};
use crate::node::Node;
use crate::point::{Placement, PointsOf};
use crate::ring::basic::BasicRing;
use crate::ring::error::BatchError;
use crate::ring::member::{Count, Member, find};
use crate::ring::storage::{Capacity, Storage};

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
        let config = &before.config;
        let here = find::<P, N>(before.members, identity).ok().map(|n| before.members[n].count());
        let count = count_after::<P, N>(config, &changes[..at], identity, here);
        let judged = check_identity(identity)
            .and_then(|()| transition::<P>(config, count, change.request()));
        let after = judged
            .map_err(|error| excess.refusal().unwrap_or(BatchError { at: Some(at), error }))?;
        excess.add(at, count, after);
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

/// The weight and the number of points of an identity after `changes`, which were planned, if they were
/// `before`. O(changes) comparisons of identities.
fn count_after<P: Placement, N: Node>(
    config: &P::Config,
    changes: &[Change<'_, N>],
    identity: &[u8],
    before: Option<Count>,
) -> Option<Count> {
    let about = changes.iter().filter(|change| change.identity() == identity);
    // None of them is refused: that was found when they were planned.
    about.fold(before, |count, change| {
        transition::<P>(config, count, change.request()).unwrap_or(count)
    })
}

impl<S: Storage, H> BasicRing<S, H> {
    /// Changes the members in place as `changes` say.
    pub(super) fn change_unsorted(&mut self, changes: impl Changes<S::Node>) {
        self.storage.retain(|member| stays(member, changes.list()));
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
    /// must have been removed. O(changes²) comparisons of identities.
    fn follow_unsorted(&mut self, mut changes: impl Changes<S::Node>) {
        let config = self.storage.config();
        for last in 0..changes.list().len() {
            let list = changes.list();
            let identity = list[last].identity();
            if list[last + 1..].iter().any(|later| later.identity() == identity) {
                // The last change of an identity stands for all of them.
                continue;
            }
            let here = find::<S::Placement, _>(self.storage.members(), identity);
            let before = here.ok().map(|number| self.storage.members()[number].count());
            let count = count_after::<S::Placement, _>(&config, list, identity, before);
            // The last node that the batch brings. Where no node with this identity stays, it does not count.
            let of_node = |change: &Change<'_, S::Node>| {
                change.node().is_some_and(|node| node.identity() == identity)
            };
            let brought = list[..=last].iter().rposition(of_node);
            let Some(count) = count else { continue };
            let node = brought.and_then(|at| changes.bring(at));
            match (here, node) {
                (Ok(number), node) => {
                    let member = &mut self.storage.members_mut()[number];
                    change::<S::Placement, _>(&config, member, count, node);
                }
                (Err(_), Some(node)) if S::Placement::ORDERS => self.push(node.into_node(), count),
                (Err(number), Some(node)) => self.put_in(number, node.into_node(), count),
                (Err(_), None) => {}
            }
        }
        // A node that takes the place of another may have another place in the order.
        if S::Placement::ORDERS {
            self.sort_members();
        }
    }
}

/// Whether `member` stays a member after `changes`. O(changes) comparisons of identities.
fn stays<N: Node>(member: &Member<N>, changes: &[Change<'_, N>]) -> bool {
    let last = changes.iter().rfind(|change| change.identity() == member.node.identity());
    !matches!(last, Some(Change::Remove(_)))
}
