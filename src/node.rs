//! [`Node`]: what a ring needs to know of a node.

/// A member of a ring: anything with a stable identity, a weight and a zone.
///
/// The identity decides where the node's points lie. It must not change while the node is in a
/// ring, and must be the same on all machines that are to agree. Use a name that follows the data
/// (a shard's name, a host name), not an index in a list.
///
/// Strings and bytes are nodes of weight 1 in the empty zone. A pointer to a node (`&N`, and with
/// the feature `alloc` `Box<N>`, `Rc<N>`, `Arc<N>`) is a node with the identity, weight and zone of
/// that node:
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use std::sync::Arc;
///
/// let mut ring = annulus::HeapRing::<Arc<str>>::new();
/// ring.insert_all(["a", "b"].map(Arc::from))?;
/// let owner: &Arc<str> = ring.view().owner("key").expect("the ring has points");
/// # let _ = owner;
/// # }
/// # Ok::<_, annulus::BatchError>(())
/// ```
pub trait Node {
    /// The bytes that tell this node from all others. Edits refuse more than [`MAX_IDENTITY_LEN`]
    /// bytes.
    fn identity(&self) -> &[u8];

    /// The weight with which the node joins. From then on the ring keeps the weight in force, which
    /// [`set_weight`](crate::BasicRing::set_weight) changes.
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

/// Whether both are the same node, known by its identity; or neither is a node.
#[inline]
pub(crate) fn same_node<N: Node>(a: Option<&N>, b: Option<&N>) -> bool {
    a.map(Node::identity) == b.map(Node::identity)
}

/// The longest identity that a ring takes, in bytes.
///
/// ```
/// use annulus::{MAX_IDENTITY_LEN, Ring};
///
/// let names = ["cache-a".to_owned(), "x".repeat(MAX_IDENTITY_LEN), "x".repeat(MAX_IDENTITY_LEN + 1)];
/// let mut ring = Ring::<&str, 3, 450>::new();
/// for name in &names {
///     // A name that is too long is found before it is a node.
///     let fits = name.len() <= MAX_IDENTITY_LEN;
///     assert_eq!(ring.insert(name).is_ok(), fits);
/// }
/// assert_eq!(ring.len(), 2);
/// ```
pub const MAX_IDENTITY_LEN: usize = 255;

/// A node of borrowed strings, for rings that are built at compile time and wherever no type of
/// your own is needed.
///
/// With the feature `serde` it is read from formats that lend their strings, such as JSON in memory without
/// escapes in it; the weight may be left out there, and is 1 then, and so may the zone. Other fields are refused.
///
/// ```
/// use annulus::{BatchError, NamedNode, Ring};
///
/// // A server of twice the size, in a rack.
/// const BIG: NamedNode = NamedNode::new("cache-a").with_weight(2).with_zone("rack-1");
///
/// let mut ring = Ring::<NamedNode, 4, 600>::new();
/// ring.insert_all([BIG, NamedNode::new("cache-b")])?;
/// assert_eq!(ring.get("cache-a").map(|member| member.point_count()), Some(300));
/// assert_eq!(ring.get("cache-b").map(|member| member.point_count()), Some(150));
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "callers make it")]
pub struct NamedNode<'a> {
    /// See [`Node::identity`].
    pub name: &'a str,
    /// See [`Node::weight`].
    #[cfg_attr(feature = "serde", serde(default = "one"))]
    pub weight: u32,
    /// See [`Node::zone`].
    #[cfg_attr(feature = "serde", serde(default))]
    pub zone: &'a str,
}

/// The weight of a node of which nothing else is said.
#[cfg(feature = "serde")]
const fn one() -> u32 {
    1
}

impl<'a> NamedNode<'a> {
    /// A node of weight 1 in the empty zone.
    #[must_use]
    pub const fn new(name: &'a str) -> Self {
        Self { name, weight: 1, zone: "" }
    }

    /// This node with the given weight.
    #[must_use]
    pub const fn with_weight(self, weight: u32) -> Self {
        Self { weight, ..self }
    }

    /// This node in the given zone.
    #[must_use]
    pub const fn with_zone(self, zone: &'a str) -> Self {
        Self { zone, ..self }
    }
}

/// The node without a name.
impl Default for NamedNode<'_> {
    fn default() -> Self {
        Self::new("")
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

impl Node for str {
    fn identity(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Node for [u8] {
    fn identity(&self) -> &[u8] {
        self
    }
}

impl<const LEN: usize> Node for [u8; LEN] {
    fn identity(&self) -> &[u8] {
        self
    }
}

#[cfg(feature = "heapless-0_9")]
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

#[cfg(feature = "alloc")]
impl Node for alloc::vec::Vec<u8> {
    fn identity(&self) -> &[u8] {
        self
    }
}

/// Implements [`Node`] for a pointer as for what it points to.
macro_rules! forward {
    ($pointer:ty) => {
        impl<N: Node + ?Sized> Node for $pointer {
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
    };
}

forward!(&N);
#[cfg(feature = "alloc")]
forward!(alloc::boxed::Box<N>);
#[cfg(feature = "alloc")]
forward!(alloc::rc::Rc<N>);
// `alloc` has `Arc` only where the target has compare-and-swap.
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
forward!(alloc::sync::Arc<N>);

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use alloc::boxed::Box;
    use alloc::rc::Rc;
    use alloc::string::String;
    use alloc::sync::Arc;
    use alloc::vec::Vec;

    use super::*;
    use crate::Ring;

    /// The identity, the weight and the zone of `node`, as a ring of this one node has them.
    fn placed<N: Node>(node: N) -> (Vec<u8>, u32, Vec<u8>) {
        let mut ring = Ring::<N, 1, 100>::with_vnodes(10);
        assert!(ring.insert(node).is_ok());
        let member = &ring.view().members()[0];
        let node = member.node();
        (node.identity().into(), member.weight(), node.zone().into())
    }

    #[test]
    fn pointers_are_the_nodes_that_they_point_to() {
        let node = NamedNode::new("a").with_weight(3).with_zone("east");
        let expected = (b"a".to_vec(), 3, b"east".to_vec());
        assert_eq!(placed(node), expected);
        assert_eq!(placed::<&NamedNode<'_>>(&node), expected);
        assert_eq!(placed(Box::new(node)), expected);
        assert_eq!(placed(Rc::new(node)), expected);
        assert_eq!(placed(Arc::new(node)), expected);
        assert_eq!(placed(Box::new(&node) as Box<dyn Node + '_>), expected);
    }

    #[test]
    fn texts_and_bytes_are_nodes_in_every_form() {
        let expected = (b"a".to_vec(), 1, Vec::new());
        assert_eq!(placed("a"), expected);
        assert_eq!(placed(b"a".as_slice()), expected);
        assert_eq!(placed(*b"a"), expected);
        assert_eq!(placed(String::from("a")), expected);
        assert_eq!(placed(b"a".to_vec()), expected);
        #[cfg(feature = "heapless-0_9")]
        assert_eq!(placed(heapless::String::<4>::try_from("a").unwrap()), expected);
        assert_eq!(placed(Arc::<str>::from("a")), expected);
        assert_eq!(placed(Rc::<[u8]>::from(&b"a"[..])), expected);
        assert_eq!(placed(Box::<str>::from("a")), expected);
    }
}
