//! Cassandra: token ranges of `Murmur3Partitioner`, with `SimpleStrategy` and `NetworkTopologyStrategy`.
//!
//! Asks a [`Peer`] for its [tokens](Peer::tokens), and for its weight, which is their number ([`Server`] sees to
//! that); for its [data centre](Peer::data_center) and [rack](Peer::rack) where the strategy is the network
//! topology's. Its address is the host's name. Its place does not count.
//!
//! - **Points** are the tokens: integers of 64 bits with a sign, in their order. [`position`] says where a token is
//!   on the circle. A weight that is set to less than the number of tokens leaves the first so many in force.
//! - **Ties.** No two hosts of a cluster have a token in common, and here neither may.
//! - **Keys.** MurmurHash3 as Cassandra computes it, of the partition key as it is serialized: a text is its bytes,
//!   an `int` its four bytes, the highest first. The first token at or after that of the key owns it.
//! - **Replicas.** The [`Strategy`] says how many hosts hold a key, not the caller: [`replicas`] has as many as it
//!   says. A lookup of one owner, as all rings have it, is the first host clockwise.
//! - **A host that is down** keeps its tokens and holds its keys on. [`System::owners_at`] leaves it out, and nobody
//!   takes its place.
//! - **Moves.** A host that comes or goes moves its own keys and no others under `SimpleStrategy`. Racks change that:
//!   a host that is the first of a new rack may move keys between others.
//! - **Order.** Under [`Strategy::NetworkTopology`] data centres follow each other as they first come on the ring,
//!   from the least token on, each with its hosts in the order in which they are chosen. That is the order of the
//!   Python driver. Cassandra itself chooses as many of each data centre, and may list them in another order: take
//!   them for a set.
//! - **Capacity.** A ring in place needs room for one point for each token.
//!
//! Not promised: `RandomPartitioner`, whose tokens have 127 bits (their hash is `hash::md5::cassandra_token`);
//! ordered partitioners; transient replicas.
//!
//! Checked with the rules of the Python driver, 3.30: 4,200 recorded answers, without a mismatch, by
//! `cargo test -p annulus-profiles --all-features --test routes cassandra -- --nocapture`.
//!
//! Source: `cassandra/metadata.py` of the Python driver; `Murmur3Partitioner.java`, `NetworkTopologyStrategy.java`.
//!
//! ```
//! use annulus_profiles::cassandra::{self, Cassandra, DataCenters, Hash, Strategy};
//!
//! let mut ring = annulus::Ring::<_, 3, 6, Cassandra, Hash>::with_hash((), Hash::default());
//! ring.insert_all(cassandra::servers([
//!     ("h0", "dc1", "r1", &[-9_000_000_000_000_000_000, 1_000_000_000_000_000_000]),
//!     ("h1", "dc1", "r1", &[-5_000_000_000_000_000_000, 4_000_000_000_000_000_000]),
//!     ("h2", "dc1", "r2", &[-2_000_000_000_000_000_000, 7_000_000_000_000_000_000]),
//! ])?)?;
//! let strategy = Strategy::NetworkTopology(DataCenters::new(&[("dc1", 2)]).ok_or("a strategy")?);
//! let view = ring.view();
//! let mut out = [0; 2];
//! assert_eq!(cassandra::replicas(view, &strategy, "user:42", &mut out), 2);
//! // One of each rack.
//! let racks = out.map(|number| view.member(number).map(|member| member.node().rack));
//! assert_ne!(racks[0], racks[1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod hosts;
mod replicas;
mod strategy;

use core::ops::Range;

use annulus::{KeyHash, Placement, PointsOf, RingRef, Xxh3};

use crate::hash::murmur3::CassandraToken;
use crate::peer::Peer;
#[cfg(doc)]
use crate::peer::Server;
use crate::refusal::Refusal;
use crate::system::{Down, System};
use crate::text::address;
pub use hosts::{servers, tokens};
pub use replicas::replicas;
pub use strategy::{DataCenters, Strategy};

/// The placement of Cassandra.
///
/// ```
/// use annulus::Placement;
/// use annulus_profiles::cassandra::{Cassandra, position};
/// use annulus_profiles::hash::murmur3::cassandra_token;
///
/// let token = cassandra_token(b"user:42");
/// assert_eq!(Cassandra::key(token as u64), position(token));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Cassandra;

