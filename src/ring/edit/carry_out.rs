//! Carrying a plan out: how the points change, and when the members do.

use super::pass::{Renumber, Source};
use super::plan::{Plan, Renumbering, Steps};
use super::shift::Shift;
use super::unwind::ClearOnUnwind;
use crate::node::Node;
use crate::point::PointsOf;
use crate::ring::basic::BasicRing;
use crate::ring::error::EditError;
use crate::ring::member::find;
use crate::ring::points::{Direction, Layout, OwnerWord};
use crate::ring::storage::{ConfigOf, PackedStep, Parts, Storage};
use crate::ring::view::RingRef;
use crate::target;

impl<S: Storage, H> BasicRing<S, H> {
    /// Makes room for `plan`, or changes nothing.
    pub(super) fn reserve(&mut self, plan: &Plan) -> Result<(), EditError> {
        let mut room = plan.room();
        if plan.anew && <S::Placement as PointsOf<S::Node>>::COSTLY {
            room.packed = plan.points;
        }
        let reserved = self.storage.reserve(room);
        if reserved.is_err() {
            self.release_scratch();
        }
        reserved
    }

    /// Carries out `plan`, for which there is room: on this ring in place, or on `old`, a ring in
    /// another buffer, whose points are copied to this ring. Afterwards this ring is one that is made
    /// with `config`.
    ///
    /// `follow` changes the members; it is called once, after the points that leave have left and
    /// before those that join have joined. If user code panics, the ring is left empty.
    pub(super) fn carry_out<R>(
        &mut self,
        plan: &Plan,
        config: ConfigOf<S>,
        old: Option<RingRef<'_, S::Node, S::Placement, H>>,
        follow: impl FnOnce(&mut Self) -> R,
    ) -> R {
        if plan.anew {
            return self.rebuild(plan, config, follow);
        }
        let guard = ClearOnUnwind::new(self, config);
        let ring = &mut *guard.ring;
        let mut source = old.as_ref().and_then(|old| {
            old.points.sorted().map(|points| Source { members: old.members, points })
        });
        // For a single arrival, the common case, owners are renumbered while its points join.
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
        if Self::RELATIVE {
            ring.count_members();
            ring.check_counts(plan);
        }
        ring.number_zones(plan);
        if plan.joining > 0 || joining != Renumber::KEEP || source.is_some() {
            ring.pass(source, plan, Direction::Joining, joining);
        }
        ring.release_scratch();
        guard.finish();
        followed
    }

    /// [`carry_out`](Self::carry_out) for the plan of a batch: in few instructions or, where code
    /// must be small, in little code.
    pub(super) fn carry_out_batch<R>(
        &mut self,
        plan: &Plan,
        config: ConfigOf<S>,
        old: Option<RingRef<'_, S::Node, S::Placement, H>>,
        follow: impl FnOnce(&mut Self) -> R,
    ) -> R {
        if target::CODE_MUST_BE_SMALL {
            self.rebuild(plan, config, follow)
        } else {
            self.carry_out(plan, config, old, follow)
        }
    }

    /// Carries out `plan`, for which there is room, by building the points anew.
    fn rebuild<R>(
        &mut self,
        plan: &Plan,
        config: ConfigOf<S>,
        follow: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let guard = ClearOnUnwind::new(self, config);
        let ring = &mut *guard.ring;
        let followed = follow(ring);
        if Self::RELATIVE {
            ring.count_members();
        }
        ring.check_counts(plan);
        ring.number_zones(plan);
        ring.build_anew(plan.points as usize);
        ring.release_scratch();
        guard.finish();
        followed
    }

    /// Checks, once the members have followed `plan`, that their points are as many as it says.
    fn check_counts(&self, plan: &Plan) {
        let points = self.storage.members().iter().map(|member| u64::from(member.points));
        assert!(points.sum::<u64>() == plan.points, "the points of a node changed amid an edit");
    }

    /// Writes the new numbers of members into the scratch, indexed by their old numbers.
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
                let number = find::<S::Placement, _>(old, identity).unwrap_or_else(|number| number);
                until(number, shift);
                shift += 1;
            }
        }
        for step in steps.iter().map(|step| step.unpack()) {
            // A member that departs has no points any more, so its new number does not matter.
            until(step.number as usize, shift);
            shift = shift.wrapping_add(step.shift());
        }
        until(plan.nodes_before, shift);
    }

    /// Releases the memory that only the edit needed.
    pub(super) fn release_scratch(&mut self) {
        self.storage.release_scratch(self.points);
    }
}
