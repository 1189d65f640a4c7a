//! The index: a table over equal parts of the circle, the buckets, that says where the points of each
//! start.
//!
//! Positions are uniform, so bucket *b* of *B* starts near point *b × points / B*. A word of the
//! table holds the signed distance from there, which for *n* uniform points is of the order of √n.
//! The distances are a Brownian bridge, so one of them passes 2¹⁵ with a probability of
//! 2·exp(−2³¹ / n), and a little more for the grain below: 16 bits suffice up to 10⁸ points (10⁻⁸), and more often than not up to 10⁹.
//! Where a distance does not fit, by chance or because names were chosen so, and on 32-bit targets
//! from 2²⁰ − 4,096 points, the ring goes without an index and is searched by bisection.
//!
//! The distance is taken from where the bucket would start were the number of points a multiple of
//! [`GRAIN`], so that an edit of a few points seldom changes what the words are measured from. Then
//! between two points that join, all starts move by the same number, and so do the words.

use crate::point::Position;

/// Bits of fraction in [`Shape::step`].
const FRACTION: u32 = usize::BITS / 8 * 3;

/// The number of points to whose nearest multiple an index is laid out: small against the 2^15 that
/// a word can hold, large against an edit.
const GRAIN: usize = 1 << 13;

/// The words of an index that are copied at once: a few vectors.
const BLOCK: usize = 64;

/// Whether the target computes with vectors, so that copying a few words more costs less than a
/// branch, and multiplies words of 64 bits as quickly as it shifts them.
pub(crate) const VECTORS: bool = cfg!(target_pointer_width = "64");

/// How an index reads its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The number of buckets, or 0 where there is no index.
    buckets: usize,
    /// Points per bucket, in units of 2^-`FRACTION`.
    step: usize,
    /// How far a position is shifted right to give its bucket, where that is how it is done.
    shift: u32,
}

impl Shape {
    /// No index.
    pub(crate) const NONE: Self = Self { buckets: 0, step: 0, shift: 0 };

    /// The shape for `points` positions of `bits` bits in a table of at most `words` words.
    pub(crate) const fn of(points: usize, bits: u32, words: usize) -> Self {
        let even = points.saturating_add(GRAIN / 2) / GRAIN * GRAIN;
        if points == 0 || words < 2 || even >> (usize::BITS - FRACTION) != 0 {
            return Self::NONE;
        }
        let wanted = points.next_power_of_two();
        let buckets = Self::buckets(if wanted < 2 {
            2
        } else if wanted < words {
            wanted
        } else {
            words
        });
        let shift = if VECTORS { 0 } else { bits - buckets.ilog2() };
        Self { buckets, step: (even << FRACTION) / buckets, shift }
    }

    /// The greatest number of buckets up to `most`, which is not 0: a power of two or, where positions
    /// are brought to their buckets by multiplication, half as much again.
    ///
    /// There are few such numbers, so that edits of a few points seldom lead from one to another.
    pub(crate) const fn buckets(most: usize) -> usize {
        let power = 1 << most.ilog2();
        if VECTORS && most >= power + power / 2 { power + power / 2 } else { power }
    }

    /// The bucket of `position`. No bucket where there is no index.
    #[inline]
    pub(crate) fn bucket<P: Position>(&self, position: P) -> usize {
        if VECTORS { position.part(self.buckets) } else { position.shifted(self.shift) }
    }

    /// [`bucket`](Self::bucket) for the compiler's evaluator.
    pub(crate) const fn bucket_of_u32(&self, position: u32) -> usize {
        if VECTORS {
            ((position as u64 * self.buckets as u64) >> u32::BITS) as usize
        } else {
            position.wrapping_shr(self.shift) as usize
        }
    }

    /// Where `bucket` would start were the points evenly spread.
    #[inline]
    const fn expected_start(&self, bucket: usize) -> usize {
        bucket.wrapping_mul(self.step) >> FRACTION
    }
}

/// Builds an index from the buckets of the points: counts them, then adds the counts up.
pub(crate) struct Builder<'a> {
    /// The points of each bucket so far, modulo 2^16.
    words: &'a mut [u16],
    shape: Shape,
}

impl<'a> Builder<'a> {
    /// Begins the index of `points` positions of `bits` bits.
    pub(crate) const fn new(points: usize, bits: u32, words: &'a mut [u16]) -> Self {
        let shape = Shape::of(points, bits, words.len());
        let mut bucket = 0;
        while bucket < shape.buckets {
            words[bucket] = 0;
            bucket += 1;
        }
        Self { words, shape }
    }

    /// The shape under construction, for the buckets of positions.
    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// A point lies in `bucket`.
    #[inline]
    pub(crate) const fn point(&mut self, bucket: usize) {
        if bucket < self.shape.buckets {
            self.words[bucket] = self.words[bucket].wrapping_add(1);
        }
    }

    /// All `points` have been counted: the index is complete.
    pub(crate) const fn finish(mut self, points: usize) -> Shape {
        let (mut start, mut fits) = (0, true);
        let mut bucket = 0;
        while bucket < self.shape.buckets {
            let count = self.words[bucket] as usize;
            fits &= self.write(bucket, start);
            start += count;
            bucket += 1;
        }
        // Counts that wrapped do not add up.
        if fits && start == points { self.shape } else { Shape::NONE }
    }

