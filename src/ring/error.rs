//! Why an edit was refused.

use core::fmt;

/// Why a ring refused an edit. The ring is as it was before the edit.
///
/// ```
/// use annulus::{EditError, Ring};
///
/// /// A node announces itself. That it is known already is no error.
/// fn announce(ring: &mut Ring<&'static str, 2, 300>, name: &'static str) -> Result<(), EditError> {
///     match ring.insert(name).map_err(EditError::from) {
///         Err(EditError::DuplicateIdentity) => Ok(()),
///         result => result,
///     }
/// }
///
/// let mut ring = Ring::new();
/// announce(&mut ring, "a")?;
/// announce(&mut ring, "a")?;
/// announce(&mut ring, "b")?;
/// assert_eq!(announce(&mut ring, "c"), Err(EditError::TooManyNodes { needed: 3, capacity: 2 }));
/// # Ok::<(), EditError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EditError {
    /// After the edit there would be more nodes than the ring has room for.
    TooManyNodes {
        /// The number of nodes after the edit; of a batch, after the change at [`BatchError::at`].
        needed: usize,
        /// The number of nodes that the ring has room for.
        capacity: usize,
    },
    /// After the edit there would be more points than the ring has room for.
    TooManyPoints {
        /// The number of points after the edit; of a batch, after the change at [`BatchError::at`].
        needed: u64,
        /// The number of points that the ring has room for.
        capacity: usize,
    },
    /// A node with this identity is a member already, or comes twice in one batch.
    DuplicateIdentity,
    /// No member has this identity.
    UnknownIdentity,
    /// The identity is longer than [`MAX_IDENTITY_LEN`](crate::MAX_IDENTITY_LEN) bytes.
    IdentityTooLong {
        /// The length of the identity in bytes.
        len: usize,
    },
    /// The number of points of a node cannot be set, because the placement counts the points of all nodes over
    /// the whole membership.
    RelativeCounts,
    /// The node can be given no points, because its weight is 0.
    Drained,
    /// The allocator has no memory for the edit.
    OutOfMemory,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyNodes { needed, capacity } => {
                write!(f, "{needed} nodes exceed the capacity of {capacity}")
            }
            Self::TooManyPoints { needed, capacity } => {
                write!(f, "{needed} points exceed the capacity of {capacity}")
            }
            Self::DuplicateIdentity => f.write_str("the identity is taken"),
            Self::UnknownIdentity => f.write_str("no member has this identity"),
            Self::IdentityTooLong { len } => write!(
                f,
                "an identity of {len} bytes exceeds the limit of {}",
                crate::node::MAX_IDENTITY_LEN
            ),
            Self::RelativeCounts => {
                f.write_str("the placement counts points over the whole membership")
            }
            Self::Drained => f.write_str("a node of weight 0 has no points"),
            Self::OutOfMemory => f.write_str("out of memory"),
        }
    }
}

impl core::error::Error for EditError {}

/// A node that a ring did not take, and why. The node is given back.
///
/// ```
/// use annulus::{EditError, NamedNode, Rejected, Ring};
///
/// let mut first = Ring::<NamedNode, 1, 150>::new();
/// let mut second = Ring::<NamedNode, 8, 1_200>::new();
/// for node in ["a", "b", "c"].map(NamedNode::new) {
///     // The node comes back: it need not be cloned to be tried elsewhere.
///     if let Err(Rejected { node, error }) = first.insert(node) {
///         println!("{}: {error}", node.name);
///         second.insert(node)?;
///     }
/// }
/// assert_eq!((first.len(), second.len()), (1, 2));
/// # Ok::<(), EditError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "callers take it apart")]
pub struct Rejected<N, E = EditError> {
    /// The node.
    pub node: N,
    /// Why it was refused.
    pub error: E,
}

impl<N, E: fmt::Display> fmt::Display for Rejected<N, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<N: fmt::Debug, E: core::error::Error> core::error::Error for Rejected<N, E> {}

impl<N> From<Rejected<N>> for EditError {
    fn from(rejected: Rejected<N>) -> Self {
        rejected.error
    }
}

