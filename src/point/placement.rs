//! Placements: where the points of a node and the positions of keys lie.

use core::marker::PhantomData;

use super::Position;
use crate::hash::{splitmix, xxh3};

/// A rule that places nodes and keys on the circle.
///
/// A placement must be a pure function of its arguments on every platform, and must not depend on
/// the rest of the membership. [`Native`] is the placement of this crate.
pub trait Placement: 'static {
    /// The circle that this placement works on.
    type Position: Position;

    /// A name that tells this placement from all others; it enters the fingerprint of a ring.
    const NAME: &'static str;

    /// The seed of a node's stream of points, which is all that they depend on. A ring computes it
    /// once for each node that joins.
    fn seed(identity: &[u8]) -> u64;

    /// Point *r* of the node with this seed, where *r* is the index in the node's stream, from 0.
    fn point(seed: u64, r: u32) -> Self::Position;

    /// The position of a key with this hash.
    fn key(hash: u64) -> Self::Position;
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
    fn seed(identity: &[u8]) -> u64 {
        xxh3::xxh3_identity(identity)
    }

    #[inline]
    fn point(seed: u64, r: u32) -> u32 {
        native_point(seed, r)
    }

    #[inline]
    fn key(hash: u64) -> u32 {
        u32::from_hash(hash)
    }
}

impl Placement for Native<u64> {
    type Position = u64;
    const NAME: &'static str = "annulus-64";

    #[inline]
    fn seed(identity: &[u8]) -> u64 {
        xxh3::xxh3_identity(identity)
    }

    #[inline]
    fn point(seed: u64, r: u32) -> u64 {
        splitmix::output(seed, r)
    }

    #[inline]
    fn key(hash: u64) -> u64 {
        hash
    }
}

/// Point *r* of the node with this seed on the 32-bit circle, for use at compile time too.
#[inline]
pub(crate) const fn native_point(seed: u64, r: u32) -> u32 {
    (splitmix::output(seed, r) >> 32) as u32
}
