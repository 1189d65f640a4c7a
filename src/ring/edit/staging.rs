//! Staged nodes: nodes kept behind the members until all of them are known to fit.

use super::change::Request;
use super::counts::{total, weighed_with};
use super::excess::Excess;
use super::members::sort;
#[cfg(feature = "serde")]
use super::plan::transition;
use super::plan::{Membership, Plan, Steps, judge};
use crate::node::Node;
use crate::point::PointsOf;
use crate::ring::basic::BasicRing;
use crate::ring::error::{BatchError, EditError};
use crate::ring::member::{Count, Member};
use crate::ring::storage::{ConfigOf, Storage};
use crate::target;

/// What the field `zone` of a staged member is where a number of points is set.
const SET: u32 = 1;

/// Nodes staged behind the members of a ring. Unless they are admitted, they are dropped.
///
/// The numbers of points of staged nodes are not known yet. In their stead, the field `points` of
/// each [`Member`](crate::ring::member::Member) holds the index of the node in the order given. Zones are not
/// numbered yet either: the field `zone` says whether a number of points is set, and `reach` has that number.
pub(in crate::ring) struct Staging<'r, S: Storage, H> {
    ring: &'r mut BasicRing<S, H>,
    /// The number of members before the staged nodes.
    old: usize,
    excess: Excess,
}

impl<'r, S: Storage, H> Staging<'r, S, H> {
    /// Begins without staged nodes.
    pub(in crate::ring) fn new(ring: &'r mut BasicRing<S, H>) -> Self {
        let before = ring.membership();
        let (old, excess) = (
            before.members.len(),
            Excess::new(&before, BasicRing::<S, H>::judged_by(ring.capacity())),
        );
        Self { ring, old, excess }
    }

    /// Stages `node`, which is to join with `weight`, in a ring that is made with `config`. While the
    /// configuration is not known, points are not counted.
    ///
    /// # Errors
    ///
    /// Names the first staged node that cannot join.
    pub(in crate::ring) fn add(
        &mut self,
        node: S::Node,
        weight: u32,
        config: Option<ConfigOf<S>>,
    ) -> Result<(), BatchError> {
        let known = config.is_some();
        let config = config.unwrap_or(self.ring.storage.config());
        let (members, staged) = self.ring.storage.members().split_at(self.old);
        let before = Membership::<_, S::Placement> { members, points: self.ring.points, config };
        let (at, identity) = (staged.len(), node.identity());
        let refused = |error| BatchError { at: Some(at), error };
        let judged =
            judge(&before, identity, Request::Insert(weight), Some(&node)).map_err(refused);
        let judged = judged.and_then(|step| {
            let uncounted = |count| Count { points: 0, ..count };
            let after = if known { step.after } else { step.after.map(uncounted) };
            self.excess.add(at, None, after);
            match self.excess.refusal() {
                // A node whose identity is staged already is refused for that, even if it exceeds a
                // capacity.
                Some(_) if staged.iter().any(|twin| twin.node.identity() == identity) => {
                    Err(refused(EditError::DuplicateIdentity))
                }
                refusal => refusal.map_or(Ok(()), Err),
            }
        });
        if let Err(refusal) = judged {
            return Err(self.first_twin().unwrap_or(refusal));
        }
        let out_of_memory = |error| BatchError { at: None, error };
        self.ring.storage.reserve_member().map_err(out_of_memory)?;
        self.ring.push(node, Count { weight, points: at as u64 });
        Ok(())
    }

    /// Sets the number of points of the node that was staged last.
    ///
    /// # Errors
    ///
    /// The number cannot be set.
    #[cfg(feature = "serde")]
    pub(in crate::ring) fn set_points(&mut self, points: u32) -> Result<(), BatchError> {
        let config = self.ring.storage.config();
        let Some(member) = self.staged().last_mut() else { return Ok(()) };
        let (at, before) = (member.points as usize, Count { weight: member.weight, points: 0 });
        transition::<S::Placement>(&config, Some(before), Request::SetPoints(points))
            .map_err(|error| BatchError { at: Some(at), error })?;
        (member.zone, member.reach) = (SET, points);
        Ok(())
    }

