//! Walks: replicas, and owners that are alive, on both storages in RAM.

use annulus::RingRef;
use annulus_bench::workload::{self, INLINE, SIZES, Server, Size};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn walks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("walk");
    for size in SIZES {
        of(&mut group, "heap", size, size.ring().view());
    }
    of(&mut group, "inline", INLINE, workload::inline().view());
}

fn of(
    group: &mut BenchmarkGroup<'_, WallTime>,
    storage: &str,
    size: Size,
    view: RingRef<'_, Server>,
) {
    let keys = workload::keys(workload::KEYS);
    let down = workload::down(size);
    let mut turns = keys.iter().cycle();
    group.bench_function(format!("3 replicas, {storage}, {size}"), |bencher| {
        bencher.iter(|| {
            let mut owners = [None; 3];
            turns.next().map(|key| view.owners(black_box(key), &mut owners));
            black_box(owners);
        });
    });
    group.bench_function(format!("first alive, {storage}, {size}"), |bencher| {
        let alive = |server: &Server| !down[server.number as usize];
        bencher.iter(|| {
            black_box(turns.next().map(|key| view.owner_where(black_box(key), alive)));
        });
    });
}

criterion_group!(benches, walks);
criterion_main!(benches);
