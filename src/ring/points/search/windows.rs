//! The search where blocks pay: four points are compared with the position at once.

use super::bisect::bisect;
use crate::point::{Position, Window};
use crate::ring::points::owners::{NOBODY, OwnerWord};

/// How many points from the start of a bucket are looked at before all points are bisected. Nearly
/// every bucket has fewer.
const CLOSE: usize = 12;

/// The number of points before `position`, whose bucket starts at rank `start`.
#[inline]
pub(super) fn points_before<P: Position>(
    positions: &[P],
    start: Option<usize>,
    position: P,
) -> usize {
    near(positions, start, position).unwrap_or_else(|| far(positions, start, position))
}

/// [`points_before`] if the successor is among the first four points from `start`, as it nearly
/// always is.
#[inline]
pub(super) fn near<P: Position>(
    positions: &[P],
    start: Option<usize>,
    position: P,
) -> Option<usize> {
    let start = start?;
    window(positions, start, position).map(|window| start + window.first())
}

/// The first four points from rank `start`; `None` if none of them is at or after `position`.
#[inline]
fn window<P: Position>(positions: &[P], start: usize, position: P) -> Option<Window> {
    let points = positions.get(start..start.wrapping_add(Window::LEN))?.first_chunk()?;
    Window::new(P::not_before(points, position))
}

/// [`points_before`] where [`near`] gives `None`: in a bucket that is fuller than nearly all or
/// close to the last point, and in a ring without an index.
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

/// The owner of `position`, whose bucket starts at rank `start`. `None` if the successor is not
/// among the first four points from `start`.
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

/// The owner of `position` where [`owner_near`] gives `None`. [`NOBODY`] in a ring without points.
#[cold]
#[inline(never)]
pub(super) fn owner_far<P: Position, O: OwnerWord>(
    positions: &[P],
    owners: &[O],
    start: Option<usize>,
    position: P,
) -> usize {
    let rank = far(positions, start, position);
    let owner = owners.get(if rank < positions.len() { rank } else { 0 });
    owner.map_or(NOBODY, |owner| owner.get() as usize)
}

/// The owner of `position` in a ring of more than 2^16 members: outlined and cold to keep the
/// 16-bit path small.
#[cfg(feature = "alloc")]
#[cold]
#[inline(never)]
pub(super) fn wide_owner<P: Position>(
    positions: &[P],
    owners: &[u32],
    start: Option<usize>,
    position: P,
) -> usize {
    match near(positions, start, position) {
        Some(rank) => owners.get(rank).map_or(NOBODY, |&owner| owner as usize),
        None => owner_far(positions, owners, start, position),
    }
}
