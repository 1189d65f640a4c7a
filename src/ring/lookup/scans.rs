//! Tests of where lookups begin and which points they pass, for every answer that a placement can give to
//! both questions. Lookups and insight are compared with scans that follow the definitions word by word.

use core::ops::Range;
use std::vec;
use std::vec::Vec;

use crate::hash::splitmix::output;
use crate::point::sealed::Sealed as _;
use crate::point::{ByIdentity, Counts, PerWeight, Placement, PointsOf, Position};
use crate::{Diff, KeyHash, NamedNode, Native, Ring, RingRef, Rule, Xxh3};

/// Positions next to each other, next to the wrap, and opposite each other; fractions of the circle
/// in the upper bits of 64.
const SPOTS: [u64; 12] = [
    0x0000_0007 << 32,
    0x8000_0007 << 32,
    0xffff_ffff << 32 | 0xffff_ffff,
    0,
    0x0000_0001 << 32 | 1,
    0x7fff_ffff << 32 | 0xffff_ffff,
    0x8000_0000 << 32,
    0xffff_fffe << 32 | 0xffff_fffe,
    0x0000_0004 << 32,
    0x3000_0000 << 32,
    0x3000_0005 << 32,
    0xc000_0000 << 32,
];

/// A node of a name, and how many of the positions above its points are drawn from.
type Node = [u8; 2];

/// Points on the first few of the positions above, drawn by the node's name.
struct Placed<P, const NEAREST: bool, const ONCE: bool>(P);

impl<P: Position, const NEAREST: bool, const ONCE: bool> Placement for Placed<P, NEAREST, ONCE> {
    type Position = P;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "placed";
    const NEAREST: bool = NEAREST;
    const EQUAL_POINTS_ONCE: bool = ONCE;

    fn key(hash: u64) -> P {
        P::from_hash(hash)
    }
}

impl<P: Position, const NEAREST: bool, const ONCE: bool> ByIdentity for Placed<P, NEAREST, ONCE> {
    fn seed(identity: &[u8]) -> u64 {
        identity.iter().fold(0, |seed, &byte| seed << 8 | u64::from(byte))
    }

    fn point(seed: u64, r: u32) -> P {
        P::from_hash(SPOTS[(output(seed >> 8, r) % (seed & 0xff)) as usize])
    }
}

/// A key is its own hash.
#[derive(Clone, Copy)]
struct Itself;

impl KeyHash<u64> for Itself {
    fn hash(&self, key: &u64) -> u64 {
        *key
    }
}

type View<'a, P> = RingRef<'a, Node, P, Itself>;

/// The points of a ring by position and number.
struct Naive<P> {
    points: Vec<(P, usize)>,
    nearest: bool,
    once: bool,
}

impl<P: Position> Naive<P> {
    /// The points of the members of `view`.
    fn of<L: ByIdentity<Position = P>>(view: View<'_, L>) -> Self {
        let members = view.members().iter().enumerate();
        let mut points: Vec<_> = members
            .flat_map(|(number, member)| {
                let seed = L::seed(member.node());
                (0..member.weight() * view.vnodes()).map(move |r| (L::point(seed, r), number))
            })
            .collect();
        points.sort_unstable();
        Self { points, nearest: L::NEAREST, once: L::EQUAL_POINTS_ONCE }
    }

    /// The rank of the point that owns `position`.
    fn start(&self, position: P) -> usize {
        let (len, circle) = (self.points.len(), P::CIRCLE);
        let next = self.points.iter().position(|point| point.0 >= position).unwrap_or(0);
        let previous = (next + len - 1) % len;
        let distance =
            |a: P, b: P| (u128::from(b.to_u64()) + circle - u128::from(a.to_u64())) % circle;
        let (p, n) = (self.points[previous].0, self.points[next].0);
        let behind = match distance(p, position) {
            0 if p == n => circle,
            behind => behind,
        };
        if self.nearest && behind <= distance(position, n) { previous } else { next }
    }

    /// The numbers of the distinct owners of the points that a walk stops at, in their order.
    fn walk(&self, position: P) -> Vec<usize> {
        let (len, start) = (self.points.len(), self.start(position));
        let around: Vec<_> = (start..start + len).map(|rank| self.points[rank % len]).collect();
        let mut found = Vec::new();
        for (i, &(position, number)) in around.iter().enumerate() {
            let skipped = self.once && i > 0 && around[i - 1].0 == position;
            if !skipped && !found.contains(&number) {
                found.push(number);
            }
        }
        found
    }

