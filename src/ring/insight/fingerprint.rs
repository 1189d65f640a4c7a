//! One number for a membership: two machines with equal numbers, and the same key hash, route alike.

use crate::hash::xxh3::xxh3;
use crate::node::Node;
use crate::point::{Config as _, PointsOf};
use crate::ring::view::RingRef;

impl<N: Node, P: PointsOf<N>, H> RingRef<'_, N, P, H> {
    /// A 64-bit fingerprint of the membership: placement, vnodes, and every node's identity,
    /// weight and zone, and the number of its points where that does not follow from the weight.
    ///
    /// It does not depend on insertion order, word size, byte order or storage, nor on the key
    /// hash, whose secret (if any) must be compared by other means. It is frozen like the placement
    /// itself. Chained over the members in their order: each step is XXH3-64 of
    /// 28 little-endian bytes, the state, XXH3-64 of the identity, XXH3-64 of the zone and the
    /// weight; the first state is XXH3-64 of the placement's name, with vnodes added. Where points do
    /// not follow from identities, a step has 36 bytes: those, and 8 of what the points are computed
    /// from. Where the number of points does not follow from the weight, a step has 4 bytes more, which are that
    /// number. O(nodes).
    pub fn fingerprint(&self) -> u64 {
        let start = xxh3(P::NAME.as_bytes()).wrapping_add(self.config.fingerprint());
        self.members.iter().fold(start, |state, member| {
            let (identity, zone) = (xxh3(member.node.identity()), xxh3(member.node.zone()));
            let (mut record, mut len) = ([0; 40], 0);
            let mut put = |bytes: &[u8]| {
                record[len..len + bytes.len()].copy_from_slice(bytes);
                len += bytes.len();
            };
            [state, identity, zone].iter().for_each(|word| put(&word.to_le_bytes()));
            put(&member.weight.to_le_bytes());
            if !P::BY_IDENTITY {
                // It stands for where the points are.
                put(&member.seed.to_le_bytes());
            }
            if let Some(points) = member.count_set::<P>(&self.config) {
                put(&points.to_le_bytes());
            }
            xxh3(&record[..len])
        })
    }
}
