//! A small race for Miri, which has loads see old values and switches threads where it likes: two threads,
//! a slot that is handed on, a guard that is forgotten, and a writer that reuses two buffers.
//!
//! `cargo xtask miri` runs it with many seeds, and with some of the mutants of `loom-tests/mutants.toml`,
//! which it must find: Miri sees a race on the value itself.

use std::mem;
use std::thread;

use annulus::publish::{Published, Reader, Writer};

/// A value that tears if two threads use it at once.
type Value = [u64; 2];

fn bump<const R: usize, const B: usize>(writer: &mut Writer<'_, Value, R, B>) -> bool {
    let outcome = writer.update(|old, new| {
        *new = [old[0] + 1; 2];
        Ok::<_, ()>(())
    });
    outcome.is_ok()
}

fn read(reader: &mut Reader<'_, Value>, last: &mut u64) {
    let guard = reader.pin();
    assert_eq!(*guard, [guard.version(); 2], "a torn value");
    assert!(guard.version() >= *last, "time went backwards");
    *last = guard.version();
}

#[test]
fn a_slot_is_handed_on_and_a_guard_forgotten_while_buffers_are_reused() {
    let published = &Published::<Value, 1, 2>::with_fences([[0; 2]; 2]);
    let mut writer = published.writer().unwrap();
    thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut last = 0;
            for _ in 0..2 {
                let mut reader = published.reader().expect("the last reader is dropped");
                for _ in 0..3 {
                    read(&mut reader, &mut last);
                }
                mem::forget(reader.pin());
                read(&mut reader, &mut last);
                mem::forget(reader.pin());
            }
        });
        let mut updates = 0;
        for _ in 0..12 {
            updates += u64::from(bump(&mut writer));
            thread::yield_now();
        }
        reading.join().unwrap();
        assert!(bump(&mut writer), "nobody has a guard");
        assert_eq!(writer.version(), updates + 1);
    });
}

#[test]
fn a_reader_goes_to_another_thread_and_comes_back() {
    let mut published = Published::<Value, 1, 3>::with_fences([[0; 2]; 3]);
    let (mut writer, [mut reader]) = published.split();
    let mut last = 0;
    for _ in 0..2 {
        thread::scope(|scope| {
            let (reader, last) = (&mut reader, &mut last);
            let reading = scope.spawn(move || (0..3).for_each(|_| read(reader, last)));
            (0..4).for_each(|_| _ = bump(&mut writer));
            reading.join().unwrap();
        });
        read(&mut reader, &mut last);
    }
    assert_eq!(last, writer.version());
}
