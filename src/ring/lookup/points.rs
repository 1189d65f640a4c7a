//! The points of a ring, one after another.

use core::fmt;
use core::iter::FusedIterator;

use super::walk::Candidate;
use crate::hash::Xxh3;
use crate::point::{Native, Placement};
use crate::ring::points::{Cursor, Layout};
use crate::ring::view::RingRef;

/// A point of a ring: a position and the member that owns it.
///
/// ```
/// use annulus::{BatchError, Ring};
///
/// let mut ring = Ring::<&str, 2, 300>::new();
/// ring.insert_all(["a", "b"])?;
/// let view = ring.view();
/// let point = view.points().next().expect("the ring has points");
/// println!("{:#010x} {}", point.position, point.node);
/// // A point owns its own position.
/// assert_eq!(view.owner_at(point.position), Some(point.node));
/// assert_eq!(view.owner_number_at(point.position), Some(point.member));
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Point<'a, N, P: Placement> {
    /// The position of the point.
    pub position: P::Position,
    /// The node that owns the point.
    pub node: &'a N,
    /// The [number](RingRef#numbers) of the member that owns the point.
    pub member: u32,
}

impl<N, P: Placement> Clone for Point<'_, N, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, P: Placement> Copy for Point<'_, N, P> {}

impl<N: PartialEq, P: Placement> PartialEq for Point<'_, N, P> {
    fn eq(&self, other: &Self) -> bool {
        (self.position, self.node, self.member) == (other.position, other.node, other.member)
    }
}

impl<N: Eq, P: Placement> Eq for Point<'_, N, P> {}

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// Every point once, in the order of positions, then of members, then of the index in a node's
    /// stream.
    ///
    /// Wait-free. The whole iteration takes O(points).
    ///
    /// ```
    /// # use annulus::{BatchError, Ring};
    /// let mut ring = Ring::<&str, 2, 300>::new();
    /// ring.insert_all(["a", "b"])?;
    /// let points = ring.view().points();
    /// assert_eq!(points.len(), 300);
    /// assert!(points.is_sorted_by_key(|point| point.position));
    /// # Ok::<(), BatchError>(())
    /// ```
    pub fn points(&self) -> Points<'a, N, P, H> {
        self.points_after(self.points.first())
    }

    /// Every point once, clockwise from the one that owns `position`, natively the first at or after it:
    /// the order in which the walks of this type pass them.
    ///
    /// Wait-free. The whole iteration takes O(points), besides one lookup.
    ///
    /// ```
    /// # use annulus::{BatchError, Ring};
    /// # let mut ring = Ring::<&str, 2, 300>::new();
    /// # ring.insert_all(["a", "b"])?;
    /// let view = ring.view();
    /// let at = view.position("user:42");
    /// let first = view.points_from(at).next().expect("the ring has points");
    /// assert_eq!(Some(first.node), view.owner("user:42"));
    /// # Ok::<(), BatchError>(())
    /// ```
    pub fn points_from(&self, position: P::Position) -> Points<'a, N, P, H> {
        self.points_after(self.start(position))
    }

    /// Every point once, clockwise from `start`.
    fn points_after(&self, start: Cursor<'a, P::Position>) -> Points<'a, N, P, H> {
        let (back, left) = (self.points.before(start), self.points.len());
        Points { ring: *self, front: start, back, left }
    }
}

/// The points of a ring, one after another. Made by [`RingRef::points`] and [`RingRef::points_from`].
///
/// ```
/// use annulus::{BatchError, Points, Ring};
///
/// /// How many points of each member there are.
/// fn count(points: Points<'_, &str>) -> [usize; 2] {
///     let mut counts = [0; 2];
///     for point in points {
///         counts[point.member as usize] += 1;
///     }
///     counts
/// }
///
/// let mut ring = Ring::<&str, 2, 300>::with_vnodes(100);
/// ring.insert_all(["a", "b"])?;
/// let points = ring.view().points();
/// assert_eq!((points.len(), count(points)), (200, [100, 100]));
/// # Ok::<(), BatchError>(())
/// ```
#[must_use = "iterators do nothing unless they are consumed"]
pub struct Points<'a, N, P: Placement = Native, H = Xxh3> {
    ring: RingRef<'a, N, P, H>,
    /// The next point.
    front: Cursor<'a, P::Position>,
    /// The last point.
    back: Cursor<'a, P::Position>,
    /// How many points there are from the next to the last.
    left: usize,
}

impl<'a, N, P: Placement, H> Points<'a, N, P, H> {
    #[inline]
    fn point(&self, at: Cursor<'a, P::Position>) -> Option<Point<'a, N, P>> {
        let position = self.ring.points.position(at)?;
        let Candidate { member, number } = self.ring.candidate_at(at)?;
        Some(Point { position, node: &member.node, member: number })
    }
}

impl<N, P: Placement, H> Clone for Points<'_, N, P, H> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

/// Shows how many points are left.
impl<N, P: Placement, H> fmt::Debug for Points<'_, N, P, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Points").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<'a, N, P: Placement, H> Iterator for Points<'a, N, P, H> {
    type Item = Point<'a, N, P>;

    #[inline]
    fn next(&mut self) -> Option<Point<'a, N, P>> {
        self.left = self.left.checked_sub(1)?;
        let at = self.front;
        self.front = self.ring.points.next(at);
        self.point(at)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    /// A walk through runs of the arrays: quicker than point by point.
    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, f: F) -> B {
        let points = self.ring.points.around(self.front).take(self.left);
        points.filter_map(|at| self.point(at)).fold(init, f)
    }
}

impl<N, P: Placement, H> DoubleEndedIterator for Points<'_, N, P, H> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let at = self.back;
        self.back = self.ring.points.before(at);
        self.point(at)
    }
}

impl<N, P: Placement, H> ExactSizeIterator for Points<'_, N, P, H> {}

impl<N, P: Placement, H> FusedIterator for Points<'_, N, P, H> {}
