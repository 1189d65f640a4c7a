//! Edits of the sorted arrays: points leave and join while everything else is copied in runs.
//!
//! A run is either moved within the arrays or copied from the arrays of another ring, so that a
//! ring can be edited in place as well as built beside the one that it replaces; either way every
//! byte moves about once.

use core::ops::Range;

use super::index::Index;
use super::search::points_before;
use super::view::Owners;
use crate::point::{PackedPoint, Position};
use crate::target;

/// The points that are copied at once: a few vectors.
const BLOCK: usize = 64;

/// The positions that go through registers together.
const PIECE: usize = 16;

/// The points whose places are looked up before any of them is put in or left out.
const BATCH: usize = 64;

/// The owner of a point in as many bits as a ring needs.
pub(crate) trait OwnerWord: Copy + Ord + 'static {
    /// The word for this place among the members.
    fn new(place: u32) -> Self;
    /// The place among the members.
    fn get(self) -> u32;
    /// The sum modulo the number of words.
    fn wrapping_add(self, other: Self) -> Self;
    /// `owners` in words of this width, if that is their width.
    fn of(owners: Owners<'_>) -> Option<&[Self]>;
    /// Words of this width as owners.
    fn owners(words: &[Self]) -> Owners<'_>;
}

macro_rules! owner_word {
    ($int:ty, $width:ident) => {
        impl OwnerWord for $int {
            #[inline]
            fn new(place: u32) -> Self {
                place as $int
            }

            #[inline]
            #[allow(clippy::unnecessary_cast)]
            fn get(self) -> u32 {
                self as u32
            }

            #[inline]
            fn wrapping_add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline]
            fn of(owners: Owners<'_>) -> Option<&[Self]> {
                match owners {
                    Owners::$width(words) => Some(words),
                    _ => None,
                }
            }

            #[inline]
            fn owners(words: &[Self]) -> Owners<'_> {
                Owners::$width(words)
            }
        }
    };
}

owner_word!(u16, Narrow);
owner_word!(u32, Wide);

/// How the places of members change, and with them the owners, when one member comes or goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shift {
    /// The first place that moves.
    first: u32,
    /// By how much, modulo 2^32.
    by: u32,
}

impl Shift {
    /// All stay.
    pub(crate) const KEEP: Self = Self { first: 0, by: 0 };

    /// A member comes in at `place`.
    pub(crate) fn up(place: u32) -> Self {
        Self { first: place, by: 1 }
    }

    /// The member at `place` goes.
    pub(crate) fn down(place: u32) -> Self {
        Self { first: place + 1, by: u32::MAX }
    }

    /// The same for words, without a branch: vectors of them go through it.
    #[inline]
    fn words<O: OwnerWord>(self) -> impl Fn(O) -> O + Copy {
        let none_moves = O::new(self.first).get() != self.first;
        let (first, by) = (O::new(self.first), O::new(if none_moves { 0 } else { self.by }));
        move |owner| owner.wrapping_add(if owner >= first { by } else { O::new(0) })
    }
}

/// The arrays of a ring under construction: as long as their capacity, of which the first `len`
/// points count.
pub(crate) struct Arrays<'a, P, O> {
    pub(crate) positions: &'a mut [P],
    pub(crate) owners: &'a mut [O],
    pub(crate) len: usize,
}

/// A ring to be read: the one that the edit starts from, or what is left of it.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a, P> {
    pub(crate) positions: &'a [P],
    pub(crate) owners: Owners<'a>,
    pub(crate) index: Index<'a>,
}

