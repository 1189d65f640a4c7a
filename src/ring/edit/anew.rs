//! Building the points of a ring from its members alone, by a counting sort over the buckets of the
//! index. Every point is computed twice: first to be counted, then to be put into its bucket. In
//! the end the counts have become the index. Points that are dear to compute are computed once, and
//! sorted by comparisons.
//!
//! Where the arrays are larger than the caches, the points are first dealt into pieces by a
//! counting sort over fewer bits (the first level of a sort by most significant digits), and then
//! sorted within each piece.

use core::array;

use super::sort::{Items, heap_sort};
use crate::node::Node;
use crate::point::sealed::Sealed as _;
use crate::point::{PackedPoint, Placement, PointsOf, Position};
use crate::ring::basic::BasicRing;
use crate::ring::member::Member;
use crate::ring::points::{AnyArrays, Arrays, Builder, Filler, OwnerWord, Shape, build_index, set};
use crate::ring::storage::{Parts, Storage};
use crate::target;

/// The most points of a bucket that are sorted by insertion. If a bucket has more, all points are
/// sorted by heapsort.
const CROWD: usize = 64;

/// The number of points from which on they are sorted in two levels.
const SMALL: usize = if target::CODE_MUST_BE_SMALL { usize::MAX } else { 1 << 18 };

/// The number of pieces. It is limited because points are written to the ends of all pieces in
/// turn, each in a page of its own.
const PIECES: usize = 128;

/// The number of packed points for which building `points` points needs room: that of a piece, with
/// a margin for pieces of unequal size.
pub(super) fn packed(points: u64) -> u64 {
    if points < SMALL as u64 { 0 } else { points / 32 }
}

impl<S: Storage, H> BasicRing<S, H> {
    /// Builds the points of all members anew. There are `points` of them, for which there is room.
    pub(super) fn build_anew(&mut self, points: usize) {
        let (config, most) = (self.storage.config(), self.storage.index_words(points));
        let Parts { members, arrays, words, packed, .. } = self.storage.parts(points, 0, 0);
        let most = most.min(words.len());
        let words = &mut words[..most];
        self.shape = match arrays {
            AnyArrays::Narrow(arrays) => {
                build::<S::Placement, S::Node, _, _>(config, members, arrays, words, packed)
            }
            #[cfg(feature = "alloc")]
            AnyArrays::Wide(arrays) => {
                build::<S::Placement, S::Node, _, _>(config, members, arrays, words, packed)
            }
        };
        self.points = points;
    }
}

/// Fills `arrays` with the points of `members`, which are `arrays.len` in number, and builds their
/// index in `words`.
fn build<P: PointsOf<N>, N: Node, O: OwnerWord, R: PackedPoint<P::Position>>(
    config: P::Config,
    members: &[Member<N>],
    mut arrays: Arrays<'_, P::Position, O>,
    words: &mut [u16],
    packed: &mut [R],
) -> Shape {
    let points = Points::<P, N> { config, members };
    if !P::COSTLY
        && let Some(shape) = fill(&points, &mut arrays, words, packed, SMALL)
    {
        return shape;
    }
    // Points that are dear, and points that crowd a few buckets, are written in the order of members
    // and sorted. O(points × log points).
    let mut end = 0;
    let (positions, owners) = (&mut *arrays.positions, &mut *arrays.owners);
    if P::COSTLY
        && let Some(packed) = packed.get_mut(..arrays.len)
    {
        points.for_each(|position, owner: O| {
            if let Some(point) = packed.get_mut(end) {
                *point = R::pack(position, owner.get());
            }
            end += 1;
        });
        super::sort::sort(packed);
        for (rank, point) in packed.iter().enumerate() {
            set(positions, owners, rank, (point.position(), O::new(point.owner())));
        }
    } else {
        points.for_each(|position, owner| {
            set(positions, owners, end, (position, owner));
            end += 1;
        });
        heap_sort(&mut arrays);
    }
    build_index(arrays.positions.get(..arrays.len).unwrap_or_default(), words)
}

impl<P: Position, O: OwnerWord> Items for Arrays<'_, P, O> {
    fn len(&self) -> usize {
        self.len
    }

    fn is_after(&self, a: usize, b: usize) -> bool {
        let point = |rank: usize| (self.positions[rank], self.owners[rank]);
        point(a) > point(b)
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.positions.swap(a, b);
        self.owners.swap(a, b);
    }
}

