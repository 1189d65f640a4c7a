//! libmemcached: `MEMCACHED_BEHAVIOR_KETAMA`, and `MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED`.
//!
//! Asks a [`Peer`] for its address, `host`, `host:port` or `[ip]:port`, its weight and its place in the list. Without
//! a port it is 11211. Nothing is resolved, and case counts.
//!
//! Which placement a client has:
//!
//! | what the client sets | placement | hash of keys |
//! |---|---|---|
//! | `KETAMA`, or a consistent `DISTRIBUTION` | [`Libmemcached`] | [`Hash::OneAtATime`], or what `HASH` says |
//! | the same, and some server has a weight above 1 | [`LibmemcachedWeighted`] | as above |
//! | `KETAMA_WEIGHTED` | [`LibmemcachedWeighted`] | [`Hash::Md5`], or what is set after it |
//!
//! A client that sets `HASH` after it was made consistent keeps the points that it has, of the hash before: set the
//! hash first. The first server of a weight above 1 makes a client count by weight from then on. A client that gets its
//! servers one by one before it is made consistent does not notice their weights.
//!
//! - **Labels.** Label *j* of a server, *j* from 0, is `host-j` if the port is 11211, else `host:port-j`; IPv6 has no
//!   brackets there. With [`Labels::Spy`] (`MEMCACHED_DISTRIBUTION_CONSISTENT_KETAMA_SPY`), it is `/host:port-j` for
//!   all ports.
//! - **Points of [`Libmemcached`].** A server has 100, whatever its weight: point *j* is the hash of label *j*, the
//!   same hash that keys have.
//! - **Points of [`LibmemcachedWeighted`].** A server has four points for each label, the four little-endian integers
//!   of 32 bits of its MD5 digest, whatever hash keys have. It has as many of 40 × servers labels as its weight is of
//!   all weights. That is rounded to binary32 in every step, and then down: 25 servers of one weight have 156 points
//!   each, not 160, and a small weight may have none.
//! - **Ties.** Of two points on one position the one of the server that is listed first owns it. Both stay in the
//!   ring.
//! - **Keys.** The point at the hash of the key owns it, or the next one. Keys are as the hash gets them: with the
//!   prefix in front if the client hashes it (`HASH_WITH_PREFIX_KEY`).
//! - **A server that is down** leaves the ring if the client removes failed servers (`REMOVE_FAILED_SERVERS`,
//!   `AUTO_EJECT_HOSTS`), and the others are counted anew. Otherwise it stays, and its keys fail.
//! - **A single server** is chosen without hashing. A ring of one server answers alike.
//! - **Moves.** In [`Libmemcached`] a server that comes or goes moves its own keys and no others, and a weight moves
//!   none. In [`LibmemcachedWeighted`] it changes how many points others have, most of them by a label or two, at the
//!   ends of their streams: so a few keys move between servers that stay. A list in another order is the same ring,
//!   but where points collide.
//! - **Capacity.** A ring in place needs room for 100 points for each server, or 160 by weight; never for more.
//!
//! Not promised: rings of more than 100 servers, with which libmemcached ends the program that it is in; which
//! servers hold a key's replicas (`NUMBER_OF_REPLICAS`), the next ones of the list and not of the ring: verbs that
//! answer with more than one server walk the ring. Sockets, whose address is a path, follow the source alone: with
//! the port 0, `/run/memcached.sock:0`, as `memcached_server_add_unix_socket` has them, and without one as
//! `memcached_server_add` does. Builds for processors other than x86-64 may fuse steps of the count, or have an
//! unsigned `char`.
//!
//! Checked with libmemcached 1.1.4 on x86-64, by 63,310 recorded routes and keys beside points, 50 whole rings, 3,720
//! points, 174 counts and 15 ties, without a mismatch:
//! `cargo test -p annulus-profiles --all-features --test routes --test libmemcached -- --nocapture`. Source:
//! `src/libmemcached/hosts.cc` and `hash.cc`.

use core::ops::Range;

use annulus::{KeyHash, Placement, PointsOf};

