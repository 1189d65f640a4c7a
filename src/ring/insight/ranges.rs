//! The ranges of the circle that nodes own.

use crate::point::{KeyRange, Placement};
use crate::ring::points::Layout;
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
        ring.key_ranges()
            .filter_map(move |(range, owner)| Some(OwnedRange { range, node: ring.node(owner)? }))
    }

    /// The ranges that [`ranges`](Self::ranges) gives, each with the number of its owner. The first
    /// begins where the last ends.
    pub(super) fn key_ranges(
        &self,
    ) -> impl Iterator<Item = (KeyRange<P::Position>, usize)> + use<'a, N, P, H> {
        let points = self.points;
        let first = points.first();
        let mut previous = points.position(points.before(first));
        points.around(first).filter_map(move |at| {
            let position = points.position(at)?;
            let before = previous.replace(position)?;
            // Of the points on one position the first owns it; the others end no range.
            let range = KeyRange { start: before, end: position };
            (at == first || before != position).then_some((range, points.owner(at)?))
        })
    }
}
