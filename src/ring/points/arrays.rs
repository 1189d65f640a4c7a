//! The points of a ring under construction.

use super::index::Index;
use super::owners::OwnerWord;
use super::sorted::Sorted;

/// Arrays of positions and owners. The first `len` elements of both are the points; the rest is
/// room for more.
pub(crate) struct Arrays<'a, P, O> {
    pub(crate) positions: &'a mut [P],
    pub(crate) owners: &'a mut [O],
    pub(crate) len: usize,
}

impl<P, O: OwnerWord> Arrays<'_, P, O> {
    /// The arrays, including the elements behind the points, to be searched through `index`.
    #[inline]
    pub(crate) fn read<'s>(&'s self, index: Index<'s>) -> Sorted<'s, P> {
        Sorted::new(self.positions, O::owners(self.owners), index)
    }

    /// Replaces the owner of each point by what `renumber` makes of it.
    pub(crate) fn renumber(&mut self, renumber: impl Fn(O) -> O) {
        let owners = self.owners.get_mut(..self.len).unwrap_or_default();
        for owner in owners {
            *owner = renumber(*owner);
        }
    }
}

/// Makes this position and owner the point of rank `rank`. Does nothing past the end of an array.
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
    /// Owners of 32 bits, for more than 2^16 members. Only heap storage has room for them.
    #[cfg(feature = "alloc")]
    Wide(Arrays<'a, P, u32>),
}
