//! One number for a membership: two machines with equal numbers route alike.

use crate::hash::xxh3::xxh3;
use crate::node::Node;
use crate::point::{Config as _, PointsOf};
use crate::ring::view::RingRef;

impl<N: Node, P: PointsOf<N>, H> RingRef<'_, N, P, H> {
    /// A 64-bit fingerprint of the membership: placement, vnodes, and every node's identity,
    /// weight and zone.
    ///
    /// It does not depend on insertion order, word size, byte order or storage, nor on the key
    /// hash, whose secret (if any) must be compared by other means. It is frozen like the placement
    /// itself. Chained over the members in their order: each step is XXH3-64 of
    /// 28 little-endian bytes, the state, XXH3-64 of the identity, XXH3-64 of the zone and the
    /// weight; the first state is XXH3-64 of the placement's name, with vnodes added. Where points do
    /// not follow from identities, a step has 36 bytes: those, and 8 of what the points are computed
    /// from. O(nodes).
    pub fn fingerprint(&self) -> u64 {
        let start = xxh3(P::NAME.as_bytes()).wrapping_add(self.config.fingerprint());
        self.members.iter().fold(start, |state, member| {
            // Where points do not follow from the identity, the seed stands for the points.
            let mut record = [0; 36];
            let (words, weight) = record.split_at_mut(24);
            let (weight, seed) = weight.split_at_mut(4);
            let parts = [state, xxh3(member.node.identity()), xxh3(member.node.zone())];
            for (bytes, part) in words.chunks_exact_mut(8).zip(parts) {
                bytes.copy_from_slice(&part.to_le_bytes());
            }
            weight.copy_from_slice(&member.weight.to_le_bytes());
            seed.copy_from_slice(&member.seed.to_le_bytes());
            xxh3(if P::BY_IDENTITY { &record[..28] } else { &record })
        })
    }
}
