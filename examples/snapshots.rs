//! How many snapshots a `SharedRing` should have: the share of edits that are refused as `Busy` while threads do
//! nothing but pin, look up and let go.
//!
//! `cargo run --release --example snapshots --features std`, on a machine at rest. It takes half a minute; built
//! without optimization it tries few edits, and its figures say nothing.

use annulus::publish::UpdateError;
use annulus::{HeapRing, SharedRing};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const NODES: u32 = 100;
/// For how long edits are tried for each figure.
const TIME: Duration = Duration::from_millis(if cfg!(debug_assertions) { 40 } else { 1_000 });

/// The share of edits that find no free snapshot, in percent, at so many a second.
fn refused(snapshots: usize, readers: u32, rate: u32) -> f64 {
    let pace = Duration::from_secs(1) / rate;
    let edits = TIME.div_duration_f64(pace) as u32;
    let mut first = HeapRing::<Arc<str>>::with_vnodes(160);
    first.insert_all((0..NODES).map(|node| format!("cache-{node}").into())).expect("names differ");
    let ring = SharedRing::new(first, snapshots).expect("two or more");
    let mut writer = ring.writer().expect("the only one");
    let (stop, reading) = (AtomicBool::new(false), AtomicU32::new(0));
    let mut busy = 0_u32;
    thread::scope(|scope| {
        for reader in 0..readers {
            let (ring, stop, reading) = (ring.clone(), &stop, &reading);
            scope.spawn(move || {
                reading.fetch_add(1, Ordering::Relaxed);
                for key in (reader..).step_by(readers as usize) {
                    assert!(ring.pin().view().owner(&key).is_some());
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        while reading.load(Ordering::Relaxed) < readers {
            thread::yield_now();
        }
        let mut next = Instant::now();
        for edit in 0..edits {
            // One node after the other has half of its points, and all of them again.
            let node = format!("cache-{}", edit / 2 % NODES);
            let points = if writer.view().get(&node).expect("it stays").point_count() == 160 {
                80
            } else {
                160
            };
            match writer.set_points(&node, points) {
                Ok(_) => {}
                Err(UpdateError::Busy) => busy += 1,
                Err(error) => panic!("{error}"),
            }
            next += pace;
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(
        writer.version() + u64::from(busy),
        u64::from(edits),
        "each edit is made or refused"
    );
    f64::from(busy) * 100.0 / f64::from(edits)
}

fn main() {
    let cores = thread::available_parallelism().map_or(1, |threads| threads.get() as u32);
    println!(
        "{cores} hardware threads; refused of so many edits a second, beside so many threads that read:"
    );
    println!("| snapshots | 100, {cores} | 100, {0} | 1,000, {cores} | 1,000, {0} |", 2 * cores);
    println!("|---|---|---|---|---|");
    for snapshots in [2, 3, 4, 8, 16, 32] {
        let columns = [(100, cores), (100, 2 * cores), (1_000, cores), (1_000, 2 * cores)];
        let shares = columns.map(|(rate, readers)| refused(snapshots, readers, rate));
        let cells = shares.map(|share| format!("{share:.0} %"));
        println!("| {snapshots} | {} |", cells.join(" | "));
    }
}