use crate::choice::hash_choice;
use crate::hash::{crc32, fnv, lookup3, md5, murmur2, murmur3, one_at_a_time};
use crate::ketama;
use crate::label::Label;
use crate::listed;
use crate::memcached::{Address, Binary32, DEFAULT_PORT, Hundred, PARTS};
use crate::peer::{Peer, Server};
use crate::refusal::{Refusal, Refused};
use crate::system::{Down, System};
use crate::text::{address, is_word};

hash_choice! {
    /// The hash of keys, and of the labels of [`Libmemcached`]: `MEMCACHED_BEHAVIOR_HASH`.
    ///
    /// The names are those of the option `--HASH`, in lower case.
    ///
    /// ```
    /// use annulus::KeyHash;
    /// use annulus_profiles::libmemcached::Hash;
    ///
    /// assert_eq!(Hash::default(), Hash::OneAtATime);
    /// assert_eq!(Hash::from_name("fnv1a_32"), Some(Hash::Fnv32a));
    /// assert_eq!(Hash::Md5.hash("abc"), 0x9850_0190);
    /// ```
    Hash {
        /// `MEMCACHED_HASH_DEFAULT`: [`one_at_a_time`].
        #[default]
        OneAtATime = "one_at_a_time", one_at_a_time::hash;
        /// `MEMCACHED_HASH_MD5`: the first integer of the MD5 digest.
        Md5 = "md5", md5::hash;
        /// `MEMCACHED_HASH_CRC`: 15 bits of CRC-32. All keys lie in the first part of 131,072 of the circle.
        Crc = "crc", crc32::shifted;
        /// `MEMCACHED_HASH_FNV1_64`: [`fnv::fnv64`].
        Fnv64 = "fnv1_64", fnv::fnv64;
        /// `MEMCACHED_HASH_FNV1A_64`: [`fnv::fnv64a`].
        Fnv64a = "fnv1a_64", fnv::fnv64a;
        /// `MEMCACHED_HASH_FNV1_32`: [`fnv::fnv32`].
        Fnv32 = "fnv1_32", fnv::fnv32;
        /// `MEMCACHED_HASH_FNV1A_32`: [`fnv::fnv32a`].
        Fnv32a = "fnv1a_32", fnv::fnv32a;
        /// `MEMCACHED_HASH_MURMUR`: [`murmur2::by_length`].
        Murmur = "murmur", murmur2::by_length;
        /// `MEMCACHED_HASH_MURMUR3`: [`murmur3::by_length`].
        Murmur3 = "murmur3", murmur3::by_length;
        /// `MEMCACHED_HASH_JENKINS`: [`lookup3`].
        Jenkins = "jenkins", lookup3::hash;
    }
}

impl<K: AsRef<[u8]> + ?Sized> KeyHash<K> for Hash {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        self.of(key.as_ref()).into()
    }
}

/// How labels are written, and what [`LibmemcachedWeighted`] is made with.
///
/// ```
/// use annulus_profiles::libmemcached::Labels;
///
/// assert_eq!(Labels::default(), Labels::Plain);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Labels {
    /// `host-j` if the port is 11211, else `host:port-j`.
    #[default]
    Plain,
    /// `/host:port-j`, as spymemcached has them where it knows an address and no name.
    Spy,
}

impl Labels {
    /// What all labels of a server begin with.
    fn begin<N: Peer>(self, node: &N) -> Label {
        let address = Address::of(address(node));
        let (host, port) = (address.host, address.number().unwrap_or(DEFAULT_PORT));
        match self {
            Self::Plain if port == DEFAULT_PORT => Label::new(format_args!("{host}-")),
            Self::Plain => Label::new(format_args!("{host}:{port}-")),
            Self::Spy => Label::new(format_args!("/{host}:{port}-")),
        }
    }
}

impl annulus::Config for Labels {
    const NAME: &'static str = "labels";

    fn fingerprint(&self) -> u64 {
        *self as u64
    }
}

