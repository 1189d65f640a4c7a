//! The smallest, the fullest and the emptiest rings, and what cannot be put into them.

mod common;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use annulus::{
    BatchError, Change, Diff, EditError, MAX_IDENTITY_LEN, NamedNode, Native, Node, Placement,
    Ring, RingRef,
};
use common::Random;
use common::oracle::Naive;
use common::placements::{Aimed, Coarse, OneSpot};

/// Everything that has an answer without owners.
fn answers_nothing<N: Node, P: Placement<Position = u32>>(view: RingRef<'_, N, P, Aimed>) {
    for key in [0, 1u64 << 63, u64::MAX] {
        assert!(view.owner(&key).is_none());
        assert!(view.owner_at((key >> 32) as u32).is_none());
        assert!(view.owner_where(&key, |_| true).is_none());
        assert!(view.replicas::<3>(&key).is_empty());
        let mut out = [None; 3];
        assert_eq!(view.owners(&key, &mut out), 0);
        assert_eq!(view.owners_where(&key, |_| true, &mut out), 0);
        assert_eq!(view.owners_in_distinct_zones(&key, |_| true, &mut out), 0);
        view.owners_batch(&[0, 9], &mut out[..2]).unwrap();
        assert!(out.iter().all(Option::is_none));
        assert_eq!(view.points_from((key >> 32) as u32).count(), 0);
    }
    assert_eq!(view.point_count(), 0);
    assert_eq!(view.points().count() + view.ranges().count(), 0);
    let mut shares = vec![1; view.len()];
    view.shares(&mut shares).unwrap();
    assert!(shares.iter().all(|&share| share == 0));
    assert_eq!(view.balance(&shares), None);
    let diff = Diff::new(view, view);
    assert_eq!((diff.moves().count(), diff.moved_share()), (0, 0.0));
}

#[test]
fn an_empty_ring_answers_nothing() {
    let mut ring = Ring::<&str, 4, 100, Native, Aimed>::with_hash(5, Aimed);
    answers_nothing(ring.view());
    ring.insert("a").unwrap();
    ring.remove(b"a").unwrap();
    answers_nothing(ring.view());
    ring.insert_all(["a", "b"]).unwrap();
    ring.clear();
    answers_nothing(ring.view());
    assert!(ring.view().is_empty());
    ring.apply(&[]).unwrap();
    ring.insert_all([]).unwrap();
    answers_nothing(ring.view());
    answers_nothing(Ring::<&str, 0, 0, Native, Aimed>::with_hash(5, Aimed).view());
}

#[test]
fn drained_nodes_are_members_that_own_nothing() {
    let mut ring = Ring::<_, 4, 100, Native, Aimed>::with_hash(5, Aimed);
    ring.insert(NamedNode::new("a").with_weight(0)).unwrap();
    ring.insert(NamedNode::new("b")).unwrap();
    assert_eq!(ring.set_weight(b"b", 0), Ok(1));
    assert_eq!(ring.view().len(), 2);
    assert_eq!(ring.view().share(b"a"), Some(0.0));
    answers_nothing(ring.view());
    assert_eq!(ring.set_weight(b"a", 2), Ok(0));
    assert_eq!(ring.view().owner(&7).unwrap().name, "a");
    assert_eq!(ring.view().share(b"a"), Some(1.0));
}

#[test]
fn without_vnodes_no_weight_makes_points() {
    let mut ring = Ring::<_, 4, 1, Native, Aimed>::with_hash(0, Aimed);
    ring.insert(NamedNode::new("a").with_weight(u32::MAX)).unwrap();
    ring.set_weight(b"a", 7).unwrap();
    assert_eq!(ring.view().get(b"a").unwrap().weight(), 7);
    answers_nothing(ring.view());
}

#[test]
fn one_node_owns_everything() {
    let mut ring = Ring::<_, 1, 5, Native, Aimed>::with_hash(5, Aimed);
    ring.insert("only").unwrap();
    let view = ring.view();
    for key in [0, 1u64 << 40, u64::MAX] {
        assert_eq!(view.owner(&key), Some(&"only"));
        assert_eq!(view.replicas::<4>(&key), [&"only"]);
        assert_eq!(view.owner_where(&key, |_| false), None);
    }
    assert_eq!(view.share(b"only"), Some(1.0));
    assert_eq!(view.points().count(), 5);
}

