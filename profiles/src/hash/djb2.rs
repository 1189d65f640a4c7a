//! The hash of Daniel J. Bernstein, known as djb2 (comp.lang.c, 1991): HAProxy's `hash-type consistent djb2`.

use super::key_hashes;

/// The hash of `bytes`. O(length).
#[inline]
#[must_use]
pub const fn hash(mut bytes: &[u8]) -> u32 {
    let mut h = 5381u32;
    while let [byte, rest @ ..] = bytes {
        h = h.wrapping_mul(33).wrapping_add(*byte as u32);
        bytes = rest;
    }
    h
}

key_hashes! {
    /// djb2: HAProxy's `djb2`.
    Djb2 = hash;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the C code, where the factor is written as a shift; bytes are unsigned.
    #[test]
    fn values_are_those_of_shifts() {
        for (key, expected) in [
            (&b""[..], 0x0000_1505),
            (&b"user:42"[..], 0x45c1_cda4),
            (&b"\x80"[..], 0x0002_b625),
            (&b"\xff\x00"[..], 0x0059_8b24),
            (&b"\xe6\x97\xa5"[..], 0x0b8a_9967),
            (&b"\xe6\x97\xa5\xe6"[..], 0x7cdd_c72d),
            (&b"na\xc3\xafve"[..], 0x0fbf_a8c1),
            (&b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..], 0xb5f3_7c85),
            (&b"key-of-12-by"[..], 0x5797_5368),
            (&b"key-\xf0\x9f\x94\x91-of-13"[..], 0x7917_0202),
        ] {
            assert_eq!(hash(key), expected, "{key:02x?}");
        }
    }
}
