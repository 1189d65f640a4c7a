//! twemproxy (nutcracker): `distribution: ketama`.
//!
//! Asks a [`Peer`] for its address, `host:port` or `[ip]:port`, its weight, its place, and its name, if the
//! configuration gives it one.
//!
//! - **Points.** As libmemcached's [weighted](crate::libmemcached::Weighted) rings have them: a [share](Binary32) of
//!   160 times the servers, four of the MD5 of each label. A label is the name and `-0`, `-1` and so on; without
//!   a name the address as libmemcached writes it. So a server that comes, goes or changes its weight may also move
//!   a few keys of others.
//! - **Keys** go through a [`Hash`](struct@Hash): `hash:` of the pool, FNV-1a in its 64-bit form unless it says
//!   another, and of
//!   its `hash_tag:`.
//! - **Ties.** Of points on one position the server that is listed first owns it.
//! - **A server that is down** leaves the ring (`auto_eject_hosts`), and shares are counted anew.
//!
//! Source: `src/hashkit/nc_ketama.c`, twemproxy 0.5.0.

use core::ops::Range;

use annulus::{KeyHash, Placement, PointsOf, Tagged};

use crate::hash::{crc16, crc32, fnv, hsieh, lookup3, md5, murmur2, one_at_a_time};
use crate::ketama;
pub use crate::ketama::Binary32;
use crate::label::Label;
use crate::libmemcached::{self, Labels};
use crate::peer::{Peer, Server};
use crate::refusal::{Parameter, Refusal, Refused};
use crate::system::{Down, System};

/// Which hash keys have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// `fnv1a_64`.
    #[default]
    Fnv64a,
    /// `one_at_a_time`.
    OneAtATime,
    /// `md5`.
    Md5,
    /// `crc16`.
    Crc16,
    /// `crc32`: bits 16 to 30.
    Crc32,
    /// `crc32a`: all 32 bits.
    Crc32a,
    /// `fnv1_64`.
    Fnv64,
    /// `fnv1_32`.
    Fnv32,
    /// `fnv1a_32`.
    Fnv32a,
    /// `hsieh`.
    Hsieh,
    /// `murmur`.
    Murmur,
    /// `jenkins`.
    Jenkins,
}

impl Family {
    /// All of them, by the names that the configuration has.
    pub const ALL: [(&'static str, Self); 12] = [
        ("fnv1a_64", Self::Fnv64a),
        ("one_at_a_time", Self::OneAtATime),
        ("md5", Self::Md5),
        ("crc16", Self::Crc16),
        ("crc32", Self::Crc32),
        ("crc32a", Self::Crc32a),
        ("fnv1_64", Self::Fnv64),
        ("fnv1_32", Self::Fnv32),
        ("fnv1a_32", Self::Fnv32a),
        ("hsieh", Self::Hsieh),
        ("murmur", Self::Murmur),
        ("jenkins", Self::Jenkins),
    ];

    /// The family of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|&(of, _)| of == name).map(|(_, family)| family)
    }
}

impl KeyHash<[u8]> for Family {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        match self {
            Self::Fnv64a => fnv::Fnv64a.hash(key),
            Self::OneAtATime => one_at_a_time::OneAtATime.hash(key),
            Self::Md5 => md5::Md5.hash(key),
            Self::Crc16 => crc16::Crc16.hash(key),
            Self::Crc32 => crc32::Crc32Shifted.hash(key),
            Self::Crc32a => crc32::Crc32.hash(key),
            Self::Fnv64 => fnv::Fnv64.hash(key),
            Self::Fnv32 => fnv::Fnv32.hash(key),
            Self::Fnv32a => fnv::Fnv32a.hash(key),
            Self::Hsieh => hsieh::Hsieh.hash(key),
            Self::Murmur => murmur2::Murmur2.hash(key),
            Self::Jenkins => lookup3::Lookup3.hash(key),
        }
    }
}

/// The hash of keys: a family, over the part of a key that a tag marks.
///
/// ```
/// use annulus::KeyHash;
/// use annulus_profiles::twemproxy::{Family, Hash};
///
/// let hash = Hash::new(Family::Md5).with_tag(b'{', b'}');
/// assert_eq!(hash.hash("{user:42}:cart"), Hash::new(Family::Md5).hash("user:42"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hash {
    family: Family,
    tag: Option<[u8; 2]>,
}

impl Hash {
    /// The hash of whole keys.
    #[must_use]
    pub const fn new(family: Family) -> Self {
        Self { family, tag: None }
    }

    /// This hash, of what lies between the first `open` and the next `close` behind it: `hash_tag:`. A key
    /// without both, or with nothing between them, is hashed whole.
    #[must_use]
    pub const fn with_tag(self, open: u8, close: u8) -> Self {
        Self { tag: Some([open, close]), ..self }
    }
}

impl<K: AsRef<[u8]> + ?Sized> KeyHash<K> for Hash {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        let key = key.as_ref();
        match self.tag {
            None => self.family.hash(key),
            Some([open, close]) => Tagged::with_braces(self.family, open, close).hash(key),
        }
    }
}

/// The placement of twemproxy.
///
/// ```
/// use annulus_profiles::twemproxy::{self, Hash, Twemproxy};
///
/// let mut ring = annulus::Ring::<_, 2, 320, Twemproxy, Hash>::with_hash((), Hash::default());
/// ring.insert_all(twemproxy::servers(["10.0.0.1:11211:1 alpha", "10.0.0.2:11211:1 beta"])?)?;
/// assert!(ring.owner("user:42").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Twemproxy;

/// What all labels of a server begin with.
fn label<N: Peer>(node: &N) -> Label {
    match node.name() {
        Some(name) => Label::new(format_args!("{name}-")),
        None => libmemcached::label(Labels::Default, node),
    }
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

    fn seed(_: &(), node: &N) -> u64 {
        md5::hash(label(node).as_bytes()).into()
    }

    fn points(_: &(), node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        ketama::points::<4>(label(node), range)
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl<N: Peer> System<N> for Twemproxy {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check(_: &(), node: &N) -> Result<(), Refusal> {
        libmemcached::check(node)
    }
}

/// The servers of these lines, as below `servers:` in a pool: `host:port:weight`, and a name behind a blank.
/// O(length).
///
/// # Errors
///
/// [`Refused`] with the place of the first that twemproxy would refuse, and why.
pub fn servers<const N: usize>(lines: [&str; N]) -> Result<[Server<'_>; N], Refused> {
    let mut servers = [Server::new("", 0); N];
    for (at, (server, line)) in servers.iter_mut().zip(lines).enumerate() {
        *server = self::server(at as u32, line).map_err(|refusal| Refused { at, refusal })?;
    }
    Ok(servers)
}

/// The server of one line below `servers:`, at this place of the list.
///
/// # Errors
///
/// What twemproxy would refuse it for.
pub fn server(place: u32, line: &str) -> Result<Server<'_>, Refusal> {
    let mut words = line.split_ascii_whitespace();
    let (address, weight) =
        words.next().and_then(|word| word.rsplit_once(':')).ok_or(Refusal::NoPort)?;
    let weight = weight.parse().map_err(|_| Refusal::Parameter(Parameter::Weight))?;
    if !address.contains(':') {
        return Err(Refusal::NoPort);
    }
    let mut server = Server::new(address, place).with_weight(weight);
    server.name = words.next();
    if words.next().is_some() {
        return Err(Refusal::Parameter(Parameter::Unknown));
    }
    libmemcached::check(&server)?;
    Ok(server)
}
