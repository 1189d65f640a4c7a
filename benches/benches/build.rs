//! Full builds, names hashed.

use annulus::HeapRing;
use annulus_bench::peers;
use annulus_bench::workload::{self, INLINE, SIZES, Server};
use criterion::{Criterion, criterion_group, criterion_main};
use pingora_ketama::Continuum;
use std::hint::black_box;

/// The most points that the slow builders are given.
const SLOW_POINTS: usize = 20_000;

fn builds(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("build");
    group.sample_size(10);
    for size in SIZES {
        let servers = size.servers();
        group.bench_function(format!("heap, {size}"), |bencher| {
            bencher.iter(|| {
                let mut ring = HeapRing::<Server>::with_vnodes(size.vnodes);
                ring.insert_all(servers.iter().cloned()).expect("room for all servers");
                ring
            });
        });
        let buckets = peers::buckets(size);
        group.bench_function(format!("pingora-ketama, {size}"), |bencher| {
            bencher.iter(|| Continuum::new(black_box(&buckets)));
        });
        if size.points() <= SLOW_POINTS {
            group.bench_function(format!("hashring, {size}"), |bencher| {
                bencher.iter(|| peers::hashring(black_box(size)));
            });
            group.bench_function(format!("lfchring, {size}"), |bencher| {
                bencher.iter(|| peers::lfchring(black_box(size), 1));
            });
        }
    }
    let servers = INLINE.servers();
    let mut inline = workload::inline();
    group.bench_function(format!("inline, {INLINE}"), |bencher| {
        bencher.iter(|| {
            inline.clear();
            inline.insert_all(servers.iter().cloned()).expect("room for all servers");
        });
    });
}

criterion_group!(benches, builds);
criterion_main!(benches);
