//! Building the arrays of a ring from its members alone, by a counting sort over the buckets of
//! the index: every point is computed twice, to be counted and to be put into its place, and the
//! index is what is left of the counts.
//!
//! Where the arrays outgrow the caches, the points are first dealt into pieces by the same sort
//! over fewer bits, and then within each piece.

use core::array;
use core::marker::PhantomData;

use super::index::{Builder, Filler, Shape};
use super::member::Member;
use super::merge::{Arrays, OwnerWord};
use crate::point::sealed::Sealed as _;
use crate::point::{PackedPoint, Placement, Position};
use crate::target;

/// The most points of a bucket that are put in order one by one.
const CROWD: usize = 64;

/// The points that one level of sorting is good for.
const SMALL: usize = if target::APPLICATION { 1 << 18 } else { usize::MAX };

/// The most pieces: their ends are written to at the same time, each in a page of its own.
const PIECES: usize = 128;

/// Whether a batch that moves `moving` points and leaves `points` costs more than building anew.
pub(super) fn builds_anew(moving: u64, points: u64) -> bool {
    moving >= points / 4
}

/// The packed points that such a batch asks room for.
pub(super) fn scratch_points(moving: u64, points: u64) -> u64 {
    // What is built anew has pieces of the ring wait there, or, where points crowd, batches.
    if builds_anew(moving, points) { points / 32 } else { moving }
}

/// Fills `arrays` and the index in `words` with the `points` points of `members`, each as many as
/// its target says. O(points). Pieces wait in `scratch`, so far as there is room.
///
/// `None` where names were chosen so that the points crowd a few buckets; the arrays are then as
/// good as empty.
pub(crate) fn fill<P: Placement, N, O: OwnerWord, R: PackedPoint<P::Position>>(
    members: &[Member<N>],
    vnodes: u32,
    points: usize,
    arrays: &mut Arrays<'_, P::Position, O>,
    words: &mut [u16],
    scratch: &mut [R],
) -> Option<Shape> {
    let source = Points::<P, N> { members, vnodes, placement: PhantomData };
    fill_from(source, points, arrays, words, scratch, SMALL)
}

/// The same in pieces from `small` points on.
fn fill_from<P: Placement, N, O: OwnerWord, R: PackedPoint<P::Position>>(
    source: Points<'_, P, N>,
    points: usize,
    arrays: &mut Arrays<'_, P::Position, O>,
    words: &mut [u16],
    scratch: &mut [R],
    small: usize,
) -> Option<Shape> {
    arrays.len = points;
    let positions = arrays.positions.get_mut(..points)?;
    let owners = arrays.owners.get_mut(..points)?;
    let mut builder = Builder::new(points, P::Position::BITS, words);
    let shape = builder.shape();
    let starts = if points < small { None } else { partition(&source, positions, owners) };
    // A piece that finds no room to wait in is left to the sort in one level.
    let starts = starts.filter(|starts| {
        let ends = starts[1..].iter().copied().chain([points]);
        starts.iter().zip(ends).all(|(start, end)| end - start <= scratch.len())
    });
    if starts.is_some() {
        for &position in positions.iter() {
            builder.point(shape.bucket(position));
        }
    } else {
        source.for_each(|position, _: O| builder.point(shape.bucket(position)));
    }
    let mut filler = builder.into_filler(points, CROWD)?;
    let Some(starts) = starts else {
        source.for_each(|position, owner| put(&mut filler, positions, owners, position, owner));
        sort(positions, owners);
        return Some(filler.shape());
    };
    for (start, end) in starts.iter().zip(starts[1..].iter().copied().chain([points])) {
        let piece = *start..end;
        let scratch = &mut scratch[..piece.len()];
        let from = positions[piece.clone()].iter().zip(&owners[piece.clone()]);
        for (point, (&position, &owner)) in scratch.iter_mut().zip(from) {
            *point = R::pack(position, owner.get());
        }
        for &point in &*scratch {
            let owner = O::new(point.owner());
            put(&mut filler, positions, owners, point.position(), owner);
        }
        sort(&mut positions[piece.clone()], &mut owners[piece]);
    }
    Some(filler.shape())
}

