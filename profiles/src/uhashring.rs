//! uhashring, of Python: its default ring and, with `hash_fn="ketama"`, its other one.
//!
//! Asks a [`Peer`] for its address, which is the node's name there, its weight and its place. A list in Python has
//! its places in its own order, and so has a `dict`.
//!
//! | | [`Uhashring`] | [`UhashringKetama`] |
//! |---|---|---|
//! | labels of a server | 160 for each unit of weight | ⌊40 × servers × weight ÷ all weights⌋ |
//! | points of a label | 1: its MD5 digest | 4: the little-endian integers of it, of 32 bits |
//! | keys | the digest | the first integer of the digest |
//! | capacity | 160 points for each unit of weight | 160 points for each server |
//!
//! A whole digest is a big-endian integer of 128 bits.
//!
//! - **Moves.** In the default ring a server that comes or goes, or changes its weight, moves its own keys and no
//!   others. Under `ketama` it changes how many points others have too, where weights differ, the more so the further
//!   its weight is from the mean: keys move between servers that stay. With equal weights, servers move their own
//!   keys alone there too.
//! - **Labels.** Label *k* is `NAME-k`, *k* from 0.
//! - **Owner.** The first point *after* the key, not one on it.
//! - **128 bits.** Points and keys are placed by their upper 64 bits. Where those are the same the lower 64 decide in
//!   uhashring, and here a key owns nothing that begins with its own bits, and of two points the one of the server
//!   listed last comes first: one pair in 2⁶⁴.
//! - **Ties.** Points on one position count once, for the server that was added last. So a list in another order is
//!   the same ring, but where points collide.
//! - **A server that is down** is taken out by `remove_node`: it leaves the ring. `range` walks on to the next
//!   servers, as a ring does here.
//! - **Weight 0.** A server without points; under `ketama` it still counts among the servers, so that the others get
//!   more points. A ring has no such rule, and such a server is [refused](Refusal::WeightZeroCounts).
//!
//! Not promised: `vnodes=` of the ring or of a node, `weight_fn`, and hash functions of the caller.
//!
//! Checked with uhashring 2.5: see the placements. Source: `ring_meta.py`, `ring_ketama.py`, `ring.py`.

use core::ops::Range;

use annulus::{KeyHash, Placement, PointsOf};

use crate::counts::PerWeight;
use crate::hash::md5::{Md5, digest, integer};
use crate::ketama;
use crate::listed;
use crate::peer::{Peer, Server};
use crate::refusal::{Refusal, Refused};
use crate::share::Share;
use crate::system::{Down, System};
use crate::text::{address, is_word};

/// The placement of uhashring's default ring.
///
/// O(1) a point, one digest each; lookups are wait-free. With [`UhashringKetama`] it reproduces 23,910 recorded
/// answers of uhashring, and 16 whole rings, without a mismatch:
/// `cargo test -p annulus-profiles --all-features --test routes --test rings -- --nocapture`.
///
/// ```
/// use annulus_profiles::uhashring::{self, Hash, Uhashring};
///
/// let mut ring = annulus::Ring::<_, 2, 480, Uhashring, Hash>::with_hash((), Hash::default());
/// ring.insert_all(uhashring::servers([("10.0.0.1:11211", 1), ("10.0.0.2:11211", 2)])?)?;
/// assert_eq!(ring.view().point_count(), 480);
/// assert!(ring.owner("user:42").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Uhashring;

/// The placement of uhashring with `hash_fn="ketama"`.
///
/// O(1) a point, one digest for four; lookups are wait-free. It was checked as [`Uhashring`] says.
///
/// ```
/// use annulus_profiles::uhashring::{self, KetamaHash, UhashringKetama};
///
/// let mut ring =
///     annulus::Ring::<_, 2, 320, UhashringKetama, KetamaHash>::with_hash((), KetamaHash::default());
/// ring.insert_all(uhashring::servers([("10.0.0.1:11211", 1), ("10.0.0.2:11211", 2)])?)?;
/// // Of 80 labels, 26 and 53.
/// let points: Vec<_> = ring.view().members().iter().map(|member| member.point_count()).collect();
/// assert_eq!(points, [4 * 53, 4 * 26]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct UhashringKetama;

/// The hash of keys of the default ring: the upper 64 bits of the MD5 digest as a big-endian integer. O(length).
///
/// ```
/// use annulus::KeyHash;
/// use annulus_profiles::uhashring::Hash;
///
/// assert_eq!(Hash.hash("abc"), 0x9001_5098_3cd2_4fb0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Hash;

/// The hash of keys of the `ketama` ring: the first integer of the MD5 digest.
///
/// ```
/// use annulus::KeyHash;
/// use annulus_profiles::uhashring::KetamaHash;
///
/// assert_eq!(KetamaHash::default().hash("abc"), 0x9850_0190);
/// ```
pub type KetamaHash = Md5;

/// A default ring of uhashring in place.
///
/// ```
/// use annulus_profiles::uhashring::{self, Hash, Ring};
///
/// let mut ring = Ring::<_, 1, 160>::with_hash((), Hash);
/// ring.insert_all(uhashring::servers([("10.0.0.1:11211", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, Uhashring, Hash>;

/// A default ring of uhashring on the heap.
///
/// ```
/// use annulus_profiles::uhashring::{self, Hash, HeapRing};
///
/// let mut ring = HeapRing::with_hash((), Hash);
/// ring.insert_all(uhashring::servers([("10.0.0.1:11211", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N> = annulus::HeapRing<N, Uhashring, Hash>;

