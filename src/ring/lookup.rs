//! The lookups: from a key, a position or many to owners.

use super::scan;
use super::search::{far, near, owner_far, owner_near, start, wide_owner};
use super::view::{Key, Owners, RingRef};
use crate::point::Placement;
use crate::target;

/// How many lookups of a batch go through each step together.
const AT_ONCE: usize = 16;

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The position of `key` on the circle.
    #[inline]
    pub fn position(&self, key: &(impl Key<H> + ?Sized)) -> P::Position {
        P::key(key.hash_with(self.hash))
    }

    /// The place of the first point at or clockwise after `position`; of no use without points.
    #[inline]
    pub(crate) fn successor(&self, position: P::Position) -> usize {
        if target::APPLICATION {
            let start = start(self.index, position);
            near(self.positions, start, position)
                .unwrap_or_else(|| self.wrapped(far(self.positions, start, position)))
        } else {
            scan::with_successor(self.positions, self.index, position, |place| self.wrapped(place))
        }
    }

    /// The place clockwise of the last one is the first.
    #[inline]
    fn wrapped(&self, place: usize) -> usize {
        if place < self.positions.len() { place } else { 0 }
    }

    /// The node that owns a position in the bucket at `start`.
    #[inline]
    fn owner_from(&self, start: Option<usize>, position: P::Position) -> Option<&'a N> {
        let positions = self.positions;
        let owner = match self.owners {
            Owners::Narrow(owners) => match owner_near(positions, owners, start, position) {
                Some(owner) => owner,
                None => owner_far(positions, owners, start, position)?,
            },
            Owners::Wide(owners) => wide_owner(positions, owners, start, position)?,
        };
        self.node(owner)
    }

    /// The node that owns `key`; `None` when the ring has no points.
    ///
    /// Wait-free; O(1) expected, O(log points) at worst, and the hash of the key.
    ///
    /// ```
    /// # use annulus::Ring;
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert("cache-a")?;
    /// ring.insert("cache-b")?;
    /// let owner = ring.view().owner("user:42").unwrap();
    /// assert!(["cache-a", "cache-b"].contains(owner));
    /// # Ok::<(), annulus::EditError>(())
    /// ```
    #[inline]
    pub fn owner(&self, key: &(impl Key<H> + ?Sized)) -> Option<&'a N> {
        self.owner_at(self.position(key))
    }

    /// The node that owns `position`; `None` when the ring has no points.
    ///
    /// For keys that are hashed already. Wait-free; O(1) expected, O(log points) at worst.
    #[inline]
    pub fn owner_at(&self, position: P::Position) -> Option<&'a N> {
        if target::APPLICATION {
            return self.owner_from(start(self.index, position), position);
        }
        scan::with_successor(self.positions, self.index, position, |place| {
            self.node_at(self.wrapped(place))
        })
    }

    /// The owners of many positions: `out[i]` becomes [`owner_at`](Self::owner_at) of
    /// `positions[i]`.
    ///
    /// Fails, touching nothing, unless both slices have the same length. Wait-free; the lookups
    /// overlap, so that a batch waits for memory less often than single lookups do.
    pub fn owners_batch(
        &self,
        positions: &[P::Position],
        out: &mut [Option<&'a N>],
    ) -> Result<(), BatchLengthError> {
        if positions.len() != out.len() {
            return Err(BatchLengthError { positions: positions.len(), out: out.len() });
        }
        if !target::APPLICATION {
            for (&position, owner) in positions.iter().zip(out) {
                *owner = self.owner_at(position);
            }
            return Ok(());
        }
        let mut starts = [0u32; AT_ONCE];
        for (positions, out) in positions.chunks(AT_ONCE).zip(out.chunks_mut(AT_ONCE)) {
            for (&position, start) in positions.iter().zip(&mut starts) {
                *start = super::search::start(self.index, position)
                    .map_or(u32::MAX, |start| start as u32);
            }
            for ((&position, &start), owner) in positions.iter().zip(&starts).zip(out) {
                *owner = self.owner_from(Some(start as usize), position);
            }
        }
        Ok(())
    }
}

/// The two slices of a batch differ in length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BatchLengthError {
    /// The number of positions given.
    pub positions: usize,
    /// The number of places for answers.
    pub out: usize,
}

impl core::fmt::Display for BatchLengthError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} positions with room for {} owners", self.positions, self.out)
    }
}

impl core::error::Error for BatchLengthError {}
