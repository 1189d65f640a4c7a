//! Batches that move a part of the points only, so that they are merged in and nothing is built anew:
//! every mix of changes, in place and from another ring.

mod common;

use annulus::{BasicRing, Change, Native, Ring, Storage};
use common::check::check_arrays;
use common::membership::{Model, NAMES, Node};
use common::placements::{Aimed, Coarse};
use common::rules::Subject;

const VNODES: u32 = 5;

/// Nodes that come and go at both ends and in the middle, and weights that fall, rise and stay.
fn changes() -> [Change<'static, Node>; 10] {
    [
        Change::Insert(Node::new("")),
        Change::Insert(Node::new("ab").with_zone("east")),
        Change::Remove(b"10.0.0.1:6379"),
        Change::Remove("\u{fc}ml\u{e4}ut".as_bytes()),
        Change::SetWeight(b"a", 3),
        Change::SetWeight(b"b", 0),
        Change::SetWeight(b"aa", 5),
        Change::SetWeight(b"cache0001.dc1.example.com:6379", 4),
        Change::SetPoints(b"10.0.0.2:6379", 3),
        Change::SetPoints(b"10.0.0.10:6379", 21),
    ]
}

/// Makes each batch that can be made to a ring of ten nodes, in place and from another ring; how many can be.
fn batches<S, P>(
    empty: impl Fn() -> BasicRing<S, Aimed>,
    batches: impl Iterator<Item = Vec<Change<'static, Node>>>,
) -> usize
where
    S: Storage<Node = Node, Placement = P>,
    P: Subject,
{
    let nodes = NAMES.iter().filter(|name| !["", "ab", NAMES[12]].contains(name));
    let nodes: Vec<Node> = nodes.map(|name| Node::new(name).with_weight(4)).collect();
    let model = Model::<P>::new(VNODES, (16, 512)).insert_all(&nodes).unwrap();
    let mut old = empty();
    old.insert_all(nodes).unwrap();
    let (mut ring, mut merged, mut made) = (empty(), empty(), 0);
    for batch in batches {
        let Ok(after) = model.apply(&batch) else { continue };
        let expected = after.naive();
        ring.merge_from(old.view(), &[]).unwrap();
        ring.apply(&batch).unwrap();
        check_arrays(ring.view(), &expected);
        merged.merge_from(old.view(), &batch).unwrap();
        check_arrays(merged.view(), &expected);
        made += 1;
    }
    made
}

/// Makes every subset of the changes.
fn subsets<S, P>(empty: impl Fn() -> BasicRing<S, Aimed>)
where
    S: Storage<Node = Node, Placement = P>,
    P: Subject,
{
    let subsets = 0..1u32 << changes().len();
    let batch = |subset: u32| {
        let numbered = changes().into_iter().enumerate();
        numbered.filter(|(i, _)| subset >> i & 1 == 1).map(|(_, change)| change).collect()
    };
    assert_eq!(batches(empty, subsets.clone().map(batch)), subsets.len());
}

fn inline<P: Subject>() -> Ring<Node, 16, 512, P, Aimed> {
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

/// So many numbers of members leave no word for a step: changes are compared with one another instead.
#[test]
fn every_mix_of_changes_without_room_to_sort_them() {
    subsets(|| Ring::<Node, 100, 230, Native, Aimed>::with_hash(VNODES, Aimed));
}

#[cfg(feature = "alloc")]
#[test]
fn every_mix_of_changes_on_the_heap() {
    subsets(|| annulus::HeapRing::<Node, Native, Aimed>::with_hash(VNODES, Aimed));
}

/// One identity comes, goes and changes its weight, up to four times in a batch: what is last counts, and
/// the node that came last is the one that stays.
#[test]
fn many_changes_of_one_identity() {
    for name in ["ab", "b"] {
        let changes = [
            Change::Insert(Node::new(name).with_weight(2).with_zone("east")),
            Change::Insert(Node::new(name).with_weight(0).with_zone("west")),
            Change::Remove(name.as_bytes()),
            Change::SetWeight(name.as_bytes(), 3),
        ];
        let list = |list: usize| (0..4).map(move |i| changes[list >> (2 * i) & 3]);
        let alone = (0..4usize.pow(3)).map(|i| list(i).take(3).collect());
        assert_eq!(batches(inline::<Native>, alone), 8);
        let with_another = |i| list(i).chain([Change::SetWeight(b"a", 3)]).collect();
        assert_eq!(batches(inline::<Native>, (0..4usize.pow(4)).map(with_another)), 16);
    }
}

/// Few nodes join many by `insert_all`: at both ends and in between, some without points.
fn joins<S: Storage<Node = Node, Placement = Native>>(empty: impl Fn() -> BasicRing<S, Aimed>) {
    let [first, middle, last] = ["", "ab", NAMES[11]].map(Node::new);
    let rest = NAMES[..11].iter().filter(|name| !["", "ab"].contains(name));
    let rest: Vec<Node> = rest.map(|name| Node::new(name).with_weight(5)).collect();
    let model = Model::<Native>::new(VNODES, (16, 512)).insert_all(&rest).unwrap();
    let none = middle.with_weight(0);
    for nodes in
        [&[][..], &[middle], &[none], &[last, first], &[last, middle, first], &[none, last]]
    {
        let mut ring = empty();
        ring.insert_all(rest.iter().copied()).unwrap();
        ring.insert_all(nodes.iter().copied()).unwrap();
        let after = model.insert_all(nodes).unwrap();
        check_arrays(ring.view(), &after.naive());
    }
}

#[test]
fn few_nodes_join_many() {
    joins(inline::<Native>);
    #[cfg(feature = "alloc")]
    joins(|| annulus::HeapRing::<Node, Native, Aimed>::with_hash(VNODES, Aimed));
}

/// With one member every point is of a node that changes.
#[test]
fn a_little_less_weight_for_the_only_node() {
    let node = Node::new("a").with_weight(20);
    let model = Model::<Native>::new(VNODES, (16, 512)).insert_all(&[node]).unwrap();
    let mut ring = inline::<Native>();
    ring.insert(node).unwrap();
    let batch = [Change::SetWeight(b"a", 19)];
    ring.apply(&batch).unwrap();
    check_arrays(ring.view(), &model.apply(&batch).unwrap().naive());
}
