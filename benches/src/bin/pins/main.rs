//! What a pin costs beside its peers, and what it adds to a lookup: all in one run, in turns.

mod rounds;

use annulus::publish::{Barrier, Published};
use annulus::{HeapRing, RingReader, RingWriter};
use arc_swap::ArcSwap;
use clap::Parser;
use rounds::{Rounds, Spread};
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;

/// Measures pins beside their peers.
#[derive(Parser)]
struct Args {
    /// Fail if a ratio is not what is required of it.
    #[arg(long)]
    check: bool,
    /// How often everything takes its turn.
    #[arg(long, default_value_t = 301)]
    rounds: usize,
}

/// The ring of the lookups.
const NODES: u32 = 1_000;
const VNODES: u32 = 160;

/// How many keys are looked up, over and over; a power of two.
const KEYS: usize = 1 << 12;

/// A value of left-right's.
#[derive(Clone, Default)]
struct Value(u64);

impl left_right::Absorb<u64> for Value {
    fn absorb_first(&mut self, new: &mut u64, _: &Self) {
        self.0 = *new;
    }

    fn sync_with(&mut self, first: &Self) {
        self.0 = first.0;
    }
}

/// What is required of a ratio.
#[derive(Clone, Copy)]
enum Required {
    AtLeast(f64),
    AtMost(f64),
    /// It is shown for comparison.
    Nothing,
}

impl Required {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(least) => ratio >= least,
            Self::AtMost(most) => ratio <= most,
            Self::Nothing => true,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtLeast(least) => format!("at least {least:.2}"),
            Self::AtMost(most) => format!("at most {most:.2}"),
            Self::Nothing => "-".into(),
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let rounds = measure(args.rounds);
    println!("{:34} {:>8} {:>8} {:>8}", "nanoseconds", "median", "25 %", "75 %");
    for (name, spread) in rounds.times() {
        println!("{name:34} {spread}");
    }
    println!();
    println!("{:34} {:>8} {:>8} {:>8}  required", "ratio", "median", "25 %", "75 %");
    // The fence form and a peer do the same; what is over is the noise of the measurement.
    let ratios = [
        ("crossbeam-epoch / pin", CROSSBEAM, PIN, Required::AtLeast(8.0)),
        ("arc-swap / pin", ARC_SWAP, PIN, Required::AtLeast(8.0)),
        ("left-right / pin", LEFT_RIGHT, PIN, Required::AtLeast(8.0)),
        ("pin with fences / crossbeam-epoch", FENCES, CROSSBEAM, Required::AtMost(1.05)),
        ("pin and lookup / lookup in a ring", PINNED, BARE, Required::AtMost(1.3)),
        // The stricter comparison: what is pinned anew cannot stay in registers.
        ("pin and lookup / in one view", PINNED, VIEWED, Required::Nothing),
    ];
    let mut all_met = true;
    for (name, over, under, required) in ratios {
        let spread: Spread = rounds.ratio(over, under);
        let met = required.is_met(spread.median);
        all_met &= met;
        let missed = if met { "" } else { ": MISSED" };
        println!("{name:34} {spread}  {}{missed}", required.words());
    }
    if args.check && !all_met { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

const PIN: &str = "pin and unpin, asymmetric";
const FENCES: &str = "pin and unpin, fences";
const CROSSBEAM: &str = "crossbeam-epoch pin and unpin";
const ARC_SWAP: &str = "arc-swap load and drop";
const LEFT_RIGHT: &str = "left-right enter and drop";
/// In a view that stays in registers from one lookup to the next.
const VIEWED: &str = "lookup in one view";
/// In a ring that is somewhere in memory.
const BARE: &str = "lookup in a ring";
const PINNED: &str = "pin, lookup and unpin";

fn measure(count: usize) -> Rounds {
    let asymmetric = Published::<u64, 1, 3>::new([0; 3]);
    if asymmetric.barrier() != Barrier::Membarrier {
        println!("the kernel grants no barrier: the asymmetric form is not what is measured");
    }
    let mut asymmetric = asymmetric.reader().expect("a free slot");
    let fences = Published::<u64, 1, 3>::with_fences([0; 3]);
    let mut fences = fences.reader().expect("a free slot");
    let swap = ArcSwap::from(Arc::new(0u64));
    let (mut left_right_writer, left_right) = left_right::new::<Value, u64>();
    left_right_writer.append(1).publish();

    let ring = Published::<HeapRing<String>, 2, 4>::new(std::array::from_fn(|_| {
        HeapRing::with_vnodes(VNODES)
    }));
    let mut writer = RingWriter::new(ring.writer().expect("no other writer"));
    let joins: Vec<_> =
        (0..NODES).map(|number| annulus::Change::Insert(format!("node-{number}"))).collect();
    writer.apply(&joins).expect("room for all nodes");
    let mut pinned = RingReader::new(ring.reader().expect("a free slot"));
    let mut holder = RingReader::new(ring.reader().expect("a free slot"));
    let held = holder.pin();
    // Both kinds of lookup read the same memory.
    let view = held.view();
    let spread = |number: usize| (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let keys: Vec<[u8; 8]> = (0..KEYS).map(|number| spread(number).to_le_bytes()).collect();
    let key = |turn: usize| &keys[turn % KEYS];

    let mut rounds = Rounds::default();
    for _ in 0..count {
        // What is pinned is not looked at: none of these can be optimized away as it is.
        rounds.time(PIN, |_| drop(asymmetric.pin()));
        rounds.time(CROSSBEAM, |_| drop(crossbeam_epoch::pin()));
        rounds.time(FENCES, |_| drop(fences.pin()));
        rounds.time(ARC_SWAP, |_| drop(swap.load()));
        rounds.time(LEFT_RIGHT, |_| drop(left_right.enter()));
        rounds.time(VIEWED, |turn| {
            black_box(view.owner(key(turn)));
        });
        rounds.time(BARE, |turn| {
            black_box(black_box(&held).view().owner(key(turn)));
        });
        rounds.time(PINNED, |turn| {
            black_box(pinned.pin().view().owner(key(turn)));
        });
    }
    rounds
}
