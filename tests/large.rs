//! Rings so large, or so uneven, that where a bucket starts does not fit the words of the index: every
//! lookup is right nonetheless. Owners that 16 bits cannot tell apart, and how much memory an index takes.

mod common;

use annulus::{BasicRing, ByIdentity, Change, NamedNode, Ring, RingRef, Storage};
use common::placements::{Aimed, Crowded, OneSpot};

type Node = NamedNode<'static>;

const fn node(name: &'static str, weight: u32) -> Node {
    NamedNode::new(name).with_weight(weight)
}

/// At each point, and around it, the owner is that of the first point from there on.
fn check<P: ByIdentity<Position = u32>>(view: RingRef<'_, Node, P, Aimed>) {
    let mut wanted: Vec<(u32, &str)> = Vec::new();
    for member in view.members() {
        let (name, seed) = (member.node().name, P::seed(member.node().name.as_bytes()));
        wanted.extend((0..member.weight() * view.vnodes()).map(|r| (P::point(seed, r), name)));
    }
    wanted.sort_unstable();
    assert!(view.points().map(|point| (point.position, point.node.name)).eq(wanted.clone()));
    let positions: Vec<u32> = wanted.iter().map(|point| point.0).collect();
    let mut owners = vec![None; positions.len()];
    view.owners_batch(&positions, &mut owners).unwrap();
    for (&(position, _), owner) in wanted.iter().zip(owners) {
        assert_eq!(owner.map(|node| node.name), view.owner_at(position).map(|node| node.name));
        for at in [position.wrapping_sub(1), position, position.wrapping_add(1)] {
            let place = wanted.partition_point(|point| point.0 < at) % wanted.len();
            let next = view.points_from(at).next().unwrap();
            assert_eq!((next.position, next.node.name), wanted[place], "from {at:#x}");
            assert_eq!(view.owner_at(at).unwrap().name, wanted[place].1, "at {at:#x}");
            let number = view.number_of(wanted[place].1.as_bytes());
            assert_eq!(view.owner_number_at(at), number, "at {at:#x}");
        }
    }
}

/// Points on one half of the circle: in its middle all of them are before a bucket that half of them
/// would be before, were they even.
fn half<S>(empty: impl Fn() -> Box<BasicRing<S, Aimed>>)
where
    S: Storage<Node = Node, Placement = Crowded<31>>,
{
    let mut beyond = empty();
    beyond.insert_all([node("a", 40_000), node("c", 30_000)]).unwrap();
    check(beyond.view());
    // The first start that does not fit its word is that after 65,536 points.
    let (mut edge, mut merged) = (empty(), empty());
    edge.insert_all([node("a", 40_000), node("c", 25_000)]).unwrap();
    check(edge.view());
    merged.merge_from(edge.view(), &[Change::Insert(node("b", 536))]).unwrap();
    check(merged.view());
    edge.insert(node("b", 536)).unwrap();
    check(edge.view());
    merged.merge_from(edge.view(), &[Change::Remove(b"b")]).unwrap();
    check(merged.view());
    edge.remove(b"b").unwrap();
    check(edge.view());
}

#[test]
#[cfg_attr(miri, ignore = "too many points")]
fn half_of_the_circle() {
    half(|| Box::new(Ring::<Node, 4, 70_000, Crowded<31>, Aimed>::with_hash(1, Aimed)));
}

/// More points on one position than the words of the index can tell: where they lie far from where
/// even points would, the ring goes without an index.
fn crowd<const SPOT: u32>(without_index: bool) {
    let mut ring = Box::new(Ring::<_, 4, 60_000, OneSpot<SPOT>, Aimed>::with_hash(1, Aimed));
    ring.insert(node("m", 20_000)).unwrap();
    ring.insert_all([node("a", 15_000), node("z", 20_000)]).unwrap();
    let arrays = 55_000 * 6;
    assert_eq!(ring.view().lookup_bytes() == arrays, without_index);
    for position in [0, SPOT - 1, SPOT, SPOT + 1, u32::MAX] {
        assert_eq!(ring.view().owner_at(position).unwrap().name, "a");
    }
    let names: Vec<_> = ring.view().replicas::<3>(&0).iter().map(|node| node.name).collect();
    assert_eq!(names, ["a", "m", "z"]);
    ring.remove(b"a").unwrap();
    assert_eq!(ring.view().owner_at(9).unwrap().name, "m");
    ring.set_weight(b"z", 1_000).unwrap();
    ring.set_weight(b"m", 1_000).unwrap();
    assert!(ring.view().lookup_bytes() > 2_000 * 6, "there should be an index again");
    assert_eq!(ring.view().owner_at(SPOT).unwrap().name, "m");
}

