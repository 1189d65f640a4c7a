//! XXH3-64 with seed 0 (Yann Collet's xxHash): the frozen hash of identities and keys.

use crate::target;

/// XXH3-64 of `bytes`, seed 0.
#[inline]
pub(crate) fn xxh3(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// [`xxh3`] of an identity, by the compact form where code must be small.
pub(crate) fn xxh3_identity(identity: &[u8]) -> u64 {
    if target::CODE_MUST_BE_SMALL { super::xxh3_compact::xxh3(identity) } else { xxh3(identity) }
}

/// [`xxh3`] for rings that are built at compile time.
pub(crate) const fn xxh3_const(bytes: &[u8]) -> u64 {
    xxhash_rust::const_xxh3::xxh3_64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_agree_across_every_length_class() {
        let mut bytes = [0u8; 600];
        for (i, b) in bytes.iter_mut().enumerate() {
            *b = (i as u8).wrapping_mul(31).wrapping_add(7);
        }
        for len in 0..bytes.len() {
            assert_eq!(xxh3(&bytes[..len]), xxh3_const(&bytes[..len]), "length {len}");
        }
    }

    #[test]
    fn the_empty_string_has_its_published_hash() {
        assert_eq!(xxh3(b""), 0x2d06_8005_38d3_94c2);
    }
}
