//! Models of `Published`: readers in slots, values in buffers.
//!
//! Each scenario runs with both barriers: the pair of full fences, and the asymmetric barrier as the
//! pair of swaps that stands for it. Values equal their version, and every access to a buffer is one
//! that loom watches: a read that overlaps a write, or is not ordered after it, fails the model.
#![cfg(annulus_loom)]

use annulus::publish::{Fencing, Published, Reader, UpdateError, Writer, refuse, wrap_epochs};
use loom::thread;
use loom_tests::{Counts, Make, bump, check, lend};
use std::sync::Arc;

/// Pins `pins` times; no pin may show less than the one before.
fn read<F: Fencing>(reader: &mut Reader<'_, u64, F>, pins: usize) {
    let mut last = 0;
    for _ in 0..pins {
        let guard = reader.pin();
        assert_eq!(*guard, guard.version(), "a torn or stale value");
        assert!(*guard >= last, "time went backwards");
        last = *guard;
    }
}

/// Two readers pin once each while buffers are reused under them.
fn reuse(make: Make<2, 2>) {
    check(3, move || {
        lend(make([0; 2]), |published| {
            let (mut writer, readers) = published.split();
            let threads = readers.map(|mut reader| thread::spawn(move || read(&mut reader, 1)));
            for _ in 0..3 {
                _ = bump(&mut writer);
            }
            for thread in threads {
                thread.join().unwrap();
            }
        });
    });
}

/// One reader pins twice while buffers are reused: it never goes back in time, and the reads of its
/// first guard are over when the buffer is written.
fn twice(make: Make<1, 2>) {
    check(4, move || {
        lend(make([0; 2]), |published| {
            let (mut writer, [mut reader]) = published.split();
            let thread = thread::spawn(move || read(&mut reader, 2));
            for _ in 0..3 {
                _ = bump(&mut writer);
            }
            thread.join().unwrap();
        });
    });
}

/// As `twice`, with a buffer to spare, so that the writer goes on past a reader that holds one.
fn spare(make: Make<1, 3>) {
    check(3, move || {
        lend(make([0; 3]), |published| {
            let (mut writer, [mut reader]) = published.split();
            let thread = thread::spawn(move || read(&mut reader, 2));
            for _ in 0..4 {
                _ = bump(&mut writer);
            }
            thread.join().unwrap();
        });
    });
}

/// As `twice`, through handles that own the publication, which lives until the last of them is gone; and one update
/// fails.
fn owned(make: Make<1, 2>) {
    check(3, move || {
        let published = Arc::new(make([0; 2]));
        let mut reader = published.owned_reader().unwrap();
        let mut writer = published.owned_writer().unwrap();
        drop(published);
        let thread = thread::spawn(move || {
            let mut last = 0;
            for _ in 0..2 {
                let guard = reader.pin();
                assert_eq!(*guard, guard.version(), "a torn or stale value");
                assert!(*guard >= last, "time went backwards");
                last = *guard;
            }
        });
        _ = writer.update(|_, new| -> Result<(), ()> {
            *new = 666;
            Err(())
        });
        for _ in 0..2 {
            _ = writer.update(|old, new| -> Result<(), ()> {
                *new = old + 1;
                Ok(())
            });
        }
        assert_eq!(*writer.current(), writer.version());
        thread.join().unwrap();
    });
}

#[test]
fn owned_with_fences() {
    owned(Published::with_fences);
}

#[test]
fn owned_with_membarrier() {
    owned(Published::new);
}

/// One reader pins twice while the writer visits what it takes for free, and writes there what no reader
/// may see.
fn visits(make: Make<1, 2>) {
    check(3, move || {
        lend(make([0; 2]), |published| {
            let (mut writer, [mut reader]) = published.split();
            let thread = thread::spawn(move || read(&mut reader, 2));
            for _ in 0..2 {
                _ = bump(&mut writer);
                spoil(&mut writer);
            }
            thread.join().unwrap();
            assert_eq!(spoil(&mut writer), 1, "a reader that is gone holds a buffer");
            assert_eq!(*writer.current(), writer.version());
        });
    });
}

