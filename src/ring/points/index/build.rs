//! Building an index: the points of each bucket are counted, then the counts are added up.

use super::Shape;
use crate::point::Position;

/// The greatest distance that a word can say in both directions.
const MOST: usize = i16::MAX as usize;

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
    #[inline]
    pub(crate) const fn finish(self, points: usize) -> Shape {
        let (mut start, mut max_offset) = (0, 0);
        let mut bucket = 0;
        while bucket < self.shape.buckets {
            let count = self.words[bucket] as usize;
            let distance = self.distance(bucket, start);
            self.words[bucket] = distance as u16;
            max_offset = greater(max_offset, distance.unsigned_abs());
            start += count;
            bucket += 1;
        }
        // Counts that wrapped do not add up.
        if start == points && max_offset <= MOST {
            self.with_max_offset(max_offset)
        } else {
            Shape::NONE
        }
    }

    /// All `points` have been counted: the buckets can be filled. `None` where there is no index
    /// or a bucket has more than `most` points.
    pub(crate) fn into_filler(self, points: usize, most: usize) -> Option<Filler<'a>> {
        let (mut start, mut max_offset, mut fullest) = (0, 0, 0);
        for bucket in 0..self.shape.buckets {
            let count = usize::from(self.words[bucket]);
            fullest = greater(fullest, count);
            let distance = self.distance(bucket, start);
            // What is the end of a bucket now is its start when it is full.
            self.words[bucket] = (distance as u16).wrapping_add(count as u16);
            max_offset = greater(max_offset, distance.unsigned_abs());
            start += count;
        }
        let fits = fullest <= most && max_offset.saturating_add(fullest) <= MOST;
        let shape = self.with_max_offset(max_offset);
        (start == points && fits && shape != Shape::NONE)
            .then_some(Filler { words: self.words, shape })
    }

    /// How far `start`, that of `bucket`, is from where it is expected.
    const fn distance(&self, bucket: usize, start: usize) -> isize {
        (start as isize).wrapping_sub(self.shape.expected_start(bucket) as isize)
    }

    /// The shape of the index when no distance is greater than `max_offset`.
    const fn with_max_offset(&self, max_offset: usize) -> Shape {
        Shape { max_offset: max_offset as u16, ..self.shape }
    }
}

/// The greater of two numbers, also for the compiler's evaluator.
const fn greater(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// Builds the index of `positions`, which are in order, in `words`.
// Not inline where code must be small: it would be there twice.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(crate) fn build<P: Position>(positions: &[P], words: &mut [u16]) -> Shape {
    let mut builder = Builder::new(positions.len(), P::BITS, words);
    let shape = builder.shape();
    for &position in positions {
        builder.point(shape.bucket(position));
    }
    builder.finish(positions.len())
}

/// Deals out the ranks of a ring to its points, bucket by bucket; what is left once every point
/// has its rank is the index.
pub(crate) struct Filler<'a> {
    /// The rank after those that are still free in each bucket.
    words: &'a mut [u16],
    shape: Shape,
}

impl Filler<'_> {
    /// The shape of the index.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Takes a rank in `bucket`, the last that is free.
    #[inline]
    pub(crate) fn take(&mut self, bucket: usize) -> usize {
        let Some(word) = self.words.get_mut(bucket) else { return usize::MAX };
        *word = word.wrapping_sub(1);
        self.shape.expected_start(bucket).wrapping_add_signed(*word as i16 as isize)
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;

    /// Whether buckets can be filled with these numbers of points, by a builder that was told of so many.
    fn fills(counts: &[usize], points: usize, most: usize) -> bool {
        let mut words = vec![0; counts.len()];
        let mut builder = Builder::new(points, u32::BITS, &mut words);
        for (bucket, &count) in counts.iter().enumerate() {
            (0..count).for_each(|_| builder.point(bucket));
        }
        builder.into_filler(points, most).is_some()
    }

    #[test]
    fn what_words_cannot_say_is_not_filled() {
        assert!(fills(&[10; 64], 640, 10));
        // Too many in one.
        assert!(!fills(&[10; 64], 640, 9));
        // One that was not counted.
        assert!(!fills(&[10; 64], 641, 10));
        // No index.
        assert!(!fills(&[10], 10, 10));
        // 34,816 points before the bucket before which half of them should be.
        let mut half = [34; 2_048];
        half[1_024..].fill(0);
        assert!(fills(&half, 34 << 10, 34));
        let mut half = [68; 2_048];
        half[1_024..].fill(0);
        assert!(!fills(&half, 68 << 10, 68));
    }
}
