//! A reader in an interrupt handler, at every instruction of an update that the emulator can be made
//! to interrupt: what it sees is one membership or the other, whole, and it never waits.
#![cfg_attr(target_os = "none", no_std)]
#![no_main]

mod frame;

use core::cell::Cell;
use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};

use annulus::publish::{Published, Reader, SingleCore};
use annulus::{NamedNode, Ring, RingReader, RingRef, RingWriter};
use cortex_m::interrupt::{self, Mutex};
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{entry, exception};
use frame::preempted_at;

/// The ring of both memberships.
type Nodes = Ring<NamedNode<'static>, 3, 24>;

/// One reader, the handler.
type Shared = Published<Nodes, 1, 2, SingleCore>;

type Handler = RingReader<Reader<'static, Nodes, SingleCore>>;

/// Always members.
const STAY: [NamedNode<'static>; 2] = [NamedNode::new("stays"), NamedNode::new("stays-too")];
/// A member in every other version.
const COMES: NamedNode<'static> = NamedNode::new("comes-and-goes");

/// The reader, on its way from the main loop to the handler.
static HANDOVER: Mutex<Cell<Option<Handler>>> = Mutex::new(Cell::new(None));
/// What a ring without and with the third node sums up to.
static EXPECTED: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];
/// How often the handler has seen a whole ring.
static WHOLE: AtomicU32 = AtomicU32::new(0);
/// How often it has seen anything else.
static TORN: AtomicU32 = AtomicU32::new(0);
/// The version that it saw last.
static VERSION: AtomicU32 = AtomicU32::new(0);

/// Ticks in which the timer can be set, restarted and read. The first interrupt of the sweep comes
/// within them, before the update begins.
const FIRST: u32 = 8;

/// The fewest instructions at which a sweep interrupts: half as many as the least update has.
const LEAST: u32 = 500;

/// Two empty rings.
#[allow(unsafe_code, reason = "the promise of one core")]
const fn shared() -> Shared {
    // SAFETY: the microcontrollers that this is built for have one core.
    unsafe { Shared::new_single_core([const { Nodes::with_vnodes(8) }; 2]) }
}

#[entry]
fn main() -> ! {
    static mut CELL: Shared = shared();
    static mut AT: Addresses = Addresses::new();

    let mut core = cortex_m::Peripherals::take().expect("nobody has taken them before");
    let (writer, [reader]) = CELL.split();
    let mut writer = RingWriter::new(writer);
    for node in STAY {
        writer.insert(node).expect("there is room");
    }
    EXPECTED[0].store(sum(writer.view()), Ordering::Relaxed);
    writer.insert(COMES).expect("there is room");
    EXPECTED[1].store(sum(writer.view()), Ordering::Relaxed);
    interrupt::free(|token| HANDOVER.borrow(token).set(Some(RingReader::new(reader))));

    let timer = &mut core.SYST;
    let mut old_and_new = [0; 2];
    for ticks in FIRST.. {
        let removed = sweep(timer, ticks, &mut old_and_new, AT, || {
            writer.remove(COMES.name.as_bytes()).expect("the reader has let go");
            writer.version()
        });
        let inserted = sweep(timer, ticks, &mut old_and_new, AT, || {
            writer.insert(COMES).expect("the reader has let go");
            writer.version()
        });
        if TORN.load(Ordering::Relaxed) != 0 {
            firmware::finish(Err::<Report, _>("a reader has seen a ring that never was"));
        }
        if !removed && !inserted {
            break;
        }
    }
    let [old, new] = old_and_new;
    if old == 0 || new == 0 {
        firmware::finish(Err::<Report, _>("the reader has seen one side of the updates only"));
    }
    if AT.count() < LEAST {
        firmware::finish(Err::<Report, _>("the sweep has left out much of the updates"));
    }
    firmware::finish(Ok::<_, &str>(Report {
        preempted: old + new,
        old,
        new,
        addresses: AT.count(),
    }))
}

/// Has the timer interrupt `update` after so many ticks, once; says whether it did, and counts whether
/// the reader saw the old version or the new one.
fn sweep(
    timer: &mut SYST,
    ticks: u32,
    old_and_new: &mut [u32; 2],
    at: &mut Addresses,
    update: impl FnOnce() -> u64,
) -> bool {
    let before = WHOLE.load(Ordering::Relaxed);
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(ticks);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
    let published = update() as u32;
    timer.disable_counter();
    timer.disable_interrupt();
    let preempted = WHOLE.load(Ordering::Relaxed) != before;
    if preempted {
        at.note(preempted_at());
        let new = VERSION.load(Ordering::Relaxed) == published;
        old_and_new[usize::from(new)] += 1;
    }
    preempted
}

/// The timer's interrupt ends here, see [`frame`].
#[exception]
fn PendSV() {
    static mut READER: Option<Handler> = None;

    if READER.is_none() {
        *READER = interrupt::free(|token| HANDOVER.borrow(token).take());
    }
    let Some(reader) = READER else { return };
    let ring = reader.pin();
    let version = ring.version() as u32;
    let expected = EXPECTED[version as usize % 2].load(Ordering::Relaxed);
    let seen = if sum(ring.view()) == expected { &WHOLE } else { &TORN };
    seen.store(seen.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    VERSION.store(version, Ordering::Relaxed);
}

/// A number that depends on every point, every owner and the way to each by the index.
fn sum(ring: RingRef<'_, NamedNode<'static>>) -> u32 {
    let mut sum = ring.len() as u32;
    for point in ring.points() {
        let owner = ring.owner_at(point.position).map_or(0, |node| node.name.len());
        let name = point.node.name.len();
        sum = sum.rotate_left(5) ^ point.position ^ (owner << 8 | name) as u32;
    }
    sum
}

/// Addresses of instructions: a bit for each half word of flash.
struct Addresses([u32; 1024]);

impl Addresses {
    const fn new() -> Self {
        Self([0; 1024])
    }

    fn note(&mut self, address: u32) {
        let half_word = address as usize / 2;
        if let Some(bits) = self.0.get_mut(half_word / 32) {
            *bits |= 1 << (half_word % 32);
        }
    }

    fn count(&self) -> u32 {
        self.0.iter().map(|bits| bits.count_ones()).sum()
    }
}

struct Report {
    preempted: u32,
    old: u32,
    new: u32,
    addresses: u32,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { preempted, old, new, addresses } = self;
        write!(
            f,
            "{preempted} times amid an update, at {addresses} instructions: {old} times the ring \
             before it, {new} times the one after it, whole"
        )
    }
}
