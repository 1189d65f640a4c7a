//! The ranges of the circle that nodes own.

use crate::point::{KeyRange, Placement};
use crate::ring::view::RingRef;

/// A range and the node that owns it.
#[derive(Debug)]
pub struct OwnedRange<'a, N, P: Placement> {
    /// The positions owned.
    pub range: KeyRange<P::Position>,
    /// Their owner.
    pub node: &'a N,
}

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The ranges between neighbouring positions and their owners, in the order of their ends.
    ///
    /// They tile the circle; a ring without points has none. Neighbouring ranges may have the same
    /// owner. O(points) for all.
    pub fn ranges(&self) -> impl Iterator<Item = OwnedRange<'a, N, P>> + use<'a, N, P, H> {
        let ring = *self;
        ring.key_ranges().filter_map(move |(range, rank)| {
            Some(OwnedRange { range, node: ring.node(ring.points.owner(rank)?)? })
        })
    }

    /// Each distinct position as the end of a range, with the rank of the point that owns it.
    pub(crate) fn key_ranges(
        &self,
    ) -> impl Iterator<Item = (KeyRange<P::Position>, usize)> + use<'a, N, P, H> {
        let positions = self.points.positions;
        let mut last = positions.last().copied();
        positions.iter().enumerate().filter_map(move |(rank, &end)| {
            let start = last.replace(end)?;
            // Of the points on one position the first owns it; the others end no range.
            (rank == 0 || start != end).then_some((KeyRange { start, end }, rank))
        })
    }
}
