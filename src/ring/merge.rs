//! Edits of the sorted arrays: points leave and join while everything else is copied in runs.
//!
//! A run is either moved within the arrays or copied from the arrays of another ring, so that a
//! ring can be edited in place as well as built beside the one that it replaces; either way every
//! byte moves about once.

use core::ops::Range;

use super::view::Owners;
use crate::point::{Position, Record};

/// The owner of a point in as many bits as a ring needs.
pub(crate) trait OwnerWord: Copy + 'static {
    /// The word for this place among the members.
    fn new(place: u32) -> Self;
    /// The place among the members.
    fn get(self) -> u32;
}

impl OwnerWord for u16 {
    #[inline]
    fn new(place: u32) -> Self {
        place as u16
    }

    #[inline]
    fn get(self) -> u32 {
        u32::from(self)
    }
}

impl OwnerWord for u32 {
    #[inline]
    fn new(place: u32) -> Self {
        place
    }

    #[inline]
    fn get(self) -> u32 {
        self
    }
}

/// The arrays of a ring under construction: as long as their capacity, of which the first `len`
/// points count.
pub(crate) struct Arrays<'a, P, O> {
    pub(crate) positions: &'a mut [P],
    pub(crate) owners: &'a mut [O],
    pub(crate) len: usize,
}

/// The arrays of the ring that the edit starts from, where that is another ring.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a, P> {
    pub(crate) positions: &'a [P],
    pub(crate) owners: Owners<'a>,
}

impl<P: Position, O: OwnerWord> Arrays<'_, P, O> {
    /// Takes the points of `leaving` out of the ring (all of which must be in it, sorted by
    /// position and owner), and renames the owners of the others. Returns how many points stay.
    pub(crate) fn remove<R: Record<P>>(
        &mut self,
        source: Option<Source<'_, P>>,
        leaving: &[R],
        rename: impl Fn(u32) -> u32,
    ) -> usize {
        let len = source.map_or(self.len, |source| source.positions.len());
        let (mut read, mut write) = (0, 0);
        for &point in leaving {
            let gap = self.seek(source, read..len, point, |owner| owner);
            self.run(source, read..gap, write, &rename);
            write += gap - read;
            read = gap + 1;
        }
        self.run(source, read..len, write, &rename);
        self.len = write + (len - read);
        self.len
    }

    /// Puts the points of `joining` (sorted by position and owner) into the ring, and renames the
    /// owners of those that are there. The arrays must have room. Returns how many points there
    /// are then.
    pub(crate) fn insert<R: Record<P>>(
        &mut self,
        source: Option<Source<'_, P>>,
        joining: &[R],
        rename: impl Fn(u32) -> u32,
    ) -> usize {
        let mut end = source.map_or(self.len, |source| source.positions.len());
        self.len = end + joining.len();
        // From the back, so that what moves within the arrays never meets what has yet to move.
        for (before, &point) in joining.iter().enumerate().rev() {
            let gap = self.seek(source, 0..end, point, &rename);
            self.run(source, gap..end, gap + before + 1, &rename);
            self.positions[gap + before] = point.position();
            self.owners[gap + before] = O::new(point.owner());
            end = gap;
        }
        self.run(source, 0..end, 0, &rename);
        self.len
    }

    /// The first place in `range` of the source whose point, its owner renamed, is not before
    /// `point`.
    fn seek<R: Record<P>>(
        &self,
        source: Option<Source<'_, P>>,
        range: Range<usize>,
        point: R,
        rename: impl Fn(u32) -> u32,
    ) -> usize {
        let positions = source.map_or(&*self.positions, |source| source.positions);
        let owner = |place: usize| match source {
            Some(source) => source.owners.get(place).map_or(u32::MAX, |owner| owner as u32),
            None => self.owners[place].get(),
        };
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            let order = positions[middle].cmp(&point.position());
            if order.then_with(|| rename(owner(middle)).cmp(&point.owner())).is_lt() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Brings a run of points to `to`, renaming their owners.
    fn run(
        &mut self,
        source: Option<Source<'_, P>>,
        from: Range<usize>,
        to: usize,
        rename: impl Fn(u32) -> u32,
    ) {
        let target = to..to + from.len();
        match source {
            None => {
                if from.start != to {
                    self.positions.copy_within(from.clone(), to);
                    self.owners.copy_within(from, to);
                }
                for owner in &mut self.owners[target] {
                    *owner = O::new(rename(owner.get()));
                }
            }
            Some(source) => {
                self.positions[target.clone()].copy_from_slice(&source.positions[from.clone()]);
                let owners = &mut self.owners[target];
                match source.owners {
                    Owners::Narrow(words) => copy_renamed(owners, &words[from], rename),
                    #[cfg(feature = "alloc")]
                    Owners::Wide(words) => copy_renamed(owners, &words[from], rename),
                }
            }
        }
    }
}

/// Copies owners from one width to another, renaming them.
fn copy_renamed<O: OwnerWord>(to: &mut [O], from: &[impl OwnerWord], rename: impl Fn(u32) -> u32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = O::new(rename(from.get()));
    }
}
