//! From a position to the point that owns it, and from a key to its owner.

use super::index::Index;
use super::scan;
use super::view::{Key, RingRef};
use crate::point::{Placement, Position};

/// How many points are compared at once after the start of a bucket: two vectors of the narrowest
/// SIMD there is, and more than nearly every bucket holds.
const WINDOW: usize = 8;

/// The number of points whose position is before `position`, which is the place of its successor.
#[inline]
pub(crate) fn successor<P: Position>(positions: &[P], index: Index<'_>, position: P) -> usize {
    if cfg!(not(target_pointer_width = "64")) {
        return scan::with_successor(positions, index, position, |place| place);
    }
    let bucket = position.bucket(index.shift());
    let Some(start) = index.start(bucket) else {
        return without_bucket(positions, position);
    };
    if let Some(window) = positions.get(start..).and_then(<[P]>::first_chunk::<WINDOW>) {
        let before = count_before(window, position);
        if before < WINDOW {
            return start + before;
        }
    }
    bisect(positions, index, bucket, start, position)
}

/// The number of positions in `window`, which is sorted, before `position`.
#[inline]
fn count_before<P: Position>(window: &[P; WINDOW], position: P) -> usize {
    // Without a branch, which the compiler turns into vector compares.
    window.iter().map(|&p| u32::from(p < position)).sum::<u32>() as usize
}

/// The successor in a ring without an index.
#[cold]
#[inline(never)]
fn without_bucket<P: Position>(positions: &[P], position: P) -> usize {
    positions.partition_point(|&p| p < position)
}

/// The successor in a bucket that is fuller than the window or close to the end of the ring.
#[cold]
#[inline(never)]
fn bisect<P: Position>(
    positions: &[P],
    index: Index<'_>,
    bucket: usize,
    start: usize,
    position: P,
) -> usize {
    let end = index.start(bucket + 1).unwrap_or(positions.len());
    match positions.get(start..end) {
        Some(bucket) => start + bucket.partition_point(|&p| p < position),
        None => positions.partition_point(|&p| p < position),
    }
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
        let place = successor(self.positions, self.index, position);
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
        if cfg!(target_pointer_width = "64") {
            return self.node_at(self.successor(position));
        }
        scan::with_successor(self.positions, self.index, position, |place| {
            self.node_at(if place < self.positions.len() { place } else { 0 })
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
        for (&position, owner) in positions.iter().zip(out) {
            *owner = self.owner_at(position);
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