#[test]
fn one_point_owns_the_whole_circle() {
    let mut ring = Ring::<_, 1, 1, Native, Aimed>::with_hash(1, Aimed);
    ring.insert("only").unwrap();
    let view = ring.view();
    let at = view.points().next().unwrap().position;
    for position in [0, at - 1, at, at + 1, u32::MAX] {
        assert_eq!(view.owner_at(position), Some(&"only"));
    }
    let ranges: Vec<_> = view.ranges().map(|owned| owned.range).collect();
    assert_eq!(ranges.len(), 1);
    assert_eq!((ranges[0].start, ranges[0].end, ranges[0].len()), (at, at, 1 << 32));
    let empty = Ring::<&str, 1, 1, Native, Aimed>::with_hash(1, Aimed);
    let arrival = Diff::new(empty.view(), view);
    assert_eq!(arrival.moved_share(), 1.0);
    let moved = arrival.moves().next().unwrap();
    assert_eq!((moved.from, moved.to), (None, Some(&"only")));
}

#[test]
fn more_owners_than_nodes_are_a_short_answer() {
    let mut ring = Ring::<_, 4, 40, Native, Aimed>::with_hash(10, Aimed);
    ring.insert_all(["a", "b", "c"]).unwrap();
    let view = ring.view();
    assert!(view.replicas::<0>(&1).is_empty());
    assert_eq!(view.owners(&1, &mut []), 0);
    assert_eq!(view.owners_in_distinct_zones(&1, |_| true, &mut []), 0);
    let mut all: Vec<_> = view.replicas::<9>(&1).into_iter().copied().collect();
    all.sort_unstable();
    assert_eq!(all, ["a", "b", "c"]);
}

#[test]
fn with_all_dead_the_walk_ends() {
    let mut ring = Box::new(Ring::<_, 64, 9_600, Native, Aimed>::with_hash(150, Aimed));
    ring.insert_all((0..64u8).map(|i| [i])).unwrap();
    let mut asked = 0;
    let alive = |_: &[u8; 1]| {
        asked += 1;
        false
    };
    assert_eq!(ring.view().owner_where(&1, alive), None);
    assert!(asked <= 200, "{asked} questions for 64 nodes");
    let mut out = [None; 2];
    assert_eq!(ring.view().owners_in_distinct_zones(&1, |_| false, &mut out), 0);
}

/// A walk asks once about each point that it passes, and about every member when as many were in
/// vain.
#[test]
fn a_walk_asks_about_few_nodes() {
    let names: Vec<String> = (0..65).map(|i| format!("n{i:02}")).collect();
    let node = |i: usize| NamedNode::new(&names[i]).with_zone(["east", "north", "west"][i % 3]);
    let mut ring = Box::new(Ring::<_, 65, 9_600, Native, Aimed>::with_hash(150, Aimed));
    ring.insert_all((0..64).map(node)).unwrap();
    ring.insert(node(64).with_weight(0)).unwrap();
    let view = ring.view();
    let asked = Cell::new(0);
    let living = |alive| {
        asked.set(asked.get() + 1);
        alive
    };
    for key in [1, 1 << 40, 1 << 62, u64::MAX] {
        let passed = |last: &str| {
            let points = view.points_from(view.position(&key));
            points.take_while(|point| point.node.name != last).count()
        };
        let mut out = [None; 2];
        view.owners_where(&key, |_| living(true), &mut out);
        assert!(asked.take() <= passed(out[1].unwrap().name) + 1);
        view.owners_in_distinct_zones(&key, |_| living(true), &mut out);
        assert!(asked.take() <= passed(out[1].unwrap().name) + 1);
        // The last among the members, so that all are asked about.
        let last = &names[63];
        assert!(view.owner_where(&key, |node| living(node.name == last)).is_some());
        assert!(asked.take() <= 2 * (passed(last) + 65));
        // No walk comes to a node without points.
        let drained = &names[64];
        assert!(view.owner_where(&key, |node| living(node.name == drained)).is_none());
        let questions = asked.take();
        assert!(questions <= 200, "{questions} questions for 65 nodes");
    }
}

