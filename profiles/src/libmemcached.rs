//! libmemcached: `MEMCACHED_DISTRIBUTION_CONSISTENT`, plain, and weighted as `libketama` and its followers have it.
//!
//! Asks a [`Peer`] for its address, `host:port` or `[ip]:port` (11211 where it has none), and its place; [`Weighted`]
//! also for its weight.
//!
//! | | [`Plain`] | [`Weighted`] |
//! |---|---|---|
//! | set by | `DISTRIBUTION_CONSISTENT` | `DISTRIBUTION_CONSISTENT_WEIGHTED`, `BEHAVIOR_KETAMA_WEIGHTED` |
//! | points of a server | 100, the key hash of a label each | its [share](Binary32) of 160 times the servers, four of the MD5 of a label |
//! | keys, unless another [`Hash`](enum@Hash) is set | one at a time | MD5 |
//! | a server that comes, goes or changes its weight | moves its own keys, but where points collide | may also move a few keys of others, whose shares are rounded anew |
//!
//! - **Labels** are `host:port-0`, `host:port-1` and so on; `host-0` where the port is 11211. IPv6 has no brackets
//!   there.
//!   [`Labels::Spy`] is what the Java client spymemcached writes: `/host:port-0`, always with a port.
//! - **Ties.** Of points on one position the server that is listed first owns it. A list in another order is another
//!   ring where points collide.
//! - **A server that is down** leaves the ring (`BEHAVIOR_AUTO_EJECT_HOSTS`); the shares of the others are counted
//!   anew.
//! - A single server is chosen without hashing, which comes to the same.
//! - **Capacity.** A weighted ring in place needs room for 160 points a server.
//!
//! Source: `libmemcached/hosts.cc`, `libhashkit`, 1.1.4.

use core::ops::Range;

use annulus::{Counts, KeyHash, Placement, PointsOf};

use crate::hash::{crc32, fnv, lookup3, md5, murmur2, murmur3, one_at_a_time};
use crate::ketama;
pub use crate::ketama::Binary32;
use crate::label::Label;
use crate::peer::{Peer, Server};
use crate::refusal::{Refusal, Refused};
use crate::system::{Down, System};
use crate::text::{address, split_port, without_brackets};

/// The port that labels leave out.
const PORT: &str = "11211";

/// The hash of keys, and of the labels of a plain ring: `MEMCACHED_BEHAVIOR_KETAMA_HASH`, or `BEHAVIOR_HASH`.
///
/// ```
/// use annulus::KeyHash;
/// use annulus_profiles::libmemcached::Hash;
///
/// assert_eq!(Hash::OneAtATime.hash("a"), 0xca2e_9442);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hash {
    /// `default`: Jenkins' one-at-a-time.
    #[default]
    OneAtATime,
    /// `md5`.
    Md5,
    /// `crc`: bits 16 to 30 of CRC-32.
    Crc,
    /// `fnv1_64`.
    Fnv64,
    /// `fnv1a_64`.
    Fnv64a,
    /// `fnv1_32`.
    Fnv32,
    /// `fnv1a_32`.
    Fnv32a,
    /// `murmur`.
    Murmur,
    /// `murmur3`.
    Murmur3,
    /// `jenkins`.
    Jenkins,
}

impl Hash {
    /// All hashes, by the names that libmemcached's tools have for them; the default is `one_at_a_time` here.
    pub const ALL: [(&'static str, Self); 10] = [
        ("one_at_a_time", Self::OneAtATime),
        ("md5", Self::Md5),
        ("crc", Self::Crc),
        ("fnv1_64", Self::Fnv64),
        ("fnv1a_64", Self::Fnv64a),
        ("fnv1_32", Self::Fnv32),
        ("fnv1a_32", Self::Fnv32a),
        ("murmur", Self::Murmur),
        ("murmur3", Self::Murmur3),
        ("jenkins", Self::Jenkins),
    ];

    /// The hash of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|&(of, _)| of == name).map(|(_, hash)| hash)
    }
}

impl<K: AsRef<[u8]> + ?Sized> KeyHash<K> for Hash {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        let key = key.as_ref();
        match self {
            Self::OneAtATime => one_at_a_time::OneAtATime.hash(key),
            Self::Md5 => md5::Md5.hash(key),
            Self::Crc => crc32::Crc32Shifted.hash(key),
            Self::Fnv64 => fnv::Fnv64.hash(key),
            Self::Fnv64a => fnv::Fnv64a.hash(key),
            Self::Fnv32 => fnv::Fnv32.hash(key),
            Self::Fnv32a => fnv::Fnv32a.hash(key),
            Self::Murmur => murmur2::Murmur2.hash(key),
            Self::Murmur3 => murmur3::Murmur3.hash(key),
            Self::Jenkins => lookup3::Lookup3.hash(key),
        }
    }
}

/// How labels are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Labels {
    /// `host:port-0`, or `host-0` where the port is 11211.
    #[default]
    Default,
    /// `/host:port-0`: `DISTRIBUTION_CONSISTENT_KETAMA_SPY`.
    Spy,
}

