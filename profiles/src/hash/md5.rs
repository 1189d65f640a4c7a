//! MD5 (R. Rivest, RFC 1321), and what rings take of a digest.
//!
//! | system | what it takes of it |
//! |---|---|
//! | libketama, libmemcached, twemproxy, hashring, hash_ring | [`words`]: the first for keys; four for the points of a label, three in hash_ring |
//! | uhashring | [`integer`] |
//! | Cassandra, `RandomPartitioner` | [`cassandra_token`] |
//!
//! Here MD5 spreads keys, nothing else: it withstands no attacker.

use ::md5::Digest as _;

use super::key_hashes;

/// The digest of `bytes`. O(length).
#[inline]
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 16] {
    ::md5::Md5::digest(bytes).into()
}

/// The four little-endian integers of 32 bits that a digest consists of, in order. Ketama rings number them from 0,
/// and have a point at each. Constant time.
#[inline]
#[must_use]
pub const fn words(digest: [u8; 16]) -> [u32; 4] {
    let all = u128::from_le_bytes(digest);
    [all as u32, (all >> 32) as u32, (all >> 64) as u32, (all >> 96) as u32]
}

/// The whole digest as a big-endian integer. Constant time.
#[inline]
#[must_use]
pub const fn integer(digest: [u8; 16]) -> u128 {
    u128::from_be_bytes(digest)
}

/// The token that Cassandra's `RandomPartitioner` has for `key`: the magnitude of the digest as a signed big-endian
/// integer, so at most 2¹²⁷. O(length).
#[inline]
#[must_use]
pub fn cassandra_token(key: &[u8]) -> u128 {
    integer(digest(key)).cast_signed().unsigned_abs()
}

/// The first of the [`words`] of the digest of `bytes`: where ketama rings have a key. O(length).
#[inline]
#[must_use]
pub fn hash(bytes: &[u8]) -> u32 {
    let [first, ..] = words(digest(bytes));
    first
}

key_hashes! {
    /// The first little-endian integer of 32 bits of the MD5 digest: ketama's keys.
    Md5 = hash;
}

#[cfg(test)]
mod tests {
    use super::*;
    use annulus::KeyHash;

    /// The test suite of RFC 1321, as big-endian integers.
    #[test]
    fn digests_are_the_published_ones() {
        for (text, expected) in [
            ("", 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e),
            ("a", 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661),
            ("abc", 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72),
            ("message digest", 0xf96b_697d_7cb7_938d_525a_2f31_aaf1_61d0),
            ("abcdefghijklmnopqrstuvwxyz", 0xc3fc_d3d7_6192_e400_7dfb_496c_ca67_e13b),
        ] {
            assert_eq!(integer(digest(text.as_bytes())), expected, "{text:?}");
        }
    }

    #[test]
    fn words_are_little_endian_and_in_order() {
        let words = words(digest(b"abc"));
        assert_eq!(words, [0x9850_0190, 0xb04f_d23c, 0x7d3f_96d6, 0x727f_e128]);
        assert_eq!(Md5.hash("abc"), 0x9850_0190);
    }

    #[test]
    fn a_token_is_the_magnitude_of_a_signed_integer() {
        assert_eq!(cassandra_token(b"a"), 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661);
        let negative: u128 = 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72;
        assert_eq!(cassandra_token(b"abc"), negative.wrapping_neg());
    }
}