/// Which of many changes was refused, and why. None of them was made.
///
/// ```
/// use annulus::{BatchError, Ring};
///
/// let mut ring = Ring::<&str, 4, 600>::new();
/// let names = ["cache-a", "cache-b", "cache-a"];
/// let BatchError { at, error } = ring.insert_all(names).unwrap_err();
/// let message = match at {
///     Some(at) => format!("line {}: {}: {error}", at + 1, names[at]),
///     None => error.to_string(),
/// };
/// assert_eq!(message, "line 3: cache-a: the identity is taken");
/// assert!(ring.is_empty());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "callers take it apart")]
pub struct BatchError {
    /// The index of the change in the batch: of the first that cannot be made. Where the outcome
    /// exceeds a capacity, it is the index of the change from which on the ring would exceed it to
    /// the end of the batch. `None` when no change is to blame: the allocator has no memory, the
    /// batch is empty and the ring that is merged from exceeds a capacity, or there would be too many
    /// points where the placement counts them over the whole membership.
    pub at: Option<usize>,
    /// Why it was refused.
    pub error: EditError,
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "change {at}: {}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl core::error::Error for BatchError {}

impl From<BatchError> for EditError {
    fn from(batch: BatchError) -> Self {
        batch.error
    }
}

/// A batch of changes that a ring did not take, and why. It is given back as it was.
///
/// ```
/// use annulus::{BatchError, Change, NamedNode, RejectedBatch, Ring};
///
/// let mut ring = Ring::<NamedNode, 2, 300>::new();
/// let nodes = ["a", "b", "c", "d"].map(NamedNode::new);
/// let RejectedBatch { mut changes, error } =
///     ring.apply_owned(Vec::from(nodes.map(Change::Insert))).unwrap_err();
/// // What comes before the change to blame fits; the rest is left for another ring.
/// let rest = changes.split_off(error.at.expect("too many nodes"));
/// ring.apply_owned(changes)?;
/// assert_eq!(rest, [Change::Insert(nodes[2]), Change::Insert(nodes[3])]);
/// assert_eq!(ring.len(), 2);
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "callers take it apart")]
pub struct RejectedBatch<C> {
    /// The changes, in what they were given.
    pub changes: C,
    /// Which of them was refused, and why.
    pub error: BatchError,
}

impl<C> fmt::Display for RejectedBatch<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<C: fmt::Debug> core::error::Error for RejectedBatch<C> {}

impl<C> From<RejectedBatch<C>> for BatchError {
    fn from(rejected: RejectedBatch<C>) -> Self {
        rejected.error
    }
}

impl<C> From<RejectedBatch<C>> for EditError {
    fn from(rejected: RejectedBatch<C>) -> Self {
        rejected.error.error
    }
}

/// Why a list of nodes was refused as a membership. The ring is as it was.
///
/// Indices are those of the list in the order in which it is then: that of identities.
///
/// ```
/// use annulus::{NamedNode, ReconcileError, Ring};
///
/// let mut ring = Ring::<NamedNode, 4, 600>::new();
/// let node = NamedNode::new("cache-a");
/// // Two sources say different things of one node.
/// let mut list = [node, NamedNode::new("cache-b"), node.with_weight(2)];
/// let message = match ring.reconcile(&mut list).unwrap_err() {
///     ReconcileError::Conflict { first, second } => {
///         format!("{}: weight {} or {}?", list[first].name, list[first].weight, list[second].weight)
///     }
///     ReconcileError::Node { at, error } => format!("{}: {error}", list[at].name),
///     error => error.to_string(),
/// };
/// assert!(message.starts_with("cache-a: weight "), "{message}");
/// assert!(ring.is_empty());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ReconcileError {
    /// Two nodes of the list have one identity and are not equal.
    Conflict {
        /// The index of the one.
        first: usize,
        /// The index of the other.
        second: usize,
    },
    /// A node of the list cannot be a member.
    Node {
        /// The index of the node.
        at: usize,
        /// Why it cannot.
        error: EditError,
    },
    /// The nodes or their points are too many, or the allocator has no memory.
    List(EditError),
}

impl fmt::Display for ReconcileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { first, second } => {
                write!(f, "nodes {first} and {second} have one identity, but are not equal")
            }
            Self::Node { at, error } => write!(f, "node {at}: {error}"),
            Self::List(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReconcileError {}

impl From<EditError> for ReconcileError {
    fn from(error: EditError) -> Self {
        Self::List(error)
    }
}