impl<P: Position> Source<'_, P> {
    /// The place of the first point that, its owner renamed, is not before `point`.
    #[inline]
    fn seek<R: PackedPoint<P>>(&self, point: R, shift: Shift) -> usize {
        let place = points_before(self.positions, self.index, point.position());
        let shared = self.positions.get(place) == Some(&point.position());
        if shared && self.is_before(place, point, shift) {
            return self.bisect(place + 1..self.positions.len(), point, shift);
        }
        place
    }

    /// The same in `range`, where it must be; what is outside of it is not read.
    fn seek_in<R: PackedPoint<P>>(&self, range: Range<usize>, point: R, shift: Shift) -> usize {
        // Without an index the bucket is no bucket, and may be any number.
        let bucket = self.index.bucket(point.position());
        let start = self.index.start(bucket).unwrap_or(range.start).max(range.start);
        let end = self.index.start(bucket.wrapping_add(1)).unwrap_or(range.end).min(range.end);
        self.bisect(start..end, point, shift)
    }

    /// The same by bisection.
    fn bisect<R: PackedPoint<P>>(&self, range: Range<usize>, point: R, shift: Shift) -> usize {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.is_before(middle, point, shift) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Whether the point at `place`, its owner renamed, is before `point`.
    #[inline]
    fn is_before<R: PackedPoint<P>>(&self, place: usize, point: R, shift: Shift) -> bool {
        let owner = self.owners.get(place).map_or(u32::MAX, |owner| owner as u32);
        (self.positions[place], shift.words()(owner)) < (point.position(), point.owner())
    }
}

