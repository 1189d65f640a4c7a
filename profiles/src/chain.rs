//! Points that are a chain of CRC-32.

use core::iter::successors;
use core::ops::Range;

use crate::hash::crc32::update;

/// The points whose indices are in `range`: each is the CRC-32 of a label, whose own is `label`, and the point before
/// it, little-endian; before the first is 0. O(end of the range).
pub(crate) fn points(label: u32, range: Range<u32>) -> impl Iterator<Item = u32> {
    let next = move |point: &u32| Some(update(label, &point.to_le_bytes()));
    successors(Some(update(label, &[0; 4])), next).skip(range.start as usize).take(range.len())
}
