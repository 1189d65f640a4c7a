//! Points leave or join within the arrays of one ring. The other points are moved in runs, each
//! about once.

use core::ops::Range;

use super::shift::Shift;
use crate::point::{PackedPoint, Position};
use crate::ring::points::{Arrays, Index, OwnerWord};

impl<P: Position, O: OwnerWord> Arrays<'_, P, O> {
    /// Removes the points of `leaving`, and renumbers the owners of the others. All of `leaving`
    /// must be in the arrays, and it must be sorted by position and owner. `index` is the index of
    /// the arrays.
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

    /// Adds the points of `joining`, which is sorted by position and owner, and renumbers the
    /// owners of the others. The arrays must have room. `index` is the index of the arrays.
    pub(super) fn insert<R: PackedPoint<P>>(
        &mut self,
        index: Index<'_>,
        joining: &[R],
        shift: Shift,
    ) {
        let mut end = self.len;
        self.len += joining.len();
        // Runs are moved from the back, so that none overwrites one that has yet to move.
        for (before, &point) in joining.iter().enumerate().rev() {
            let gap = self.read(index).seek_in(0..end, point, shift);
            self.move_run(gap..end, gap + before + 1, shift);
            self.positions[gap + before] = point.position();
            self.owners[gap + before] = O::new(point.owner());
            end = gap;
        }
        self.move_run(0..end, 0, shift);
    }

    /// Moves a run of points to rank `to`, and renumbers their owners.
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
