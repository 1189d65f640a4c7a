//! Real threads at full speed: every lookup checked against what its snapshot must hold.
//!
//! The writer poisons the buffer it is given before it builds there, so that a buffer reclaimed too
//! early shows at once. A snapshot is a run of words that follow from its version; a lookup reads one
//! and compares. `ANNULUS_STRESS_SECONDS` (2 unless given) is the time for each test;
//! `cargo xtask stress` runs them optimized and adds up what they tried.
//!
//! ThreadSanitizer follows atomics and finds nothing here (`cargo xtask sanitize`). Valgrind's `drd` and
//! `helgrind` know locks and the threads' own calls but no atomics: they take each atomic access for a
//! race, those of the standard library first, and so tell nothing. Its `memcheck` does, of memory
//! that was never written too, and finds nothing:
//!
//! ```sh
//! cargo test --release --features std --test stress --no-run
//! valgrind --error-exitcode=1 target/release/deps/stress-???????????????? --test-threads=1
//! ```
#![cfg(all(feature = "std", target_has_atomic = "64"))]
#![allow(unsafe_code)]

use annulus::publish::{Barrier, Fencing, Published, Reader, SharedPublished, UpdateError};
use core::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};
use std::{
    sync::Mutex,
    thread::{self, ScopedJoinHandle},
    time::Instant,
};

/// Words of a snapshot: several cache lines, so that it can tear.
const WORDS: usize = 128;
/// Lookups under one guard, unless the guard is one of the few that are held for longer.
const BURST: u64 = 48;
/// How long readers spin between guards where one that is suspended under its guard blocks the writer:
/// without, nearly all that are suspended would be, and hardly anything would be published.
const PAUSE: u32 = 64;
/// What retired buffers hold while the next value is built.
const POISON: u64 = 0xdead_dead_dead_dead;
/// Readers of each test; more than the cores, so that they are also suspended at odd places.
const READERS: usize = 3;

/// One test at a time: they would only take the cores from each other.
static TURN: Mutex<()> = Mutex::new(());

#[derive(Clone)]
struct Snapshot {
    version: u64,
    words: [u64; WORDS],
}

impl Snapshot {
    fn first() -> Self {
        let mut first = Self { version: 0, words: [0; WORDS] };
        first.build(0);
        first
    }

