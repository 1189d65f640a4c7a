//! HAProxy: `hash-type consistent` in a backend.
//!
//! Asks a [`Peer`] for its [id](Peer::id), or its place where it has none, and its weight; for its
//! [endpoint](Peer::endpoint) where HAProxy hashes addresses ([`HashKey`]). Its address is the name of the `server`
//! line, which HAProxy does not hash.
//!
//! - **Points.** A server has 16 for each unit of weight: the [avalanche](full_hash) of a start and the number of the
//!   point. The start follows from the id, or from the address: see [`Config`]. Up to 2.6 it is the id times 4096, so
//!   no two servers of ids below 1,048,576 share a point. In 3.0 it is a hash, and two that lie close share a run of
//!   points.
//! - **Ties.** Points of two servers on one position both stay. The server that is listed first has the keys before
//!   it, the one that is listed last those behind it. In HAProxy that is the order in which they came up.
//! - **Keys.** The nearest point has a key, in whichever direction; of two equally near, the one before it. Keys are
//!   hashed as [`Hash`](struct@Hash) says. The bytes are those of the URL's path up to `?` (`balance uri`), of a
//!   header's first element (`balance hdr`), of a parameter as it stands, not decoded (`balance url_param`).
//! - **Ids.** They decide where points lie. The default of a server is its place in the list from 1, so a server that
//!   is taken out of the middle renumbers those behind it, unless they have ids. [`servers`] gives defaults as
//!   HAProxy does.
//! - **A server that is down** leaves the ring, as one of weight 0 does.
//! - **Moves.** A server that comes or goes, or changes its weight, moves keys from it or to it alone, of both its
//!   neighbours on the circle. The order of the list matters for ties and for default ids.
//! - **Capacity.** A ring in place needs room for 16 points for each unit of weight, 4,096 for each server at most.
//!
//! Checked with HAProxy 2.6.12 and 3.0.11: 23,320 recorded answers, without a mismatch, by
//! `cargo test -p annulus-profiles --all-features --test routes haproxy -- --nocapture`. `--test haproxy` compares
//! 3,300 more of `server` lines, and the ids that HAProxy gave to them; `hash-key addr` and `addr-port` of IPv4 are
//! among them. No other release was. One after 3.0 may take the start of 2.6 again, and 4.x may differ: compare a few
//! keys first.
//!
//! Not promised: `balance source`, bounded loads (`hash-balance-factor`), backup servers, weights while `slowstart`
//! raises them. HAProxy answers with one server for a key; verbs that answer with more walk clockwise from it.
//!
//! Source: `src/lb_chash.c` and `src/hash.c` of HAProxy.
//!
//! ```
//! use annulus_profiles::haproxy::{self, Config, Haproxy, Hash};
//!
//! let config = Config::V2_6;
//! let mut ring = annulus::Ring::<_, 2, 64, Haproxy, Hash>::with_hash(config, Hash::default());
//! ring.insert_all(haproxy::servers(&config, ["web1 10.0.0.1:80 weight 3 check", "web2 10.0.0.2:80"])?)?;
//! assert_eq!(ring.view().point_count(), 64);
//! assert!(ring.owner("/index.html").is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod keys;
mod lines;

use core::net::IpAddr;
use core::ops::Range;

use annulus::{Placement, PointsOf};

use crate::counts::PerWeight;
use crate::hash::avalanche::full_hash;
use crate::hash::xxhash::xxh32;
use crate::peer::Peer;
use crate::refusal::Refusal;
use crate::system::{Down, System};
use crate::text::address;
pub use keys::{Function, Hash};
pub use lines::servers;

/// The greatest weight that HAProxy has.
pub const MOST_WEIGHT: u32 = 256;

/// The greatest id that HAProxy has.
const MOST_ID: u32 = i32::MAX.unsigned_abs();

/// The placement of HAProxy.
///
/// ```
/// use annulus::Placement;
/// use annulus_profiles::haproxy::Haproxy;
///
/// assert!(Haproxy::NEAREST);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Haproxy;

/// A ring of HAProxy in place. A server takes 16 points for each unit of weight.
pub type Ring<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, Haproxy, Hash>;

/// A ring of HAProxy on the heap.
#[cfg(feature = "alloc")]
pub type HeapRing<N> = annulus::HeapRing<N, Haproxy, Hash>;

/// What the points of a server start from, by the release of HAProxy.
///
/// ```
/// use annulus_profiles::haproxy::{Config, HashKey};
///
/// assert_ne!(Config::V2_6, Config::V3_0(HashKey::Id));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Config {
    /// The id times 4096: 2.6.
    V2_6,
    /// What the servers' `hash-key` says: 3.0.
    V3_0(HashKey),
}

/// What the points of a server start from in 3.0: `hash-key` of the `server` line.
///
/// ```
/// use annulus_profiles::haproxy::HashKey;
///
/// assert_eq!(HashKey::default(), HashKey::Id);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashKey {
    /// The avalanche of the id: `id`, the default.
    #[default]
    Id,
    /// The avalanche of an IPv4 address, XXH32 of one of IPv6: `addr`.
    Addr,
    /// The same together with the port: `addr-port`.
    AddrPort,
}

