//! `Published` from outside, in one thread or with threads in step: what a handle, a guard and an error
//! each do.
//!
//! Threads are joined one by one: a sanitizer does not see how the end of a scope waits for them.
#![allow(unsafe_code)]

use annulus::publish::{
    Barrier, Published, Reader, ReadersExhausted, UpdateError, Writer, WriterTaken,
};
use core::mem;
use std::panic::AssertUnwindSafe;

fn set<const R: usize, const B: usize>(
    writer: &mut Writer<'_, u64, R, B>,
    value: u64,
) -> Result<(), UpdateError<()>> {
    writer.update(|_, new| {
        *new = value;
        Ok(())
    })
}

/// The value and version that a pin shows.
fn shown(reader: &mut Reader<'_, u64>) -> (u64, u64) {
    let guard = reader.pin();
    (*guard, guard.version())
}

/// A static needs no allocator and no initialisation at run time.
static PUBLISHED: Published<[u16; 4], 2, 4> = Published::new([[7; 4]; 4]);

#[test]
fn a_static_gives_out_handles_across_threads() {
    let mut reader = PUBLISHED.reader().unwrap();
    std::thread::spawn(|| {
        let mut writer = PUBLISHED.writer().unwrap();
        writer
            .update(|old, new| {
                *new = old.map(|x| x + 1);
                Ok::<_, ()>(())
            })
            .unwrap();
    })
    .join()
    .unwrap();
    let guard = reader.pin();
    assert_eq!((*guard, guard.version()), ([8; 4], 1));
}

#[test]
fn held_guards_never_make_the_writer_busy_with_two_buffers_to_spare() {
    let mut published = Published::<u64, 3, 5>::new([0; 5]);
    let (mut writer, mut readers) = published.split();
    set(&mut writer, 1).unwrap();
    let [a, b, c] = &mut readers;
    let a = a.pin();
    set(&mut writer, 2).unwrap();
    let b = b.pin();
    set(&mut writer, 3).unwrap();
    let c = c.pin();
    for value in 4..1000 {
        assert_eq!(set(&mut writer, value), Ok(()));
        assert_eq!([*a, *b, *c], [1, 2, 3]);
    }
}

#[test]
fn a_refused_update_neither_builds_nor_changes_anything() {
    let mut published = Published::<u64, 1, 2>::new([0; 2]);
    let (mut writer, [mut reader]) = published.split();
    let guard = reader.pin();
    set(&mut writer, 1).unwrap();
    let refused = writer.update(|_, _| -> Result<(), ()> { panic!("the builder was called") });
    assert_eq!(refused, Err(UpdateError::Busy));
    assert_eq!((*guard, *writer.current(), writer.version()), (0, 1, 1));
    drop(guard);
    assert_eq!(set(&mut writer, 2), Ok(()));
    assert_eq!(shown(&mut reader), (2, 2));
}

#[test]
fn a_failing_builder_publishes_nothing() {
    let mut published = Published::<u64, 1, 2>::new([0; 2]);
    let (mut writer, [mut reader]) = published.split();
    for n in 0..10 {
        let failed = writer.update(|_, new| {
            *new = 666;
            Err::<(), _>(n)
        });
        assert_eq!(failed, Err(UpdateError::Build(n)));
    }
    assert_eq!(shown(&mut reader), (0, 0));
    assert_eq!(set(&mut writer, 1), Ok(()));
}

#[test]
fn a_panicking_builder_publishes_nothing_and_handles_give_their_places_back() {
    let published = Published::<u64, 1, 2>::new([0; 2]);
    let unwound = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let mut writer = published.writer().unwrap();
        let mut reader = published.reader().unwrap();
        let _guard = reader.pin();
        _ = writer.update(|_, new| -> Result<(), ()> {
            *new = 666;
            panic!("as expected")
        });
    }));
    assert!(unwound.is_err());
    let mut reader = published.reader().unwrap();
    assert_eq!(shown(&mut reader), (0, 0));
    let mut writer = published.writer().unwrap();
    for value in 1..5 {
        assert_eq!(set(&mut writer, value), Ok(()));
    }
}

