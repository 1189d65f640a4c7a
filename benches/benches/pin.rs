//! A pin with a lookup in every publication.

use annulus::publish::Published;
use annulus::{HeapRing, RingReader, SharedRing};
use annulus_bench::workload::{self, SIZES, Server};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

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

criterion_group!(benches, pins);
criterion_main!(benches);
