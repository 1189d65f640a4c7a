//! A node together with what the ring keeps of it.

use crate::node::Node;
use crate::point::Placement;

/// A node of a ring and the weight in force.
#[derive(Debug)]
pub struct Member<N> {
    pub(crate) node: N,
    /// What [`Placement::seed`] made of the identity.
    pub(crate) seed: u64,
    /// The weight whose points are in the arrays.
    pub(crate) weight: u32,
    /// The weight after the edit under way; `weight` when there is none.
    pub(crate) target: u32,
    /// Whether the edit under way takes the node out of the ring.
    pub(crate) leaves: bool,
    /// The place of this member after the edit under way.
    pub(crate) moves_to: u32,
}

impl<N: Clone> Clone for Member<N> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), ..*self }
    }

    /// Reuses what the node here has allocated, where [`clone_from`](Clone::clone_from) of the node
    /// does.
    fn clone_from(&mut self, other: &Self) {
        let Self { node, seed, weight, target, leaves, moves_to } = self;
        node.clone_from(&other.node);
        (*seed, *weight, *target) = (other.seed, other.weight, other.target);
        (*leaves, *moves_to) = (other.leaves, other.moves_to);
    }
}

impl<N: Node> Member<N> {
    /// A member that has no points yet and is to have those of `weight`.
    pub(crate) fn joining<P: Placement>(node: N, weight: u32) -> Self {
        let seed = P::seed(node.identity());
        Self { node, seed, weight: 0, target: weight, leaves: false, moves_to: 0 }
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