#[test]
fn places_are_counted_and_come_back() {
    let published = Published::<u64, 2, 2>::new([0; 2]);
    for _ in 0..3 {
        let one = published.reader().unwrap();
        let _two = published.reader().unwrap();
        let refused = published.reader().err().unwrap();
        assert_eq!(refused, ReadersExhausted { readers: 2 });
        drop(one);
        assert!(published.reader().is_ok());
        let _writer = published.writer().unwrap();
        assert_eq!(published.writer().err().unwrap(), WriterTaken);
    }
}

#[test]
fn a_writer_goes_on_where_the_last_one_stopped() {
    let published = Published::<u64, 1, 3>::new([0; 3]);
    for n in 0..10 {
        let mut writer = published.writer().unwrap();
        assert_eq!((*writer.current(), writer.version()), (n, n));
        set(&mut writer, n + 1).unwrap();
    }
}

#[test]
fn a_forgotten_guard_blocks_its_buffer_until_the_next_pin() {
    let mut published = Published::<u64, 1, 2>::new([0; 2]);
    let (mut writer, [mut reader]) = published.split();
    mem::forget(reader.pin());
    set(&mut writer, 1).unwrap();
    assert_eq!(set(&mut writer, 2), Err(UpdateError::Busy));
    assert_eq!(*reader.pin(), 1);
    assert_eq!(set(&mut writer, 2), Ok(()));
}

#[test]
fn a_forgotten_guard_blocks_its_buffer_until_its_reader_is_dropped() {
    let mut published = Published::<u64, 1, 2>::new([0; 2]);
    let (mut writer, [mut reader]) = published.split();
    mem::forget(reader.pin());
    set(&mut writer, 1).unwrap();
    assert_eq!(set(&mut writer, 2), Err(UpdateError::Busy));
    drop(reader);
    assert_eq!(set(&mut writer, 2), Ok(()));
}

#[test]
fn forgotten_handles_keep_their_places_until_the_next_split() {
    let mut published = Published::<u64, 1, 2>::new([0; 2]);
    let mut reader = published.reader().unwrap();
    mem::forget(reader.pin());
    mem::forget(reader);
    mem::forget(published.writer().unwrap());
    assert!(published.reader().is_err());
    assert!(published.writer().is_err());
    let (mut writer, [mut reader]) = published.split();
    for value in 1..5 {
        assert_eq!(set(&mut writer, value), Ok(()));
        assert_eq!(*reader.pin(), value);
    }
}

#[test]
fn the_builder_gets_an_earlier_value_to_overwrite() {
    let mut published = Published::<Vec<u8>, 1, 2>::new([vec![1], Vec::with_capacity(100)]);
    let (mut writer, [mut reader]) = published.split();
    let mut push = |byte| {
        writer.update(|old, new| {
            assert_ne!(old.as_ptr(), new.as_ptr());
            new.clone_from(old);
            new.push(byte);
            Ok::<_, ()>(new.capacity())
        })
    };
    assert_eq!(push(2), Ok(100));
    assert!(push(3).unwrap() < 100);
    assert_eq!(push(4), Ok(100));
    assert_eq!(*reader.pin(), [1, 2, 3, 4]);
}

/// A visit reaches all that no reader has, at once and not before; it publishes nothing, and what it leaves is
/// there to be overwritten.
#[test]
fn a_visit_reaches_what_no_reader_has() {
    let mut published = Published::<u64, 2, 4>::new([0, 10, 20, 30]);
    let (mut writer, [mut one, mut two]) = published.split();
    let visit = |writer: &mut Writer<'_, u64, 2, 4>| {
        let mut reached = Vec::new();
        let held = writer.visit_free(|value| reached.push(mem::replace(value, 666)));
        reached.sort_unstable();
        (held, reached)
    };
    assert_eq!(visit(&mut writer), (0, vec![10, 20, 30]));
    let first = one.pin();
    set(&mut writer, 1).unwrap();
    let second = two.pin();
    assert_eq!(visit(&mut writer), (1, vec![666; 2]));
    set(&mut writer, 2).unwrap();
    assert_eq!(visit(&mut writer), (2, vec![666]));
    assert_eq!((*first, *second, *writer.current(), writer.version()), (0, 1, 2, 2));
    // A guard that is gone is noticed though nothing was published since the last look.
    drop(first);
    assert_eq!(visit(&mut writer), (1, vec![0, 666]));
    drop(second);
    assert_eq!(visit(&mut writer), (0, vec![1, 666, 666]));
    assert_eq!(shown(&mut one), (2, 2));
    writer
        .update(|old, new| {
            assert_eq!((*old, *new), (2, 666));
            *new = 3;
            Ok::<_, ()>(())
        })
        .unwrap();
    assert_eq!((shown(&mut one), shown(&mut two)), ((3, 3), (3, 3)));
}

