//! Where a ring keeps its members and arrays: what the edits ask of a storage.

use super::error::EditError;
use super::member::Member;
use super::merge::Arrays;
use super::view::Owners;
use crate::node::Node;
use crate::point::{PackedPoint, Placement};

/// A place for a ring's members and arrays. Sealed: [`Inline`](super::Inline) and `Heap`.
pub trait Storage: sealed::Store {}

impl<S: sealed::Store> Storage for S {}

/// The position type of a storage's placement.
pub(crate) type PositionOf<S> = <<S as sealed::Store>::Placement as Placement>::Position;

/// The arrays of a ring under construction, with owners as wide as their number needs.
pub(crate) enum AnyArrays<'a, P> {
    /// Up to 2^16 members.
    Narrow(Arrays<'a, P, u16>),
    /// More.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code))]
    Wide(Arrays<'a, P, u32>),
}

/// Everything that an edit works on, borrowed at once.
pub struct Parts<'a, N, P, R> {
    pub(crate) members: &'a mut [Member<N>],
    pub(crate) arrays: AnyArrays<'a, P>,
    /// The words of the index.
    pub(crate) words: &'a mut [u16],
    /// Room for points on their way in or out; at least one, not always enough for all.
    pub(crate) scratch: &'a mut [R],
}

pub(crate) mod sealed {
    use super::{EditError, Member, Node, Owners, PackedPoint, Parts, Placement, PositionOf};

    /// What the edits need. The first `points` points are always those of the ring.
    pub trait Store {
        /// The nodes kept.
        type Node: Node;
        /// How they are placed.
        type Placement: Placement;
        /// How points on their way are scratch.
        type PackedPoint: PackedPoint<PositionOf<Self>>;
        /// The most members.
        const NODES: usize;
        /// The most points.
        const POINTS: usize;

        /// The members.
        fn members(&self) -> &[Member<Self::Node>];
        /// The members, to be changed in place.
        fn members_mut(&mut self) -> &mut [Member<Self::Node>];
        /// Makes room for so many members and points altogether, and for so many scratch of points
        /// on their way, or changes nothing.
        fn reserve(&mut self, nodes: usize, points: u64, scratch: u64) -> Result<(), EditError> {
            Self::check(nodes, points)?;
            self.make_room(nodes, points as usize, scratch as usize)
        }
        /// Whether so many members and points are within the capacity.
        fn check(nodes: usize, points: u64) -> Result<(), EditError> {
            if nodes > Self::NODES {
                return Err(EditError::TooManyNodes { needed: nodes, capacity: Self::NODES });
            }
            if points > Self::POINTS as u64 {
                return Err(EditError::TooManyPoints { needed: points, capacity: Self::POINTS });
            }
            Ok(())
        }
        /// Makes room for so many as are within the capacity.
        fn make_room(
            &mut self,
            nodes: usize,
            points: usize,
            scratch: usize,
        ) -> Result<(), EditError>;
        /// Adds a member at the end, for which room was made.
        fn push(&mut self, member: Member<Self::Node>);
        /// Takes a member out, closing the gap.
        fn take(&mut self, place: usize) -> Member<Self::Node>;
        /// Keeps the members that `stay`.
        fn retain(&mut self, stay: impl FnMut(&Member<Self::Node>) -> bool);
        /// Drops the members from `len` on.
        fn truncate(&mut self, len: usize);
        /// Everything at once, with `points` points in the arrays.
        fn parts(
            &mut self,
            points: usize,
        ) -> Parts<'_, Self::Node, PositionOf<Self>, Self::PackedPoint>;
        /// How many of the words the index of so many points may take.
        fn index_words(points: usize) -> usize;
        /// The ring has `points` points now: gives back what the edit alone needed.
        fn release_scratch(&mut self, points: usize);
        /// The positions and owners of the `points` points, and the words of their index.
        fn arrays(&self, points: usize) -> (&[PositionOf<Self>], Owners<'_>, &[u16]);
    }
}
