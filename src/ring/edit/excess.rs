//! From which change on a batch exceeds a capacity.

use super::plan::Membership;
use crate::point::Placement;
use crate::ring::error::BatchError;
use crate::ring::member::Count;
use crate::ring::storage::Capacity;

/// Adds up what changes do to the numbers of nodes and points, and remembers from which change on
/// they exceed a capacity.
pub(super) struct Excess {
    capacity: Capacity,
    /// The number of nodes after the changes so far.
    nodes: usize,
    /// The number of points after the changes so far. 128 bits are enough for any sum of 64-bit
    /// numbers.
    points: u128,
    /// The change from which on there are too many nodes, and the number of nodes after it.
    nodes_since: Option<(usize, usize)>,
    /// The change from which on there are too many points, and the number of points after it.
    points_since: Option<(usize, u128)>,
}

impl Excess {
    /// Begins with the membership before the changes, for a ring of this capacity.
    pub(super) fn new<N, P: Placement>(before: &Membership<'_, N, P>, capacity: Capacity) -> Self {
        Self {
            capacity,
            nodes: before.members.len(),
            points: before.points as u128,
            nodes_since: None,
            points_since: None,
        }
    }

    /// Adds change `at`, which turns `before` into `after`.
    ///
    /// Whether a capacity is exceeded in the end does not depend on the order in which changes are
    /// added. The change that [`refusal`](Self::refusal) names is right only if they are added in
    /// the order of the batch.
    pub(super) fn add(&mut self, at: usize, before: Option<Count>, after: Option<Count>) {
        let points = |count: Option<Count>| count.map_or(0, |count| u128::from(count.points));
        self.nodes = self.nodes + usize::from(after.is_some()) - usize::from(before.is_some());
        self.points = self.points + points(after) - points(before);
        self.nodes_since = match self.nodes_since {
            _ if self.nodes <= self.capacity.nodes => None,
            None => Some((at, self.nodes)),
            since => since,
        };
        self.points_since = match self.points_since {
            _ if self.points <= self.capacity.points as u128 => None,
            None => Some((at, self.points)),
            since => since,
        };
    }

    /// The number of nodes after all changes.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// The number of points after all changes.
    pub(super) fn points(&self) -> u64 {
        self.points as u64
    }

    /// The refusal, if a capacity is exceeded after all changes. It names the change from which on
    /// it is exceeded. If nodes and points are too many, it is about those that exceed their
    /// capacity from an earlier change on, or about the nodes if one change exceeds both.
    pub(super) fn refusal(&self) -> Option<BatchError> {
        let nodes = self.nodes_since.map(|(at, needed)| BatchError {
            at: Some(at),
            error: self.capacity.too_many_nodes(needed),
        });
        let points = self.points_since.map(|(at, needed)| {
            let needed = u64::try_from(needed).unwrap_or(u64::MAX);
            BatchError { at: Some(at), error: self.capacity.too_many_points(needed) }
        });
        match (nodes, points) {
            (Some(nodes), Some(points)) if points.at < nodes.at => Some(points),
            (nodes, points) => nodes.or(points),
        }
    }
}