/// The points of members, in no order.
struct Points<'a, P, N> {
    members: &'a [Member<N>],
    vnodes: u32,
    placement: PhantomData<P>,
}

impl<P: Placement, N> Points<'_, P, N> {
    /// Computes every point.
    #[inline]
    fn for_each<O: OwnerWord>(&self, mut visit: impl FnMut(P::Position, O)) {
        for (place, member) in self.members.iter().enumerate() {
            // The product fits in 32 bits, or the edit would have been refused.
            for r in 0..member.target.wrapping_mul(self.vnodes) {
                visit(P::point(member.seed, r), O::new(place as u32));
            }
        }
    }
}

/// A point as one integer whose order is that of points.
#[inline]
fn pack<P: Position, O: OwnerWord>(position: P, owner: O) -> P::Packed {
    PackedPoint::pack(position, owner.get())
}

/// Puts a point into its bucket.
#[inline]
fn put<P: Position, O: OwnerWord>(
    filler: &mut Filler<'_>,
    positions: &mut [P],
    owners: &mut [O],
    position: P,
    owner: O,
) {
    let place = filler.place(filler.shape().bucket(position));
    if let (Some(to), Some(to_owner)) = (positions.get_mut(place), owners.get_mut(place)) {
        (*to, *to_owner) = (position, owner);
    }
}

/// Deals the points into [`PIECES`] pieces of the circle, and tells where each piece starts.
fn partition<P: Placement, N, O: OwnerWord>(
    source: &Points<'_, P, N>,
    positions: &mut [P::Position],
    owners: &mut [O],
) -> Option<[usize; PIECES]> {
    let mut counts = [0; PIECES];
    source.for_each(|position, _: O| {
        if let Some(count) = counts.get_mut(position.part(PIECES)) {
            *count += 1;
        }
    });
    let mut end = 0;
    // What is the end of a piece now is its start when it is full.
    let mut ends: [usize; PIECES] = array::from_fn(|piece| {
        end += counts[piece];
        end
    });
    source.for_each(|position, owner| {
        let Some(end) = ends.get_mut(position.part(PIECES)) else { return };
        *end = end.wrapping_sub(1);
        if let (Some(to), Some(to_owner)) = (positions.get_mut(*end), owners.get_mut(*end)) {
            (*to, *to_owner) = (position, owner);
        }
    });
    (end == positions.len()).then_some(ends)
}

/// Sorts points that are all close to their places: by insertion. Before that they pass through a
/// window that always lets the least one out, without a branch that the processor could guess
/// wrong, so that little is left to insert.
fn sort<P: Position, O: OwnerWord>(positions: &mut [P], owners: &mut [O]) {
    let len = positions.len().min(owners.len());
    let mut sorted =
        Sorted { positions: &mut positions[..len], owners: &mut owners[..len], len: 0 };
    let mut rest = 0;
    if let (&[p, q, r, ..], &[a, b, c, ..]) = (&*sorted.positions, &*sorted.owners) {
        let mut window = [pack(p, a), pack(q, b), pack(r, c)];
        super::sort::sort(&mut window);
        let [mut low, mut middle, mut high] = window;
        let mut last = low;
        rest = len;
        for i in window.len()..len {
            let next = pack(sorted.positions[i], sorted.owners[i]);
            sorted.push(low.min(next), &mut last);
            let next = low.max(next);
            low = middle.min(next);
            let next = middle.max(next);
            (middle, high) = (high.min(next), high.max(next));
        }
        for point in [low, middle, high] {
            sorted.push(point, &mut last);
        }
    }
    let mut last = pack(P::from_hash(0), O::new(0));
    for i in rest..len {
        let next = pack(sorted.positions[i], sorted.owners[i]);
        sorted.push(next, &mut last);
    }
}

/// The points of a piece that are in order, at the front of it.
struct Sorted<'a, P, O> {
    positions: &'a mut [P],
    owners: &'a mut [O],
    len: usize,
}

