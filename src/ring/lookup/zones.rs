//! Owners spread over zones.

use super::walk::{Candidate, Collect, Distinct};
use crate::node::Node;
use crate::point::Placement;
use crate::ring::view::{Key, RingRef};

impl<'a, N: Node, P: Placement, H> RingRef<'a, N, P, H> {
    /// The first distinct nodes at or after `key` that are `alive`, as many as `out` has room for,
    /// spread over zones.
    ///
    /// Takes nodes in the order of the walk, but passes over a node if an earlier one is in its
    /// zone. If more nodes are wanted than that gives, the nodes that were passed over follow in
    /// the order of the walk.
    ///
    /// Returns how many nodes there are; the rest of `out` becomes `None`. Wait-free, given that
    /// `alive` is. Walks at most twice around the circle. With K nodes wanted, each point that is
    /// passed costs up to K comparisons, of zones or of nodes.
    pub fn owners_in_distinct_zones(
        &self,
        key: &(impl Key<H> + ?Sized),
        mut alive: impl FnMut(&N) -> bool,
        out: &mut [Option<&'a N>],
    ) -> usize {
        let start = self.start(self.position(key));
        let mut owners = Distinct::new(out, None);
        let mut alive = |member: Candidate<'a, N>| alive(member.node);
        self.walk(start, &mut alive, &mut OnePerZone(&mut owners));
        self.walk(start, &mut alive, &mut owners);
        owners.len
    }
}

/// Collects at most one node of each zone.
struct OnePerZone<'z, 'o, 'a, N>(&'z mut Distinct<'o, Option<&'a N>>);

impl<'a, N: Node> Collect<'a, N> for OnePerZone<'_, '_, 'a, N> {
    fn is_full(&self) -> bool {
        self.0.is_full()
    }

    fn wants(&self, member: Candidate<'a, N>) -> bool {
        !self.0.taken().any(|taken| taken.zone() == member.node.zone())
    }

    fn take(&mut self, member: Candidate<'a, N>) {
        self.0.take(member);
    }
}
