//! A reader that is stopped between two instructions of `pin`, while the writer goes on.

use super::{
    Published, Reader, Writer,
    common::Common,
    epoch::{Epoch, Mark, narrow},
    sync::Ordering,
};

/// More publications than there are epochs in a build whose epochs wrap for the tests' sake.
const MANY: u64 = 11;

/// How many publications a reader may stay inside `pin` without making the writer busy.
const GRACE: u64 = if narrow() { 1 } else { 2 };

/// A reader of slot 0 that does one step of `pin` after the other.
struct Steps<'p, const READERS: usize, const BUFFERS: usize> {
    common: &'p Common<u64, READERS, BUFFERS>,
    epoch: usize,
    index: usize,
}

impl<'p, const READERS: usize, const BUFFERS: usize> Steps<'p, READERS, BUFFERS> {
    fn load_epoch(common: &'p Common<u64, READERS, BUFFERS>) -> Self {
        Self { common, epoch: common.head.epoch.load(Ordering::Acquire), index: usize::MAX }
    }

    fn store_epoch(&self) {
        self.common.slots[0].mark.store(self.epoch, Ordering::Release);
    }

    fn load_current(&mut self) -> u64 {
        self.index = self.common.head.current.load(Ordering::Acquire);
        self.value()
    }

    fn store_current(&self) {
        self.common.slots[0].mark.store(Mark::Holding(self.index).word(), Ordering::Release);
    }

    fn unpin(self) {
        self.common.slots[0].mark.store(Mark::Idle.word(), Ordering::Release);
    }

    /// What the buffer that it found holds now.
    #[allow(unsafe_code)]
    fn value(&self) -> u64 {
        // SAFETY: the one thread there is has no other reference to the buffer.
        let buffer = unsafe { &*self.common.buffers.view().read(self.index).as_ptr() };
        buffer.value
    }
}

/// Publishes one more than the current value; `false` if no buffer was free.
fn bump<const READERS: usize, const BUFFERS: usize>(
    writer: &mut Writer<'_, u64, READERS, BUFFERS>,
) -> bool {
    let outcome = writer.update(|old, new| {
        *new = *old + 1;
        Ok::<_, ()>(())
    });
    outcome.is_ok()
}