impl<P: Position, O: OwnerWord> Sorted<'_, P, O> {
    /// Adds a point, of which `last` is the greatest yet.
    #[inline]
    fn push(&mut self, point: P::Packed, last: &mut P::Packed) {
        let mut place = self.len;
        self.len += 1;
        if point < *last {
            place = self.open(point, place);
        } else {
            *last = point;
        }
        if let (Some(to), Some(to_owner)) =
            (self.positions.get_mut(place), self.owners.get_mut(place))
        {
            (*to, *to_owner) = (point.position(), O::new(point.owner()));
        }
    }

    /// Moves the points before `place` that are after `point`, and tells where this leaves room.
    #[cold]
    fn open(&mut self, point: P::Packed, mut place: usize) -> usize {
        while place > 0 {
            let (position, owner) = (self.positions[place - 1], self.owners[place - 1]);
            if pack(position, owner) <= point {
                break;
            }
            (self.positions[place], self.owners[place]) = (position, owner);
            place -= 1;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Debug;
    use std::vec;
    use std::vec::Vec;

    use super::super::index::Index;
    use super::*;
    use crate::point::Native;

    /// The seed of a node.
    fn seed(node: u64) -> u64 {
        node * 0x1234_5677
    }

    /// The positions, owners and index of a ring.
    type Built<P, O> = (Vec<P>, Vec<O>, Vec<u16>, Shape);

    /// A ring of `nodes` nodes, built with pieces from `small` on and room for `room` scratch.
    fn built<P: Position, O: OwnerWord>(nodes: u64, small: usize, room: usize) -> Built<P, O>
    where
        Native<P>: Placement<Position = P>,
    {
        let member = |node| Member { seed: seed(node), ..Member::joining::<Native<P>>("", 1) };
        let members: Vec<_> = (0..nodes).map(member).collect();
        let points = nodes as usize * 10;
        let none = P::from_hash(0);
        let (mut positions, mut owners) = (vec![none; points], vec![O::new(0); points]);
        let (mut words, mut scratch) = (vec![0; points], vec![pack(none, O::new(0)); room]);
        let mut arrays = Arrays { positions: &mut positions, owners: &mut owners, len: 0 };
        let source =
            Points::<Native<P>, _> { members: &members, vnodes: 10, placement: PhantomData };
        let shape =
            fill_from(source, points, &mut arrays, &mut words, &mut scratch, small).unwrap();
        assert_eq!(arrays.len, points);
        assert!(Index::new(&words, shape).widest_offset() <= shape.max_offset);
        (positions, owners, words, shape)
    }

    /// Whole, in pieces, and with pieces too large for the room: the points in their order.
    fn in_pieces_as_sorted<P: Position, O: OwnerWord + Debug>()
    where
        Native<P>: Placement<Position = P>,
    {
        let whole = built::<P, O>(500, usize::MAX, 1);
        let mut wanted: Vec<(P, u32)> = (0..500)
            .flat_map(|node| (0..10).map(move |r| (Native::<P>::point(seed(node), r), node as u32)))
            .collect();
        wanted.sort_unstable();
        assert!(whole.0.iter().copied().zip(whole.1.iter().map(|o| o.get())).eq(wanted));
        assert_eq!(built(500, 1, 5_000), whole);
        assert_eq!(built(500, 1, 40), whole);
    }

    #[test]
    fn pieces_make_no_difference() {
        in_pieces_as_sorted::<u32, u16>();
        in_pieces_as_sorted::<u32, u32>();
        in_pieces_as_sorted::<u64, u16>();
        in_pieces_as_sorted::<u64, u32>();
    }

    /// Enough points for pieces as rings really build them.
    #[test]
    #[cfg(feature = "alloc")]
    #[cfg_attr(miri, ignore = "too many points")]
    fn a_large_ring_is_in_order() {
        use crate::HeapRing;

        let names: Vec<[u8; 4]> = (0..3_000u32).map(u32::to_be_bytes).collect();
        assert!(100 * names.len() > SMALL || !target::APPLICATION);
        let mut wanted: Vec<(u32, [u8; 4])> = Vec::new();
        for &name in &names {
            let seed = <Native>::seed(&name);
            wanted.extend((0..100).map(|r| (<Native>::point(seed, r), name)));
        }
        wanted.sort_unstable();
        let mut ring = HeapRing::<[u8; 4]>::with_vnodes(100);
        ring.insert_all(names).unwrap();
        assert!(ring.view().points().map(|point| (point.position, *point.node)).eq(wanted));
    }
}
