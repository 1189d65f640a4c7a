//! Epochs, and what a reader's slot says: plain values, no atomics.

/// The number of a publication, as far as readers and retired buffers are compared by it.
///
/// One bit of the word marks it as an epoch (see [`Mark`]); the others count and wrap. Two epochs
/// compare rightly as long as fewer than a quarter of the word's values lie between them: 2⁶² on
/// 64-bit targets, 2³⁰ on 32-bit targets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Epoch(usize);

impl Epoch {
    /// The first epoch, a step from where the count wraps: every run and every model goes past it.
    pub(crate) const FIRST: Self = Self(usize::MAX);

    /// The epoch in a word that [`Epoch::word`] gave.
    pub(crate) const fn from_word(word: usize) -> Self {
        Self(word)
    }

    /// The word of this epoch; as the mark of a slot, it says "pinned at this epoch".
    pub(crate) const fn word(self) -> usize {
        self.0
    }

    /// The epoch that follows.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.wrapping_add(2))
    }

    /// Whether this epoch precedes `other`.
    pub(crate) const fn is_before(self, other: Self) -> bool {
        other.0.wrapping_sub(self.0).cast_signed() > 0
    }
}

/// What a reader's slot says, packed into one word.
///
/// | word | meaning |
/// |---|---|
/// | 0 | idle |
/// | odd | pinned at the epoch that is this word |
/// | even | holding buffer `word / 2 - 1` |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    /// No guard: the reader holds nothing.
    Idle,
    /// Inside `pin`: the reader may come to hold whatever is current at this epoch or later.
    Pinned(Epoch),
    /// A guard exists and holds this buffer and no other.
    Holding(usize),
}

impl Mark {
    /// The number of buffers that a mark can tell apart.
    pub(crate) const MAX_BUFFERS: usize = usize::MAX / 2;

    /// The word that says this.
    #[inline(always)]
    pub(crate) const fn word(self) -> usize {
        match self {
            Self::Idle => 0,
            Self::Pinned(epoch) => epoch.word(),
            Self::Holding(buffer) => (buffer + 1) << 1,
        }
    }

    /// What `word` says.
    #[inline(always)]
    pub(crate) const fn from_word(word: usize) -> Self {
        if word == 0 {
            Self::Idle
        } else if word & 1 == 1 {
            Self::Pinned(Epoch::from_word(word))
        } else {
            Self::Holding((word >> 1) - 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Epoch, Mark};

    #[test]
    fn the_first_step_wraps_and_still_goes_forward() {
        let first = Epoch::FIRST;
        let second = first.next();
        assert!(second.word() < first.word());
        assert!(first.is_before(second));
        assert!(!second.is_before(first));
    }

    #[test]
    fn no_epoch_precedes_itself() {
        assert!(!Epoch::FIRST.is_before(Epoch::FIRST));
    }

    #[test]
    fn order_holds_up_to_a_quarter_of_the_word_and_turns_round_beyond() {
        let first = Epoch::from_word(1);
        let steps = |n: usize| Epoch::from_word(first.word().wrapping_add(2 * n));
        let quarter = 1 << (usize::BITS - 2);
        assert!(first.is_before(steps(quarter - 1)));
        assert!(!steps(quarter - 1).is_before(first));
        assert!(!first.is_before(steps(quarter + 1)));
    }

    #[test]
    fn every_epoch_is_odd_and_so_never_read_as_a_buffer() {
        let mut epoch = Epoch::FIRST;
        for _ in 0..10 {
            assert_eq!(Mark::from_word(epoch.word()), Mark::Pinned(epoch));
            epoch = epoch.next();
        }
    }

    #[test]
    fn marks_survive_packing() {
        let marks = [
            Mark::Idle,
            Mark::Pinned(Epoch::FIRST),
            Mark::Pinned(Epoch::FIRST.next()),
            Mark::Holding(0),
            Mark::Holding(1),
            Mark::Holding(Mark::MAX_BUFFERS - 1),
        ];
        for (i, mark) in marks.into_iter().enumerate() {
            assert_eq!(Mark::from_word(mark.word()), mark);
            for other in &marks[i + 1..] {
                assert_ne!(mark.word(), other.word());
            }
        }
    }
}