    /// All `points` have been counted: the buckets can be filled. `None` where there is no index
    /// or a bucket has more than `most` points.
    pub(crate) fn into_filler(mut self, points: usize, most: usize) -> Option<Filler<'a>> {
        let (mut end, mut fits, mut fullest) = (0, self.shape.buckets > 0, 0);
        for bucket in 0..self.shape.buckets {
            let count = usize::from(self.words[bucket]);
            fullest = fullest.max(count);
            // What is the end of a bucket now is its start when it is full.
            fits &= self.write(bucket, end);
            end += count;
            fits &= self.write(bucket, end);
        }
        let filler = Filler { words: self.words, shape: self.shape };
        (fits && fullest <= most && end == points).then_some(filler)
    }

    /// Writes that `bucket` starts at `start`; returns whether the word can say so.
    const fn write(&mut self, bucket: usize, start: usize) -> bool {
        let distance = (start as isize).wrapping_sub(self.shape.expected_start(bucket) as isize);
        self.words[bucket] = distance as u16;
        distance == distance as i16 as isize
    }
}

/// Builds the index of `positions`, which are in order, in `words`.
pub(crate) fn build<P: Position>(positions: &[P], words: &mut [u16]) -> Shape {
    let mut builder = Builder::new(positions.len(), P::BITS, words);
    let shape = builder.shape();
    for &position in positions {
        builder.point(shape.bucket(position));
    }
    builder.finish(positions.len())
}

/// Deals out the places of a ring to its points, bucket by bucket; what is left once every point
/// has its place is the index.
pub(crate) struct Filler<'a> {
    /// The place after those that are still free in each bucket.
    words: &'a mut [u16],
    shape: Shape,
}

impl Filler<'_> {
    /// The shape of the index.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Takes a place in `bucket`, the last that is free.
    #[inline]
    pub(crate) fn place(&mut self, bucket: usize) -> usize {
        let Some(word) = self.words.get_mut(bucket) else { return usize::MAX };
        *word = word.wrapping_sub(1);
        self.shape.expected_start(bucket).wrapping_add_signed(*word as i16 as isize)
    }
}

/// Which way starts move when points join or leave before them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A point joins: starts after it move up.
    Up = 1,
    /// A point leaves: starts after it move down.
    Down = -1,
}

/// Moves the starts in `words` for points that join or leave in these buckets, which are in order.
/// Where this returns `false` a start does not fit its word any more, and no word counts.
pub(crate) fn move_starts(
    words: &mut [u16],
    buckets: impl IntoIterator<Item = usize>,
    step: Step,
) -> bool {
    let (mut excess, mut first, mut by) = (0, 0, 0i16);
    for bucket in buckets {
        let Some(run) = words.get_mut(first..bucket + 1) else { return false };
        for word in run {
            excess |= add(word, *word, by);
        }
        first = bucket + 1;
        let Some(next) = by.checked_add(step as i16) else { return false };
        by = next;
    }
    for word in words.get_mut(first..).unwrap_or(&mut []) {
        excess |= add(word, *word, by);
    }
    excess == 0
}

/// Does what [`move_starts`] does, while copying the words from those of another ring's index.
pub(crate) fn copy_starts<R: Copy>(
    source: &[u16],
    words: &mut [u16],
    points: &[R],
    bucket: impl Fn(R) -> usize,
    step: Step,
) -> bool {
    let len = words.len();
    if source.len() != len || points.len() > i16::MAX as usize {
        return false;
    }
    let (mut excess, mut first, mut next) = (0, 0, 0);
    while first < len {
        let run = points.get(next).map_or(len, |&point| bucket(point) + 1).saturating_sub(first);
        let by = next as i16 * step as i16;
        let block = source.get(first..first + BLOCK).zip(words.get_mut(first..first + BLOCK));
        let copied = match block {
            // A whole block however short the run is, for what follows is overwritten soon: the
            // processor would guess wrong how long each run is.
            Some((from, to)) if VECTORS => {
                for (to, from) in to.iter_mut().zip(from) {
                    excess |= add(to, *from, by);
                }
                run.min(BLOCK)
            }
            _ => {
                for (to, from) in words[first..].iter_mut().zip(&source[first..]).take(run) {
                    excess |= add(to, *from, by);
                }
                run
            }
        };
        first += copied;
        next += usize::from(copied == run);
    }
    excess == 0
}

/// Writes `from + by` to a word of an index; not 0 where it does not fit.
#[inline]
fn add(to: &mut u16, from: u16, by: i16) -> u16 {
    let sum = from.wrapping_add_signed(by);
    *to = sum;
    sum ^ (from as i16).saturating_add(by) as u16
}

/// An index as lookups use it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index<'a> {
    words: &'a [u16],
    shape: Shape,
}