impl<P: Position, O: OwnerWord> Arrays<'_, P, O> {
    /// Makes the arrays those of `source` without the points of `leaving`, all of which must be in
    /// it (by the names of before), or together with those of `joining` (by the names of after),
    /// sorted by position and owner, and renames the owners of the others. The arrays must have
    /// room.
    pub(crate) fn merge<R: PackedPoint<P>>(
        &mut self,
        source: Source<'_, P>,
        scratch: &[R],
        joining: bool,
        shift: Shift,
    ) {
        match (O::of(source.owners), source.owners) {
            (Some(words), _) => {
                self.merge_owners(source, words, shift.words(), scratch, joining, shift)
            }
            (None, Owners::Narrow(words)) => {
                let rename = |owner: u16| O::new(shift.words()(owner.get()));
                self.merge_owners(source, words, rename, scratch, joining, shift);
            }
            (None, Owners::Wide(words)) => {
                let rename = |owner: u32| O::new(shift.words()(owner));
                self.merge_owners(source, words, rename, scratch, joining, shift);
            }
        }
    }

    /// The same with the owners of `source` in words of one width.
    fn merge_owners<R: PackedPoint<P>, F: OwnerWord>(
        &mut self,
        source: Source<'_, P>,
        owners: &[F],
        rename: impl Fn(F) -> O + Copy,
        scratch: &[R],
        joining: bool,
        shift: Shift,
    ) {
        let before = if joining { shift } else { Shift::KEEP };
        let (put, skip) = (usize::from(joining), usize::from(!joining));
        // Of one length each, so that one comparison says whether there is a block.
        let len = source.positions.len();
        let (from, from_owners) = (source.positions, &owners[..len]);
        let (to, to_owners) = (&mut *self.positions, &mut *self.owners);
        let room = to.len().min(to_owners.len());
        let (to, to_owners) = (&mut to[..room], &mut to_owners[..room]);
        let (mut read, mut write, mut found) = (0, 0, 0);
        for batch in scratch.chunks(BATCH) {
            let mut places = [(0, P::MAX, O::new(0)); BATCH];
            for (place, &point) in places.iter_mut().zip(batch) {
                // (Of points that are equal each is found at the first of them.)
                let gap = source.seek(point, before).max(found);
                found = gap + skip;
                *place = (gap, point.position(), O::new(point.owner()));
            }
            let mut next = 0;
            while let Some(&(gap, position, owner)) = places[..batch.len()].get(next) {
                let run = gap - read;
                let block = from.get(read..read + BLOCK).zip(from_owners.get(read..read + BLOCK));
                let space = to
                    .get_mut(write..write + BLOCK + 1)
                    .zip(to_owners.get_mut(write..write + BLOCK + 1));
                let step = match (block, space) {
                    // A whole block however short the run is, for what follows is overwritten
                    // soon: the processor would guess wrong how long each run is.
                    (Some((from, from_owners)), Some((to, to_owners))) if target::APPLICATION => {
                        copy(from, &mut to[..BLOCK]);
                        for (to, &from) in to_owners.iter_mut().zip(from_owners) {
                            *to = rename(from);
                        }
                        let step = run.min(BLOCK);
                        (to[step], to_owners[step]) = (position, owner);
                        step
                    }
                    _ => {
                        copy_run(from, from_owners, read..gap, to, to_owners, write, rename);
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
        copy_run(from, from_owners, read..len, to, to_owners, write, rename);
        self.len = write + len - read;
    }

    /// Takes the points of `leaving` out of the ring (all of which must be in it, sorted by
    /// position and owner), and renames the owners of the others. `index` is that of the arrays.
    pub(crate) fn remove<R: PackedPoint<P>>(
        &mut self,
        index: Index<'_>,
        leaving: &[R],
        shift: Shift,
    ) {
        let (mut read, mut write) = (0, 0);
        for &point in leaving {
            let gap = self.as_source(index).seek_in(read..self.len, point, Shift::KEEP);
            self.move_run(read..gap, write, shift);
            write += gap - read;
            read = gap + 1;
        }
        self.move_run(read..self.len, write, shift);
        self.len = write + (self.len - read);
    }

    /// Puts the points of `joining` (sorted by position and owner) into the ring, and renames the
    /// owners of those that are there. The arrays must have room; `index` is theirs.
    pub(crate) fn insert<R: PackedPoint<P>>(
        &mut self,
        index: Index<'_>,
        joining: &[R],
        shift: Shift,
    ) {
        let mut end = self.len;
        self.len += joining.len();
        // From the back, so that what moves never meets what has yet to move.
        for (before, &point) in joining.iter().enumerate().rev() {
            let gap = self.as_source(index).seek_in(0..end, point, shift);
            self.move_run(gap..end, gap + before + 1, shift);
            self.positions[gap + before] = point.position();
            self.owners[gap + before] = O::new(point.owner());
            end = gap;
        }
        self.move_run(0..end, 0, shift);
    }

    /// The arrays, to be read.
    fn as_source<'s>(&'s self, index: Index<'s>) -> Source<'s, P> {
        Source { positions: self.positions, owners: O::owners(self.owners), index }
    }

    /// Brings a run of points to `to`, renaming their owners.
    fn move_run(&mut self, from: Range<usize>, to: usize, shift: Shift) {
        let target = to..to + from.len();
        if from.start != to {
            self.positions.copy_within(from.clone(), to);
            self.owners.copy_within(from, to);
        }
        if shift != Shift::KEEP {
            let rename = shift.words();
            for owner in &mut self.owners[target] {
                *owner = rename(*owner);
            }
        }
    }

    /// Renames all owners.
    pub(crate) fn rename(&mut self, rename: impl Fn(u32) -> u32) {
        for owner in &mut self.owners[..self.len] {
            *owner = O::new(rename(owner.get()));
        }
    }
}

/// Copies a run of points to `write`.
#[inline(never)]
fn copy_run<P: Copy, F: OwnerWord, O: OwnerWord>(
    positions: &[P],
    owners: &[F],
    run: Range<usize>,
    to: &mut [P],
    to_owners: &mut [O],
    write: usize,
    rename: impl Fn(F) -> O,
) {
    let target = write..write + run.len();
    copy(&positions[run.clone()], &mut to[target.clone()]);
    for (to, &from) in to_owners[target].iter_mut().zip(&owners[run]) {
        *to = rename(from);
    }
}

/// Copies positions in pieces that go through registers: a call to `memcpy` costs more for a few,
/// and some processors copy many slowly where they are not aligned.
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
    use super::super::index::Shape;
    use super::*;

    #[test]
    fn of_equal_points_as_many_leave_as_are_named() {
        let (positions, owners) = ([4u32, 5, 5, 5, 6], [0u16, 1, 1, 1, 0]);
        let index = Index::new(&[], Shape::NONE);
        let source = Source { positions: &positions, owners: Owners::Narrow(&owners), index };
        let leaving: [u64; 2] = [PackedPoint::pack(5, 1); 2];
        let (mut to, mut to_owners) = ([0; 5], [0u16; 5]);
        let mut arrays = Arrays { positions: &mut to, owners: &mut to_owners, len: 0 };
        arrays.merge(source, &leaving, false, Shift::KEEP);
        assert_eq!(arrays.len, 3);
        assert_eq!((&to[..3], &to_owners[..3]), (&[4, 5, 6][..], &[0, 1, 0][..]));
    }
}
