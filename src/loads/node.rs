//! Nodes that lead to counters of their own.

use core::ops::Deref;

use super::load::Load;
use crate::node::Node;

/// A node that has a counter.
///
/// All clones of a node must lead to the same counter, and no two nodes of a ring to one.
pub trait Loaded {
    /// A pointer to the counter, which tickets clone: `Arc<Load>`, `&'static Load`. All its clones must lead to
    /// the same counter.
    type Pointer: Deref<Target = Load> + Clone;

    /// The pointer to the counter of this node.
    fn load(&self) -> &Self::Pointer;
}

/// A node with a pointer to its counter.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Counted<N, L = &'static Load> {
    /// The node.
    pub node: N,
    /// The pointer to its counter.
    pub load: L,
}

impl<N, L> Counted<N, L> {
    /// This node, counted there.
    pub const fn new(node: N, load: L) -> Self {
        Self { node, load }
    }
}

impl<N: Node, L> Node for Counted<N, L> {
    fn identity(&self) -> &[u8] {
        self.node.identity()
    }

    fn weight(&self) -> u32 {
        self.node.weight()
    }

    fn zone(&self) -> &[u8] {
        self.node.zone()
    }
}

impl<N, L: Deref<Target = Load> + Clone> Loaded for Counted<N, L> {
    type Pointer = L;

    #[inline]
    fn load(&self) -> &L {
        &self.load
    }
}
