//! The hash of sdbm (Ozan Yigit, 1987), HAProxy's default for keys: `hash-type consistent sdbm`.

use super::key_hashes;

/// The hash of `bytes`. O(length).
#[inline]
#[must_use]
pub const fn hash(mut bytes: &[u8]) -> u32 {
    let mut h = 0u32;
    while let [byte, rest @ ..] = bytes {
        h = h.wrapping_mul(65_599).wrapping_add(*byte as u32);
        bytes = rest;
    }
    h
}

key_hashes! {
    /// The hash of sdbm: HAProxy's `sdbm`. With the avalanche, which is its default, take it under
    /// [`FullHash`](super::avalanche::FullHash).
    Sdbm = hash;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the C code, where the factor is written as shifts; bytes are unsigned.
    #[test]
    fn values_are_those_of_shifts() {
        for (key, expected) in [
            (&b""[..], 0x0000_0000),
            (&b"user:42"[..], 0x789c_b0ed),
            (&b"\x80"[..], 0x0000_0080),
            (&b"\xff\x00"[..], 0x00ff_3ec1),
            (&b"\xe6\x97\xa5"[..], 0x71d9_13b4),
            (&b"\xe6\x97\xa5\xe6"[..], 0x181f_da32),
            (&b"na\xc3\xafve"[..], 0x0af5_808e),
            (&b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..], 0xe7a2_009a),
            (&b"key-of-12-by"[..], 0xff09_97bb),
            (&b"key-\xf0\x9f\x94\x91-of-13"[..], 0xb460_db65),
        ] {
            assert_eq!(hash(key), expected, "{key:02x?}");
        }
    }
}
