//! What lookups, pins and updates cost on this core: instructions and bytes, one line each.
#![cfg_attr(target_os = "none", no_std)]
#![no_main]

use core::hint::black_box;
use core::ptr;

use annulus::publish::{Fencing, Published, SingleCore};
use annulus::{Fx32, KeyHash, Member, NamedNode, Ring, RingWriter, RomRing, Xxh3};
use cortex_m_rt::entry;
use cortex_m_semihosting::hprintln;
use firmware::clock::Counter;

/// The nodes of every ring.
const NODES: [NamedNode<'static>; 8] = [
    NamedNode::new("collector-0"),
    NamedNode::new("collector-1"),
    NamedNode::new("collector-2"),
    NamedNode::new("collector-3"),
    NamedNode::new("collector-4"),
    NamedNode::new("collector-5"),
    NamedNode::new("collector-6"),
    NamedNode::new("collector-7"),
];

/// A ring of `POINTS` points.
const fn rom<const POINTS: usize, H: Copy>(hash: H) -> RomRing<8, POINTS, H> {
    RomRing::with_hash((POINTS / 8) as u32, hash, NODES)
}

static BYTES_64: RomRing<8, 64> = rom(Xxh3);
static BYTES_256: RomRing<8, 256> = rom(Xxh3);
#[allow(long_running_const_eval, reason = "a thousand points, sorted by the compiler")]
static BYTES_1024: RomRing<8, 1024> = rom(Xxh3);
static WORDS_64: RomRing<8, 64, Fx32> = rom(Fx32);
static WORDS_256: RomRing<8, 256, Fx32> = rom(Fx32);
#[allow(long_running_const_eval, reason = "a thousand points, sorted by the compiler")]
static WORDS_1024: RomRing<8, 1024, Fx32> = rom(Fx32);

#[entry]
fn main() -> ! {
    static mut POSITIONS: [u32; 1024] = [0; 1024];
    static mut OWNERS: [u16; 1024] = [0; 1024];
    static mut SMALL: Cell<64> = cell();
    static mut MIDDLE: Cell<256> = cell();
    // Two rings of a thousand points do not fit in 16 KiB.
    #[cfg(target_has_atomic = "32")]
    static mut LARGE: Cell<1024> = cell();
    static mut NUMBER: Published<u32, 1, 2> = Published::new([0; 2]);
    static mut ALONE: Published<u32, 1, 2, SingleCore> = alone();

    let core = cortex_m::Peripherals::take().expect("nobody has taken them before");
    let Some(counter) = &mut Counter::new(core.SYST) else {
        firmware::finish(Err::<&str, _>("the emulator does not count 128 ns an instruction"));
    };
    lookups(counter, &BYTES_64, &WORDS_64, POSITIONS, OWNERS);
    lookups(counter, &BYTES_256, &WORDS_256, POSITIONS, OWNERS);
    lookups(counter, &BYTES_1024, &WORDS_1024, POSITIONS, OWNERS);
    row("hash-u32", 0, mean(counter, &WORDS, || |key: &u32| (Fx32.hash(key) >> 32) as u32));
    row("hash-bytes", 0, mean(counter, &BYTES, || |key: &[u8; 16]| (Xxh3.hash(key) >> 32) as u32));
    row("pin", 0, pins(counter, NUMBER));
    row("pin-one-core", 0, pins(counter, ALONE));
    updates(counter, SMALL);
    updates(counter, MIDDLE);
    #[cfg(target_has_atomic = "32")]
    updates(counter, LARGE);
    firmware::finish(Ok::<_, &str>("counted"))
}

