//! Points leave or join while the others are copied, in runs, from the arrays of another ring.

use core::ops::Range;

use super::shift::Shift;
use crate::point::{PackedPoint, Position};
use crate::ring::points::{Arrays, Direction, OwnerWord, Owners, Sorted};
use crate::target;

/// The number of points that are copied at once: a few vectors.
const BLOCK: usize = 64;

/// The number of positions that go through registers together.
const PIECE: usize = 16;

/// The number of points whose ranks are looked up before any of them is added or left out.
const BATCH: usize = 64;

impl<P: Position, O: OwnerWord> Arrays<'_, P, O> {
    /// Fills the arrays with the points of `source`, renumbers their owners, and adds or leaves out
    /// the points of `packed`, which is sorted by position and owner. Points that leave must be in
    /// `source` and have old numbers for owners; points that join have new numbers. The arrays must
    /// have room.
    pub(super) fn merge<R: PackedPoint<P>>(
        &mut self,
        source: Sorted<'_, P>,
        packed: &[R],
        direction: Direction,
        shift: Shift,
    ) {
        match (O::of(source.owners), source.owners) {
            (Some(words), _) => {
                self.merge_owners(source, words, shift.words(), packed, direction, shift)
            }
            (None, Owners::Narrow(words)) => {
                let renumber = |owner: u16| O::new(shift.number(owner.get()));
                self.merge_owners(source, words, renumber, packed, direction, shift);
            }
            #[cfg(feature = "alloc")]
            (None, Owners::Wide(words)) => {
                let renumber = |owner: u32| O::new(shift.number(owner));
                self.merge_owners(source, words, renumber, packed, direction, shift);
            }
        }
    }

    /// [`merge`](Self::merge) with the owners of `source` in words of one width.
    fn merge_owners<R: PackedPoint<P>, F: OwnerWord>(
        &mut self,
        source: Sorted<'_, P>,
        owners: &[F],
        renumber: impl Fn(F) -> O + Copy,
        packed: &[R],
        direction: Direction,
        shift: Shift,
    ) {
        let joining = direction == Direction::Joining;
        let before = if joining { shift } else { Shift::KEEP };
        let (put, skip) = (usize::from(joining), usize::from(!joining));
        // Both slices have the same length, so that one comparison tells whether there is a block.
        let len = source.positions.len();
        let (from, from_owners) = (source.positions, &owners[..len]);
        let (to, to_owners) = (&mut *self.positions, &mut *self.owners);
        let room = to.len().min(to_owners.len());
        let (to, to_owners) = (&mut to[..room], &mut to_owners[..room]);
        let (mut read, mut write, mut found) = (0, 0, 0);
        for batch in packed.chunks(BATCH) {
            let mut gaps = [(0, P::MAX, O::new(0)); BATCH];
            for (to, &point) in gaps.iter_mut().zip(batch) {
                // `seek` finds the first of several equal points; `found` is behind those that are
                // taken.
                let gap = source.seek(point, before).max(found);
                found = gap + skip;
                *to = (gap, point.position(), O::new(point.owner()));
            }
            let mut next = 0;
            while let Some(&(gap, position, owner)) = gaps[..batch.len()].get(next) {
                let run = gap - read;
                let block = from.get(read..read + BLOCK).zip(from_owners.get(read..read + BLOCK));
                let space = to
                    .get_mut(write..write + BLOCK + 1)
                    .zip(to_owners.get_mut(write..write + BLOCK + 1));
                let step = match (block, space) {
                    // Copies a whole block even for a shorter run, because later copies overwrite
                    // the rest. The length of a run would be a branch that is often predicted
                    // wrongly.
                    (Some((from, from_owners)), Some((to, to_owners))) if target::BLOCKS_PAY => {
                        copy(from, &mut to[..BLOCK]);
                        for (to, &from) in to_owners.iter_mut().zip(from_owners) {
                            *to = renumber(from);
                        }
                        let step = run.min(BLOCK);
                        (to[step], to_owners[step]) = (position, owner);
                        step
                    }
                    _ => {
                        copy_run(from, from_owners, read..gap, to, to_owners, write, renumber);
                        if joining {
                            (to[write + run], to_owners[write + run]) = (position, owner);
                        }
                        run
                    }
                };
                let at_gap = usize::from(step == run);
                read += step + (skip & at_gap);
                write += step + (put & at_gap);
                next += at_gap;
            }
        }
        copy_run(from, from_owners, read..len, to, to_owners, write, renumber);
        self.len = write + len - read;
    }
}

/// Copies a run of points to rank `write`, and renumbers their owners.
#[inline(never)]
fn copy_run<P: Copy, F: OwnerWord, O: OwnerWord>(
    positions: &[P],
    owners: &[F],
    run: Range<usize>,
    to: &mut [P],
    to_owners: &mut [O],
    write: usize,
    renumber: impl Fn(F) -> O,
) {
    let target = write..write + run.len();
    copy(&positions[run.clone()], &mut to[target.clone()]);
    for (to, &from) in to_owners[target].iter_mut().zip(&owners[run]) {
        *to = renumber(from);
    }
}

/// Copies positions in pieces that go through registers. A call to `memcpy` costs more for few
/// positions, and on some processors it is slow for many positions that are not aligned.
#[inline]
fn copy<P: Copy>(from: &[P], to: &mut [P]) {
    let ((from, from_rest), (to, to_rest)) =
        (from.as_chunks::<PIECE>(), to.as_chunks_mut::<PIECE>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::points::{Index, Shape};

    #[test]
    fn of_equal_points_as_many_leave_as_are_named() {
        let (positions, owners) = ([4u32, 5, 5, 5, 6], [0u16, 1, 1, 1, 0]);
        let index = Index::new(&[], Shape::NONE);
        let source = Sorted::new(&positions, Owners::Narrow(&owners), index);
        let leaving: [u64; 2] = [PackedPoint::pack(5, 1); 2];
        let (mut to, mut to_owners) = ([0; 5], [0u16; 5]);
        let mut arrays = Arrays { positions: &mut to, owners: &mut to_owners, len: 0 };
        arrays.merge(source, &leaving, Direction::Leaving, Shift::KEEP);
        assert_eq!(arrays.len, 3);
        assert_eq!((&to[..3], &to_owners[..3]), (&[4, 5, 6][..], &[0, 1, 0][..]));
    }
}