#[test]
#[cfg_attr(miri, ignore = "too many points")]
#[cfg_attr(annulus_plain_layout, ignore = "lookups read no index")]
fn a_crowd_on_one_position_is_searched_by_bisection() {
    crowd::<5>(true);
    crowd::<{ u32::MAX - 5 }>(true);
    crowd::<0x8765_4321>(false);
}

/// Points on their way into an inline ring wait in the words that its index leaves.
#[test]
#[cfg_attr(annulus_plain_layout, ignore = "lookups read no index")]
fn an_index_leaves_a_third_of_its_words() {
    fn check<const POINTS: usize>() {
        let mut ring = Box::new(Ring::<Node, 1, POINTS>::with_vnodes(POINTS as u32));
        ring.insert(node("a", 1)).unwrap();
        let index = ring.view().lookup_bytes() - 6 * POINTS;
        assert!((2 * POINTS / 3..=4 * POINTS / 3).contains(&index), "{index} bytes");
    }
    // One power of two, and half as much again.
    check::<4_098>();
    check::<4_700>();
}

#[cfg(feature = "alloc")]
mod on_the_heap {
    use super::*;
    use annulus::{HeapRing, Native, Node as _, PerWeight, Placement};
    use common::Random;
    use common::check::check_arrays;
    use common::oracle::Naive;
    use common::rules::Subject;
    use common::subjects::{ByShare, RunningSum};
    use std::collections::BTreeMap;
    use std::sync::LazyLock;

    #[test]
    #[cfg_attr(miri, ignore = "too many points")]
    fn half_of_the_circle() {
        half(|| Box::new(HeapRing::<Node, Crowded<31>, Aimed>::with_hash(1, Aimed)));
    }

    /// [`Native`] with the points of a node on the upper half of the circle, but for the first.
    struct UpperHalf;

    impl Placement for UpperHalf {
        type Position = u32;
        type Config = u32;
        type Counts = PerWeight;
        const NAME: &'static str = "upper-half";

        fn key(hash: u64) -> u32 {
            <Native>::key(hash)
        }
    }

    impl ByIdentity for UpperHalf {
        fn seed(identity: &[u8]) -> u64 {
            <Native>::seed(identity)
        }

        fn point(seed: u64, r: u32) -> u32 {
            let point = <Native>::point(seed, r);
            if r < 1_832 { point >> 8 } else { point >> 1 | 1 << 31 }
        }
    }

    /// Points of which few lie on the lower half of the circle, so that its buckets start far before
    /// where even points would; and then a few too few.
    #[test]
    #[cfg_attr(miri, ignore = "too many points")]
    fn little_on_the_lower_half() {
        let ring = || HeapRing::<Node, UpperHalf, Aimed>::with_hash(1, Aimed);
        let mut old = ring();
        old.insert_all([node("a", 36_000), node("b", 2_000), node("c", 35_000)]).unwrap();
        check(old.view());
        let mut merged = ring();
        merged.merge_from(old.view(), &[Change::Remove(b"b")]).unwrap();
        check(merged.view());
        old.remove(b"b").unwrap();
        check(old.view());
        merged.merge_from(old.view(), &[Change::Insert(node("b", 2_000))]).unwrap();
        check(merged.view());
    }

    /// More points at once than the words of an index can move by.
    #[test]
    #[cfg_attr(miri, ignore = "too many points")]
    fn a_large_part_of_many_points() {
        let ring = || HeapRing::<Node, Native, Aimed>::with_hash(1, Aimed);
        let mut old = ring();
        old.insert_all([node("a", 100_000), node("c", 100_000)]).unwrap();
        let mut merged = ring();
        merged.merge_from(old.view(), &[Change::Insert(node("b", 40_000))]).unwrap();
        check(merged.view());
        old.insert(node("b", 40_000)).unwrap();
        check(old.view());
        merged.merge_from(old.view(), &[Change::Remove(b"b")]).unwrap();
        check(merged.view());
        old.remove(b"b").unwrap();
        check(old.view());
    }

