//! A signal at every instruction of pin, look and unpin, in whose handler the writer publishes: the reader is stopped
//! there, as one that is preempted is.
//!
//! Not under a sanitizer (`annulus_brief`), which makes many instructions of one: that takes hours.
//!
//! The processor traps after each instruction while a flag is set; the kernel makes a signal of it.
#![cfg(all(
    feature = "std",
    target_os = "linux",
    target_arch = "x86_64",
    not(any(miri, annulus_brief)),
))]
#![allow(unsafe_code)]

use std::arch::asm;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use annulus::publish::{Fencing, Published, Reader, Writer};

/// Several cache lines.
type Value = [u64; 32];

type Cell = Published<Value, 1, 3>;
type Publisher = Writer<'static, Value, 1, 3>;

/// How long a reader may be stopped inside `pin` without making the writer busy.
const GRACE: u32 = if cfg!(annulus_narrow) { 1 } else { 2 };

/// What the handler has: it can take nothing by argument. One test at a time.
static TURN: Mutex<()> = Mutex::new(());
static WRITER: AtomicPtr<Publisher> = AtomicPtr::new(ptr::null_mut());
/// The instruction after which to publish, how often, and how often that found no buffer.
static AT: AtomicU32 = AtomicU32::new(0);
static TIMES: AtomicU32 = AtomicU32::new(0);
static BUSY: AtomicU32 = AtomicU32::new(0);
/// Instructions so far.
static STEPS: AtomicU32 = AtomicU32::new(0);

extern "C" fn stepped(_signal: libc::c_int) {
    if STEPS.fetch_add(1, Ordering::Relaxed) == AT.load(Ordering::Relaxed) {
        // SAFETY: the test that set the pointer waits, in the thread that this interrupts, and uses
        // the writer nowhere else while instructions trap.
        let writer = unsafe { &mut *WRITER.load(Ordering::Relaxed) };
        (0..TIMES.load(Ordering::Relaxed)).for_each(|_| publish(writer));
    }
}

fn publish(writer: &mut Publisher) {
    let outcome = writer.update(|old, new| {
        // Poison first, so that whoever reads it meanwhile shows it.
        new.fill(u64::MAX);
        std::hint::black_box(&mut *new);
        new.fill(old[0] + 1);
        Ok::<_, ()>(())
    });
    BUSY.fetch_add(u32::from(outcome.is_err()), Ordering::Relaxed);
}

/// Whether a value is one that was published, whole.
fn whole(value: &Value) -> bool {
    value[0] != u64::MAX && value.iter().all(|word| *word == value[0])
}

/// One pin, trapping at each instruction; whether all that it showed was whole and stayed.
#[inline(never)]
fn pin<F: Fencing>(reader: &mut Reader<'static, Value, F>) -> bool {
    STEPS.store(0, Ordering::Relaxed);
    // SAFETY: sets the trap flag and nothing else.
    unsafe { asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") };
    let guard = reader.pin();
    let before = *guard;
    let after = *guard;
    let version = guard.version();
    drop(guard);
    // SAFETY: clears the trap flag and nothing else.
    unsafe { asm!("pushfq", "and qword ptr [rsp], ~0x100", "popfq") };
    whole(&before) && before == after && before[0] == version
}

/// Interrupts a pin of `reader` after each of its instructions.
fn interrupt<F: Fencing>(
    writer: &mut Publisher,
    reader: &mut Reader<'static, Value, F>,
    times: u32,
) -> u32 {
    // SAFETY: the handler is an `extern "C"` function that does what handlers may.
    unsafe { libc::signal(libc::SIGTRAP, stepped as *const () as libc::sighandler_t) };
    WRITER.store(ptr::from_mut(writer), Ordering::Relaxed);
    TIMES.store(times, Ordering::Relaxed);
    BUSY.store(0, Ordering::Relaxed);
    let mut at = 0;
    loop {
        AT.store(at, Ordering::Relaxed);
        assert!(pin(reader), "interrupted after instruction {at}");
        let steps = STEPS.load(Ordering::Relaxed);
        assert!(steps > 10, "{steps} instructions trapped");
        if at >= steps {
            break;
        }
        at += 1;
    }
    println!("{at} instructions, {} times busy", BUSY.load(Ordering::Relaxed));
    BUSY.load(Ordering::Relaxed)
}

fn cell(fences: bool) -> (Publisher, Reader<'static, Value>) {
    let values = [[0; 32]; 3];
    let cell = if fences { Cell::with_fences(values) } else { Cell::new(values) };
    let (writer, [reader]) = Box::leak(Box::new(cell)).split();
    (writer, reader)
}

#[test]
fn the_writer_is_not_busy_while_a_reader_is_stopped_for_as_long_as_it_may_be() {
    let _turn = TURN.lock();
    for fences in [true, false] {
        let (mut writer, mut reader) = cell(fences);
        for times in 1..=GRACE {
            assert_eq!(interrupt(&mut writer, &mut reader, times), 0, "{times} at a time");
        }
        if let Ok(mut reader) = reader.unfenced() {
            assert_eq!(interrupt(&mut writer, &mut reader, GRACE), 0, "without a fence");
        }
    }
}

/// More publications than there are epochs, where epochs wrap after four.
#[test]
fn nothing_is_written_under_a_reader_however_long_it_is_stopped() {
    let _turn = TURN.lock();
    for fences in [true, false] {
        let (mut writer, mut reader) = cell(fences);
        for times in [5, 8] {
            interrupt(&mut writer, &mut reader, times);
        }
    }
}
