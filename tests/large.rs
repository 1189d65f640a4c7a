//! Rings so large, or so uneven, that where a bucket starts does not fit the words of the index: every
//! lookup is right nonetheless.

mod common;

use annulus::{Change, NamedNode, Placement, Ring, RingRef};
use common::placements::{Aimed, Crowded};

type Node = NamedNode<'static>;

const fn node(name: &'static str, weight: u32) -> Node {
    NamedNode::new(name).with_weight(weight)
}

/// At and just after each point the owner is that of the first point from there on.
fn check<P: Placement<Position = u32>>(view: RingRef<'_, Node, P, Aimed>) {
    let mut wanted: Vec<(u32, &str)> = Vec::new();
    for member in view.members() {
        let (name, seed) = (member.node().name, P::seed(member.node().name.as_bytes()));
        wanted.extend((0..member.weight() * view.vnodes()).map(|r| (P::point(seed, r), name)));
    }
    wanted.sort_unstable();
    assert!(view.points().map(|point| (point.position, point.node.name)).eq(wanted.clone()));
    for at in 0..wanted.len() {
        let (position, _) = wanted[at];
        let first = wanted[..at].partition_point(|point| point.0 < position);
        assert_eq!(view.owner_at(position).unwrap().name, wanted[first].1);
        let next = wanted.get(at + 1).unwrap_or(&wanted[0]);
        if next.0 != position {
            assert_eq!(view.owner_at(position.wrapping_add(1)).unwrap().name, next.1);
        }
    }
}

/// Points on one half of the circle: in its middle all of them are before a bucket that half of them
/// would be before, were they even.
#[test]
#[cfg_attr(miri, ignore = "too many points")]
fn half_of_the_circle() {
    let ring = || Box::new(Ring::<Node, 4, 70_000, Crowded<31>, Aimed>::with_hash(1, Aimed));
    let mut beyond = ring();
    beyond.insert_all([node("a", 40_000), node("c", 30_000)]).unwrap();
    check(beyond.view());
    // A start that fits its word, and does not after an edit.
    let mut edge = ring();
    edge.insert_all([node("a", 40_000), node("c", 25_000)]).unwrap();
    check(edge.view());
    let mut merged = ring();
    merged.merge_from(edge.view(), &[Change::Insert(node("b", 1_000))]).unwrap();
    check(merged.view());
    edge.insert(node("b", 1_000)).unwrap();
    check(edge.view());
    merged.merge_from(edge.view(), &[Change::Remove(b"b")]).unwrap();
    check(merged.view());
    edge.remove(b"b").unwrap();
    check(edge.view());
}

#[cfg(feature = "alloc")]
mod on_the_heap {
    use super::*;
    use annulus::{HeapRing, Native};

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

    /// A ring on the heap has an index of its own size, and no more.
    #[test]
    #[cfg_attr(miri, ignore = "too many points")]
    fn a_point_on_the_heap_takes_seven_to_eight_bytes() {
        for points in [100, 1_500, 15_000, 100_000] {
            let mut ring = HeapRing::<Node, Native, Aimed>::with_hash(1, Aimed);
            ring.insert(node("a", points)).unwrap();
            let bytes = ring.view().lookup_bytes();
            let points = points as usize;
            assert!((7 * points..=8 * points).contains(&bytes), "{bytes} for {points} points");
        }
    }
}
