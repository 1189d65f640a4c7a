//! Walks: replicas, and owners that are alive.

use annulus_bench::workload::{self, SIZES};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn walks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("walk");
    let keys = workload::keys(workload::KEYS);
    for size in SIZES {
        let ring = size.ring();
        let view = ring.view();
        let down = workload::down(size);
        let mut turns = keys.iter().cycle();
        group.bench_function(format!("3 replicas, {size}"), |bencher| {
            bencher.iter(|| {
                let mut owners = [None; 3];
                turns.next().map(|key| view.owners(black_box(key), &mut owners));
                black_box(owners);
            });
        });
        group.bench_function(format!("first alive, {size}"), |bencher| {
            let alive = |server: &workload::Server| !down[server.number as usize];
            bencher.iter(|| {
                black_box(turns.next().map(|key| view.owner_where(black_box(key), alive)));
            });
        });
    }
}

criterion_group!(benches, walks);
criterion_main!(benches);