/// What [`Libmemcached`] is made with: the hash of labels, and how they are written.
///
/// Keys must have the same hash, so make the ring with [`hash`](Self::hash).
///
/// ```
/// use annulus_profiles::libmemcached::{Config, Hash, Labels};
///
/// assert_eq!(Config::default(), Config::new(Hash::OneAtATime));
/// assert_eq!(Config::new(Hash::Md5).with_labels(Labels::Spy).labels(), Labels::Spy);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    hash: Hash,
    labels: Labels,
}

impl Config {
    /// This hash, and plain labels.
    #[must_use]
    pub const fn new(hash: Hash) -> Self {
        Self { hash, labels: Labels::Plain }
    }

    /// This configuration with labels that are written so.
    #[must_use]
    pub const fn with_labels(self, labels: Labels) -> Self {
        Self { labels, ..self }
    }

    /// The hash of labels and keys.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// How labels are written.
    #[must_use]
    pub const fn labels(&self) -> Labels {
        self.labels
    }
}

impl annulus::Config for Config {
    const NAME: &'static str = "hash";

    fn fingerprint(&self) -> u64 {
        self.hash as u64 | (self.labels as u64) << 32
    }
}

/// The placement of libmemcached without weights: 100 points a server.
///
/// O(1) a point: one hash of a label. Lookups are wait-free.
///
/// ```
/// use annulus_profiles::libmemcached::{self, Config, Libmemcached};
///
/// let config = Config::default();
/// let mut ring = annulus::Ring::<_, 2, 200, Libmemcached, _>::with_hash(config, config.hash());
/// ring.insert_all(libmemcached::servers(["10.0.0.1", "10.0.0.2:11212"])?)?;
/// assert_eq!(ring.view().point_count(), 200);
/// assert!(ring.owner("user:42").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Libmemcached;

/// The placement of libmemcached by weight: 160 points a server on average, or a few less.
///
/// O(1) a point, one MD5 digest for four. Lookups are wait-free.
///
/// ```
/// use annulus_profiles::libmemcached::{self, Hash, Labels, LibmemcachedWeighted};
///
/// type Ring<'a> = annulus::Ring<annulus_profiles::Server<'a>, 2, 320, LibmemcachedWeighted, Hash>;
///
/// let mut ring = Ring::with_hash(Labels::Plain, Hash::Md5);
/// ring.insert_all(libmemcached::servers(["10.0.0.1 3", "10.0.0.2:11212 1"])?)?;
/// let points: Vec<_> = ring.view().members().iter().map(|member| member.point_count()).collect();
/// assert_eq!(points, [240, 80]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct LibmemcachedWeighted;

/// A ring of libmemcached in place, without weights.
///
/// ```
/// use annulus_profiles::libmemcached::{self, Config, Ring};
///
/// let config = Config::default();
/// let mut ring = Ring::<_, 1, 100>::with_hash(config, config.hash());
/// ring.insert_all(libmemcached::servers(["10.0.0.1:11211"])?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize, H = Hash> =
    annulus::Ring<N, NODES, POINTS, Libmemcached, H>;

/// A ring of libmemcached in place, by weight.
///
/// ```
/// use annulus_profiles::libmemcached::{self, Hash, Labels, WeightedRing};
///
/// let mut ring = WeightedRing::<_, 1, 160>::with_hash(Labels::Plain, Hash::Md5);
/// ring.insert_all(libmemcached::servers(["10.0.0.1:11211 2"])?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type WeightedRing<N, const NODES: usize, const POINTS: usize, H = Hash> =
    annulus::Ring<N, NODES, POINTS, LibmemcachedWeighted, H>;

/// A ring of libmemcached on the heap, without weights.
///
/// ```
/// use annulus_profiles::libmemcached::{self, Config, HeapRing};
///
/// let config = Config::default();
/// let mut ring = HeapRing::<_>::with_hash(config, config.hash());
/// ring.insert_all(libmemcached::servers(["10.0.0.1:11211"])?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N, H = Hash> = annulus::HeapRing<N, Libmemcached, H>;

/// A ring of libmemcached on the heap, by weight.
///
/// ```
/// use annulus_profiles::libmemcached::{self, Hash, Labels, WeightedHeapRing};
///
/// let mut ring = WeightedHeapRing::<_>::with_hash(Labels::Plain, Hash::Md5);
/// ring.insert_all(libmemcached::servers(["10.0.0.1:11211 2"])?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type WeightedHeapRing<N, H = Hash> = annulus::HeapRing<N, LibmemcachedWeighted, H>;

