//! [`Sorted`]: the points of a ring in their order, to be read.

use super::index::Index;
use super::owners::Owners;

/// The points of a ring, in the order of position, then of the owner's identity, then of the index
/// *r* in the owner's stream.
///
/// The methods that find the successor or the owner of a position are in `search`.
#[derive(Debug)]
pub(crate) struct Sorted<'a, P> {
    /// The positions in order. `owners` has the owners of the points in the same order.
    pub(crate) positions: &'a [P],
    pub(crate) owners: Owners<'a>,
    pub(crate) index: Index<'a>,
}

impl<P> Clone for Sorted<'_, P> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Sorted<'_, P> {}

impl<P> Sorted<'_, P> {
    /// The number of points.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.positions.len()
    }

    /// The memory that lookups read, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.positions) + self.owners.bytes() + self.index.bytes()
    }

    /// The owner of the point of this rank.
    #[inline]
    pub(crate) fn owner(&self, rank: usize) -> Option<usize> {
        self.owners.get(rank)
    }

    /// Wraps a rank past the last point to 0.
    #[inline]
    pub(crate) fn wrapped(&self, rank: usize) -> usize {
        if rank < self.positions.len() { rank } else { 0 }
    }
}
