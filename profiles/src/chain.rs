//! Points that are a chain of CRC-32.

use core::iter::successors;
use core::ops::Range;

/// The polynomial of [`crc32`](crate::hash::crc32), reflected.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// The CRC of each byte with as many bytes behind it as the number of the table.
///
/// A chain is of words alone, and each must wait for the one before. So the four bytes of a word are looked up at
/// once, without what a function for any bytes does besides: `cargo xtask originals --only pingora` shows rebuilds.
static TABLES: [[u32; 256]; 4] = tables();

const fn tables() -> [[u32; 256]; 4] {
    let mut tables = [[0; 256]; 4];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ if crc & 1 == 0 { 0 } else { POLYNOMIAL };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut behind = 1;
    while behind < tables.len() {
        byte = 0;
        while byte < 256 {
            let crc = tables[behind - 1][byte];
            tables[behind][byte] = (crc >> 8) ^ tables[0][(crc & 0xff) as usize];
            byte += 1;
        }
        behind += 1;
    }
    tables
}

/// The CRC-32 of some bytes, whose own is `state`, followed by `word`, little-endian.
#[inline]
fn word(state: u32, word: u32) -> u32 {
    let [a, b, c, d] = (!state ^ word).to_le_bytes().map(usize::from);
    let [last, third, second, first] = &TABLES;
    !(first[a] ^ second[b] ^ third[c] ^ last[d])
}

/// The points whose indices are in `range`: each is the CRC-32 of a label, whose own is `label`, and the point before
/// it, little-endian; before the first is 0. O(end of the range).
pub(crate) fn points(label: u32, range: Range<u32>) -> impl Iterator<Item = u32> {
    let next = move |point: &u32| Some(word(label, *point));
    successors(Some(word(label, 0)), next).skip(range.start as usize).take(range.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::crc32::{hash, update};

    #[test]
    fn words_are_hashed_as_their_bytes() {
        let mut state = hash(b"192.0.2.1\x0080");
        for at in 0..1_000_u32 {
            let next = at.wrapping_mul(0x9e37_79b9);
            assert_eq!(word(state, next), update(state, &next.to_le_bytes()), "{at}");
            state = word(state, next);
        }
    }

    #[test]
    fn each_point_follows_from_the_one_before() {
        let label = hash(b"192.0.2.1\x0080");
        let mut point = 0_u32;
        for (at, found) in points(label, 0..5).enumerate() {
            point = update(label, &point.to_le_bytes());
            assert_eq!(found, point, "{at}");
        }
        assert!(points(label, 2..5).eq(points(label, 0..5).skip(2)));
    }
}
