//! An index that follows an edit: starts move by the number of points that joined or left before
//! them, and the words with them.

use super::{Index, Shape};
use crate::target;

/// The words that are copied at once: a few vectors.
const BLOCK: usize = 64;

/// The points whose buckets are computed before any word of them is copied.
const BATCH: usize = 64;

/// Whether points join or leave, and by how much each of them moves the starts after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// A point joins: starts after it move up.
    Joining = 1,
    /// A point leaves: starts after it move down.
    Leaving = -1,
}

impl Index<'_> {
    /// The shape of an index that follows this one when `points` points join or leave. `None` where
    /// the ring is to have one of another `shape`, or where a word might not hold its distance any
    /// more: then it has to be built. O(1), and O(buckets) where the sum of all points that came and went
    /// might not fit: once in some 32,000 points, unless the starts are that far from even.
    pub(crate) fn followed(&self, shape: Shape, points: usize) -> Option<Shape> {
        let after = |max_offset: u16| {
            let max_offset = points.saturating_add(usize::from(max_offset));
            (max_offset <= i16::MAX as usize)
                .then_some(Shape { max_offset: max_offset as u16, ..shape })
        };
        if self.shape != shape || shape == Shape::NONE {
            return None;
        }
        // Where points came and went, no word is off by more than all of them together.
        after(self.shape.max_offset).or_else(|| after(self.widest_offset()))
    }
}

/// Moves the starts in `words`, those of an index that can be [followed](Index::followed), for
/// points that join or leave in these buckets, which are in order.
pub(crate) fn move_starts(
    words: &mut [u16],
    buckets: impl IntoIterator<Item = usize>,
    direction: Direction,
) {
    let (mut first, mut by) = (0, 0i16);
    for bucket in buckets {
        for word in words.get_mut(first..bucket + 1).unwrap_or_default() {
            *word = word.wrapping_add_signed(by);
        }
        first = bucket + 1;
        by = by.wrapping_add(direction as i16);
    }
    for word in words.get_mut(first..).unwrap_or_default() {
        *word = word.wrapping_add_signed(by);
    }
}

/// Does what [`move_starts`] does, while copying the words from those of another ring's index.
pub(crate) fn copy_starts<R: Copy>(
    source: &[u16],
    words: &mut [u16],
    points: &[R],
    bucket: impl Fn(R) -> usize,
    direction: Direction,
) {
    let len = source.len().min(words.len());
    let (source, words) = (&source[..len], &mut words[..len]);
    let (mut first, mut by) = (0, 0i16);
    for batch in points.chunks(BATCH) {
        let mut ends = [0; BATCH];
        for (end, &point) in ends.iter_mut().zip(batch) {
            *end = bucket(point) + 1;
        }
        let mut next = 0;
        while let Some(&end) = ends[..batch.len()].get(next) {
            let run = end - first;
            let block = source.get(first..first + BLOCK).zip(words.get_mut(first..first + BLOCK));
            let copied = match block {
                // A whole block however short the run is, for what follows is overwritten soon: the
                // processor would guess wrong how long each run is.
                Some((from, to)) if target::BLOCKS_PAY => {
                    copy(from, to, by);
                    run.min(BLOCK)
                }
                _ => {
                    copy(&source[first..end], &mut words[first..end], by);
                    run
                }
            };
            first += copied;
            let done = copied == run;
            next += usize::from(done);
            by = by.wrapping_add(if done { direction as i16 } else { 0 });
        }
    }
    copy(&source[first..], &mut words[first..], by);
}

/// Copies words, each moved by so much.
#[inline]
fn copy(from: &[u16], to: &mut [u16], by: i16) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from.wrapping_add_signed(by);
    }
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::super::build;
    use super::*;
    use crate::hash::splitmix::output;

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
        for (from, direction, to) in
            [(&before, Direction::Joining, &after), (&after, Direction::Leaving, &before)]
        {
            let mut moved = from.clone();
            move_starts(&mut moved, more.iter().map(|&p| bucket(p)), direction);
            assert_eq!(&moved, to);
            let mut copied = vec![0xaaaa; from.len()];
            copy_starts(from, &mut copied, &more, bucket, direction);
            assert_eq!(&copied, to);
        }
    }

    #[test]
    fn an_index_is_followed_as_long_as_its_words_can_say_so() {
        let shape = Shape::of(100, u32::BITS, 128);
        let max_offset = |words: &[u16], max_offset, points| {
            let index = Index::new(words, Shape { max_offset, ..shape });
            index.followed(shape, points).map(|shape| shape.max_offset)
        };
        let mut words = [0; 128];
        assert_eq!(max_offset(&words, 32_000, 767), Some(32_767));
        // No word offsets as far as all points that ever came and went.
        assert_eq!(max_offset(&words, 32_000, 768), Some(768));
        assert_eq!(max_offset(&words, 32_000, 32_767), Some(32_767));
        assert_eq!(max_offset(&words, 0, 32_768), None);
        assert_eq!(max_offset(&words, 32_767, usize::MAX), None);
        for word in [1_000, -1_000i16] {
            words[77] = word as u16;
            assert_eq!(max_offset(&words, 32_000, 768), Some(1_768));
            assert_eq!(max_offset(&words, 32_000, 31_767), Some(32_767));
            assert_eq!(max_offset(&words, 32_000, 31_768), None);
        }
    }

    #[test]
    fn another_shape_or_none_is_not_followed() {
        let words = [0; 128];
        let shape = Shape::of(100, u32::BITS, 128);
        assert_eq!(Index::new(&words, shape).followed(Shape::of(100, u32::BITS, 64), 1), None);
        assert_eq!(Index::new(&words, Shape::NONE).followed(shape, 1), None);
        assert_eq!(Index::new(&words, Shape::NONE).followed(Shape::NONE, 1), None);
    }
}
