//! Models of `SharedPublished`, its collector `crossbeam-epoch` included.
#![cfg(annulus_loom)]

use annulus::publish::SharedPublished;
use loom::thread;
use loom_tests::{bump_shared, check, lend};

/// A reader against publications that reuse snapshots: nothing is torn, nothing goes back in time.
fn reuse(preemptions: usize, snapshots: usize, pins: usize, updates: usize) {
    check(preemptions, move || {
        lend(
            SharedPublished::new(vec![0; snapshots]).unwrap(),
            |published| {
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
            },
        );
    });
}

#[test]
fn one_pin_against_reuse() {
    reuse(2, 2, 1, 2);
}
