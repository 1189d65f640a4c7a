//! Epochs, and the marks that slots hold: plain values, no atomics.

#[cfg(annulus_loom)]
pub(crate) use super::sync::narrow;

/// Whether epochs may wrap while a program runs: where a word has fewer than 64 bits, and in tests
/// of what happens then.
///
/// Where they may, an epoch tells one pin from the next and nothing else. How far back a reader
/// reaches is then known from `Sightings`.
#[cfg(not(annulus_loom))]
pub(crate) const fn narrow() -> bool {
    cfg!(any(not(target_pointer_width = "64"), annulus_narrow))
}

/// The bits of an epoch. Tests of what happens when epochs wrap have only four epochs.
#[cfg(any(annulus_loom, annulus_narrow))]
const LAST: usize = 0b111;
#[cfg(not(any(annulus_loom, annulus_narrow)))]
const LAST: usize = usize::MAX;

/// The number of a publication, as far as it fits into the word of a slot.
///
/// The lowest bit of the word is 1, which marks it as an epoch (see [`Mark`]); the others count. On
/// 64-bit targets there are 2⁶³ epochs, which no machine uses up. Elsewhere they wrap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Epoch(usize);

impl Epoch {
    /// The first epoch. Where epochs wrap it is the last before the wrap, so that every run goes
    /// past it.
    #[cfg(not(annulus_loom))]
    pub(crate) const FIRST: Self = Self(if narrow() { LAST } else { 1 });
    #[cfg(annulus_loom)]
    pub(crate) const FIRST: Self = Self(1);

    /// The epoch whose [`word`](Self::word) this is.
    pub(crate) const fn from_word(word: usize) -> Self {
        Self(word)
    }

    /// The word of this epoch. Stored in a slot, it is the mark "pinned at this epoch".
    pub(crate) const fn word(self) -> usize {
        self.0
    }

    /// The epoch that follows.
    pub(crate) fn next(self) -> Self {
        let next = self.0.wrapping_add(2);
        Self(if narrow() { next & LAST } else { next })
    }

    /// How many publications came before this epoch; meaningless where epochs wrap.
    pub(crate) const fn number(self) -> u64 {
        (self.0 >> 1) as u64
    }
}

/// The state of a reader, as one word in its slot says it.
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
    /// Inside `pin`: the reader may come to hold any buffer that is current at this epoch or later.
    Pinned(Epoch),
    /// A guard exists and holds this buffer and no other.
    Holding(usize),
}

impl Mark {
    /// The greatest number of buffers that marks can tell apart.
    pub(crate) const MAX_BUFFERS: usize = usize::MAX / 2;

    /// The word of this mark.
    #[inline(always)]
    pub(crate) const fn word(self) -> usize {
        match self {
            Self::Idle => 0,
            Self::Pinned(epoch) => epoch.word(),
            Self::Holding(buffer) => (buffer + 1) << 1,
        }
    }

    /// The mark whose word this is.
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
    use super::{Epoch, LAST, Mark, narrow};

    #[test]
    fn epochs_count_publications_or_wrap_at_the_first_step() {
        let epochs = [Epoch::FIRST, Epoch::FIRST.next(), Epoch::FIRST.next().next()];
        if narrow() {
            assert_eq!(epochs.map(Epoch::word), [LAST, 1, 3]);
        } else {
            assert_eq!(epochs.map(Epoch::number), [0, 1, 2]);
        }
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
