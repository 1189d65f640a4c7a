//! The naive ring: a sorted list of points and linear scans, against which the crate is compared.
//!
//! It takes the positions of single points from the placement under test, and their seeds; all else is its
//! own.

use annulus::{Member, Position, RingRef};
use xxhash_rust::xxh3::xxh3_64;

use super::rules::{Rules, Subject};

/// Identity, weight, zone.
pub(crate) type Node<'a> = (&'a [u8], u32, &'a [u8]);
/// Position, identity, index in the node's stream.
pub(crate) type Point<'a> = (u64, &'a [u8], u32);
/// Start (exclusive) and end (inclusive) of a range.
pub(crate) type KeyRange = (u64, u64);

pub(crate) struct Naive<'a> {
    /// In the order of members.
    pub(crate) nodes: Vec<Node<'a>>,
    /// Position, identity, index in the node's stream: in their total order, in which members stand for
    /// their identities.
    pub(crate) points: Vec<Point<'a>>,
    /// The points at which walks stop.
    stops: Vec<Point<'a>>,
    /// How many nodes a walk can find.
    owners: usize,
    /// Of each node, where the fingerprint has them.
    seeds: Vec<Option<u64>>,
    /// Of each node, the number of its points where it does not follow from the weight.
    set: Vec<Option<u32>>,
    rules: Rules,
    bits: u32,
    vnodes: u32,
    name: &'static str,
}

impl<'a> Naive<'a> {
    /// The naive ring of these nodes, with their weights, and with the numbers of their points where these do
    /// not follow from the weights.
    pub(crate) fn new<N: annulus::Node + 'a, P: Subject<N>>(
        vnodes: u32,
        nodes: impl IntoIterator<Item = (&'a N, u32, Option<u32>)>,
    ) -> Self {
        let mut members: Vec<(&'a N, u32, Option<u32>)> = nodes.into_iter().collect();
        members.sort_by_key(|(node, ..)| (P::rank(node), node.identity()));
        let weights: Vec<u32> = members.iter().map(|member| member.1).filter(|&w| w > 0).collect();
        let mut counts = P::counts(vnodes, &weights).into_iter();
        let (mut numbered, mut seeds) = (Vec::new(), Vec::new());
        for (number, &(node, weight, set)) in members.iter().enumerate() {
            let seed = P::seed(&vnodes, node);
            seeds.push(P::RULES.seeds.then_some(seed));
            let of_weight = if weight == 0 { 0 } else { counts.next().unwrap() as u32 };
            let count = set.unwrap_or(of_weight);
            for r in 0..count {
                // One by one, so that a range that begins later must fit what came before it.
                let position = P::points(&vnodes, node, seed, r..r + 1).next().unwrap();
                numbered.push((position.to_u64(), number, r));
            }
        }
        numbered.sort_unstable();
        let mut stops = numbered.clone();
        if P::RULES.once {
            // The first of those on one position stays.
            stops.dedup_by_key(|point| point.0);
        }
        let mut stopped = vec![false; members.len()];
        stops.iter().for_each(|point| stopped[point.1] = true);
        let owners = stopped.into_iter().filter(|stopped| *stopped).count();
        let nodes: Vec<Node<'a>> = members
            .iter()
            .map(|(node, weight, _)| (node.identity(), *weight, node.zone()))
            .collect();
        let set = members.iter().map(|member| member.2).collect();
        let named = |points: Vec<(u64, usize, u32)>| -> Vec<Point<'a>> {
            points.into_iter().map(|(position, number, r)| (position, nodes[number].0, r)).collect()
        };
        let (points, stops) = (named(numbered), named(stops));
        let (rules, bits) = (P::RULES, P::Position::BITS);
        Self { nodes, points, stops, owners, seeds, set, rules, bits, vnodes, name: P::NAME }
    }

    /// The naive ring of the members that a view has, with the points that follow from their weights.
    pub(crate) fn of<N: annulus::Node, P: Subject<N>, H>(view: RingRef<'a, N, P, H>) -> Self {
        let members = view.members().iter();
        Self::new::<N, P>(view.vnodes(), members.map(|m| (m.node(), m.weight(), None)))
    }

    /// The naive ring of the members that a view has, with as many points as the view says.
    pub(crate) fn of_counts<N: annulus::Node, P: Subject<N>, H>(
        view: RingRef<'a, N, P, H>,
    ) -> Self {
        let vnodes = view.vnodes();
        let set = |m: &Member<N>| {
            let of_weight = if m.weight() == 0 { 0 } else { P::counts(vnodes, &[m.weight()])[0] };
            let follows = P::RULES.relative || of_weight == u64::from(m.point_count());
            (!follows).then_some(m.point_count())
        };
        let members = view.members().iter();
        Self::new::<N, P>(vnodes, members.map(|m| (m.node(), m.weight(), set(m))))
    }