/// A `ketama` ring of uhashring in place.
///
/// ```
/// use annulus_profiles::uhashring::{self, KetamaHash, KetamaRing};
///
/// let mut ring = KetamaRing::<_, 1, 160>::with_hash((), KetamaHash::default());
/// ring.insert_all(uhashring::servers([("10.0.0.1:11211", 7)])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type KetamaRing<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, UhashringKetama, KetamaHash>;

/// A `ketama` ring of uhashring on the heap.
///
/// ```
/// use annulus_profiles::uhashring::{self, KetamaHash, KetamaHeapRing};
///
/// let mut ring = KetamaHeapRing::with_hash((), KetamaHash::default());
/// ring.insert_all(uhashring::servers([("10.0.0.1:11211", 7)])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type KetamaHeapRing<N> = annulus::HeapRing<N, UhashringKetama, KetamaHash>;

/// The upper half of the digest as a big-endian integer.
fn upper(bytes: &[u8]) -> u64 {
    (integer(digest(bytes)) >> 64) as u64
}

impl<K: AsRef<[u8]> + ?Sized> KeyHash<K> for Hash {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        upper(key.as_ref())
    }
}

impl Placement for Uhashring {
    type Position = u64;
    type Config = ();
    type Counts = PerWeight<160>;
    const NAME: &'static str = "uhashring";

    /// After the hash, not at it.
    #[inline]
    fn key(hash: u64) -> u64 {
        hash.wrapping_add(1)
    }
}

impl<N: Peer> PointsOf<N> for Uhashring {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    /// The address says where the points are, and it is the identity.
    fn seed((): &(), _: &N) -> u64 {
        0
    }

    fn points((): &(), node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u64> {
        let mut label = ketama::label(node);
        range.map(move |number| upper(label.with(format_args!("{number}"))))
    }

    fn order(node: &N) -> impl Ord {
        core::cmp::Reverse(node.place())
    }
}

impl<N: Peer> System<N> for Uhashring {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn key_number(position: Self::Position) -> i128 {
        position.wrapping_sub(1).into()
    }

    fn check((): &(), node: &N) -> Result<(), Refusal> {
        if is_word(address(node)) { Ok(()) } else { Err(Refusal::NotAnAddress) }
    }
}

impl Placement for UhashringKetama {
    type Position = u32;
    type Config = ();
    type Counts = Share<4>;
    const NAME: &'static str = "uhashring-ketama";
    const EQUAL_POINTS_ONCE: bool = true;

    /// After the hash, not at it.
    #[inline]
    fn key(hash: u64) -> u32 {
        (hash as u32).wrapping_add(1)
    }
}

impl<N: Peer> PointsOf<N> for UhashringKetama {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    /// The address says where the points are, and it is the identity.
    fn seed((): &(), _: &N) -> u64 {
        0
    }

    fn points((): &(), node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        ketama::points::<4>(ketama::label(node), range)
    }

    fn order(node: &N) -> impl Ord {
        core::cmp::Reverse(node.place())
    }
}

impl<N: Peer> System<N> for UhashringKetama {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn key_number(position: Self::Position) -> i128 {
        position.wrapping_sub(1).into()
    }

    fn check((): &(), node: &N) -> Result<(), Refusal> {
        match node.weight() {
            0 => Err(Refusal::WeightZeroCounts),
            _ => Uhashring::check(&(), node),
        }
    }
}

/// The servers of these names and weights, in the order of the `dict` of nodes. O(length).
///
/// ```
/// use annulus_profiles::uhashring::servers;
///
/// let [_, second] = servers([("10.0.0.1:11211", 1), ("10.0.0.2:11211", 2)])?;
/// assert_eq!((second.address, second.place, second.weight), ("10.0.0.2:11211", 1, 2));
/// let refused = servers([("10.0.0.1:11211", 1), ("", 1)]).unwrap_err();
/// assert_eq!(refused.to_string(), "server 1: the address is empty or has white space in it");
/// # Ok::<(), annulus_profiles::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`] with the place of the first server that a ring cannot have, and why: a name that is not one word. What
/// the `ketama` ring refuses besides, weight 0, its [`check`](System::check) says.
pub fn servers<const N: usize>(nodes: [(&str, u32); N]) -> Result<[Server<'_>; N], Refused> {
    listed::servers(nodes, |place, (name, weight)| {
        let server = Server::new(name, place).with_weight(weight);
        Uhashring::check(&(), &server).map(|()| server)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_zero_is_refused_where_it_counts() {
        let [server] = servers([("web", 0)]).unwrap();
        assert_eq!(UhashringKetama::check(&(), &server), Err(Refusal::WeightZeroCounts));
        let server = server.with_weight(1);
        assert_eq!(UhashringKetama::check(&(), &server), Ok(()));
        let spaced = Server::new("a b", 0);
        assert_eq!(UhashringKetama::check(&(), &spaced), Err(Refusal::NotAnAddress));
    }

    #[test]
    fn the_last_key_is_before_the_first_point() {
        assert_eq!(Uhashring::key(u64::MAX), 0);
        assert_eq!(UhashringKetama::key(u32::MAX.into()), 0);
        assert_eq!(UhashringKetama::key(7), 8);
    }
}
