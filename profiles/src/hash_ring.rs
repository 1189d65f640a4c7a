//! hash_ring, of Python.
//!
//! Asks a [`Peer`] for its address, which is the node there, its weight and its place in the list of nodes.
//!
//! - **How many points.** A server has three points for each of its ⌊40 × servers × weight ÷ all weights⌋ labels, in
//!   integers: 120 points where weights are equal. So a small weight may have no point at all.
//! - **Points.** Label *k* is `NODE-k`, *k* from 0. Its points are the first three little-endian integers of 32 bits
//!   of its MD5 digest.
//! - **Keys.** The first integer of the digest. The first point *after* it owns it, not one on it.
//! - **Ties.** Points on one position count once, for the server that is listed last.
//! - **A server that is down** keeps its points: `iterate_nodes` goes on to the next server, and so does a lookup
//!   here that is told which servers are up.
//! - **Moves.** A server that comes or goes, or changes its weight, changes how many points others have where weights
//!   differ, the more so the further its weight is from the mean: keys move between servers that stay, too. With
//!   equal weights, servers move their own keys alone. A list in another order is the same ring, but where points
//!   collide.
//! - **Capacity.** All servers together have at most 120 points for each of them.
//! - **Weight 0.** hash_ring counts such a server among the others, which get more points for it. A ring has no such
//!   rule, and it is [refused](Refusal::WeightZeroCounts).
//!
//! Not promised: weights that are no integers.
//!
//! Checked with hash_ring 1.3.1: see [`HashRing`]. Source: `hash_ring.py`.

use core::ops::Range;

use annulus::{Placement, PointsOf};

use crate::hash::md5::Md5;
use crate::ketama;
use crate::listed;
use crate::peer::{Peer, Server};
use crate::refusal::{Refusal, Refused};
use crate::share::Share;
use crate::system::{Down, System};
use crate::text::{address, is_word};

/// The placement of hash_ring.
///
/// O(1) a point, one digest for three; lookups are wait-free. It reproduces 11,334 recorded answers of
/// hash_ring, and 8 whole rings, without a mismatch:
/// `cargo test -p annulus-profiles --all-features --test routes --test rings -- --nocapture`.
///
/// ```
/// use annulus_profiles::hash_ring::{self, Hash, HashRing};
///
/// let mut ring = annulus::Ring::<_, 2, 240, HashRing, Hash>::with_hash((), Hash::default());
/// ring.insert_all(hash_ring::servers([("10.0.0.1:11211", 1), ("10.0.0.2:11211", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 240);
/// assert!(ring.owner("user:42").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct HashRing;

/// The hash of keys: the first integer of the MD5 digest.
///
/// ```
/// use annulus::KeyHash;
/// use annulus_profiles::hash_ring::Hash;
///
/// assert_eq!(Hash::default().hash("abc"), 0x9850_0190);
/// ```
pub type Hash = Md5;

/// A ring of hash_ring in place.
///
/// ```
/// use annulus_profiles::hash_ring::{self, Hash, Ring};
///
/// let mut ring = Ring::<_, 1, 120>::with_hash((), Hash::default());
/// ring.insert_all(hash_ring::servers([("10.0.0.1:11211", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 120);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, HashRing, Hash>;

/// A ring of hash_ring on the heap.
///
/// ```
/// use annulus_profiles::hash_ring::{self, Hash, HeapRing};
///
/// let mut ring = HeapRing::with_hash((), Hash::default());
/// ring.insert_all(hash_ring::servers([("10.0.0.1:11211", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 120);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N> = annulus::HeapRing<N, HashRing, Hash>;

impl Placement for HashRing {
    type Position = u32;
    type Config = ();
    type Counts = Share<3>;
    const NAME: &'static str = "hash_ring";
    const EQUAL_POINTS_ONCE: bool = true;

    /// After the hash, not at it.
    #[inline]
    fn key(hash: u64) -> u32 {
        (hash as u32).wrapping_add(1)
    }
}

impl<N: Peer> PointsOf<N> for HashRing {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    /// The address says where the points are, and it is the identity.
    fn seed((): &(), _: &N) -> u64 {
        0
    }

    fn points((): &(), node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        ketama::points::<3>(ketama::label(node), range)
    }

    fn order(node: &N) -> impl Ord {
        core::cmp::Reverse(node.place())
    }
}

impl<N: Peer> System<N> for HashRing {
    type Strategy<'t> = ();
    const DOWN: Down = Down::WalkedPast;

    fn key_number(position: u32) -> i128 {
        position.wrapping_sub(1).into()
    }

    fn check((): &(), node: &N) -> Result<(), Refusal> {
        if !is_word(address(node)) {
            Err(Refusal::NotAnAddress)
        } else if node.weight() == 0 {
            Err(Refusal::WeightZeroCounts)
        } else {
            Ok(())
        }
    }
}

/// The servers of these nodes and weights, in the order of the list of nodes. O(length).
///
/// ```
/// use annulus_profiles::hash_ring::servers;
///
/// let [_, second] = servers([("10.0.0.1:11211", 1), ("10.0.0.2:11211", 2)])?;
/// assert_eq!((second.address, second.place, second.weight), ("10.0.0.2:11211", 1, 2));
/// assert!(servers([("10.0.0.1:11211", 0)]).is_err());
/// # Ok::<(), annulus_profiles::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`] with the place of the first server that a ring cannot have as hash_ring has it, and why.
pub fn servers<const N: usize>(nodes: [(&str, u32); N]) -> Result<[Server<'_>; N], Refused> {
    listed::servers(nodes, |place, (node, weight)| {
        let server = Server::new(node, place).with_weight(weight);
        HashRing::check(&(), &server).map(|()| server)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_are_refused() {
        for (node, refusal) in [
            (("", 1), Refusal::NotAnAddress),
            (("a b", 1), Refusal::NotAnAddress),
            (("a", 0), Refusal::WeightZeroCounts),
        ] {
            assert_eq!(servers([("web", 1), node]), Err(Refused { at: 1, refusal }), "{node:?}");
        }
    }
}