    /// One node more than 16 bits can tell apart, and one less again: a ring merged from another whose
    /// owners are in words of the other width.
    #[test]
    #[cfg_attr(miri, ignore = "too many points")]
    fn more_nodes_than_sixteen_bits_tell_apart() {
        let names = |count| (0..count).map(u32::to_be_bytes);
        let check = |ring: &HeapRing<[u8; 4]>, nodes: u32, width: usize| {
            let point = |name: [u8; 4]| (<Native>::point(<Native>::seed(&name), 0), name);
            let mut wanted: Vec<(u32, [u8; 4])> = names(nodes).map(point).collect();
            wanted.sort_unstable();
            let view = ring.view();
            assert!(view.points().map(|point| (point.position, *point.node)).eq(wanted.clone()));
            assert!(view.points().all(|point| point.member == u32::from_be_bytes(*point.node)));
            for (at, name) in wanted.into_iter().step_by(7) {
                assert_eq!(view.owner_at(at), Some(&name), "at {at:#x}");
                let (number, mut batch) = (u32::from_be_bytes(name), [0]);
                assert_eq!(view.owner_number_at(at), Some(number), "at {at:#x}");
                view.owner_numbers_batch(&[at], &mut batch).unwrap();
                assert_eq!(batch, [number], "at {at:#x}");
            }
            // What is beyond positions and owners is the index.
            let points = nodes as usize;
            let index = view.lookup_bytes() - points * (4 + width);
            let expected = if cfg!(annulus_plain_layout) { 0..1 } else { points..2 * points };
            assert!(expected.contains(&index), "{index}");
        };
        let empty = || HeapRing::<[u8; 4]>::with_vnodes(1);
        let (before, last) = (u32::from(u16::MAX).to_be_bytes(), (1u32 << 16).to_be_bytes());
        let (mut narrow, mut wide, mut again) = (empty(), empty(), empty());
        narrow.insert_all(names(1 << 16)).unwrap();
        check(&narrow, 1 << 16, 2);
        wide.merge_from(narrow.view(), &[Change::Insert(last)]).unwrap();
        check(&wide, (1 << 16) + 1, 4);
        narrow.insert(last).unwrap();
        check(&narrow, (1 << 16) + 1, 4);
        // Words that have become wide stay so, but not in a ring that is merged from this one.
        wide.remove(last).unwrap();
        check(&wide, 1 << 16, 4);
        again.merge_from(wide.view(), &[Change::Remove(&before)]).unwrap();
        check(&again, u16::MAX.into(), 2);
    }

    /// Six in the arrays of points, and more than one in the index, which keeps to the ring's size.
    #[test]
    #[cfg_attr(miri, ignore = "too many points")]
    #[cfg_attr(annulus_plain_layout, ignore = "lookups read no index")]
    fn a_point_on_the_heap_takes_seven_to_eight_bytes() {
        for points in [100, 1_500, 15_000, 100_000] {
            let mut ring = HeapRing::<Node, Native, Aimed>::with_hash(1, Aimed);
            ring.insert(node("a", points)).unwrap();
            let bytes = ring.view().lookup_bytes();
            let points = points as usize;
            assert!((7 * points..=31 * points / 4).contains(&bytes), "{bytes} for {points} points");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "too many nodes")]
    fn more_nodes_than_16_bits_can_number() {
        let names: Vec<String> = (0..70_000).map(|i| format!("node-{i}")).collect();
        let mut ring = HeapRing::<&str, Native, Aimed>::with_hash(1, Aimed);
        let (first, rest) = names.split_at(65_536);
        ring.insert_all(first.iter().map(String::as_str)).unwrap();
        let narrow = ring.view().lookup_bytes();
        compare(&ring, 1);
        // The one node that makes the owners wide.
        ring.insert(&rest[0]).unwrap();
        assert!(ring.view().lookup_bytes() >= narrow + 2 * 65_536);
        compare(&ring, 2);
        ring.insert_all(rest[1..].iter().map(String::as_str)).unwrap();
        compare(&ring, 3);
        ring.remove(b"node-7").unwrap();
        let changes = [
            Change::Remove(names[65_000].as_bytes()),
            Change::Insert("another"),
            Change::SetWeight(b"node-69999", 5),
        ];
        ring.apply(&changes).unwrap();
        compare(&ring, 4);
        let mut copy = HeapRing::<&str, Native, Aimed>::with_hash(1, Aimed);
        copy.merge_from(ring.view(), &[Change::Remove(b"node-1")]).unwrap();
        compare(&copy, 5);
        // Back below the limit.
        let leaving: Vec<_> =
            names[10..3_000].iter().map(|n| Change::Remove(n.as_bytes())).collect();
        for changes in leaving.chunks(500) {
            copy.apply(changes).unwrap();
        }
        for name in &names[3_000..5_500] {
            copy.remove(name.as_bytes()).unwrap();
        }
        assert!(copy.view().len() < 65_536);
        compare(&copy, 6);
    }

