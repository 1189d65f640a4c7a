//! From a position to the point that owns it, and from a key to its owner.

use super::index::{Index, VECTORS};
use super::merge::OwnerWord;
use super::scan;
use super::view::{Key, Owners, RingRef};
use crate::point::{Placement, Position, Window};

/// How many points are looked at after the start of a bucket before all of them are bisected: more
/// than nearly every bucket holds.
const CLOSE: usize = 12;

/// How many lookups of a batch go through each step together.
const AT_ONCE: usize = 16;

/// The number of points before `position`, which is the place of its successor.
#[inline]
pub(crate) fn points_before<P: Position>(positions: &[P], index: Index<'_>, position: P) -> usize {
    if VECTORS {
        let start = start(index, position);
        near(positions, start, position).unwrap_or_else(|| far(positions, start, position))
    } else {
        scan::with_successor(positions, index, position, |place| place)
    }
}

/// The same, where one of the first points of the bucket at `start` tells it, as nearly always.
#[inline]
fn near<P: Position>(positions: &[P], start: Option<usize>, position: P) -> Option<usize> {
    let start = start?;
    window(positions, start, position).map(|window| start + window.first())
}

/// Where the bucket of `position` starts.
#[inline]
fn start<P: Position>(index: Index<'_>, position: P) -> Option<usize> {
    // There are less than 2^32 points: in so many bits nothing overflows where words are longer.
    index.start(index.bucket(position)).map(|start| start as u32 as usize)
}

/// The first points from `start`, if any of them is at or after `position`.
#[inline]
fn window<P: Position>(positions: &[P], start: usize, position: P) -> Option<Window> {
    let points = positions.get(start..start.wrapping_add(Window::LEN))?.first_chunk()?;
    Window::new(P::not_before(points, position))
}

/// [`points_before`] where it is not [`near`]: in a bucket that is fuller than nearly all or close to
/// the end of the ring, and in a ring without an index.
#[cold]
#[inline(never)]
fn far<P: Position>(positions: &[P], start: Option<usize>, position: P) -> usize {
    if let Some(start) = start
        && let Some(close) = positions.get(start..start.wrapping_add(CLOSE))
    {
        let before = close.iter().filter(|&&p| p < position).count();
        if before < CLOSE {
            return start + before;
        }
    }
    bisect(positions, position)
}

/// Which of `owners` the point that owns `position` has, where one of the first points of the bucket at
/// `start` tells it.
#[inline]
fn owner_near<P: Position>(
    positions: &[P],
    owners: &[u16],
    start: Option<usize>,
    position: P,
) -> Option<usize> {
    let start = start?;
    let window = window(positions, start, position)?;
    let owners = owners.get(start..start.wrapping_add(Window::LEN))?.first_chunk()?;
    Some(window.pick(*owners).into())
}

/// The same where it is [`far`] from the start; `None` in a ring without points.
#[cold]
#[inline(never)]
fn owner_far<P: Position, O: OwnerWord>(
    positions: &[P],
    owners: &[O],
    start: Option<usize>,
    position: P,
) -> Option<usize> {
    let place = far(positions, start, position);
    let owner = owners.get(if place < positions.len() { place } else { 0 })?;
    Some(owner.get() as usize)
}

/// Tells the compiler which way is taken seldom.
#[cold]
#[inline]
pub(crate) fn rare() {}

/// The number of `positions` before `position`, by halves.
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
            Owners::Wide(owners) => owner_far(positions, owners, start, position)?,
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
        if VECTORS {
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
        if !VECTORS {
            for (&position, owner) in positions.iter().zip(out) {
                *owner = self.owner_at(position);
            }
            return Ok(());
        }
        let mut starts = [0u32; AT_ONCE];
        for (positions, out) in positions.chunks(AT_ONCE).zip(out.chunks_mut(AT_ONCE)) {
            for (&position, start) in positions.iter().zip(&mut starts) {
                *start = self::start(self.index, position).map_or(u32::MAX, |start| start as u32);
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
