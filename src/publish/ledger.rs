//! [`Ledger`]: the writer's books on all buffers, which are free, current or retired. No atomics.

use super::epoch::{Mark, narrow};
#[cfg(any(not(target_pointer_width = "64"), annulus_narrow, annulus_loom))]
use super::sightings::Sightings;

/// What the writer knows of one buffer.
#[derive(Clone, Copy, Debug)]
struct Buffer {
    /// How many publications came before the value. It is also the number of the last epoch in
    /// which the buffer was current.
    version: u64,
    state: State,
    /// Whether a mark says that a reader holds it; meaningful only during a look.
    held: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// No reader holds it or can find it: the writer may write it.
    Free,
    /// A pin that begins now finds it.
    Current,
    /// Replaced; readers may still hold it.
    Retired,
}

/// What the writer knows of all buffers.
#[derive(Debug)]
pub(crate) struct Ledger<const READERS: usize, const BUFFERS: usize> {
    buffers: [Buffer; BUFFERS],
    /// The version of the current buffer.
    version: u64,
    /// The version that was current at the last look.
    looked: u64,
    #[cfg(any(not(target_pointer_width = "64"), annulus_narrow, annulus_loom))]
    sightings: Sightings<READERS>,
}

impl<const READERS: usize, const BUFFERS: usize> Ledger<READERS, BUFFERS> {
    /// The books before the first update: buffer 0 is current, the others are free.
    pub(crate) const fn new() -> Self {
        let mut buffers = [Buffer { version: 0, state: State::Free, held: false }; BUFFERS];
        buffers[0].state = State::Current;
        Self {
            buffers,
            version: 0,
            looked: 0,
            #[cfg(any(not(target_pointer_width = "64"), annulus_narrow, annulus_loom))]
            sightings: Sightings::new(),
        }
    }

    /// The free buffer that was replaced last, whose value is the least behind the current one.
    /// `None` if no buffer is known to be free.
    pub(crate) fn free(&self) -> Option<usize> {
        let mut newest: Option<usize> = None;
        for (i, buffer) in self.buffers.iter().enumerate() {
            if buffer.state == State::Free
                && newest.is_none_or(|newest| self.buffers[newest].version < buffer.version)
            {
                newest = Some(i);
            }
        }
        newest
    }

    /// Whether the buffer of this index is known to be free.
    pub(crate) fn is_free(&self, index: usize) -> bool {
        self.buffers[index].state == State::Free
    }

    /// How many buffers are retired.
    pub(crate) fn retired(&self) -> usize {
        self.buffers.iter().filter(|buffer| buffer.state == State::Retired).count()
    }

    /// Whether something was published since the last look. If so, another look may find a free
    /// buffer that is less behind than those known.
    pub(crate) fn is_stale(&self) -> bool {
        self.version != self.looked
    }

    /// Notes that buffer `new` is current now and buffer `old` is retired.
    pub(crate) fn replace(&mut self, old: usize, new: usize) {
        self.version += 1;
        self.buffers[old].state = State::Retired;
        self.buffers[new] = Buffer { version: self.version, state: State::Current, held: false };
    }

    /// Reclaims every retired buffer that no reader can have, given the `marks` of all slots in
    /// order.
    ///
    /// A buffer that a mark holds stays retired, and so does every buffer that a reader inside
    /// `pin` may come to hold: those from its [`reach`](Self::reach) on. A reclaimed buffer needs
    /// no second look, since no reader can find it until it is published again. O(`READERS` +
    /// `BUFFERS`).
    pub(crate) fn look(&mut self, marks: impl Iterator<Item = Mark>) {
        let mut reach: Option<u64> = None;
        for (reader, mark) in marks.enumerate() {
            let from = self.reach(reader, mark);
            match mark {
                Mark::Idle => {}
                Mark::Pinned(_) => {
                    if reach.is_none_or(|reach| from < reach) {
                        reach = Some(from);
                    }
                }
                Mark::Holding(buffer) => self.buffers[buffer].held = true,
            }
        }
        for buffer in &mut self.buffers {
            if buffer.state == State::Retired
                && !buffer.held
                && reach.is_none_or(|reach| buffer.version < reach)
            {
                buffer.state = State::Free;
            }
            buffer.held = false;
        }
        self.looked = self.version;
    }

