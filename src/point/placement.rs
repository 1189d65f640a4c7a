//! Placements: where the points of a node and the positions of keys lie.

use core::marker::PhantomData;
use core::ops::Range;

use super::Position;
use crate::hash::{splitmix, xxh3};
use crate::node::Node;

/// A rule that places keys on the circle; as [`PointsOf`] also nodes.
///
/// A placement must be a pure function of its arguments on every platform. [`Native`] is the placement of
/// this crate.
pub trait Placement: 'static {
    /// The circle that this placement works on.
    type Position: Position;

    /// A name that tells this placement from all others; it enters the fingerprint of a ring.
    const NAME: &'static str;

    /// The position of a key with this hash.
    fn key(hash: u64) -> Self::Position;
}

/// A placement that has points for nodes of type `N`: by their identities alone, or by whatever else it
/// asks of that type. Unstable: it may change until placements of other systems stand on it.
///
/// Neither seed nor points may depend on the rest of the membership, nor on when they are asked for.
#[doc(hidden)]
pub trait PointsOf<N: ?Sized>: Placement {
    /// What a member keeps, so that it need not be computed for each edit of its points. A ring asks for
    /// it once for each node that joins.
    fn seed(node: &N) -> u64;

    /// The points of `node` whose indices *r* in its stream, from 0, are in `range`. `seed` is that of the
    /// node. There must be as many as the range is long.
    fn points(node: &N, seed: u64, range: Range<u32>) -> impl Iterator<Item = Self::Position>;
}

/// A placement whose points follow each from the seed and its index alone, and the seed from the identity.
/// Unstable, as [`PointsOf`] is.
#[doc(hidden)]
pub trait ByIdentity: Placement {
    /// The seed of a node's stream of points, which is all that they depend on.
    fn seed(identity: &[u8]) -> u64;

    /// Point *r* of the node with this seed, where *r* is the index in the node's stream, from 0.
    fn point(seed: u64, r: u32) -> Self::Position;
}

impl<N: Node + ?Sized, P: ByIdentity> PointsOf<N> for P {
    #[inline]
    fn seed(node: &N) -> u64 {
        <P as ByIdentity>::seed(node.identity())
    }

    #[inline]
    fn points(_: &N, seed: u64, range: Range<u32>) -> impl Iterator<Item = P::Position> {
        range.map(move |r| P::point(seed, r))
    }
}

/// The placement of this crate, frozen from its first release.
///
/// A node's seed is XXH3-64 of its identity; its point *r* is the upper bits of output *r* of
/// SplitMix64 from that seed. A key's position is the upper bits of its hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native<P = u32>(PhantomData<P>);

impl Placement for Native<u32> {
    type Position = u32;
    const NAME: &'static str = "annulus-32";

    #[inline]
    fn key(hash: u64) -> u32 {
        u32::from_hash(hash)
    }
}

impl ByIdentity for Native<u32> {
    #[inline]
    fn seed(identity: &[u8]) -> u64 {
        xxh3::xxh3_identity(identity)
    }

    #[inline]
    fn point(seed: u64, r: u32) -> u32 {
        native_point(seed, r)
    }
}

impl Placement for Native<u64> {
    type Position = u64;
    const NAME: &'static str = "annulus-64";

    #[inline]
    fn key(hash: u64) -> u64 {
        hash
    }
}

impl ByIdentity for Native<u64> {
    #[inline]
    fn seed(identity: &[u8]) -> u64 {
        xxh3::xxh3_identity(identity)
    }

    #[inline]
    fn point(seed: u64, r: u32) -> u64 {
        splitmix::output(seed, r)
    }
}

/// Point *r* of the node with this seed on the 32-bit circle, for use at compile time too.
#[inline]
pub(crate) const fn native_point(seed: u64, r: u32) -> u32 {
    (splitmix::output(seed, r) >> 32) as u32
}