    /// The owner of every point, once around from where a walk from `position` begins.
    pub(crate) fn points_from(&self, position: u64) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.around(&self.points, position)
    }

    /// The owner of every point at which a walk from `position` stops.
    pub(crate) fn walk(&self, position: u64) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.around(&self.stops, position)
    }

    fn around<'p>(
        &self,
        points: &'p [Point<'a>],
        position: u64,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a, 'p> {
        let next = points.partition_point(|point| point.0 < position);
        // Past the last point it begins with the first, as from the start.
        let start = if self.rules.nearest && !points.is_empty() {
            self.nearest(points, next % points.len(), position)
        } else {
            next
        };
        let (before, after) = points.split_at(start);
        after.iter().chain(before).map(|point| point.1)
    }

    /// Which point is nearest to `position`: the `next` one, or the one before that.
    fn nearest(&self, points: &[Point<'a>], next: usize, position: u64) -> usize {
        let last = (next + points.len() - 1) % points.len();
        let steps = |from: u64, to: u64| self.range_len((from, to)) % (1 << self.bits);
        let (mut behind, ahead) =
            (steps(points[last].0, position), steps(position, points[next].0));
        if points[last].0 == points[next].0 && behind == 0 {
            // All points are on one position. The last of them is once around from here.
            behind = 1 << self.bits;
        }
        if behind <= ahead { last } else { next }
    }

    /// The number of a member: how many come before it.
    pub(crate) fn number(&self, identity: &[u8]) -> u32 {
        self.nodes.iter().position(|node| node.0 == identity).unwrap() as u32
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

    /// The distinct nodes that are alive, in rounds: the r-th of each zone in the order of the walk is of
    /// round r, and earlier rounds come first. So many of a zone at most.
    pub(crate) fn rounds(
        &self,
        position: u64,
        alive: impl Fn(&[u8]) -> bool,
        max_per_zone: usize,
    ) -> Vec<&'a [u8]> {
        let order = self.order(position, alive);
        let zones: Vec<&[u8]> = order.iter().map(|identity| self.zone(identity)).collect();
        let round = |at: usize| zones[..=at].iter().filter(|zone| **zone == zones[at]).count();
        let rounds: Vec<usize> = (0..order.len()).map(round).collect();
        let mut spread = Vec::new();
        for wanted in 1..=order.len().min(max_per_zone) {
            let of_this_round = order.iter().zip(&rounds).filter(|(_, round)| **round == wanted);
            spread.extend(of_this_round.map(|(identity, _)| *identity));
        }
        spread
    }

    pub(crate) fn range_len(&self, (start, end): KeyRange) -> u128 {
        let circle = 1u128 << self.bits;
        match (u128::from(end) + circle - u128::from(start)) % circle {
            0 => circle,
            len => len,
        }
    }

    /// Ranges of which each has one owner and one order of walks, in the order of their ends.
    pub(crate) fn key_ranges(&self) -> Vec<KeyRange> {
        ranges_between(self.ends())
    }

    /// The last positions of such ranges.
    fn ends(&self) -> Vec<u64> {
        let mut positions: Vec<u64> = self.points.iter().map(|point| point.0).collect();
        if !self.rules.nearest {
            return positions;
        }
        // A position with several points is the last that belongs to the first of them.
        let shared = positions.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        let mut ends: Vec<u64> = shared.collect();
        positions.dedup();
        let middle = |(start, end): KeyRange| {
            let middle = u128::from(start) + self.range_len((start, end)) / 2;
            (middle % (1 << self.bits)) as u64
        };
        ends.extend(ranges_between(positions).into_iter().map(middle));
        ends
    }

    /// The ranges and their owners.
    pub(crate) fn owned_ranges(&self) -> Vec<(KeyRange, &'a [u8])> {
        let owned = |range: KeyRange| (range, self.owner(range.1).unwrap());
        self.key_ranges().into_iter().map(owned).collect()
    }

    /// Whether the ends of ranges are promised, rather than who owns what.
    pub(crate) fn ends_are_promised(&self) -> bool {
        !self.rules.nearest
    }

    /// How many positions each node owns, in the order of members.
    pub(crate) fn shares(&self) -> Vec<u128> {
        let mut shares = vec![0; self.nodes.len()];
        for (range, owner) in self.owned_ranges() {
            shares[self.number(owner) as usize] += self.range_len(range);
        }
        shares
    }

    /// The ranges between neighbouring ends of both rings: of each ring, each has one order of walks.
    pub(crate) fn key_ranges_with(&self, other: &Naive<'_>) -> Vec<KeyRange> {
        ranges_between(self.ends().into_iter().chain(other.ends()).collect())
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        let mut state = xxh3_64(self.name.as_bytes()).wrapping_add(u64::from(self.vnodes));
        let kept = self.seeds.iter().zip(&self.set);
        for ((identity, weight, zone), (seed, set)) in self.nodes.iter().zip(kept) {
            let mut record = state.to_le_bytes().to_vec();
            record.extend(xxh3_64(identity).to_le_bytes());
            record.extend(xxh3_64(zone).to_le_bytes());
            record.extend(weight.to_le_bytes());
            record.extend(seed.map(u64::to_le_bytes).into_iter().flatten());
            record.extend(set.map(u32::to_le_bytes).into_iter().flatten());
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

/// Joins neighbouring ranges that are about the same, but not across position zero.
pub(crate) fn joined_in_order<T: PartialEq>(
    ranges: impl IntoIterator<Item = (KeyRange, T)>,
) -> Vec<(KeyRange, T)> {
    let mut joined: Vec<(KeyRange, T)> = Vec::new();
    for (range, about) in ranges {
        match joined.last_mut() {
            Some(last) if last.0.1 == range.0 && last.1 == about => last.0.1 = range.1,
            _ => joined.push((range, about)),
        }
    }
    joined
}

/// Joins neighbouring ranges that are about the same, also across position zero. A range of the whole circle
/// begins and ends at position zero.
pub(crate) fn joined<T: PartialEq>(
    ranges: impl IntoIterator<Item = (KeyRange, T)>,
) -> Vec<(KeyRange, T)> {
    let mut joined = joined_in_order(ranges);
    if let [first, .., last] = &mut *joined
        && last.0.1 == first.0.0
        && last.1 == first.1
    {
        first.0.0 = last.0.0;
        joined.pop();
    }
    if let [(range, _)] = &mut *joined
        && range.0 == range.1
    {
        *range = (0, 0);
    }
    joined
}