impl Placement for Libmemcached {
    type Position = u32;
    type Config = Config;
    type Counts = Hundred;
    const NAME: &'static str = "libmemcached";

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for Libmemcached {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    /// The address says where the points are, and it is the identity.
    fn seed(_: &Config, _: &N) -> u64 {
        0
    }

    fn points(config: &Config, node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        let hash = config.hash;
        let mut label = config.labels.begin(node);
        range.map(move |number| hash.of(label.with(format_args!("{number}"))))
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl Placement for LibmemcachedWeighted {
    type Position = u32;
    type Config = Labels;
    type Counts = Binary32;
    const NAME: &'static str = "libmemcached-weighted";

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for LibmemcachedWeighted {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    /// The address says where the points are, and it is the identity.
    fn seed(_: &Labels, _: &N) -> u64 {
        0
    }

    fn points(labels: &Labels, node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        ketama::points::<PARTS>(labels.begin(node), range)
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

fn check<N: Peer>(node: &N) -> Result<(), Refusal> {
    let text = address(node);
    let address = Address::of(text);
    let is_port = |port| address.is_path() || port > 0;
    if !is_word(text) || address.host.is_empty() || address.host.contains(['[', ']']) {
        Err(Refusal::NotAnAddress)
    } else if !address.is_path() && address.host.contains(':') != text.starts_with('[') {
        Err(Refusal::Brackets)
    } else if address.port.is_some() && !address.number().is_some_and(is_port) {
        Err(Refusal::NotAPort)
    } else if node.weight() == 0 {
        Err(Refusal::NoWeight)
    } else {
        Ok(())
    }
}

impl<N: Peer> System<N> for Libmemcached {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check(_: &Config, node: &N) -> Result<(), Refusal> {
        check(node)
    }
}

impl<N: Peer> System<N> for LibmemcachedWeighted {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check(_: &Labels, node: &N) -> Result<(), Refusal> {
        check(node)
    }
}

/// The servers of a configuration string, `--SERVER=host:port/?weight` each, or of the list that
/// `memcached_servers_parse` takes, `host:port weight` each, in their order.
///
/// Port and weight may be missing. A weight of 0 is one of 1, as libmemcached has it. O(length).
///
/// ```
/// use annulus_profiles::libmemcached::servers;
///
/// let [a, b, c] = servers(["--SERVER=10.0.0.1:11212/?3", "[fd00::1]:11211 2", "cache-c"])?;
/// assert_eq!((a.address, a.weight), ("10.0.0.1:11212", 3));
/// assert_eq!((b.address, b.weight), ("[fd00::1]:11211", 2));
/// assert_eq!((c.address, c.weight, c.place), ("cache-c", 1, 2));
///
/// let refused = servers(["cache-a", "cache-b:99999"]).unwrap_err();
/// assert_eq!(refused.to_string(), "server 1: the port is not a number from 1 to 65535");
/// # Ok::<(), annulus_profiles::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`] with the place of the first server that libmemcached would refuse or misread, and why.
pub fn servers<const N: usize>(list: [&str; N]) -> Result<[Server<'_>; N], Refused> {
    listed::servers(list, server)
}

/// The server of one entry, at this place of the list.
fn server(place: u32, entry: &str) -> Result<Server<'_>, Refusal> {
    const OPTION: &str = "--SERVER=";
    let entry = entry.trim();
    let (address, weight) = match entry.split_at_checked(OPTION.len()) {
        Some((option, value)) if option.eq_ignore_ascii_case(OPTION) => value
            .split_once("/?")
            .map_or((value, None), |(address, weight)| (address, Some(weight))),
        _ => {
            entry.split_once(' ').map_or((entry, None), |(address, weight)| (address, Some(weight)))
        }
    };
    let weight = weight.map_or(Some(1), |weight| weight.parse::<u32>().ok());
    let server = Server::new(address, place).with_weight(weight.ok_or(Refusal::NotAWeight)?.max(1));
    check(&server).map(|()| server)
}

#[cfg(test)]
mod tests {
    use annulus::Config as _;

    use super::*;

    #[test]
    fn what_libmemcached_refuses_or_misreads() {
        for (entry, refusal) in [
            ("", Refusal::NotAnAddress),
            (":11211", Refusal::NotAnAddress),
            ("--server=", Refusal::NotAnAddress),
            ("a\tb", Refusal::NotAnAddress),
            ("[fd00::1:11211", Refusal::NotAnAddress),
            ("fd00::1", Refusal::Brackets),
            ("fd00::1:11211", Refusal::Brackets),
            ("[cache-a]:11211", Refusal::Brackets),
            ("cache-a:0", Refusal::NotAPort),
            ("cache-a:65536", Refusal::NotAPort),
            ("/run/a.sock:65536", Refusal::NotAPort),
            ("cache-a:11211 much", Refusal::NotAWeight),
            ("--SERVER=cache-a/?", Refusal::NotAWeight),
            ("--SERVER=cache-a/?4294967296", Refusal::NotAWeight),
        ] {
            assert_eq!(servers(["b", entry]), Err(Refused { at: 1, refusal }), "{entry}");
        }
        let none = Server::new("a", 0).with_weight(0);
        assert_eq!(Libmemcached::check(&Config::default(), &none), Err(Refusal::NoWeight));
        assert_eq!(LibmemcachedWeighted::check(&Labels::Spy, &none), Err(Refusal::NoWeight));
    }

    #[test]
    fn entries_of_both_forms() {
        for (entry, address, weight) in [
            ("--server=a.test", "a.test", 1),
            ("--SERVER=a.test/?7", "a.test", 7),
            (" a.test:11212 0 ", "a.test:11212", 1),
            ("/run/a.sock:0 2", "/run/a.sock:0", 2),
            ("/run/a.sock", "/run/a.sock", 1),
        ] {
            let [server] = servers([entry]).unwrap();
            assert_eq!((server.address, server.weight), (address, weight), "{entry}");
        }
    }

    #[test]
    fn labels_leave_out_the_default_port_and_brackets() {
        for (address, plain, spy) in [
            ("10.0.0.1:11211", "10.0.0.1-", "/10.0.0.1:11211-"),
            ("10.0.0.1", "10.0.0.1-", "/10.0.0.1:11211-"),
            ("10.0.0.1:09001", "10.0.0.1:9001-", "/10.0.0.1:9001-"),
            ("[fd00::1]:11211", "fd00::1-", "/fd00::1:11211-"),
            ("[fd00::1]:9001", "fd00::1:9001-", "/fd00::1:9001-"),
            ("/run/a.sock:0", "/run/a.sock:0-", "//run/a.sock:0-"),
            ("/run/a.sock", "/run/a.sock-", "//run/a.sock:11211-"),
        ] {
            let server = Server::new(address, 0);
            assert_eq!(Labels::Plain.begin(&server).as_bytes(), plain.as_bytes(), "{address}");
            assert_eq!(Labels::Spy.begin(&server).as_bytes(), spy.as_bytes(), "{address}");
        }
    }

    /// Configurations that place nodes differently differ in the fingerprint.
    #[test]
    fn fingerprints_tell_configurations_apart() {
        let labels = [Labels::Plain, Labels::Spy];
        let configs =
            Hash::ALL.iter().flat_map(|&hash| labels.map(|l| Config::new(hash).with_labels(l)));
        for (at, config) in configs.clone().enumerate() {
            let same = configs.clone().filter(|other| other.fingerprint() == config.fingerprint());
            assert_eq!(same.count(), 1, "configuration {at}");
        }
        assert_ne!(Labels::Plain.fingerprint(), Labels::Spy.fingerprint());
    }

    #[test]
    fn every_hash_has_its_name() {
        for &hash in Hash::ALL {
            assert_eq!(Hash::from_name(hash.name()), Some(hash));
        }
        assert_eq!(Hash::from_name("hsieh"), None);
    }
}