#[test]
fn on_one_position_the_first_in_order_owns() {
    let mut ring = Ring::<_, 3, 64, OneSpot<0x8765_4321>, Aimed>::with_hash(8, Aimed);
    for (at, name) in ["m", "z", "b"].into_iter().enumerate() {
        ring.insert(name).unwrap();
        let first = ["m", "m", "b"][at];
        for position in [0, 0x8765_4320, 0x8765_4321, 0x8765_4322, u32::MAX] {
            assert_eq!(ring.view().owner_at(position), Some(&first));
        }
    }
    let view = ring.view();
    assert_eq!(view.replicas::<3>(&0), [&"b", &"m", &"z"]);
    assert_eq!(view.ranges().count(), 1);
    assert_eq!((view.share(b"b"), view.share(b"m")), (Some(1.0), Some(0.0)));
    ring.remove(b"b").unwrap();
    assert_eq!(ring.view().owner_at(5), Some(&"m"));
    assert_eq!(ring.view().point_count(), 16);
}

/// Rings so short that the scratch of an edit holds no point, or a single one.
fn tiny<const POINTS: usize>() {
    let mut ring = Ring::<_, 4, POINTS, Coarse<2>, Aimed>::with_hash(1, Aimed);
    let mut random = Random(POINTS as u64);
    let names = ["a", "b", "c", "d", "e"];
    for _ in 0..500 {
        let name = names[random.below(names.len())];
        let weight = random.below(4) as u32;
        let points = ring.view().point_count() as u32;
        let known = ring.view().get(name.as_bytes()).map(|member| member.weight());
        match random.below(3) {
            0 => {
                let room = points + weight <= POINTS as u32 && ring.view().len() < 4;
                let result = ring.insert(NamedNode::new(name).with_weight(weight));
                assert_eq!(result.is_ok(), known.is_none() && room);
            }
            1 => assert_eq!(ring.remove(name.as_bytes()).is_ok(), known.is_some()),
            _ => {
                let room = known.is_some_and(|old| points - old + weight <= POINTS as u32);
                assert_eq!(ring.set_weight(name.as_bytes(), weight).is_ok(), room);
            }
        }
        let view = ring.view();
        let naive = Naive::of(view);
        let points = view.points().map(|point| (u64::from(point.position), point.node.identity()));
        assert!(points.eq(naive.points.iter().map(|point| (point.0, point.1))));
        for position in [0, 1, 1 << 30, (1 << 30) + 1, 1 << 31, u32::MAX] {
            let owner = view.owner_at(position).map(|node| node.identity());
            assert_eq!(owner, naive.owner(position.into()));
        }
    }
}

#[test]
fn rings_of_very_few_points() {
    tiny::<0>();
    tiny::<1>();
    tiny::<2>();
    tiny::<3>();
    tiny::<4>();
    tiny::<7>();
}

#[test]
fn rings_differ_by_each_part_of_the_membership() {
    let ring = |vnodes, nodes: &[NamedNode<'static>]| {
        let mut ring = Ring::<_, 4, 100>::with_vnodes(vnodes);
        ring.insert_all(nodes.iter().copied()).unwrap();
        ring
    };
    let (a, b) = (NamedNode::new("a"), NamedNode::new("b"));
    let all = ring(10, &[a, b]);
    assert!(all == ring(10, &[b, a]));
    assert!(all != ring(11, &[a, b]));
    assert!(all != ring(10, &[a]));
    assert!(ring(10, &[a]) != all);
    assert!(all != ring(10, &[a, NamedNode::new("c")]));
    assert!(all != ring(10, &[a, b.with_weight(2)]));
    assert!(all != ring(10, &[a.with_zone("east"), b]));
}

