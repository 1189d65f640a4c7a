//! Building the arrays of a ring from its members alone, by a counting sort over the buckets of
//! the index: every point is computed twice, to be counted and to be put into its place, and the
//! index is what is left of the counts.

use core::iter::repeat;

use super::index::{Builder, Shape};
use super::member::Member;
use super::merge::{Arrays, OwnerWord};
use crate::point::sealed::Sealed as _;
use crate::point::{Placement, Position};

/// The most points of a bucket that are put in order one by one.
const CROWD: usize = 64;

/// Fills `arrays` and the index in `words` with the `points` points of `members`, each as many as
/// its target says. O(points).
///
/// `None` where names were chosen so that the points crowd a few buckets; the arrays are then as
/// good as empty.
pub(crate) fn fill<P: Placement, N, O: OwnerWord>(
    members: &[Member<N>],
    vnodes: u32,
    points: usize,
    arrays: &mut Arrays<'_, P::Position, O>,
    words: &mut [u16],
) -> Option<Shape> {
    let mut builder = Builder::new(points, P::Position::BITS, words);
    let shift = builder.shape().shift;
    // The product fits in 32 bits, or the edit would have been refused.
    let numbers = |member: &Member<N>| 0..member.target.wrapping_mul(vnodes);
    for member in members {
        for r in numbers(member) {
            builder.point(P::point(member.seed, r).bucket(shift));
        }
    }
    let mut filler = builder.into_filler(points, CROWD)?;
    for (place, member) in members.iter().enumerate() {
        for (position, owner) in
            numbers(member).map(|r| P::point(member.seed, r)).zip(repeat(O::new(place as u32)))
        {
            let place = filler.place(position.bucket(shift));
            if let (Some(to), Some(to_owner)) =
                (arrays.positions.get_mut(place), arrays.owners.get_mut(place))
            {
                (*to, *to_owner) = (position, owner);
            }
        }
    }
    arrays.len = points;
    sort(&mut arrays.positions[..points], &mut arrays.owners[..points]);
    Some(filler.shape())
}

/// Sorts points that are all close to their places, by insertion.
fn sort<P: Position, O: OwnerWord>(positions: &mut [P], owners: &mut [O]) {
    for i in 1..positions.len().min(owners.len()) {
        let (position, owner) = (positions[i], owners[i]);
        let mut place = i;
        while place > 0 && (positions[place - 1], owners[place - 1]) > (position, owner) {
            positions[place] = positions[place - 1];
            owners[place] = owners[place - 1];
            place -= 1;
        }
        (positions[place], owners[place]) = (position, owner);
    }
}