impl<'a> Index<'a> {
    /// The index of this shape in the first of `words`.
    #[inline]
    pub(crate) fn new(words: &'a [u16], shape: Shape) -> Self {
        Self { words: &words[..shape.buckets.min(words.len())], shape }
    }

    /// The index as it is kept.
    pub(crate) fn parts(&self) -> (&'a [u16], Shape) {
        (self.words, self.shape)
    }

    /// The bucket of `position`.
    #[inline]
    pub(crate) fn bucket<P: Position>(&self, position: P) -> usize {
        // There are as many words as buckets, and lookups have their number at hand.
        Shape { buckets: self.words.len(), ..self.shape }.bucket(position)
    }

    /// The number of points before `bucket`; `None` past the last bucket and without an index.
    #[inline]
    pub(crate) fn start(&self, bucket: usize) -> Option<usize> {
        let distance = *self.words.get(bucket)? as i16 as isize;
        Some(self.shape.expected_start(bucket).wrapping_add_signed(distance))
    }

    /// The memory of the index in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::splitmix::output;
    use std::vec;
    use std::vec::Vec;

    fn check<P: Position>(mut positions: Vec<P>, words: usize) -> Shape {
        positions.sort_unstable();
        let mut table = vec![0xaaaa; words];
        let shape = build(&positions, &mut table);
        let index = Index::new(&table, shape);
        for bucket in 0..shape.buckets {
            let start = positions.partition_point(|&p| shape.bucket(p) < bucket);
            assert_eq!(index.start(bucket), Some(start), "bucket {bucket} of {shape:?}");
        }
        for position in positions.iter().copied().chain([P::from_hash(0), P::MAX]) {
            assert!(shape.buckets == 0 || shape.bucket(position) < shape.buckets);
            assert_eq!(index.bucket(position), shape.bucket(position));
        }
        assert_eq!(index.start(shape.buckets), None);
        shape
    }

    #[test]
    fn every_bucket_starts_where_bisection_says() {
        for points in [1, 2, 3, 7, 8, 9, 1_000, 1_024, 1_025, 50_000] {
            for words in [2, 3, 64, 1_024, 65_536] {
                let shape = check((0..points).map(|r| output(9, r) as u32).collect(), words);
                assert!(shape.buckets >= 2 && shape.buckets <= words);
                for position in (0..99).map(|r| output(8, r) as u32).chain([0, u32::MAX]) {
                    assert_eq!(shape.bucket_of_u32(position), shape.bucket(position));
                }
                let wide = check((0..points).map(|r| output(9, r)).collect(), words);
                assert_eq!((wide.buckets, wide.step), (shape.buckets, shape.step));
            }
        }
    }

    #[test]
    fn crowded_points_fit_as_long_as_the_distances_do() {
        assert_ne!(check(vec![0u32; 32_767], 64), Shape::NONE);
        assert_ne!(check(vec![u32::MAX; 20_000], 64), Shape::NONE);
        assert_eq!(check(vec![0u32; 100_000], 64), Shape::NONE);
        assert_eq!(check(vec![u32::MAX; 100_000], 64), Shape::NONE);
    }

    #[test]
    fn starts_follow_points_that_come_and_go() {
        let mut few: Vec<u32> = (0..6_000).map(|r| output(1, r) as u32).collect();
        let mut more: Vec<u32> = (0..200).map(|r| output(2, r) as u32).collect();
        // Two in one bucket, in the first and in the last.
        more.extend([0, 1, u32::MAX, u32::MAX]);
        more.sort_unstable();
        let mut all: Vec<u32> = few.iter().chain(&more).copied().collect();
        few.sort_unstable();
        all.sort_unstable();
        let table = |positions: &[u32]| {
            let mut words = vec![0; 4_096];
            let shape = build(positions, &mut words);
            (words, shape)
        };
        let ((before, shape), (after, same)) = (table(&few), table(&all));
        assert_eq!(shape, same);
        let bucket = |p: u32| shape.bucket(p);
        for (from, step, to) in [(&before, Step::Up, &after), (&after, Step::Down, &before)] {
            let mut moved = from.clone();
            assert!(move_starts(&mut moved, more.iter().map(|&p| bucket(p)), step));
            assert_eq!(&moved, to);
            let mut copied = vec![0xaaaa; from.len()];
            assert!(copy_starts(from, &mut copied, &more, bucket, step));
            assert_eq!(&copied, to);
        }
    }

    #[test]
    fn starts_that_do_not_fit_any_more_are_refused() {
        for (word, step) in [(i16::MAX as u16, Step::Up), (i16::MIN as u16, Step::Down)] {
            for last in [98, 99] {
                let mut words = vec![0; 100];
                words[99] = word;
                let fits = last == 99;
                assert_eq!(copy_starts(&words, &mut [0; 100], &[last], |b| b, step), fits);
                assert_eq!(move_starts(&mut words, [last], step), fits);
            }
        }
    }

    #[test]
    fn no_points_or_no_room_means_no_index() {
        assert_eq!(check::<u32>(vec![], 64), Shape::NONE);
        assert_eq!(check(vec![5u32], 1), Shape::NONE);
        assert_eq!(Index::new(&[], Shape::NONE).start(0), None);
    }
}
