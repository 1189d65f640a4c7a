//! The owners of many positions at once, for batches of several sizes, on both storages in RAM.

use annulus::{Node, RingRef};
use annulus_bench::workload::{self, INLINE, SIZES, Size};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn batches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("batch");
    for size in SIZES {
        of(&mut group, "heap", size, size.ring().view());
    }
    of(&mut group, "inline", INLINE, workload::inline().view());
}

fn of<N: Node>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    storage: &str,
    size: Size,
    view: RingRef<'_, N>,
) {
    let positions = workload::positions(workload::KEYS);
    for at_once in [1, 8, 32, 256] {
        let mut batches = positions.chunks_exact(at_once).cycle();
        let mut owners = vec![None; at_once];
        group.throughput(Throughput::Elements(at_once as u64));
        group.bench_function(format!("{at_once}, {storage}, {size}"), |bencher| {
            bencher.iter(|| {
                let batch = batches.next().unwrap_or_default();
                let done = view.owners_batch(black_box(batch), &mut owners);
                black_box((&mut owners, done.is_ok()));
            });
        });
    }
}

criterion_group!(benches, batches);
criterion_main!(benches);
