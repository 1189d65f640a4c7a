//! Building an index: the points of each bucket are counted, then the counts are added up.

use super::Shape;
use crate::point::Position;

/// The greatest distance that a word can hold in both directions.
const MOST: usize = i16::MAX as usize;

/// Builds an index: counts the points of each bucket, then adds the counts up.
pub(crate) struct Builder<'a> {
    /// The number of points counted in each bucket, modulo 2^16.
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

    /// The shape of the index, which tells the bucket of a position.
    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// Counts a point in `bucket`.
    #[inline]
    pub(crate) const fn point(&mut self, bucket: usize) {
        if bucket < self.shape.buckets {
            self.words[bucket] = self.words[bucket].wrapping_add(1);
        }
    }

    /// Completes the index once all `points` have been counted. [`Shape::NONE`] if a distance does
    /// not fit in a word.
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
        // If a count wrapped, the counts do not add up to `points`.
        if start == points && max_offset <= MOST {
            self.with_max_offset(max_offset)
        } else {
            Shape::NONE
        }
    }

    /// Turns the counts into a [`Filler`] once all `points` have been counted. `None` if there is
    /// no index or a bucket has more than `most` points.
    pub(crate) fn into_filler(self, points: usize, most: usize) -> Option<Filler<'a>> {
        let (mut start, mut max_offset, mut fullest) = (0, 0, 0);
        for bucket in 0..self.shape.buckets {
            let count = usize::from(self.words[bucket]);
            fullest = greater(fullest, count);
            let distance = self.distance(bucket, start);
            // The word holds the end of the bucket. It is counted down to the start as the bucket
            // fills.
            self.words[bucket] = (distance as u16).wrapping_add(count as u16);
            max_offset = greater(max_offset, distance.unsigned_abs());
            start += count;
        }
        let fits = fullest <= most && max_offset.saturating_add(fullest) <= MOST;
        let shape = self.with_max_offset(max_offset);
        (start == points && fits && shape != Shape::NONE)
            .then_some(Filler { words: self.words, shape })
    }

    /// The distance of `start`, the rank at which `bucket` starts, from the expected start.
    const fn distance(&self, bucket: usize, start: usize) -> isize {
        (start as isize).wrapping_sub(self.shape.expected_start(bucket) as isize)
    }

    /// The shape of the index when no distance is greater than `max_offset`.
    const fn with_max_offset(&self, max_offset: usize) -> Shape {
        Shape { max_offset: max_offset as u16, ..self.shape }
    }
}

/// The greater of two numbers. Usable at compile time.
const fn greater(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// Builds the index of `positions`, which are in order, in `words`.
// Not inlined where code must be small: each caller would have a copy of its own.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(crate) fn build<P: Position>(positions: &[P], words: &mut [u16]) -> Shape {
    let mut builder = Builder::new(positions.len(), P::BITS, words);
    let shape = builder.shape();
    for &position in positions {
        builder.point(shape.bucket(position));
    }
    builder.finish(positions.len())
}

/// Gives each point a rank in its bucket. Once every point has its rank, the words are those of the
/// index.
pub(crate) struct Filler<'a> {
    /// For each bucket, the end of the ranks that are still free, as a distance from the expected
    /// start.
    words: &'a mut [u16],
    shape: Shape,
}

impl Filler<'_> {
    /// The shape of the index.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Takes the last free rank in `bucket`; `usize::MAX` if there is no such bucket.
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

    /// Whether buckets can be filled with these counts of points, at most `most` each, by a builder
    /// for `points` points.
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
        // Buckets with more than `most` points.
        assert!(!fills(&[10; 64], 640, 9));
        // A point that was not counted.
        assert!(!fills(&[10; 64], 641, 10));
        // A single bucket, which is no index.
        assert!(!fills(&[10], 10, 10));
        // All points lie before the middle bucket, before which half of them are expected. The
        // distance is 17,408 at first; then it is 34,816, which does not fit.
        let mut half = [34; 2_048];
        half[1_024..].fill(0);
        assert!(fills(&half, 34 << 10, 34));
        let mut half = [68; 2_048];
        half[1_024..].fill(0);
        assert!(!fills(&half, 68 << 10, 68));
    }
}
