//! Threads that panic, end or leak what they hold, with rings published: everybody else goes on, and
//! places come back.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use annulus::publish::{Published, WriterTaken};
use annulus::{BasicRing, Change, Node, Ring, RingReader, RingWriter, Storage, Update};

/// A node that can be made to panic when it is cloned, which an update does.
#[derive(Debug)]
struct Mine {
    name: &'static str,
    armed: Arc<AtomicBool>,
}

impl Clone for Mine {
    fn clone(&self) -> Self {
        assert!(!self.armed.load(Ordering::Relaxed), "the mine goes off");
        Self { name: self.name, armed: Arc::clone(&self.armed) }
    }
}

impl Node for Mine {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

fn mine(name: &'static str) -> Mine {
    Mine { name, armed: Arc::default() }
}

type Small = Ring<Mine, 8, 80>;

fn empty<const BUFFERS: usize>() -> Published<Small, 2, BUFFERS> {
    Published::new([const { Small::with_vnodes(10) }; BUFFERS])
}

/// Publishes two nodes through a writer in a thread of its own, and has it panic amid its next update.
fn go_off<W: Update<Value = BasicRing<S>>, S: Storage<Node = Mine>>(
    writer: impl FnOnce() -> RingWriter<W> + Send,
) {
    let armed = Arc::new(AtomicBool::new(false));
    let ended = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut writer = writer();
            let last = Mine { name: "z", armed: Arc::clone(&armed) };
            // The last in the order of identities: the others are cloned before it.
            writer.apply(&[Change::Insert(mine("a")), Change::Insert(last)]).unwrap();
            armed.store(true, Ordering::Relaxed);
            let _ = writer.insert(mine("b"));
        });
        writer.join()
    });
    assert!(ended.is_err(), "the mine did not go off");
    armed.store(false, Ordering::Relaxed);
}

#[test]
fn a_writer_that_panics_in_the_middle_of_a_merge_loses_nothing() {
    let published = empty::<3>();
    let mut reader = RingReader::new(published.reader().unwrap());
    go_off(|| RingWriter::new(published.writer().unwrap()));
    let ring = reader.pin();
    assert_eq!((ring.version(), ring.view().len(), ring.view().point_count()), (1, 2, 20));
    let fingerprint = ring.fingerprint();
    drop(ring);

    let mut writer = RingWriter::new(published.writer().expect("unwinding gave the place back"));
    assert_eq!((writer.version(), writer.view().fingerprint()), (1, fingerprint));
    // As many updates as would use up every buffer, had one been lost.
    for round in 2..10 {
        let held = reader.pin();
        writer.insert(mine("b")).unwrap();
        writer.remove(b"b").unwrap();
        assert_eq!((held.version(), held.fingerprint()), (2 * round - 3, fingerprint));
    }
    assert_eq!(reader.pin().fingerprint(), fingerprint);
}

#[test]
fn with_the_writer_leaked_readers_go_on() {
    let mut published = empty::<3>();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut writer = RingWriter::new(published.writer().unwrap());
            writer.insert(mine("a")).unwrap();
            mem::forget(writer);
        });
        writer.join().unwrap();
    });
    assert_eq!(published.writer().err(), Some(WriterTaken));
    let mut reader = RingReader::new(published.reader().unwrap());
    for _ in 0..100 {
        assert_eq!(reader.owner("key").unwrap().name, "a");
    }
    drop(reader);
    // Only who borrows the publication alone can tell that the writer is gone.
    let (writer, [reader, _]) = published.split();
    let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    writer.insert(mine("b")).unwrap();
    let ring = reader.pin();
    assert_eq!((ring.version(), ring.view().len()), (2, 2));
}

#[test]
fn a_reader_that_panics_or_ends_while_pinned_gives_slot_and_buffer_back() {
    let published = empty::<2>();
    let mut writer = RingWriter::new(published.writer().unwrap());
    for panics in [true, false, true, false, false, true] {
        let version = writer.version();
        let ended = thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut reader = RingReader::new(published.reader().unwrap());
                let guard = reader.pin();
                assert_eq!(guard.version(), version);
                assert!(!panics, "as planned");
                // The thread ends here, pinned to the last.
            });
            reader.join()
        });
        assert_eq!(ended.is_err(), panics);
        let both = [published.reader(), published.reader()];
        assert!(both.iter().all(Result::is_ok), "a slot is lost");
        // There are two buffers: had the guard's been lost, one of these would find none.
        writer.insert(mine("a")).unwrap();
        writer.remove(b"a").unwrap();
    }
}

#[test]
fn a_reader_in_a_thread_local_gives_its_slot_back_as_the_thread_ends() {
    static PUBLISHED: Published<u32, 1, 2> = Published::new([0; 2]);
    thread_local! {
        static READER: RefCell<Option<annulus::publish::Reader<'static, u32>>> =
            const { RefCell::new(None) };
    }
    let mut writer = PUBLISHED.writer().unwrap();
    for version in 1..5 {
        thread::spawn(|| {
            READER.with_borrow_mut(|reader| {
                let reader = reader.insert(PUBLISHED.reader().expect("the slot is free"));
                // Nobody will unpin.
                mem::forget(reader.pin());
            });
        })
        .join()
        .unwrap();
        for value in [version, 0] {
            let update = |_: &u32, new: &mut u32| {
                *new = value;
                Ok::<_, ()>(())
            };
            writer.update(update).unwrap();
        }
    }
}

#[cfg(feature = "std")]
mod shared {
    use super::*;
    use annulus::publish::{SharedGuard, SharedPublished};
    use annulus::{HeapRing, SharedRing};
    use std::sync::OnceLock;
    use std::time::Duration;

    /// Long enough for any other test of this file to unpin.
    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_writer_that_panics_gives_its_place_back_and_a_leaked_one_does_not() {
        let ring = SharedRing::new(HeapRing::<Mine>::with_vnodes(10), 3).unwrap();
        go_off(|| ring.writer().unwrap());
        assert_eq!((ring.pin().version(), ring.pin().view().point_count()), (1, 20));
        let mut writer = ring.writer().expect("unwinding gave the place back");
        writer.insert(mine("b")).unwrap();
        mem::forget(writer);
        assert!(ring.writer().is_err());
        assert_eq!((ring.pin().version(), ring.pin().view().len()), (2, 3));
    }

    /// The guard outlives the thread's registration with the collector, or goes just before it.
    #[test]
    fn a_thread_that_ends_with_a_guard_in_a_thread_local_blocks_nothing() {
        static PUBLISHED: OnceLock<SharedPublished<u32>> = OnceLock::new();
        thread_local! {
            static GUARD: RefCell<Option<SharedGuard<'static, u32>>> = const { RefCell::new(None) };
        }
        let published = PUBLISHED.get_or_init(|| SharedPublished::new([0, 0]).unwrap());
        let mut writer = published.writer().unwrap();
        for version in 1..5 {
            for early in [true, false] {
                thread::spawn(move || {
                    if early {
                        // Registers the thread first, so that it is dropped first too.
                        drop(published.pin());
                    }
                    GUARD.with_borrow_mut(|guard| *guard = Some(published.pin()));
                })
                .join()
                .unwrap();
                let update = |_: &u32, new: &mut u32| {
                    *new = version;
                    Ok::<_, ()>(())
                };
                writer.update_within(PATIENCE, update).unwrap();
            }
            assert_eq!(*published.pin(), version);
        }
    }
}