/// Fills `arrays` with the points of `source`, and `words` with their index. O(points). From
/// `small` points on it deals the points into pieces first. A piece is copied to `packed` before it
/// is sorted, so pieces are used only if each fits there.
///
/// `None` if there is no index, or if the points crowd a few buckets, as they do where names are
/// chosen so. The content of the arrays is meaningless then.
fn fill<P: PointsOf<N>, N: Node, O: OwnerWord, R: PackedPoint<P::Position>>(
    source: &Points<'_, P, N>,
    arrays: &mut Arrays<'_, P::Position, O>,
    words: &mut [u16],
    packed: &mut [R],
    small: usize,
) -> Option<Shape> {
    let points = arrays.len;
    let positions = arrays.positions.get_mut(..points)?;
    let owners = arrays.owners.get_mut(..points)?;
    let mut builder = Builder::new(points, P::Position::BITS, words);
    let shape = builder.shape();
    // Pieces must consist of whole buckets. Points of two pieces would mix in a bucket across both.
    let in_pieces = points >= small && shape.falls_into(PIECES);
    let starts = if in_pieces { partition(source, positions, owners) } else { None };
    // If a piece does not fit in `packed`, all points are sorted in one level.
    let starts = starts.filter(|starts| {
        let ends = starts[1..].iter().copied().chain([points]);
        starts.iter().zip(ends).all(|(start, end)| end - start <= packed.len())
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
        let packed = &mut packed[..piece.len()];
        let from = positions[piece.clone()].iter().zip(&owners[piece.clone()]);
        for (point, (&position, &owner)) in packed.iter_mut().zip(from) {
            *point = R::pack(position, owner.get());
        }
        for &point in &*packed {
            let owner = O::new(point.owner());
            put(&mut filler, positions, owners, point.position(), owner);
        }
        sort(&mut positions[piece.clone()], &mut owners[piece]);
    }
    Some(filler.shape())
}

/// The points of members, one member after the other.
struct Points<'a, P: Placement, N> {
    config: P::Config,
    members: &'a [Member<N>],
}