    /// Positions on both sides of each place where the owner may change, and both ends of the circle.
    fn interesting(&self) -> Vec<P> {
        let mut positions = vec![P::from_hash(0), P::MAX];
        for &(a, _) in &self.points {
            let middles = self.points.iter().flat_map(|&(b, _)| {
                let distance = u128::from(a.steps_to(b));
                [distance / 2, (distance + P::CIRCLE) / 2].map(|half| a.plus(half as u64))
            });
            for position in middles.chain([a]) {
                let around = [P::MAX.to_u64() - 1, P::MAX.to_u64(), 0, 1, 2];
                positions.extend(around.map(|steps| position.plus(steps)));
            }
        }
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// The ends of ranges: positions owned by another point than the position after them.
    fn ends(&self) -> Vec<P> {
        let mut ends = self.interesting();
        ends.retain(|&end| self.start(end) != self.start(end.plus(1)));
        ends
    }
}

/// Compares every verb that says who owns a position, and every walk.
fn check_lookups<L: ByIdentity>(view: View<'_, L>) {
    let naive = Naive::of(view);
    let number = |node: &Node| view.number_of(node).unwrap() as usize;
    let positions = naive.interesting();
    let mut numbers = vec![0; positions.len()];
    view.owner_numbers_batch(&positions, &mut numbers).unwrap();
    let mut nodes = vec![None; positions.len()];
    view.owners_batch(&positions, &mut nodes).unwrap();
    for (i, &position) in positions.iter().enumerate() {
        let start = naive.start(position);
        let owner = naive.points[start].1;
        assert_eq!(view.owner_at(position).map(number), Some(owner), "{position:?}");
        assert_eq!(view.owner_number_at(position), Some(owner as u32));
        assert_eq!(numbers[i], owner as u32);
        assert_eq!(nodes[i].map(number), Some(owner));
        let around = (start..).map(|rank| naive.points[rank % naive.points.len()]);
        let points =
            view.points_from(position).map(|point| (point.position, point.member as usize));
        assert!(points.eq(around.take(naive.points.len())), "{position:?}");

        let key = &(position.to_u64() << (u64::BITS - L::Position::BITS));
        assert_eq!(view.owner(key).map(number), Some(owner));
        assert_eq!(view.owner_number(key), Some(owner as u32));
        let walk = naive.walk(position);
        for wanted in 1..=view.len() + 1 {
            let walk = &walk[..wanted.min(walk.len())];
            let mut owners = vec![None; wanted];
            let len = view.owners_at(position, &mut owners);
            assert!(owners[..len].iter().flatten().copied().map(number).eq(walk.iter().copied()));
            let len = view.owners_over_zones(key, usize::MAX, |_| true, &mut owners);
            assert!(owners[..len].iter().flatten().copied().map(number).eq(walk.iter().copied()));
        }
        for down in 0..view.len() {
            let mut living = walk.clone();
            living.retain(|&number| number != down);
            let alive = |number: u32| number as usize != down;
            let mut found = vec![u32::MAX; view.len()];
            let len = view.owner_numbers_where(key, alive, &mut found);
            assert!(found[..len].iter().map(|&number| number as usize).eq(living.iter().copied()));
            let first = living.first().map(|&number| number as u32);
            assert_eq!(view.owner_number_where(key, alive), first);
            assert_eq!(
                view.owner_where(key, |node| number(node) != down).map(number),
                living.first().copied()
            );
        }
    }
    // Every point is still one of the ring's.
    assert!(view.points().map(|p| (p.position, p.member as usize)).eq(naive.points));
}

/// Compares ranges and shares.
fn check_ranges<L: ByIdentity>(view: View<'_, L>) {
    let naive = Naive::of(view);
    let ranges: Vec<_> = view.ranges().map(|owned| (owned.range, *owned.node)).collect();
    let mut start = ranges.last().unwrap().0.end;
    let mut shares = vec![0; view.len()];
    for &(range, node) in &ranges {
        assert_eq!(range.start, start);
        start = range.end;
        let number = view.number_of(node).unwrap() as usize;
        shares[number] += range.len();
        for position in naive.interesting().into_iter().chain([range.start.plus(1), range.end]) {
            if range.contains(position) {
                assert_eq!(
                    naive.points[naive.start(position)].1,
                    number,
                    "{position:?} of {range:?}"
                );
            }
        }
    }
    let ends: Vec<_> = ranges.iter().map(|(range, _)| range.end).collect();
    let expected = naive.ends();
    if expected.is_empty() {
        // One point owns everything.
        assert_eq!((ranges.len(), ranges[0].0.len()), (1, L::Position::CIRCLE));
    } else {
        assert_eq!(ends, expected);
    }
    assert_eq!(shares.iter().sum::<u128>(), L::Position::CIRCLE);
    let mut counted = vec![0; view.len()];
    view.shares(&mut counted).unwrap();
    assert_eq!(counted, shares);
    for (member, &share) in view.members().iter().zip(&shares) {
        assert_eq!(view.share(member.node()), Some(share as f64 / L::Position::CIRCLE as f64));
    }
}

/// Compares moves, of owners and of replicas, between two rings.
fn check_diff<L: ByIdentity>(old: View<'_, L>, new: View<'_, L>) {
    let (before, after) = (Naive::of(old), Naive::of(new));
    let identities = |view: View<'_, L>, numbers: Vec<usize>| -> Vec<Node> {
        numbers.into_iter().map(|number| *view.members()[number].node()).collect()
    };
    let diff = Diff::new(old, new);
    let moves: Vec<_> = diff.moves().collect();
    assert!(moves.is_sorted_by(|a, b| a.range.end < b.range.end));
    let mut replicas = Vec::new();
    let rule = Rule::replicas(2);
    let pairs = Diff::under(old.under(rule), new.under(rule));
    let visited = pairs.visit_replica_moves(&mut [None; 2], &mut [None; 2], |range, old, new| {
        let nodes =
            |set: &[Option<&Node>]| set.iter().flatten().map(|&&node| node).collect::<Vec<_>>();
        replicas.push((range, nodes(old), nodes(new)));
    });
    assert!(visited.is_ok());
    for position in before.interesting().into_iter().chain(after.interesting()) {
        let mut old = identities(old, before.walk(position));
        let mut new = identities(new, after.walk(position));
        let here: Vec<_> = moves.iter().filter(|moved| moved.range.contains(position)).collect();
        if old[0] == new[0] {
            assert!(here.is_empty(), "{position:?}");
        } else {
            assert_eq!(here.len(), 1, "{position:?}");
            assert_eq!((here[0].from, here[0].to), (Some(&old[0]), Some(&new[0])));
        }
        old.truncate(2);
        new.truncate(2);
        let here: Vec<_> = replicas.iter().filter(|visited| visited.0.contains(position)).collect();
        if old.iter().all(|node| new.contains(node)) && new.iter().all(|node| old.contains(node)) {
            assert!(here.is_empty(), "{position:?}");
        } else {
            assert_eq!(here.len(), 1, "{position:?}");
            assert_eq!((&here[0].1, &here[0].2), (&old, &new));
        }
    }
}

