//! Children of `fork`: of the parent's threads only the one that called it is there, but the marks of all
//! are. What a child can do about that.
#![cfg(all(feature = "std", target_os = "linux", not(miri)))]
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use annulus::publish::{Published, SharedPublished, UpdateError, Writer};

/// Children of each test.
const CHILDREN: u32 = if cfg!(annulus_brief) { 3 } else { 50 };

/// Runs `child` in a child process, which ends with it; whether it was content.
fn fork(child: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child calls this crate, the allocator, which is made for it, and `_exit`.
    match unsafe { libc::fork() } {
        -1 => panic!("no child: {}", std::io::Error::last_os_error()),
        0 => {
            // Without a panic, which would unwind into the parent's test, and for no longer than this.
            // SAFETY: these end the process and nothing else.
            unsafe {
                libc::alarm(20);
                libc::_exit(if child() { 0 } else { 1 })
            }
        }
        pid => {
            let mut status = 0;
            // SAFETY: the pointer is to a local variable.
            let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
            assert_eq!(waited, pid);
            status == 0
        }
    }
}

fn bump<const R: usize, const B: usize>(
    writer: &mut Writer<'_, u64, R, B>,
) -> Result<(), UpdateError<()>> {
    writer.update(|old, new| {
        *new = *old + 1;
        Ok(())
    })
}

/// Ends the readers when their scope ends, by a panic too.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A publication's readers pin as fast as they can while `test` forks.
fn under_readers(test: impl FnOnce(&Published<u64, 3, 5>)) {
    let published = Published::<u64, 3, 5>::new([0; 5]);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let stop = Stop(&over);
        let readers = [(); 2].map(|()| {
            scope.spawn(|| {
                let mut reader = published.reader().unwrap();
                while !over.load(Ordering::Relaxed) {
                    _ = *reader.pin();
                }
            })
        });
        test(&published);
        drop(stop);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn a_child_makes_a_publication_of_its_own_from_what_a_pin_shows() {
    under_readers(|published| {
        let mut writer = published.writer().unwrap();
        let mut reader = published.reader().unwrap();
        for _ in 0..CHILDREN {
            // A reader that is preempted inside `pin` may have the writer wait.
            let next = |old: &u64, new: &mut u64| {
                *new = *old + 1;
                Ok::<_, ()>(())
            };
            writer.update_within(Duration::from_secs(20), next).unwrap();
            let version = writer.version();
            assert!(fork(|| {
                let shown = *reader.pin();
                let mut own = Published::<u64, 1, 3>::new([shown; 3]);
                let (mut writer, [mut reader]) = own.split();
                let updates = (0..100).all(|_| bump(&mut writer).is_ok());
                updates && shown == version && *reader.pin() == version + 100
            }));
        }
    });
}

#[test]
fn a_child_that_has_the_publication_alone_splits_it() {
    // A guard of another thread, and another inside `pin` or not, are frozen in the child.
    let published = Box::into_raw(Box::new(Published::<u64, 3, 5>::new([0; 5])));
    // SAFETY: it is not freed before the end of the test, and in the child, where the other threads are
    // not there, they use nothing.
    let shared = unsafe { &*published };
    let over = &AtomicBool::new(false);
    thread::scope(|scope| {
        let stop = Stop(over);
        let readers = [(); 2].map(|()| {
            scope.spawn(move || {
                let mut reader = shared.reader().unwrap();
                while !over.load(Ordering::Relaxed) {
                    _ = *reader.pin();
                }
            })
        });
        let mut holder = shared.reader().unwrap();
        let held = holder.pin();
        for _ in 0..CHILDREN {
            assert!(fork(|| {
                // SAFETY: nobody else is in this process, and this thread uses its handles no more.
                let (mut writer, [mut one, mut two, _]) = unsafe { &mut *published }.split();
                let held = one.pin();
                (0..100).all(|_| bump(&mut writer).is_ok()) && *held == 0 && *two.pin() == 100
            }));
        }
        drop(held);
        drop(stop);
        for reader in readers {
            reader.join().unwrap();
        }
    });
    // SAFETY: it came from a box, and nobody has it any more.
    drop(unsafe { Box::from_raw(published) });
}

/// What the documentation says of the one that was there before: its writer may be busy for good, which
/// a guard that is frozen shows for certain, and its readers read on.
#[test]
fn frozen_guards_block_a_childs_writer() {
    let published = Published::<u64, 2, 2>::new([7; 2]);
    let mut writer = published.writer().unwrap();
    let mut reader = published.reader().unwrap();
    let held = AtomicBool::new(false);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let stop = Stop(&over);
        let holder = scope.spawn(|| {
            let mut reader = published.reader().unwrap();
            let _guard = reader.pin();
            held.store(true, Ordering::Release);
            while !over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
        });
        while !held.load(Ordering::Acquire) {
            thread::yield_now();
        }
        assert!(fork(|| {
            let first = bump(&mut writer);
            let second = writer.update_within(Duration::from_millis(50), |_, _| Ok::<_, ()>(()));
            (first, second) == (Ok(()), Err(UpdateError::Busy)) && *reader.pin() == 8
        }));
        drop(stop);
        holder.join().unwrap();
    });
}

/// The collector's readers are frozen with the rest: a child reads on, and publishes elsewhere.
#[test]
fn a_child_of_shared_readers_reads_on_and_publishes_elsewhere() {
    let published = SharedPublished::new([5_u64, 0, 0]).unwrap();
    let held = AtomicBool::new(false);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let stop = Stop(&over);
        let holder = scope.spawn(|| {
            let _guard = published.pin();
            held.store(true, Ordering::Release);
            while !over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
        });
        while !held.load(Ordering::Acquire) {
            thread::yield_now();
        }
        drop(published.pin());
        assert!(fork(|| {
            let shown = *published.pin();
            let own = Published::<u64, 1, 3>::new([shown; 3]);
            let (Ok(mut writer), Ok(mut reader)) = (own.writer(), own.reader()) else {
                return false;
            };
            let busy = published.writer().is_ok_and(|mut writer| {
                let mut update = || {
                    writer.update_within(Duration::from_millis(20), |old, new| {
                        *new = *old + 1;
                        Ok::<_, ()>(())
                    })
                };
                [update(), update(), update()] == [Ok(()), Ok(()), Err(UpdateError::Busy)]
            });
            let updates = (0..100).all(|_| bump(&mut writer).is_ok());
            updates && busy && *reader.pin() == 105 && *published.pin() == 7
        }));
        drop(stop);
        holder.join().unwrap();
    });
}
