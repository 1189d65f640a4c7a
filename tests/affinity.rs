//! What bounded loads are for, by a simulation: requests for keys of which few are asked for most of the time, sent
//! to nodes that have caches, by the ring alone, under caps, to the least loaded node and to any.
//!
//! ```sh
//! cargo test --release --test affinity -- --nocapture
//! ```
//!
//! prints the table. All is drawn from fixed seeds.
#![cfg(target_has_atomic = "32")]

mod common;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use annulus::loads::{Counted, Load, Loads};
use annulus::{BalanceFactor, Caps, Ring};
use common::Random;

const NODES: usize = 100;
/// Keys that are asked for, by Zipf's law: key *i* in proportion to 1 ÷ (*i* + 1).
const KEYS: usize = 50_000;
/// Keys that the cache of a node has room for.
const CACHE: usize = 250;
/// Requests in flight, once so many have come.
const IN_FLIGHT: usize = 800;
const REQUESTS: usize = if cfg!(annulus_brief) { 60_000 } else { 150_000 };
/// Requests from which on all is counted: until then the caches fill.
const WARM: usize = REQUESTS / 3;

/// Named by a number of two digits.
type Server = Counted<[u8; 2], Arc<Load>>;
type Servers = Ring<Server, NODES, 16_000>;

fn servers() -> Box<Servers> {
    let mut ring = Box::new(Servers::with_vnodes(160));
    let server = |i: u8| Counted::new([b'0' + i / 10, b'0' + i % 10], Arc::default());
    ring.insert_all((0..NODES as u8).map(server)).unwrap();
    ring
}

/// The sums of the keys' shares up to each key.
fn zipf() -> Vec<f64> {
    let mut sum = 0.0;
    let shares = (0..KEYS).map(|key| {
        sum += 1.0 / (key + 1) as f64;
        sum
    });
    shares.collect()
}

/// A cache that forgets what was asked for the longest time ago.
#[derive(Default)]
struct Lru {
    used: HashMap<usize, usize>,
    by_time: BTreeMap<usize, usize>,
}

impl Lru {
    /// Whether the key was there. It is now, last used at this time.
    fn hits(&mut self, key: usize, now: usize) -> bool {
        let before = self.used.insert(key, now);
        if let Some(before) = before {
            self.by_time.remove(&before);
        } else if self.used.len() > CACHE {
            let (_, oldest) = self.by_time.pop_first().expect("a full cache");
            self.used.remove(&oldest);
        }
        self.by_time.insert(now, key);
        before.is_some()
    }
}

/// What came of one way to choose nodes.
#[derive(Debug)]
struct Outcome {
    /// The part of the requests whose node is not the owner of their key.
    moved: f64,
    /// The part of the requests whose key was in the cache of their node.
    hits: f64,
    /// The highest load of a node, as a multiple of the mean.
    peak: f64,
}

/// Sends all requests, each to the server of a number that `choose` gives for its key, with whatever is to be
/// dropped as it ends. Which requests end is up to chance.
fn simulate<T>(
    ring: &Servers,
    mut choose: impl FnMut(&str, &[usize], &mut Random) -> (usize, T),
) -> Outcome {
    let (zipf, mut random) = (zipf(), Random(42));
    let mut policy_random = Random(43);
    let mut caches: Vec<Lru> = (0..NODES).map(|_| Lru::default()).collect();
    let (mut loads, mut in_flight) = ([0; NODES], Vec::new());
    let (mut moved, mut hits, mut peak) = (0, 0, 0);
    for now in 0..REQUESTS {
        if in_flight.len() == IN_FLIGHT {
            let (node, ticket): (usize, T) = in_flight.swap_remove(random.below(IN_FLIGHT));
            loads[node] -= 1;
            drop(ticket);
        }
        let at = random.next() as f64 / u64::MAX as f64 * zipf[KEYS - 1];
        let key = zipf.partition_point(|&sum| sum < at).min(KEYS - 1);
        let name = format!("user:{key}");
        let (node, ticket) = choose(&name, &loads, &mut policy_random);
        loads[node] += 1;
        in_flight.push((node, ticket));
        let hit = caches[node].hits(key, now);
        if now >= WARM {
            hits += usize::from(hit);
            let owner = ring.view().owner_number(name.as_str()).unwrap() as usize;
            moved += usize::from(owner != node);
            peak = peak.max(loads.into_iter().max().unwrap());
        }
    }
    let part = |count| count as f64 / (REQUESTS - WARM) as f64;
    let peak = peak as f64 / (IN_FLIGHT as f64 / NODES as f64);
    Outcome { moved: part(moved), hits: part(hits), peak }
}

