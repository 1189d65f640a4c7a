//! Bytes as little-endian words, and bytes as C's signed `char`.

/// The byte as a signed `char`, widened to 32 bits: from 0x80 on with the upper bits set.
#[inline]
pub(super) const fn signed(byte: u8) -> u32 {
    byte as i8 as u32
}

/// The first four bytes as a little-endian integer, with zeros in place of those that are missing.
#[inline]
pub(super) const fn le32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(match *bytes {
        [] => [0; 4],
        [a] => [a, 0, 0, 0],
        [a, b] => [a, b, 0, 0],
        [a, b, c] => [a, b, c, 0],
        [a, b, c, d, ..] => [a, b, c, d],
    })
}

/// The first eight bytes as a little-endian integer, with zeros in place of those that are missing.
#[inline]
pub(super) const fn le64(bytes: &[u8]) -> u64 {
    le32(bytes) as u64 | (le32(skip(bytes, 4)) as u64) << 32
}

/// What follows the first `count` bytes.
#[inline]
pub(super) const fn skip(bytes: &[u8], count: usize) -> &[u8] {
    match bytes.split_at_checked(count) {
        Some((_, rest)) => rest,
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_bytes_are_zeros_and_others_are_left_out() {
        let bytes = [0x81, 2, 3, 4, 5, 6, 7, 0x88, 9];
        for len in 0..=bytes.len() {
            let mut padded = [0; 8];
            let taken = len.min(8);
            padded[..taken].copy_from_slice(&bytes[..taken]);
            assert_eq!(le64(&bytes[..len]), u64::from_le_bytes(padded), "{len} bytes");
            assert_eq!(le32(&bytes[..len]), u64::from_le_bytes(padded) as u32, "{len} bytes");
        }
    }

    #[test]
    fn what_is_skipped_may_be_more_than_there_is() {
        assert_eq!(skip(b"abc", 2), b"c");
        assert_eq!(skip(b"abc", 3), b"");
        assert_eq!(skip(b"abc", 4), b"");
    }

    #[test]
    fn a_byte_is_negative_from_128_on() {
        assert_eq!([0, 0x7f, 0x80, 0xff].map(signed), [0, 0x7f, 0xffff_ff80, 0xffff_ffff]);
    }
}
