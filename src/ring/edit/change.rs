//! [`Change`]: one change to a membership, what it asks for, and the node that it brings.

use core::mem;

use crate::node::{MAX_IDENTITY_LEN, Node};
use crate::ring::storage::Step;

/// One change to the membership of a ring, as part of a batch.
///
/// ```
/// use annulus::{BatchError, Change, Ring};
///
/// let mut ring = Ring::<&str, 4, 600>::new();
/// ring.insert_all(["a", "b", "c"])?;
/// // All of it, or nothing: `d` takes over from `a`, and `b` is drained.
/// ring.apply(&[Change::Remove(b"a"), Change::Insert("d"), Change::SetWeight(b"b", 0)])?;
/// let weights = ring.view().members().iter().map(|member| (*member.node(), member.weight()));
/// assert!(weights.eq([("b", 0), ("c", 1), ("d", 1)]));
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<'a, N> {
    /// A node joins with the weight that it states.
    Insert(N),
    /// The node with this identity leaves.
    Remove(&'a [u8]),
    /// The node with this identity gets this weight.
    SetWeight(&'a [u8], u32),
    /// This node takes the place of the one with its identity. The weight in force stays, and so does the
    /// number of its points.
    Replace(N),
    /// The node with this identity gets this number of points. The weight in force stays.
    SetPoints(&'a [u8], u32),
}

impl<N: Node> Change<'_, N> {
    /// The identity of the node that changes.
    pub fn identity(&self) -> &[u8] {
        match self {
            Self::Insert(node) | Self::Replace(node) => node.identity(),
            Self::Remove(identity)
            | Self::SetWeight(identity, _)
            | Self::SetPoints(identity, _) => identity,
        }
    }

    /// What the change asks for the identity of its node.
    pub(super) fn request(&self) -> Request {
        self.asked().1
    }

    /// What the change asks for which identity, and the node that it brings.
    pub(super) fn asked(&self) -> (&[u8], Request, Option<&N>) {
        match self {
            Self::Insert(node) => (node.identity(), Request::Insert(node.weight()), Some(node)),
            Self::Replace(node) => (node.identity(), Request::Replace, Some(node)),
            Self::Remove(identity) => (identity, Request::Remove, None),
            Self::SetWeight(identity, weight) => (identity, Request::SetWeight(*weight), None),
            Self::SetPoints(identity, points) => (identity, Request::SetPoints(*points), None),
        }
    }

    /// The node that the change brings; `None` if it brings none.
    pub(super) fn node(&self) -> Option<&N> {
        match self {
            Self::Insert(node) | Self::Replace(node) => Some(node),
            Self::Remove(_) | Self::SetWeight(..) | Self::SetPoints(..) => None,
        }
    }

    /// The node that the change brings, itself.
    pub(super) fn into_node(self) -> Option<N> {
        match self {
            Self::Insert(node) | Self::Replace(node) => Some(node),
            Self::Remove(_) | Self::SetWeight(..) | Self::SetPoints(..) => None,
        }
    }
}

/// What is asked for one identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// To join with this weight.
    Insert(u32),
    /// To leave.
    Remove,
    /// To have this weight.
    SetWeight(u32),
    /// To be another node, of the same weight and as many points.
    Replace,
    /// To have this number of points.
    SetPoints(u32),
}

impl Request {
    /// The weight afterwards, if it was `before`; `None` where there is no such member.
    pub(super) fn weight(self, before: Option<u32>) -> Option<u32> {
        match self {
            Self::Insert(weight) | Self::SetWeight(weight) => Some(weight),
            Self::Remove => None,
            Self::Replace | Self::SetPoints(_) => before,
        }
    }
}

/// A node that a change or a list brings: lent, so that it is cloned, or given.
pub(super) trait Brought<N> {
    /// The node itself.
    fn into_node(self) -> N;

    /// Puts the node in `place`.
    fn put(self, place: &mut N);
}

impl<N: Clone> Brought<N> for &N {
    fn into_node(self) -> N {
        self.clone()
    }

    fn put(self, place: &mut N) {
        place.clone_from(self);
    }
}

/// A node that is given.
pub(super) struct Given<N>(N);

impl<N> Brought<N> for Given<N> {
    fn into_node(self) -> N {
        self.0
    }

    fn put(self, place: &mut N) {
        *place = self.0;
    }
}

/// The changes of a batch, with nodes that are lent or given.
pub(super) trait Changes<N: Node> {
    /// A node that the batch brings.
    type Brought: Brought<N>;

    /// The changes.
    fn list(&self) -> &[Change<'_, N>];

    /// The node that the change at this index brings; `None` if it brings none. It is asked for once, after all
    /// that is to be known of the node's identity.
    fn bring(&mut self, at: usize) -> Option<Self::Brought>;

    /// The node that a step of the plan of this batch brings; `None` if it brings none.
    fn brought(&mut self, step: &Step) -> Option<Self::Brought> {
        if step.brings_node { self.bring(step.change as usize) } else { None }
    }
}

/// A batch that lends its nodes.
impl<'c, N: Node + Clone> Changes<N> for &'c [Change<'c, N>] {
    type Brought = &'c N;

    fn list(&self) -> &[Change<'_, N>] {
        self
    }

    fn bring(&mut self, at: usize) -> Option<&'c N> {
        self.get(at).and_then(Change::node)
    }
}

/// A batch that gives its nodes away.
impl<N: Node> Changes<N> for &mut [Change<'_, N>] {
    type Brought = Given<N>;

    fn list(&self) -> &[Change<'_, N>] {
        self
    }

    fn bring(&mut self, at: usize) -> Option<Given<N>> {
        // No member has this identity, and nothing can ask for it.
        const NOBODY: &[u8] = &[0; MAX_IDENTITY_LEN + 1];
        let change = self.get_mut(at)?;
        change.node()?;
        mem::replace(change, Change::Remove(NOBODY)).into_node().map(Given)
    }
}
