//! A ring shared between the tasks of RTIC: the writer is a local resource of one task and the reader
//! of another with a higher priority, so that neither needs a lock.
#![no_std]
#![no_main]

use annulus::publish::{Published, Reader, Writer};
use annulus::{Change, Fx32, NamedNode, Native, Ring, RingReader, RingWriter};
use firmware::plan::{self, COLLECTORS, DEVICES, LINKS, VNODES};

type Collectors = Ring<NamedNode<'static>, 8, 128, Native, Fx32>;
type Shared = Published<Collectors, 1, 2>;
type Links = RingWriter<Writer<'static, Collectors, 1, 2>>;
type Router = RingReader<Reader<'static, Collectors>>;

/// Ticks of the core's clock from reading to reading.
const PERIOD: u32 = 2_003;

#[rtic::app(device = lm3s6965)]
mod app {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};
    use cortex_m::peripheral::syst::SystClkSource;

    /// Readings routed; [`ASTRAY`] from the first wrong one on.
    static ROUTED: AtomicU32 = AtomicU32::new(0);
    const ASTRAY: u32 = u32::MAX;

    #[shared]
    struct Nothing {}

    #[local]
    struct Halves {
        links: Links,
        router: Router,
    }

    #[init(local = [cell: Shared = Shared::new([const { Collectors::with_hash(VNODES, Fx32) }; 2])])]
    fn init(context: init::Context) -> (Nothing, Halves) {
        let (writer, [reader]) = context.local.cell.split();
        let (mut links, router) = (RingWriter::new(writer), RingReader::new(reader));
        let all = COLLECTORS.map(|name| Change::Insert(NamedNode::new(name)));
        links.apply(&all).expect("there is room for all");
        let mut timer = context.core.SYST;
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(PERIOD);
        timer.clear_current();
        timer.enable_counter();
        timer.enable_interrupt();
        (Nothing {}, Halves { links, router })
    }

    /// Waits until a few readings have been routed, or one astray.
    fn await_readings() {
        let before = ROUTED.load(Ordering::Relaxed);
        while ROUTED.load(Ordering::Relaxed) < before.saturating_add(8) {
            cortex_m::asm::wfi();
        }
    }

    /// Follows the links: takes collectors out and in.
    #[idle(local = [links])]
    fn idle(context: idle::Context) -> ! {
        for (i, &link) in LINKS.iter().enumerate() {
            await_readings();
            let name = COLLECTORS[link];
            let change = match plan::links_up(i)[link] {
                true => Change::Remove(name.as_bytes()),
                false => Change::Insert(NamedNode::new(name)),
            };
            context.local.links.apply(&[change]).expect("the router has let go");
        }
        // Those under the last membership.
        await_readings();
        firmware::finish(match ROUTED.load(Ordering::Relaxed) {
            ASTRAY => Err("a reading went astray"),
            _ => Ok("readings routed rightly under every membership"),
        })
    }

    /// Routes a reading.
    #[task(binds = SysTick, local = [router], priority = 1)]
    fn reading(context: reading::Context) {
        let routed = ROUTED.load(Ordering::Relaxed);
        if routed == ASTRAY {
            return;
        }
        let device = routed as usize % DEVICES;
        let ring = context.local.router.pin();
        let collector = ring.view().owner(&plan::device(device)).map(|node| node.name);
        // The first publication was the membership without a change.
        let right = collector == plan::owner(ring.version() as usize - 1, device);
        ROUTED.store(if right { routed + 1 } else { ASTRAY }, Ordering::Relaxed);
    }
}