    /// Whether the node that was staged last has this identity, and a number of points that is not set.
    #[cfg(feature = "serde")]
    pub(in crate::ring) fn last_is(&mut self, identity: &[u8]) -> bool {
        let last = self.staged().last();
        last.is_some_and(|last| last.zone != SET && last.node.identity() == identity)
    }

    /// The staged nodes.
    fn staged(&mut self) -> &mut [Member<S::Node>] {
        self.ring.storage.members_mut().get_mut(self.old..).unwrap_or_default()
    }

    /// Sorts the staged nodes by identity, and returns the refusal of the first that repeats the
    /// identity of an earlier one.
    fn first_twin(&mut self) -> Option<BatchError> {
        let staged = self.staged();
        // Nodes with one identity stay in the order given, so that the first repetition is named.
        staged.sort_unstable_by(|a, b| {
            a.node.identity().cmp(b.node.identity()).then(a.points.cmp(&b.points))
        });
        let twins = staged.windows(2).filter(|w| w[0].node.identity() == w[1].node.identity());
        let at = twins.map(|twins| twins[1].points as usize).min()?;
        Some(BatchError { at: Some(at), error: EditError::DuplicateIdentity })
    }

    /// Makes all staged nodes members of a ring that is made with `config`.
    ///
    /// # Errors
    ///
    /// The staged nodes cannot join: two have the same identity, together they exceed a capacity,
    /// or the allocator has no memory.
    pub(in crate::ring) fn admit(mut self, config: ConfigOf<S>) -> Result<(), BatchError> {
        if let Some(twin) = self.first_twin() {
            return Err(twin);
        }
        let refused = |error| BatchError { at: None, error };
        let relative = BasicRing::<S, H>::RELATIVE;
        let nodes = self.ring.storage.members().len();
        // Where the storage has no room for the numbers of members, the points are built anew.
        let sorts = !relative && self.ring.sorts(0, self.old).map_err(refused)?;
        let (points, capacity) = (self.ring.points, self.ring.capacity());
        let config_before = self.ring.storage.config();
        let (members, staged) = self.ring.storage.members_mut().split_at_mut(self.old);
        let before = Membership::<_, S::Placement> { members: &*members, points, config };
        let mut plan = Plan::nothing(&before);
        plan.steps = if sorts { Steps::Staged } else { Steps::Untold };
        for member in &mut *staged {
            let (identity, request) = (member.node.identity(), Request::Insert(member.weight));
            let step = judge(&before, identity, request, Some(&member.node));
            let mut step = step.map_err(refused)?;
            if member.zone == SET {
                step.after = step.after.map(|of| Count { points: member.reach.into(), ..of });
            }
            plan.add(&step);
            if nodes == self.old + 1 {
                plan.steps = Steps::One(step);
            }
            // It was computed with what the ring was made with before.
            if config != config_before {
                member.seed = S::Placement::seed(&config, &member.node);
            }
            // This may cut off bits. The capacity is checked for the sum of all points before this
            // number is used.
            member.points = step.points_after() as u32;
        }
        if relative {
            sort::<S::Placement, _>(staged);
            let weighed = weighed_with::<S::Placement, _>(members, staged);
            plan.points = total::<S::Placement, _>(&config, weighed);
            plan.anew = true;
        }
        capacity.check(plan.nodes, plan.points).map_err(refused)?;
        plan.decide(capacity, points);
        plan.anew |= target::CODE_MUST_BE_SMALL;
        self.ring.reserve(&plan).map_err(refused)?;
        // From here on the staged nodes are members, which dropping the staging must not remove.
        self.old = usize::MAX;
        self.ring.carry_out_batch(&plan, config, None, BasicRing::sort_members);
        Ok(())
    }
}

impl<S: Storage, H> Drop for Staging<'_, S, H> {
    fn drop(&mut self) {
        self.ring.storage.truncate(self.old);
        self.ring.release_scratch();
    }
}
