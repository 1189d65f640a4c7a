//! Full builds, names hashed.

use annulus::{HeapRing, Ring};
use annulus_bench::peers;
use annulus_bench::workload::{SIZES, Server};
use criterion::{Criterion, criterion_group, criterion_main};
use pingora_ketama::Continuum;
use std::hint::black_box;
use std::sync::Mutex;

/// A ring in place, as large as its `static`.
static INLINE: Mutex<Ring<Server, 100, 16_000>> = Mutex::new(Ring::with_vnodes(160));

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
    }
    let servers = SIZES[1].servers();
    let mut inline = INLINE.lock().expect("nobody panics");
    group.bench_function(format!("inline, {}", SIZES[1]), |bencher| {
        bencher.iter(|| {
            inline.clear();
            inline.insert_all(servers.iter().cloned()).expect("room for all servers");
        });
    });
}

criterion_group!(benches, builds);
criterion_main!(benches);
