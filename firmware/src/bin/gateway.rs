//! A sensor gateway: an interrupt handler routes each device's readings to one of the collectors that
//! can be reached, while the main loop takes collectors out and in as their links go down and come
//! back. Every route is compared with what the host worked out.
#![cfg_attr(target_os = "none", no_std)]
#![no_main]

use core::cell::Cell;
use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};

use annulus::publish::{Published, Reader};
use annulus::{Change, Fx32, NamedNode, Native, Ring, RingReader, RingWriter};
use cortex_m::interrupt::{self, Mutex};
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{entry, exception};
use firmware::plan::{self, COLLECTORS, DEVICES, LINKS, VNODES};

/// Room for every collector, and device ids for keys.
type Collectors = Ring<NamedNode<'static>, 8, 128, Native, Fx32>;

/// One reader, the handler. Two buffers do: the main loop goes on only when the handler is done, so
/// it never finds a buffer pinned.
type Shared = Published<Collectors, 1, 2>;

type Router = RingReader<Reader<'static, Collectors>>;

/// The reader, on its way from the main loop to the handler.
static HANDOVER: Mutex<Cell<Option<Router>>> = Mutex::new(Cell::new(None));
/// Readings routed.
static ROUTED: AtomicU32 = AtomicU32::new(0);
/// Readings routed in the middle of an update.
static AMID: AtomicU32 = AtomicU32::new(0);
/// Whether an update is under way.
static UPDATING: AtomicU32 = AtomicU32::new(0);
/// A bit for each membership under which readings were routed.
static SEEN: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];
/// The first wrong route: membership and device plus one.
static WRONG: AtomicU32 = AtomicU32::new(0);

/// Ticks from reading to reading.
const PERIOD: u32 = 1_171;

/// Readings that are waited for after each change.
const READINGS: u32 = 64;

#[entry]
fn main() -> ! {
    static mut CELL: Shared = Shared::new([const { Collectors::with_hash(VNODES, Fx32) }; 2]);

    let mut core = cortex_m::Peripherals::take().expect("nobody has taken them before");
    let (writer, [reader]) = CELL.split();
    let mut writer = RingWriter::new(writer);
    let all = COLLECTORS.map(|name| Change::Insert(NamedNode::new(name)));
    if writer.apply(&all).is_err() {
        firmware::finish(Err::<Report, _>("the collectors do not fit"));
    }
    interrupt::free(|token| HANDOVER.borrow(token).set(Some(RingReader::new(reader))));
    start(&mut core.SYST);
    wait_for_readings();

    for (i, &collector) in LINKS.iter().enumerate() {
        let name = COLLECTORS[collector];
        let change = match plan::links_up(i)[collector] {
            true => Change::Remove(name.as_bytes()),
            false => Change::Insert(NamedNode::new(name)),
        };
        UPDATING.store(1, Ordering::Relaxed);
        let updated = writer.apply(&[change]);
        UPDATING.store(0, Ordering::Relaxed);
        if updated.is_err() {
            firmware::finish(Err::<Report, _>("an update was refused"));
        }
        wait_for_readings();
    }
    core.SYST.disable_interrupt();
    match report() {
        Ok(report) => firmware::finish(Ok::<_, Wrong>(report)),
        Err(wrong) => firmware::finish(Err::<Report, _>(wrong)),
    }
}

/// Has the timer interrupt at every period.
fn start(timer: &mut SYST) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(PERIOD - 1);
    timer.clear_current();
    timer.enable_counter();
    timer.enable_interrupt();
}

/// Sleeps until the handler has routed some more readings.
fn wait_for_readings() {
    let before = ROUTED.load(Ordering::Relaxed);
    while ROUTED.load(Ordering::Relaxed).wrapping_sub(before) < READINGS {
        cortex_m::asm::wfi();
    }
}

/// A reading comes in and goes out.
#[exception]
fn SysTick() {
    static mut READER: Option<Router> = None;

    if READER.is_none() {
        *READER = interrupt::free(|token| HANDOVER.borrow(token).take());
    }
    let Some(reader) = READER else { return };
    let routed = ROUTED.load(Ordering::Relaxed);
    let device = routed as usize % DEVICES;

    let ring = reader.pin();
    let collector = ring.view().owner(&plan::device(device)).map(|node| node.name);

    // The first publication was the membership without a change.
    let changes = ring.version().wrapping_sub(1) as usize;
    if collector != plan::owner(changes, device) && WRONG.load(Ordering::Relaxed) == 0 {
        WRONG.store((changes as u32) << 16 | (device as u32 + 1), Ordering::Relaxed);
    }
    let Some(seen) = SEEN.get(changes / 32) else { return };
    seen.store(seen.load(Ordering::Relaxed) | 1 << (changes % 32), Ordering::Relaxed);
    AMID.store(AMID.load(Ordering::Relaxed) + UPDATING.load(Ordering::Relaxed), Ordering::Relaxed);
    ROUTED.store(routed + 1, Ordering::Relaxed);
}

/// What was seen, if all of it was right and there was enough of it.
fn report() -> Result<Report, Wrong> {
    let wrong = WRONG.load(Ordering::Relaxed);
    if wrong != 0 {
        return Err(Wrong::Route {
            changes: wrong >> 16,
            device: plan::device((wrong as u16 - 1).into()),
        });
    }
    let memberships = SEEN.iter().map(|seen| seen.load(Ordering::Relaxed).count_ones()).sum();
    let amid = AMID.load(Ordering::Relaxed);
    if memberships != LINKS.len() as u32 + 1 {
        return Err(Wrong::Memberships(memberships));
    }
    if amid < LINKS.len() as u32 {
        return Err(Wrong::Amid(amid));
    }
    Ok(Report { routed: ROUTED.load(Ordering::Relaxed), memberships, amid })
}

struct Report {
    routed: u32,
    memberships: u32,
    amid: u32,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { routed, memberships, amid } = self;
        write!(
            f,
            "{routed} readings routed rightly under {memberships} memberships, {amid} of them in the middle of an update"
        )
    }
}

enum Wrong {
    /// A device's reading went to the wrong collector.
    Route { changes: u32, device: u32 },
    /// Readings were routed under some of the memberships only.
    Memberships(u32),
    /// Hardly an interrupt came in the middle of an update.
    Amid(u32),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route { changes, device } => {
                write!(f, "after {changes} changes a reading of {device:#x} went astray")
            }
            Self::Memberships(seen) => write!(f, "readings under {seen} memberships only"),
            Self::Amid(amid) => write!(f, "{amid} interrupts only in the middle of an update"),
        }
    }
}
