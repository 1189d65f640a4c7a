//! Merges into rings with less room than the ring that they begin from.
#![cfg(feature = "alloc")]

mod common;

use annulus::{
    BasicRing, BatchError, Change, EditError, HeapRing, NamedNode, Node as _, Ring, Storage,
};
use common::membership::Node;
use common::oracle::Naive;
use common::placements::Aimed;
use common::subjects::ByShare;

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
        let mut sizes = Vec::new();
        for change in *batch {
            expected.apply(&[*change]).unwrap();
            sizes.push(expected.view().point_count());
        }
        let naive = Naive::of(expected.view());
        let mut ring = Ring::<_, 7, POINTS>::with_vnodes(1);
        ring.insert(node("old")).unwrap();
        let result = ring.merge_from(old.view(), batch);
        if naive.points.len() > POINTS {
            let BatchError { at, error } = result.unwrap_err();
            // A change is to blame only where there was room before it.
            if old.view().point_count() <= POINTS {
                let first = sizes.iter().rposition(|size| *size <= POINTS).map_or(0, |at| at + 1);
                let needed = sizes[first] as u64;
                let expected = EditError::TooManyPoints { needed, capacity: POINTS };
                assert_eq!((at, error), (Some(first), expected), "{batch:?}");
            }
            assert!(
                matches!(error, EditError::TooManyPoints { capacity, .. } if capacity == POINTS)
            );
            assert_eq!((ring.view().len(), ring.view().point_count()), (1, 1));
            continue;
        }
        assert_eq!(result, Ok(()), "{batch:?}");
        let view = ring.view();
        assert_eq!(view.fingerprint(), naive.fingerprint(), "{batch:?}");
        let points = view.points().map(|point| (u64::from(point.position), point.node.identity()));
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

/// A ring of more nodes than there is room for, of which some leave.
#[test]
fn a_ring_merges_from_one_of_more_nodes() {
    let names: Vec<String> = (0..22).map(|i| format!("node-{i}")).collect();
    let mut old = HeapRing::<&str>::with_vnodes(3);
    old.insert_all(names.iter().map(String::as_str)).unwrap();
    let leaving = |names: &[&'static str]| -> Vec<Change<'static, &'static str>> {
        names.iter().map(|name| Change::Remove(name.as_bytes())).collect()
    };
    let two = leaving(&["node-0", "node-21"]);
    let mut expected = old.clone();
    expected.apply(&two).unwrap();
    let mut ring = Ring::<&str, 20, 147>::with_vnodes(9);
    ring.merge_from(old.view(), &two).unwrap();
    assert!(ring.same_membership(&expected));
    let points = ring.view().points().map(|point| (point.position, *point.node));
    assert!(points.eq(expected.view().points().map(|point| (point.position, *point.node))));
    let one = leaving(&["node-7"]);
    let error = EditError::TooManyNodes { needed: 21, capacity: 20 };
    let refused = ring.merge_from(old.view(), &one).unwrap_err();
    assert_eq!(refused, BatchError { at: Some(0), error });
    assert!(ring.same_membership(&expected));
}

/// Room is needed for the members of the outcome alone.
#[test]
fn a_ring_of_fewer_nodes_merges_what_is_left() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut old = HeapRing::<NamedNode<'_>>::with_vnodes(20);
    old.insert_all(names.map(NamedNode::new)).unwrap();
    let too_many = EditError::TooManyNodes { needed: 6, capacity: 5 };
    for name in names {
        let mut ring = Ring::<_, 5, 120>::with_vnodes(1);
        let result = ring.merge_from(old.view(), &[]);
        assert_eq!(result, Err(BatchError { at: None, error: too_many }));
        ring.merge_from(old.view(), &[Change::Remove(name.as_bytes())]).unwrap();
        let mut expected = HeapRing::<NamedNode<'_>>::with_vnodes(20);
        expected.insert_all(names.into_iter().filter(|n| *n != name).map(NamedNode::new)).unwrap();
        assert!(ring.same_membership(&expected));
        assert_eq!(ring.view().fingerprint(), expected.view().fingerprint());
    }
}

/// A ring may have more points before an edit than there is room for after it.
#[test]
fn relative_counts_are_judged_by_the_outcome() {
    fn check<S>(mut small: BasicRing<S, Aimed>)
    where
        S: Storage<Node = Node, Placement = ByShare<5>>,
    {
        let mut old = Ring::<Node, 3, 30, ByShare<5>, Aimed>::with_hash(10, Aimed);
        old.insert_all([Node::new("a").with_weight(3), Node::new("b")]).unwrap();
        assert_eq!(old.view().point_count(), 15 + 5);
        let changes = [Change::Remove(b"b"), Change::SetWeight(b"a", 2)];
        for changes in [&changes[..1], &changes] {
            small.merge_from(old.view(), changes).unwrap();
            assert_eq!(small.view().point_count(), 10);
        }
        let join = [Change::Insert(Node::new("c"))];
        let error = EditError::TooManyPoints { needed: 30, capacity: 12 };
        assert_eq!(small.merge_from(old.view(), &join), Err(BatchError { at: None, error }));
        let error = EditError::TooManyPoints { needed: 19, capacity: 12 };
        assert_eq!(small.insert(Node::new("c")).map_err(|rejected| rejected.error), Err(error));
        assert_eq!(small.view().point_count(), 10);
    }
    check(Ring::<Node, 3, 12, ByShare<5>, Aimed>::with_hash(10, Aimed));
    check(HeapRing::<Node, ByShare<5>, Aimed>::with_hash(10, Aimed).with_max_points(12));
}
