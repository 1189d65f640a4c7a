//! Carrying a plan out: which way the points take, and when the members follow.

use super::pass::{Renumber, Source};
use super::plan::{Plan, Renumbering, Steps};
use super::shift::Shift;
use crate::node::Node;
use crate::ring::basic::BasicRing;
use crate::ring::error::EditError;
use crate::ring::member::find;
use crate::ring::points::{Direction, OwnerWord, Shape};
use crate::ring::storage::{PackedStep, Parts, Room, Storage};
use crate::ring::view::RingRef;
use crate::target;

impl Plan {
    /// Whether the points are built anew from the members of the outcome: where moving them about costs
    /// more, and where the steps are not known one by one.
    fn builds_anew(&self) -> bool {
        matches!(self.steps, Steps::Unsorted) || self.moving() >= self.points / 4
    }

    /// How many members the scratch of the storage has new numbers for.
    pub(super) fn numbers(&self) -> usize {
        let renumbers = self.renumbering == Renumbering::Many && !self.builds_anew();
        if renumbers { self.nodes_before } else { 0 }
    }

    /// What it needs room for.
    fn room(&self) -> Room {
        let packed = if self.builds_anew() {
            // Pieces of the ring wait there or, where points crowd, batches.
            self.points / 32
        } else {
            self.leaving.max(self.joining)
        };
        Room { nodes: self.nodes, points: self.points, packed, numbers: self.numbers() }
    }
}

impl<S: Storage, H> BasicRing<S, H> {
    /// Makes room for what `plan` says, or changes nothing.
    pub(super) fn reserve(&mut self, plan: &Plan) -> Result<(), EditError> {
        let reserved = self.storage.reserve(plan.room());
        if reserved.is_err() {
            self.release_scratch();
        }
        reserved
    }

    /// Carries out `plan`, for which there is room, on this ring or on `old` in another buffer.
    ///
    /// `follow` changes the members; it is called once, after the points that leave have left and before
    /// those that join have joined. Should user code panic, the ring is left empty.
    pub(super) fn carry_out<R>(
        &mut self,
        plan: &Plan,
        old: Option<RingRef<'_, S::Node, S::Placement, H>>,
        follow: impl FnOnce(&mut Self) -> R,
    ) -> R {
        // Points that leave another ring go a few at a time: the others must fit meanwhile.
        if plan.builds_anew() || old.is_some_and(|old| old.points.len() > S::POINTS) {
            return self.rebuild(plan, follow);
        }
        let guard = ClearOnUnwind(self);
        let ring = &mut *guard.0;
        let mut source = old.map(|old| Source { members: old.members, points: old.points });
        // A single arrival, the common case, is renumbered for while its points join.
        let (leaving, joining) = match plan.renumbering {
            Renumbering::None => (Renumber::KEEP, Renumber::KEEP),
            Renumbering::Arrival(number) => (Renumber::KEEP, Renumber::Shift(Shift::up(number))),
            Renumbering::Departure(number) => {
                (Renumber::Shift(Shift::down(number)), Renumber::KEEP)
            }
            Renumbering::Many => {
                ring.write_numbers(plan);
                (Renumber::Table, Renumber::KEEP)
            }
        };
        if plan.leaving > 0 || leaving != Renumber::KEEP {
            ring.pass(source.take(), plan, Direction::Leaving, leaving);
        }
        let followed = follow(ring);
        if plan.joining > 0 || joining != Renumber::KEEP || source.is_some() {
            ring.pass(source, plan, Direction::Joining, joining);
        }
        ring.release_scratch();
        guard.finish();
        followed
    }

    /// [`carry_out`](Self::carry_out) for the plan of a batch: in few instructions or, where code must be
    /// small, in little code.
    pub(super) fn carry_out_batch<R>(
        &mut self,
        plan: &Plan,
        old: Option<RingRef<'_, S::Node, S::Placement, H>>,
        follow: impl FnOnce(&mut Self) -> R,
    ) -> R {
        if target::CODE_MUST_BE_SMALL {
            self.rebuild(plan, follow)
        } else {
            self.carry_out(plan, old, follow)
        }
    }

    /// Carries out `plan`, for which there is room, by building the points anew.
    fn rebuild<R>(&mut self, plan: &Plan, follow: impl FnOnce(&mut Self) -> R) -> R {
        let guard = ClearOnUnwind(self);
        let ring = &mut *guard.0;
        let followed = follow(ring);
        ring.build_anew(plan.points as usize);
        ring.release_scratch();
        guard.finish();
        followed
    }

    /// Writes the numbers that the members before the edit have after it into the scratch.
    fn write_numbers(&mut self, plan: &Plan) {
        let (steps, numbers) = plan.scratch();
        let Parts { members, steps, numbers, .. } = self.storage.parts(self.points, steps, numbers);
        let mut next = 0;
        let mut shift = 0u32;
        let mut until = |end: usize, shift: u32| {
            for number in numbers.get_mut(next..end).unwrap_or_default() {
                *number = OwnerWord::new((next as u32).wrapping_add(shift));
                next += 1;
            }
        };
        if matches!(plan.steps, Steps::Staged) {
            let (old, staged) = members.split_at_mut(plan.nodes_before);
            for arrival in staged {
                let identity = arrival.node.identity();
                let number = find(old, identity).unwrap_or_else(|number| number);
                until(number, shift);
                shift += 1;
            }
        }
        for step in steps.iter().map(|step| step.unpack()) {
            until(step.number as usize, shift);
            if step.before.is_some() {
                until(step.number as usize + 1, shift);
            }
            shift = shift.wrapping_add(step.shift());
        }
        until(plan.nodes_before, shift);
    }

    /// Gives back what the edit alone needed.
    pub(super) fn release_scratch(&mut self) {
        self.storage.release_scratch(self.points);
    }

    /// Removes all nodes.
    pub fn clear(&mut self) {
        (self.points, self.shape) = (0, Shape::NONE);
        self.release_scratch();
        self.storage.truncate(0);
    }
}

/// An edit under way. Should user code panic in it, the ring is cleared rather than left half made.
pub(super) struct ClearOnUnwind<'r, S: Storage, H>(pub(super) &'r mut BasicRing<S, H>);

impl<S: Storage, H> ClearOnUnwind<'_, S, H> {
    /// The edit is complete.
    pub(super) fn finish(self) {
        core::mem::forget(self);
    }
}

impl<S: Storage, H> Drop for ClearOnUnwind<'_, S, H> {
    fn drop(&mut self) {
        self.0.clear();
    }
}
