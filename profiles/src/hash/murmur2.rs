//! MurmurHash2 and MurmurHash64A (Austin Appleby, 2008).
//!
//! libmemcached and twemproxy hash keys by MurmurHash2 with a seed that depends on the length of the key: `murmur`.
//! Envoy's `MURMUR_HASH_2` is MurmurHash64A with a fixed seed.

use annulus::KeyHash;

use super::key_hashes;
use super::words::{le32, le64};

/// The seed of Envoy's `MURMUR_HASH_2`, that of `std::hash` of GNU's C++ library.
pub const ENVOY_SEED: u64 = 0xc70f_6907;

/// What libmemcached and twemproxy multiply the length of the key by, to have a seed of MurmurHash2; so does
/// libmemcached for MurmurHash3.
pub(super) const SEED_PER_BYTE: u32 = 0xdead_beef;

/// MurmurHash2 of `bytes` with this seed. O(length).
#[inline]
#[must_use]
pub const fn hash(mut bytes: &[u8], seed: u32) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut h = seed ^ bytes.len() as u32;
    while let Some((word, rest)) = bytes.split_first_chunk() {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
        bytes = rest;
    }
    if !bytes.is_empty() {
        h = (h ^ le32(bytes)).wrapping_mul(M);
    }
    h = (h ^ (h >> 13)).wrapping_mul(M);
    h ^ (h >> 15)
}

/// MurmurHash2 of `bytes` with the seed 0xdeadbeef × length: `murmur` of libmemcached and twemproxy. O(length).
#[inline]
#[must_use]
pub const fn by_length(bytes: &[u8]) -> u32 {
    hash(bytes, SEED_PER_BYTE.wrapping_mul(bytes.len() as u32))
}

/// MurmurHash64A of `bytes` with this seed. O(length).
#[inline]
#[must_use]
pub const fn hash64a(mut bytes: &[u8], seed: u64) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    let mut h = seed ^ (bytes.len() as u64).wrapping_mul(M);
    while let Some((word, rest)) = bytes.split_first_chunk() {
        let mut k = u64::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 47;
        h = (h ^ k.wrapping_mul(M)).wrapping_mul(M);
        bytes = rest;
    }
    if !bytes.is_empty() {
        h = (h ^ le64(bytes)).wrapping_mul(M);
    }
    h = (h ^ (h >> 47)).wrapping_mul(M);
    h ^ (h >> 47)
}

key_hashes! {
    /// MurmurHash2 with the seed 0xdeadbeef × length: `murmur` of libmemcached and twemproxy.
    Murmur2 = by_length;
}

/// MurmurHash64A with a seed, of 64 bits: Envoy's `MURMUR_HASH_2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Murmur64A {
    seed: u64,
}

impl Murmur64A {
    /// The hash with this seed; Envoy's is [`ENVOY_SEED`].
    #[must_use]
    pub const fn with_seed(seed: u64) -> Self {
        Self { seed }
    }
}

impl<K: AsRef<[u8]> + ?Sized> KeyHash<K> for Murmur64A {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        hash64a(key.as_ref(), self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the author's suite of tests (SMHasher) has as the value of each hash: the hash of the hashes of the keys
    /// `[]`, `[0]`, `[0, 1]` to `[0, 1, …, 254]` with the seeds 256, 255 to 1.
    #[test]
    fn the_published_verification_values_come_out() {
        let key: [u8; 256] = core::array::from_fn(|i| i as u8);
        let mut hashes = [0; 4 * 256];
        for (len, out) in hashes.chunks_exact_mut(4).enumerate() {
            out.copy_from_slice(&hash(&key[..len], 256 - len as u32).to_le_bytes());
        }
        assert_eq!(hash(&hashes, 0), 0x2786_4c1e);
        let mut hashes = [0; 8 * 256];
        for (len, out) in hashes.chunks_exact_mut(8).enumerate() {
            out.copy_from_slice(&hash64a(&key[..len], 256 - len as u64).to_le_bytes());
        }
        assert_eq!(hash64a(&hashes, 0) as u32, 0x1f0d_3804);
    }

    /// Values of the C code.
    #[test]
    fn the_seed_grows_with_the_length() {
        for (key, expected) in [
            (&b""[..], 0x0000_0000),
            (&b"user:42"[..], 0x5f6e_b68a),
            (&b"\x80"[..], 0x9055_6245),
            (&b"\xff\x00"[..], 0x0949_0418),
            (&b"\xe6\x97\xa5"[..], 0x1781_b7f3),
            (&b"\xe6\x97\xa5\xe6"[..], 0xad9c_756b),
            (&b"na\xc3\xafve"[..], 0xedba_3243),
            (&b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..], 0xb3d1_0343),
            (&b"key-of-12-by"[..], 0x96bc_e798),
            (&b"key-\xf0\x9f\x94\x91-of-13"[..], 0x6ca1_e487),
        ] {
            assert_eq!(by_length(key), expected, "{key:02x?}");
        }
    }

    /// Values of Envoy's own unit test (`test/common/common/hash_test.cc`).
    #[test]
    fn with_envoys_seed_values_are_envoys() {
        for (key, expected) in [
            ("foo", 9_631_199_822_919_835_226),
            ("bar", 11_474_628_671_133_349_555),
            ("foo\nbar", 16_306_510_975_912_980_159),
            ("lyft", 12_847_078_931_730_529_320),
            ("", 6_142_509_188_972_423_790),
        ] {
            assert_eq!(Murmur64A::with_seed(ENVOY_SEED).hash(key), expected, "{key:?}");
        }
    }

    #[test]
    fn the_type_has_the_seed_that_it_was_made_with() {
        assert_eq!(Murmur64A::with_seed(7).hash("abc"), hash64a(b"abc", 7));
        assert_ne!(hash64a(b"abc", 7), hash64a(b"abc", ENVOY_SEED));
    }
}