impl<P: PointsOf<N>, N: Node> Points<'_, P, N> {
    /// Computes every point, and calls `visit` with its position and owner.
    #[inline]
    fn for_each<O: OwnerWord>(&self, mut visit: impl FnMut(P::Position, O)) {
        for (number, member) in self.members.iter().enumerate() {
            for position in member.points::<P>(&self.config, 0..member.points) {
                visit(position, O::new(number as u32));
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
    let rank = filler.take(filler.shape().bucket(position));
    set(positions, owners, rank, (position, owner));
}

/// Deals the points into [`PIECES`] equal pieces of the circle, and returns the rank at which each
/// piece starts. `None` if the number of points is not that of `positions`.
fn partition<P: PointsOf<N>, N: Node, O: OwnerWord>(
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
    // The ends of the pieces. Each is counted down to the start of its piece as the piece fills.
    let mut ends: [usize; PIECES] = array::from_fn(|piece| {
        end += counts[piece];
        end
    });
    source.for_each(|position, owner| {
        let Some(end) = ends.get_mut(position.part(PIECES)) else { return };
        *end = end.wrapping_sub(1);
        set(positions, owners, *end, (position, owner));
    });
    (end == positions.len()).then_some(ends)
}

/// Sorts points that are all close to where they belong, by insertion. The points first pass
/// through a window of three, from which the least point leaves as the next one enters. That takes
/// no branch that could be predicted wrongly, and leaves few points to insert.
fn sort<P: Position, O: OwnerWord>(positions: &mut [P], owners: &mut [O]) {
    let len = positions.len().min(owners.len());
    let mut front = Front { positions: &mut positions[..len], owners: &mut owners[..len], len: 0 };
    let mut rest = 0;
    if let (&[p, q, r, ..], &[a, b, c, ..]) = (&*front.positions, &*front.owners) {
        let mut window = [pack(p, a), pack(q, b), pack(r, c)];
        super::sort::sort(&mut window);
        let [mut low, mut middle, mut high] = window;
        let mut last = low;
        rest = len;
        for i in window.len()..len {
            let next = pack(front.positions[i], front.owners[i]);
            front.push(low.min(next), &mut last);
            let next = low.max(next);
            low = middle.min(next);
            let next = middle.max(next);
            (middle, high) = (high.min(next), high.max(next));
        }
        for point in [low, middle, high] {
            front.push(point, &mut last);
        }
    }
    let mut last = pack(P::from_hash(0), O::new(0));
    for i in rest..len {
        let next = pack(front.positions[i], front.owners[i]);
        front.push(next, &mut last);
    }
}

/// Points of which the first `len` are in order.
struct Front<'a, P, O> {
    positions: &'a mut [P],
    owners: &'a mut [O],
    len: usize,
}

impl<P: Position, O: OwnerWord> Front<'_, P, O> {
    /// Adds a point to those in order, of which `last` is the greatest.
    #[inline]
    fn push(&mut self, point: P::Packed, last: &mut P::Packed) {
        let mut rank = self.len;
        self.len += 1;
        if point < *last {
            rank = self.open(point, rank);
        } else {
            *last = point;
        }
        let point = (point.position(), O::new(point.owner()));
        set(self.positions, self.owners, rank, point);
    }

    /// Moves the points before `rank` that are greater than `point` up by one rank, and returns the
    /// rank that is free then.
    #[cold]
    fn open(&mut self, point: P::Packed, mut rank: usize) -> usize {
        while rank > 0 {
            let (position, owner) = (self.positions[rank - 1], self.owners[rank - 1]);
            if pack(position, owner) <= point {
                break;
            }
            (self.positions[rank], self.owners[rank]) = (position, owner);
            rank -= 1;
        }
        rank
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Debug;
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::point::{ByIdentity, Native};
    use crate::ring::points::Index;

    /// The seed of a node.
    fn seed(node: u64) -> u64 {
        node * 0x1234_5677
    }

    /// The positions, owners and index of a ring.
    type Built<P, O> = (Vec<P>, Vec<O>, Vec<u16>, Shape);

    /// A ring of `nodes` nodes, built in pieces from `small` points on, with room for `room` packed
    /// points.
    fn built<P: Position, O: OwnerWord>(nodes: u64, small: usize, room: usize) -> Built<P, O>
    where
        Native<P>: ByIdentity<Position = P>,
    {
        let member = |node| Member::<&str> { seed: seed(node), points: 10, ..Member::default() };
        let members: Vec<_> = (0..nodes).map(member).collect();
        let points = nodes as usize * 10;
        let none = P::from_hash(0);
        let (mut positions, mut owners) = (vec![none; points], vec![O::new(0); points]);
        let (mut words, mut packed) = (vec![0; points], vec![pack(none, O::new(0)); room]);
        let mut arrays = Arrays { positions: &mut positions, owners: &mut owners, len: points };
        let source = Points::<Native<P>, _> { config: 10, members: &members };
        let shape = fill(&source, &mut arrays, &mut words, &mut packed, small).unwrap();
        assert!(Index::new(&words, shape).widest_offset() <= shape.max_offset);
        (positions, owners, words, shape)
    }

    /// Checks the order of points that are sorted in one level, in pieces, and in one level because
    /// pieces are too large for the room.
    fn in_pieces_as_sorted<P: Position, O: OwnerWord + Debug>()
    where
        Native<P>: ByIdentity<Position = P>,
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
        in_pieces_as_sorted::<u64, u16>();
        #[cfg(feature = "alloc")]
        {
            in_pieces_as_sorted::<u32, u32>();
            in_pieces_as_sorted::<u64, u32>();
        }
    }

    /// Builds a ring with enough points to be dealt into pieces.
    #[test]
    #[cfg(feature = "alloc")]
    #[cfg_attr(miri, ignore = "too many points")]
    fn a_large_ring_is_in_order() {
        use crate::HeapRing;

        let names: Vec<[u8; 4]> = (0..3_000u32).map(u32::to_be_bytes).collect();
        assert!(100 * names.len() > SMALL || target::CODE_MUST_BE_SMALL);
        let mut wanted: Vec<(u32, [u8; 4])> = Vec::new();
        for &name in &names {
            let seed = <Native as ByIdentity>::seed(&name);
            wanted.extend((0..100).map(|r| (<Native>::point(seed, r), name)));
        }
        wanted.sort_unstable();
        let mut ring = HeapRing::<[u8; 4]>::with_vnodes(100);
        ring.insert_all(names).unwrap();
        assert!(ring.view().points().map(|point| (point.position, *point.node)).eq(wanted));
    }
}