/// Compares rings of few nodes with few points on the first `spots` positions, alone and with each other.
fn check<P: Position, const NEAREST: bool, const ONCE: bool>(spots: u8) {
    let ring = |names: &[Node], vnodes: u32| {
        let mut ring =
            Ring::<Node, 4, 12, Placed<P, NEAREST, ONCE>, Itself>::with_hash(vnodes, Itself);
        ring.insert_all(names.iter().copied()).unwrap();
        ring
    };
    for vnodes in 1..=3 {
        let times = if cfg!(any(miri, annulus_brief)) { 2 } else { 6 };
        for name in (0..times).map(|time| time * 4) {
            let names = [0, 1, 2, 3].map(|more| [name + more, spots]);
            let rings: Vec<_> = (1..=4).map(|len| ring(&names[..len], vnodes)).collect();
            for ring in &rings {
                check_lookups(ring.view());
                check_ranges(ring.view());
                check_diff(ring.view(), rings[0].view());
                check_diff(rings[2].view(), ring.view());
            }
        }
    }
}

/// [`check`] with one position, two opposite ones, four of which two are at the wrap, and all.
fn check_circle<P: Position, const NEAREST: bool, const ONCE: bool>() {
    for spots in [1, 2, 4, 12] {
        check::<P, NEAREST, ONCE>(spots);
    }
}

