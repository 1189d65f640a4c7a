//! The owner of a key, on every storage: independent lookups, chained ones, and peers.

use annulus::{Fx64, HeapRing, NamedNode, Native, Node, RingRef, RomRing};
use annulus_bench::peers::{self, Maglev, Sorted};
use annulus_bench::workload::{self, INLINE, SIZES, Server, Size};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use jumphash::JumpHasher;
use std::hint::black_box;

/// A ring that the compiler builds.
static ROM: RomRing<10, 1_500> = RomRing::with_vnodes(
    150,
    [
        NamedNode::new("10.0.0.0:8080"),
        NamedNode::new("10.0.0.1:8080"),
        NamedNode::new("10.0.0.2:8080"),
        NamedNode::new("10.0.0.3:8080"),
        NamedNode::new("10.0.0.4:8080"),
        NamedNode::new("10.0.0.5:8080"),
        NamedNode::new("10.0.0.6:8080"),
        NamedNode::new("10.0.0.7:8080"),
        NamedNode::new("10.0.0.8:8080"),
        NamedNode::new("10.0.0.9:8080"),
    ],
);

/// Calls `once` with one item after the other, over and over.
fn each<T>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, items: &[T], once: impl Fn(&T)) {
    let mut turns = items.iter().cycle();
    group.bench_function(name, |bencher| {
        bencher.iter(|| turns.next().into_iter().for_each(&once));
    });
}

/// Independent and chained lookups in a ring of ours.
fn ours<N: Node>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, view: RingRef<'_, N>) {
    each(group, &format!("{name}, 16-byte key"), &workload::keys(workload::KEYS), move |key| {
        black_box(view.owner(black_box(key)));
    });
    let positions = workload::positions(workload::KEYS);
    each(group, &format!("{name}, position"), &positions, move |&position| {
        black_box(view.owner_at(black_box(position)));
    });
    let mut turns = positions.iter().cycle();
    group.bench_function(format!("{name}, position, chained"), |bencher| {
        let mut last = 0;
        bencher.iter(|| {
            let position = turns.next().map_or(0, |position| position ^ (last & 0xff));
            let owner = view.owner_at(position).map_or(0, |node| &raw const *node as usize);
            last = owner as u32;
        });
    });
}

fn storages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lookup, storages");
    ours(&mut group, &format!("inline, {INLINE}"), workload::inline().view());
    ours(&mut group, &format!("rom, {}", SIZES[0]), ROM.view());
    for size in SIZES {
        ours(&mut group, &format!("heap, {size}"), size.ring().view());
    }
}

fn integers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lookup, u64 keys");
    let integers = workload::integers(workload::KEYS);
    let jump = peers::jump();
    for size in SIZES {
        let mut ring = HeapRing::<Server, Native, Fx64>::with_hash(size.vnodes, Fx64);
        ring.insert_all(size.servers()).expect("room for all servers");
        let view = ring.view();
        each(&mut group, &format!("heap, {size}"), &integers, move |key| {
            black_box(view.owner(black_box(key)));
        });
        each(&mut group, &format!("jump hash, {size}"), &integers, |key| {
            black_box(jump.slot(black_box(key), size.nodes));
        });
    }
}

fn rings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lookup, peers");
    for size in SIZES {
        beside(&mut group, size);
    }
}

/// The most points that lfchring is given: it needs gigabytes for more.
const LFCHRING_POINTS: usize = 200_000;

fn beside(group: &mut BenchmarkGroup<'_, WallTime>, size: Size) {
    let keys = workload::keys(workload::KEYS);
    let ketama = peers::ketama(size);
    each(group, &format!("pingora-ketama, {size}"), &keys, |key| {
        black_box(ketama.node(black_box(key)));
    });
    let hashring = peers::hashring(size);
    each(group, &format!("hashring, {size}"), &keys, |key| {
        black_box(hashring.get(black_box(key)));
    });
    let anchorhash = peers::anchorhash(size);
    each(group, &format!("anchorhash, {size}"), &keys, |key| {
        black_box(anchorhash.get_resource(*black_box(key)));
    });
    let jumphash = JumpHasher::new_with_keys(1, 2);
    each(group, &format!("jumphash, {size}"), &keys, |key| {
        black_box(jumphash.slot(black_box(key), size.nodes));
    });
    if size.points() <= LFCHRING_POINTS {
        let lfchring = peers::lfchring(size, 1);
        each(group, &format!("lfchring, {size}"), &keys, |key| {
            black_box(lfchring.virtual_node_for_key(black_box(key)).ok());
        });
    }
    let positions = workload::positions(workload::KEYS);
    let maglev = Maglev::new(size);
    let maglev = maglev.view();
    each(group, &format!("Maglev table, position, {size}"), &positions, move |&position| {
        black_box(maglev.server(black_box(position)));
    });
    let sorted = Sorted::new(&size.ring());
    let sorted = sorted.view();
    each(group, &format!("std binary search, position, {size}"), &positions, move |&position| {
        black_box(sorted.owner(black_box(position)));
    });
}

criterion_group!(benches, storages, integers, rings);
criterion_main!(benches);
