//! [`Layout`]: what lookups ask of the points of a ring, however the points lie in memory.

use core::iter::FusedIterator;

use super::owners::{NOBODY, OwnerWord};
use super::sorted::Sorted;
use crate::point::Position;

/// The points of a ring in some form in memory, to be read. Their order is that of position, then of
/// the owner's number, then of the index *r* in the owner's stream.
///
/// Lookups and insight know of points what this trait says, and no more. All methods are wait-free;
/// where no complexity is given they take O(1).
pub(crate) trait Layout<P: Position>: Copy {
    /// A point among the others. Without points there is a cursor too, but it is at no point.
    type Cursor: Copy + PartialEq;

    /// The number of points.
    fn len(&self) -> usize;

    /// The memory that lookups read, in bytes.
    fn bytes(&self) -> usize;

    /// The first point.
    fn first(&self) -> Self::Cursor;

    /// The first point at or clockwise after `position`. O(log points) at worst.
    fn successor(&self, position: P) -> Self::Cursor;

    /// The point after this one, which after the last is the first.
    fn next(&self, at: Self::Cursor) -> Self::Cursor;

    /// The point before this one, which before the first is the last.
    fn before(&self, at: Self::Cursor) -> Self::Cursor;

    /// The position of a point; `None` without points.
    fn position(&self, at: Self::Cursor) -> Option<P>;

    /// The number of the member that owns a point; `None` without points.
    fn owner(&self, at: Self::Cursor) -> Option<usize>;

    /// What `member` makes of the number of the owner of the [`successor`](Self::successor) of
    /// `position`, or of [`NOBODY`] without points. O(log points) at worst.
    #[inline]
    fn owner_at<R>(&self, position: P, member: impl Fn(usize) -> R) -> R {
        member(self.owner(self.successor(position)).unwrap_or(NOBODY))
    }

    /// [`owner_at`](Self::owner_at) of many positions: `out[i]` becomes that of `positions[i]`. Both
    /// slices must have the same length. O(log points) a position at worst.
    #[inline]
    fn owners_at<R>(&self, positions: &[P], out: &mut [R], member: impl Fn(usize) -> R) {
        for (&position, owner) in positions.iter().zip(out) {
            *owner = self.owner_at(position, &member);
        }
    }

    /// Every point once, clockwise from `start`. O(points) for all.
    #[inline]
    fn around(self, start: Self::Cursor) -> impl FusedIterator<Item = Self::Cursor> {
        let mut next = start;
        (0..self.len()).map(move |_| {
            let at = next;
            next = self.next(at);
            at
        })
    }

    /// Fills `out` with what `member` makes of the owners of the points from `start` on, one for each
    /// element of `out`. `false` if two of these points have the same owner, if `apart` is true and two
    /// of them lie on the same position, or if `member` gives `None`; then `out` may hold anything.
    /// O(K²) for K elements.
    ///
    /// This answers most walks for a few owners.
    #[inline]
    fn fill_distinct<R: Copy>(
        &self,
        start: Self::Cursor,
        apart: bool,
        member: impl Fn(usize) -> Option<R>,
        out: &mut [Option<R>],
    ) -> bool {
        if self.len() < out.len() {
            return false;
        }
        let mut at = start;
        for (i, to) in out.iter_mut().enumerate() {
            let mut points = self.around(start).take(i);
            let same = |point| {
                self.owner(point) == self.owner(at)
                    || apart && self.position(point) == self.position(at)
            };
            *to = self.owner(at).and_then(&member);
            if points.any(same) || to.is_none() {
                return false;
            }
            at = self.next(at);
        }
        true
    }

    /// Shows `look` the owners of the next points from `start` on, in their order. `None` if there are not so
    /// many points, or if a layout cannot show them at once, as where it would have to go past the last one.
    #[inline]
    fn look_ahead<const GROUPS: usize, L: Look<GROUPS>>(
        &self,
        start: Self::Cursor,
        look: L,
    ) -> Option<L::Answer> {
        let mut owners = self.around(start).filter_map(|at| self.owner(at));
        let mut groups = [[0_u16; 8]; GROUPS];
        for owner in groups.as_flattened_mut() {
            *owner = u16::try_from(owners.next()?).ok()?;
        }
        Some(look.at(&groups))
    }

    /// The points as sorted arrays with an index, from which edits copy runs of points. `None` in every
    /// other layout; then an edit builds all points anew from the members.
    #[inline]
    fn sorted(&self) -> Option<Sorted<'_, P>> {
        None
    }
}

/// What looks at the owners of points that come one after another, in groups of eight, however wide the
/// words are in which they lie.
pub(crate) trait Look<const GROUPS: usize> {
    /// What comes of it.
    type Answer;

    /// Looks at them.
    fn at<O: OwnerWord>(self, owners: &[[O; 8]; GROUPS]) -> Self::Answer;
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::super::index::{Index, build};
    use super::super::owners::Owners;
    use super::super::plain::Plain;
    use super::*;
    use crate::hash::splitmix::output;

    /// Whether no two of these are equal.
    fn all_differ<T: Ord>(items: impl Iterator<Item = T>) -> bool {
        let mut items: Vec<T> = items.collect();
        items.sort_unstable();
        items.is_sorted_by(|a, b| a < b)
    }

