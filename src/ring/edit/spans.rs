//! Which points of which members leave or join in a pass over the points of a ring.

use core::ops::Range;

use super::plan::{Plan, Steps};
use crate::ring::member::Member;
use crate::ring::points::{Direction, OwnerWord};
use crate::ring::storage::{PackedStep, Step};

/// Some points of one member.
pub(super) struct Span {
    /// The number of the member: before the edit where points leave, after it where they join.
    pub(super) number: u32,
    /// The indices *r* of the points in the member's stream.
    pub(super) points: Range<u32>,
}

/// The members whose points leave or join, in the order of their numbers.
pub(super) enum Spans<'a, N, T, O> {
    /// The span of one step.
    One(Option<Step>, Direction),
    /// The spans of the steps in the scratch of the storage.
    Sorted {
        steps: core::slice::Iter<'a, T>,
        direction: Direction,
        /// What the steps so far add to the numbers of later members, modulo 2^32.
        shift: u32,
    },
    /// All points of each new member.
    Newcomers {
        members: &'a [Member<N>],
        /// The new numbers of the old members, in order.
        old: &'a [O],
        next: usize,
    },
}

impl<'a, N, T: PackedStep, O: OwnerWord> Spans<'a, N, T, O> {
    /// The spans of `plan`.
    ///
    /// `members` are the members after the edit, and `numbers` the new numbers of the old ones.
    /// Both are used only where points join.
    pub(super) fn of(
        plan: &Plan,
        direction: Direction,
        members: &'a [Member<N>],
        steps: &'a [T],
        numbers: &'a [O],
    ) -> Self {
        match (plan.steps, direction) {
            (Steps::One(step), _) => Self::One(Some(step), direction),
            (Steps::Sorted(_), _) => Self::Sorted { steps: steps.iter(), direction, shift: 0 },
            (Steps::Staged, Direction::Joining) => {
                let old = numbers.get(..plan.nodes_before).unwrap_or_default();
                Self::Newcomers { members, old, next: 0 }
            }
            // No point leaves when staged members join. Without steps the points are built anew,
            // not in a pass.
            (Steps::Staged, Direction::Leaving) | (Steps::Untold, _) => Self::One(None, direction),
        }
    }
}

impl<N, T: PackedStep, O: OwnerWord> Iterator for Spans<'_, N, T, O> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        match self {
            Self::One(step, direction) => Some(span(&step.take()?, *direction, 0)),
            Self::Sorted { steps, direction, shift } => {
                let step = steps.next()?.unpack();
                let span = span(&step, *direction, *shift);
                *shift = shift.wrapping_add(step.shift());
                Some(span)
            }
            Self::Newcomers { members, old, next } => {
                while let Some((first, rest)) = old.split_first()
                    && first.get() as usize == *next
                {
                    *old = rest;
                    *next += 1;
                }
                let (number, member) = (*next, members.get(*next)?);
                *next += 1;
                Some(Span { number: number as u32, points: 0..member.points })
            }
        }
    }
}

/// The points that leave or join by `step`. The steps before it have added `shift` to the number of
/// its member.
fn span(step: &Step, direction: Direction, shift: u32) -> Span {
    // The points of a plan are within the capacity of a ring, so numbers of them fit in 32 bits.
    let (before, after) = (step.points_before() as u32, step.points_after() as u32);
    match direction {
        Direction::Leaving => Span { number: step.number, points: after..before },
        Direction::Joining => {
            Span { number: step.number.wrapping_add(shift), points: before..after }
        }
    }
}
