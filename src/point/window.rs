//! Four points compared with a position at once.

use core::num::NonZeroU32;

/// Which of four points, in their order, lie at or after a position: bit *i* stands for point *i*.
/// At least one bit is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window(NonZeroU32);

impl Window {
    /// How many points are compared.
    pub(crate) const LEN: usize = 4;

    /// The window with these bits; `None` if all are 0.
    #[inline]
    pub(crate) fn new(bits: u32) -> Option<Self> {
        NonZeroU32::new(bits).map(Self)
    }

    /// The index of the first point at or after the position.
    #[inline]
    pub(crate) fn first(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// The word of `words` that belongs to the first point at or after the position.
    ///
    /// All words are loaded at once and the right one is rotated to the front, so that loading them
    /// does not wait for the comparison. (From a shift the compiler makes a load that does wait.)
    #[inline]
    pub(crate) fn pick(self, words: [u16; Self::LEN]) -> u16 {
        let [a, b, c, d] = words.map(u64::from);
        (a | b << 16 | c << 32 | d << 48).rotate_right(self.0.trailing_zeros() * u16::BITS) as u16
    }
}

/// Bit *i* is 1 if `is_in` is true of point *i* of `points`.
#[inline]
pub(super) fn bits<P: Copy>(points: &[P; Window::LEN], is_in: impl Fn(P) -> bool) -> u32 {
    let [a, b, c, d] = points.map(|point| u32::from(is_in(point)));
    a | b << 1 | c << 2 | d << 3
}

/// The bits of the points at or after `position`. All are 0 for position 0.
///
/// The comparison is one that SSE2 has: of signed integers, and by `>`, not by `>=`. So the points
/// are compared with the position before, by `>`. With their highest bits flipped, unsigned
/// integers have the order of signed ones.
#[inline]
pub(super) fn not_before(points: &[u32; Window::LEN], position: u32) -> u32 {
    let before = (position.wrapping_sub(1) ^ 1 << 31) as i32;
    bits(points, |point| (point ^ 1 << 31) as i32 > before)
}

/// The bits of the points at or after `position`.
#[inline]
pub(super) fn compare<P: Copy + Ord>(points: &[P; Window::LEN], position: P) -> u32 {
    bits(points, |point| point >= position)
}

#[cfg(test)]
mod tests {
    use crate::point::Position;

    use super::*;

    /// Positions around what a comparison could get wrong.
    const EDGES: [u64; 9] =
        [0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff, 1 << 63];

    /// Compares every ascending choice of four edges with every edge.
    fn finds_the_first<P: Position>(edges: &[P]) {
        let len = edges.len();
        for indices in (0..len.pow(4)).map(|n| [n, n / len, n / len.pow(2), n / len.pow(3)]) {
            let points = indices.map(|n| edges[n % len]);
            for &position in edges.iter().filter(|_| points.is_sorted()) {
                let window = Window::new(P::not_before(&points, position));
                if window.is_none() && P::BITS == u32::BITS && position.to_u64() == 0 {
                    continue;
                }
                let first = points.iter().position(|&point| point >= position);
                assert_eq!(window.map(Window::first), first, "{position:?} in {points:?}");
            }
        }
    }

    #[test]
    fn the_first_point_at_or_after_a_position_is_found() {
        finds_the_first(&EDGES.map(|edge| edge as u32)[..8]);
        finds_the_first(&EDGES);
    }

    #[test]
    fn the_word_of_the_first_point_is_picked() {
        for (bits, word) in [(0b1111, 10), (0b1110, 0xffff), (0b1100, 30), (0b1000, 40)] {
            assert_eq!(Window::new(bits).unwrap().pick([10, 0xffff, 30, 40]), word);
        }
        assert_eq!(Window::new(0), None);
    }
}
