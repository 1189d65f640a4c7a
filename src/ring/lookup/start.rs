//! Where lookups begin: the point that owns a position.

use crate::point::Placement;
use crate::ring::points::{Cursor, Layout};
use crate::ring::view::RingRef;

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The point that owns `position`: its successor. Walks begin there. Without points it is no point.
    ///
    /// Wait-free; O(1) expected, O(log points) at worst.
    #[inline]
    pub(super) fn start(&self, position: P::Position) -> Cursor<'a, P::Position> {
        self.points.successor(position)
    }

    /// What `member` makes of the number of the member that owns `position`. Without points the number
    /// is one that no member has.
    ///
    /// The code of `member` is inlined wherever the search may end.
    // Left to choose, the compiler spends two instructions more in `owner_number_at`.
    #[inline(always)]
    pub(super) fn owner_of<R>(&self, position: P::Position, member: impl Fn(usize) -> R) -> R {
        self.points.owner_at(position, member)
    }
}
