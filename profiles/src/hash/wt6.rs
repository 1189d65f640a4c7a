//! wt6 (Willy Tarreau), a hash of HAProxy's own: `hash-type consistent wt6`, `hash_wt6` in `src/hash.c`.
//!
//! Two registers are rotated by distances that the bytes before have set. A distance of 0 is a shift by 32 in C,
//! which on x86-64 and on ARM64 leaves the register as it is; so does a rotation by 0.

use super::key_hashes;

/// The hash of `bytes`. O(length).
#[inline]
#[must_use]
pub const fn hash(mut bytes: &[u8]) -> u32 {
    let (mut h0, mut h1) = (0xa53c_965a_u32, 0x5ca6_953a_u32);
    let (mut step0, mut step1) = (6, 18);
    while let [byte, rest @ ..] = bytes {
        let byte = *byte as u32;
        (h0, h1) = (!(h0 ^ byte), !h1.wrapping_add(byte));
        (h0, h1) = (h1.rotate_left(step0), h0.rotate_left(step1));
        let steps = ((h0 >> 16) ^ h1) & 0xffff;
        (step0, step1) = (steps & 0x1f, steps >> 11);
        bytes = rest;
    }
    h0 ^ h1
}

key_hashes! {
    /// wt6: HAProxy's `wt6`.
    Wt6 = hash;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the C code; bytes are unsigned.
    #[test]
    fn values_are_those_of_the_c_code() {
        for (key, expected) in [
            (&b""[..], 0xf99a_0360),
            (&b"user:42"[..], 0x2e68_dc4f),
            (&b"\x80"[..], 0x72cf_fa65),
            (&b"\xff\x00"[..], 0x52b9_998d),
            (&b"\xe6\x97\xa5"[..], 0xbf70_6e77),
            (&b"\xe6\x97\xa5\xe6"[..], 0x31bb_8b36),
            (&b"na\xc3\xafve"[..], 0x9508_a060),
            (&b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..], 0x16df_a2e3),
            (&b"key-of-12-by"[..], 0xde5e_4f79),
            (&b"key-\xf0\x9f\x94\x91-of-13"[..], 0x2d16_f759),
        ] {
            assert_eq!(hash(key), expected, "{key:02x?}");
        }
    }
}
