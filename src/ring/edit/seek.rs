//! Where points leave or join: the rank of a point among the points of a ring whose owners are
//! being renumbered.

use core::ops::Range;

use super::shift::Shift;
use crate::point::{PackedPoint, Position};
use crate::ring::points::Sorted;

impl<P: Position> Sorted<'_, P> {
    /// The rank of the first point that is not before `point` once owners are renumbered by
    /// `shift`. O(1) expected, O(log points) at worst.
    #[inline]
    pub(super) fn seek<R: PackedPoint<P>>(&self, point: R, shift: Shift) -> usize {
        let rank = self.points_before(point.position());
        let shared = self.positions.get(rank) == Some(&point.position());
        if shared && self.is_before(rank, point, shift) {
            return self.bisect(rank + 1..self.positions.len(), point, shift);
        }
        rank
    }

    /// [`seek`](Self::seek) in `range` of ranks, where the result must be. Reads no point outside
    /// of the range.
    pub(super) fn seek_in<R: PackedPoint<P>>(
        &self,
        range: Range<usize>,
        point: R,
        shift: Shift,
    ) -> usize {
        // Without an index `bucket` is meaningless: it may be any number.
        let bucket = self.index.bucket(point.position());
        let start = self.index.start(bucket).unwrap_or(range.start).max(range.start);
        let end = self.index.start(bucket.wrapping_add(1)).unwrap_or(range.end).min(range.end);
        self.bisect(start..end, point, shift)
    }

    /// [`seek_in`](Self::seek_in) by bisection. O(log points).
    fn bisect<R: PackedPoint<P>>(&self, range: Range<usize>, point: R, shift: Shift) -> usize {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.is_before(middle, point, shift) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Whether the point of this rank is before `point` once its owner is renumbered.
    #[inline]
    fn is_before<R: PackedPoint<P>>(&self, rank: usize, point: R, shift: Shift) -> bool {
        let owner = self.owners.get(rank).map_or(u32::MAX, |owner| owner as u32);
        (self.positions[rank], shift.number(owner)) < (point.position(), point.owner())
    }
}