impl annulus::Config for Labels {
    const NAME: &'static str = "labels";

    fn fingerprint(&self) -> u64 {
        *self as u64
    }
}

/// What a plain ring is made with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Config {
    /// How labels are written.
    pub labels: Labels,
    /// The hash of labels. That of keys, which the ring is made with too, is the same in libmemcached.
    pub hash: Hash,
}

impl annulus::Config for Config {
    const NAME: &'static str = "options";

    fn fingerprint(&self) -> u64 {
        self.labels as u64 | (self.hash as u64) << 8
    }
}

/// The placement of plain rings.
///
/// ```
/// use annulus_profiles::libmemcached::{self, Config, Hash, Plain};
///
/// let (config, hash) = (Config::default(), Hash::default());
/// let mut ring = annulus::Ring::<_, 2, 200, Plain, Hash>::with_hash(config, hash);
/// ring.insert_all(libmemcached::servers(["10.0.0.1:11211", "10.0.0.2:11211"])?)?;
/// assert_eq!(ring.view().point_count(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Plain;

/// The placement of weighted rings.
///
/// ```
/// use annulus_profiles::libmemcached::{self, Hash, Labels, Weighted};
///
/// let mut ring = annulus::Ring::<_, 2, 320, Weighted, Hash>::with_hash(Labels::Default, Hash::Md5);
/// ring.insert_all(libmemcached::servers(["10.0.0.1:11211/?3", "10.0.0.2:11211"])?)?;
/// // Three quarters of 320.
/// assert_eq!(ring.get("10.0.0.1:11211").map(|server| server.point_count()), Some(240));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Weighted;

/// What all labels of a server begin with.
pub(crate) fn label<N: Peer>(labels: Labels, node: &N) -> Label {
    let (host, port) = split_port(address(node));
    let (host, port) = (without_brackets(host), port.unwrap_or(PORT));
    match labels {
        Labels::Default if port == PORT => Label::new(format_args!("{host}-")),
        Labels::Default => Label::new(format_args!("{host}:{port}-")),
        Labels::Spy => Label::new(format_args!("/{host}:{port}-")),
    }
}

/// What libmemcached refuses of a server.
pub(crate) fn check<N: Peer>(node: &N) -> Result<(), Refusal> {
    let address = address(node);
    if address.is_empty() || address.contains(char::is_whitespace) {
        return Err(Refusal::NotAnAddress);
    }
    if node.weight() == 0 { Err(Refusal::NoWeight) } else { Ok(()) }
}

/// 100 points, whatever the weight.
#[derive(Clone, Copy, Debug)]
pub struct Hundred(());

impl<C> Counts<C> for Hundred {
    const RELATIVE: bool = false;

    fn new(_: &C, _: impl Iterator<Item = u32> + Clone) -> Self {
        Self(())
    }

    fn next(&mut self, _: u32) -> u64 {
        100
    }
}

impl Placement for Plain {
    type Position = u32;
    type Config = Config;
    type Counts = Hundred;
    const NAME: &'static str = "libmemcached";

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for Plain {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    fn seed(config: &Config, node: &N) -> u64 {
        md5::hash(label(config.labels, node).as_bytes()).into()
    }

    fn points(config: &Config, node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        let (mut label, hash) = (label(config.labels, node), config.hash);
        range.map(move |number| hash.hash(label.with(format_args!("{number}"))) as u32)
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl<N: Peer> System<N> for Plain {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check(_: &Config, node: &N) -> Result<(), Refusal> {
        check(node)
    }
}

impl Placement for Weighted {
    type Position = u32;
    type Config = Labels;
    type Counts = Binary32;
    const NAME: &'static str = "libmemcached-weighted";

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for Weighted {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    fn seed(labels: &Labels, node: &N) -> u64 {
        md5::hash(label(*labels, node).as_bytes()).into()
    }

    fn points(labels: &Labels, node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        ketama::points::<4>(label(*labels, node), range)
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl<N: Peer> System<N> for Weighted {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check(_: &Labels, node: &N) -> Result<(), Refusal> {
        check(node)
    }
}

/// The servers of these texts, as behind `--SERVER=` in a configuration of libmemcached: `host:port`, with `/?` and
/// the weight behind it if that is not 1. O(length).
///
/// # Errors
///
/// [`Refused`] with the place of the first that libmemcached would refuse, and why.
pub fn servers<const N: usize>(texts: [&str; N]) -> Result<[Server<'_>; N], Refused> {
    let mut servers = [Server::new("", 0); N];
    for (at, (server, text)) in servers.iter_mut().zip(texts).enumerate() {
        let (address, weight) = match text.split_once("/?") {
            Some((address, weight)) => (address, weight.parse().ok()),
            None => (text, Some(1)),
        };
        let read = weight.ok_or(Refusal::NoWeight);
        let read = read.map(|weight| Server::new(address, at as u32).with_weight(weight));
        *server = read
            .and_then(|server| check(&server).map(|()| server))
            .map_err(|refusal| Refused { at, refusal })?;
    }
    Ok(servers)
}
