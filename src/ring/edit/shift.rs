//! Renumbering of owners when one member arrives or departs.

use crate::ring::points::OwnerWord;

/// How the numbers of members change when one member arrives or departs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// The first number that changes.
    first: u32,
    /// By how much, modulo 2^32.
    by: u32,
}

impl Shift {
    /// No number changes.
    pub(super) const KEEP: Self = Self { first: 0, by: 0 };

    /// A member arrives and gets this number.
    pub(super) fn up(number: u32) -> Self {
        Self { first: number, by: 1 }
    }

    /// The member of this number departs.
    pub(super) fn down(number: u32) -> Self {
        Self { first: number + 1, by: u32::MAX }
    }

    /// The new number for an old one.
    #[inline]
    pub(super) fn number(self, owner: u32) -> u32 {
        owner.wrapping_add(if owner >= self.first { self.by } else { 0 })
    }

    /// The function from old numbers to new ones, as words of owners. It has no branch, so that the
    /// compiler can apply it to vectors of words.
    #[inline]
    pub(super) fn words<O: OwnerWord>(self) -> impl Fn(O) -> O + Copy {
        let none_changes = O::new(self.first).get() != self.first;
        let (first, by) = (O::new(self.first), O::new(if none_changes { 0 } else { self.by }));
        move |owner| owner.wrapping_add(if owner >= first { by } else { O::new(0) })
    }
}
