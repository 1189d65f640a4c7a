//! Taking many nodes in at once: they wait behind the members until all are known to fit.

use super::build::{builds_anew, scratch_points};
use super::change::{check_identity, find, points_of};
use super::edit::ClearOnUnwind;
use super::error::{BatchError, EditError};
use super::member::Member;
use super::owned::BasicRing;
use super::pass::Rename;
use super::storage::Storage;
use crate::node::Node;

impl<S: Storage, H> BasicRing<S, H> {
    /// Takes many nodes in at once: the way to build a ring.
    ///
    /// Where the new nodes bring a quarter of the points or more, the ring is built anew from its
    /// members by a counting sort: O(points). Otherwise their points are sorted and merged in.
    ///
    /// # Errors
    ///
    /// As for [`insert`](Self::insert), naming the node by its place in the order given; none of
    /// them is taken in then.
    pub fn insert_all(
        &mut self,
        nodes: impl IntoIterator<Item = S::Node>,
    ) -> Result<(), BatchError> {
        let old = self.storage.members().len();
        let staging = Staging { ring: self, old };
        let mut joining = 0;
        for (at, node) in nodes.into_iter().enumerate() {
            let weight = node.weight();
            staging
                .ring
                .stage(old, node, weight, &mut joining)
                .map_err(|error| BatchError { at: Some(at), error })?;
        }
        staging.ring.admit_staged(old)?;
        staging.finish();
        let unfinished = ClearOnUnwind(self);
        unfinished.0.take_staged(old);
        unfinished.finish();
        Ok(())
    }

    /// Puts `node` behind the first `old` members, where it waits to be taken in; `joining` counts
    /// the points of all that wait.
    pub(super) fn stage(
        &mut self,
        old: usize,
        node: S::Node,
        weight: u32,
        joining: &mut u64,
    ) -> Result<(), EditError> {
        let identity = node.identity();
        check_identity(identity)?;
        let members = self.storage.members();
        if find(&members[..old], identity).is_ok() {
            return Err(EditError::DuplicateIdentity);
        }
        let staged = members.len() - old;
        *joining = joining.saturating_add(points_of(weight, self.vnodes));
        let all = joining.saturating_add(self.points as u64);
        S::check(old + staged + 1, all)?;
        // Their points get room when all are known.
        self.storage.make_room(old + staged + 1, self.points, 0)?;
        let mut member = Member::joining::<S::Placement>(node, weight);
        member.moves_to = staged as u32;
        self.storage.push(member);
        Ok(())
    }

    /// Sorts the members behind the first `old`, checks that they can join together, and makes
    /// room for their points.
    pub(super) fn admit_staged(&mut self, old: usize) -> Result<(), BatchError> {
        let staged = &mut self.storage.members_mut()[old..];
        // Twins stay in the order given, so that the first of all is named.
        staged.sort_unstable_by(|a, b| {
            a.node.identity().cmp(b.node.identity()).then(a.moves_to.cmp(&b.moves_to))
        });
        let twins = staged.windows(2).filter(|w| w[0].node.identity() == w[1].node.identity());
        if let Some(at) = twins.map(|twins| twins[1].moves_to).min() {
            let error = EditError::DuplicateIdentity;
            return Err(BatchError { at: Some(at as usize), error });
        }
        let points = staged.iter().map(|member| points_of(member.target, self.vnodes));
        let joining = points.fold(0, u64::saturating_add);
        let all = joining.saturating_add(self.points as u64);
        self.storage
            .reserve(self.storage.members().len(), all, scratch_points(joining, all))
            .map_err(|error| BatchError { at: None, error })
    }

    /// Takes in the members behind the first `old`, which can join.
    pub(super) fn take_staged(&mut self, old: usize) {
        let staged = self.storage.members()[old..].iter();
        let joining = staged.map(|member| points_of(member.target, self.vnodes)).sum();
        let anew = builds_anew(joining, self.points as u64 + joining);
        self.mark_arrivals(old);
        if self.points > 0 && !anew {
            self.leave(None, Rename::Table);
        }
        sort(self.storage.members_mut());
        if anew {
            self.empty();
        }
        self.join(None, Rename::KEEP);
        self.release_scratch();
    }

    /// Writes down where each of the first `old` members goes once those behind them, which are
    /// in order, are sorted in.
    fn mark_arrivals(&mut self, old: usize) {
        let (members, staged) = self.storage.members_mut().split_at_mut(old);
        let mut arrived = 0;
        for (place, member) in members.iter_mut().enumerate() {
            let before = |staged: &Member<S::Node>| staged.node.identity() < member.node.identity();
            arrived += staged[arrived..].iter().take_while(|staged| before(staged)).count();
            member.moves_to = (place + arrived) as u32;
        }
    }
}

/// Sorts members by identity.
fn sort<N: Node>(members: &mut [Member<N>]) {
    members.sort_unstable_by(|a, b| a.node.identity().cmp(b.node.identity()));
}

/// Nodes that wait behind the members. Unless they are admitted, an error or a panic drops them.
pub(super) struct Staging<'r, S: Storage, H> {
    pub(super) ring: &'r mut BasicRing<S, H>,
    /// The number of members before them.
    pub(super) old: usize,
}

impl<S: Storage, H> Staging<'_, S, H> {
    /// They are admitted.
    pub(super) fn finish(self) {
        core::mem::forget(self);
    }
}

impl<S: Storage, H> Drop for Staging<'_, S, H> {
    fn drop(&mut self) {
        self.ring.storage.truncate(self.old);
        // Gives back what was reserved in vain.
        self.ring.release_scratch();
    }
}
