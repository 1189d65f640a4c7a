//! [`Sorted`] as a [`Layout`]: its cursors are ranks.

use core::iter::FusedIterator;

use super::layout::{Layout, Look};
use super::owners::{OwnerWord, Owners};
use super::sorted::Sorted;
use crate::point::Position;
use crate::target;

/// How many lookups of a batch overlap. Each step of a lookup is made for all of them before the
/// next step.
const AT_ONCE: usize = 16;

impl<P: Position> Layout<P> for Sorted<'_, P> {
    type Cursor = usize;

    #[inline]
    fn len(&self) -> usize {
        self.positions.len()
    }

    fn bytes(&self) -> usize {
        size_of_val(self.positions) + self.owners.bytes() + self.index.bytes()
    }

    #[inline]
    fn first(&self) -> usize {
        0
    }

    #[inline]
    fn successor(&self, position: P) -> usize {
        self.find(position)
    }

    #[inline]
    fn next(&self, rank: usize) -> usize {
        self.wrapped(rank + 1)
    }

    #[inline]
    fn before(&self, rank: usize) -> usize {
        if rank > 0 { rank - 1 } else { self.positions.len().saturating_sub(1) }
    }

    #[inline]
    fn position(&self, rank: usize) -> Option<P> {
        self.positions.get(rank).copied()
    }

    #[inline]
    fn owner(&self, rank: usize) -> Option<usize> {
        self.owners.get(rank)
    }

    // Inlined at all costs, as `owners_at` is: left to choose, the compiler spends an instruction or two
    // more in the callers.
    #[inline(always)]
    fn owner_at<R>(&self, position: P, member: impl Fn(usize) -> R) -> R {
        self.find_owner(position, member)
    }

    #[inline(always)]
    fn owners_at<R>(&self, positions: &[P], out: &mut [R], member: impl Fn(usize) -> R) {
        if !target::BLOCKS_PAY {
            for (&position, owner) in positions.iter().zip(out) {
                *owner = self.find_owner(position, &member);
            }
            return;
        }
        let mut starts = [0u32; AT_ONCE];
        for (positions, out) in positions.chunks(AT_ONCE).zip(out.chunks_mut(AT_ONCE)) {
            for (&position, start) in positions.iter().zip(&mut starts) {
                *start = self.start(position).map_or(u32::MAX, |start| start as u32);
            }
            for ((&position, &start), owner) in positions.iter().zip(&starts).zip(out) {
                *owner = member(self.owner_from(Some(start as usize), position));
            }
        }
    }

    #[inline]
    fn around(self, start: usize) -> impl FusedIterator<Item = usize> {
        (start..self.positions.len()).chain(0..start)
    }

    #[inline]
    fn fill_distinct<R: Copy>(
        &self,
        start: usize,
        apart: bool,
        member: impl Fn(usize) -> Option<R>,
        out: &mut [Option<R>],
    ) -> bool {
        if apart {
            let positions = self.positions.get(start..).unwrap_or_default();
            let mut pairs = positions.iter().zip(positions.iter().skip(1));
            if pairs.by_ref().take(out.len().saturating_sub(1)).any(|(a, b)| a == b) {
                return false;
            }
        }
        match self.owners {
            Owners::Narrow(owners) => fill_distinct(owners, start, member, out),
            #[cfg(feature = "alloc")]
            Owners::Wide(owners) => fill_distinct(owners, start, member, out),
        }
    }

    #[inline]
    fn look_ahead<const GROUPS: usize, L: Look<GROUPS>>(
        &self,
        start: usize,
        look: L,
    ) -> Option<L::Answer> {
        match self.owners {
            Owners::Narrow(owners) => Some(look.at(next_owners(owners, start)?)),
            #[cfg(feature = "alloc")]
            Owners::Wide(owners) => Some(look.at(next_owners(owners, start)?)),
        }
    }

    #[inline]
    fn sorted(&self) -> Option<Sorted<'_, P>> {
        Some(*self)
    }
}

/// The next owners from rank `start` on, up to the last point.
#[inline]
fn next_owners<const GROUPS: usize, O: OwnerWord>(
    owners: &[O],
    start: usize,
) -> Option<&[[O; 8]; GROUPS]> {
    let (groups, _) = owners.get(start..)?.as_chunks::<8>();
    groups.first_chunk()
}

/// [`Layout::fill_distinct`] from the owners alone. `false` if there are too few points from rank
/// `start` to the last.
#[inline]
fn fill_distinct<R: Copy, O: OwnerWord>(
    owners: &[O],
    start: usize,
    member: impl Fn(usize) -> Option<R>,
    out: &mut [Option<R>],
) -> bool {
    let owners = owners.get(start..).and_then(|owners| owners.get(..out.len()));
    let Some(owners) = owners else { return false };
    for (i, (&owner, to)) in owners.iter().zip(out).enumerate() {
        let member = member(owner.get() as usize);
        if owners.iter().take(i).any(|&before| before == owner) || member.is_none() {
            return false;
        }
        *to = member;
    }
    true
}
