//! The points of a ring under construction.

use super::index::Index;
use super::owners::OwnerWord;
use super::sorted::Sorted;

/// Positions and owners as long as their capacity, of which the first `len` points count.
pub(crate) struct Arrays<'a, P, O> {
    pub(crate) positions: &'a mut [P],
    pub(crate) owners: &'a mut [O],
    pub(crate) len: usize,
}

impl<P, O: OwnerWord> Arrays<'_, P, O> {
    /// Everything in the arrays, to be read through `index`.
    #[inline]
    pub(crate) fn read<'s>(&'s self, index: Index<'s>) -> Sorted<'s, P> {
        Sorted { positions: self.positions, owners: O::owners(self.owners), index }
    }

    /// Gives the owner of each point another number.
    pub(crate) fn renumber(&mut self, renumber: impl Fn(O) -> O) {
        let owners = self.owners.get_mut(..self.len).unwrap_or_default();
        for owner in owners {
            *owner = renumber(*owner);
        }
    }
}

/// Makes this the point of this rank; past the end of the arrays nothing.
#[inline]
pub(crate) fn set<P, O>(
    positions: &mut [P],
    owners: &mut [O],
    rank: usize,
    (position, owner): (P, O),
) {
    if let (Some(to), Some(to_owner)) = (positions.get_mut(rank), owners.get_mut(rank)) {
        (*to, *to_owner) = (position, owner);
    }
}

/// Arrays with owners as wide as the number of members needs.
pub(crate) enum AnyArrays<'a, P> {
    /// Owners of 16 bits.
    Narrow(Arrays<'a, P, u16>),
    /// Owners of 32 bits: only a heap has room for so many members.
    #[cfg(feature = "alloc")]
    Wide(Arrays<'a, P, u32>),
}
