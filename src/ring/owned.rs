//! [`BasicRing`]: a ring that owns its members and arrays, on whatever storage.

use core::fmt;

use super::index::{Index, Shape};
use super::inline::Inline;
use super::storage::Storage;
use super::view::RingRef;
use crate::hash::Xxh3;
use crate::node::Node;
use crate::point::{Native, Placement};

/// The points of a node of weight 1, where nothing else is asked for.
pub const DEFAULT_VNODES: u32 = 150;

/// A ring of at most `NODES` nodes and `POINTS` points that lies wherever its owner puts it (a
/// `static`, a field, a box) and needs no allocator.
///
/// Takes 8 bytes a point on a 32-bit circle, and the nodes. `NODES` is at most 65,536; more do not
/// compile:
///
/// ```compile_fail,E0080
/// let too_many = Box::new(annulus::Ring::<&str, 65_537, 1>::new());
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize, P = Native, H = Xxh3> =
    BasicRing<Inline<N, P, NODES, POINTS>, H>;

/// A ring on the heap that grows with its membership.
#[cfg(feature = "alloc")]
pub type HeapRing<N, P = Native, H = Xxh3> = BasicRing<super::Heap<N, P>, H>;

/// A consistent-hash ring on a storage: [`Ring`] inline, `HeapRing` on the heap.
///
/// This type edits the membership; [`view`](Self::view) gives the [`RingRef`] that answers
/// lookups. Every sequence of edits leads to the same arrays as a fresh build of the same
/// membership, point for point, and an edit that is refused changes nothing.
#[derive(Clone)]
pub struct BasicRing<S, H = Xxh3> {
    pub(crate) storage: S,
    /// The number of points in the arrays.
    pub(crate) points: usize,
    pub(crate) shape: Shape,
    pub(crate) vnodes: u32,
    pub(crate) hash: H,
}

impl<S, H> BasicRing<S, H> {
    const fn over(storage: S, vnodes: u32, hash: H) -> Self {
        Self { storage, points: 0, shape: Shape::NONE, vnodes, hash }
    }
}

impl<N, P: Placement, const NODES: usize, const POINTS: usize> Ring<N, NODES, POINTS, P> {
    /// An empty ring with [`DEFAULT_VNODES`] points for each unit of weight.
    pub const fn new() -> Self {
        Self::with_vnodes(DEFAULT_VNODES)
    }

    /// An empty ring with `vnodes` points for each unit of weight.
    pub const fn with_vnodes(vnodes: u32) -> Self {
        Self::with_hash(vnodes, Xxh3)
    }
}

impl<N, P: Placement, H, const NODES: usize, const POINTS: usize> Ring<N, NODES, POINTS, P, H> {
    /// An empty ring with `vnodes` points for each unit of weight whose keys go through `hash`.
    pub const fn with_hash(vnodes: u32, hash: H) -> Self {
        Self::over(Inline::new(), vnodes, hash)
    }
}

#[cfg(feature = "alloc")]
impl<N, P: Placement> HeapRing<N, P> {
    /// An empty ring with [`DEFAULT_VNODES`] points for each unit of weight.
    pub const fn new() -> Self {
        Self::with_vnodes(DEFAULT_VNODES)
    }

    /// An empty ring with `vnodes` points for each unit of weight.
    pub const fn with_vnodes(vnodes: u32) -> Self {
        Self::with_hash(vnodes, Xxh3)
    }
}

#[cfg(feature = "alloc")]
impl<N, P: Placement, H> HeapRing<N, P, H> {
    /// An empty ring with `vnodes` points for each unit of weight whose keys go through `hash`.
    pub const fn with_hash(vnodes: u32, hash: H) -> Self {
        Self::over(super::Heap::new(), vnodes, hash)
    }
}

impl<N, P: Placement, const NODES: usize, const POINTS: usize> Default
    for Ring<N, NODES, POINTS, P>
{
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "alloc")]
impl<N, P: Placement> Default for HeapRing<N, P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Storage, H> BasicRing<S, H> {
    /// The view that answers lookups. Constant time.
    #[inline]
    pub fn view(&self) -> RingRef<'_, S::Node, S::Placement, H> {
        let (positions, owners, words) = self.storage.arrays(self.points);
        RingRef {
            members: self.storage.members(),
            positions,
            owners,
            index: Index::new(words, self.shape),
            vnodes: self.vnodes,
            hash: &self.hash,
        }
    }
}

/// Shows the membership and the number of points, not the points.
impl<S: Storage, H> fmt::Debug for BasicRing<S, H>
where
    S::Node: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicRing")
            .field("members", &self.storage.members())
            .field("vnodes", &self.vnodes)
            .field("points", &self.points)
            .finish_non_exhaustive()
    }
}

/// Rings are equal when their vnodes and their members with identity, weight in force and zone are.
/// The key hash is not compared.
impl<S: Storage, T: Storage<Node = S::Node, Placement = S::Placement>, H> PartialEq<BasicRing<T, H>>
    for BasicRing<S, H>
{
    fn eq(&self, other: &BasicRing<T, H>) -> bool {
        self.vnodes == other.vnodes
            && self.storage.members().len() == other.storage.members().len()
            && self.storage.members().iter().zip(other.storage.members()).all(|(a, b)| {
                a.weight == b.weight
                    && a.node.identity() == b.node.identity()
                    && a.node.zone() == b.node.zone()
            })
    }
}
