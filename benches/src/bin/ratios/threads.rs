//! Threads that look keys up as fast as they can, with a pin for every lookup, while a writer is
//! idle or changes the membership a thousand times a second.

use annulus::publish::{Published, Reader};
use annulus::{HeapRing, RingReader, RingWriter, SharedRing};
use annulus_bench::rounds::Rounds;
use annulus_bench::workload::{self, Server, Size};
use arc_swap::ArcSwap;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, RwLock};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const PRIVATE: &str = "two readers, each of a published ring of its own";
pub(crate) const PLAIN: &str = "two threads, each with a ring of its own, not published";
pub(crate) const IDLE: &str = "two readers, writer idle";
pub(crate) const UPDATED: &str = "two readers, 1,000 updates a second";
pub(crate) const SHARED: &str = "two threads over a `SharedRing`";
pub(crate) const ARC_SWAP: &str = "two threads over arc-swap";
pub(crate) const RW_LOCK: &str = "two threads over `RwLock<Arc<_>>`";
/// The same with one thread, for the plot.
pub(crate) const ONE: [&str; 6] = [
    "one reader of a published ring of its own",
    "one reader, writer idle",
    "one thread over a `SharedRing`",
    "one thread over arc-swap",
    "one thread over `RwLock<Arc<_>>`",
    "one thread with a ring of its own, not published",
];

/// How often everything takes its turn.
const ROUNDS: usize = 15;

/// How long a turn takes.
const TURN: Duration = Duration::from_millis(60);

/// The time from one update to the next.
const PERIOD: Duration = Duration::from_millis(1);

pub(crate) fn measure(size: Size, rounds: &mut Rounds) {
    // The sizes at which something is required.
    if !(100..=1_000).contains(&size.nodes) {
        return;
    }
    let keys = workload::keys(size.keys());
    let rings: [HeapRing<Server>; 2] = std::array::from_fn(|_| size.ring());
    let private: [Published<_, 1, 2>; 2] =
        std::array::from_fn(|_| Published::new(std::array::from_fn(|_| size.ring())));
    let mut private = private
        .each_ref()
        .map(|published| RingReader::new(published.reader().expect("a slot for each thread")));
    let published: Published<_, 2, 4> = Published::new(std::array::from_fn(|_| size.ring()));
    let mut writer = RingWriter::new(published.writer().expect("no other writer"));
    let mut readers =
        [0, 1].map(|_| RingReader::new(published.reader().expect("a slot for each thread")));
    let shared = SharedRing::new(size.ring(), 3).expect("three snapshots");
    let swap = ArcSwap::from_pointee(size.ring());
    let lock = RwLock::new(Arc::new(size.ring()));

    let newcomer = Server::new(size.nodes);
    let mut update = |turn: u64| {
        // Busy: the readers hold what there is, and the next update comes soon.
        let _ = match turn % 2 {
            0 => writer.insert(newcomer.clone()).map_err(|rejected| rejected.error),
            _ => writer.remove(annulus::Node::identity(&newcomer)).map(drop),
        };
    };
    for _ in 0..ROUNDS {
        for threads in [1, 2] {
            let name = |two, one| if threads == 2 { two } else { one };
            let mut alone = rings.each_ref();
            let alone = &mut alone[..threads];
            run(rounds, name(PLAIN, ONE[5]), &keys, alone, None, |ring, key| {
                black_box(ring.view().owner(key));
            });
            let pinned = |reader: &mut RingReader<Reader<'_, HeapRing<Server>>>, key: &[u8; 16]| {
                black_box(reader.pin().view().owner(key));
            };
            let private = &mut private[..threads];
            run(rounds, name(PRIVATE, ONE[0]), &keys, private, None, pinned);
            let readers = &mut readers[..threads];
            run(rounds, name(IDLE, ONE[1]), &keys, readers, None, pinned);
            if threads == 2 {
                run(rounds, UPDATED, &keys, readers, Some(&mut update), pinned);
            }
            let nothing = &mut [(); 2][..threads];
            run(rounds, name(SHARED, ONE[2]), &keys, nothing, None, |(), key| {
                black_box(shared.pin().view().owner(key));
            });
            run(rounds, name(ARC_SWAP, ONE[3]), &keys, nothing, None, |(), key| {
                black_box(swap.load().view().owner(key));
            });
            run(rounds, name(RW_LOCK, ONE[4]), &keys, nothing, None, |(), key| {
                let ring = Arc::clone(&lock.read().expect("nobody panics"));
                black_box(ring.view().owner(key));
            });
        }
    }
}

/// One turn: a thread for each of `states`, and here the updates. Records the time that a lookup
/// takes all threads together.
fn run<S: Send>(
    rounds: &mut Rounds,
    name: &'static str,
    keys: &[[u8; 16]],
    states: &mut [S],
    update: Option<&mut dyn FnMut(u64)>,
    lookup: impl Fn(&mut S, &[u8; 16]) + Sync,
) {
    let (stop, start) = (AtomicBool::new(false), Barrier::new(states.len() + 1));
    let (lookups, time) = thread::scope(|scope| {
        let threads: Vec<_> = states
            .iter_mut()
            .map(|state| scope.spawn(|| count(state, keys, &stop, &start, &lookup)))
            .collect();
        start.wait();
        let begin = Instant::now();
        match update {
            None => thread::sleep(TURN),
            Some(update) => update_until(begin + TURN, update),
        }
        stop.store(true, Ordering::Relaxed);
        let time = begin.elapsed();
        let lookups = threads.into_iter().map(|thread| thread.join().expect("no panic"));
        (lookups.sum(), time)
    });
    rounds.record(name, time, lookups);
}

/// Looks keys up until it is told to stop; returns how many.
fn count<S>(
    state: &mut S,
    keys: &[[u8; 16]],
    stop: &AtomicBool,
    start: &Barrier,
    lookup: impl Fn(&mut S, &[u8; 16]),
) -> usize {
    start.wait();
    let mut lookups = 0;
    for burst in keys.as_chunks::<64>().0.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        burst.iter().for_each(|key| lookup(state, key));
        lookups += burst.len();
    }
    lookups
}

/// Updates on time until the deadline.
fn update_until(deadline: Instant, update: &mut dyn FnMut(u64)) {
    let begin = Instant::now();
    for turn in 0.. {
        let due = begin + PERIOD * turn as u32;
        if due >= deadline {
            break;
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
        update(turn);
    }
}