/// A publication with its writer and all readers but that of slot 0, which the steps stand in for.
fn with<const READERS: usize, const BUFFERS: usize>(
    test: impl FnOnce(
        &Common<u64, READERS, BUFFERS>,
        &mut Writer<'_, u64, READERS, BUFFERS>,
        &mut [Reader<'_, u64>; READERS],
    ),
) {
    let mut published = Published::<u64, READERS, BUFFERS>::with_fences([0; BUFFERS]);
    let (mut writer, mut readers) = published.split();
    let common = writer.common();
    test(common, &mut writer, &mut readers);
}

#[test]
fn however_many_epochs_go_by_before_its_mark_is_seen_nothing_is_written_under_a_reader() {
    for lag in 0..=MANY {
        for between in 0..=3 {
            with::<1, 2>(|common, writer, _| {
                assert!(bump(writer));
                let mut steps = Steps::load_epoch(common);
                (0..lag).for_each(|_| assert!(bump(writer)));
                steps.store_epoch();
                let found = steps.load_current();
                (0..between).for_each(|_| _ = bump(writer));
                assert_eq!(steps.value(), found, "after a lag of {lag}");
                steps.store_current();
                (0..3).for_each(|_| _ = bump(writer));
                assert_eq!(steps.value(), found, "held, after a lag of {lag}");
                steps.unpin();
                (0..3).for_each(|_| assert!(bump(writer)));
            });
        }
    }
}

/// On 32-bit targets epochs wrap after 2³¹ publications, too many for a test: it sets the epoch to
/// what so many publications make of it.
#[test]
fn an_epoch_that_looks_like_a_later_one_protects_all_the_same() {
    if !narrow() {
        return;
    }
    for ahead in 0..8 {
        with::<1, 2>(|common, writer, _| {
            (0..5).for_each(|_| assert!(bump(writer)));
            let mut steps = Steps::load_epoch(common);
            let mut epoch = Epoch::from_word(steps.epoch.wrapping_sub(2 * ahead));
            // `next` leaves nothing but the bits of an epoch.
            (0..2).for_each(|_| epoch = epoch.next());
            common.head.epoch.store(epoch.word(), Ordering::Relaxed);
            assert!(bump(writer));
            steps.store_epoch();
            let found = steps.load_current();
            (0..3).for_each(|_| _ = bump(writer));
            assert_eq!(steps.value(), found, "{ahead} ahead");
        });
    }
}

/// The promise about `Busy`, with two buffers more than readers.
#[test]
fn a_reader_must_stay_inside_pin_for_more_than_a_while_to_make_the_writer_busy() {
    for stopped_after in 1..=3 {
        with::<2, 4>(|common, writer, [_, other]| {
            for _ in 0..MANY {
                let held = other.pin();
                let shown = *held;
                let mut steps = Steps::load_epoch(common);
                if stopped_after >= 2 {
                    steps.store_epoch();
                }
                if stopped_after >= 3 {
                    steps.load_current();
                }
                for i in 0..GRACE {
                    assert!(bump(writer), "{i} publications after step {stopped_after}");
                }
                if stopped_after < 2 {
                    steps.store_epoch();
                }
                if stopped_after < 3 {
                    steps.load_current();
                }
                steps.store_current();
                assert!(bump(writer), "busy with guards");
                assert_eq!(*held, shown);
                steps.unpin();
                drop(held);
                assert!(bump(writer), "busy with nobody");
            }
        });
    }
}

/// A reader that stays inside `pin` makes the writer busy, but not for longer than it stays.
#[test]
fn the_writer_goes_on_as_soon_as_the_reader_does() {
    with::<1, 3>(|common, writer, _| {
        for _ in 0..MANY {
            let mut steps = Steps::load_epoch(common);
            steps.store_epoch();
            assert!((0..MANY).any(|_| !bump(writer)), "what it may find was written");
            let found = steps.load_current();
            steps.store_current();
            assert!(bump(writer));
            assert_eq!(steps.value(), found);
            steps.unpin();
        }
    });
}

/// A reader that is inside `pin` at every look of the writer: each of its pins is told from the one
/// before.
#[test]
fn a_reader_that_pins_again_and_again_does_not_keep_the_writer_busy() {
    with::<1, 2>(|common, writer, _| {
        let mut steps = Steps::load_epoch(common);
        steps.store_epoch();
        let mut published = 0;
        for _ in 0..3 * MANY {
            published += u64::from(bump(writer));
            steps.load_current();
            steps.store_current();
            steps.unpin();
            steps = Steps::load_epoch(common);
            steps.store_epoch();
        }
        assert!(published >= MANY, "{published} of {}", 3 * MANY);
    });
}

#[test]
fn a_guard_held_while_epochs_wrap_blocks_one_buffer_then_and_none_after() {
    with::<2, 4>(|common, writer, [_, other]| {
        let held = other.pin();
        (0..MANY).for_each(|_| assert!(bump(writer)));
        assert_eq!(*held, 0);
        drop(held);
        for _ in 0..MANY {
            // A reader stops inside `pin`, but not for so long that the writer is busy. The buffer
            // that the guard held is free again.
            let mut steps = Steps::load_epoch(common);
            steps.store_epoch();
            let held = other.pin();
            (0..GRACE).for_each(|_| assert!(bump(writer)));
            steps.load_current();
            steps.store_current();
            drop(held);
            assert!(bump(writer));
            steps.unpin();
        }
    });
}

/// The buffer that an update writes is one publication behind, unless a reader holds it.
#[test]
fn the_writer_is_given_the_value_that_is_the_least_behind() {
    fn behind(writer: &mut Writer<'_, u64, 2, 5>) -> u64 {
        let behind = writer.update(|old, new| {
            let behind = *old - *new;
            *new = *old + 1;
            Ok::<_, ()>(behind)
        });
        behind.unwrap()
    }
    with::<2, 5>(|_, writer, [one, two]| {
        assert_eq!(behind(writer), 0);
        (0..MANY).for_each(|_| assert_eq!(behind(writer), 1));
        let guard = one.pin();
        assert_eq!(behind(writer), 1);
        // The third buffer was never written before: until now the two newest were all that was
        // needed.
        assert_eq!(behind(writer), MANY + 2);
        (0..MANY).for_each(|_| assert_eq!(behind(writer), 1));
        let second = two.pin();
        assert_eq!(behind(writer), 1);
        assert_eq!(behind(writer), 2 * MANY + 4, "the fourth");
        (0..MANY).for_each(|_| assert_eq!(behind(writer), 1));
        drop((guard, second));
        (0..MANY).for_each(|_| assert_eq!(behind(writer), 1));
    });
}
