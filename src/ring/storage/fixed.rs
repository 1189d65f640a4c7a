//! What inline and lent storage share: the layout of their 16-bit words. The index comes first.
//! Behind it lies the scratch of an edit: steps, new numbers of members, packed points.

use super::step::STEP_WORDS;
use crate::point::Position;
use crate::point::sealed::Sealed;
use crate::ring::points::Shape;

/// A step of an edit, packed.
pub(super) type PackedStep = [u16; STEP_WORDS];

/// The most words out of `words` that the index may take: the greatest number of buckets that
/// leaves at least a third of the words to the scratch of edits. With one word for each point, a
/// bucket has at most 3 points on average, or 2.25 where the number of buckets need not be a power
/// of two.
pub(super) const fn index_words(words: usize) -> usize {
    match words - words / 3 {
        0 => 0,
        most => Shape::buckets(most),
    }
}

/// Whether the scratch of a storage with `words` words and room for `nodes` members has room for
/// `steps` steps and the numbers of `members` members.
pub(super) fn fits(words: usize, nodes: usize, steps: usize, members: usize) -> bool {
    // The other half of the scratch is left for packed points.
    let room = ((words - index_words(words)) / 2).checked_sub(nodes);
    // Numbers and changes are packed in 16 bits.
    let most = usize::from(u16::MAX);
    room.is_some_and(|room| steps <= room / STEP_WORDS)
        && members <= nodes
        && nodes <= most
        && steps <= most
}

/// The words of a storage, split into the index and the parts of the scratch.
pub(super) struct Words<'a, P: Position> {
    pub(super) index: &'a mut [u16],
    pub(super) steps: &'a mut [PackedStep],
    pub(super) numbers: &'a mut [u16],
    pub(super) packed: &'a mut [<P as Sealed>::Words],
}

/// Splits `words` into the index and the parts of the scratch, with room for `steps` steps and
/// `numbers` numbers, for which [`fits`] was true. If too few words are left for one packed point,
/// `spare` is the room for packed points.
pub(super) fn take_apart<'a, P: Position>(
    words: &'a mut [u16],
    spare: &'a mut [<P as Sealed>::Words; 1],
    steps: usize,
    numbers: usize,
) -> Words<'a, P> {
    let (index, scratch) = words.split_at_mut(index_words(words.len()));
    let (steps, scratch) = scratch.split_at_mut(steps * STEP_WORDS);
    let (numbers, scratch) = scratch.split_at_mut(numbers);
    let packed = P::as_packed(scratch);
    let packed = if packed.is_empty() { spare } else { packed };
    Words { index, steps: steps.as_chunks_mut().0, numbers, packed }
}

/// Step `index` in the scratch of `words`.
pub(super) fn step(words: &[u16], index: usize) -> PackedStep {
    words[index_words(words.len())..].as_chunks().0[index]
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn steps_are_as_many_as_their_changes_can_be_told_apart() {
        let words = 10_000_000;
        assert!(fits(words, 4, 65_535, 4));
        assert!(!fits(words, 4, 65_536, 4) && !fits(words, 4, 65_537, 4));
        assert!(fits(words, 65_535, 2, 65_535) && !fits(words, 65_536, 2, 65_536));
        assert!(!fits(words, 4, 2, 5));
    }

    #[test]
    fn steps_and_numbers_take_half_of_what_the_index_leaves() {
        // The index leaves 144 of 400 words, half of which steps and numbers may take: 8 numbers
        // and 4 steps of 15 words take 68.
        assert!(fits(400, 8, 4, 8) && !fits(400, 8, 5, 8) && !fits(0, 0, 1, 0));
    }
}
