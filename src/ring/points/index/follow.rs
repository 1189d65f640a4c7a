//! An index that follows an edit: starts move by the number of points that joined or left before
//! them, and the words with them.

use super::{Index, Shape};
use crate::target;

/// The number of words that are copied at once: a few vectors.
const BLOCK: usize = 64;

/// The number of points whose buckets are computed before any word is copied.
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
    /// The shape of the index after `points` points have joined or left, if its words can follow
    /// them. `None` if the index must be built instead, because the ring is to have an index of
    /// another `shape`, or because a word might no longer hold its distance. O(1), or O(buckets)
    /// when the bound of the distances is measured anew: about once in 32,000 points that join or
    /// leave, and more often only if the starts are far from even.
    pub(crate) fn followed(&self, shape: Shape, points: usize) -> Option<Shape> {
        let after = |max_offset: u16| {
            let max_offset = points.saturating_add(usize::from(max_offset));
            (max_offset <= i16::MAX as usize)
                .then_some(Shape { max_offset: max_offset as u16, ..shape })
        };
        if self.shape != shape || shape == Shape::NONE {
            return None;
        }
        // Each point that joins or leaves moves a word by at most 1, and the bound grows as much.
        after(self.shape.max_offset).or_else(|| after(self.widest_offset()))
    }
}

/// Moves the starts in `words` for points that join or leave in `buckets`, which are in order. The
/// words must be those of an index that can be [followed](Index::followed).
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

/// Copies `source`, the words of another ring's index, to `words`, and moves the starts as
/// [`move_starts`] does. `bucket` gives the bucket of each of `points`.
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
                // Copies a whole block even for a shorter run, because later copies overwrite the
                // rest. The length of a run would be a branch that is often predicted wrongly.
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

/// Copies words, and adds `by` to each.
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
        // Two points in the first bucket and two in the last.
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
        // The bound would be too great, so the words are measured: all are 0.
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
