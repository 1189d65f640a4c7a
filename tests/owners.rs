//! Who owns the circle where there is little to choose from: nobody, one node, one point, or the first
//! of all that stand on one position.

mod common;

use annulus::{BalanceFactor, ByIdentity, Diff, NamedNode, Native, Node, Ring, RingRef, Rule};
use common::placements::{Aimed, OneSpot};

/// Everything that has an answer without owners.
fn answers_nothing<N: Node, P: ByIdentity<Position = u32>>(view: RingRef<'_, N, P, Aimed>) {
    for key in [0, 1u64 << 63, u64::MAX] {
        assert!(view.owner(&key).is_none());
        assert!(view.owner_at((key >> 32) as u32).is_none());
        assert!(view.owner_number(&key).is_none());
        assert!(view.owner_number_at((key >> 32) as u32).is_none());
        let mut numbers = [7; 2];
        view.owner_numbers_batch(&[0, 9], &mut numbers).unwrap();
        assert_eq!(std::mem::replace(&mut numbers, [7; 2]), [u32::MAX; 2]);
        assert!(view.owner_where(&key, |_| true).is_none());
        assert!(view.owner_where_at((key >> 32) as u32, |_| true).is_none());
        assert_eq!(view.owner_number_where(&key, |_| true), None);
        assert_eq!(view.owner_number_where_at((key >> 32) as u32, |_| true), None);
        assert_eq!(view.owner_numbers_where(&key, |_| true, &mut numbers), 0);
        assert_eq!(numbers, [u32::MAX; 2]);
        let caps = view.caps(BalanceFactor::percent(125).unwrap());
        assert_eq!(view.owner_number_bounded(&key, &caps, 0, |_| 0), None);
        assert!(view.owner_bounded(&key, &caps, u64::MAX, |_| 0).is_none());
        assert!(view.replicas::<3>(&key).is_empty());
        let mut out = [None; 3];
        assert_eq!(view.owners(&key, &mut out), 0);
        assert_eq!(view.owners_where(&key, |_| true, &mut out), 0);
        assert_eq!(view.owners_over_zones(&key, usize::MAX, |_| true, &mut out), 0);
        assert_eq!(view.owner_numbers_over_zones(&key, 1, |_| true, &mut numbers), 0);
        for rule in [Rule::owner(), Rule::replicas(3), Rule::over_zones(3)] {
            let ruled = view.under(rule);
            assert!(ruled.owner(&key).is_none());
            assert_eq!(ruled.owners(&key, &mut out), 0);
            assert_eq!(ruled.owner_numbers(&key, &mut numbers), 0);
            assert_eq!(numbers, [u32::MAX; 2]);
        }
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
    let ruled = view.under(Rule::over_zones(2));
    ruled.shares(&mut [7; 2], &mut shares).unwrap();
    assert!(shares.iter().all(|&share| share == 0));
    assert_eq!(ruled.balance(&shares), None);
    assert_eq!(ruled.ranges_of(0, &mut [7; 2]).unwrap().count(), 0);
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
    // They have numbers, though no lookup answers with them.
    assert_eq!((ring.view().number_of(b"a"), ring.view().number_of(b"b")), (Some(0), Some(1)));
    assert_eq!(ring.set_weight(b"b", 2), Ok(0));
    assert_eq!(ring.view().owner(&7).unwrap().name, "b");
    assert_eq!(ring.view().owner_number(&7), Some(1));
    assert_eq!(ring.view().member(0).unwrap().weight(), 0);
    assert_eq!(ring.view().share(b"b"), Some(1.0));
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
