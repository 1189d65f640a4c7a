//! twemproxy (nutcracker): `distribution: ketama`.
//!
//! Asks a [`Peer`] for its address, `host:port` as the `servers` of a pool have it, its weight and its place in the
//! list; and for its name, if the list has one for it. Nothing is resolved, and case counts.
//!
//! - **How many points.** A server has four points for each of its labels: as many of 40 × servers labels as its
//!   weight is of all weights. That is rounded to binary32 in every step, and then down: 25 servers of one weight
//!   have 156 points each, not 160, and a small weight may have none.
//! - **Points.** Label *j* is `name-j`, *j* from 0. A server without a name has its address for one, without the port
//!   if that is 11211; IPv6 has no brackets. So the ring is that of [`LibmemcachedWeighted`] if no server has a name.
//!   The points of a label are the four little-endian integers of 32 bits of its MD5 digest, whatever hash keys have.
//! - **Ties.** Of two points on one position the one of the server that is listed first owns it, where the C library
//!   sorts stably, as glibc did when this was recorded. Both stay in the ring.
//! - **Keys.** The point at the [hash](enum@Hash) of the key owns it, or the next one. The option `hash_tag` is
//!   [`Tagged`](annulus::Tagged), which has the same rule. An empty key is hashed to 0.
//! - **A server that is down** leaves the ring if `auto_eject_hosts` is `true`, and the others are counted anew.
//!   Otherwise it stays, and its keys fail.
//! - **A single server** is chosen without hashing. A ring of one server answers alike.
//! - **Moves.** A server that comes or goes, or changes its weight, changes how many points others have, most of them
//!   by a label or two, at the ends of their streams: so a few keys move between servers that stay. A list in another
//!   order is the same ring, but where points collide.
//! - **Capacity.** A ring in place needs room for 160 points for each server, never for more.
//!
//! Not promised: verbs that answer with more than one server, for twemproxy has no such answer. Empty keys and
//! sockets, `/path:weight`, follow the source alone, as does the room for names of [`LONGEST`] bytes: twemproxy reads
//! past it where a label, number included, is longer than 85 bytes. Nor weights that are 2³² or more in all. Builds
//! for processors other than x86-64 may fuse steps of the count, or have an unsigned `char`.
//!
//! Checked with twemproxy 0.5.0 on x86-64, by 22,462 recorded routes and keys beside points without a mismatch:
//! `cargo test -p annulus-profiles --all-features --test routes -- --nocapture`. Source:
//! `src/hashkit/nc_ketama.c`, `src/nc_server.c` and `src/nc_conf.c`.
//!
//! [`LibmemcachedWeighted`]: crate::libmemcached::LibmemcachedWeighted

use core::ops::Range;

use annulus::{KeyHash, Placement, PointsOf};

use crate::choice::hash_choice;
use crate::hash::{crc16, crc32, fnv, hsieh, lookup3, md5, murmur2, one_at_a_time};
use crate::ketama;
use crate::label::Label;
use crate::listed;
use crate::memcached::{Address, Binary32, DEFAULT_PORT, PARTS};
use crate::peer::{Peer, Server};
use crate::refusal::{Refusal, Refused};
use crate::system::{Down, System};
use crate::text::{address, is_word};

/// The most bytes that a name has, or an address that stands for one: twemproxy has room for 85 with the number.
pub const LONGEST: u32 = 83;

hash_choice! {
    /// The hash of keys: the option `hash` of a pool. Its names are those of the option.
    ///
    /// ```
    /// use annulus::KeyHash;
    /// use annulus_profiles::twemproxy::Hash;
    ///
    /// assert_eq!(Hash::default(), Hash::Fnv64a);
    /// assert_eq!(Hash::from_name("crc32a"), Some(Hash::Crc32a));
    /// assert_eq!(Hash::Md5.hash("abc"), 0x9850_0190);
    /// assert_eq!(Hash::Md5.hash(""), 0);
    /// ```
    Hash {
        /// [`one_at_a_time`].
        OneAtATime = "one_at_a_time", one_at_a_time::hash;
        /// The first integer of the MD5 digest.
        Md5 = "md5", md5::hash;
        /// [`crc16`].
        Crc16 = "crc16", crc16::hash;
        /// 15 bits of CRC-32. All keys lie in the first part of 131,072 of the circle.
        Crc32 = "crc32", crc32::shifted;
        /// All 32 bits of CRC-32.
        Crc32a = "crc32a", crc32::hash;
        /// [`fnv::fnv64`].
        Fnv64 = "fnv1_64", fnv::fnv64;
        /// [`fnv::fnv64a`]: the default.
        #[default]
        Fnv64a = "fnv1a_64", fnv::fnv64a;
        /// [`fnv::fnv32`].
        Fnv32 = "fnv1_32", fnv::fnv32;
        /// [`fnv::fnv32a`].
        Fnv32a = "fnv1a_32", fnv::fnv32a;
        /// [`hsieh`].
        Hsieh = "hsieh", hsieh::hash;
        /// [`murmur2::by_length`].
        Murmur = "murmur", murmur2::by_length;
        /// [`lookup3`].
        Jenkins = "jenkins", lookup3::hash;
    }
}

