//! The shape of an index: how many buckets there are, which positions each has, and how many points
//! are expected before it.

use crate::point::Position;
use crate::target;

/// Bits of fraction in [`Shape::step`].
const FRACTION: u32 = usize::BITS / 8 * 3;

/// Expected starts are computed from the number of points rounded to a multiple of this. It is
/// small against the 2^15 that a word can hold, and large against the points of an edit.
const GRAIN: usize = 1 << 13;

/// How an index reads its words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The number of buckets, or 0 where there is no index.
    pub(super) buckets: usize,
    /// Points per bucket, in units of 2^-`FRACTION`.
    pub(super) step: usize,
    /// How far a position is shifted right to give its bucket, on targets that find buckets by
    /// shifting.
    pub(super) shift: u32,
    /// A bound of the distances in the words, in either direction. At most `i16::MAX`.
    pub(crate) max_offset: u16,
}

impl Shape {
    /// No index.
    pub(crate) const NONE: Self = Self { buckets: 0, step: 0, shift: 0, max_offset: 0 };

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
        let shift = if target::WIDE_MULTIPLY_IS_FAST { 0 } else { bits - buckets.ilog2() };
        Self { buckets, step: (even << FRACTION) / buckets, shift, max_offset: 0 }
    }

    /// The greatest number of buckets up to `most`, which is not 0. It is a power of two or, on
    /// targets that find buckets by multiplication, possibly 1.5 times a power of two.
    ///
    /// Such numbers are few, so that an edit of a few points seldom changes the number of buckets.
    pub(crate) const fn buckets(most: usize) -> usize {
        let power = 1 << most.ilog2();
        let more = power + power / 2;
        if target::WIDE_MULTIPLY_IS_FAST && most >= more { more } else { power }
    }

    /// Whether each of `parts` equal parts of the circle consists of whole buckets.
    pub(crate) const fn falls_into(self, parts: usize) -> bool {
        self.buckets.is_multiple_of(parts)
    }

    /// The bucket of `position`. Where there is no index, the result is meaningless.
    #[inline]
    pub(crate) fn bucket<P: Position>(&self, position: P) -> usize {
        if target::WIDE_MULTIPLY_IS_FAST {
            position.part(self.buckets)
        } else {
            position.shifted(self.shift)
        }
    }

    /// [`bucket`](Self::bucket) of a position on the 32-bit circle. Usable at compile time.
    pub(crate) const fn bucket_of_u32(&self, position: u32) -> usize {
        if target::WIDE_MULTIPLY_IS_FAST {
            ((position as u64 * self.buckets as u64) >> u32::BITS) as usize
        } else {
            position.wrapping_shr(self.shift) as usize
        }
    }

    /// The rank at which `bucket` would start if the points were evenly spread.
    #[inline]
    pub(super) const fn expected_start(&self, bucket: usize) -> usize {
        bucket.wrapping_mul(self.step) >> FRACTION
    }
}

/// Shapes are equal if they give the same words the same meaning. `max_offset` is not compared.
impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        (self.buckets, self.step, self.shift) == (other.buckets, other.step, other.shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_points_start_where_they_are_expected() {
        for points in [1_000, 100_000, 1_004_000, 1 << 20, 10_000_000] {
            let shape = Shape::of(points, u32::BITS, 3 << 18);
            if shape != Shape::NONE {
                let end = shape.expected_start(shape.buckets);
                assert!(end.abs_diff(points) <= GRAIN / 2, "{points} points end at {end}");
            }
        }
        if target::WIDE_MULTIPLY_IS_FAST {
            // A multiple of the grain: no fraction is lost.
            let shape = Shape::of(1 << 20, u32::BITS, 3 << 18);
            assert!(shape.expected_start(shape.buckets).abs_diff(1 << 20) <= 1);
        }
    }

    #[test]
    fn there_are_no_more_buckets_than_points_and_words() {
        for (points, words, buckets) in [(1, 64, 2), (2, 64, 2), (5, 64, 8), (50, 64, 64)] {
            assert_eq!(Shape::of(points, u32::BITS, words).buckets, buckets);
        }
        for (most, buckets) in [(1, 1), (2, 2), (4, 4), (5, 4), (8, 8), (11, 8), (1 << 20, 1 << 20)]
        {
            assert_eq!(Shape::buckets(most), buckets);
        }
        for (most, more, fewer) in [(3, 3, 2), (6, 6, 4), (7, 6, 4), (12, 12, 8), (100, 96, 64)] {
            assert_eq!(
                Shape::buckets(most),
                if target::WIDE_MULTIPLY_IS_FAST { more } else { fewer }
            );
        }
    }
}
