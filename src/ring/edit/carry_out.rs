//! Carrying a plan out: which way the points take, and when the members follow.

use super::pass::{Renumber, Source};
use super::plan::{Plan, Renumbering, Steps};
use super::shift::Shift;
use super::unwind::ClearOnUnwind;
use crate::node::Node;
use crate::ring::basic::BasicRing;
use crate::ring::error::EditError;
use crate::ring::member::find;
use crate::ring::points::{Direction, OwnerWord};
use crate::ring::storage::{PackedStep, Parts, Storage};
use crate::ring::view::RingRef;
use crate::target;

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
        if plan.anew {
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
        let points = ring.storage.members().iter().map(|member| u64::from(member.points));
        assert!(points.sum::<u64>() == plan.points, "the weight of a node changed amid an edit");
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
            // A member that departs has no points any more, so that its number does not matter.
            until(step.number as usize, shift);
            shift = shift.wrapping_add(step.shift());
        }
        until(plan.nodes_before, shift);
    }

    /// Gives back what the edit alone needed.
    pub(super) fn release_scratch(&mut self) {
        self.storage.release_scratch(self.points);
    }
}
