//! Points leave and join within the arrays of one ring: runs of the others are moved, so that every byte
//! moves about once.

use core::ops::Range;

use super::shift::Shift;
use crate::point::{PackedPoint, Position};
use crate::ring::points::{Arrays, Index, OwnerWord};

impl<P: Position, O: OwnerWord> Arrays<'_, P, O> {
    /// Takes the points of `leaving` out of the ring (all of which must be in it, sorted by
    /// position and owner), and renumbers the owners of the others. `index` is that of the arrays.
    pub(super) fn remove<R: PackedPoint<P>>(
        &mut self,
        index: Index<'_>,
        leaving: &[R],
        shift: Shift,
    ) {
        let (mut read, mut write) = (0, 0);
        for &point in leaving {
            let gap = self.read(index).seek_in(read..self.len, point, Shift::KEEP);
            self.move_run(read..gap, write, shift);
            write += gap - read;
            read = gap + 1;
        }
        self.move_run(read..self.len, write, shift);
        self.len = write + (self.len - read);
    }

    /// Puts the points of `joining` (sorted by position and owner) into the ring, and renames the
    /// owners of those that are there. The arrays must have room; `index` is theirs.
    pub(super) fn insert<R: PackedPoint<P>>(
        &mut self,
        index: Index<'_>,
        joining: &[R],
        shift: Shift,
    ) {
        let mut end = self.len;
        self.len += joining.len();
        // From the back, so that what moves never meets what has yet to move.
        for (before, &point) in joining.iter().enumerate().rev() {
            let gap = self.read(index).seek_in(0..end, point, shift);
            self.move_run(gap..end, gap + before + 1, shift);
            self.positions[gap + before] = point.position();
            self.owners[gap + before] = O::new(point.owner());
            end = gap;
        }
        self.move_run(0..end, 0, shift);
    }

    /// Brings a run of points to `to`, renumbering their owners.
    fn move_run(&mut self, from: Range<usize>, to: usize, shift: Shift) {
        let target = to..to + from.len();
        if from.start != to {
            self.positions.copy_within(from.clone(), to);
            self.owners.copy_within(from, to);
        }
        if shift != Shift::KEEP {
            let renumber = shift.words();
            for owner in &mut self.owners[target] {
                *owner = renumber(*owner);
            }
        }
    }
}