#[test]
fn a_full_ring_takes_a_replacement_in_one_batch() {
    let mut ring = Ring::<_, 3, 30, Native, Aimed>::with_hash(10, Aimed);
    ring.insert_all(["a", "b", "c"]).unwrap();
    let rejected = ring.insert("d").unwrap_err();
    assert_eq!(rejected.node, "d");
    assert_eq!(rejected.error, EditError::TooManyNodes { needed: 4, capacity: 3 });
    ring.apply(&[Change::Insert("d"), Change::Remove(b"b")]).unwrap();
    let mut fresh = Ring::<_, 3, 30, Native, Aimed>::with_hash(10, Aimed);
    fresh.insert_all(["d", "c", "a"]).unwrap();
    assert!(ring == fresh);
    assert_eq!(ring.view().fingerprint(), fresh.view().fingerprint());
    let points = |view: RingRef<'_, &'static str, Native, Aimed>| -> Vec<_> {
        view.points().map(|point| (point.position, *point.node)).collect()
    };
    assert_eq!(points(ring.view()), points(fresh.view()));
    let error = ring.apply(&[Change::SetWeight(b"a", 2)]).unwrap_err();
    let expected = EditError::TooManyPoints { needed: 40, capacity: 30 };
    assert_eq!(error, BatchError { at: None, error: expected });
    assert_eq!(ring.set_weight(b"a", 2), Err(expected));
    assert_eq!(points(ring.view()), points(fresh.view()));
    // Trading weight within a full ring needs both changes at once.
    ring.apply(&[Change::SetWeight(b"a", 2), Change::SetWeight(b"c", 0)]).unwrap();
    assert_eq!(ring.view().point_count(), 30);
    // The same node, replaced by another of its identity.
    let zoned = |name, zone| NamedNode::new(name).with_zone(zone);
    let mut ring = Ring::<_, 1, 1, Native, Aimed>::with_hash(1, Aimed);
    ring.insert(zoned("a", "east")).unwrap();
    ring.apply(&[Change::Remove(b"a"), Change::Insert(zoned("a", "west"))]).unwrap();
    assert_eq!(ring.view().get(b"a").unwrap().node().zone, "west");
}

#[test]
fn a_weight_whose_points_overflow_is_refused() {
    let mut ring = Ring::<_, 4, 100>::with_vnodes(u32::MAX);
    let heavy = NamedNode::new("a").with_weight(u32::MAX);
    let needed = u64::from(u32::MAX) * u64::from(u32::MAX);
    let error = ring.insert(heavy).unwrap_err().error;
    assert_eq!(error, EditError::TooManyPoints { needed, capacity: 100 });
    let error = ring.insert_all([NamedNode::new("b").with_weight(0), heavy]).unwrap_err();
    assert_eq!(error.at, Some(1));
    assert!(ring.apply(&[Change::Insert(heavy)]).is_err());
    ring.insert(NamedNode::new("a").with_weight(0)).unwrap();
    assert!(ring.set_weight(b"a", u32::MAX).is_err());
    assert!(ring.apply(&[Change::SetWeight(b"a", 1 << 20)]).is_err());
    assert_eq!(ring.view().get(b"a").unwrap().weight(), 0);
    // Sums of such weights saturate rather than wrap.
    let many = ["c", "d", "e"].map(|name| NamedNode::new(name).with_weight(u32::MAX));
    assert!(matches!(
        ring.insert_all(many),
        Err(BatchError { error: EditError::TooManyPoints { .. }, .. })
    ));
    assert_eq!(ring.view().len(), 1);
}

#[test]
fn nodes_that_wait_are_dropped_when_their_source_panics() {
    let mut ring = Ring::<_, 4, 40>::with_vnodes(10);
    ring.insert("m").unwrap();
    let fingerprint = ring.view().fingerprint();
    let source = ["z", "a"].into_iter().chain(std::iter::from_fn(|| panic!("no more")));
    let edit = AssertUnwindSafe(|| ring.insert_all(source));
    assert!(catch_unwind(edit).is_err());
    assert_eq!((ring.view().len(), ring.view().point_count()), (1, 10));
    assert_eq!(ring.view().fingerprint(), fingerprint);
    ring.insert_all(["z", "a"]).unwrap();
    assert_eq!(ring.view().point_count(), 30);
}

/// A node that panics when it is cloned once too often.
struct Fragile<'c> {
    name: &'static str,
    clones: &'c Cell<u32>,
}

impl Node for Fragile<'_> {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

