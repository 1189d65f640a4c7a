//! Positions on the circle, and how points are packed while a ring is edited.

use core::fmt::Debug;
use core::hash::Hash;

use super::window::{self, Window};

/// A position on a circle of 2^`BITS` positions. Sealed: `u32` and `u64`.
///
/// ```
/// use annulus::Position;
///
/// /// What part of the circle lies clockwise from one position to another.
/// fn part<X: Position>(from: X, to: X) -> f64 {
///     from.steps_to(to) as f64 / X::CIRCLE as f64
/// }
///
/// assert_eq!(part(0u32, 1 << 31), 0.5);
/// // Past the last position it goes on at zero.
/// assert_eq!(part(3u64 << 62, 1 << 62), 0.5);
/// // A key's position is the upper bits of its hash.
/// assert_eq!(u32::from_hash(0xdead_beef_0000_0000), 0xdead_beef);
/// ```
pub trait Position:
    Copy + Ord + Hash + Debug + Default + Send + Sync + 'static + sealed::Sealed
{
    /// The width of a position.
    const BITS: u32;
    /// The number of positions on the circle, 2^`BITS`.
    const CIRCLE: u128 = 1 << Self::BITS;
    /// The last position before the circle wraps to zero.
    const MAX: Self;

    /// The upper `BITS` bits of a 64-bit hash.
    fn from_hash(hash: u64) -> Self;

    /// The position as an integer.
    fn to_u64(self) -> u64;

    /// How many steps lie clockwise from `self` to `other`: 0 when they are the same position.
    fn steps_to(self, other: Self) -> u64;
}

/// A point while a ring is edited: position and owner in one value, in the order of positions, then
/// of owners.
pub trait PackedPoint<P>: Copy + Ord {
    /// Packs a point. The form in 16-bit words has 16 bits for the owner, as many as owners have where
    /// it is used.
    fn pack(position: P, owner: u32) -> Self;
    /// The position packed.
    fn position(self) -> P;
    /// The owner packed.
    fn owner(self) -> u32;
}

pub(crate) mod sealed {
    use super::{PackedPoint, Position, Window, window};

    /// What this crate alone needs of a position.
    pub trait Sealed: Sized {
        // Rings have room for these, and go to other threads whichever positions they have.
        /// A point in one integer, quick to sort.
        type Packed: PackedPoint<Self> + Send + Sync;
        /// A point in 16-bit words, which an inline or lent ring keeps behind its index while it is edited.
        type Words: PackedPoint<Self> + Send + Sync;
        /// Fills arrays of packed points.
        const NO_WORDS: Self::Words;

        /// `words` as packed points, without the words at the end that are too few for a point.
        fn as_packed(words: &mut [u16]) -> &mut [Self::Words];
        /// The bits of this position above `shift`, where `shift` < `BITS`.
        fn shifted(self, shift: u32) -> usize;
        /// The index of the part in which this position lies, of `parts` equal parts of the circle.
        fn part(self, parts: usize) -> usize;
        /// The position this many steps clockwise after this one, modulo the circle.
        fn plus(self, steps: u64) -> Self;
        /// The bits of a [`Window`]: bit *i* is 1 if point *i* of `points`, which are in order,
        /// lies at or after `position`. All bits may be 0 for position 0, although every point lies
        /// at or after it.
        #[inline]
        fn not_before(points: &[Self; Window::LEN], position: Self) -> u32
        where
            Self: Position,
        {
            window::compare(points, position)
        }
    }
}

