//! Jenkins' one-at-a-time (Bob Jenkins: "Hash functions", Dr. Dobb's Journal, 1997), over signed bytes.
//!
//! It is libmemcached's default for keys (`MEMCACHED_HASH_DEFAULT`) and twemproxy's `one_at_a_time`. Both read the
//! key as `char`, so on x86-64 a byte of 0x80 or more is added as a negative number: such keys do not hash as by the
//! published algorithm.

use super::key_hashes;
use super::words::signed;

/// The hash of `bytes`. O(length).
#[inline]
#[must_use]
pub const fn hash(mut bytes: &[u8]) -> u32 {
    let mut h = 0u32;
    while let [byte, rest @ ..] = bytes {
        h = h.wrapping_add(signed(*byte));
        h = h.wrapping_add(h << 10);
        h ^= h >> 6;
        bytes = rest;
    }
    h = h.wrapping_add(h << 3);
    h ^= h >> 11;
    h.wrapping_add(h << 15)
}

key_hashes! {
    /// Jenkins' one-at-a-time over signed bytes: libmemcached's default, twemproxy's `one_at_a_time`.
    OneAtATime = hash;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that are published along with the algorithm.
    #[test]
    fn values_of_low_bytes_are_the_published_ones() {
        assert_eq!(hash(b"a"), 0xca2e_9442);
        assert_eq!(hash(b"The quick brown fox jumps over the lazy dog"), 0x519e_91f5);
    }

    /// Values of the C code where `char` is signed.
    #[test]
    fn high_bytes_are_negative() {
        for (key, expected) in [
            (&b""[..], 0x0000_0000),
            (&b"user:42"[..], 0x303f_6fea),
            (&b"\x80"[..], 0xc31d_4e27),
            (&b"\xff\x00"[..], 0xf782_7105),
            (&b"\xe6\x97\xa5"[..], 0xb11c_a559),
            (&b"\xe6\x97\xa5\xe6"[..], 0x5200_b68d),
            (&b"na\xc3\xafve"[..], 0xb773_f468),
            (&b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..], 0x52b3_29b8),
            (&b"key-of-12-by"[..], 0xa50d_afe3),
            (&b"key-\xf0\x9f\x94\x91-of-13"[..], 0x43bc_6622),
        ] {
            assert_eq!(hash(key), expected, "{key:02x?}");
        }
    }
}
