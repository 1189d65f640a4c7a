//! Does each work once, within [`counted`], for a tool that counts instructions there; says on a
//! line for each what it was and how often.

use annulus::publish::{Fencing, Published, Reader};
use annulus::{Change, Fx64, HeapRing, KeyHash, Node, RingReader, RingRef, Rule, Xxh3};
use annulus_bench::workload::{self, SIZES, Server, Size};
use std::hint::black_box;

#[path = "../../../tests/common/names.rs"]
mod names;

/// The name of a work, and how often it is done.
fn count(name: &str, times: usize, mut work: impl FnMut()) {
    counted(&mut work);
    println!("{name}\t{times}");
}

/// All that counts: the tool looks for this name.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
    black_box(());
}

fn main() {
    for size in [SIZES[1], SIZES[2], SIZES[3]] {
        let ring = size.ring();
        lookups(&size.to_string(), ring.view());
        if size == SIZES[2] {
            batches(size, ring.view());
            values(size);
            points(&size.to_string(), ring.view());
            numbers(size, ring.view());
            zones(size);
        }
        edits(size, &ring);
    }
    crowds();
    loops();
    hashes();
    pins();
    pinned_lookups();
}

/// Lookups of positions, one by one.
fn lookups(of: &str, view: RingRef<'_, Server>) {
    let positions = workload::positions(workload::KEYS);
    lookup(of, view, &positions);
    count(&format!("3 replicas of a position, {of}"), positions.len(), || {
        let ring = view;
        for &position in &positions {
            let mut owners = [None; 3];
            ring.owners_at(black_box(position), &mut owners);
            black_box(&owners);
        }
    });
}

/// Replicas by value, of nodes of a type of their own: with two callers of one and the same walk the compiler would have
/// both call it, and count otherwise than where there is one.
fn values(size: Size) {
    let positions = workload::positions(workload::KEYS);
    let mut ring = HeapRing::<Vec<u8>>::with_vnodes(size.vnodes);
    let servers = size.servers();
    let names = servers.iter().map(|server| server.identity().to_vec());
    ring.insert_all(names).expect("names differ");
    let view = ring.view();
    count(&format!("3 replicas of a position by value, {size}"), positions.len(), || {
        let ring = view;
        for &position in &positions {
            black_box(ring.replicas_at::<3>(black_box(position)));
        }
    });
}

/// The points of a ring, one after another: as a loop asks for them, and as a sum does.
fn points(of: &str, view: RingRef<'_, Server>) {
    count(&format!("points in a loop, a point, {of}"), view.point_count(), || {
        for point in view.points() {
            black_box((point.position, point.member));
        }
    });
    count(&format!("points in a sum, a point, {of}"), view.point_count(), || {
        let sum = |sum: u64, value: u32| sum.wrapping_add(value.into());
        let points = view.points().map(|point| point.position ^ point.member);
        black_box(points.fold(0, sum));
    });
}

fn lookup<N: Node>(of: &str, view: RingRef<'_, N>, positions: &[u32]) {
    count(&format!("owner of a position, {of}"), positions.len(), || {
        // In registers, as far as there are enough.
        let ring = view;
        for &position in positions {
            black_box(ring.owner_at(black_box(position)));
        }
    });
}

/// Lookups of positions, 32 at once.
fn batches(size: Size, view: RingRef<'_, Server>) {
    let positions = workload::positions(workload::KEYS);
    count(&format!("owner in a batch of 32, {size}"), positions.len(), || {
        let mut owners = [None; 32];
        for batch in positions.as_chunks::<32>().0 {
            let done = view.owners_batch(black_box(batch), &mut owners);
            black_box((&mut owners, done.is_ok()));
        }
    });
}

/// Lookups that answer with numbers, one by one and 32 at once, and one that asks by number who is alive: a
/// tenth of the members is down.
fn numbers(size: Size, view: RingRef<'_, Server>) {
    let (positions, ring) = (workload::positions(workload::KEYS), view);
    count(&format!("owner's number of a position, {size}"), positions.len(), || {
        for &position in &positions {
            black_box(ring.owner_number_at(black_box(position)));
        }
    });
    count(&format!("owner's number in a batch of 32, {size}"), positions.len(), || {
        let mut numbers = [0; 32];
        for batch in positions.as_chunks::<32>().0 {
            let done = view.owner_numbers_batch(black_box(batch), &mut numbers);
            black_box((&mut numbers, done.is_ok()));
        }
    });
    let down: Vec<bool> = (0..view.len()).map(|number| number % 10 == 0).collect();
    let keys = workload::keys(workload::KEYS);
    count(
        &format!("number of the owner of a 16-byte key that is alive, {size}"),
        keys.len(),
        || {
            for key in &keys {
                let alive = |number: u32| !down[number as usize];
                black_box(ring.owner_number_where(black_box(key), alive));
            }
        },
    );
}

/// Replicas over three zones, of which each has as many servers.
fn zones(size: Size) {
    let positions = workload::positions(workload::KEYS);
    let ring = size.ring_in_zones(3);
    let zoned = ring.view().under(Rule::over_zones(3));
    count(&format!("3 replicas over 3 zones, {size}"), positions.len(), || {
        for &position in &positions {
            let mut owners = [None; 3];
            zoned.owners_at(black_box(position), &mut owners);
            black_box(&owners);
        }
    });
    let zoned = ring.view().under(Rule::over_zones(6));
    count(&format!("6 replicas over 3 zones, {size}"), positions.len(), || {
        for &position in &positions {
            let mut owners = [None; 6];
            zoned.owners_at(black_box(position), &mut owners);
            black_box(&owners);
        }
    });
}

