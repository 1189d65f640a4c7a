//! [`Change`]: one change to a membership, and what it asks for.

use crate::node::Node;
use crate::ring::storage::Step;

/// One change to the membership of a ring, as part of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a, N> {
    /// A node joins with the weight that it states.
    Insert(N),
    /// The node with this identity leaves.
    Remove(&'a [u8]),
    /// The node with this identity gets this weight.
    SetWeight(&'a [u8], u32),
    /// This node takes the place of the one with its identity. The weight in force stays.
    Replace(N),
}

impl<N: Node> Change<'_, N> {
    /// The identity of the node that changes.
    pub fn identity(&self) -> &[u8] {
        match self {
            Self::Insert(node) | Self::Replace(node) => node.identity(),
            Self::Remove(identity) | Self::SetWeight(identity, _) => identity,
        }
    }

    /// What the change asks for the identity of its node.
    pub(super) fn request(&self) -> Request {
        match self {
            Self::Insert(node) => Request::Insert(node.weight()),
            Self::Remove(_) => Request::Remove,
            Self::SetWeight(_, weight) => Request::SetWeight(*weight),
            Self::Replace(_) => Request::Replace,
        }
    }

    /// The node that the change brings; `None` if it brings none.
    pub(super) fn node(&self) -> Option<&N> {
        match self {
            Self::Insert(node) | Self::Replace(node) => Some(node),
            Self::Remove(_) | Self::SetWeight(..) => None,
        }
    }

    /// The node that the change brings, itself.
    pub(super) fn into_node(self) -> Option<N> {
        match self {
            Self::Insert(node) | Self::Replace(node) => Some(node),
            Self::Remove(_) | Self::SetWeight(..) => None,
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
    /// To be another node, of the same weight.
    Replace,
}

impl Request {
    /// The weight afterwards, if it was `before`; `None` where there is no such member.
    pub(super) fn weight(self, before: Option<u32>) -> Option<u32> {
        match self {
            Self::Insert(weight) | Self::SetWeight(weight) => Some(weight),
            Self::Remove => None,
            Self::Replace => before,
        }
    }
}

/// The weight of an identity after `changes`, which were planned, if it was `before`.
pub(super) fn weight_after<N: Node>(
    changes: &[Change<'_, N>],
    identity: &[u8],
    before: Option<u32>,
) -> Option<u32> {
    let mut about = changes.iter().filter(|change| change.identity() == identity);
    let last = about.rfind(|change| change.request() != Request::Replace);
    last.map_or(before, |change| change.request().weight(before))
}

/// The node that a step of the plan of `changes` brings; `None` if it brings none.
pub(super) fn brought<'c, N: Node>(step: &Step, changes: &'c [Change<'_, N>]) -> Option<&'c N> {
    changes.get(step.change as usize).filter(|_| step.brings_node).and_then(Change::node)
}