impl Clone for Fragile<'_> {
    fn clone(&self) -> Self {
        let left = self.clones.get().checked_sub(1).expect("no more clones");
        self.clones.set(left);
        Self { ..*self }
    }
}

#[test]
fn a_node_that_panics_in_a_batch_leaves_all_or_nothing() {
    let clones = Cell::new(0);
    let node = |name| Fragile { name, clones: &clones };
    let mut outcomes = Vec::new();
    for allowed in 0..8 {
        let mut ring = Ring::<_, 8, 80>::with_vnodes(10);
        ring.insert_all(["b", "d", "f"].map(node)).unwrap();
        let before = ring.view().fingerprint();
        clones.set(allowed);
        let batch = ["a", "c", "e"].map(|name| Change::Insert(node(name)));
        let edit = AssertUnwindSafe(|| ring.apply(&batch).is_ok());
        let made = catch_unwind(edit).is_ok();
        let view = ring.view();
        let (nodes, points) = (view.len(), view.point_count());
        outcomes.push(match (made, nodes) {
            (true, 6) => "made",
            (false, 0) => "empty",
            (false, 3) if view.fingerprint() == before => "as it was",
            _ => panic!("{nodes} nodes after {allowed} clones"),
        });
        assert_eq!(points, nodes * 10);
        assert_eq!(view.points().count(), points);
    }
    assert!(outcomes.contains(&"empty") && outcomes.contains(&"made"), "{outcomes:?}");
}

#[test]
fn an_identity_may_have_255_bytes() {
    let long = "x".repeat(MAX_IDENTITY_LEN + 1);
    let (longest, too_long) = (&long[1..], &long[..]);
    let mut ring = Ring::<_, 4, 100>::with_vnodes(10);
    ring.insert(longest).unwrap();
    assert!(ring.view().get(longest.as_bytes()).is_some());
    let expected = EditError::IdentityTooLong { len: 256 };
    assert_eq!(ring.insert(too_long).unwrap_err().error, expected);
    let error = ring.insert_all(["a", too_long]).unwrap_err();
    assert_eq!(error, BatchError { at: Some(1), error: expected });
    let error = ring.apply(&[Change::Insert("a"), Change::Insert(too_long)]).unwrap_err();
    assert_eq!(error, BatchError { at: Some(1), error: expected });
    assert_eq!(ring.remove(too_long.as_bytes()), Err(EditError::UnknownIdentity));
    assert_eq!(ring.view().len(), 1);
}

#[test]
fn of_many_twins_the_first_is_named() {
    let mut random = Random(3);
    for _ in 0..50 {
        let names: Vec<String> = (0..60).map(|_| format!("n{}", random.below(25))).collect();
        let first = (0..60).find(|&at| names[..at].contains(&names[at])).unwrap();
        let mut ring = Box::new(Ring::<&str, 64, 64>::with_vnodes(1));
        let error = ring.insert_all(names.iter().map(String::as_str)).unwrap_err();
        assert_eq!(error, BatchError { at: Some(first), error: EditError::DuplicateIdentity });
        assert!(ring.view().is_empty() && ring.view().point_count() == 0);
    }
}