impl<K: AsRef<[u8]> + ?Sized> KeyHash<K> for Hash {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        match key.as_ref() {
            [] => 0,
            key => self.of(key).into(),
        }
    }
}

/// The placement of twemproxy.
///
/// O(1) a point, one MD5 digest for four. Lookups are wait-free.
///
/// ```
/// use annulus::Tagged;
/// use annulus_profiles::twemproxy::{self, Hash, Twemproxy};
///
/// // hash_tag: "{}"
/// let hash = Tagged::with_braces(Hash::default(), b'{', b'}');
/// let mut ring = annulus::Ring::<_, 2, 320, Twemproxy, _>::with_hash((), hash);
/// ring.insert_all(twemproxy::servers(["10.0.0.1:6379:3 cache-a", "10.0.0.2:6379:1 cache-b"])?)?;
/// let points: Vec<_> = ring.view().members().iter().map(|member| member.point_count()).collect();
/// assert_eq!(points, [240, 80]);
/// assert_eq!(ring.owner("{user:42}:cart"), ring.owner("{user:42}:orders"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Twemproxy;

/// A ring of twemproxy in place.
///
/// ```
/// use annulus_profiles::twemproxy::{self, Hash, Ring};
///
/// let mut ring = Ring::<_, 1, 160>::with_hash((), Hash::default());
/// ring.insert_all(twemproxy::servers(["10.0.0.1:11211:1"])?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize, H = Hash> =
    annulus::Ring<N, NODES, POINTS, Twemproxy, H>;

/// A ring of twemproxy on the heap.
///
/// ```
/// use annulus_profiles::twemproxy::{self, Hash, HeapRing};
///
/// let mut ring = HeapRing::<_>::with_hash((), Hash::default());
/// ring.insert_all(twemproxy::servers(["10.0.0.1:11211:1"])?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N, H = Hash> = annulus::HeapRing<N, Twemproxy, H>;

/// The name of a server as twemproxy has it: what is hashed, as two parts.
fn name<N: Peer + ?Sized>(node: &N) -> [&str; 3] {
    if let Some(name) = node.name() {
        return [name, "", ""];
    }
    let address = Address::of(address(node));
    match address.port {
        // The name of a socket has the colon that stands before its weight.
        _ if address.is_path() => [address.host, ":", ""],
        Some(port) if address.number() != Some(DEFAULT_PORT) => [address.host, ":", port],
        _ => [address.host, "", ""],
    }
}

/// What all labels of a server begin with.
fn label<N: Peer>(node: &N) -> Label {
    let [host, colon, port] = name(node);
    Label::new(format_args!("{host}{colon}{port}-"))
}