impl HashKey {
    /// All of them, with the words that HAProxy has for them.
    pub(crate) const WORDS: [(&'static str, Self); 3] =
        [("id", Self::Id), ("addr", Self::Addr), ("addr-port", Self::AddrPort)];
}

impl annulus::Config for Config {
    const NAME: &'static str = "start";

    fn fingerprint(&self) -> u64 {
        match self {
            Self::V2_6 => 0,
            Self::V3_0(HashKey::Id) => 1,
            Self::V3_0(HashKey::Addr) => 2,
            Self::V3_0(HashKey::AddrPort) => 3,
        }
    }
}

/// The id of a server: its own, or its place in the list from 1.
fn id<N: Peer + ?Sized>(node: &N) -> u32 {
    node.id().unwrap_or_else(|| node.place().wrapping_add(1))
}

/// What the points of a server start from.
fn start<N: Peer + ?Sized>(config: Config, node: &N) -> u32 {
    let (key, endpoint) = match config {
        Config::V2_6 => return id(node).wrapping_mul(4_096),
        Config::V3_0(key) => (key, node.endpoint().filter(|_| key != HashKey::Id)),
    };
    let Some(endpoint) = endpoint else { return full_hash(id(node)) };
    let port = match key {
        HashKey::AddrPort => full_hash(endpoint.port().into()),
        HashKey::Id | HashKey::Addr => 0,
    };
    match endpoint.ip() {
        IpAddr::V4(ip) => full_hash(port.wrapping_add(u32::from_le_bytes(ip.octets()))),
        IpAddr::V6(ip) => xxh32(&ip.octets(), port),
    }
}

impl Placement for Haproxy {
    type Position = u32;
    type Config = Config;
    type Counts = PerWeight<16>;
    const NAME: &'static str = "haproxy";
    const NEAREST: bool = true;

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for Haproxy {
    const ORDERS: bool = true;

    fn seed(config: &Config, node: &N) -> u64 {
        start(*config, node).into()
    }

    fn points(_: &Config, _: &N, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.map(move |number| full_hash((seed as u32).wrapping_add(number)))
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl<N: Peer> System<N> for Haproxy {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check(config: &Config, node: &N) -> Result<(), Refusal> {
        let name = address(node);
        if name.is_empty() || name.contains(char::is_whitespace) {
            Err(Refusal::NotAnAddress)
        } else if node.weight() > MOST_WEIGHT {
            Err(Refusal::WeightAbove(MOST_WEIGHT))
        } else if !(1..=MOST_ID).contains(&id(node)) {
            Err(Refusal::NotAnId)
        } else if node.endpoint().is_none()
            && matches!(config, Config::V3_0(HashKey::Addr | HashKey::AddrPort))
        {
            Err(Refusal::NotAnEndpoint)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Server;

    #[test]
    fn the_port_counts_where_it_is_hashed_and_nowhere_else() {
        for ip in ["10.0.0.1", "[fd00::1]"] {
            let at = |port, key| {
                let endpoint = std::format!("{ip}:{port}").parse().unwrap();
                start(Config::V3_0(key), &Server::new("a", 0).with_endpoint(endpoint))
            };
            assert_eq!(at(80, HashKey::Addr), at(81, HashKey::Addr));
            assert_ne!(at(80, HashKey::AddrPort), at(81, HashKey::AddrPort));
            assert_eq!(at(80, HashKey::Id), at(81, HashKey::Id));
        }
    }

    #[test]
    fn of_equal_points_the_first_has_the_keys_before_and_the_last_those_behind() {
        let endpoint = "10.0.0.1:80".parse().unwrap();
        let config = Config::V3_0(HashKey::Addr);
        let mut ring = Ring::<Server<'_>, 3, 48>::with_hash(config, Hash::default());
        // The identities are in the other order.
        let servers = [("c", 0), ("b", 1), ("a", 2)];
        let servers = servers.map(|(name, place)| Server::new(name, place).with_endpoint(endpoint));
        ring.insert_all(servers).unwrap();
        let view = ring.view();
        let position = view.points().next().unwrap().position;
        let owner = |position| view.owner_at(position).unwrap().place;
        assert_eq!([position - 1, position, position + 1].map(owner), [0, 0, 2]);
    }

    #[test]
    fn configurations_have_fingerprints_of_their_own() {
        let keys = HashKey::WORDS.map(|(_, key)| Config::V3_0(key));
        let all =
            [Config::V2_6, keys[0], keys[1], keys[2]].map(|c| annulus::Config::fingerprint(&c));
        assert!((1..4).all(|at| !all[..at].contains(&all[at])), "{all:?}");
    }

    #[test]
    fn what_haproxy_would_refuse_is_refused() {
        let check = |server: Server<'_>, config: Config| Haproxy::check(&config, &server);
        let (old, addr) = (Config::V2_6, Config::V3_0(HashKey::Addr));
        let server = Server::new("a", 0);
        assert_eq!(check(server, old), Ok(()));
        assert_eq!(check(server.with_weight(0), old), Ok(()));
        assert_eq!(check(server.with_weight(256), old), Ok(()));
        assert_eq!(check(server.with_weight(257), old), Err(Refusal::WeightAbove(256)));
        assert_eq!(check(server.with_id(0), old), Err(Refusal::NotAnId));
        assert_eq!(check(server.with_id(1 << 31), old), Err(Refusal::NotAnId));
        assert_eq!(check(Server::new("a", u32::MAX), old), Err(Refusal::NotAnId));
        assert_eq!(check(Server::new("a b", 0), old), Err(Refusal::NotAnAddress));
        assert_eq!(check(server, addr), Err(Refusal::NotAnEndpoint));
    }
}
