//! Batches that move a part of the points only, so that they are merged in and nothing is built anew:
//! every mix of changes, in place and from another ring.

mod common;

use annulus::{BasicRing, Change, Native, Placement, Ring, Storage};
use common::check::check_arrays;
use common::membership::{Model, NAMES, Node};
use common::placements::{Aimed, Coarse};

const VNODES: u32 = 5;

/// Nodes that come and go at both ends and in the middle, and weights that fall, rise and stay.
fn changes() -> [Change<'static, Node>; 8] {
    [
        Change::Insert(Node::new("")),
        Change::Insert(Node::new("ab").with_zone("east")),
        Change::Remove(b"10.0.0.1:6379"),
        Change::Remove("\u{fc}ml\u{e4}ut".as_bytes()),
        Change::SetWeight(b"a", 3),
        Change::SetWeight(b"b", 0),
        Change::SetWeight(b"aa", 5),
        Change::SetWeight(b"cache0001.dc1.example.com:6379", 4),
    ]
}

/// Makes every subset of the changes to a ring of ten nodes.
fn subsets<S, P>(empty: impl Fn() -> BasicRing<S, Aimed>)
where
    S: Storage<Node = Node, Placement = P>,
    P: Placement,
{
    let nodes = NAMES.iter().filter(|name| !["", "ab", NAMES[12]].contains(name));
    let nodes: Vec<Node> = nodes.map(|name| Node::new(name).with_weight(4)).collect();
    let model = Model::new(VNODES, (16, 512)).insert_all(&nodes).unwrap();
    let mut old = empty();
    old.insert_all(nodes).unwrap();
    let (mut ring, mut merged) = (empty(), empty());
    for subset in 0..1u32 << changes().len() {
        let numbered = changes().into_iter().enumerate();
        let batch: Vec<_> =
            numbered.filter(|(i, _)| subset >> i & 1 == 1).map(|(_, change)| change).collect();
        let expected = model.apply(&batch).unwrap().naive::<P>();
        ring.merge_from(old.view(), &[]).unwrap();
        ring.apply(&batch).unwrap();
        check_arrays(ring.view(), &expected);
        merged.merge_from(old.view(), &batch).unwrap();
        check_arrays(merged.view(), &expected);
    }
}

fn inline<P: Placement>() -> Ring<Node, 16, 512, P, Aimed> {
    Ring::with_hash(VNODES, Aimed)
}

#[test]
fn every_mix_of_changes() {
    subsets(inline::<Native>);
}

#[test]
fn every_mix_of_changes_where_points_collide() {
    subsets(inline::<Coarse<5>>);
}

#[cfg(feature = "alloc")]
#[test]
fn every_mix_of_changes_on_the_heap() {
    subsets(|| annulus::HeapRing::<Node, Native, Aimed>::with_hash(VNODES, Aimed));
}

/// With one member every point is of a node that changes.
#[test]
fn a_little_less_weight_for_the_only_node() {
    let node = Node::new("a").with_weight(20);
    let model = Model::new(VNODES, (16, 512)).insert_all(&[node]).unwrap();
    let mut ring = inline::<Native>();
    ring.insert(node).unwrap();
    let batch = [Change::SetWeight(b"a", 19)];
    ring.apply(&batch).unwrap();
    check_arrays(ring.view(), &model.apply(&batch).unwrap().naive::<Native>());
}
