//! A range of positions on the circle.

use super::Position;

/// The positions after `start` up to and including `end`, clockwise: (start, end].
///
/// If `start` equals `end` it is the whole circle; there is no empty range.
///
/// ```
/// use annulus::KeyRange;
///
/// // The positions of a node's rows, of which those in a range that has moved are to be sent.
/// let rows = [0x0000_0000, 0x0000_0010, 0x8000_0000, 0xffff_fff0, 0xffff_fff8u32];
/// let moved = KeyRange { start: 0xffff_fff0, end: 0x10 };
/// let sent: Vec<_> = rows.into_iter().filter(|&row| moved.contains(row)).collect();
/// assert_eq!(sent, [0x0000_0000, 0x0000_0010, 0xffff_fff8]);
/// assert_eq!(moved.len(), 0x20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers make it")]
pub struct KeyRange<P> {
    /// The position just before the range.
    pub start: P,
    /// The last position of the range.
    pub end: P,
}

impl<P: Position> KeyRange<P> {
    /// The number of positions in the range, from 1 to [`Position::CIRCLE`].
    pub fn len(&self) -> u128 {
        match self.start.steps_to(self.end) {
            0 => P::CIRCLE,
            steps => u128::from(steps),
        }
    }

    /// Always `false`: a range has at least one position.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether `position` lies in the range.
    pub fn contains(&self, position: P) -> bool {
        // Counting from the position after `start` gives the whole circle its 2^BITS positions too.
        let offset = self.start.steps_to(position).wrapping_sub(1) & P::MAX.to_u64();
        u128::from(offset) < self.len()
    }

    /// The part of the circle that the range covers, in (0, 1].
    pub fn share(&self) -> f64 {
        self.len() as f64 / P::CIRCLE as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_leaves_out_its_start_and_has_its_end() {
        let range = KeyRange { start: 10u32, end: 12 };
        assert_eq!(range.len(), 2);
        assert_eq!(
            [9, 10, 11, 12, 13].map(|p| range.contains(p)),
            [false, false, true, true, false]
        );
        assert!(!range.is_empty());
    }

    #[test]
    fn a_range_may_wrap_and_may_be_everything() {
        let range = KeyRange { start: u32::MAX, end: 1 };
        assert_eq!(range.len(), 2);
        assert_eq!([u32::MAX, 0, 1, 2].map(|p| range.contains(p)), [false, true, true, false]);
        assert_eq!(range.share(), 2.0 / 4_294_967_296.0);
        let all = KeyRange { start: 7u64, end: 7 };
        assert_eq!(all.len(), 1 << 64);
        assert!(all.contains(7) && all.contains(8) && all.contains(6));
        assert_eq!(all.share(), 1.0);
    }
}