/// More points on one position than the words of the index can tell: where they lie far from where
/// even points would, the ring goes without an index.
fn crowd<const SPOT: u32>(without_index: bool) {
    let mut ring = Box::new(Ring::<_, 4, 60_000, OneSpot<SPOT>, Aimed>::with_hash(1, Aimed));
    let heavy = |name, weight| NamedNode::new(name).with_weight(weight);
    ring.insert(heavy("m", 20_000)).unwrap();
    ring.insert_all([heavy("a", 15_000), heavy("z", 20_000)]).unwrap();
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
fn a_crowd_on_one_position_is_searched_by_bisection() {
    crowd::<5>(true);
    crowd::<{ u32::MAX - 5 }>(true);
    crowd::<0x8765_4321>(false);
}

#[cfg(feature = "alloc")]
mod on_the_heap {
    use super::*;
    use annulus::HeapRing;

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
        // Back below the limit, merged into a ring that was narrow all along.
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

    /// A merge into rings that hold the outcome, but some of them not the ring that it begins from.
    fn merges_into<const POINTS: usize>() {
        let mut old = HeapRing::<NamedNode<'_>>::with_vnodes(20);
        old.insert_all(["a", "b", "c", "d", "e", "f"].map(NamedNode::new)).unwrap();
        let node = NamedNode::new;
        let batches: &[&[Change<'_, NamedNode<'_>>]] = &[
            &[],
            &[Change::Remove(b"a")],
            &[Change::Remove(b"f")],
            &[Change::SetWeight(b"c", 0)],
            &[Change::Insert(node("g").with_weight(0)), Change::Remove(b"b")],
            &[Change::Remove(b"d"), Change::Insert(node("d"))],
            &[Change::SetWeight(b"e", 2), Change::Remove(b"a")],
            &[Change::Remove(b"a"), Change::Insert(node("0")), Change::SetWeight(b"f", 0)],
            &[Change::Remove(b"b"), Change::Remove(b"e"), Change::SetWeight(b"c", 3)],
            &[Change::Insert(node("g")), Change::SetWeight(b"a", 4)],
            &[Change::SetWeight(b"a", 0), Change::Remove(b"b"), Change::Remove(b"c")],
        ];
        for batch in batches {
            let mut expected = HeapRing::<NamedNode<'_>>::with_vnodes(20);
            expected.merge_from(old.view(), &[]).unwrap();
            for change in *batch {
                expected.apply(&[*change]).unwrap();
            }
            let naive = Naive::of(expected.view());
            let mut ring = Ring::<_, 7, POINTS>::with_vnodes(1);
            ring.insert(node("old")).unwrap();
            let result = ring.merge_from(old.view(), batch);
            let needed = naive.points.len() as u64;
            if needed > POINTS as u64 {
                let error = EditError::TooManyPoints { needed, capacity: POINTS };
                assert_eq!(result, Err(BatchError { at: None, error }));
                assert_eq!((ring.view().len(), ring.view().point_count()), (1, 1));
                continue;
            }
            assert_eq!(result, Ok(()), "{batch:?}");
            let view = ring.view();
            assert_eq!(view.fingerprint(), naive.fingerprint(), "{batch:?}");
            let points =
                view.points().map(|point| (u64::from(point.position), point.node.identity()));
            assert!(points.eq(naive.points.iter().map(|point| (point.0, point.1))), "{batch:?}");
            for point in &naive.points {
                for position in [point.0, (point.0 + 1) & u64::from(u32::MAX)] {
                    let owner = view.owner_at(position as u32).map(|node| node.identity());
                    assert_eq!(owner, naive.owner(position), "{batch:?}: {position:#x}");
                }
            }
        }
    }

    #[test]
    fn a_smaller_ring_merges_from_a_larger_one() {
        merges_into::<60>();
        merges_into::<100>();
        merges_into::<119>();
        merges_into::<120>();
        merges_into::<200>();
    }

    #[test]
    fn points_beyond_32_bits_are_refused() {
        let mut ring = HeapRing::<_>::with_vnodes(1 << 16);
        ring.insert(NamedNode::new("a")).unwrap();
        let heavy = |name| NamedNode::new(name).with_weight(1 << 16);
        let expected = |needed| EditError::TooManyPoints { needed, capacity: u32::MAX as usize };
        assert_eq!(ring.insert(heavy("b")).unwrap_err().error, expected((1 << 32) + (1 << 16)));
        assert_eq!(ring.set_weight(b"a", 1 << 16), Err(expected(1 << 32)));
        let error = ring.apply(&[Change::Insert(heavy("b"))]).unwrap_err();
        assert_eq!(error, BatchError { at: None, error: expected((1 << 32) + (1 << 16)) });
        // What a batch passes through does not count, nor does it take memory.
        let there_and_back = [Change::SetWeight(b"a", 40_000_000), Change::SetWeight(b"a", 1)];
        ring.apply(&there_and_back).unwrap();
        let error = ring.insert_all([heavy("b"), heavy("c")]).unwrap_err();
        assert_eq!(error.error, expected((1 << 32) + (1 << 16)));
        assert_eq!((ring.view().len(), ring.view().point_count()), (1, 1 << 16));
    }
}
