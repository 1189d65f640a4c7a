//! From a position to the rank of its successor, and to its owner.
//!
//! The methods of [`Sorted`] below choose between two forms of the search. `windows` compares four
//! points at once, for targets where blocks pay; `scan` looks at one point after the other, in as
//! few instructions as bounds checks allow. Both begin where the index says that the bucket of the
//! position starts, and fall back to a bisection of all points, so that no lookup takes more than
//! O(log points).

mod bisect;
mod scan;
mod windows;

use core::hint::black_box;

use super::owners::{NOBODY, Owners};
use super::sorted::Sorted;
use crate::point::Position;
use crate::target;

impl<P: Position> Sorted<'_, P> {
    /// The number of points before `position`: the rank of its successor, or the number of all points
    /// when no point is at or after it.
    #[inline]
    pub(crate) fn points_before(&self, position: P) -> usize {
        if target::BLOCKS_PAY {
            windows::points_before(self.positions, self.start(position), position)
        } else {
            scan::with_successor(self, position, |rank| rank)
        }
    }

    /// The rank of the first point at or clockwise after `position`; meaningless in a ring without
    /// points.
    #[inline]
    pub(super) fn find(&self, position: P) -> usize {
        if target::BLOCKS_PAY {
            let start = self.start(position);
            self.touch_owners(start);
            windows::near(self.positions, start, position)
                .unwrap_or_else(|| self.wrapped(windows::far(self.positions, start, position)))
        } else {
            scan::with_successor(self, position, |rank| self.wrapped(rank))
        }
    }

    /// What `member` makes of the number of the owner of `position`. In a ring without points the
    /// number is [`NOBODY`].
    ///
    /// The code of `member` is inlined at each place where the search may end.
    #[inline]
    pub(super) fn find_owner<R>(&self, position: P, member: impl Fn(usize) -> R) -> R {
        if target::BLOCKS_PAY {
            member(self.owner_from(self.start(position), position))
        } else {
            scan::with_successor(self, position, |rank| {
                member(self.owners.get(self.wrapped(rank)).unwrap_or(NOBODY))
            })
        }
    }

    /// Has the owners from rank `start` on brought near while positions are still being compared: whoever asks
    /// for the rank of a point asks for its owner next. Where neither is in the caches, that takes a walk about a
    /// sixth of its time.
    #[inline]
    fn touch_owners(&self, start: Option<usize>) {
        if let (Owners::Narrow(owners), Some(start)) = (self.owners, start)
            && let Some(&owner) = owners.get(start)
        {
            black_box(owner);
        }
    }

    /// The rank at which the bucket of `position` starts; `None` in a ring without an index.
    ///
    /// A batch of lookups finds the starts of all its positions first, so that the loads of their
    /// points overlap.
    #[inline]
    pub(super) fn start(&self, position: P) -> Option<usize> {
        // Ranks fit in 32 bits. Where `usize` is wider, the compiler learns here that a rank plus a
        // small number does not overflow.
        self.index.start(self.index.bucket(position)).map(|start| start as u32 as usize)
    }

    /// The number of the owner of `position`, whose bucket starts at rank `start`. [`NOBODY`] in a
    /// ring without points.
    #[inline]
    pub(super) fn owner_from(&self, start: Option<usize>, position: P) -> usize {
        let positions = self.positions;
        match self.owners {
            Owners::Narrow(owners) => match windows::owner_near(positions, owners, start, position)
            {
                Some(owner) => owner,
                None => windows::owner_far(positions, owners, start, position),
            },
            #[cfg(feature = "alloc")]
            Owners::Wide(owners) => windows::wide_owner(positions, owners, start, position),
        }
    }
}
