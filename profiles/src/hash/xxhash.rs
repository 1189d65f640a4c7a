//! XXH32 and XXH64 (Yann Collet, 2012).
//!
//! Envoy's `RING_HASH` and gRPC's `ring_hash` hash keys and labels by XXH64 with the seed 0; HAProxy hashes addresses
//! of IPv6 by XXH32.

use annulus::KeyHash;

/// XXH32 of `bytes` with this seed. O(length).
#[inline]
#[must_use]
pub fn xxh32(bytes: &[u8], seed: u32) -> u32 {
    xxhash_rust::xxh32::xxh32(bytes, seed)
}

/// XXH64 of `bytes` with this seed. O(length).
#[inline]
#[must_use]
pub fn xxh64(bytes: &[u8], seed: u64) -> u64 {
    xxhash_rust::xxh64::xxh64(bytes, seed)
}

/// XXH32 with a seed, which is 0 by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Xxh32 {
    seed: u32,
}

impl Xxh32 {
    /// The hash with this seed.
    #[must_use]
    pub const fn with_seed(seed: u32) -> Self {
        Self { seed }
    }
}

impl<K: AsRef<[u8]> + ?Sized> KeyHash<K> for Xxh32 {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        u64::from(xxh32(key.as_ref(), self.seed))
    }
}

/// XXH64 with a seed, which is 0 by default: Envoy's `XX_HASH`, gRPC's `ring_hash`. It has 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Xxh64 {
    seed: u64,
}

impl Xxh64 {
    /// The hash with this seed.
    #[must_use]
    pub const fn with_seed(seed: u64) -> Self {
        Self { seed }
    }
}

impl<K: AsRef<[u8]> + ?Sized> KeyHash<K> for Xxh64 {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        xxh64(key.as_ref(), self.seed)
    }
}
