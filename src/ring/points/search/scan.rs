//! The search where blocks do not pay: from the start of the bucket one point after the other, in
//! as few instructions as bounds checks allow.

use super::bisect::bisect;
use crate::point::Position;
use crate::ring::points::sorted::Sorted;

/// What `found` makes of the number of points before `position`: the rank of its successor, or the
/// number of all points when no point is at or after it.
///
/// The code of `found` is inlined at each place where the search may end. At most of them the
/// compiler knows that the rank is within bounds.
#[inline(always)]
pub(super) fn with_successor<P: Position, R>(
    points: &Sorted<'_, P>,
    position: P,
    found: impl Fn(usize) -> R,
) -> R {
    let (positions, index) = (points.positions, points.index);
    /// Looks at the points of these ranks, one after the other. This is not a loop, because the
    /// compiler would compute the number of iterations first.
    macro_rules! look_at {
        ($($rank:expr),*) => {$(
            match positions.get($rank) {
                None => return found(positions.len()),
                Some(&p) if p >= position => return found($rank),
                Some(_) => {}
            }
        )*};
    }
    if let Some(start) = index.start(index.bucket(position)) {
        // With as many buckets as points, 996 in 1,000 positions have their successor among these
        // points.
        look_at!(start, start + 1, start + 2, start + 3);
    }
    // The ring has no index, or the bucket is fuller than nearly all.
    found(bisect(positions, position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::splitmix::output;
    use crate::ring::points::index::{self, Index, Shape};
    use crate::ring::points::owners::Owners;
    use std::vec;
    use std::vec::Vec;

    /// Compares with bisection at every point, on both sides of it, and at both ends of the circle.
    fn check(mut positions: Vec<u32>, words: usize) {
        positions.sort_unstable();
        let mut table = vec![0; words];
        for shape in [index::build(&positions, &mut table), Shape::NONE] {
            let index = Index::new(&table, shape);
            let near = positions.iter().flat_map(|p| [p.wrapping_sub(1), *p, p.wrapping_add(1)]);
            for position in near.chain([0, u32::MAX]) {
                let expected = positions.partition_point(|&p| p < position);
                let points = Sorted::new(&positions, Owners::Narrow(&[]), index);
                let rank = with_successor(&points, position, |rank| rank);
                assert_eq!(rank, expected, "{position:#x} of {}", positions.len());
            }
        }
    }

    #[test]
    fn agrees_with_bisection() {
        for points in [0, 1, 2, 3, 4, 5, 9, 1_000, 1_024] {
            for words in [2, 64, 1_024] {
                check((0..points).map(|r| output(9, r) as u32).collect(), words);
            }
        }
    }

    #[test]
    fn agrees_where_points_crowd() {
        check((0..100).map(|r| u32::MAX - r % 7).collect(), 64);
        check((0..100).map(|r| (1 << 31) + r / 3).collect(), 64);
        check(vec![0; 9], 64);
    }
}
