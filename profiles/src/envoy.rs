//! Envoy: `RING_HASH`; and gRPC: `ring_hash_experimental`.
//!
//! Asks a [`Peer`] for its address, `ip:port` or `[ip]:port`, its weight, and its place; also for its name, where
//! Envoy hashes a host name (`use_hostname_for_hashing`) or a `hash_key` in place of the address.
//!
//! - **How many points** each server has depends on all weights: the ring has a [least and a most](Config) size, and
//!   server after server, in the order of their places, a running sum in binary64 says how many points are due. So a
//!   server that comes or goes, or changes its weight, may move a few keys of others; and a list in another order
//!   is another ring, though nearly the same.
//! - **Points.** XXH64 of the address (or name), `_` and the number of the point, on 64 bits. Envoy's other hash of
//!   points is MurmurHash64A: [`Points::Murmur`].
//! - **Keys.** XXH64 of the key, whichever hash the points have.
//! - **A server that is down** leaves the ring, and the others are counted anew.
//! - **Capacity.** A ring in place needs room for the most points: [`Config::max`] rounded up, one more at most.
//!
//! gRPC has the same ring with a cap on both sizes: [`Config::grpc`].
//!
//! Not promised: weights of localities, which Envoy multiplies with those of servers; bounded loads
//! (`hash_balance_factor`). Envoy and gRPC answer with one server for a key; verbs that answer with more walk
//! clockwise from it.
//!
//! Checked with gRPC core 1.85: 7,392 recorded answers, without a mismatch, by
//! `cargo test -p annulus-profiles --all-features --test routes grpc -- --nocapture`; and with 39 values that Envoy's
//! own tests have, by `--test envoy`. No Envoy was asked. Source: `ring_hash_lb.cc` of Envoy; gRPC A42.

use core::ops::Range;

use annulus::{Counts, Placement, PointsOf};

use crate::hash::murmur2;
use crate::hash::xxhash::{Xxh64, xxh64};
use crate::label::Label;
use crate::listed;
use crate::peer::{Peer, Server};
use crate::refusal::{Refusal, Refused};
use crate::system::{Down, System};
use crate::text::{address, socket};

/// The hash of keys.
pub type Hash = Xxh64;

/// The most points that Envoy and gRPC let a ring be configured with.
pub const MOST: u64 = 8_388_608;

/// The seed of MurmurHash64A in Envoy.
const SEED: u64 = 0xc70f_6907;

/// The placement of Envoy and gRPC.
///
/// ```
/// use annulus_profiles::envoy::{self, Config, Envoy, Hash};
///
/// let mut ring = annulus::Ring::<_, 2, 1_025, Envoy, Hash>::with_hash(Config::ENVOY, Hash::default());
/// ring.insert_all(envoy::servers([("10.0.0.1:80", 1), ("10.0.0.2:80", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 1_024);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Envoy;

/// A ring of Envoy or gRPC in place.
///
/// ```
/// use annulus_profiles::envoy::{self, Config, Hash, Ring};
///
/// let mut ring = Ring::<_, 1, 1_025>::with_hash(Config::GRPC, Hash::default());
/// ring.insert_all(envoy::servers([("10.0.0.1:80", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 1_024);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, Envoy, Hash>;

/// A ring of Envoy or gRPC on the heap.
///
/// ```
/// use annulus_profiles::envoy::{self, Config, Hash, HeapRing};
///
/// let mut ring = HeapRing::with_hash(Config::ENVOY, Hash::default());
/// ring.insert_all(envoy::servers([("10.0.0.1:80", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 1_024);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N> = annulus::HeapRing<N, Envoy, Hash>;

/// Which hash points have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Points {
    /// XXH64: `XX_HASH`.
    #[default]
    Xxh,
    /// MurmurHash64A: `MURMUR_HASH_2`.
    Murmur,
}

/// The sizes of a ring, and the hash of its points.
///
/// ```
/// use annulus_profiles::envoy::Config;
///
/// assert_eq!(Config::grpc(1_024, 8_388_608, 4_096).map(|config| config.max()), Some(4_096));
/// assert_eq!(Config::new(20, 10), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    min: u64,
    max: u64,
    points: Points,
}

impl Config {
    /// What Envoy has where its configuration says nothing: 1,024 to 8,388,608 points.
    pub const ENVOY: Self = Self { min: 1_024, max: MOST, points: Points::Xxh };

    /// What gRPC has where its configuration says nothing: 1,024 to 4,096 points.
    pub const GRPC: Self = Self { max: 4_096, ..Self::ENVOY };

    /// A ring of `min` to `max` points; `None` if Envoy would refuse them: from 1 to [`MOST`], `min` no more than
    /// `max`.
    #[must_use]
    pub const fn new(min: u64, max: u64) -> Option<Self> {
        if min == 0 || min > max || max > MOST {
            return None;
        }
        Some(Self { min, max, points: Points::Xxh })
    }

    /// As [`new`](Self::new), with both sizes at most `cap`, as gRPC has them; its cap is 4,096 unless a
    /// program sets another.
    #[must_use]
    pub const fn grpc(min: u64, max: u64, cap: u64) -> Option<Self> {
        if cap == 0 {
            return None;
        }
        match Self::new(min, max) {
            Some(Self { min, max, points }) => {
                let min = if min < cap { min } else { cap };
                let max = if max < cap { max } else { cap };
                Some(Self { min, max, points })
            }
            None => None,
        }
    }

