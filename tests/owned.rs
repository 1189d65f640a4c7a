//! Handles that share the ownership of their publication: in structs, in threads of their own, in thread-locals.
#![cfg(feature = "alloc")]

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
#[cfg(feature = "std")]
use std::time::Duration;

use annulus::publish::{
    OwnedReader, OwnedWriter, Published, ReadersExhausted, UpdateError, WriterTaken,
};
use annulus::{HeapRing, RingReader, RingWriter};

type Cell = Published<u64, 2, 3>;

fn cell() -> Arc<Cell> {
    Arc::new(Published::new([7; 3]))
}

fn add_one(writer: &mut OwnedWriter<u64, 2, 3>) -> Result<(), UpdateError<()>> {
    writer.update(|old, new| {
        *new = old + 1;
        Ok(())
    })
}

#[test]
fn the_publication_lives_as_long_as_its_last_handle() {
    /// Says when it is dropped.
    struct Value(Arc<()>);
    let alive = Arc::new(());
    let values = [(); 3].map(|()| Value(Arc::clone(&alive)));
    let published = Arc::new(Published::<_, 1, 3>::new(values));
    let (mut reader, writer) =
        (published.owned_reader().unwrap(), published.owned_writer().unwrap());
    drop(published);
    drop(writer);
    let reading = thread::spawn(move || Arc::strong_count(&reader.pin().0));
    assert_eq!(reading.join().unwrap(), 4);
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn slots_and_the_writers_seat_are_claimed_and_given_back() {
    let published = cell();
    let one = published.owned_reader().unwrap();
    let two = published.reader().unwrap();
    let exhausted = ReadersExhausted { readers: 2 };
    assert_eq!(published.owned_reader().map(drop), Err(exhausted));
    assert_eq!(published.reader().map(drop), Err(exhausted));
    drop(one);
    let mut one = published.owned_reader().unwrap();
    assert!(published.owned_reader().is_err());
    drop(two);
    assert!(published.owned_reader().is_ok());

    let mut writer = published.owned_writer().unwrap();
    assert!(matches!(published.owned_writer(), Err(WriterTaken)));
    assert!(matches!(published.writer(), Err(WriterTaken)));
    add_one(&mut writer).unwrap();
    // Still: each verb leaves the seat to the handle.
    assert!(matches!(published.writer(), Err(WriterTaken)));
    assert_eq!((writer.version(), *writer.current(), *one.pin()), (1, 8, 8));
    drop(writer);
    let mut writer = published.writer().unwrap();
    writer
        .update(|old, new| {
            *new = old + 1;
            Ok::<_, ()>(())
        })
        .unwrap();
    drop(writer);
    assert_eq!(published.owned_writer().unwrap().version(), 2);
    assert!(Arc::ptr_eq(one.published(), &published));
}

#[test]
fn a_guard_holds_its_buffer_and_no_more() {
    let published = cell();
    let mut writer = published.owned_writer().unwrap();
    let (mut one, mut two) = (published.owned_reader().unwrap(), published.owned_reader().unwrap());
    let first = one.pin();
    add_one(&mut writer).unwrap();
    let second = two.pin();
    add_one(&mut writer).unwrap();
    assert_eq!((*first, *second, *writer.current()), (7, 8, 9));
    assert_eq!(add_one(&mut writer), Err(UpdateError::Busy));
    #[cfg(feature = "std")]
    {
        let waited = writer.update_within(Duration::from_millis(1), |_, _| Ok::<_, ()>(()));
        assert_eq!(waited, Err(UpdateError::Busy));
    }
    assert_eq!(writer.visit_free(|_| panic!("no buffer is free")), 2);
    drop(first);
    assert_eq!(writer.visit_free(|value| *value = 0), 1);
    add_one(&mut writer).unwrap();
    assert_eq!((*second, *one.pin()), (8, 10));
    // A guard that is forgotten blocks its buffer until its reader pins again.
    std::mem::forget(second);
    assert_eq!(writer.visit_free(|value| *value = 0), 1);
    add_one(&mut writer).unwrap();
    assert_eq!(*two.pin(), 11);
    assert_eq!(writer.visit_free(|value| *value = 0), 0);
    assert_eq!(writer.current(), &11);
}

/// Whoever owns the publication keeps it from being split, also one that is forgotten.
#[test]
fn a_publication_is_split_when_nobody_else_owns_it() {
    let mut published = cell();
    let reader = published.owned_reader().unwrap();
    assert!(Arc::get_mut(&mut published).is_none());
    drop(reader);
    let (mut writer, [mut reader, _]) = Arc::get_mut(&mut published).unwrap().split();
    let nine = |_: &u64, new: &mut u64| -> Result<(), ()> {
        *new = 9;
        Ok(())
    };
    writer.update(nine).unwrap();
    assert_eq!(*reader.pin(), 9);
    drop((writer, reader));
    let mut forgotten = ManuallyDrop::new(published.owned_reader().unwrap());
    assert_eq!(*forgotten.pin(), 9);
    assert!(Arc::get_mut(&mut published).is_none());
    // It has its slot still.
    let other = published.owned_reader().unwrap();
    assert!(published.owned_reader().is_err());
    drop(other);
    // It was not forgotten for good, which would lose memory.
    drop(ManuallyDrop::into_inner(forgotten));
    assert!(Arc::get_mut(&mut published).is_some());
}

#[test]
fn a_builder_that_panics_leaves_the_handle_what_it_was() {
    let published = cell();
    let mut writer = published.owned_writer().unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        writer.update(|_, new| -> Result<(), ()> {
            *new = 0;
            panic!("as it is meant to");
        })
    }));
    assert!(panicked.is_err());
    assert!(matches!(published.writer(), Err(WriterTaken)));
    add_one(&mut writer).unwrap();
    assert_eq!((writer.version(), *writer.current()), (1, 8));
}

