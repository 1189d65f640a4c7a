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

/// How many keys are looked up.
const KEYS: u32 = 1_024;

#[entry]
fn main() -> ! {
    let core = cortex_m::Peripherals::take().unwrap();
    let Some(mut counter) = Counter::new(core.SYST) else {
        firmware::finish(Err::<&str, _>("the emulator does not count 128 ns an instruction"));
    };
    let counter = &mut counter;
    lookups(counter, 64, black_box(&BYTES_64).view(), black_box(&WORDS_64).view());
    lookups(counter, 256, black_box(&BYTES_256).view(), black_box(&WORDS_256).view());
    lookups(counter, 1024, black_box(&BYTES_1024).view(), black_box(&WORDS_1024).view());
    firmware::finish(Ok::<_, &str>("done"))
}

type View<'a, H> = RingRef<'a, NamedNode<'static>, annulus::Native, H>;

/// The cost of a lookup among so many points.
fn lookups(counter: &mut Counter, points: usize, bytes: View<'_, Xxh3>, words: View<'_, Fx32>) {
    let address = |node: Option<&NamedNode<'_>>| node.map_or(0, |node| ptr::from_ref(node) as u32);
    row("lookup", points, mean(counter, |i| i.wrapping_mul(0x9e37_79b9), |position| address(bytes.owner_at(position))));
    row("u32", points, mean(counter, |i| i, |key| address(words.owner(&key))));
    row("bytes", points, mean(counter, key, |key| address(bytes.owner(&key))));
    row("hash u32", points, mean(counter, |i| i, |key| (Fx32.hash(&key) >> 32) as u32));
    row("hash bytes", points, mean(counter, key, |key| (Xxh3.hash(&key) >> 32) as u32));
}

/// Key `i`, of 16 bytes.
fn key(i: u32) -> [u8; 16] {
    let mut key = *b"sensor/........!";
    key[7..11].copy_from_slice(&i.to_le_bytes());
    key
}

/// The mean number of tenths of instructions of `work` over many keys.
fn mean<K: Copy>(counter: &mut Counter, key: impl Fn(u32) -> K, work: impl Fn(K) -> u32) -> u32 {
    let mut sum = 0u32;
    let loaded = counter.instructions(|| {
        for i in 0..KEYS {
            sum = sum.wrapping_add(work(black_box(key(i))));
        }
    });
    let empty = counter.instructions(|| {
        for i in 0..KEYS {
            black_box(key(i));
            sum = sum.wrapping_add(i);
        }
    });
    black_box(sum);
    (loaded - empty) * 10 / KEYS
}

/// Prints a row.
fn row(what: &str, points: usize, tenths: u32) {
    hprintln!("{}\t{}\t{}.{}", what, points, tenths / 10, tenths % 10);
}
