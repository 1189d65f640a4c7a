//! Placements on coarse circles, where points collide, and a key hash that lets tests aim.

use annulus::{ByIdentity, KeyHash, Native, PerWeight, Placement};

/// [`Native`] of which points keep the upper `BITS` bits: points collide all around the circle.
///
/// Keys keep all their bits, so that every position can be asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coarse<const BITS: u32>;

impl<const BITS: u32> Placement for Coarse<BITS> {
    type Position = u32;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "coarse";

    fn key(hash: u64) -> u32 {
        <Native>::key(hash)
    }
}

impl<const BITS: u32> ByIdentity for Coarse<BITS> {
    fn seed(identity: &[u8]) -> u64 {
        <Native>::seed(identity)
    }

    fn point(seed: u64, r: u32) -> u32 {
        <Native>::point(seed, r) >> (32 - BITS) << (32 - BITS)
    }
}

/// [`Native`] of which points lie on the first 2^`BITS` positions: all crowd one bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowded<const BITS: u32>;

impl<const BITS: u32> Placement for Crowded<BITS> {
    type Position = u32;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "crowded";

    fn key(hash: u64) -> u32 {
        <Native>::key(hash)
    }
}

impl<const BITS: u32> ByIdentity for Crowded<BITS> {
    fn seed(identity: &[u8]) -> u64 {
        <Native>::seed(identity)
    }

    fn point(seed: u64, r: u32) -> u32 {
        <Native>::point(seed, r) >> (32 - BITS)
    }
}

/// A 64-bit circle of which points keep the upper `BITS` bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CoarseWide<const BITS: u32>;

impl<const BITS: u32> Placement for CoarseWide<BITS> {
    type Position = u64;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "coarse-wide";

    fn key(hash: u64) -> u64 {
        hash
    }
}

impl<const BITS: u32> ByIdentity for CoarseWide<BITS> {
    fn seed(identity: &[u8]) -> u64 {
        <Native<u64>>::seed(identity)
    }

    fn point(seed: u64, r: u32) -> u64 {
        <Native<u64>>::point(seed, r) >> (64 - BITS) << (64 - BITS)
    }
}

/// Everything on one position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OneSpot<const SPOT: u32>;

impl<const SPOT: u32> Placement for OneSpot<SPOT> {
    type Position = u32;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "one-spot";

    fn key(hash: u64) -> u32 {
        <Native>::key(hash)
    }
}

impl<const SPOT: u32> ByIdentity for OneSpot<SPOT> {
    fn seed(identity: &[u8]) -> u64 {
        <Native>::seed(identity)
    }

    fn point(_: u64, _: u32) -> u32 {
        SPOT
    }
}

/// Takes the upper bits of a `u64` key as its position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aimed;

impl KeyHash<u64> for Aimed {
    fn hash(&self, key: &u64) -> u64 {
        *key
    }
}
