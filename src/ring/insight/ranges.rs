//! The ranges of the circle that nodes own.

use core::iter::FusedIterator;

use crate::point::{KeyRange, Placement, Position};
use crate::ring::points::Layout;
use crate::ring::view::RingRef;

/// A range and the node that owns it.
///
/// ```
/// use annulus::{BatchError, Ring};
///
/// let mut ring = Ring::<&str, 3, 450>::new();
/// ring.insert_all(["a", "b", "c"])?;
/// let view = ring.view();
/// let at = view.position("user:42");
/// let owned = view.ranges().find(|owned| owned.range.contains(at)).expect("ranges tile the circle");
/// assert_eq!(Some(owned.node), view.owner("user:42"));
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct OwnedRange<'a, N, P: Placement> {
    /// The positions owned.
    pub range: KeyRange<P::Position>,
    /// Their owner.
    pub node: &'a N,
}

impl<N, P: Placement> Clone for OwnedRange<'_, N, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, P: Placement> Copy for OwnedRange<'_, N, P> {}

impl<N: PartialEq, P: Placement> PartialEq for OwnedRange<'_, N, P> {
    fn eq(&self, other: &Self) -> bool {
        (self.range, self.node) == (other.range, other.node)
    }
}

impl<N: Eq, P: Placement> Eq for OwnedRange<'_, N, P> {}

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The ranges between neighbouring positions and their owners, in the order of their ends.
    ///
    /// They tile the circle; a ring without points has none. Neighbouring ranges may have the same
    /// owner. Where the nearest point owns a position, ranges meet halfway between positions, and on a
    /// position that several points share. O(points) for all.
    ///
    /// ```
    /// use annulus::{BatchError, Ring};
    ///
    /// let mut ring = Ring::<&str, 2, 8>::with_vnodes(4);
    /// ring.insert_all(["a", "b"])?;
    /// // Which part of a table `a` scans to rebuild what it holds.
    /// for owned in ring.view().ranges().filter(|owned| *owned.node == "a") {
    ///     println!("hash > {} and hash <= {}", owned.range.start, owned.range.end);
    /// }
    /// assert_eq!(ring.view().ranges().filter(|owned| *owned.node == "a").count(), 4);
    /// # Ok::<(), BatchError>(())
    /// ```
    pub fn ranges(&self) -> impl FusedIterator<Item = OwnedRange<'a, N, P>> + use<'a, N, P, H> {
        let ring = *self;
        ring.key_ranges()
            .filter_map(move |(range, owner)| Some(OwnedRange { range, node: ring.node(owner)? }))
    }

    /// The ranges that [`ranges`](Self::ranges) gives, each with the number of its owner. The first
    /// begins where the last ends.
    pub(super) fn key_ranges(
        &self,
    ) -> impl FusedIterator<Item = (KeyRange<P::Position>, usize)> + use<'a, N, P, H> {
        let points = self.points;
        let first = points.first();
        let last = points.before(first);
        // Halfway from the last point to the first may be past the wrap. That end comes first then.
        let wraps = |(from, to)| P::NEAREST && halfway(from, to) < from;
        let start = match points.position(last).zip(points.position(first)) {
            Some(gap) if wraps(gap) => last,
            _ => first,
        };
        let mut previous = points.position(points.before(start));
        points.around(start).filter_map(move |at| {
            let position = points.position(at)?;
            let before = previous.replace(position)?;
            // If all points lie on one position, the first of them is after a whole circle.
            let leads = at == first || before != position;
            let range = if P::NEAREST {
                let next = points.next(at);
                let after = points.position(next)?;
                let follows = next == first || after != position;
                let start = if leads { halfway(before, position) } else { position };
                let end = if follows { halfway(position, after) } else { position };
                // A point between others on its position owns nothing. Nor does the last of several if
                // the next position is one step away.
                (leads || start != end).then_some(KeyRange { start, end })?
            } else {
                // Of the points on one position the first owns it; the others end no range.
                leads.then_some(KeyRange { start: before, end: position })?
            };
            Some((range, points.owner(at)?))
        })
    }
}

/// The last position that is no farther from `from`, clockwise, than `to` is from it. From a position to
/// itself is a whole circle.
fn halfway<P: Position>(from: P, to: P) -> P {
    from.plus((KeyRange { start: from, end: to }.len() / 2) as u64)
}