/// The cost of lookups among so many points; `positions` and `owners` are room for a copy of them.
fn lookups<const POINTS: usize>(
    counter: &mut Counter,
    bytes: &'static RomRing<8, POINTS>,
    words: &'static RomRing<8, POINTS, Fx32>,
    positions: &mut [u32; 1024],
    owners: &mut [u16; 1024],
) {
    let address = |node: Option<&NamedNode<'_>>| node.map_or(0, |node| ptr::from_ref(node) as u32);
    let count = mean(counter, &WORDS, || {
        let view = black_box(bytes).view();
        move |&position: &u32| address(view.owner_at(position))
    });
    row("lookup", POINTS, count);
    for (point, (position, owner)) in
        bytes.view().points().zip(positions.iter_mut().zip(&mut *owners))
    {
        *position = point.position;
        let place = NODES.iter().position(|node| node == point.node).expect("it is one of them");
        *owner = place as u16;
    }
    let count = mean(counter, &WORDS, || {
        let (positions, owners) = black_box((&positions[..POINTS], &owners[..POINTS]));
        let nodes = black_box(&NODES);
        move |&position: &u32| {
            let place = positions.partition_point(|&p| p < position);
            let owner = owners.get(place).or_else(|| owners.first());
            address(owner.and_then(|&owner| nodes.get(usize::from(owner))))
        }
    });
    row("bisection", POINTS, count);
    let count = mean(counter, &WORDS, || {
        let view = black_box(words).view();
        move |key: &u32| address(view.owner(key))
    });
    row("u32", POINTS, count);
    let count = mean(counter, &BYTES, || {
        let view = black_box(bytes).view();
        move |key: &[u8; 16]| address(view.owner(key))
    });
    row("bytes", POINTS, count);
}

/// The cost of a pin and its end.
fn pins<F: Fencing>(counter: &mut Counter, cell: &'static mut Published<u32, 1, 2, F>) -> u32 {
    let (_, [mut reader]) = cell.split();
    mean(counter, &WORDS, || {
        move |&key: &u32| {
            drop(reader.pin());
            key
        }
    })
}

/// A publication for one core.
#[allow(unsafe_code, reason = "the promise of one core")]
const fn alone() -> Published<u32, 1, 2, SingleCore> {
    // SAFETY: there is only one core.
    unsafe { Published::new_single_core([0; 2]) }
}

/// A published ring.
type Cell<const POINTS: usize> = Published<Ring<NamedNode<'static>, 8, POINTS>, 1, 2>;

/// An empty one with as many points for each node as there is room for.
const fn cell<const POINTS: usize>() -> Cell<POINTS> {
    Published::new([const { Ring::with_vnodes((POINTS / 8) as u32) }; 2])
}

/// The cost of an update of one node, and the size of a ring.
fn updates<const POINTS: usize>(counter: &mut Counter, cell: &'static mut Cell<POINTS>) {
    let (writer, _) = cell.split();
    let mut writer = RingWriter::new(writer);
    for node in NODES {
        writer.insert(node).expect("there is room");
    }
    let mut instructions = 0;
    for node in NODES {
        instructions += counter.instructions(|| {
            writer.remove(node.name.as_bytes()).expect("it is there");
        });
        instructions += counter.instructions(|| writer.insert(node).expect("there is room"));
    }
    row("update", POINTS, instructions * 10 / (2 * NODES.len() as u32));
    let ring = size_of::<Ring<NamedNode<'static>, 8, POINTS>>();
    let nodes = 8 * size_of::<Member<NamedNode<'static>>>();
    row("ram", POINTS, 10 * ring as u32);
    row("ram-nodes", POINTS, 10 * nodes as u32);
}

/// How many keys are looked up.
const KEYS: usize = 256;

/// Positions that are spread over the circle, or keys of four bytes.
static WORDS: [u32; KEYS] = {
    let mut words = [0; KEYS];
    let mut i = 0;
    while i < KEYS {
        words[i] = (i as u32).wrapping_mul(0x9e37_79b9);
        i += 1;
    }
    words
};

/// Keys of 16 bytes.
static BYTES: [[u8; 16]; KEYS] = {
    let mut keys = [*b"sensor/0000/temp"; KEYS];
    let mut i = 0;
    while i < KEYS {
        keys[i][9] = b'0' + (i >> 4) as u8;
        keys[i][10] = b'0' + (i & 15) as u8;
        i += 1;
    }
    keys
};

/// The mean number of tenths of instructions of `work` over many keys.
fn mean<K, W: FnMut(&K) -> u32>(
    counter: &mut Counter,
    keys: &[K; KEYS],
    prepare: impl FnOnce() -> W,
) -> u32 {
    let loaded = counter.instructions(|| {
        let mut work = prepare();
        let sum = black_box(keys).iter().fold(0, |sum, key| sum ^ work(key));
        black_box(sum);
    });
    let empty = counter.instructions(|| {
        let sum = black_box(&WORDS).iter().fold(0, |sum, key| sum ^ *key);
        black_box(sum);
    });
    (loaded - empty) * 10 / KEYS as u32
}

/// Prints a row.
fn row(what: &str, points: usize, tenths: u32) {
    hprintln!("{}\t{}\t{}.{}", what, points, tenths / 10, tenths % 10);
}
