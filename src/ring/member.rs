//! A node, with what the ring keeps of it.

use crate::node::Node;
use crate::point::PointsOf;

/// A node of a ring and the weight in force.
#[derive(Debug)]
pub struct Member<N> {
    pub(crate) node: N,
    /// The [`PointsOf::seed`] of the node.
    pub(crate) seed: u64,
    /// The weight in force.
    pub(crate) weight: u32,
    /// How many points the node has: the first ones of its stream.
    pub(crate) points: u32,
}

impl<N: Clone> Clone for Member<N> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), ..*self }
    }

    /// Reuses the memory of the node here, if [`clone_from`](Clone::clone_from) of the node does.
    fn clone_from(&mut self, other: &Self) {
        let Self { node, seed, weight, points } = self;
        node.clone_from(&other.node);
        (*seed, *weight, *points) = (other.seed, other.weight, other.points);
    }
}

/// A slot without a node in the [memory](crate::LentMemory) of a ring.
impl<N: Default> Default for Member<N> {
    fn default() -> Self {
        Self { node: N::default(), seed: 0, weight: 0, points: 0 }
    }
}

impl<N: Node> Member<N> {
    /// A member of this weight with this number of points.
    pub(crate) fn new<P: PointsOf<N>>(
        config: &P::Config,
        node: N,
        weight: u32,
        points: u32,
    ) -> Self {
        let seed = P::seed(config, &node);
        Self { node, seed, weight, points }
    }
}

impl<N> Member<N> {
    /// The node.
    #[inline]
    pub fn node(&self) -> &N {
        &self.node
    }

    /// The weight in force: the one with which the node joined, or the one set last.
    #[inline]
    pub fn weight(&self) -> u32 {
        self.weight
    }
}

/// The number of the member with this identity or, as an error, the number that such a member would
/// get. O(log nodes).
pub(crate) fn find<N: Node>(members: &[Member<N>], identity: &[u8]) -> Result<usize, usize> {
    members.binary_search_by(|member| member.node.identity().cmp(identity))
}
