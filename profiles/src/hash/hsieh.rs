//! Paul Hsieh's SuperFastHash (2004), as twemproxy has it: `hsieh`.
//!
//! It starts from 0, where the published form starts from the length. The tail is read as it is there: with three
//! bytes left, the third is signed, and one of 0x80 or more changes all bits above it; a single byte is unsigned.

use super::key_hashes;
use super::words::signed;

/// The hash of `bytes`; 0 of none. O(length).
#[inline]
#[must_use]
pub const fn hash(mut bytes: &[u8]) -> u32 {
    let mut h = 0u32;
    while let [a, b, c, d, rest @ ..] = bytes {
        h = h.wrapping_add(pair(*a, *b));
        h = (h << 16) ^ (pair(*c, *d) << 11) ^ h;
        h = h.wrapping_add(h >> 11);
        bytes = rest;
    }
    match *bytes {
        [a, b, c] => {
            h = h.wrapping_add(pair(a, b));
            h ^= h << 16;
            h ^= signed(c) << 18;
            h = h.wrapping_add(h >> 11);
        }
        [a, b] => {
            h = h.wrapping_add(pair(a, b));
            h ^= h << 11;
            h = h.wrapping_add(h >> 17);
        }
        [a] => {
            h = h.wrapping_add(a as u32);
            h ^= h << 10;
            h = h.wrapping_add(h >> 1);
        }
        _ => {}
    }
    h ^= h << 3;
    h = h.wrapping_add(h >> 5);
    h ^= h << 4;
    h = h.wrapping_add(h >> 17);
    h ^= h << 25;
    h.wrapping_add(h >> 6)
}

/// Two bytes as a little-endian integer.
#[inline]
const fn pair(low: u8, high: u8) -> u32 {
    u16::from_le_bytes([low, high]) as u32
}

key_hashes! {
    /// SuperFastHash from 0, with the third of three last bytes signed: twemproxy's `hsieh`.
    Hsieh = hash;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the C code where `char` is signed: tails of all lengths.
    #[test]
    fn the_third_of_three_last_bytes_is_signed() {
        for (key, expected) in [
            (&b""[..], 0x0000_0000),
            (&b"user:42"[..], 0xae4b_9fa9),
            (&b"\x80"[..], 0xd6f4_cb32),
            (&b"\xff\x00"[..], 0x1a0d_7881),
            (&b"\xe6\x97\xa5"[..], 0xa172_646b),
            (&b"\xe6\x97\xa5\xe6"[..], 0x4328_3646),
            (&b"na\xc3\xafve"[..], 0x5bf5_d7cd),
            (&b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..], 0x0625_e643),
            (&b"key-of-12-by"[..], 0xb318_bfc0),
            (&b"key-\xf0\x9f\x94\x91-of-13"[..], 0x1e6c_add8),
        ] {
            assert_eq!(hash(key), expected, "{key:02x?}");
        }
    }
}
