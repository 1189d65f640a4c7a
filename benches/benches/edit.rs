//! Edits: in place, merged into another ring, and published; one node and batches.

use annulus::publish::Published;
use annulus::{BasicRing, Change, HeapRing, Node, RingWriter, SharedRing, Storage, Update};
use annulus_bench::workload::{self, INLINE, SIZES, Server, Size};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn edits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("edit");
    group.sample_size(20);
    for size in SIZES {
        let newcomers: Vec<_> = (size.nodes..).take(16).map(Server::new).collect();
        let joins: Vec<_> = newcomers.iter().cloned().map(Change::Insert).collect();
        let old = size.ring();
        in_place(&mut group, "heap", size, &mut old.clone());
        let mut new = HeapRing::new();
        for at_once in [1, 16] {
            group.bench_function(format!("{at_once} merged, {size}"), |bencher| {
                let changes = &joins[..at_once];
                bencher.iter(|| new.merge_from(black_box(old.view()), changes));
            });
        }
        let snapshot = vec![1u8; old.view().lookup_bytes()];
        let mut copy = snapshot.clone();
        group.bench_function(format!("memcpy of the snapshot, {size}"), |bencher| {
            bencher.iter(|| copy.copy_from_slice(black_box(&snapshot)));
        });
        published(&mut group, size, &newcomers[0]);
    }
    in_place(&mut group, "inline", INLINE, &mut *workload::inline());
}

/// A node goes and comes again: a ring in place may be full.
fn in_place<S: Storage<Node = Server>>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    storage: &str,
    size: Size,
    ring: &mut BasicRing<S>,
) {
    let server = Server::new(size.nodes / 2);
    group.bench_function(format!("out and in again, in place, {storage}, {size}"), |bencher| {
        bencher.iter(|| {
            ring.remove(server.identity()).expect("a member");
            ring.insert(server.clone()).expect("the place of the node just removed");
        });
    });
}

/// The same through both publications.
fn published(group: &mut BenchmarkGroup<'_, WallTime>, size: Size, newcomer: &Server) {
    let slots = Published::<_, 1, 2>::new(std::array::from_fn(|_| size.ring()));
    let writer = RingWriter::new(slots.writer().expect("no other writer"));
    in_and_out(group, &format!("in and out again, slots, {size}"), writer, newcomer);
    let shared = SharedRing::new(size.ring(), 2).expect("two snapshots");
    let writer = shared.writer().expect("no other writer");
    in_and_out(group, &format!("in and out again, shared, {size}"), writer, newcomer);
}

fn in_and_out<W: Update<Value = HeapRing<Server>>>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut writer: RingWriter<W>,
    newcomer: &Server,
) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            // Until a buffer is free again: no reader holds any.
            while writer.insert(newcomer.clone()).is_err() {}
            while writer.remove(newcomer.identity()).is_err() {}
        });
    });
}

criterion_group!(benches, edits);
criterion_main!(benches);
