//! Why an edit was refused.

use core::fmt;

/// Why a ring refused an edit. The ring is as it was before the edit.
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
