//! A node together with what the ring keeps of it.

use crate::node::Node;
use crate::point::Placement;

/// A node of a ring and the weight in force.
#[derive(Debug)]
pub struct Member<N> {
    pub(crate) node: N,
    /// What [`Placement::seed`] made of the identity.
    pub(crate) seed: u64,
    /// The weight in force.
    pub(crate) weight: u32,
    /// How many points the node has: so many of the first of its stream.
    pub(crate) points: u32,
}

impl<N: Clone> Clone for Member<N> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), ..*self }
    }

    /// Reuses what the node here has allocated, where [`clone_from`](Clone::clone_from) of the node
    /// does.
    fn clone_from(&mut self, other: &Self) {
        let Self { node, seed, weight, points } = self;
        node.clone_from(&other.node);
        (*seed, *weight, *points) = (other.seed, other.weight, other.points);
    }
}

/// A slot without a node in the [`Memory`](crate::Memory) of a ring.
impl<N: Default> Default for Member<N> {
    fn default() -> Self {
        Self { node: N::default(), seed: 0, weight: 0, points: 0 }
    }
}

impl<N: Node> Member<N> {
    /// A member of this weight with so many points.
    pub(crate) fn new<P: Placement>(node: N, weight: u32, points: u32) -> Self {
        let seed = P::seed(node.identity());
        Self { node, seed, weight, points }
    }
}

impl<N> Member<N> {
    /// The node.
    #[inline]
    pub fn node(&self) -> &N {
        &self.node
    }

    /// The weight in force: the one that the node joined with, or the last one set.
    #[inline]
    pub fn weight(&self) -> u32 {
        self.weight
    }
}

/// The number of the member with this identity, or the number that it would have. O(log nodes).
pub(crate) fn find<N: Node>(members: &[Member<N>], identity: &[u8]) -> Result<usize, usize> {
    members.binary_search_by(|member| member.node.identity().cmp(identity))
}