    /// Owners of 32 bits in the ring before, of 16 in the ring after.
    #[test]
    #[cfg_attr(miri, ignore = "too many nodes")]
    fn wide_owners_become_narrow() {
        let names: Vec<[u8; 4]> = (0..65_540u32).map(u32::to_be_bytes).collect();
        let mut old = HeapRing::<[u8; 4]>::with_vnodes(1);
        old.insert_all(names.iter().copied()).unwrap();
        let leaving: Vec<_> = names[10..20].iter().map(|name| Change::Remove(name)).collect();
        let staying = names[..10].iter().chain(&names[20..]).copied();
        let mut expected = HeapRing::<[u8; 4]>::with_vnodes(1);
        expected.insert_all(staying).unwrap();
        let points = |view: RingRef<'_, [u8; 4]>| -> Vec<_> {
            view.points().map(|point| (point.position, *point.node)).collect()
        };
        let expected = points(expected.view());
        let mut heap = HeapRing::<[u8; 4]>::with_vnodes(1);
        heap.merge_from(old.view(), &leaving).unwrap();
        assert!(points(heap.view()) == expected);
        // Such a ring passes over the stack on its way into a box.
        std::thread::scope(|scope| {
            let inline = || {
                let mut inline = Box::new(Ring::<[u8; 4], 65_535, 400_000>::with_vnodes(1));
                inline.merge_from(old.view(), &leaving).unwrap();
                assert!(points(inline.view()) == expected);
            };
            let thread = std::thread::Builder::new().stack_size(32 << 20);
            thread.spawn_scoped(scope, inline).unwrap();
        });
    }

    /// Single edits of a ring in which each of them moves points of many nodes.
    fn relative<P: Subject>(vnodes: u32) {
        let empty = || HeapRing::<Node, P, Aimed>::with_hash(vnodes, Aimed);
        let mut random = Random(u64::from(vnodes));
        static NAMES: LazyLock<Vec<String>> =
            LazyLock::new(|| (0..320).map(|i| format!("10.0.{i}.1:6379")).collect());
        let names: Vec<&'static str> = NAMES.iter().map(String::as_str).collect();
        let mut nodes: BTreeMap<&'static str, Node> = names[..300]
            .iter()
            .map(|&name| (name, node(name, 1 + random.below(9) as u32)))
            .collect();
        let mut ring = empty();
        ring.insert_all(nodes.values().copied()).unwrap();
        let mut elsewhere = 0;
        for _ in 0..100 {
            let before = nodes.clone();
            let points_before = points_of(ring.view());
            let name = names[random.below(names.len())];
            let weight = random.below(10) as u32;
            match (nodes.get_mut(name), random.below(2)) {
                (None, _) => {
                    ring.insert(node(name, weight)).unwrap();
                    nodes.insert(name, node(name, weight));
                }
                (Some(_), 0) => {
                    assert_eq!(ring.remove(name.as_bytes()).unwrap().name, name);
                    nodes.remove(name);
                }
                (Some(here), _) => {
                    assert_eq!(ring.set_weight(name.as_bytes(), weight), Ok(here.weight));
                    here.weight = weight;
                }
            }
            let points = points_of(ring.view());
            let others = before.keys().filter(|other| **other != name);
            elsewhere += others.filter(|o| points.get(*o) != points_before.get(*o)).count();
            let mut fresh = empty();
            fresh.insert_all(nodes.values().copied()).unwrap();
            let of = |ring: &HeapRing<Node, P, Aimed>| -> Vec<(P::Position, u32)> {
                ring.view().points().map(|point| (point.position, point.member)).collect()
            };
            assert!(of(&ring) == of(&fresh), "{name}");
            assert!(ring.same_membership(&fresh));
            assert_eq!(ring.view().fingerprint(), fresh.view().fingerprint());
        }
        assert!(elsewhere > 0, "the edits are about one node each, and no test of relative counts");
        let naive = Naive::of(ring.view());
        check_arrays(ring.view(), &naive);
    }

    /// How many points each node has.
    fn points_of<P: Subject>(view: RingRef<'_, Node, P, Aimed>) -> BTreeMap<&'static str, usize> {
        let mut points = BTreeMap::new();
        for point in view.points() {
            *points.entry(point.node.name).or_default() += 1;
        }
        points
    }

    #[test]
    #[cfg_attr(miri, ignore = "too many points")]
    fn single_edits_where_points_depend_on_the_whole_membership() {
        relative::<ByShare<32>>(40);
        relative::<ByShare<12>>(40);
        // At least four times as many points as vnodes.
        relative::<RunningSum<32>>(3_000);
        relative::<RunningSum<12>>(3_000);
    }

    fn compare(ring: &HeapRing<&str, Native, Aimed>, seed: u64) {
        let view = ring.view();
        let naive = Naive::of(view);
        let points = view.points().map(|point| (u64::from(point.position), point.node.identity()));
        assert!(points.eq(naive.points.iter().map(|point| (point.0, point.1))));
        let mut random = Random(seed);
        for _ in 0..100 {
            let key = random.next();
            let position = key >> 32;
            assert_eq!(view.owner(&key).unwrap().as_bytes(), naive.owner(position).unwrap());
            let replicas = view.replicas::<4>(&key);
            let mut order: Vec<&[u8]> = Vec::new();
            for identity in naive.walk(position) {
                if !order.contains(&identity) {
                    order.push(identity);
                }
                if order.len() == 4 {
                    break;
                }
            }
            assert!(replicas.iter().map(|node| node.as_bytes()).eq(order));
        }
        assert_eq!(view.fingerprint(), naive.fingerprint());
    }
}