/// Full builds, and edits merged into another ring, for each point of it.
fn edits(size: Size, old: &HeapRing<Server>) {
    let servers = size.servers();
    count(&format!("full build, a point, {size}"), size.points(), || {
        let mut ring = HeapRing::<Server>::with_vnodes(size.vnodes);
        let built = ring.insert_all(servers.iter().cloned());
        black_box((&ring, built.is_ok()));
    });
    let mut others: Vec<Server> = (size.nodes..2 * size.nodes).map(Server::new).collect();
    let mut replaced = old.clone();
    count(&format!("all nodes replaced by a list, a point, {size}"), size.points(), || {
        let reconciled = replaced.reconcile(&mut others);
        black_box((&replaced, reconciled.is_ok()));
    });
    let mut new = old.clone();
    let newcomer = Server::new(size.nodes);
    let leaver = old.view().members()[servers.len() / 2].node();
    let changes =
        [("inserted", Change::Insert(newcomer)), ("removed", Change::Remove(leaver.identity()))];
    for (what, change) in changes {
        // The buffers have grown to their size before.
        for warm in [true, false] {
            let mut merge = || {
                let merged = new.merge_from(black_box(old.view()), std::slice::from_ref(&change));
                assert!(merged.is_ok());
            };
            match warm {
                true => merge(),
                false => count(&format!("node {what}, a point, {size}"), size.points(), merge),
            }
        }
    }
}

/// The upper bits of the positions of a crowd.
const CROWD: u32 = 0xabcd_0000;
const CROWD_BITS: u32 = 16;

/// Lookups amid 10,000 nodes of a point each whose names were computed for where that lies, by somebody
/// who wants lookups to be slow.
fn crowds() {
    let near: Vec<u32> =
        workload::positions(workload::KEYS).iter().map(|p| CROWD | p >> CROWD_BITS).collect();
    let bucket = near.iter().take(10_000).map(|&position| u64::from(position) << 32);
    crowd("in a bucket", bucket.zip(0..).map(|(point, lowest)| point | lowest), &near);
    let position = (0..10_000).map(|lowest| u64::from(CROWD) << 32 | lowest);
    let near: Vec<u32> = (0..workload::KEYS as u32).map(|i| CROWD - 1 + i % 3).collect();
    crowd("on a position", position, &near);
}

fn crowd(place: &str, points: impl Iterator<Item = u64>, near: &[u32]) {
    let mut ring = HeapRing::with_vnodes(1);
    ring.insert_all(points.map(names::for_point)).expect("names of eight bytes, all different");
    lookup(&format!("10,000 names {place}"), ring.view(), near);
}

/// What every other count of a lookup has in it besides.
fn loops() {
    let positions = workload::positions(workload::KEYS);
    count("loop over positions", positions.len(), || {
        for &position in &positions {
            black_box(Some(&black_box(position)));
        }
    });
}

/// Hashes of keys alone.
fn hashes() {
    let (keys, integers) = (workload::keys(workload::KEYS), workload::integers(workload::KEYS));
    count("hash of a 16-byte key", keys.len(), || {
        for key in &keys {
            black_box(Xxh3.hash(black_box(key)));
        }
    });
    count("hash of a u64 key", integers.len(), || {
        for key in &integers {
            black_box(Fx64.hash(black_box(key)));
        }
    });
}

/// The calls of a pin that are counted one by one: collectors have work to do on the first and on
/// every so many.
const CALLS: [u32; 4] = [1, 128, 129, 1_000_000];

/// Pins and unpins, call by call.
fn pins() {
    let published = Published::<u64, 1, 3>::new([0; 3]);
    let form = format!("{:?}", published.barrier());
    match published.reader().expect("a free slot").unfenced() {
        Ok(reader) => pins_of(&form, reader),
        Err(reader) => pins_of(&form, reader),
    }
    each_call("crossbeam-epoch pin and unpin", || {
        black_box(&raw const *black_box(&crossbeam_epoch::pin()));
    });
}

fn pins_of<F: Fencing>(form: &str, mut reader: Reader<'_, u64, F>) {
    each_call(&format!("pin and unpin, {form}"), || {
        black_box(&raw const *black_box(&mut reader).pin());
    });
}

fn each_call(name: &str, mut work: impl FnMut()) {
    let mut before = 0;
    for call in CALLS {
        (before + 1..call).for_each(|_| work());
        count(&format!("{name}, call {call}"), 1, &mut work);
        before = call;
    }
}

/// A pin for every lookup.
fn pinned_lookups() {
    let size = SIZES[2];
    let published = Published::<_, 1, 2>::new(std::array::from_fn(|_| size.ring()));
    let form = format!("{:?}, {size}", published.barrier());
    match published.reader().expect("a free slot").unfenced() {
        Ok(reader) => pinned_lookups_of(&form, reader),
        Err(reader) => pinned_lookups_of(&form, reader),
    }
}

fn pinned_lookups_of<F: Fencing>(form: &str, reader: Reader<'_, HeapRing<Server>, F>) {
    let mut reader = RingReader::new(reader);
    let positions = workload::positions(workload::KEYS);
    count(&format!("pin, lookup and unpin, {form}"), positions.len(), || {
        for &position in &positions {
            black_box(reader.pin().view().owner_at(black_box(position)));
        }
    });
}
