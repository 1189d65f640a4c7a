//! What lookups, pins and updates cost on this core: instructions and bytes, one line each.
#![cfg_attr(target_os = "none", no_std)]
#![no_main]

use core::hint::black_box;
use core::ptr;

use annulus::publish::Published;
use annulus::{
    Fx32, KeyHash, NamedNode, Ring, RingReader, RingRef, RingWriter, RomRing, Xxh3,
};
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
    let core = cortex_m::Peripherals::take().unwrap();
    let Some(mut counter) = Counter::new(core.SYST) else {
        firmware::finish(Err::<&str, _>("the emulator does not count 128 ns an instruction"));
    };
    let counter = &mut counter;
    lookups(counter, &BYTES_64, &WORDS_64);
    lookups(counter, &BYTES_256, &WORDS_256);
    lookups(counter, &BYTES_1024, &WORDS_1024);
    firmware::finish(Ok::<_, &str>("done"))
}

/// The cost of lookups among so many points.
fn lookups<const POINTS: usize>(
    counter: &mut Counter,
    bytes: &'static RomRing<8, POINTS>,
    words: &'static RomRing<8, POINTS, Fx32>,
) {
    let address = |node: Option<&NamedNode<'_>>| node.map_or(0, |node| ptr::from_ref(node) as u32);
    let count = mean(counter, &WORDS, || {
        let view = black_box(bytes).view();
        move |&position| address(view.owner_at(position))
    });
    row("lookup", POINTS, count);
    let count = mean(counter, &WORDS, || {
        let view = black_box(words).view();
        move |key| address(view.owner(key))
    });
    row("u32", POINTS, count);
    let count = mean(counter, &BYTES, || {
        let view = black_box(bytes).view();
        move |key| address(view.owner(key))
    });
    row("bytes", POINTS, count);
    row("hash u32", POINTS, mean(counter, &WORDS, || |key| (Fx32.hash(key) >> 32) as u32));
    row("hash bytes", POINTS, mean(counter, &BYTES, || |key| (Xxh3.hash(key) >> 32) as u32));
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
fn mean<K, W: Fn(&K) -> u32>(
    counter: &mut Counter,
    keys: &[K; KEYS],
    prepare: impl Fn() -> W,
) -> u32 {
    let loaded = counter.instructions(|| {
        let work = prepare();
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
