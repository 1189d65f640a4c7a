//! [`Plain`]: a layout without an index, in force under `--cfg annulus_plain_layout`. Verbs that know
//! more of points than [`Layout`] says fail there, or do not compile.

use super::index::Index;
use super::layout::Layout;
use super::owners::Owners;
use crate::point::Position;

/// The positions in order, the owners in the same order, and nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain<'a, P> {
    positions: &'a [P],
    owners: Owners<'a>,
}

/// A point by the number of points from it to the last one, both included: 1 is the last point, the
/// number of points the first. 0 without points. Not a rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Left(usize);

impl<'a, P> Plain<'a, P> {
    /// The points at these positions with these owners. An index is not needed.
    #[inline]
    pub(crate) fn new(positions: &'a [P], owners: Owners<'a>, _: Index<'a>) -> Self {
        Self { positions, owners }
    }

    /// The index of a point in the slices; past their ends without points.
    #[inline]
    fn slot(&self, Left(left): Left) -> usize {
        self.positions.len().wrapping_sub(left)
    }
}

impl<P: Position> Layout<P> for Plain<'_, P> {
    type Cursor = Left;

    #[inline]
    fn len(&self) -> usize {
        self.positions.len()
    }

    fn bytes(&self) -> usize {
        size_of_val(self.positions) + self.owners.bytes()
    }

    #[inline]
    fn first(&self) -> Left {
        Left(self.positions.len())
    }

    #[inline]
    fn successor(&self, position: P) -> Left {
        match self.positions.len() - self.positions.partition_point(|&p| p < position) {
            0 => self.first(),
            left => Left(left),
        }
    }

    #[inline]
    fn next(&self, Left(left): Left) -> Left {
        if left > 1 { Left(left - 1) } else { self.first() }
    }

    #[inline]
    fn before(&self, at: Left) -> Left {
        let Left(left) = at;
        if at != self.first() { Left(left + 1) } else { Left(self.positions.len().min(1)) }
    }

    #[inline]
    fn position(&self, at: Left) -> Option<P> {
        self.positions.get(self.slot(at)).copied()
    }

    #[inline]
    fn owner(&self, at: Left) -> Option<usize> {
        self.owners.get(self.slot(at))
    }
}
