//! A batch of changes to a membership, checked before any is made.

use super::error::{BatchError, EditError};
use super::member::Member;
use crate::node::{MAX_IDENTITY_LEN, Node};

/// One change to the membership of a ring, as part of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a, N> {
    /// A node joins with the weight that it states.
    Insert(N),
    /// The node with this identity leaves.
    Remove(&'a [u8]),
    /// The node with this identity has this weight from now on.
    SetWeight(&'a [u8], u32),
}

impl<N: Node> Change<'_, N> {
    /// The identity of the node that changes.
    pub fn identity(&self) -> &[u8] {
        match self {
            Self::Insert(node) => node.identity(),
            Self::Remove(identity) | Self::SetWeight(identity, _) => identity,
        }
    }

    /// The weight of the node after the change; `None` when it leaves.
    fn weight(&self) -> Option<u32> {
        match self {
            Self::Insert(node) => Some(node.weight()),
            Self::Remove(_) => None,
            Self::SetWeight(_, weight) => Some(*weight),
        }
    }
}

/// What a batch comes to for one identity.
pub(crate) struct NetChange<'c, N> {
    pub(crate) identity: &'c [u8],
    /// The node to take in, where the batch brings one.
    pub(crate) node: Option<&'c N>,
    /// The weight in the end; `None` when no such node stays.
    pub(crate) weight: Option<u32>,
}

/// The size of a ring after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) nodes: usize,
    pub(crate) points: u64,
    /// The points that leave or join.
    pub(crate) moving: u64,
}

/// Checks that an identity is not too long.
pub(crate) fn check_identity(identity: &[u8]) -> Result<(), EditError> {
    match identity.len() {
        0..=MAX_IDENTITY_LEN => Ok(()),
        len => Err(EditError::IdentityTooLong { len }),
    }
}

/// Checks that each of `changes` can be made after those before it, and tells what they come to.
///
/// `members` is the membership before, in the order of identities, with `points` points. Compares
/// identities O(changes²) times.
pub(crate) fn check<N: Node>(
    members: &[Member<N>],
    points: usize,
    vnodes: u32,
    changes: &[Change<'_, N>],
) -> Result<Totals, BatchError> {
    let old = points as u64;
    // Wide enough for any number of steps, however large.
    let (mut nodes, mut points, mut moving) = (members.len(), u128::from(old), 0u128);
    for (at, change) in changes.iter().enumerate() {
        let refused = |error| BatchError { at: Some(at), error };
        let identity = change.identity();
        check_identity(identity).map_err(refused)?;
        let before = match changes[..at].iter().rfind(|c| c.identity() == identity) {
            Some(earlier) => earlier.weight(),
            None => find(members, identity).ok().map(|place| members[place].weight),
        };
        match (change, before) {
            (Change::Insert(_), Some(_)) => return Err(refused(EditError::DuplicateIdentity)),
            (Change::Insert(_), None) => nodes += 1,
            (_, None) => return Err(refused(EditError::UnknownIdentity)),
            (Change::Remove(_), Some(_)) => nodes -= 1,
            (Change::SetWeight(..), Some(_)) => {}
        }
        let before = u128::from(points_of(before.unwrap_or(0), vnodes));
        let after = u128::from(points_of(change.weight().unwrap_or(0), vnodes));
        points = points - before + after;
        moving += before.abs_diff(after);
    }
    let points = u64::try_from(points).unwrap_or(u64::MAX);
    // Steps that cancel out move nothing in the end.
    let moving = u64::try_from(moving).unwrap_or(u64::MAX).min(old.saturating_add(points));
    Ok(Totals { nodes, points, moving })
}

/// What a batch that was checked comes to, identity by identity, in no particular order.
pub(crate) fn net_changes<'c, N: Node>(
    changes: &'c [Change<'_, N>],
) -> impl Iterator<Item = NetChange<'c, N>> {
    changes.iter().enumerate().filter_map(|(at, change)| {
        let identity = change.identity();
        if changes[at + 1..].iter().any(|later| later.identity() == identity) {
            return None;
        }
        let weight = change.weight();
        let node = changes[..=at].iter().rev().find_map(|earlier| match earlier {
            Change::Insert(node) if node.identity() == identity => Some(node),
            _ => None,
        });
        Some(NetChange { identity, node: node.filter(|_| weight.is_some()), weight })
    })
}

/// The place of the member with this identity, or where it would go. O(log nodes).
pub(crate) fn find<N: Node>(members: &[Member<N>], identity: &[u8]) -> Result<usize, usize> {
    members.binary_search_by(|member| member.node.identity().cmp(identity))
}

/// The points of a node of this weight.
pub(crate) fn points_of(weight: u32, vnodes: u32) -> u64 {
    u64::from(weight) * u64::from(vnodes)
}
