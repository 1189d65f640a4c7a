//! The search without an index.

/// The number of `positions` before `position`, by bisection. O(log points).
#[cold]
#[inline(never)]
pub(super) fn bisect<P: Ord>(positions: &[P], position: P) -> usize {
    positions.partition_point(|p| *p < position)
}
