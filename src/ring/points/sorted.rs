//! [`Sorted`]: the points of a ring in their order, to be read.

use super::index::Index;
use super::owners::Owners;

/// The points of a ring: by position, then by the identity of their owner, then by their number.
///
/// What asks for the owner or the successor of a position goes through the methods in `search`.
#[derive(Debug)]
pub(crate) struct Sorted<'a, P> {
    /// The positions in order, `owners` beside them.
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
