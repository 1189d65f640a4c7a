//! [`Sightings`]: how far back a reader inside `pin` reaches, where epochs wrap and cannot say so.
//!
//! A reader may be stopped for any length of time between its load of the epoch and its store to
//! the slot, and its slot does not show it meanwhile. If epochs wrap, the epoch that the reader
//! then stores may be any of them. What can be relied on is the barrier: a mark that a look did not
//! see belongs to a pin that finds what was current at that look, or something later.

use super::epoch::Mark;

/// What the writer's looks saw in each slot.
#[derive(Debug)]
pub(crate) struct Sightings<const READERS: usize> {
    /// The mark's word at the last look.
    words: [usize; READERS],
    /// For a reader inside `pin`: the version that was current at the last look that saw another
    /// word in the slot.
    since: [u64; READERS],
}

impl<const READERS: usize> Sightings<READERS> {
    /// Before the first look: every slot was idle when publication 0 was current.
    pub(crate) const fn new() -> Self {
        Self { words: [Mark::Idle.word(); READERS], since: [0; READERS] }
    }

    /// The version of the oldest value that the reader of this slot can still find, given its mark
    /// now and the version that was current at the last look.
    ///
    /// Two pins whose marks have the same word at two consecutive looks are taken for one. That is
    /// safe: the second then seems to reach back further than it does, never less far.
    pub(crate) fn reach(&mut self, reader: usize, mark: Mark, last_look: u64) -> u64 {
        let word = mark.word();
        if self.words[reader] != word {
            self.words[reader] = word;
            self.since[reader] = last_look;
        }
        self.since[reader]
    }
}

#[cfg(test)]
mod tests {
    use super::super::epoch::{Epoch, Mark};
    use super::Sightings;

    const ONE: Mark = Mark::Pinned(Epoch::FIRST);

    #[test]
    fn a_new_pin_reaches_back_to_the_last_look() {
        let mut sightings = Sightings::<2>::new();
        assert_eq!(sightings.reach(0, Mark::Idle, 0), 0);
        assert_eq!(sightings.reach(0, ONE, 5), 5);
        assert_eq!(sightings.reach(0, Mark::Pinned(Epoch::FIRST.next()), 6), 6);
    }

    #[test]
    fn a_pin_that_stays_reaches_back_as_far_as_it_did() {
        let mut sightings = Sightings::<2>::new();
        assert_eq!(sightings.reach(1, ONE, 5), 5);
        assert_eq!(sightings.reach(1, ONE, 7), 5);
        assert_eq!(sightings.reach(0, ONE, 8), 8);
        assert_eq!(sightings.reach(1, ONE, 8), 5);
    }

    #[test]
    fn the_word_of_an_earlier_pin_is_new_after_any_other() {
        let mut sightings = Sightings::<1>::new();
        for (mark, look) in [(ONE, 1), (Mark::Holding(0), 2), (ONE, 3), (Mark::Idle, 4), (ONE, 5)] {
            assert_eq!(sightings.reach(0, mark, look), look);
        }
    }
}
