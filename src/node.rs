//! What a ring asks of the nodes that it places.

/// A member of a ring: anything with a stable identity, a weight and a zone.
///
/// The identity decides where the node's points lie, so it must not change while the node is in a
/// ring, nor between machines that are to agree. Use a name that follows the data (a shard's name,
/// a host name), not a place in a list.
///
/// Strings and byte arrays are nodes of weight 1 in no zone.
pub trait Node {
    /// The bytes that tell this node from all others, at most [`MAX_IDENTITY_LEN`] of them.
    fn identity(&self) -> &[u8];

    /// The weight with which the node joins; from then on the ring keeps the weight in force.
    ///
    /// A node has `weight × vnodes` points. A node of weight 0 is a member without points.
    fn weight(&self) -> u32 {
        1
    }

    /// The zone (rack, region, failure domain) that the node is in. The empty zone is a zone too.
    fn zone(&self) -> &[u8] {
        &[]
    }
}

/// The longest identity that a ring takes, in bytes.
pub const MAX_IDENTITY_LEN: usize = 255;

/// A node that is described by borrowed names: for rings in flash and for quick beginnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NamedNode<'a> {
    /// See [`Node::identity`].
    pub name: &'a str,
    /// See [`Node::weight`].
    pub weight: u32,
    /// See [`Node::zone`].
    pub zone: &'a str,
}

impl<'a> NamedNode<'a> {
    /// A node of weight 1 in no zone.
    pub const fn new(name: &'a str) -> Self {
        Self { name, weight: 1, zone: "" }
    }

    /// The same node with this weight.
    pub const fn with_weight(self, weight: u32) -> Self {
        Self { weight, ..self }
    }

    /// The same node in this zone.
    pub const fn with_zone(self, zone: &'a str) -> Self {
        Self { zone, ..self }
    }
}

impl Node for NamedNode<'_> {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }

    fn weight(&self) -> u32 {
        self.weight
    }

    fn zone(&self) -> &[u8] {
        self.zone.as_bytes()
    }
}

impl Node for &str {
    fn identity(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Node for &[u8] {
    fn identity(&self) -> &[u8] {
        self
    }
}

impl<const LEN: usize> Node for [u8; LEN] {
    fn identity(&self) -> &[u8] {
        self
    }
}

impl<const LEN: usize> Node for heapless::String<LEN> {
    fn identity(&self) -> &[u8] {
        self.as_bytes()
    }
}

#[cfg(feature = "alloc")]
impl Node for alloc::string::String {
    fn identity(&self) -> &[u8] {
        self.as_bytes()
    }
}

// There is no shared pointer where there is no compare-and-swap.
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl<N: Node + ?Sized> Node for alloc::sync::Arc<N> {
    fn identity(&self) -> &[u8] {
        (**self).identity()
    }

    fn weight(&self) -> u32 {
        (**self).weight()
    }

    fn zone(&self) -> &[u8] {
        (**self).zone()
    }
}
