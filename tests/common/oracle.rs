//! The naive ring: a sorted list of points and linear scans, against which the crate is compared.
//!
//! It takes the positions of points from the placement under test; all else is its own.

use annulus::{ByIdentity, Position, RingRef};
use xxhash_rust::xxh3::xxh3_64;

/// Identity, weight, zone.
pub(crate) type Node<'a> = (&'a [u8], u32, &'a [u8]);
/// Start (exclusive) and end (inclusive) of a range.
pub(crate) type KeyRange = (u64, u64);
/// A range and its owners before and after.
pub(crate) type Move<'a> = (KeyRange, Option<&'a [u8]>, Option<&'a [u8]>);

pub(crate) struct Naive<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    /// Position, identity, number: in their total order.
    pub(crate) points: Vec<(u64, &'a [u8], u32)>,
    /// How many nodes have points.
    owners: usize,
    bits: u32,
    vnodes: u32,
    name: &'static str,
}

impl<'a> Naive<'a> {
    pub(crate) fn new<P: ByIdentity>(
        vnodes: u32,
        nodes: impl IntoIterator<Item = Node<'a>>,
    ) -> Self {
        let mut nodes: Vec<Node<'a>> = nodes.into_iter().collect();
        nodes.sort();
        let mut points = Vec::new();
        for &(identity, weight, _) in &nodes {
            let seed = P::seed(identity);
            points.extend((0..weight * vnodes).map(|r| (P::point(seed, r).to_u64(), identity, r)));
        }
        points.sort();
        let owners = nodes.iter().filter(|node| node.1 * vnodes > 0).count();
        Self { nodes, points, owners, bits: P::Position::BITS, vnodes, name: P::NAME }
    }

    /// The naive ring of the members that a view has.
    pub(crate) fn of<N: annulus::Node, P: ByIdentity, H>(view: RingRef<'a, N, P, H>) -> Self {
        let members = view.members().iter();
        let nodes = members.map(|m| (m.node().identity(), m.weight(), m.node().zone()));
        Self::new::<P>(view.vnodes(), nodes)
    }

    /// The owner of every point, once around from `position`.
    pub(crate) fn walk(&self, position: u64) -> impl Iterator<Item = &'a [u8]> + '_ {
        // Past the last point it begins with the first, as from the start.
        let (before, after) = self.points.split_at(self.points.partition_point(|p| p.0 < position));
        after.iter().chain(before).map(|p| p.1)
    }

    /// The number of a member: how many identities come before its own.
    pub(crate) fn number(&self, identity: &[u8]) -> u32 {
        self.nodes.iter().filter(|node| node.0 < identity).count() as u32
    }

    pub(crate) fn owner(&self, position: u64) -> Option<&'a [u8]> {
        self.walk(position).next()
    }

    /// All distinct nodes that are alive, in the order of the walk.
    pub(crate) fn order(&self, position: u64, alive: impl Fn(&[u8]) -> bool) -> Vec<&'a [u8]> {
        let mut met: Vec<&'a [u8]> = Vec::new();
        for identity in self.walk(position) {
            // All points of a node share its name's bytes: comparing those would take most of the
            // time.
            if !met.iter().any(|other| std::ptr::eq(*other, identity)) {
                met.push(identity);
            }
            // Nobody is left to be met.
            if met.len() == self.owners {
                break;
            }
        }
        met.retain(|identity| alive(identity));
        met
    }

    pub(crate) fn zone(&self, identity: &[u8]) -> &'a [u8] {
        self.nodes.iter().find(|node| node.0 == identity).unwrap().2
    }

    /// The order of the walk with the first of each zone before all others.
    pub(crate) fn zone_order(&self, position: u64, alive: impl Fn(&[u8]) -> bool) -> Vec<&'a [u8]> {
        let (mut first, mut later) = (Vec::<&[u8]>::new(), Vec::new());
        for identity in self.order(position, alive) {
            match first.iter().any(|other| self.zone(other) == self.zone(identity)) {
                false => first.push(identity),
                true => later.push(identity),
            }
        }
        first.extend(later);
        first
    }

    pub(crate) fn range_len(&self, (start, end): KeyRange) -> u128 {
        let circle = 1u128 << self.bits;
        match (u128::from(end) + circle - u128::from(start)) % circle {
            0 => circle,
            len => len,
        }
    }

    /// The ranges between neighbouring positions, in the order of their ends.
    pub(crate) fn key_ranges(&self) -> Vec<KeyRange> {
        ranges_between(self.points.iter().map(|p| p.0).collect())
    }

    /// How many positions each node owns, in the order of identities.
    pub(crate) fn shares(&self) -> Vec<u128> {
        let mut shares = vec![0; self.nodes.len()];
        for range in self.key_ranges() {
            let owner = self.owner(range.1).unwrap();
            shares[self.nodes.iter().position(|node| node.0 == owner).unwrap()] +=
                self.range_len(range);
        }
        shares
    }

    /// The ranges between neighbouring positions of both rings that change hands, not joined.
    pub(crate) fn moves<'b>(&self, new: &Naive<'b>) -> Vec<Move<'b>>
    where
        'a: 'b,
    {
        let all = self.points.iter().chain(&new.points).map(|p| p.0).collect();
        let owners = |range: KeyRange| (range, self.owner(range.1), new.owner(range.1));
        ranges_between(all).into_iter().map(owners).filter(|(_, from, to)| from != to).collect()
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        let mut state = xxh3_64(self.name.as_bytes()).wrapping_add(u64::from(self.vnodes));
        for (identity, weight, zone) in &self.nodes {
            let mut record = state.to_le_bytes().to_vec();
            record.extend(xxh3_64(identity).to_le_bytes());
            record.extend(xxh3_64(zone).to_le_bytes());
            record.extend(weight.to_le_bytes());
            state = xxh3_64(&record);
        }
        state
    }
}

fn ranges_between(mut ends: Vec<u64>) -> Vec<KeyRange> {
    ends.sort();
    ends.dedup();
    (0..ends.len()).map(|i| (ends[(i + ends.len() - 1) % ends.len()], ends[i])).collect()
}
