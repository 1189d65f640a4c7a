//! [`Sorted`]: the points of a ring in their order, to be read.

use super::index::Index;
use super::owners::Owners;

/// The points of a ring, in the order of position, then of the owner's number, then of the index *r*
/// in the owner's stream.
///
/// Lookups ask it as a [`Layout`](super::Layout), which is implemented in `ranks`. Edits read the
/// arrays themselves. The methods that find the successor or the owner of a position are in `search`.
#[derive(Debug)]
pub(crate) struct Sorted<'a, P> {
    /// The positions in order. `owners` has the owners of the points in the same order.
    pub(in crate::ring) positions: &'a [P],
    pub(in crate::ring) owners: Owners<'a>,
    pub(in crate::ring) index: Index<'a>,
}

impl<P> Clone for Sorted<'_, P> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Sorted<'_, P> {}

impl<'a, P> Sorted<'a, P> {
    /// The points at these positions, which are in order, with these owners, to be searched through
    /// `index`.
    #[inline]
    pub(crate) fn new(positions: &'a [P], owners: Owners<'a>, index: Index<'a>) -> Self {
        Self { positions, owners, index }
    }

    /// Wraps a rank past the last point to 0.
    #[inline]
    pub(super) fn wrapped(&self, rank: usize) -> usize {
        if rank < self.positions.len() { rank } else { 0 }
    }
}
