//! `hashlittle` of lookup3 (Bob Jenkins, 2006): `jenkins` of libmemcached and twemproxy, with the initial value 13.

use super::key_hashes;
use super::words::{le32, skip};

/// The initial value of libmemcached and twemproxy.
const INITIAL: u32 = 13;

/// `hashlittle` of `bytes` with this initial value. O(length).
#[inline]
#[must_use]
pub const fn hashlittle(mut bytes: &[u8], initial: u32) -> u32 {
    let start = (bytes.len() as u32).wrapping_add(0xdead_beef).wrapping_add(initial);
    let mut words = [start; 3];
    if bytes.is_empty() {
        return start;
    }
    // The last block may be a whole one, and is not mixed but finished.
    while bytes.len() > 12 {
        words = mix(add(words, bytes));
        bytes = skip(bytes, 12);
    }
    finish(add(words, bytes))
}

/// Adds the first twelve bytes, three words; zeros in place of those that are missing.
#[inline]
const fn add([a, b, c]: [u32; 3], bytes: &[u8]) -> [u32; 3] {
    [
        a.wrapping_add(le32(bytes)),
        b.wrapping_add(le32(skip(bytes, 4))),
        c.wrapping_add(le32(skip(bytes, 8))),
    ]
}

/// Mixes three words reversibly.
#[inline]
const fn mix([mut a, mut b, mut c]: [u32; 3]) -> [u32; 3] {
    a = a.wrapping_sub(c) ^ c.rotate_left(4);
    c = c.wrapping_add(b);
    b = b.wrapping_sub(a) ^ a.rotate_left(6);
    a = a.wrapping_add(c);
    c = c.wrapping_sub(b) ^ b.rotate_left(8);
    b = b.wrapping_add(a);
    a = a.wrapping_sub(c) ^ c.rotate_left(16);
    c = c.wrapping_add(b);
    b = b.wrapping_sub(a) ^ a.rotate_left(19);
    a = a.wrapping_add(c);
    c = c.wrapping_sub(b) ^ b.rotate_left(4);
    b = b.wrapping_add(a);
    [a, b, c]
}

/// Mixes three words into the last of them.
#[inline]
const fn finish([mut a, mut b, mut c]: [u32; 3]) -> u32 {
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}

/// `hashlittle` of `bytes` with the initial value 13: `jenkins` of libmemcached and twemproxy. O(length).
#[inline]
#[must_use]
pub const fn hash(bytes: &[u8]) -> u32 {
    hashlittle(bytes, INITIAL)
}

key_hashes! {
    /// `hashlittle` of lookup3 with the initial value 13: `jenkins` of libmemcached and twemproxy.
    Lookup3 = hash;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that `driver5` of the author's `lookup3.c` prints.
    #[test]
    fn values_are_the_published_ones() {
        assert_eq!(hashlittle(b"", 0), 0xdead_beef);
        assert_eq!(hashlittle(b"", 0xdead_beef), 0xbd5b_7dde);
        assert_eq!(hashlittle(b"Four score and seven years ago", 0), 0x1777_0551);
        assert_eq!(hashlittle(b"Four score and seven years ago", 1), 0xcd62_8161);
    }

    /// Values of the C code: blocks of all lengths.
    #[test]
    fn the_initial_value_is_13() {
        for (key, expected) in [
            (&b""[..], 0xdead_befc),
            (&b"user:42"[..], 0xc4c6_bc92),
            (&b"\x80"[..], 0xb16f_de48),
            (&b"\xff\x00"[..], 0x4f94_5bc6),
            (&b"\xe6\x97\xa5"[..], 0x537f_3934),
            (&b"\xe6\x97\xa5\xe6"[..], 0xf13a_dc56),
            (&b"na\xc3\xafve"[..], 0x64d5_2db3),
            (&b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..], 0xc3c6_add4),
            (&b"key-of-12-by"[..], 0x7095_fd18),
            (&b"key-\xf0\x9f\x94\x91-of-13"[..], 0x8004_6811),
        ] {
            assert_eq!(hash(key), expected, "{key:02x?}");
        }
    }
}
