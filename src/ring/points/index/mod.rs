//! The index: a table that says at which rank the points of each bucket start. Buckets are equal
//! parts of the circle.
//!
//! Positions are uniform, so bucket *b* of *B* starts near point *b × points / B*. A word of the
//! table holds the signed distance of the start from there, which for *n* uniform points is of the
//! order of √n. The distances behave like a Brownian bridge, so one of them exceeds 2¹⁵ with a
//! probability of 2·exp(−2³¹ / n), or a little more because of the grain explained below. So 16
//! bits suffice up to 10⁸ points (10⁻⁸), and more often than not up to 10⁹. Where a distance does
//! not fit, by chance or because names were chosen so, and on 32-bit targets from 2²⁰ − 4,096
//! points, the ring goes without an index and is searched by bisection.
//!
//! Expected starts are computed from the number of points rounded to a multiple of 2¹³, the grain,
//! so that an edit of a few points seldom changes them. If they stay, an edit moves all starts
//! between two points that join by the same number, and so it moves their words. The shape of an
//! index has a bound of the distances, so that no word need be checked as it moves.

mod build;
mod follow;
mod shape;

pub(crate) use build::{Builder, Filler, build};
pub(crate) use follow::{Direction, copy_starts, move_starts};
pub(crate) use shape::Shape;

use crate::point::Position;

/// An index as lookups use it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index<'a> {
    words: &'a [u16],
    shape: Shape,
}

impl<'a> Index<'a> {
    /// The index of this shape, whose words are the first of `words`.
    #[inline]
    pub(crate) fn new(words: &'a [u16], shape: Shape) -> Self {
        Self { words: &words[..shape.buckets.min(words.len())], shape }
    }

    /// The words and the shape of the index.
    pub(crate) fn parts(&self) -> (&'a [u16], Shape) {
        (self.words, self.shape)
    }

    /// The bucket of `position`.
    #[inline]
    pub(crate) fn bucket<P: Position>(&self, position: P) -> usize {
        // There are as many words as buckets, and lookups load the number of words in any case.
        let mut shape = self.shape;
        shape.buckets = self.words.len();
        shape.bucket(position)
    }

    /// The number of points before `bucket`; `None` past the last bucket and without an index.
    #[inline]
    pub(crate) fn start(&self, bucket: usize) -> Option<usize> {
        let distance = *self.words.get(bucket)? as i16 as isize;
        Some(self.shape.expected_start(bucket).wrapping_add_signed(distance))
    }

    /// The greatest distance in the words, in either direction. It is at most the `max_offset` of
    /// the shape. O(buckets).
    pub(crate) fn widest_offset(&self) -> u16 {
        self.words.iter().fold(0, |most, &word| most.max((word as i16).unsigned_abs()))
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
        assert_eq!(index.widest_offset(), shape.max_offset);
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
        // A distance does not fit in a word; or a count wrapped, even to a number that would fit.
        assert_eq!(check(vec![0u32; 40_000], 64), Shape::NONE);
        assert_eq!(check(vec![0u32; 100_000], 64), Shape::NONE);
        assert_eq!(check(vec![0u32; 115_536], 2), Shape::NONE);
        assert_eq!(check(vec![u32::MAX; 100_000], 64), Shape::NONE);
    }

    #[test]
    fn no_points_or_no_room_means_no_index() {
        assert_eq!(check::<u32>(vec![], 64), Shape::NONE);
        assert_eq!(check(vec![5u32], 1), Shape::NONE);
        assert_eq!(Index::new(&[], Shape::NONE).start(0), None);
    }
}
