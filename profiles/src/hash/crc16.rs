//! twemproxy's `crc16`: the table of CRC-16/XMODEM (polynomial 0x1021, ITU-T V.41) on a register of 32 bits.
//!
//! twemproxy never cuts the register to 16 bits (`hash_crc16` in `src/hashkit/nc_crc16.c`). What is shifted out of
//! the CRC stays in the upper half: the last bytes of the CRCs before. The lower half is CRC-16/XMODEM.

use super::key_hashes;

/// The polynomial x¹⁶ + x¹² + x⁵ + 1, without its highest term.
const POLYNOMIAL: u16 = 0x1021;

/// The CRC of each byte.
static TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc << 1) ^ if crc & 0x8000 == 0 { 0 } else { POLYNOMIAL };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

/// The register of 32 bits after all of `bytes`. O(length).
#[inline]
#[must_use]
pub const fn hash(mut bytes: &[u8]) -> u32 {
    let mut crc = 0;
    while let [byte, rest @ ..] = bytes {
        let at = (crc >> 8) as u8 ^ *byte;
        crc = (crc << 8) ^ TABLE[at as usize] as u32;
        bytes = rest;
    }
    crc
}

key_hashes! {
    /// CRC-16/XMODEM on a register of 32 bits that is never cut: twemproxy's `crc16`.
    Crc16 = hash;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the catalogue of CRCs (G. Cook, CRC-16/XMODEM).
    #[test]
    fn the_lower_half_is_the_published_value() {
        assert_eq!(hash(b"123456789") as u16, 0x31c3);
    }

    /// Values of the C code.
    #[test]
    fn the_upper_half_is_what_was_shifted_out() {
        for (key, expected) in [
            (&b""[..], 0x0000_0000),
            (&b"user:42"[..], 0x6e3a_3e08),
            (&b"\x80"[..], 0x0000_9188),
            (&b"\xff\x00"[..], 0x001e_03ff),
            (&b"\xe6\x97\xa5"[..], 0x9d49_76a2),
            (&b"\xe6\x97\xa5\xe6"[..], 0x4976_21b9),
            (&b"na\xc3\xafve"[..], 0x5095_4b1f),
            (&b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"[..], 0x3ced_31f4),
            (&b"key-of-12-by"[..], 0x76f6_d567),
            (&b"key-\xf0\x9f\x94\x91-of-13"[..], 0x3b7e_d369),
        ] {
            assert_eq!(hash(key), expected, "{key:02x?}");
        }
    }
}
