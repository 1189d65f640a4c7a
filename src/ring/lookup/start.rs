//! Where lookups begin: the point that owns a position.

use crate::point::{Placement, Position};
use crate::ring::points::{Cursor, Layout, NOBODY};
use crate::ring::view::RingRef;

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The point that owns `position`: its successor or, if the placement says so, the nearest point.
    /// Walks begin there. Without points it is no point.
    ///
    /// Of several points on one position the successor is the first, and the nearest point is the last
    /// if it is before `position`. Wait-free; O(1) expected, O(log points) at worst.
    #[inline]
    pub(super) fn start(&self, position: P::Position) -> Cursor<'a, P::Position> {
        const {
            assert!(
                !(P::NEAREST && P::EQUAL_POINTS_ONCE),
                "where the nearest point owns, all of several equal points count"
            );
        }
        let after = self.points.successor(position);
        if !P::NEAREST {
            return after;
        }
        let before = self.points.before(after);
        match (self.points.position(before), self.points.position(after)) {
            (Some(from), Some(to)) => {
                let (behind, ahead) = (from.steps_to(position), position.steps_to(to));
                // No step leads from the point before to `position` only if all points lie on
                // `position`. The point before is then a whole circle away.
                if behind != 0 && behind <= ahead { before } else { after }
            }
            _ => after,
        }
    }

    /// What `member` makes of the number of the member that owns `position`. Without points the number
    /// is [`NOBODY`].
    ///
    /// The code of `member` is inlined wherever the search may end.
    // Left to choose, the compiler spends two instructions more in `owner_number_at`.
    #[inline(always)]
    pub(super) fn owner_of<R>(&self, position: P::Position, member: impl Fn(usize) -> R) -> R {
        if P::NEAREST {
            member(self.points.owner(self.start(position)).unwrap_or(NOBODY))
        } else {
            self.points.owner_at(position, member)
        }
    }
}
