//! Models of `SharedPublished`, its collector `crossbeam-epoch` included.
#![cfg(annulus_loom)]

use annulus::publish::{SharedPublished, UpdateError};
use loom::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};
use loom_tests::{Counts, bump_shared, check, lend};
use std::sync::Arc;

/// A reader against publications that reuse snapshots: nothing is torn, nothing goes back in time.
fn reuse(preemptions: usize, snapshots: usize, pins: usize, updates: usize) {
    check(preemptions, move || {
        lend(SharedPublished::new(vec![0; snapshots]).unwrap(), |published| {
            let published = &*published;
            let thread = thread::spawn(move || {
                let mut last = 0;
                for _ in 0..pins {
                    let guard = published.pin();
                    assert_eq!(*guard, guard.version(), "a torn or stale value");
                    assert!(*guard >= last, "time went backwards");
                    last = *guard;
                }
            });
            let mut writer = published.writer().unwrap();
            for _ in 0..updates {
                _ = bump_shared(&mut writer);
            }
            thread.join().unwrap();
        });
    });
}

#[test]
fn one_pin_against_reuse() {
    reuse(2, 2, 1, 2);
}

#[test]
fn two_pins_against_reuse() {
    reuse(1, 2, 2, 2);
}

/// A reader pins while the writer visits what it takes for free, and writes there what no reader may see.
#[test]
fn visits() {
    check(2, || {
        lend(SharedPublished::new([0, 0]).unwrap(), |published| {
            let published = &*published;
            let thread = thread::spawn(move || {
                let guard = published.pin();
                assert_eq!(*guard, guard.version(), "a value of a visit");
            });
            let mut writer = published.writer().unwrap();
            _ = bump_shared(&mut writer);
            let mut reached = 0;
            let held = writer.visit_free(|value| {
                *value = 666;
                reached += 1;
            });
            assert_eq!(reached + held, 1, "a snapshot is neither reached nor held");
            assert_eq!((*writer.current(), writer.version()), (1, 1));
            thread.join().unwrap();
        });
    });
}

/// A guard taken before a publication keeps its snapshot, and an update that would need it is `Busy`
/// and changes nothing.
#[test]
fn busy_while_a_guard_is_held() {
    check(2, || {
        lend(SharedPublished::new([0, 0]).unwrap(), |published| {
            let guard = published.pin();
            let mut writer = published.writer().unwrap();
            assert_eq!(bump_shared(&mut writer), Ok(()));
            assert_eq!(bump_shared(&mut writer), Err(UpdateError::Busy));
            assert_eq!((*guard, *writer.current(), writer.version()), (0, 1, 1));
        });
    });
}

/// A late reader runs what was deferred and sets the flag; the writer that sees it writes the snapshot
/// again, with the reads of an earlier reader behind it.
///
/// The threads wait for each other by relaxed flags, which put them in step but order nothing.
#[test]
fn a_reader_sets_the_flag() {
    fn wait(for_this: &AtomicBool) {
        while !for_this.load(Ordering::Relaxed) {
            thread::yield_now();
        }
    }
    check(0, || {
        let steps = Arc::new([(); 4].map(|()| AtomicBool::new(false)));
        let [pinned, published_one, unpinned, collected] = [0, 1, 2, 3];
        lend(SharedPublished::new([0, 0]).unwrap(), |published| {
            let published = &*published;
            let step =
                |i: usize, steps: &Arc<[AtomicBool; 4]>| steps[i].store(true, Ordering::Relaxed);
            // A thread's first pin advances the epoch and runs what is two epochs old. Here that must
            // be left to the late reader, so the others have theirs beforehand.
            drop(published.pin());
            let theirs = Arc::clone(&steps);
            let early = thread::spawn(move || {
                drop(published.pin());
                let guard = published.pin();
                step(pinned, &theirs);
                wait(&theirs[published_one]);
                assert_eq!(*guard, 0);
                drop(guard);
                step(unpinned, &theirs);
                wait(&theirs[collected]);
            });
            let theirs = Arc::clone(&steps);
            let late = thread::spawn(move || {
                wait(&theirs[unpinned]);
                drop(published.pin());
                step(collected, &theirs);
            });
            let mut writer = published.writer().unwrap();
            wait(&steps[pinned]);
            assert_eq!(bump_shared(&mut writer), Ok(()));
            step(published_one, &steps);
            wait(&steps[collected]);
            // Busy where the advances came to nothing.
            _ = bump_shared(&mut writer);
            early.join().unwrap();
            late.join().unwrap();
        });
    });
}

/// Each value is dropped once: when another replaces it, or with the publication; never by a reader,
/// though it may be the one that runs what was deferred.
#[test]
fn values_are_dropped_once_each() {
    check(1, || {
        let counts = Counts::default();
        lend(SharedPublished::new([(); 2].map(|()| counts.value())).unwrap(), |published| {
            let published = &*published;
            let thread = thread::spawn(|| published.pin().assert_alive());
            let mut writer = published.writer().unwrap();
            for _ in 0..2 {
                _ = writer.update(counts.replace());
            }
            thread.join().unwrap();
            counts.assert_alive(2);
        });
        counts.assert_alive(0);
    });
}

/// A writer whose thread is pinned already, so that the pin inside its update is no fence.
#[test]
fn an_update_under_a_guard() {
    check(2, || {
        lend(SharedPublished::new([0, 0]).unwrap(), |published| {
            let published = &*published;
            let thread = thread::spawn(|| {
                let guard = published.pin();
                assert_eq!(*guard, guard.version());
            });
            let mut writer = published.writer().unwrap();
            let guard = published.pin();
            assert_eq!(bump_shared(&mut writer), Ok(()));
            assert_eq!(*guard, 0);
            thread.join().unwrap();
        });
    });
}

/// The writer's seat goes from one thread to another, also right after a builder that failed.
#[test]
fn the_writer_is_dropped_and_taken_again() {
    check(1, || {
        lend(SharedPublished::new([0, 0, 0]).unwrap(), |published| {
            let published = &*published;
            let update = || {
                let mut writer = published.writer().ok()?;
                assert_eq!(*writer.current(), writer.version());
                let outcome = bump_shared(&mut writer).ok();
                _ = writer.update(|_, new| {
                    *new = 666;
                    Err::<(), _>(())
                });
                outcome
            };
            let thread = thread::spawn(update);
            let here = update();
            let there = thread.join().unwrap();
            let writer = published.writer().expect("nobody has it");
            let updates = [here, there].into_iter().flatten().count();
            assert_eq!(writer.version(), updates as u64);
        });
    });
}
