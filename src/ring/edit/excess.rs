//! From which change on a ring would have more than it has room for.

use super::plan::Membership;
use crate::ring::error::BatchError;
use crate::ring::storage::{Capacity, Count};

/// Adds changes up, and remembers since which of them there is too much.
pub(super) struct Excess {
    capacity: Capacity,
    /// The number of nodes after the changes so far.
    nodes: usize,
    /// The number of points after the changes so far: no sum of them overflows.
    points: u128,
    /// The change since which there are too many nodes, and how many there were after it.
    nodes_since: Option<(usize, usize)>,
    /// The change since which there are too many points, and how many there were after it.
    points_since: Option<(usize, u128)>,
}

impl Excess {
    /// Begins with the membership before, for a ring of this capacity.
    pub(super) fn new<N>(before: &Membership<'_, N>, capacity: Capacity) -> Self {
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
    /// In whichever order changes are added, whether there is too much in the end is right; which change
    /// is named is right in the order of the batch alone.
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

    /// The number of nodes in the end.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// The number of points in the end.
    pub(super) fn points(&self) -> u64 {
        self.points as u64
    }

    /// The refusal, where there is too much in the end. It names the change since which that is so; of
    /// nodes and points that are too many since one change it names the nodes.
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
