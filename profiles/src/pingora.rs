//! pingora: `pingora-ketama`, the consistent hashing of its load balancer.
//!
//! Asks a [`Peer`] for its address, `ip:port` or `[ip]:port`, and its weight; version 1 also for its place.
//!
//! - **Points.** 160 for each unit of weight; in version 2, as many as the ring is made with. Each is the CRC-32 of
//!   the address, as Rust writes it without brackets and without port, a zero, the port, and the point before
//!   it: a chain, as nginx has. The two agree on IPv4, and differ on IPv6, whose brackets nginx hashes.
//! - **Ties.** Points of two servers on one position count once. In version 2 the server with the lowest socket
//!   address has it: IPv4 before IPv6, then by address, then by port. Version 1 leaves it open; here it is the
//!   server that is listed first.
//! - **Keys.** CRC-32 of the key.
//! - **A server that is down** keeps its points. pingora walks on to the next points until one is up.
//! - **Moves.** A server that comes or goes, or changes its weight, moves its own keys and no others, but where
//!   points collide. A list in another order is the same ring; in version 1 but where points collide.
//! - **Capacity.** A ring in place needs room for 160 points for each unit of weight, in version 2 for as many as the
//!   ring is made with; never for more.
//!
//! Not promised: who has a point that two servers have in version 1, as above; Unix sockets, which `pingora-ketama`
//! does not have. Version 2 has room for 65,536 servers, and a ring for more.
//!
//! Checked with `pingora-ketama` 0.9.1, both versions: 25,272 recorded answers, without a mismatch, by
//! `cargo test -p annulus-profiles --all-features --test routes pingora -- --nocapture`. Source: its `lib.rs`.

use core::ops::Range;

use annulus::{PerWeight as PerVnodes, Placement, PointsOf};

use crate::chain;
use crate::counts::PerWeight;
use crate::hash::crc32::{self, Crc32};
use crate::label::Label;
use crate::listed;
use crate::peer::{Peer, Server};
use crate::refusal::{Refusal, Refused};
use crate::system::{Down, System};
use crate::text::socket;

/// The hash of keys.
pub type Hash = Crc32;

/// The placement of version 1: 160 points for each unit of weight.
///
/// ```
/// use annulus_profiles::pingora::{self, Hash, Pingora};
///
/// let mut ring = annulus::Ring::<_, 2, 480, Pingora, Hash>::with_hash((), Hash::default());
/// ring.insert_all(pingora::servers([("10.0.0.1:80", 1), ("[fd00::1]:80", 2)])?)?;
/// assert!(ring.owner("user:42").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Pingora;

/// The placement of version 2. A ring is made with the number of points for each unit of weight.
///
/// ```
/// use annulus_profiles::pingora::{self, Hash, PingoraV2};
///
/// let mut ring = annulus::Ring::<_, 2, 120, PingoraV2, Hash>::with_hash(40, Hash::default());
/// ring.insert_all(pingora::servers([("10.0.0.1:80", 1), ("10.0.0.2:80", 2)])?)?;
/// assert_eq!(ring.view().point_count(), 120);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct PingoraV2;

/// A ring of version 1 in place.
///
/// ```
/// use annulus_profiles::pingora::{self, Hash, Ring};
///
/// let mut ring = Ring::<_, 1, 160>::with_hash((), Hash::default());
/// ring.insert_all(pingora::servers([("10.0.0.1:80", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, Pingora, Hash>;

/// A ring of version 1 on the heap.
///
/// ```
/// use annulus_profiles::pingora::{self, Hash, HeapRing};
///
/// let mut ring = HeapRing::with_hash((), Hash::default());
/// ring.insert_all(pingora::servers([("10.0.0.1:80", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N> = annulus::HeapRing<N, Pingora, Hash>;

/// A ring of version 2 in place, made with the points of a unit of weight.
///
/// ```
/// use annulus_profiles::pingora::{self, Hash, RingV2};
///
/// let mut ring = RingV2::<_, 1, 40>::with_hash(40, Hash::default());
/// ring.insert_all(pingora::servers([("10.0.0.1:80", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type RingV2<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, PingoraV2, Hash>;

/// A ring of version 2 on the heap, made with the points of a unit of weight.
///
/// ```
/// use annulus_profiles::pingora::{self, Hash, HeapRingV2};
///
/// let mut ring = HeapRingV2::with_hash(40, Hash::default());
/// ring.insert_all(pingora::servers([("10.0.0.1:80", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRingV2<N> = annulus::HeapRing<N, PingoraV2, Hash>;

/// The checksum of the address, a zero and the port.
fn label<N: Peer>(node: &N) -> u64 {
    let label = match socket(node) {
        Some(socket) => Label::new(format_args!("{}\0{}", socket.ip(), socket.port())),
        // No such server is in a ring of pingora.
        None => Label::new(format_args!("{}", crate::text::address(node))),
    };
    crc32::hash(label.as_bytes()).into()
}

fn check<N: Peer>(node: &N) -> Result<(), Refusal> {
    match socket(node) {
        None => Err(Refusal::NotAnEndpoint),
        Some(_) if node.weight() == 0 => Err(Refusal::NoWeight),
        Some(_) => Ok(()),
    }
}

impl Placement for Pingora {
    type Position = u32;
    type Config = ();
    type Counts = PerWeight<160>;
    const NAME: &'static str = "pingora";
    const EQUAL_POINTS_ONCE: bool = true;

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for Pingora {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    fn seed(_: &(), node: &N) -> u64 {
        label(node)
    }

    fn points(_: &(), _: &N, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        chain::points(seed as u32, range)
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl<N: Peer> System<N> for Pingora {
    type Strategy<'t> = ();
    const DOWN: Down = Down::WalkedPast;

    fn check(_: &(), node: &N) -> Result<(), Refusal> {
        check(node)
    }
}

impl Placement for PingoraV2 {
    type Position = u32;
    type Config = u32;
    type Counts = PerVnodes;
    const NAME: &'static str = "pingora-v2";
    const EQUAL_POINTS_ONCE: bool = true;

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for PingoraV2 {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    fn seed(_: &u32, node: &N) -> u64 {
        label(node)
    }

    fn points(_: &u32, _: &N, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        chain::points(seed as u32, range)
    }

    fn order(node: &N) -> impl Ord {
        socket(node)
    }
}

impl<N: Peer> System<N> for PingoraV2 {
    type Strategy<'t> = ();
    const DOWN: Down = Down::WalkedPast;

    fn check(_: &u32, node: &N) -> Result<(), Refusal> {
        check(node)
    }
}

/// The servers of these addresses and weights, as buckets of pingora have them. O(length).
///
/// ```
/// use annulus_profiles::pingora::servers;
///
/// let [_, second] = servers([("10.0.0.1:80", 1), ("[fd00::1]:80", 2)])?;
/// assert_eq!((second.address, second.place, second.weight), ("[fd00::1]:80", 1, 2));
/// assert!(servers([("localhost:80", 1)]).is_err());
/// # Ok::<(), annulus_profiles::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`] with the place of the first that pingora could not have, and why.
pub fn servers<const N: usize>(buckets: [(&str, u32); N]) -> Result<[Server<'_>; N], Refused> {
    listed::servers(buckets, |place, (address, weight)| {
        let server = Server::new(address, place).with_weight(weight);
        check(&server).map(|()| server)
    })
}
