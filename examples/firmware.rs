//! A ring without an allocator, in a `static`: one context looks up, another edits, and neither waits.
//!
//! `cargo run --example firmware` (no features). Here threads stand for a timer's handler and for the main loop;
//! the programs in `firmware/` run the same on Cortex-M.

use annulus::publish::{Published, UpdateError};
use annulus::{Change, EditError, Fx32, NamedNode, Native, Ring, RingReader, RingWriter};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Room for 8 nodes with 16 points each, in place. Keys are `u32`, hashed in a few instructions.
type Collectors = Ring<NamedNode<'static>, 8, 128, Native, Fx32>;

/// One reader and three buffers: the current ring, the one that the reader may hold, and the next.
static COLLECTORS: Published<Collectors, 1, 3> =
    Published::new([const { Collectors::with_hash(16, Fx32) }; 3]);

const NAMES: [&str; 4] = ["north", "east", "south", "west"];

/// Whether the other context has answered once since the last change.
static ROUTED: AtomicBool = AtomicBool::new(false);
static STOP: AtomicBool = AtomicBool::new(false);

fn main() -> Result<(), UpdateError<annulus::BatchError>> {
    // Each handle is given out once, and may be moved to where it is used. On a core without compare-and-swap, as
    // Cortex-M0, `split` of a `&'static mut Published` gives them all at once instead.
    let mut writer = RingWriter::new(COLLECTORS.writer().expect("nobody else has it"));
    let mut reader = RingReader::new(COLLECTORS.reader().expect("there is one slot"));

    writer.apply(&NAMES.map(|name| Change::Insert(NamedNode::new(name))))?;

    // The handler: each device has a collector, by its number.
    let handler = thread::spawn(move || {
        let mut routed = 0_u32;
        for device in (0..500_u32).cycle() {
            let collector = reader.pin().view().owner(&device).map(|node| node.name);
            assert!(collector.is_some_and(|name| NAMES.contains(&name)));
            routed += 1;
            ROUTED.store(true, Ordering::Release);
            if STOP.load(Ordering::Acquire) {
                break;
            }
        }
        routed
    });

    // The main loop: links go down and come back.
    for name in NAMES.into_iter().cycle().take(40) {
        for change in [Change::Remove(name.as_bytes()), Change::Insert(NamedNode::new(name))] {
            // With two buffers more than readers this is never `Busy` for a guard that is held, however long.
            writer.apply(&[change])?;
        }
        ROUTED.store(false, Ordering::Release);
        while !ROUTED.load(Ordering::Acquire) {
            assert!(!handler.is_finished());
            std::hint::spin_loop();
        }
    }
    STOP.store(true, Ordering::Release);
    let routed = handler.join().expect("no assertion failed");

    // What does not fit is refused whole: the ring says how much was needed, and nothing has changed.
    let heavy = writer.set_weight("north", 6);
    let needed = EditError::TooManyPoints { needed: 144, capacity: 128 };
    assert_eq!(heavy, Err(UpdateError::Build(needed)));
    assert_eq!((writer.version(), writer.view().len()), (81, 4));
    println!(
        "{routed} readings routed; {} bytes, none of them on the heap",
        size_of_val(&COLLECTORS)
    );
    Ok(())
}
