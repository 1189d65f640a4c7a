//! Nodes that lead to counters of their own.

use core::ops::Deref;

use super::load::Load;
use crate::node::Node;

/// A node that has a counter.
///
/// All clones of a node must lead to the same counter, and no two nodes of a ring to one.
///
/// ```
/// use annulus::loads::{Load, Loaded, Loads};
/// use annulus::{BalanceFactor, BatchError, Node, Ring};
///
/// /// A node type of one's own.
/// struct Server {
///     address: [u8; 4],
///     load: &'static Load,
/// }
///
/// impl Node for Server {
///     fn identity(&self) -> &[u8] {
///         &self.address
///     }
/// }
///
/// impl Loaded for Server {
///     type Pointer = &'static Load;
///
///     fn load(&self) -> &&'static Load {
///         &self.load
///     }
/// }
///
/// static COUNTERS: [Load; 3] = [const { Load::new() }; 3];
/// let [first, second, all] = &COUNTERS;
/// let mut ring = Ring::<Server, 2, 300>::new();
/// ring.insert_all([(1, first), (2, second)].map(|(n, load)| Server { address: [10, 0, 0, n], load }))?;
/// let caps = ring.view().caps(BalanceFactor::percent(125).expect("above 100"));
/// let (server, _ticket) = Loads::new(all).ticket(ring.view(), &caps, "user:42").expect("a node");
/// assert_eq!(server.load.units(), 1);
/// # Ok::<(), BatchError>(())
/// ```
pub trait Loaded {
    /// A pointer to the counter, which tickets clone: `Arc<Load>`, `&'static Load`. All its clones must lead to
    /// the same counter.
    type Pointer: Deref<Target = Load> + Clone;

    /// The pointer to the counter of this node.
    fn load(&self) -> &Self::Pointer;
}

/// A node with a pointer to its counter.
///
/// ```
/// use annulus::loads::{Counted, Load};
/// use annulus::{BatchError, NamedNode, Ring};
///
/// static COUNTERS: [Load; 2] = [const { Load::new() }; 2];
///
/// // Without an allocator counters are in a `static`, and nodes point to them.
/// let mut ring = Ring::<Counted<NamedNode>, 2, 450>::new();
/// ring.insert_all([
///     Counted::new(NamedNode::new("web-1"), &COUNTERS[0]),
///     Counted::new(NamedNode::new("web-2").with_weight(2), &COUNTERS[1]),
/// ])?;
/// // It is the node that it has, with its identity, weight and zone.
/// assert_eq!(ring.get("web-2").map(|member| member.weight()), Some(2));
/// let owner = ring.owner("user:42").expect("the ring has points");
/// assert_eq!((owner.load.units(), owner.node.zone), (0, ""));
/// # Ok::<(), BatchError>(())
/// ```
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
