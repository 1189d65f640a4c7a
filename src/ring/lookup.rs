//! From a position to the point that owns it, and from a key to its owner.

use super::index::{Index, VECTORS};
use super::scan;
use super::view::{Key, RingRef};
use crate::point::{Placement, Position};

/// How many points are looked at after the start of a bucket: more than nearly every bucket holds.
const WINDOW: usize = 7;

/// How many lookups of a batch go through each step together.
const AT_ONCE: usize = 32;

/// The number of points before `position`, which is the place of its successor.
#[inline]
pub(crate) fn points_before<P: Position>(positions: &[P], index: Index<'_>, position: P) -> usize {
    if VECTORS {
        near(positions, index, position).unwrap_or_else(|| bisect(positions, position))
    } else {
        scan::with_successor(positions, index, position, |place| place)
    }
}

/// The same, where the window after the start of the bucket of `position` tells it, as it nearly
/// always does.
#[inline]
fn near<P: Position>(positions: &[P], index: Index<'_>, position: P) -> Option<usize> {
    near_start(positions, start(index, position)?, position)
}

/// The start of the bucket of `position`.
#[inline]
fn start<P: Position>(index: Index<'_>, position: P) -> Option<usize> {
    index.start(position.bucket(index.shift()))
}

/// [`near`] from the start of the bucket.
#[inline]
fn near_start<P: Position>(positions: &[P], start: usize, position: P) -> Option<usize> {
    // There are less than 2^32 points: in so many bits nothing overflows where words are longer.
    let start = start as u32 as usize;
    let window = positions.get(start..start.wrapping_add(WINDOW))?.first_chunk()?;
    let before = count_before(window, position);
    (before < WINDOW).then_some(start + before)
}

/// The number of positions in `window`, which is sorted, before `position`; less than [`WINDOW`]
/// if there are fewer.
#[inline]
fn count_before<P: Position>(window: &[P; WINDOW], position: P) -> usize {
    // All compares of a half at once, in vectors; few buckets are so full that the second matters.
    let [a, b, c, d, e, f, g] = window.map(|p| usize::from(p < position));
    if d == 0 {
        a + b + c
    } else {
        rare();
        4 + e + f + g
    }
}

/// Tells the compiler which way is taken seldom.
#[cold]
#[inline]
pub(crate) fn rare() {}

/// The number of `positions` before `position`, by halves: for a bucket that is fuller than the window
/// or close to the end of the ring, and for a ring without an index.
///
/// All of the positions, though the bucket would do: what few lookups lose, all gain by having to keep
/// no more in registers.
#[cold]
#[inline(never)]
pub(crate) fn bisect<P: Position>(positions: &[P], position: P) -> usize {
    positions.partition_point(|&p| p < position)
}

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The position of `key` on the circle.
    #[inline]
    pub fn position(&self, key: &(impl Key<H> + ?Sized)) -> P::Position {
        P::key(key.hash_with(self.hash))
    }

    /// The place of the first point at or clockwise after `position`; of no use without points.
    #[inline]
    pub(crate) fn successor(&self, position: P::Position) -> usize {
        if VECTORS {
            near(self.positions, self.index, position).unwrap_or_else(|| self.far(position))
        } else {
            scan::with_successor(self.positions, self.index, position, |place| self.wrapped(place))
        }
    }

    /// [`successor`](Self::successor) where it is not [`near`].
    #[inline]
    fn far(&self, position: P::Position) -> usize {
        self.wrapped(bisect(self.positions, position))
    }

    /// The place clockwise of the last one is the first.
    #[inline]
    fn wrapped(&self, place: usize) -> usize {
        if place < self.positions.len() { place } else { 0 }
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
        if VECTORS {
            return self.node_at(self.successor(position));
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
        if !VECTORS {
            for (&position, owner) in positions.iter().zip(out) {
                *owner = self.owner_at(position);
            }
            return Ok(());
        }
        let mut places = [0; AT_ONCE];
        for (positions, out) in positions.chunks(AT_ONCE).zip(out.chunks_mut(AT_ONCE)) {
            for (&position, place) in positions.iter().zip(&mut places) {
                *place = start(self.index, position).unwrap_or(usize::MAX);
            }
            for (&position, place) in positions.iter().zip(&mut places) {
                *place = near_start(self.positions, *place, position)
                    .unwrap_or_else(|| self.far(position));
            }
            for (&place, owner) in places.iter().zip(out) {
                *owner = self.node_at(place);
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
