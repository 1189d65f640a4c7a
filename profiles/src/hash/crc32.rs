//! CRC-32 of the polynomial 0x04c11db7, reflected: that of IEEE 802.3, zlib and PNG.
//!
//! | system | what it takes of it |
//! |---|---|
//! | nginx, pingora | all 32 bits, of keys and, in a chain, for points |
//! | HAProxy, `hash-type consistent crc32` | all 32 bits |
//! | twemproxy, `hash: crc32a` | all 32 bits |
//! | twemproxy, `hash: crc32`; libmemcached, `MEMCACHED_HASH_CRC` | bits 16 to 30 |
//!
//! The code is that of `crc32fast`. On Cortex-M the compiler leaves checks of bounds in it that never fail, so a program
//! with these hashes has a panic in it that it never reaches; the other hashes here leave none.

use super::key_hashes;

/// The CRC-32 of `bytes`. O(length).
#[inline]
#[must_use]
pub fn hash(bytes: &[u8]) -> u32 {
    update(0, bytes)
}

/// The CRC-32 of some bytes followed by `bytes`, where `state` is the CRC-32 of the former; that of nothing is 0.
/// O(length of `bytes`).
///
/// ```
/// use annulus_profiles::hash::crc32::{hash, update};
///
/// assert_eq!(update(hash(b"12345"), b"6789"), hash(b"123456789"));
/// ```
#[inline]
#[must_use]
pub fn update(state: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(state);
    hasher.update(bytes);
    hasher.finalize()
}

/// Bits 16 to 30 of the CRC-32 of `bytes`, in the lower 15 bits. O(length).
#[inline]
#[must_use]
pub fn shifted(bytes: &[u8]) -> u32 {
    (hash(bytes) >> 16) & 0x7fff
}

key_hashes! {
    /// All 32 bits of CRC-32: nginx, pingora, twemproxy's `crc32a`, HAProxy's `crc32`.
    Crc32 = hash;
    /// Bits 16 to 30 of CRC-32 alone: twemproxy's `crc32`, libmemcached's `crc`.
    ///
    /// It has 15 bits. On a circle of 2³² positions all keys lie in the first part of 131,072.
    Crc32Shifted = shifted;
}

#[cfg(test)]
mod tests {
    use super::*;
    use annulus::KeyHash;

    /// The check value of the catalogue of CRCs (G. Cook, CRC-32/ISO-HDLC), and values of zlib's.
    #[test]
    fn values_are_the_published_ones() {
        assert_eq!(hash(b"123456789"), 0xcbf4_3926);
        assert_eq!(hash(b""), 0);
        assert_eq!(hash(b"The quick brown fox jumps over the lazy dog"), 0x414f_a339);
    }

    #[test]
    fn a_chain_goes_on_where_the_bytes_before_end() {
        let text = b"192.0.2.1\x008080\xff\x80\x01\x02";
        for at in 0..=text.len() {
            let (before, after) = text.split_at(at);
            assert_eq!(update(hash(before), after), hash(text), "cut at {at}");
        }
    }

    #[test]
    fn types_have_the_bits_that_they_say() {
        assert_eq!(Crc32.hash("123456789"), 0xcbf4_3926);
        // Bit 31 is set, and is left out.
        assert_eq!(Crc32Shifted.hash("123456789"), 0x4bf4);
    }
}
