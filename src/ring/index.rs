//! The index: a table over the top bits of a position that says where its bucket of points starts.
//!
//! Positions are uniform, so bucket *b* of *B* starts near point *b × points / B*. A word of the
//! table holds the signed distance from there, which for *n* uniform points is of the order of √n:
//! 16 bits suffice up to some 10⁹ points. Where names are chosen so that a distance does not fit, and
//! on 32-bit targets from 2²⁰ points, the ring goes without an index and is searched by bisection.

/// Bits of fraction in [`Shape::step`].
const FRACTION: u32 = usize::BITS / 8 * 3;

/// How an index reads its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// How far a position is shifted right to give its bucket.
    pub(crate) shift: u32,
    /// The number of buckets, a power of two, or 0 where there is no index.
    buckets: usize,
    /// Points per bucket, in units of 2^-`FRACTION`.
    step: usize,
}

impl Shape {
    /// No index.
    pub(crate) const NONE: Self = Self { shift: 0, buckets: 0, step: 0 };

    /// The shape for `points` positions of `bits` bits in a table of at most `words` words.
    const fn of(points: usize, bits: u32, words: usize) -> Self {
        if points == 0 || words < 2 || points >> (usize::BITS - FRACTION) != 0 {
            return Self::NONE;
        }
        let (most, wanted) = (words.ilog2(), points.next_power_of_two().ilog2());
        let mut top = if wanted < most { wanted } else { most };
        // A shift by the full width would be undefined, one past the width of a bucket useless.
        if top == 0 {
            top = 1;
        }
        if top > bits - 1 {
            top = bits - 1;
        }
        Self { shift: bits - top, buckets: 1 << top, step: (points << FRACTION) >> top }
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

    /// The shape under construction, for the shift that makes buckets of positions.
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

    /// All `points` have been counted.
    pub(crate) const fn finish(self, points: usize) -> Shape {
        let (mut start, mut fits) = (0, true);
        let mut bucket = 0;
        while bucket < self.shape.buckets {
            let count = self.words[bucket] as usize;
            let distance =
                (start as isize).wrapping_sub(self.shape.expected_start(bucket) as isize);
            fits &= distance == distance as i16 as isize;
            self.words[bucket] = distance as u16;
            start += count;
            bucket += 1;
        }
        // Counts that wrapped do not add up.
        if fits && start == points { self.shape } else { Shape::NONE }
    }
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

    /// How far to shift a position to get its bucket.
    #[inline]
    pub(crate) fn shift(&self) -> u32 {
        self.shape.shift
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

    fn check(mut positions: Vec<u32>, words: usize) -> Shape {
        positions.sort_unstable();
        let mut table = vec![0xaaaa; words];
        let mut builder = Builder::new(positions.len(), 32, &mut table);
        let shift = builder.shape().shift;
        for p in &positions {
            builder.point((p >> shift) as usize);
        }
        let shape = builder.finish(positions.len());
        let index = Index::new(&table, shape);
        for bucket in 0..shape.buckets {
            let start = positions.partition_point(|p| ((p >> shift) as usize) < bucket);
            assert_eq!(index.start(bucket), Some(start), "bucket {bucket} of {shape:?}");
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
            }
        }
    }

    #[test]
    fn crowded_points_fit_as_long_as_the_distances_do() {
        assert_ne!(check(vec![0; 32_767], 64), Shape::NONE);
        assert_ne!(check(vec![u32::MAX; 20_000], 64), Shape::NONE);
        assert_eq!(check(vec![0; 100_000], 64), Shape::NONE);
        assert_eq!(check(vec![u32::MAX; 100_000], 64), Shape::NONE);
    }

    #[test]
    fn no_points_or_no_room_means_no_index() {
        assert_eq!(check(vec![], 64), Shape::NONE);
        assert_eq!(check(vec![5], 1), Shape::NONE);
        assert_eq!(Index::new(&[], Shape::NONE).start(0), None);
    }
}