/// Writes into whatever a visit reaches, and returns how many buffers that is: all but those that are said
/// to be held, and the current one.
fn spoil(writer: &mut Writer<'_, u64, 1, 2>) -> usize {
    let mut reached = 0;
    let held = writer.visit_free(|value| {
        *value = 666;
        reached += 1;
    });
    assert_eq!(reached + held, 1, "a buffer is neither reached nor held");
    reached
}

#[test]
fn visits_with_fences() {
    visits(Published::with_fences);
}

#[test]
fn visits_with_membarrier() {
    visits(Published::new);
}

/// As `visits_with_fences`, where epochs wrap.
#[test]
fn visits_narrow() {
    wrap_epochs();
    visits(Published::with_fences);
}

#[test]
fn reuse_with_fences() {
    reuse(Published::with_fences);
}

#[test]
fn reuse_with_membarrier() {
    reuse(Published::new);
}

#[test]
fn twice_with_fences() {
    twice(Published::with_fences);
}

#[test]
fn twice_with_membarrier() {
    twice(Published::new);
}

#[test]
fn spare_with_fences() {
    spare(Published::with_fences);
}

#[test]
fn spare_with_membarrier() {
    spare(Published::new);
}

/// As `twice`, where epochs wrap: after four, and the writer goes by what it saw of the slots.
#[test]
fn twice_narrow_with_fences() {
    wrap_epochs();
    twice(Published::with_fences);
}

#[test]
fn twice_narrow_with_membarrier() {
    wrap_epochs();
    twice(Published::new);
}

/// As `spare`, where epochs wrap.
#[test]
fn spare_narrow_with_fences() {
    wrap_epochs();
    spare(Published::with_fences);
}

#[test]
fn spare_narrow_with_membarrier() {
    wrap_epochs();
    spare(Published::new);
}

/// As `twice_with_membarrier`, without the test for a fence.
#[test]
fn twice_unfenced() {
    check(4, || {
        lend(Published::<u64, 1, 2>::new([0; 2]), |published| {
            let (mut writer, [reader]) = published.split();
            let mut reader = reader.unfenced().expect("the writer pays");
            let thread = thread::spawn(move || read(&mut reader, 2));
            for _ in 0..3 {
                _ = bump(&mut writer);
            }
            thread.join().unwrap();
        });
    });
}

/// Refused the kernel's barrier, the writer believes no slot: it is `Busy` whatever they say, changes
/// nothing, and goes on when the kernel does.
#[test]
fn busy_while_the_barrier_is_refused() {
    check(3, || {
        lend(Published::<u64, 1, 2>::new([0; 2]), |published| {
            let (mut writer, [mut reader]) = published.split();
            let thread = thread::spawn(move || read(&mut reader, 2));
            refuse(true);
            assert_eq!(bump(&mut writer), Ok(()), "a buffer was free without a look");
            for _ in 0..2 {
                assert_eq!(bump(&mut writer), Err(UpdateError::Busy));
                assert_eq!((*writer.current(), writer.version()), (1, 1));
            }
            refuse(false);
            thread.join().unwrap();
            assert_eq!(bump(&mut writer), Ok(()));
        });
    });
}

/// Once its pin is over, a reader that stays blocks one buffer and no more: with three buffers the
/// writer is never busy.
#[test]
fn a_held_guard_blocks_one_buffer() {
    check(3, || {
        lend(Published::<u64, 1, 3>::with_fences([0; 3]), |published| {
            let (mut writer, [mut reader]) = published.split();
            let guard = reader.pin();
            let seen = *guard;
            for n in 1..=5 {
                assert_eq!(bump(&mut writer), Ok(()), "update {n}");
            }
            assert_eq!(*guard, seen);
        });
    });
}