    /// This configuration with another hash of points.
    #[must_use]
    pub const fn with_points(self, points: Points) -> Self {
        Self { points, ..self }
    }

    /// The least size.
    #[must_use]
    pub const fn min(&self) -> u64 {
        self.min
    }

    /// The most points.
    #[must_use]
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// The hash of points.
    #[must_use]
    pub const fn points(&self) -> Points {
        self.points
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::ENVOY
    }
}

impl annulus::Config for Config {
    const NAME: &'static str = "sizes";

    fn fingerprint(&self) -> u64 {
        // Both are at most 2^23.
        self.min | self.max << 24 | (self.points as u64) << 48
    }
}

/// How many points each server has: see the [page of the module](self).
#[derive(Clone, Copy, Debug)]
pub struct Running {
    /// The points of a weight of 1 in all.
    scale: f64,
    /// The sum of all weights.
    total: f64,
    /// The points that are due.
    target: f64,
    /// The points so far.
    count: u64,
}

/// The least integer that is no less than `x`, which is neither negative nor 2⁵³ or more.
fn ceil(x: f64) -> u64 {
    let whole = x as u64;
    whole + u64::from((whole as f64) < x)
}

impl Counts<Config> for Running {
    const RELATIVE: bool = true;

    fn new(config: &Config, weights: impl Iterator<Item = u32> + Clone) -> Self {
        let Some(least) = weights.clone().min() else {
            // Nobody has a weight, so nobody has points.
            return Self { scale: 0.0, total: 1.0, target: 0.0, count: 0 };
        };
        let total = weights.map(u64::from).sum::<u64>() as f64;
        let least = f64::from(least) / total;
        let scale = (ceil(least * config.min as f64) as f64 / least).min(config.max as f64);
        Self { scale, total, target: 0.0, count: 0 }
    }

    fn next(&mut self, weight: u32) -> u64 {
        self.target += self.scale * (f64::from(weight) / self.total);
        let before = self.count;
        self.count = self.count.max(ceil(self.target));
        self.count - before
    }
}

impl Placement for Envoy {
    type Position = u64;
    type Config = Config;
    type Counts = Running;
    const NAME: &'static str = "envoy";

    #[inline]
    fn key(hash: u64) -> u64 {
        hash
    }
}

impl<N: Peer> PointsOf<N> for Envoy {
    const ORDERS: bool = true;

    fn seed(_: &Config, node: &N) -> u64 {
        xxh64(node.name().unwrap_or_else(|| address(node)).as_bytes(), 0)
    }

    fn points(config: &Config, node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u64> {
        let points = config.points;
        let text = node.name().unwrap_or_else(|| address(node));
        let mut label = Label::new(format_args!("{text}_"));
        range.map(move |number| {
            let label = label.with(format_args!("{number}"));
            match points {
                Points::Xxh => xxh64(label, 0),
                Points::Murmur => murmur2::hash64a(label, SEED),
            }
        })
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl<N: Peer> System<N> for Envoy {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check(_: &Config, node: &N) -> Result<(), Refusal> {
        match socket(node) {
            None => Err(Refusal::NotAnEndpoint),
            Some(_) if node.weight() == 0 => Err(Refusal::NoWeight),
            Some(_) => Ok(()),
        }
    }
}

/// The servers of these addresses and weights, in their order. O(length).
///
/// ```
/// use annulus_profiles::envoy::servers;
///
/// let [_, second] = servers([("10.0.0.1:80", 1), ("[fd00::1]:80", 2)])?;
/// assert_eq!((second.address, second.place, second.weight), ("[fd00::1]:80", 1, 2));
/// assert!(servers([("10.0.0.1:80", 0)]).is_err());
/// # Ok::<(), annulus_profiles::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`] with the place of the first that Envoy would refuse, and why.
pub fn servers<const N: usize>(endpoints: [(&str, u32); N]) -> Result<[Server<'_>; N], Refused> {
    listed::servers(endpoints, |place, (address, weight)| {
        let server = Server::new(address, place).with_weight(weight);
        Envoy::check(&Config::ENVOY, &server).map(|()| server)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_are_the_least_integers_above() {
        for (x, expected) in
            [(0.0, 0), (0.1, 1), (1.0, 1), (1.000_000_1, 2), (8_388_607.5, 8_388_608)]
        {
            assert_eq!(ceil(x), expected, "{x}");
        }
    }

    #[test]
    fn a_ring_without_weights_has_no_points() {
        let hash = Hash::default();
        let mut ring = annulus::Ring::<_, 1, 1_024, Envoy, _>::with_hash(Config::GRPC, hash);
        ring.insert_all([]).unwrap();
        for _ in 0..2 {
            ring.insert(Server::new("10.0.0.1:80", 0)).unwrap();
            assert_eq!(ring.view().point_count(), 1_024);
            ring.set_weight("10.0.0.1:80", 0).unwrap();
            assert_eq!(ring.view().point_count(), 0);
            ring.set_weight("10.0.0.1:80", 7).unwrap();
            assert_eq!(ring.view().point_count(), 1_024);
            ring.remove("10.0.0.1:80").unwrap();
            assert_eq!(ring.view().point_count(), 0);
        }
    }
}
