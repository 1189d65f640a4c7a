//! From a position to its successor, and to whose point that is, in sorted arrays.

use super::index::Index;
use super::merge::OwnerWord;
use super::scan;
use crate::point::{Position, Window};
use crate::target;

/// How many points are looked at after the start of a bucket before all of them are bisected: more
/// than nearly every bucket holds.
const CLOSE: usize = 12;

/// The number of points before `position`, which is the place of its successor.
#[inline]
pub(crate) fn points_before<P: Position>(positions: &[P], index: Index<'_>, position: P) -> usize {
    if target::APPLICATION {
        let start = start(index, position);
        near(positions, start, position).unwrap_or_else(|| far(positions, start, position))
    } else {
        scan::with_successor(positions, index, position, |place| place)
    }
}

/// The same, where one of the first points of the bucket at `start` tells it, as nearly always.
#[inline]
pub(super) fn near<P: Position>(
    positions: &[P],
    start: Option<usize>,
    position: P,
) -> Option<usize> {
    let start = start?;
    window(positions, start, position).map(|window| start + window.first())
}

/// Where the bucket of `position` starts.
#[inline]
pub(super) fn start<P: Position>(index: Index<'_>, position: P) -> Option<usize> {
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
pub(super) fn far<P: Position>(positions: &[P], start: Option<usize>, position: P) -> usize {
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

/// The number of `positions` before `position`, by halves.
#[cold]
#[inline(never)]
pub(crate) fn bisect<P: Position>(positions: &[P], position: P) -> usize {
    positions.partition_point(|&p| p < position)
}

/// The place among the members of the owner of `position`, which lies in the bucket that starts at
/// `start`. `None` where the first points of the bucket do not tell it.
#[inline]
pub(super) fn owner_near<P: Position>(
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

/// [`owner_near`] where it is [`far`] from the start. `None` in a ring without points.
#[cold]
#[inline(never)]
pub(super) fn owner_far<P: Position, O: OwnerWord>(
    positions: &[P],
    owners: &[O],
    start: Option<usize>,
    position: P,
) -> Option<usize> {
    let place = far(positions, start, position);
    let owner = owners.get(if place < positions.len() { place } else { 0 })?;
    Some(owner.get() as usize)
}

/// The owner in a ring of more than 2^16 members. Called, and thought cold, so that lookups in all others
/// are short.
#[cold]
#[inline(never)]
pub(super) fn wide_owner<P: Position>(
    positions: &[P],
    owners: &[u32],
    start: Option<usize>,
    position: P,
) -> Option<usize> {
    match near(positions, start, position) {
        Some(place) => owners.get(place).map(|&owner| owner as usize),
        None => owner_far(positions, owners, start, position),
    }
}
