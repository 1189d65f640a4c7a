//! The writer's books: which buffers are free, which are retired and since when. No atomics.

use super::epoch::{Epoch, Mark};

/// What the writer knows of one buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// No reader holds it or can come to: the writer may write it.
    Free,
    /// Readers find it.
    Current,
    /// Replaced during this epoch; readers may still hold it.
    Retired(Epoch),
}

/// What the writer knows of all buffers.
#[derive(Debug)]
pub(crate) struct Ledger<const BUFFERS: usize> {
    states: [State; BUFFERS],
}

impl<const BUFFERS: usize> Ledger<BUFFERS> {
    /// The books before the first update: buffer 0 is current, the others were never seen.
    pub(crate) const fn new() -> Self {
        let mut states = [State::Free; BUFFERS];
        states[0] = State::Current;
        Self { states }
    }

    /// A buffer that may be written, if one is known.
    pub(crate) fn free(&self) -> Option<usize> {
        self.states.iter().position(|state| *state == State::Free)
    }

    /// Notes that `new` has taken the place of `old` during `epoch`.
    pub(crate) fn replace(&mut self, old: usize, new: usize, epoch: Epoch) {
        self.states[old] = State::Retired(epoch);
        self.states[new] = State::Current;
    }

    /// Reclaims every retired buffer that the readers' `marks` leave alone.
    ///
    /// A held buffer stays. A reader pinned at an epoch may come to hold any buffer that was current
    /// then or later, so what was retired in that epoch or after it stays too. A buffer reclaimed
    /// once needs no second look: no reader can find it until it is published again.
    pub(crate) fn reclaim(&mut self, marks: impl Iterator<Item = Mark>) {
        let mut oldest: Option<Epoch> = None;
        let mut held = [false; BUFFERS];
        for mark in marks {
            match mark {
                Mark::Idle => {}
                Mark::Pinned(epoch) => {
                    if oldest.is_none_or(|oldest| epoch.is_before(oldest)) {
                        oldest = Some(epoch);
                    }
                }
                Mark::Holding(buffer) => held[buffer] = true,
            }
        }
        for (state, held) in self.states.iter_mut().zip(held) {
            if let State::Retired(at) = *state
                && !held
                && oldest.is_none_or(|oldest| at.is_before(oldest))
            {
                *state = State::Free;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Epoch, Ledger, Mark};

    /// Four buffers of which 0, 1, 2 were retired in the first three epochs and 3 is current.
    fn three_retired() -> (Ledger<4>, [Epoch; 4]) {
        let mut epochs = [Epoch::FIRST; 4];
        let mut ledger = Ledger::new();
        for i in 0..3 {
            assert_eq!(ledger.free(), Some(i + 1));
            ledger.replace(i, i + 1, epochs[i]);
            epochs[i + 1] = epochs[i].next();
        }
        assert_eq!(ledger.free(), None);
        (ledger, epochs)
    }

    fn free_after(marks: &[Mark]) -> [bool; 4] {
        let (mut ledger, _) = three_retired();
        ledger.reclaim(marks.iter().copied());
        ledger.states.map(|state| state == super::State::Free)
    }

    #[test]
    fn idle_readers_block_nothing_but_the_current_buffer_stays() {
        assert_eq!(free_after(&[Mark::Idle; 3]), [true, true, true, false]);
    }

    #[test]
    fn a_holder_blocks_its_buffer_alone() {
        assert_eq!(free_after(&[Mark::Holding(1)]), [true, false, true, false]);
        assert_eq!(free_after(&[Mark::Holding(3)]), [true, true, true, false]);
    }

    #[test]
    fn a_pinned_reader_blocks_what_was_retired_in_its_epoch_or_later() {
        let (_, epochs) = three_retired();
        let expected = [
            [false, false, false, false],
            [true, false, false, false],
            [true, true, false, false],
            [true, true, true, false],
        ];
        for (epoch, expected) in epochs.into_iter().zip(expected) {
            assert_eq!(free_after(&[Mark::Pinned(epoch)]), expected);
        }
    }

    #[test]
    fn of_several_pinned_readers_the_oldest_decides() {
        let (_, epochs) = three_retired();
        for marks in [[1, 2], [2, 1]] {
            let marks = marks.map(|i| Mark::Pinned(epochs[i]));
            assert_eq!(free_after(&marks), [true, false, false, false]);
        }
    }

    #[test]
    fn a_reclaimed_buffer_is_not_lost_to_a_later_pin() {
        let (mut ledger, epochs) = three_retired();
        ledger.reclaim(core::iter::empty());
        ledger.reclaim([Mark::Pinned(epochs[0])].into_iter());
        assert_eq!(ledger.free(), Some(0));
    }
}
