//! MurmurHash3 (Austin Appleby, 2011): x86_32 for libmemcached, and Cassandra's form of x64_128.
//!
//! Cassandra's `Murmur3Partitioner` reads the last bytes of a key, those after the last whole 16, as signed numbers.
//! So its tokens differ from the published algorithm where one of them is 0x80 or more.

use super::key_hashes;
use super::murmur2::SEED_PER_BYTE;
use super::words::{le32, skip};

/// MurmurHash3 x86_32 of `bytes` with this seed. O(length).
#[inline]
#[must_use]
pub const fn x86_32(mut bytes: &[u8], seed: u32) -> u32 {
    const fn mix(k: u32) -> u32 {
        k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
    }
    let len = bytes.len() as u32;
    let mut h = seed;
    while let Some((word, rest)) = bytes.split_first_chunk() {
        h = (h ^ mix(u32::from_le_bytes(*word))).rotate_left(13);
        h = h.wrapping_mul(5).wrapping_add(0xe654_6b64);
        bytes = rest;
    }
    h ^= mix(le32(bytes)) ^ len;
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

/// MurmurHash3 x86_32 of `bytes` with the seed 0xdeadbeef × length: libmemcached's `murmur3`. O(length).
#[inline]
#[must_use]
pub const fn by_length(bytes: &[u8]) -> u32 {
    x86_32(bytes, SEED_PER_BYTE.wrapping_mul(bytes.len() as u32))
}

/// The two halves of MurmurHash3 x64_128 with this seed; with the bytes of the tail sign-extended if `SIGNED`.
#[inline]
const fn x64_128<const SIGNED: bool>(mut bytes: &[u8], seed: u64) -> [u64; 2] {
    const C1: u64 = 0x87c3_7b91_1142_53d5;
    const C2: u64 = 0x4cf5_ad43_2745_937f;
    const fn mix1(k: u64) -> u64 {
        k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
    }
    const fn mix2(k: u64) -> u64 {
        k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
    }
    let len = bytes.len() as u64;
    let (mut h1, mut h2) = (seed, seed);
    while let Some((block, rest)) = bytes.split_first_chunk() {
        let block = u128::from_le_bytes(*block);
        h1 = (h1 ^ mix1(block as u64)).rotate_left(27).wrapping_add(h2);
        h1 = h1.wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 = (h2 ^ mix2((block >> 64) as u64)).rotate_left(31).wrapping_add(h1);
        h2 = h2.wrapping_mul(5).wrapping_add(0x3849_5ab5);
        bytes = rest;
    }
    h1 ^= mix1(tail::<SIGNED>(bytes)) ^ len;
    h2 ^= mix2(tail::<SIGNED>(skip(bytes, 8))) ^ len;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2) = (fmix64(h1), fmix64(h2));
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    [h1, h2]
}

/// The first eight bytes, or those that there are, each shifted to its place and combined by exclusive or: a signed
/// byte changes all that is above it.
#[inline]
const fn tail<const SIGNED: bool>(mut bytes: &[u8]) -> u64 {
    let (mut word, mut shift) = (0, 0);
    while shift < 64
        && let [byte, rest @ ..] = bytes
    {
        let byte = if SIGNED { *byte as i8 as u64 } else { *byte as u64 };
        word ^= byte << shift;
        shift += 8;
        bytes = rest;
    }
    word
}

/// The 64-bit finalizer.
#[inline]
const fn fmix64(mut h: u64) -> u64 {
    h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

/// The token that Cassandra's `Murmur3Partitioner` has for `key`, a partition key as it is serialized. O(length).
///
/// It is the first half of MurmurHash3 x64_128 with the seed 0 and a signed tail, as a signed integer; the least
/// value is reserved, and becomes the greatest. No partition key is empty; an empty one has the token 0 here, as in
/// the drivers.
#[inline]
#[must_use]
pub const fn cassandra_token(key: &[u8]) -> i64 {
    let [h1, _] = x64_128::<true>(key, 0);
    normalized(h1.cast_signed())
}

/// The greatest value in place of the least.
#[inline]
const fn normalized(token: i64) -> i64 {
    if token == i64::MIN { i64::MAX } else { token }
}

/// The token of `key` in two's complement.
#[inline]
fn token_bits(key: &[u8]) -> u64 {
    cassandra_token(key).cast_unsigned()
}

key_hashes! {
    /// MurmurHash3 x86_32 with the seed 0xdeadbeef × length: libmemcached's `murmur3`.
    Murmur3 = by_length;
    /// The token of Cassandra's `Murmur3Partitioner`, a signed integer of 64 bits, in two's complement:
    /// [`cassandra_token`]. As `u64` the negative ones come last; tokens are in order as `i64`.
    CassandraToken = token_bits;
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
            out.copy_from_slice(&x86_32(&key[..len], 256 - len as u32).to_le_bytes());
        }
        assert_eq!(x86_32(&hashes, 0), 0xb0f5_7ee3);
        let mut hashes = [0; 16 * 256];
        for (len, out) in hashes.chunks_exact_mut(16).enumerate() {
            let [h1, h2] = x64_128::<false>(&key[..len], 256 - len as u64);
            out[..8].copy_from_slice(&h1.to_le_bytes());
            out[8..].copy_from_slice(&h2.to_le_bytes());
        }
        let [h1, _] = x64_128::<false>(&hashes, 0);
        assert_eq!(h1 as u32, 0x6384_ba69);
    }

    /// Values of the C code.
    #[test]
    fn the_seed_grows_with_the_length() {
        for (key, expected) in [
            (&b""[..], 0x0000_0000),
            (&b"user:42"[..], 0x8d19_b667),
            (&b"\x80"[..], 0xed79_afb2),
            (&b"\xff\x00"[..], 0x05a2_d0f2),
            (&b"\xe6\x97\xa5"[..], 0xbe35_9837),
            (&b"\xe6\x97\xa5\xe6"[..], 0xe0b6_d936),
            (&b"na\xc3\xafve"[..], 0x4d0a_9fc7),
            (&b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..], 0x49c5_e0b0),
            (&b"key-of-12-by"[..], 0x8fec_f530),
            (&b"key-\xf0\x9f\x94\x91-of-13"[..], 0xec01_cbd5),
        ] {
            assert_eq!(by_length(key), expected, "{key:02x?}");
        }
    }

    #[test]
    fn the_least_token_becomes_the_greatest() {
        assert_eq!(
            [i64::MIN, i64::MIN + 1, 0, i64::MAX].map(normalized),
            [i64::MAX, i64::MIN + 1, 0, i64::MAX]
        );
    }

    #[test]
    fn only_high_bytes_of_the_tail_are_signed() {
        let whole = [0x80; 16];
        assert_eq!(x64_128::<true>(&whole, 0), x64_128::<false>(&whole, 0));
        let low = [0x7f; 15];
        assert_eq!(x64_128::<true>(&low, 0), x64_128::<false>(&low, 0));
        for len in 1..16 {
            assert_ne!(x64_128::<true>(&whole[..len], 0), x64_128::<false>(&whole[..len], 0));
        }
    }
}
