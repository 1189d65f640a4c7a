//! A pin with a lookup in every publication; a pin alone, beside the peers'.

use annulus::publish::{Published, SharedPublished};
use annulus::{HeapRing, RingReader, SharedRing};
use annulus_bench::peers;
use annulus_bench::workload::{self, SIZES, Server};
use arc_swap::ArcSwap;
use criterion::{Criterion, criterion_group, criterion_main};
use seize::Guard;
use std::hint::black_box;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, RwLock};

fn pins(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pin and lookup");
    let keys = workload::keys(workload::KEYS);
    for size in SIZES {
        let mut turns = keys.iter().cycle();
        let rings = || -> [HeapRing<Server>; 2] { std::array::from_fn(|_| size.ring()) };
        for (name, published) in [
            ("slots, asymmetric", Published::<_, 1, 2>::new(rings())),
            ("slots, fences", Published::<_, 1, 2>::with_fences(rings())),
        ] {
            let mut reader = RingReader::new(published.reader().expect("a free slot"));
            group.bench_function(format!("{name}, {size}"), |bencher| {
                bencher.iter(|| {
                    let ring = reader.pin();
                    black_box(turns.next().map(|key| ring.view().owner(black_box(key)).is_some()));
                });
            });
        }
        let shared = SharedRing::new(size.ring(), 2).expect("two snapshots");
        group.bench_function(format!("shared, {size}"), |bencher| {
            bencher.iter(|| {
                let ring = shared.pin();
                black_box(turns.next().map(|key| ring.view().owner(black_box(key)).is_some()));
            });
        });
    }
}

fn alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pin");
    let asymmetric = Published::<u64, 1, 3>::new([0; 3]);
    let mut reader = asymmetric.reader().expect("a free slot");
    group.bench_function("slots, asymmetric", |bencher| bencher.iter(|| drop(reader.pin())));
    let fences = Published::<u64, 1, 3>::with_fences([0; 3]);
    let mut reader = fences.reader().expect("a free slot");
    group.bench_function("slots, fences", |bencher| bencher.iter(|| drop(reader.pin())));
    let shared = SharedPublished::new([0u64; 3]).expect("three snapshots");
    group.bench_function("shared", |bencher| bencher.iter(|| drop(shared.pin())));
    group.bench_function("crossbeam-epoch", |bencher| {
        bencher.iter(|| drop(crossbeam_epoch::pin()));
    });
    let swap = ArcSwap::from(Arc::new(0u64));
    group.bench_function("arc-swap", |bencher| bencher.iter(|| drop(swap.load())));
    let (_writer, handle) = peers::left_right();
    group.bench_function("left-right", |bencher| bencher.iter(|| drop(handle.enter())));
    let collector = seize::Collector::new();
    let mut value = 0u64;
    let pointer = AtomicPtr::new(&raw mut value);
    group.bench_function("seize", |bencher| {
        bencher.iter(|| {
            let guard = collector.enter();
            black_box(guard.protect(&pointer, Ordering::Acquire));
        });
    });
    let locked = RwLock::new(Arc::new(0u64));
    group.bench_function("RwLock<Arc<_>>", |bencher| {
        bencher.iter(|| drop(locked.read().map(|value| value.clone())));
    });
}

criterion_group!(benches, pins, alone);
criterion_main!(benches);
