//! A pass over the arrays: points leave or join, owners are renamed, and the index follows.

use core::ops::Range;

use super::build;
use super::change::points_of;
use super::index::{self, Index, Shape, Step, copy_starts, move_starts};
use super::member::Member;
use super::merge::{Arrays, OwnerWord, Shift, Source};
use super::owned::BasicRing;
use super::storage::{AnyArrays, Parts, PositionOf, Storage};
use crate::point::{PackedPoint, Placement, Position};

/// How the places of members change, and with them the owners in the arrays.
#[derive(Clone, Copy)]
pub(super) enum Rename {
    /// They stay, or one member comes or goes.
    Shift(Shift),
    /// Each goes where its member's `moves_to` says.
    Table,
}

impl Rename {
    /// They stay.
    pub(super) const KEEP: Self = Self::Shift(Shift::KEEP);
}

impl<S: Storage, H> BasicRing<S, H> {
    /// Takes out the points of members whose target is below their weight, and renames owners.
    /// Owners are the members' present places.
    pub(super) fn leave(&mut self, source: Option<Source<'_, PositionOf<S>>>, rename: Rename) {
        self.pass(source, rename, |member| member.target..member.weight, false);
    }

    /// Renames owners, and puts in the points of members whose target is above their weight.
    /// Owners of those are the members' present places.
    pub(super) fn join(&mut self, source: Option<Source<'_, PositionOf<S>>>, rename: Rename) {
        self.pass(source, rename, |member| member.weight..member.target, true);
    }

    /// Takes out or puts in the points between the weights that `span` gives, as many at a time
    /// as there is room to sort, and renames owners once.
    fn pass(
        &mut self,
        source: Option<Source<'_, PositionOf<S>>>,
        rename: Rename,
        span: impl Fn(&Member<S::Node>) -> Range<u32> + Copy,
        joining: bool,
    ) {
        let vnodes = self.vnodes;
        let moving = move |member: &Member<S::Node>| {
            let span = span(member);
            points_of(span.end.saturating_sub(span.start), vnodes) as usize
        };
        let moving: usize = self.storage.members().iter().map(moving).sum();
        let before = source.map_or(self.points, |source| source.positions.len());
        let points = if joining { before + moving } else { before - moving };
        let Parts { members, arrays, words, scratch } = self.storage.parts(self.points);
        let pass = Pass::<S> {
            members,
            vnodes,
            words,
            scratch,
            shape: self.shape,
            before,
            points,
            joining,
        };
        self.shape = match arrays {
            AnyArrays::Narrow(arrays) => pass.run(arrays, source, rename, span),
            AnyArrays::Wide(arrays) => pass.run(arrays, source, rename, span),
        };
        self.points = points;
        for member in self.storage.members_mut() {
            let span = span(member);
            if !span.is_empty() {
                member.weight = member.target;
            }
        }
    }
}

/// Points on their way into the arrays or out of them.
struct Pass<'a, S: Storage> {
    members: &'a [Member<S::Node>],
    vnodes: u32,
    words: &'a mut [u16],
    scratch: &'a mut [S::PackedPoint],
    /// The shape of the index in `words`.
    shape: Shape,
    /// How many points there are before the pass, and after it.
    before: usize,
    points: usize,
    joining: bool,
}

impl<S: Storage> Pass<'_, S> {
    /// Makes the pass; returns the shape of the index after it.
    fn run<O: OwnerWord>(
        self,
        mut arrays: Arrays<'_, PositionOf<S>, O>,
        mut source: Option<Source<'_, PositionOf<S>>>,
        rename: Rename,
        span: impl Fn(&Member<S::Node>) -> Range<u32>,
    ) -> Shape {
        let Self { members, vnodes, words, scratch, mut shape, before, points, joining } = self;
        let most = S::index_words(points).min(words.len());
        if joining && before == 0 {
            let words = &mut words[..most];
            let built = build::fill::<S::Placement, _, _, _>(
                members,
                vnodes,
                points,
                &mut arrays,
                words,
                scratch,
            );
            if let Some(shape) = built {
                return shape;
            }
            (arrays.len, shape) = (0, Shape::NONE);
        }
        let (mut shift, table) = match rename {
            Rename::Shift(shift) => (shift, false),
            Rename::Table => (Shift::KEEP, true),
        };
        let settled = Shape::of(points, PositionOf::<S>::BITS, most);
        let old = source.map_or(Index::new(words, shape), |source| source.index);
        let followed = old.followed(settled, points.abs_diff(before));
        let unmoved = source.is_none() && before == points;
        let step = if joining { Step::Up } else { Step::Down };
        let mut joined = members
            .iter()
            .enumerate()
            .flat_map(|(place, member)| {
                let span = span(member);
                // Both ends fit in 32 bits, or the edit would have been refused.
                let numbers =
                    points_of(span.start, vnodes) as u32..points_of(span.end, vnodes) as u32;
                numbers.map(move |r| {
                    S::PackedPoint::pack(S::Placement::point(member.seed, r), place as u32)
                })
            })
            .peekable();
        loop {
            let mut count = 0;
            for (record, point) in scratch.iter_mut().zip(&mut joined) {
                *record = point;
                count += 1;
            }
            let batch = &mut scratch[..count];
            if batch.is_empty() && source.is_none() && shift == Shift::KEEP {
                break;
            }
            super::sort::sort(batch);
            let batch = &*batch;
            // Points that leave are known by the old names of their owners, so these are renamed
            // with the last batch; points that join by the new names, so with the first.
            let now = joining || joined.peek().is_none();
            let shift = if now { core::mem::replace(&mut shift, Shift::KEEP) } else { Shift::KEEP };
            let bucket = |point: S::PackedPoint| settled.bucket(point.position());
            match source.take() {
                Some(source) => {
                    arrays.merge(source, batch, joining, shift);
                    if followed.is_some() {
                        copy_starts(source.index.parts().0, words, batch, bucket, step);
                    }
                }
                None => {
                    let index = Index::new(words, shape);
                    let len = index.parts().0.len();
                    if joining {
                        arrays.insert(index, batch, shift);
                    } else {
                        arrays.remove(index, batch, shift);
                    }
                    if followed.is_some() {
                        move_starts(&mut words[..len], batch.iter().copied().map(bucket), step);
                    }
                }
            }
            shape = followed.unwrap_or(Shape::NONE);
        }
        if table {
            arrays.rename(|owner| members[owner as usize].moves_to);
        }
        match followed {
            None if !unmoved => index::build(&arrays.positions[..points], &mut words[..most]),
            _ => shape,
        }
    }
}
