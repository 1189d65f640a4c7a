//! A server: worker threads look keys up while one thread follows the list of backends and another the health
//! of each.
//!
//! `cargo run --example server --features std`

use annulus::publish::Published;
use annulus::{HeapRing, Node, RingReader, RingWriter};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

/// One reader for each worker. With two buffers more than readers no guard keeps the writer waiting.
const WORKERS: usize = 3;
type Cell = Published<HeapRing<Arc<Backend>>, WORKERS, { WORKERS + 2 }>;

/// Rings clone their nodes at each edit: behind an `Arc` that is cheap, and all clones share one flag.
#[derive(Debug)]
struct Backend {
    name: String,
    up: AtomicBool,
}

impl Node for Backend {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

/// What `reconcile` compares: were two backends of one name unequal, the one of the list would take the place.
impl PartialEq for Backend {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Backend {}

fn backend(number: u32) -> Arc<Backend> {
    Arc::new(Backend { name: format!("web-{number}"), up: AtomicBool::new(true) })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cell: Arc<Cell> = Arc::new(Published::new([(); WORKERS + 2].map(|()| HeapRing::new())));
    let mut writer = RingWriter::new(cell.owned_writer()?);
    writer.reconcile(&mut [1, 2, 3, 4].map(backend))?;

    // What the health checks say of `web-2`. A flag changes without an edit, and no key of the others moves.
    let failing = Arc::clone(writer.view().get("web-2").expect("it is a member").node());
    failing.up.store(false, Ordering::Relaxed);

    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU32::new(0));
    let mut workers = Vec::new();
    for worker in 0..WORKERS as u32 {
        // The reader owns its share of the cell, so the thread needs no scope.
        let mut reader = RingReader::new(cell.owned_reader()?);
        let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
        workers.push(thread::spawn(move || {
            let mut newest = 0;
            for request in (worker..).step_by(WORKERS) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // One guard for all that must come from one and the same membership. Wait-free.
                let ring = reader.pin();
                let alive = |node: &Arc<Backend>| node.up.load(Ordering::Relaxed);
                let key = format!("user:{request}");
                let chosen = ring.view().owner_where(&key, alive).expect("somebody is up");
                // Here the request would be sent to `chosen`.
                assert_ne!(chosen.name, "web-2");
                assert!(ring.version() >= newest, "a later pin never shows an older ring");
                newest = ring.version();
                answered.fetch_add(1, Ordering::Relaxed);
            }
            newest
        }));
    }

    // The list of backends changes under the workers, as service discovery says: `web-1` to `web-3` stay.
    for round in 0..100 {
        let before = answered.load(Ordering::Relaxed);
        while answered.load(Ordering::Relaxed) < before + 10 {
            assert!(!workers.iter().all(thread::JoinHandle::is_finished));
            thread::yield_now();
        }
        let mut list = vec![backend(1), backend(2), backend(3), backend(4 + round % 5)];
        // By one publication; by none where nothing differs, as in the first round.
        let changed = writer.reconcile(&mut list)?;
        assert_eq!(changed.is_nothing(), round == 0);
    }
    stop.store(true, Ordering::Relaxed);
    let seen = workers.into_iter().map(|worker| worker.join().expect("no assertion failed")).max();
    // The flag has stayed with its node.
    assert!(!writer.view().get("web-2").expect("it stayed").node().up.load(Ordering::Relaxed));
    let seen = seen.expect("there are workers");
    println!("{answered:?} requests answered by up to version {seen} of {}", writer.version());
    Ok(())
}
