//! Shares of realistic memberships are as even as theory says, and Fx over names would not do.

mod common;

use std::hash::Hasher as _;

use annulus::{ByIdentity, Native, PerWeight, Placement, Ring, Xxh3};
use common::Random;
use fxhash::FxHasher64;

const NODES: usize = 100;
const VNODES: u32 = 150;

/// Points by hashing `name-r` with Fx and the finalizer of Murmur3: what not to do.
struct FxNames;

fn murmur(mut h: u64) -> u64 {
    h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

impl Placement for FxNames {
    type Position = u32;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "fx-names";

    fn key(hash: u64) -> u32 {
        (hash >> 32) as u32
    }
}

impl ByIdentity for FxNames {
    fn seed(identity: &[u8]) -> u64 {
        let mut hasher = FxHasher64::default();
        hasher.write(identity);
        hasher.finish()
    }

    fn point(seed: u64, r: u32) -> u32 {
        // Fx is a state machine: the label's end is hashed from the state after the name.
        let state = (seed.rotate_left(5) ^ u64::from(r)).wrapping_mul(0x517c_c1b7_2722_0a95);
        (murmur(state) >> 32) as u32
    }
}

fn shares<P: ByIdentity<Position = u32>>(names: &[String]) -> Vec<f64> {
    let mut ring = Box::new(Ring::<&str, NODES, 15_000, P, Xxh3>::with_hash(VNODES, Xxh3));
    ring.insert_all(names.iter().map(String::as_str)).unwrap();
    let view = ring.view();
    let mut shares = vec![0; NODES];
    view.shares(&mut shares).unwrap();
    assert_eq!(shares.iter().sum::<u128>(), 1 << 32);
    shares.iter().map(|&share| share as f64 / (1u64 << 32) as f64).collect()
}

/// The standard deviation of the shares over their mean.
fn deviation(shares: &[f64]) -> f64 {
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let squares = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>();
    (squares / shares.len() as f64).sqrt() / mean
}

fn hosts(from: usize, centre: usize) -> Vec<String> {
    (from..from + NODES).map(|i| format!("cache{i:04}.dc{centre}.example.com:6379")).collect()
}

/// Forty-eight memberships: addresses, host names in two styles, UUIDs; twelve of each.
fn memberships() -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut random = Random(2026);
    for m in 0..12 {
        all.push((0..NODES).map(|i| format!("10.{m}.{}.{}:6379", i / 64, i % 64 + 1)).collect());
        all.push(hosts(1 + m * 37, m % 4 + 1));
        all.push(
            (0..NODES).map(|i| format!("ip-192-168-{m}-{i}.eu-west-1.compute.internal")).collect(),
        );
        let mut uuid = || {
            let (a, b) = (random.next(), random.next());
            let (high, low) = (a & 0xffff_ffff_ffff_0fff | 0x4000, b >> 2 | 1 << 63);
            format!(
                "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                high >> 32,
                high >> 16 & 0xffff,
                high & 0xffff,
                low >> 48,
                low & 0xffff_ffff_ffff
            )
        };
        all.push((0..NODES).map(|_| uuid()).collect());
    }
    all
}

#[test]
fn realistic_names_share_the_circle_evenly() {
    let memberships = memberships();
    assert!(memberships.len() >= 40);
    let expected = 1.0 / f64::from(VNODES).sqrt();
    let (mut sum, mut within) = (0.0, 0);
    for names in &memberships {
        let shares = shares::<Native>(names);
        assert!(shares.iter().all(|&share| share > 0.0), "{} owns nothing", names[0]);
        let relative = deviation(&shares) / expected;
        // A hundred shares tell their own deviation only to about 7 %, so that one membership in
        // thirty or so must lie more than 15 % off: none four times 7 %.
        assert!((0.72..1.28).contains(&relative), "{}: {relative}", names[0]);
        sum += relative;
        within += usize::from((0.85..1.15).contains(&relative));
    }
    let mean = sum / memberships.len() as f64;
    assert!(within * 10 >= memberships.len() * 9, "{within} of {}", memberships.len());
    assert!((0.95..1.05).contains(&mean), "mean deviation {mean} of the expected one");
}

#[test]
#[cfg_attr(
    target_endian = "big",
    ignore = "Fx reads words in the order of bytes that the machine has"
)]
fn fx_over_names_leaves_nodes_with_nothing() {
    let names = hosts(1, 1);
    let fx = shares::<FxNames>(&names);
    let empty = fx.iter().filter(|&&share| share == 0.0).count();
    let relative = deviation(&fx) * f64::from(VNODES).sqrt();
    assert!(empty > 0, "every node owns something, deviation {relative}");
    assert!(relative > 1.28, "deviation {relative}");
    assert!(shares::<Native>(&names).iter().all(|&share| share > 0.0));
}
