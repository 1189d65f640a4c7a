//! Pins beside their peers, and what they add to a lookup; none is contended.

use annulus::publish::{Published, SharedPublished};
use annulus::{HeapRing, RingReader};
use annulus_bench::peers;
use annulus_bench::rounds::Rounds;
use annulus_bench::workload::{self, SIZES, Server, Size};
use arc_swap::ArcSwap;
use seize::Guard;
use std::hint::black_box;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, RwLock};

pub(crate) const PIN: &str = "pin and unpin, asymmetric";
pub(crate) const FENCES: &str = "pin and unpin, with fences";
pub(crate) const SHARED: &str = "pin and unpin by any thread (`SharedPublished`)";
pub(crate) const CROSSBEAM: &str = "crossbeam-epoch `pin` and drop";
pub(crate) const ARC_SWAP: &str = "arc-swap `load` and drop";
pub(crate) const LEFT_RIGHT: &str = "left-right `enter` and drop";
pub(crate) const SEIZE: &str = "seize `enter`, `protect` and drop";
pub(crate) const RW_LOCK: &str = "`RwLock<Arc<_>>`: read, clone and drop";
/// In a view that stays in registers from one lookup to the next.
pub(crate) const VIEWED: &str = "lookup in one view";
/// In a ring that is somewhere in memory.
pub(crate) const BARE: &str = "lookup in a ring";
pub(crate) const PINNED: &str = "pin, lookup and unpin";

/// The ring of the lookups.
pub(crate) const SIZE: Size = SIZES[2];

/// How often everything takes its turn.
const ROUNDS: usize = 201;

pub(crate) fn measure() -> Rounds {
    let asymmetric = Published::<u64, 1, 3>::new([0; 3]);
    let asymmetric = asymmetric.reader().expect("a free slot");
    let mut asymmetric = asymmetric.unfenced().expect("a kernel with `membarrier`");
    let fences = Published::<u64, 1, 3>::with_fences([0; 3]);
    let mut fences = fences.reader().expect("a free slot");
    let shared = SharedPublished::new([0u64; 3]).expect("three snapshots");
    let swap = ArcSwap::from(Arc::new(0u64));
    let (_writer, left_right) = peers::left_right();
    let collector = seize::Collector::new();
    let mut value = 0u64;
    let pointer = AtomicPtr::new(&raw mut value);
    let locked = RwLock::new(Arc::new(0u64));

    let rings: [HeapRing<Server>; 2] = std::array::from_fn(|_| SIZE.ring());
    let ring = Published::<_, 2, 2>::new(rings);
    let pinned = ring.reader().expect("a free slot").unfenced();
    let mut pinned = RingReader::new(pinned.expect("a kernel with `membarrier`"));
    let mut holder = RingReader::new(ring.reader().expect("a free slot"));
    let held = holder.pin();
    // Both kinds of lookup read the same memory.
    let view = held.view();
    let keys = workload::keys(SIZE.keys());

    let mut rounds = Rounds::default();
    for _ in 0..ROUNDS {
        // What is pinned is not looked at: none of these can be optimized away as it is.
        rounds.each(PIN, &keys, |_| drop(asymmetric.pin()));
        rounds.each(CROSSBEAM, &keys, |_| drop(crossbeam_epoch::pin()));
        rounds.each(FENCES, &keys, |_| drop(fences.pin()));
        rounds.each(SHARED, &keys, |_| drop(shared.pin()));
        rounds.each(ARC_SWAP, &keys, |_| drop(swap.load()));
        rounds.each(LEFT_RIGHT, &keys, |_| drop(left_right.enter()));
        rounds.each(SEIZE, &keys, |_| {
            let guard = collector.enter();
            black_box(guard.protect(&pointer, Ordering::Acquire));
        });
        rounds.each(RW_LOCK, &keys, |_| drop(locked.read().map(|value| value.clone())));
        rounds.each(VIEWED, &keys, move |key| {
            black_box(view.owner(key));
        });
        rounds.each(BARE, &keys, |key| {
            black_box(black_box(&held).view().owner(key));
        });
        rounds.each(PINNED, &keys, |key| {
            black_box(pinned.pin().view().owner(key));
        });
    }
    rounds
}
