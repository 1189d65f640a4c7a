//! FNV-1 and FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo; RFC 9923), in the forms that libmemcached and twemproxy have.
//!
//! | function | their name | what it is |
//! |---|---|---|
//! | [`fnv64`] | `fnv1_64` | the lower 32 bits of FNV-1 of 64 bits |
//! | [`fnv64a`] | `fnv1a_64`, twemproxy's default | FNV-1a in 32 bits, with the lower halves of the 64-bit constants |
//! | [`fnv32`] | `fnv1_32` | FNV-1 of 32 bits |
//! | [`fnv32a`] | `fnv1a_32` | FNV-1a of 32 bits |
//!
//! The lower half of a product follows from the lower halves of its factors. So a register of 32 bits gives the lower
//! half of the 64-bit hash, and that is what all four have here.
//!
//! Both systems read the key as `char`. On x86-64 a byte of 0x80 or more is negative, and changes all upper bits:
//! such keys do not hash as by the published algorithms.

use super::key_hashes;
use super::words::signed;

/// The lower half of the 64-bit offset basis.
const OFFSET_64: u32 = 0x8422_2325;
/// The lower half of the 64-bit prime.
const PRIME_64: u32 = 0x0000_01b3;
/// The 32-bit offset basis.
const OFFSET_32: u32 = 0x811c_9dc5;
/// The 32-bit prime.
const PRIME_32: u32 = 0x0100_0193;

/// FNV-1: multiplies before it takes in a byte.
#[inline]
const fn fnv1(mut bytes: &[u8], offset: u32, prime: u32) -> u32 {
    let mut h = offset;
    while let [byte, rest @ ..] = bytes {
        h = h.wrapping_mul(prime) ^ signed(*byte);
        bytes = rest;
    }
    h
}

/// FNV-1a: multiplies after it has taken in a byte.
#[inline]
const fn fnv1a(mut bytes: &[u8], offset: u32, prime: u32) -> u32 {
    let mut h = offset;
    while let [byte, rest @ ..] = bytes {
        h = (h ^ signed(*byte)).wrapping_mul(prime);
        bytes = rest;
    }
    h
}

/// The lower 32 bits of 64-bit FNV-1 over signed bytes. O(length).
#[inline]
#[must_use]
pub const fn fnv64(bytes: &[u8]) -> u32 {
    fnv1(bytes, OFFSET_64, PRIME_64)
}

/// FNV-1a over signed bytes in 32 bits, with the lower halves of the 64-bit constants. O(length).
#[inline]
#[must_use]
pub const fn fnv64a(bytes: &[u8]) -> u32 {
    fnv1a(bytes, OFFSET_64, PRIME_64)
}

/// 32-bit FNV-1 over signed bytes. O(length).
#[inline]
#[must_use]
pub const fn fnv32(bytes: &[u8]) -> u32 {
    fnv1(bytes, OFFSET_32, PRIME_32)
}

/// 32-bit FNV-1a over signed bytes. O(length).
#[inline]
#[must_use]
pub const fn fnv32a(bytes: &[u8]) -> u32 {
    fnv1a(bytes, OFFSET_32, PRIME_32)
}

key_hashes! {
    /// The lower 32 bits of 64-bit FNV-1 over signed bytes: `fnv1_64`.
    Fnv64 = fnv64;
    /// FNV-1a in 32 bits with the lower halves of the 64-bit constants, over signed bytes: `fnv1a_64`, which is
    /// twemproxy's default.
    Fnv64a = fnv64a;
    /// 32-bit FNV-1 over signed bytes: `fnv1_32`.
    Fnv32 = fnv32;
    /// 32-bit FNV-1a over signed bytes: `fnv1a_32`.
    Fnv32a = fnv32a;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the authors' test suite (`test_fnv.c`); of 64-bit ones the lower half.
    #[test]
    fn values_of_low_bytes_are_the_published_ones() {
        assert_eq!(fnv32(b""), 0x811c_9dc5);
        assert_eq!(fnv32(b"a"), 0x050c_5d7e);
        assert_eq!(fnv32(b"foobar"), 0x31f0_b262);
        assert_eq!(fnv32a(b"a"), 0xe40c_292c);
        assert_eq!(fnv32a(b"foobar"), 0xbf9c_f968);
        assert_eq!(fnv64(b"a"), 0xaf63_bd4c_8601_b7be_u64 as u32);
        assert_eq!(fnv64(b"foobar"), 0x340d_8765_a4dd_a9c2_u64 as u32);
        assert_eq!(fnv64a(b"a"), 0xaf63_dc4c_8601_ec8c_u64 as u32);
        assert_eq!(fnv64a(b"foobar"), 0x8594_4171_f739_67e8_u64 as u32);
    }

    /// Values of the C code where `char` is signed.
    #[test]
    fn high_bytes_are_negative() {
        for (key, expected) in [
            (&b""[..], [0x8422_2325, 0x8422_2325, 0x811c_9dc5, 0x811c_9dc5]),
            (&b"user:42"[..], [0xf282_9cd0, 0xdcd2_21c2, 0xf7f6_7db0, 0x2f6b_7b82]),
            (&b"\x80"[..], [0x79fe_485f, 0x79fd_ec5f, 0xfaf3_a29f, 0x04f3_b29f]),
            (&b"\xff\x00"[..], [0x4b14_8e60, 0x4b11_acea, 0xed89_66a0, 0xc886_edca]),
            (&b"\xe6\x97\xa5"[..], [0x9435_d981, 0x1dbf_dc5d, 0xde89_dfa1, 0xbf8a_57fd]),
            (&b"\xe6\x97\xa5\xe6"[..], [0x287f_69d5, 0x72fc_b6c1, 0x0bf4_f595, 0x9437_a281]),
            (&b"na\xc3\xafve"[..], [0x8d56_23d7, 0x1c6a_b0ab, 0x5d22_0997, 0xcd16_ee2b]),
            (
                &b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..],
                [0x0a4e_4453, 0x675e_a287, 0x349c_3df3, 0x125c_3fe7],
            ),
            (&b"key-of-12-by"[..], [0x72c2_6bd2, 0x1ae8_1350, 0x5224_d732, 0x9977_0710]),
            (
                &b"key-\xf0\x9f\x94\x91-of-13"[..],
                [0x1d79_998a, 0xba9c_1400, 0xf5aa_2faa, 0x5609_66c0],
            ),
        ] {
            let values = [fnv64, fnv64a, fnv32, fnv32a].map(|hash| hash(key));
            assert_eq!(values, expected, "{key:02x?}");
        }
    }
}