/// The hash of keys.
pub type Hash = CassandraToken;

/// A ring of Cassandra in place. A host takes a point for each token.
///
/// ```
/// use annulus_profiles::cassandra::{self, Hash, Ring};
///
/// let mut ring = Ring::<_, 1, 2>::with_hash((), Hash::default());
/// ring.insert_all(cassandra::servers([("h0", "dc1", "r1", &[-9, 9])])?)?;
/// assert_eq!(ring.view().point_count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, Cassandra, Hash>;

/// A ring of Cassandra on the heap.
///
/// ```
/// use annulus_profiles::cassandra::{self, Hash, HeapRing};
///
/// let mut ring = HeapRing::with_hash((), Hash::default());
/// ring.insert_all(cassandra::servers([("h0", "dc1", "r1", &[-9, 9])])?)?;
/// assert_eq!(ring.view().point_count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N> = annulus::HeapRing<N, Cassandra, Hash>;

/// Where a token is on the circle: the least is at 0. Constant time.
///
/// ```
/// use annulus_profiles::cassandra::position;
///
/// assert_eq!([i64::MIN, -1, 0, i64::MAX].map(position), [0, (1 << 63) - 1, 1 << 63, u64::MAX]);
/// ```
#[inline]
#[must_use]
pub const fn position(token: i64) -> u64 {
    token.cast_unsigned() ^ 1 << 63
}

/// The token that is here on the circle. Constant time.
const fn token(position: u64) -> i64 {
    (position ^ 1 << 63).cast_signed()
}

impl Placement for Cassandra {
    type Position = u64;
    type Config = ();
    type Counts = crate::counts::PerWeight<1>;
    const NAME: &'static str = "cassandra";

    #[inline]
    fn key(hash: u64) -> u64 {
        position(hash.cast_signed())
    }
}

impl<N: Peer> PointsOf<N> for Cassandra {
    /// A hash of all that answers depend on.
    fn seed(_: &(), node: &N) -> u64 {
        let chain = |state: u64, next: u64| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&state.to_le_bytes());
            bytes[8..].copy_from_slice(&next.to_le_bytes());
            Xxh3.hash(&bytes)
        };
        let texts = [node.data_center(), node.rack()].map(|text| Xxh3.hash(text));
        let tokens = node.tokens().iter().map(|token| token.cast_unsigned());
        texts.into_iter().chain(tokens).fold(0, chain)
    }

    fn points(_: &(), node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u64> {
        // A weight above the number of tokens says the last over and over, which changes no answer.
        let tokens = node.tokens();
        let token =
            move |at: u32| tokens.get(at as usize).or(tokens.last()).copied().unwrap_or_default();
        range.map(move |at| position(token(at)))
    }
}

impl<N: Peer> System<N> for Cassandra {
    type Strategy<'t> = Strategy<'t>;
    const DOWN: Down = Down::LeftOut;

    /// The token.
    fn number(position: u64) -> i128 {
        token(position).into()
    }

    fn check(_: &(), node: &N) -> Result<(), Refusal> {
        let name = address(node);
        if name.is_empty() || name.contains(char::is_whitespace) {
            Err(Refusal::NotAnAddress)
        } else if node.tokens().is_empty() {
            Err(Refusal::NoTokens)
        } else if node.weight() as usize != node.tokens().len() {
            Err(Refusal::WeightUnlikeTokens)
        } else {
            Ok(())
        }
    }

    fn holders(strategy: &Strategy<'_>) -> Option<usize> {
        Some(strategy.replicas())
    }

    /// The replicas that are up, in their order. In less room than for [all of them](Self::holders), those of the
    /// first replicas that the room is for.
    fn owners_at<H>(
        strategy: &Strategy<'_>,
        ring: RingRef<'_, N, Self, H>,
        position: u64,
        mut alive: impl FnMut(u32) -> bool,
        out: &mut [u32],
    ) -> usize {
        let found = replicas::replicas_at(ring, strategy, position, out);
        let mut kept = 0;
        for at in 0..found {
            if let Some(&number) = out.get(at)
                && alive(number)
                && let Some(place) = out.get_mut(kept)
            {
                *place = number;
                kept += 1;
            }
        }
        if let Some(rest) = out.get_mut(kept..) {
            rest.fill(u32::MAX);
        }
        kept
    }
}