#[test]
fn a_reader_in_a_thread_local_ends_with_its_thread() {
    thread_local! {
        static READER: RefCell<Option<OwnedReader<u64, 2, 3>>> = const { RefCell::new(None) };
    }
    let published = cell();
    let mut writer = published.owned_writer().unwrap();
    for value in 8..40 {
        add_one(&mut writer).unwrap();
        let published = Arc::clone(&published);
        let read = move || {
            READER.with_borrow_mut(|reader| {
                let reader = reader.get_or_insert_with(|| published.owned_reader().unwrap());
                *reader.pin()
            })
        };
        assert_eq!(thread::spawn(read).join().unwrap(), value);
    }
}

#[test]
fn many_threads_read_while_the_writer_moves_among_them() {
    let published = Arc::new(Published::<[u64; 4], 3, 5>::new([[0; 4]; 5]));
    let rounds = if cfg!(miri) { 20 } else { 20_000 };
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let mut reader = published.owned_reader().unwrap();
            thread::spawn(move || {
                let mut last = 0;
                while last < rounds {
                    let value = *reader.pin();
                    assert!(value.iter().all(|word| *word == value[0]) && value[0] >= last);
                    last = value[0];
                    thread::yield_now();
                }
            })
        })
        .collect();
    let mut writer = published.owned_writer().unwrap();
    drop(published);
    for _ in 0..2 {
        // From one thread to the next.
        let writing = thread::spawn(move || {
            for _ in 0..rounds / 2 {
                while writer
                    .update(|old, new| {
                        *new = old.map(|word| word + 1);
                        Ok::<_, ()>(())
                    })
                    .is_err()
                {
                    thread::yield_now();
                }
            }
            writer
        });
        writer = writing.join().unwrap();
    }
    assert_eq!((writer.version(), writer.current()[0]), (rounds, rounds));
    readers.into_iter().for_each(|reader| reader.join().unwrap());
}

#[test]
fn rings_are_read_and_written_through_handles_that_own() {
    /// What a program keeps.
    struct Pool {
        writer: RingWriter<OwnedWriter<HeapRing<&'static str>, 1, 3>>,
        reader: RingReader<OwnedReader<HeapRing<&'static str>, 1, 3>>,
    }
    let published = Arc::new(Published::new([(); 3].map(|()| HeapRing::new())));
    let mut pool = Pool {
        writer: RingWriter::new(published.owned_writer().unwrap()),
        reader: RingReader::new(published.owned_reader().unwrap()),
    };
    assert!(Arc::ptr_eq(pool.reader.get_ref().published(), &published));
    assert!(Arc::ptr_eq(pool.writer.get_ref().published(), &published));
    drop(published);
    assert_eq!(pool.reader.owner("key"), None);
    pool.writer.insert("a").unwrap();
    #[cfg(feature = "std")]
    pool.writer.within(Duration::from_millis(1)).insert("b").unwrap();
    #[cfg(not(feature = "std"))]
    pool.writer.insert("b").unwrap();
    assert_eq!(pool.writer.shrink_to_fit(), Ok(0));
    let pinned = pool.reader.pin();
    assert_eq!(pinned.view().len(), 2);
    let owner = pinned.view().owner("key").copied();
    let at = pinned.view().position("key");
    drop(pinned);
    assert_eq!((pool.reader.owner("key"), pool.reader.owner_at(at)), (owner, owner));
    let Pool { writer, reader } = pool;
    assert!(writer.into_inner().version() >= 2);
    assert_eq!(reader.into_inner().pin().len(), 2);
}

#[cfg(feature = "std")]
#[test]
fn shared_rings_are_handles() {
    use annulus::publish::SharedPublished;
    use annulus::{OwnedSharedRingWriter, SharedRing};

    struct Pool {
        ring: SharedRing<String>,
        writer: OwnedSharedRingWriter<String>,
    }
    let ring = SharedRing::new(HeapRing::new(), 4).unwrap();
    let mut pool = Pool { writer: ring.owned_writer().unwrap(), ring };
    assert!(matches!(pool.ring.writer(), Err(WriterTaken)));
    assert!(matches!(pool.ring.clone().owned_writer(), Err(WriterTaken)));
    pool.writer.insert("a".into()).unwrap();
    assert!(pool.ring.writer().is_err());
    let other = pool.ring.clone();
    let read = thread::spawn(move || other.owner("key"));
    assert_eq!(read.join().unwrap().as_deref(), Some("a"));
    assert_eq!((pool.writer.version(), pool.writer.view().len()), (1, 1));
    let Pool { ring, writer } = pool;
    drop(writer);
    ring.writer().unwrap().insert("b".into()).unwrap();
    assert_eq!(ring.len(), 2);

    let published = Arc::new(SharedPublished::new([1, 0, 0]).unwrap());
    let mut writer = published.owned_writer().unwrap();
    let add_one = |old: &u64, new: &mut u64| -> Result<(), ()> {
        *new = old + 1;
        Ok(())
    };
    writer.update(add_one).unwrap();
    writer.update_within(Duration::from_secs(9), add_one).unwrap();
    assert_eq!((*writer.current(), writer.version(), *published.pin()), (3, 2, 3));
    // Guards of other tests may hold the collector up for a while.
    let mut visited = 0;
    for _ in 0..10_000 {
        visited = 0;
        let held = writer.visit_free(|value| {
            *value = 0;
            visited += 1;
        });
        assert_eq!(held + visited, 2);
        if held == 0 {
            break;
        }
        thread::yield_now();
    }
    assert_eq!((visited, *published.pin()), (2, 3));
    assert!(published.writer().is_err());
    assert!(Arc::ptr_eq(writer.published(), &published));
}