    /// Copies owners.
    struct Copied;

    impl<const GROUPS: usize> Look<GROUPS> for Copied {
        type Answer = Vec<u32>;

        fn at<O: OwnerWord>(self, owners: &[[O; 8]; GROUPS]) -> Vec<u32> {
            owners.as_flattened().iter().map(|owner| owner.get()).collect()
        }
    }

    /// Compares a layout of these points with a scan of them, at each point, around it, and at both
    /// ends of the circle. Whether it looks ahead past the last point, `wraps` says.
    fn check<P: Position>(layout: impl Layout<P>, points: &[(P, u16)], wraps: bool) {
        let len = points.len();
        assert_eq!(layout.len(), len);
        let owner = |rank: usize| usize::from(points[rank % len].1);
        let cursors: Vec<_> = layout.around(layout.first()).collect();
        assert_eq!(cursors.len(), len);
        for (rank, &at) in cursors.iter().enumerate() {
            assert_eq!(
                (layout.position(at), layout.owner(at)),
                (Some(points[rank].0), Some(owner(rank)))
            );
            assert!(layout.next(at) == cursors[(rank + 1) % len]);
            assert!(layout.before(at) == cursors[(rank + len - 1) % len]);
            let owners = [
                layout.look_ahead::<1, _>(at, Copied),
                layout.look_ahead::<2, _>(at, Copied),
                layout.look_ahead::<4, _>(at, Copied),
            ];
            for (points, owners) in [8, 16, 32].into_iter().zip(owners) {
                let expected: Vec<u32> =
                    (rank..rank + points).map(|rank| owner(rank) as u32).collect();
                let shown = points <= len && (wraps || rank + points <= len);
                assert_eq!(owners, shown.then_some(expected));
            }
            let around = layout.around(at).map(|at| layout.owner(at).unwrap());
            assert!(around.eq((rank..rank + len).map(owner)));
            for wanted in 0..=len + 2 {
                let around: Vec<_> = (rank..rank + wanted).map(|rank| points[rank % len]).collect();
                let owners = all_differ(around.iter().map(|point| point.1));
                let positions = all_differ(around.iter().map(|point| point.0));
                for apart in [false, true] {
                    let mut out = vec![None; wanted];
                    let filled = layout.fill_distinct(at, apart, Some, &mut out);
                    // Where the points go past the last one, a layout may leave the answer to a walk.
                    if rank + wanted <= len {
                        assert_eq!(filled, owners && (positions || !apart), "{wanted} of {len}");
                    }
                    if filled {
                        assert!(owners && (positions || !apart), "{wanted} of {len}");
                        assert!(out.into_iter().eq((rank..rank + wanted).map(|r| Some(owner(r)))));
                    }
                }
            }
        }
        let mut positions = vec![P::from_hash(0), P::MAX];
        for &(position, _) in points {
            positions.extend([P::MAX.to_u64(), 0, 1].map(|steps| position.plus(steps)));
        }
        let expected = positions.iter().map(|&position| {
            let rank = points.iter().position(|point| point.0 >= position).unwrap_or(0);
            assert_eq!(
                layout.owner_at(position, |number| number),
                if len == 0 { NOBODY } else { owner(rank) }
            );
            if let Some(&at) = cursors.get(rank) {
                assert!(layout.successor(position) == at);
            }
            if len == 0 { NOBODY } else { owner(rank) }
        });
        let expected: Vec<_> = expected.collect();
        let mut out = vec![0; positions.len()];
        layout.owners_at(&positions, &mut out, |number| number);
        assert_eq!(out, expected);
    }

    /// Checks every layout of `len` points on positions that keep the bits of `mask`.
    fn check_layouts<P: Position>(len: u32, mask: u64) {
        let mut points: Vec<(P, u16)> = (0..len)
            .map(|r| (P::from_hash(output(1, r) & mask), output(2, r) as u16 % 7))
            .collect();
        points.sort_unstable();
        let positions: Vec<P> = points.iter().map(|point| point.0).collect();
        let owners: Vec<u16> = points.iter().map(|point| point.1).collect();
        let mut words = [0; 32];
        let shape = build(&positions, &mut words);
        let index = Index::new(&words, shape);
        let sorted = Sorted::new(&positions, Owners::Narrow(&owners), index);
        let plain = Plain::new(&positions, Owners::Narrow(&owners), index);
        assert_eq!(plain.bytes(), points.len() * (P::BITS / 8 + 2) as usize);
        assert_eq!(sorted.bytes(), plain.bytes() + index.bytes());
        check(sorted, &points, false);
        check(plain, &points, true);
        #[cfg(feature = "alloc")]
        {
            let owners: Vec<u32> = owners.iter().map(|&owner| owner.into()).collect();
            check(Sorted::new(&positions, Owners::Wide(&owners), index), &points, false);
            check(Plain::new(&positions, Owners::Wide(&owners), index), &points, true);
        }
    }

    #[test]
    fn every_layout_is_what_a_scan_of_its_points_says() {
        for len in [0, 1, 2, 3, 17, 60] {
            for mask in [u64::MAX, 0x7 << 61, 0] {
                check_layouts::<u32>(len, mask);
                check_layouts::<u64>(len, mask);
            }
        }
    }
}