#[test]
fn the_successor_owns() {
    check_circle::<u32, false, false>();
}

#[test]
fn the_nearest_point_owns_where_the_placement_says_so() {
    check_circle::<u32, true, false>();
    check_circle::<u64, true, false>();
}

#[test]
fn of_equal_points_walks_pass_the_first_alone_where_the_placement_says_so() {
    check_circle::<u32, false, true>();
}

/// Ties and halves by number, where all that is compared above is computed.
#[test]
fn halves_are_rounded_towards_the_point_before() {
    // Of the positions 4 and 7 the first owns 5, and the second 6.
    let at = |spot: u64| (0..=u8::MAX).find(|&name| output(name.into(), 0) % 12 == spot);
    let (four, seven) = (at(8).unwrap(), at(0).unwrap());
    let mut ring = Ring::<Node, 2, 2, Placed<u32, true, false>, Itself>::with_hash(1, Itself);
    ring.insert_all([[four, 12], [seven, 12]]).unwrap();
    let view = ring.view();
    let owners = [3, 4, 5, 6, 7, 8].map(|position| view.owner_at(position).unwrap()[0]);
    assert_eq!(owners, [four, four, four, seven, seven, seven]);
    let opposite = 5 + (1 << 31);
    assert_eq!(view.owner_at(opposite).unwrap()[0], seven);
    assert_eq!(view.owner_at(opposite + 1).unwrap()[0], four);
    let ends: Vec<_> = view.ranges().map(|owned| (owned.range.end, owned.node[0])).collect();
    assert_eq!(ends, [(5, four), (opposite, seven)]);
}

/// A node whose points all lie behind others is no replica of anything, yet its points count as soon as
/// the others leave.
#[test]
fn an_equal_point_counts_when_the_one_before_it_leaves() {
    let mut ring = Ring::<Node, 3, 9, Placed<u32, false, true>>::with_vnodes(3);
    ring.insert_all([[1, 1], [2, 1], [3, 1]]).unwrap();
    assert_eq!(ring.view().replicas::<3>("key").as_slice(), [&[1, 1]]);
    assert_eq!(ring.view().points().count(), 9);
    ring.remove([1, 1]).unwrap();
    assert_eq!(ring.view().replicas::<3>("key").as_slice(), [&[2, 1]]);
}

/// As many points for each member as the ring is made with, but none for a member of weight 1.
struct Heavy(u32);

impl Counts<u32> for Heavy {
    const RELATIVE: bool = false;

    fn new(points: &u32, _: impl Iterator<Item = u32> + Clone) -> Self {
        Self(*points)
    }

    fn next(&mut self, weight: u32) -> u64 {
        if weight > 1 { self.0.into() } else { 0 }
    }
}

/// [`Native`] with other numbers of points.
struct Selective;

impl Placement for Selective {
    type Position = u32;
    type Config = u32;
    type Counts = Heavy;
    const NAME: &'static str = "selective";

    fn key(hash: u64) -> u32 {
        <Native>::key(hash)
    }
}

impl<N: crate::Node> PointsOf<N> for Selective {
    fn seed(_: &u32, node: &N) -> u64 {
        <Native as ByIdentity>::seed(node.identity())
    }

    fn points(_: &u32, _: &N, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.map(move |r| <Native as ByIdentity>::point(seed, r))
    }
}

#[test]
fn no_walk_goes_on_for_a_member_without_points_whatever_its_weight() {
    let mut ring = Ring::<NamedNode, 3, 400, Selective>::with_hash(200, Xxh3);
    let node = |name, weight| NamedNode::new(name).with_weight(weight);
    ring.insert_all([node("a", 2), node("b", 2), node("light", 1)]).unwrap();
    assert_eq!(ring.view().point_count(), 400);
    let mut asked = 0;
    let light = |node: &NamedNode| {
        asked += 1;
        node.name == "light"
    };
    assert!(ring.view().owner_where("key", light).is_none());
    assert!(asked <= 10, "{asked} questions for three nodes");
}
