//! Models of `SharedPublished`, its collector `crossbeam-epoch` included.
#![cfg(annulus_loom)]

use annulus::publish::{SharedPublished, UpdateError};
use loom::thread;
use loom_tests::{bump_shared, check, lend};

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

/// The writer's place goes from one thread to another.
#[test]
fn the_writer_is_dropped_and_taken_again() {
    check(1, || {
        lend(SharedPublished::new([0, 0]).unwrap(), |published| {
            let published = &*published;
            let update = || {
                let mut writer = published.writer().ok()?;
                assert_eq!(*writer.current(), writer.version());
                bump_shared(&mut writer).ok()
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