#[test]
fn a_visitor_that_panics_leaves_its_buffer_free() {
    let published = Published::<u64, 1, 3>::new([0; 3]);
    let mut writer = published.writer().unwrap();
    let mut calls = 0;
    let unwound = std::panic::catch_unwind(AssertUnwindSafe(|| {
        writer.visit_free(|value| {
            calls += 1;
            *value = 666;
            assert!(calls < 2, "as expected");
        })
    }));
    assert!(unwound.is_err());
    let mut reached = 0;
    assert_eq!(writer.visit_free(|_| reached += 1), 0);
    assert_eq!(reached, 2);
    let mut reader = published.reader().unwrap();
    for value in 1..5 {
        assert_eq!(set(&mut writer, value), Ok(()));
        assert_eq!(shown(&mut reader), (value, value));
    }
}

#[test]
fn guards_go_to_other_threads() {
    let mut published = Published::<u64, 1, 2>::new([0; 2]);
    let (mut writer, [mut reader]) = published.split();
    let guard = reader.pin();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| assert_eq!(*guard, 0));
        set(&mut writer, 1).unwrap();
        reader.join().unwrap();
    });
    std::thread::scope(|scope| scope.spawn(move || assert_eq!(*guard, 0)).join().unwrap());
    assert_eq!(set(&mut writer, 2), Ok(()));
}

#[test]
fn each_way_to_make_a_publication_has_its_barrier() {
    type P = Published<u64, 1, 2>;
    assert_eq!(P::with_fences([0; 2]).barrier(), Barrier::Fences);
    // SAFETY: no handle of it is ever used.
    let single = unsafe { Published::<u64, 1, 2, _>::new_single_core([0; 2]) };
    assert_eq!(single.barrier(), Barrier::SingleCore);
    // Where there is a kernel to ask, it may refuse: a sandbox, or one built without the call.
    let cheapest = P::new([0; 2]).barrier();
    let granted = cfg!(all(feature = "std", target_os = "linux", not(miri)));
    let possible =
        if granted { [Barrier::Membarrier, Barrier::Fences] } else { [Barrier::Fences; 2] };
    assert!(possible.contains(&cheapest), "{cheapest:?}");
    assert_eq!(P::new([0; 2]).barrier(), cheapest, "the choice is made once");
}

#[test]
fn a_reader_that_pays_stays_as_it_is_and_keeps_its_slot() {
    let published = Published::<u64, 1, 2>::with_fences([5; 2]);
    let reader = published.reader().unwrap().unfenced();
    let mut reader = reader.expect_err("its pins have a fence");
    assert_eq!(shown(&mut reader), (5, 0));
    assert!(published.reader().is_err());
    drop(reader);
    assert!(published.reader().is_ok());
}

#[test]
fn a_reader_that_does_not_pay_can_do_without_the_fence_and_keeps_its_slot() {
    let published = Published::<u64, 1, 2>::new([0; 2]);
    if published.barrier() == Barrier::Fences {
        return;
    }
    let mut reader = published.reader().unwrap().unfenced().expect("its pins have no fence");
    assert!(published.reader().is_err());
    let mut writer = published.writer().unwrap();
    let guard = reader.pin();
    assert_eq!(set(&mut writer, 1), Ok(()));
    assert_eq!(set(&mut writer, 2), Err(UpdateError::Busy));
    assert_eq!(*guard, 0);
    drop(guard);
    assert_eq!(set(&mut writer, 2), Ok(()));
    assert_eq!(*reader.pin(), 2);
    drop(reader);
    assert!(published.reader().is_ok());
}