macro_rules! position {
    ($int:ty, $packed:ty, $words:literal, $not_before:expr) => {
        impl Position for $int {
            const BITS: u32 = <$int>::BITS;
            const MAX: Self = <$int>::MAX;

            #[inline]
            fn from_hash(hash: u64) -> Self {
                (hash >> (u64::BITS - <$int>::BITS)) as $int
            }

            #[inline]
            #[allow(clippy::unnecessary_cast)]
            fn to_u64(self) -> u64 {
                self as u64
            }

            #[inline]
            fn steps_to(self, other: Self) -> u64 {
                other.wrapping_sub(self).to_u64()
            }
        }

        impl sealed::Sealed for $int {
            type Packed = $packed;
            type Words = [u16; $words];
            const NO_WORDS: Self::Words = [0; $words];

            #[inline]
            fn as_packed(words: &mut [u16]) -> &mut [Self::Words] {
                words.as_chunks_mut().0
            }

            #[inline]
            fn shifted(self, shift: u32) -> usize {
                self.wrapping_shr(shift) as usize
            }

            #[inline]
            fn part(self, parts: usize) -> usize {
                ((self as $packed * parts as $packed) >> <$int>::BITS) as usize
            }

            #[inline]
            fn plus(self, steps: u64) -> Self {
                self.wrapping_add(steps as $int)
            }

            #[inline]
            fn not_before(points: &[Self; Window::LEN], position: Self) -> u32 {
                $not_before(points, position)
            }
        }

        impl PackedPoint<$int> for $packed {
            #[inline]
            fn pack(position: $int, owner: u32) -> Self {
                ((position as $packed) << <$int>::BITS) | owner as $packed
            }

            #[inline]
            fn position(self) -> $int {
                (self >> <$int>::BITS) as $int
            }

            #[inline]
            fn owner(self) -> u32 {
                self as u32
            }
        }

        impl PackedPoint<$int> for [u16; $words] {
            #[inline]
            fn pack(position: $int, owner: u32) -> Self {
                let mut words = [0; $words];
                let mut rest = position;
                for word in words[..$words - 1].iter_mut().rev() {
                    *word = rest as u16;
                    rest >>= 16;
                }
                words[$words - 1] = owner as u16;
                words
            }

            #[inline]
            fn position(self) -> $int {
                self[..$words - 1].iter().fold(0, |position, &word| (position << 16) | word as $int)
            }

            #[inline]
            fn owner(self) -> u32 {
                u32::from(self[$words - 1])
            }
        }
    };
}

position!(u32, u64, 3, window::not_before);
position!(u64, u128, 5, window::compare);

#[cfg(test)]
mod tests {
    use super::sealed::Sealed as _;
    use super::*;
    use crate::hash::splitmix::output;

    fn packed_points_round_trip_in_order<P: Position, R: PackedPoint<P> + Debug>() {
        let mut pairs: std::vec::Vec<(P, u32)> = (0..2_000)
            .map(|r| (P::from_hash(output(3, r)), output(4, r) as u32 & 0xffff))
            .chain([(P::MAX, 0xffff), (P::from_hash(0), 0), (P::from_hash(0), 7)])
            .collect();
        let mut packed: std::vec::Vec<R> = pairs.iter().map(|&(p, o)| R::pack(p, o)).collect();
        pairs.sort_unstable();
        packed.sort_unstable();
        for (pair, point) in pairs.iter().zip(packed) {
            assert_eq!(*pair, (point.position(), point.owner()));
        }
    }

    #[test]
    fn every_packed_point_keeps_value_and_order() {
        packed_points_round_trip_in_order::<u32, u64>();
        packed_points_round_trip_in_order::<u32, [u16; 3]>();
        packed_points_round_trip_in_order::<u64, u128>();
        packed_points_round_trip_in_order::<u64, [u16; 5]>();
    }

    #[test]
    fn parts_are_equal() {
        assert_eq!([0, 0x5555_5555, 0x5555_5556, u32::MAX].map(|p| p.part(3)), [0, 0, 1, 2]);
        assert_eq!([0, 1 << 63, u64::MAX].map(|p| p.part(6)), [0, 3, 5]);
        assert_eq!(0xdead_beef_u32.part(1 << 16), 0xdead_beef_u32.shifted(16));
    }

    #[test]
    fn steps_go_clockwise_through_the_wrap() {
        assert_eq!(5u32.steps_to(5), 0);
        assert_eq!(u32::MAX.steps_to(0), 1);
        assert_eq!(1u64.steps_to(0), u64::MAX);
        assert_eq!((u32::MAX.plus(1), 7u32.plus(1 << 31)), (0, 7 + (1 << 31)));
        assert_eq!(5u64.plus(u64::MAX), 4);
        assert_eq!(u32::from_hash(0xdead_beef_0000_0000), 0xdead_beef);
    }
}