    fn word(version: u64, i: usize) -> u64 {
        (version ^ (i as u64) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn build(&mut self, version: u64) {
        self.version = POISON;
        self.words.fill(POISON);
        std::hint::black_box(&mut *self);
        for (i, word) in self.words.iter_mut().enumerate() {
            *word = Self::word(version, i);
        }
        self.version = version;
    }
}

/// What the threads of one test share.
#[derive(Default)]
struct Run {
    over: AtomicBool,
    lookups: AtomicU64,
    pins: AtomicU64,
    published: AtomicU64,
    busy: AtomicU64,
}

impl Run {
    fn over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// A reader: pins and looks up until the time is over, with a pause of so many spins between guards,
    /// and asserts every answer.
    fn read(&self, pause: u32, mut pin: impl FnMut(&mut dyn FnMut(&Snapshot, u64))) {
        let (mut lookups, mut pins, mut last, mut key) = (0, 0_u64, 0, 1_usize);
        while !self.over() {
            // What was published before the pin is the least that it may show.
            let least = self.published.load(Ordering::Acquire);
            pin(&mut |snapshot, version| {
                assert_eq!(snapshot.version, version, "a snapshot of another version");
                assert!(version >= last, "version {version} after {last}");
                assert!(version >= least, "version {version} after {least} was published");
                last = version;
                let burst = if pins.is_multiple_of(1024) { 100 * BURST } else { BURST };
                for _ in 0..burst {
                    key = key.wrapping_mul(0x5851_f42d).wrapping_add(12345);
                    let i = (key >> 16) % WORDS;
                    assert_eq!(snapshot.words[i], Snapshot::word(version, i), "a torn snapshot");
                }
                lookups += burst;
            });
            pins += 1;
            for _ in 0..pause {
                core::hint::spin_loop();
            }
        }
        self.lookups.fetch_add(lookups, Ordering::Relaxed);
        self.pins.fetch_add(pins, Ordering::Relaxed);
    }

    /// The writer: publishes until the time is over.
    fn write(
        &self,
        mut update: impl FnMut(&mut dyn FnMut(&Snapshot, &mut Snapshot)) -> Result<(), UpdateError<()>>,
    ) {
        let seconds = std::env::var("ANNULUS_STRESS_SECONDS")
            .map_or(2.0, |s| s.parse().expect("ANNULUS_STRESS_SECONDS is a number"));
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        let mut busy = 0;
        while Instant::now() < end {
            let outcome = update(&mut |old, new| new.build(old.version + 1));
            match outcome {
                // Release: with the Acquire of the readers, so that the bound holds for them.
                Ok(()) => _ = self.published.fetch_add(1, Ordering::Release),
                Err(_) => {
                    busy += 1;
                    thread::yield_now();
                }
            }
        }
        self.busy.store(busy, Ordering::Relaxed);
        self.over.store(true, Ordering::Relaxed);
    }

    fn report(&self, name: &str) {
        let [lookups, pins, published, busy] =
            [&self.lookups, &self.pins, &self.published, &self.busy]
                .map(|count| count.load(Ordering::Relaxed));
        println!(
            "{name}: {lookups} lookups under {pins} pins, {published} publications, {busy} busy"
        );
        assert!(lookups > 0 && published > 0, "nothing was tried");
    }
}

/// Ends the run when its thread ends, so that one that panics does not leave the others running.
struct EndOnDrop<'a>(&'a Run);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

/// Waits until the threads have ended.
///
/// The end of the scope would wait for their closures, but by an atomic counter in the precompiled
/// standard library, where ThreadSanitizer does not see it.
fn join<const N: usize>(threads: [ScopedJoinHandle<'_, ()>; N]) {
    for thread in threads {
        thread.join().expect("a thread that ends well");
    }
}

/// Pins and reads until the time is over.
fn read_slot<F: Fencing>(run: &Run, pause: u32, mut reader: Reader<'_, Snapshot, F>) {
    run.read(pause, |look| {
        let guard = reader.pin();
        look(&guard, guard.version());
    });
}

fn slots<const BUFFERS: usize, F: Fencing>(
    name: &str,
    published: Published<Snapshot, READERS, BUFFERS, F>,
    prepare: impl Fn() + Sync,
) {
    slots_as(name, published, prepare, |_, run, pause, reader| read_slot(run, pause, reader));
}

/// All readers but the last without the test for a fence in their pins.
fn slots_unfenced<const BUFFERS: usize>(
    name: &str,
    published: Published<Snapshot, READERS, BUFFERS>,
) {
    slots_as(
        name,
        published,
        || (),
        |i, run, pause, reader| {
            if i == READERS - 1 {
                read_slot(run, pause, reader);
            } else {
                read_slot(run, pause, reader.unfenced().expect("the writer pays"));
            }
        },
    );
}

/// One test of a publication whose reader `i` reads by `read`.
fn slots_as<const BUFFERS: usize, F: Fencing>(
    name: &str,
    mut published: Published<Snapshot, READERS, BUFFERS, F>,
    prepare: impl Fn() + Sync,
    read: impl Fn(usize, &Run, u32, Reader<'_, Snapshot, F>) + Sync,
) {
    let _turn = TURN.lock();
    let run = Run::default();
    let pause = if BUFFERS < READERS + 2 { PAUSE } else { 0 };
    let (mut writer, readers) = published.split();
    thread::scope(|scope| {
        let (run, prepare, read) = (&run, &prepare, &read);
        let mut numbers = 0..;
        let readers = readers.map(|reader| {
            let i = numbers.next().expect("a number for each reader");
            scope.spawn(move || {
                let _end = EndOnDrop(run);
                prepare();
                read(i, run, pause, reader);
            })
        });
        let _end = EndOnDrop(run);
        prepare();
        run.write(|build| {
            writer.update(|old, new| {
                build(old, new);
                Ok(())
            })
        });
        join(readers);
    });
    run.report(name);
}

fn values<const BUFFERS: usize>() -> [Snapshot; BUFFERS] {
    core::array::from_fn(|_| Snapshot::first())
}

#[test]
fn fences() {
    slots::<{ READERS + 2 }, _>("fences", Published::with_fences(values()), || ());
}

#[test]
fn fences_with_two_buffers() {
    slots::<2, _>("fences, two buffers", Published::with_fences(values()), || ());
}

#[test]
fn membarrier() {
    let published = Published::new(values());
    if published.barrier() != Barrier::Membarrier {
        println!("skipped: no membarrier here");
        return;
    }
    slots_unfenced::<{ READERS + 2 }>("membarrier", published);
}

#[test]
fn membarrier_with_two_buffers() {
    let published = Published::new(values());
    if published.barrier() != Barrier::Membarrier {
        println!("skipped: no membarrier here");
        return;
    }
    slots_unfenced::<2>("membarrier, two buffers", published);
}

/// All threads are bound to the first core that the process may use, as the promise demands.
#[cfg(target_os = "linux")]
#[test]
fn single_core() {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None).expect("its own affinity");
    let core = (0..CpuSet::MAX_CPU).find(|i| allowed.is_set(*i)).expect("a core");
    // SAFETY: `prepare` binds every thread that uses a handle to one core, or panics before any use.
    let published = unsafe { Published::new_single_core(values()) };
    slots::<3, _>("single core", published, || {
        let mut one = CpuSet::new();
        one.set(core);
        sched_setaffinity(None, &one).expect("binding a thread to a core");
    });
}

#[test]
fn shared() {
    let _turn = TURN.lock();
    let run = Run::default();
    let published = SharedPublished::new(values::<4>()).unwrap();
    let mut writer = published.writer().unwrap();
    thread::scope(|scope| {
        let readers = [(); READERS].map(|()| {
            scope.spawn(|| {
                let _end = EndOnDrop(&run);
                run.read(PAUSE, |look| {
                    let guard = published.pin();
                    look(&guard, guard.version());
                });
            })
        });
        let _end = EndOnDrop(&run);
        run.write(|build| {
            writer.update(|old, new| {
                build(old, new);
                Ok(())
            })
        });
        join(readers);
    });
    run.report("shared");
}