/// By tickets. No server is above its cap at any time.
fn bounded(percent: u32) -> Outcome {
    let ring = servers();
    let caps: Caps = ring.view().caps(BalanceFactor::percent(percent).unwrap());
    let loads = Loads::new(Arc::<Load>::default());
    let outcome = simulate(&ring, |key, counted, _| {
        let total: usize = counted.iter().sum();
        let (server, ticket) = loads.ticket(ring.view(), &caps, key).expect("a ticket");
        let number = ring.view().number_of(server.node).unwrap() as usize;
        // What ends is fewer than what comes, so that the cap by this total is the highest until now.
        let cap = (percent as usize * (total + 1)).div_ceil(100 * NODES);
        assert_eq!(server.load.units() as usize, counted[number] + 1);
        assert!(counted[number] < cap && counted.iter().all(|&load| load <= cap));
        (number, ticket)
    });
    assert_eq!(loads.total(), 0);
    outcome
}

#[test]
#[cfg_attr(miri, ignore = "too many requests")]
fn under_caps_no_node_is_overloaded_and_caches_stay_warm() {
    let ring = servers();
    let owner = |key: &str| ring.view().owner_number(key).unwrap() as usize;
    let plain = simulate(&ring, |key, _, _| (owner(key), ()));
    let tight = bounded(105);
    let usual = bounded(125);
    let loose = bounded(200);
    let least = simulate(&ring, |_, loads, random| {
        // The first of those that are equal, from anywhere.
        let from = random.below(NODES);
        let numbers = (from..NODES).chain(0..from);
        (numbers.min_by_key(|&number| loads[number]).unwrap(), ())
    });
    let any = simulate(&ring, |_, _, random| (random.below(NODES), ()));
    println!("{:<20} {:>8} {:>8} {:>8}", "", "moved", "hits", "peak");
    for (name, outcome) in [
        ("plain ring", &plain),
        ("bounded, c = 2.00", &loose),
        ("bounded, c = 1.25", &usual),
        ("bounded, c = 1.05", &tight),
        ("least loaded", &least),
        ("random", &any),
    ] {
        let Outcome { moved, hits, peak } = outcome;
        println!("{name:<20} {:>7.1}% {:>7.1}% {peak:>8.2}", moved * 100.0, hits * 100.0);
    }
    // By the ring alone, the owner of the first key has a multiple of what others have. Of 800 requests in flight,
    // 100 nodes have eight each; caps are rounded up.
    assert!(plain.moved == 0.0 && plain.peak > 8.0);
    assert!(least.peak == 1.0 && any.peak > 2.0);
    assert_eq!([tight.peak, usual.peak, loose.peak], [9.0 / 8.0, 1.25, 2.0]);
    // The tighter the caps, the more leave their first owners, and the more caches a key is in.
    assert!((0.1..0.3).contains(&loose.moved), "{loose:?}");
    assert!((0.35..0.55).contains(&usual.moved), "{usual:?}");
    assert!(usual.moved + 0.05 < tight.moved && tight.moved < 0.7, "{tight:?}");
    assert!(plain.hits > loose.hits && loose.hits > usual.hits && usual.hits > tight.hits);
    // Caches lose little by the usual caps, and half of their hits without affinity.
    assert!(plain.hits > 0.75 && usual.hits > plain.hits - 0.1, "{plain:?}, {usual:?}");
    assert!(tight.hits > least.hits + 0.2, "{tight:?}, {least:?}");
    assert!((least.hits - any.hits).abs() < 0.02, "{least:?}, {any:?}");
}
