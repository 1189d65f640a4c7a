//! Building an index: the points of each bucket are counted, then the counts are added up.

use super::Shape;
use crate::point::Position;

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
        let (mut start, mut reach) = (0, 0);
        let mut bucket = 0;
        while bucket < self.shape.buckets {
            let count = self.words[bucket] as usize;
            self.write(bucket, start, &mut reach);
            start += count;
            bucket += 1;
        }
        // Counts that wrapped do not add up.
        if self.reaches(reach) && start == points { self.shape } else { Shape::NONE }
    }

    /// All `points` have been counted: the buckets can be filled. `None` where there is no index
    /// or a bucket has more than `most` points.
    pub(crate) fn into_filler(mut self, points: usize, most: usize) -> Option<Filler<'a>> {
        let (mut end, mut reach, mut fullest) = (0, 0, 0);
        for bucket in 0..self.shape.buckets {
            let count = usize::from(self.words[bucket]);
            fullest = fullest.max(count);
            // What is the end of a bucket now is its start when it is full.
            self.write(bucket, end, &mut reach);
            end += count;
            self.write(bucket, end, &mut reach);
        }
        let fits = self.reaches(reach) && self.shape.buckets > 0;
        let filler = Filler { words: self.words, shape: self.shape };
        (fits && fullest <= most && end == points).then_some(filler)
    }

    /// Writes that `bucket` starts at `start`, and how far that reaches, if no other reaches farther.
    const fn write(&mut self, bucket: usize, start: usize, reach: &mut usize) {
        let distance = (start as isize).wrapping_sub(self.shape.expected_start(bucket) as isize);
        self.words[bucket] = distance as u16;
        if distance.unsigned_abs() > *reach {
            *reach = distance.unsigned_abs();
        }
    }

    /// No distance is greater than `reach`; returns whether the words can say them.
    const fn reaches(&mut self, reach: usize) -> bool {
        self.shape.reach = reach as u16;
        reach <= i16::MAX as usize
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