impl Placement for Twemproxy {
    type Position = u32;
    type Config = ();
    type Counts = Binary32;
    const NAME: &'static str = "twemproxy";

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for Twemproxy {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    /// Servers of one address may have different names.
    fn seed(_: &(), node: &N) -> u64 {
        let [a, b, ..] = md5::words(md5::digest(label(node).as_bytes()));
        u64::from(a) | u64::from(b) << 32
    }

    fn points(_: &(), node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        ketama::points::<PARTS>(label(node), range)
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl<N: Peer> System<N> for Twemproxy {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check(_: &(), node: &N) -> Result<(), Refusal> {
        let text = address(node);
        let Address { host, port } = Address::of(text);
        let has_room = name(node).iter().map(|part| part.len()).sum::<usize>() <= LONGEST as usize;
        if !is_word(text) || host.is_empty() || !node.name().is_none_or(is_word) {
            Err(Refusal::NotAnAddress)
        } else if !has_room {
            Err(Refusal::NameLongerThan(LONGEST))
        } else if node.weight() == 0 {
            Err(Refusal::NoWeight)
        } else if node.weight() > i32::MAX as u32 {
            Err(Refusal::WeightAbove(i32::MAX as u32))
        } else if host.starts_with('/') {
            Ok(())
        } else {
            match port.map(str::parse::<u16>) {
                None => Err(Refusal::NoPort),
                Some(Ok(1..)) => Ok(()),
                Some(_) => Err(Refusal::NotAPort),
            }
        }
    }
}

/// The servers of the entries of `servers` in a pool, `host:port:weight` or `host:port:weight name` each, in their
/// order. IPv6 has no brackets there. O(servers² × length).
///
/// ```
/// use annulus_profiles::twemproxy::servers;
///
/// let [a, b] = servers(["127.0.0.1:6379:1", "fd00::1:6379:3 cache-b"])?;
/// assert_eq!((a.address, a.weight, a.name), ("127.0.0.1:6379", 1, None));
/// assert_eq!((b.address, b.weight, b.name), ("fd00::1:6379", 3, Some("cache-b")));
///
/// let refused = servers(["127.0.0.1:6379:1", "127.0.0.1:6380"]).unwrap_err();
/// assert_eq!(refused.to_string(), "server 1: it is not of the form host:port:weight [name]");
/// # Ok::<(), annulus_profiles::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`] with the place of the first server that twemproxy would refuse, and why.
pub fn servers<const N: usize>(entries: [&str; N]) -> Result<[Server<'_>; N], Refused> {
    let servers = listed::servers(entries, server)?;
    let twin = |at: usize| {
        let name = name(servers.get(at)?).into_iter().flat_map(str::bytes);
        let mut before = servers.iter().take(at);
        before.find(|other| self::name(*other).into_iter().flat_map(str::bytes).eq(name.clone()))
    };
    match (0..N).find(|&at| twin(at).is_some()) {
        Some(at) => Err(Refused { at, refusal: Refusal::SameName }),
        None => Ok(servers),
    }
}

/// The server of one entry, at this place of the list.
fn server(place: u32, entry: &str) -> Result<Server<'_>, Refusal> {
    const FORM: Refusal = Refusal::Form("host:port:weight [name]");
    let entry = entry.trim();
    let (server, name) = match entry.rsplit_once(' ') {
        Some((server, name)) => (server, Some(name)),
        None => (entry, None),
    };
    let (address, weight) = server.rsplit_once(':').ok_or(FORM)?;
    let server = Server::new(address, place);
    let server = server.with_weight(weight.parse().map_err(|_| Refusal::NotAWeight)?);
    let server = name.map_or(server, |name| server.with_name(name));
    match Twemproxy::check(&(), &server) {
        // One of port and weight is missing.
        Err(Refusal::NoPort) => Err(FORM),
        checked => checked.map(|()| server),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_twemproxy_refuses() {
        let form = Refusal::Form("host:port:weight [name]");
        for (entry, refusal) in [
            ("", form),
            ("cache-a", form),
            ("127.0.0.1:6379", form),
            (":6379:1", Refusal::NotAnAddress),
            ("127.0.0.1:6379:", Refusal::NotAWeight),
            ("127.0.0.1:6379:1 a b", Refusal::NotAWeight),
            ("127.0.0.1:6379:-1", Refusal::NotAWeight),
            ("127.0.0.1:6379:0", Refusal::NoWeight),
            ("127.0.0.1:6379:2147483648", Refusal::WeightAbove(2_147_483_647)),
            ("127.0.0.1:0:1", Refusal::NotAPort),
            ("127.0.0.1:65536:1", Refusal::NotAPort),
            ("/run/a b.sock:1 c", Refusal::NotAnAddress),
            ("127.0.0.1:11211:1 other:80", Refusal::SameName),
            ("other:80:1", Refusal::SameName),
        ] {
            let refused = servers(["other:80:1", entry]).unwrap_err();
            assert_eq!(refused, Refused { at: 1, refusal }, "{entry}");
        }
        assert!(servers(["other:80:1 a", "other:80:1 b"]).is_ok());
    }

    #[test]
    fn a_name_has_room_for_its_length() {
        let long = ["a"; 84].concat();
        let named = |name| Twemproxy::check(&(), &Server::new("a:80", 0).with_name(name));
        assert_eq!(named(&long[1..]), Ok(()));
        assert_eq!(named(&long), Err(Refusal::NameLongerThan(83)));
        let unnamed = |address: &str| Twemproxy::check(&(), &Server::new(address, 0));
        assert_eq!(unnamed(&[&long[1..], ":11211"].concat()), Ok(()));
        assert_eq!(unnamed(&[&long[3..], ":80"].concat()), Err(Refusal::NameLongerThan(83)));
        assert_eq!(named(""), Err(Refusal::NotAnAddress));
    }

    #[test]
    fn labels_are_names_or_addresses() {
        for (entry, label) in [
            ("127.0.0.1:11211:1", "127.0.0.1-"),
            ("127.0.0.1:011211:1", "127.0.0.1-"),
            ("127.0.0.1:06379:1", "127.0.0.1:06379-"),
            ("127.0.0.1:6379:1 cache-a", "cache-a-"),
            ("fd00::1:11211:1", "fd00::1-"),
            ("fd00::1:6379:1", "fd00::1:6379-"),
            ("/run/a.sock:1", "/run/a.sock:-"),
            ("/run/a.sock:1 cache-a", "cache-a-"),
        ] {
            let [server] = servers([entry]).unwrap();
            assert_eq!(super::label(&server).as_bytes(), label.as_bytes(), "{entry}");
        }
        let bracketed = Server::new("[fd00::1]:6379", 0);
        assert_eq!(super::label(&bracketed).as_bytes(), b"fd00::1:6379-");
    }

    #[test]
    fn servers_of_one_address_and_two_names_have_two_seeds() {
        let [a, b] = servers(["a:80:1 a", "a:80:1 b"]).unwrap();
        assert_ne!(Twemproxy::seed(&(), &a), Twemproxy::seed(&(), &b));
    }

    #[test]
    fn an_empty_key_is_at_zero_and_every_hash_has_its_name() {
        for &hash in Hash::ALL {
            assert_eq!(hash.hash(""), 0, "{hash:?}");
            assert_ne!(hash.hash("user:42"), 0, "{hash:?}");
            assert_eq!(Hash::from_name(hash.name()), Some(hash));
        }
    }
}