#[cfg(feature = "std")]
mod with_std {
    use super::{Published, UpdateError};
    use annulus::publish::{SharedPublished, SharedWriter, TooFewSnapshots};
    use core::time::Duration;
    use std::time::Instant;

    #[test]
    fn waiting_ends_when_the_guard_goes() {
        let mut published = Published::<u64, 1, 2>::new([0; 2]);
        let (mut writer, [mut reader]) = published.split();
        let guard = reader.pin();
        super::set(&mut writer, 1).unwrap();
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(20));
                drop(guard);
            });
            let waited = writer.update_within(Duration::from_secs(60), |_, new| {
                *new = 2;
                Ok::<_, ()>(())
            });
            assert_eq!(waited, Ok(()));
            reader.join().unwrap();
        });
    }

    #[test]
    fn waiting_ends_with_the_time() {
        let mut published = Published::<u64, 1, 2>::new([0; 2]);
        let (mut writer, [mut reader]) = published.split();
        let _guard = reader.pin();
        super::set(&mut writer, 1).unwrap();
        let start = Instant::now();
        let waited = writer.update_within(Duration::from_millis(20), |_, _| Ok::<_, ()>(()));
        assert_eq!(waited, Err(UpdateError::Busy));
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn a_shared_publication_is_busy_while_a_guard_is_held_and_goes_on_after() {
        let published = SharedPublished::new([0u64, 0, 0]).unwrap();
        let mut writer = published.writer().unwrap();
        assert!(published.writer().is_err());
        let mut add = || {
            writer.update_within(Duration::from_millis(20), |old, new| {
                *new = *old + 1;
                Ok::<_, ()>(())
            })
        };
        let guard = published.pin();
        assert_eq!([add(), add()], [Ok(()); 2]);
        assert_eq!(add(), Err(UpdateError::Busy));
        assert_eq!((*guard, guard.version()), (0, 0));
        drop(guard);
        let mut reached = 2;
        // Other tests pin the same collector: time is all that this waits for.
        while reached < 10 {
            reached += u64::from(add().is_ok());
        }
        assert_eq!((*published.pin(), published.pin().version()), (10, 10));
    }

    #[test]
    fn a_visit_reaches_the_snapshots_that_no_guard_is_older_than() {
        let published = SharedPublished::new([0u64, 10, 20]).unwrap();
        let mut writer = published.writer().unwrap();
        let mut reached = Vec::new();
        assert_eq!(writer.visit_free(|value| reached.push(core::mem::replace(value, 666))), 0);
        assert_eq!(reached, [10, 20]);
        let guard = published.pin();
        let add = |writer: &mut SharedWriter<'_, u64>| {
            writer.update(|old, new| {
                *new = *old + 1;
                Ok::<_, ()>(())
            })
        };
        add(&mut writer).unwrap();
        assert_eq!(writer.visit_free(|value| assert_eq!(*value, 666)), 1);
        assert_eq!((*guard, *published.pin(), writer.version()), (0, 1, 1));
        // A visitor that panics leaves its snapshot free.
        let unwound = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
            writer.visit_free(|_| panic!("as expected"))
        }));
        assert!(unwound.is_err());
        assert_eq!(writer.visit_free(|value| *value = 777), 1);
        drop(guard);
        // Other tests pin the same collector: time is all that this waits for.
        let start = Instant::now();
        let mut found = Vec::new();
        while writer.visit_free(|value| found.push(*value)) > 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "never reached");
            found.clear();
        }
        found.sort_unstable();
        assert_eq!(found, [0, 777]);
        add(&mut writer).unwrap();
        assert_eq!(*published.pin(), 2);
    }

    #[test]
    fn one_snapshot_is_too_few() {
        let refused = SharedPublished::new([0]).err().unwrap();
        assert_eq!(refused, TooFewSnapshots { given: 1 });
    }
}