/// With two buffers and one of them held, an update is `Busy` and changes nothing; once the guard is
/// dropped in its thread, it goes through.
#[test]
fn busy_until_the_guard_is_dropped() {
    check(4, || {
        lend(Published::<u64, 1, 2>::with_fences([0; 2]), |published| {
            let (mut writer, [reader]) = published.split();
            lend(reader, |reader| {
                bump(&mut writer).unwrap();
                let guard = reader.pin();
                assert_eq!(*guard, 1);
                bump(&mut writer).unwrap();
                assert_eq!(bump(&mut writer), Err(UpdateError::Busy));
                assert_eq!((*writer.current(), writer.version()), (2, 2));
                let thread = thread::spawn(move || drop(guard));
                _ = bump(&mut writer);
                thread.join().unwrap();
                assert_eq!(bump(&mut writer), Ok(()));
            });
        });
    });
}

/// Each value is dropped once: when another replaces it, or with the publication; never by a reader.
#[test]
fn values_are_dropped_once_each() {
    check(3, || {
        let counts = Counts::default();
        lend(Published::with_fences([(); 2].map(|()| counts.value())), |published| {
            let (mut writer, [mut reader]): (_, [_; 1]) = published.split();
            let thread = thread::spawn(move || reader.pin().assert_alive());
            for _ in 0..3 {
                _ = writer.update(counts.replace());
            }
            thread.join().unwrap();
            counts.assert_alive(2);
        });
        counts.assert_alive(0);
    });
}

/// Two threads share one slot, one after the other.
#[test]
fn readers_join_and_leave() {
    check(3, || {
        lend(Published::<u64, 1, 2>::with_fences([0; 2]), |published| {
            let published = &*published;
            let threads = [(); 2].map(|()| {
                thread::spawn(|| {
                    if let Ok(mut reader) = published.reader() {
                        read(&mut reader, 1);
                    }
                })
            });
            let mut writer = published.writer().unwrap();
            for _ in 0..3 {
                _ = bump(&mut writer);
            }
            for thread in threads {
                thread.join().unwrap();
            }
            assert!(published.reader().is_ok(), "a slot was lost");
        });
    });
}

/// The writer's seat goes from one thread to another, its books and its buffers with it.
#[test]
fn the_writer_is_dropped_and_taken_again() {
    check(3, || {
        lend(Published::<u64, 1, 2>::with_fences([0; 2]), |published| {
            let published = &*published;
            let update = || {
                let mut writer = published.writer().ok()?;
                assert_eq!(*writer.current(), writer.version());
                bump(&mut writer).ok()
            };
            let threads = [(); 2].map(|()| thread::spawn(update));
            let published_by_threads: usize =
                threads.map(|thread| thread.join().unwrap()).into_iter().flatten().count();
            let writer = published.writer().expect("nobody has it");
            assert_eq!(writer.version(), published_by_threads as u64);
        });
    });
}

/// The writer's seat goes from one thread to another while a reader pins: the next writer knows what
/// the last one saw of it.
fn the_writer_changes_threads(make: Make<1, 2>) {
    check(3, move || {
        lend(make([0; 2]), |published| {
            let published = &*published;
            let mut reader = published.reader().expect("nobody has it");
            let thread = thread::spawn(move || read(&mut reader, 1));
            let writing = thread::spawn(|| {
                let mut writer = published.writer().expect("nobody has it");
                _ = bump(&mut writer);
                _ = bump(&mut writer);
            });
            writing.join().unwrap();
            let mut writer = published.writer().expect("nobody has it");
            _ = bump(&mut writer);
            _ = bump(&mut writer);
            thread.join().unwrap();
        });
    });
}

#[test]
fn the_writer_changes_threads_with_fences() {
    the_writer_changes_threads(Published::with_fences);
}

#[test]
fn the_writer_changes_threads_where_epochs_wrap() {
    wrap_epochs();
    the_writer_changes_threads(Published::new);
}
