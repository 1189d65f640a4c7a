//! A pass over the points of a ring: points leave or join, owners are renumbered, and the index
//! follows.

use super::plan::Plan;
use super::shift::Shift;
use super::sort::sort;
use super::spans::Spans;
use crate::point::{PackedPoint, Position};
use crate::ring::basic::BasicRing;
use crate::ring::member::Member;
use crate::ring::points::{
    AnyArrays, Arrays, Direction, Index, OwnerWord, Shape, Sorted, build_index, copy_starts,
    move_starts,
};
use crate::ring::storage::{ConfigOf, Parts, PositionOf, Storage};

/// How the owners of points are renumbered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Renumber {
    /// One member arrives or departs, or none does.
    Shift(Shift),
    /// Each owner is looked up in the table of new numbers in the scratch of the storage.
    Table,
}

impl Renumber {
    /// Every member keeps its number.
    pub(super) const KEEP: Self = Self::Shift(Shift::KEEP);
}

/// The ring from which a pass copies points, if it does not change them in place.
pub(super) struct Source<'a, N, P> {
    pub(super) members: &'a [Member<N>],
    pub(super) points: Sorted<'a, P>,
}

impl<S: Storage, H> BasicRing<S, H> {
    /// Removes or adds the points that `plan` says, in batches of as many as there is room to pack,
    /// and renumbers owners once.
    ///
    /// If there is a `source`, its points are copied into the arrays of this ring with these
    /// changes; otherwise the arrays change in place. Owners are old numbers of members in points
    /// that leave, and new numbers in points that join.
    pub(super) fn pass(
        &mut self,
        source: Option<Source<'_, S::Node, PositionOf<S>>>,
        plan: &Plan,
        direction: Direction,
        renumber: Renumber,
    ) {
        let before = source.as_ref().map_or(self.points, |source| source.points.positions.len());
        let points = match direction {
            Direction::Leaving => before - plan.leaving as usize,
            Direction::Joining => before + plan.joining as usize,
        };
        let (steps, numbers) = plan.scratch();
        let (config, index_words) = (self.storage.config(), self.storage.index_words(points));
        let Parts { members, arrays, words, steps, numbers, packed } =
            self.storage.parts(self.points, steps, numbers);
        let members = &*members;
        let spans = Spans::of(plan, direction, members, steps, numbers);
        let (members, source) = match source {
            Some(Source { members: old, points }) if direction == Direction::Leaving => {
                (old, Some(points))
            }
            source => (members, source.map(|source| source.points)),
        };
        let shape = self.shape;
        let pass = Pass::<S> {
            config,
            members,
            spans,
            numbers,
            words,
            index_words,
            packed,
            shape,
            before,
            points,
            direction,
        };
        self.shape = match arrays {
            AnyArrays::Narrow(arrays) => pass.run(arrays, source, renumber),
            #[cfg(feature = "alloc")]
            AnyArrays::Wide(arrays) => pass.run(arrays, source, renumber),
        };
        self.points = points;
    }
}

/// One pass in which points leave or join.
struct Pass<'a, S: Storage> {
    config: ConfigOf<S>,
    /// The members to which the numbers in `spans` refer.
    members: &'a [Member<S::Node>],
    spans: Spans<'a, S::Node, S::Step, S::Number>,
    /// The new numbers of members, indexed by their old numbers, if owners are renumbered by a
    /// table.
    numbers: &'a [S::Number],
    words: &'a mut [u16],
    /// How many of the words the index may take after the pass.
    index_words: usize,
    packed: &'a mut [S::PackedPoint],
    /// The shape of the index in `words` before the pass.
    shape: Shape,
    /// The number of points before the pass.
    before: usize,
    /// The number of points after the pass.
    points: usize,
    direction: Direction,
}

impl<S: Storage> Pass<'_, S> {
    /// Makes the pass; returns the shape of the index after it.
    fn run<O: OwnerWord>(
        self,
        mut arrays: Arrays<'_, PositionOf<S>, O>,
        mut source: Option<Sorted<'_, PositionOf<S>>>,
        renumber: Renumber,
    ) -> Shape {
        let Self { config, members, spans, numbers, words, packed, mut shape, .. } = self;
        let Self { before, points, direction, .. } = self;
        let most = self.index_words.min(words.len());
        let mut shift = match renumber {
            Renumber::Shift(shift) => shift,
            Renumber::Table => Shift::KEEP,
        };
        let settled = Shape::of(points, PositionOf::<S>::BITS, most);
        let old = source.map_or(Index::new(words, shape), |source| source.index);
        let followed = old.followed(settled, points.abs_diff(before));
        let unmoved = source.is_none() && before == points;
        let mut moving = spans
            .flat_map(|span| {
                let member = members.get(span.number as usize);
                let points =
                    member.map(|member| member.points::<S::Placement>(&config, span.points));
                points.into_iter().flatten().map(move |at| S::PackedPoint::pack(at, span.number))
            })
            .peekable();
        loop {
            let mut count = 0;
            for (to, point) in packed.iter_mut().zip(&mut moving) {
                *to = point;
                count += 1;
            }
            let batch = &mut packed[..count];
            if batch.is_empty() && source.is_none() && shift == Shift::KEEP {
                break;
            }
            sort(batch);
            let batch = &*batch;
            // Points that leave have old numbers for owners, so the last batch renumbers the owners
            // in the arrays. Points that join have new numbers, so the first batch does.
            let now = direction == Direction::Joining || moving.peek().is_none();
            let shift = if now { core::mem::replace(&mut shift, Shift::KEEP) } else { Shift::KEEP };
            let bucket = |point: S::PackedPoint| settled.bucket(point.position());
            match source.take() {
                Some(source) => {
                    arrays.merge(source, batch, direction, shift);
                    if followed.is_some() {
                        copy_starts(source.index.parts().0, words, batch, bucket, direction);
                    }
                }
                None => {
                    let index = Index::new(words, shape);
                    let len = index.parts().0.len();
                    match direction {
                        Direction::Joining => arrays.insert(index, batch, shift),
                        Direction::Leaving => arrays.remove(index, batch, shift),
                    }
                    if followed.is_some() {
                        let buckets = batch.iter().copied().map(bucket);
                        move_starts(&mut words[..len], buckets, direction);
                    }
                }
            }
            shape = followed.unwrap_or(Shape::NONE);
        }
        if renumber == Renumber::Table {
            arrays.renumber(|owner| O::new(numbers[owner.get() as usize].get()));
        }
        match followed {
            None if !unmoved => build_index(&arrays.positions[..points], &mut words[..most]),
            _ => shape,
        }
    }
}