    /// The version of the oldest value that the reader of this slot can still find, if it is inside
    /// `pin`; meaningless otherwise.
    fn reach(&mut self, reader: usize, mark: Mark) -> u64 {
        #[cfg(any(not(target_pointer_width = "64"), annulus_narrow, annulus_loom))]
        if narrow() {
            return self.sightings.reach(reader, mark, self.looked);
        }
        debug_assert!(!narrow() && reader < READERS);
        match mark {
            Mark::Pinned(epoch) => epoch.number(),
            Mark::Idle | Mark::Holding(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::epoch::{Epoch, Mark, narrow};
    use super::{Ledger, State};

    /// Four buffers of which 0, 1, 2 were retired in the first three epochs and 3 is current.
    fn three_retired() -> (Ledger<3, 4>, [Epoch; 4]) {
        let mut epochs = [Epoch::FIRST; 4];
        let mut ledger = Ledger::new();
        for i in 0..3 {
            assert_eq!(ledger.free(), Some(i + 1));
            ledger.replace(i, i + 1);
            epochs[i + 1] = epochs[i].next();
        }
        assert_eq!(ledger.free(), None);
        (ledger, epochs)
    }

    fn free(ledger: &Ledger<3, 4>) -> [bool; 4] {
        ledger.buffers.map(|buffer| buffer.state == State::Free)
    }

    fn free_after(marks: &[Mark]) -> [bool; 4] {
        let (mut ledger, _) = three_retired();
        ledger.look(marks.iter().copied());
        free(&ledger)
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
    fn a_holder_blocks_its_buffer_no_longer_than_it_holds_it() {
        let (mut ledger, _) = three_retired();
        ledger.look([Mark::Holding(1)].into_iter());
        ledger.look([Mark::Idle].into_iter());
        assert_eq!(free(&ledger), [true, true, true, false]);
    }

    #[test]
    fn a_pinned_reader_blocks_what_was_retired_in_its_epoch_or_later() {
        if narrow() {
            return;
        }
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
        if narrow() {
            return;
        }
        let (_, epochs) = three_retired();
        for marks in [[1, 2], [2, 1]] {
            let marks = marks.map(|i| Mark::Pinned(epochs[i]));
            assert_eq!(free_after(&marks), [true, false, false, false]);
        }
    }

    #[test]
    fn a_reclaimed_buffer_is_not_lost_to_a_later_pin() {
        let (mut ledger, epochs) = three_retired();
        ledger.look(core::iter::empty());
        ledger.look([Mark::Pinned(epochs[0])].into_iter());
        assert_eq!(free(&ledger), [true, true, true, false]);
    }

    #[test]
    fn the_free_buffer_is_the_one_replaced_last() {
        let (mut ledger, _) = three_retired();
        ledger.look(core::iter::empty());
        assert_eq!(ledger.free(), Some(2));
        ledger.replace(3, 2);
        assert_eq!(ledger.free(), Some(1));
        ledger.look([Mark::Holding(3)].into_iter());
        assert_eq!(ledger.free(), Some(1));
        ledger.look([Mark::Idle].into_iter());
        assert_eq!(ledger.free(), Some(3));
    }

    #[test]
    fn a_look_is_of_no_use_until_something_is_published() {
        let mut ledger = Ledger::<3, 4>::new();
        assert!(!ledger.is_stale());
        ledger.replace(0, 1);
        assert!(ledger.is_stale());
        ledger.look(core::iter::empty());
        assert!(!ledger.is_stale());
    }
}
