//! Whole lists: a ring becomes the membership that a list says, by few steps or anew. And nodes that take the
//! place of others.

mod common;

use annulus::publish::{Published, UpdateError};
use annulus::{
    BasicRing, EditError, MAX_IDENTITY_LEN, NamedNode, Native, ReconcileError, Ring, RingReader,
    RingRef, RingWriter, Storage,
};
use common::membership::TOO_LONG;
use common::{Random, lent};

type Node = NamedNode<'static>;

const NAMES: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ZONES: [&str; 4] = ["", "east", "west", "north"];

fn any_node(i: usize, random: &mut Random) -> Node {
    NamedNode::new(&NAMES[i..=i])
        .with_weight(1 + random.below(3) as u32)
        .with_zone(ZONES[random.below(ZONES.len())])
}

/// A list like this one, but for a few nodes that join, leave, or have another weight or zone.
fn changed(list: &[Node], random: &mut Random) -> Vec<Node> {
    let mut next = list.to_vec();
    for _ in 0..1 + random.below(4) {
        let node = any_node(random.below(NAMES.len()), random);
        let at = next.iter().position(|other| other.name == node.name);
        match (at, random.below(3)) {
            (Some(at), 0) => drop(next.swap_remove(at)),
            (Some(at), 1) => next[at] = node,
            (Some(at), _) => next[at].zone = node.zone,
            (None, _) => next.push(node),
        }
    }
    random.shuffle(&mut next);
    next
}

/// Checks that two rings answer alike, whatever is asked.
fn assert_same(ring: RingRef<'_, Node>, wanted: RingRef<'_, Node>) {
    assert_eq!(ring.fingerprint(), wanted.fingerprint());
    assert!(ring.members().iter().map(|m| m.node()).eq(wanted.members().iter().map(|m| m.node())));
    let points = |point: annulus::Point<'_, Node, Native>| (point.position, point.member);
    assert!(ring.points().map(points).eq(wanted.points().map(points)));
    for key in 0..200_u32 {
        let key = key.to_le_bytes();
        assert_eq!(ring.owner(&key), wanted.owner(&key));
        let (mut owners, mut expected) = ([None; 5], [None; 5]);
        ring.owners_over_zones(&key, usize::MAX, |_| true, &mut owners);
        wanted.owners_over_zones(&key, usize::MAX, |_| true, &mut expected);
        assert_eq!(owners, expected);
    }
}

/// Follows lists that differ little from one to the next, in a ring that `empty` makes.
fn follow<S>(empty: impl Fn() -> BasicRing<S>)
where
    S: Storage<Node = Node, Placement = Native>,
{
    let mut random = Random(1);
    let mut list: Vec<Node> = (0..50).map(|i| any_node(i, &mut random)).collect();
    let (mut ring, mut other) = (empty(), empty());
    ring.reconcile(&mut list.clone()).unwrap();
    for _ in 0..60 {
        let next = changed(&list, &mut random);
        let mut fresh = empty();
        fresh.insert_all(next.iter().copied()).unwrap();
        let same = list.iter().all(|node| next.contains(node)) && list.len() == next.len();
        let mut given = next.clone();
        assert_eq!(ring.reconcile(&mut given).unwrap().is_nothing(), same);
        assert_same(ring.view(), fresh.view());
        assert!(ring.reconcile(&mut given).unwrap().is_nothing());
        // A ring that was something else entirely, or a few lists ago.
        match random.below(4) {
            0 => other.clear(),
            1 => {
                let any = (0..60).filter(|i| i % 3 != 1).map(|i| any_node(i, &mut random));
                other.reconcile(&mut any.collect::<Vec<_>>()).unwrap();
            }
            _ => {}
        }
        if random.below(3) > 0 {
            other.reconcile(&mut next.clone()).unwrap();
            assert_same(other.view(), fresh.view());
        }
        list = next;
    }
}

#[test]
fn few_changes_inline() {
    follow(|| Ring::<Node, 62, 3_000>::with_vnodes(10));
}

/// With room to sort the steps, and without.
#[test]
fn few_changes_in_lent_memory() {
    for words in [6_000, 0] {
        follow(|| lent::ring::<Node, Native, _>((62, 3_000), words, 10, annulus::Xxh3));
    }
}

#[cfg(feature = "alloc")]
#[test]
fn few_changes_on_the_heap() {
    follow(|| annulus::HeapRing::<Node>::with_vnodes(10));
}

/// What was published is what a build gives, by one publication for each list that differs and none else.
#[test]
fn a_writer_publishes_once_or_not_at_all() {
    type Published3 = Published<Ring<Node, 62, 3_000>, 1, 3>;
    let mut published: Box<Published3> =
        Box::new(Published::new([const { Ring::with_vnodes(10) }; 3]));
    let (writer, _) = published.split();
    let mut writer = RingWriter::new(writer);
    let mut random = Random(2);
    let mut list: Vec<Node> = (0..50).map(|i| any_node(i, &mut random)).collect();
    writer.reconcile(&mut list).unwrap();
    for _ in 0..40 {
        let mut next = changed(&list, &mut random);
        let mut fresh = Ring::<Node, 62, 3_000>::with_vnodes(10);
        fresh.insert_all(next.iter().copied()).unwrap();
        let version = writer.version();
        let changed = writer.reconcile(&mut next).unwrap();
        assert_eq!(writer.version(), version + u64::from(!changed.is_nothing()));
        assert_same(writer.view(), fresh.view());
        assert!(writer.reconcile(&mut next).unwrap().is_nothing());
        list = next;
    }
}

#[test]
fn a_weight_that_was_set_gives_way() {
    let mut ring = Ring::<Node, 3, 60>::with_vnodes(10);
    let mut list = ["a", "b"].map(NamedNode::new);
    ring.reconcile(&mut list).unwrap();
    ring.set_weight(b"a", 3).unwrap();
    let changed = ring.reconcile(&mut list).unwrap();
    assert_eq!((changed.reweighted, changed.replaced, changed.joined, changed.left), (1, 0, 0, 0));
    assert_eq!(ring.view().get(b"a").unwrap().weight(), 1);
}

#[test]
fn a_list_that_cannot_be_is_refused_whole() {
    let mut ring = Ring::<Node, 3, 60>::with_vnodes(10);
    ring.reconcile(&mut ["b", "a"].map(NamedNode::new)).unwrap();
    let before = ring.view().fingerprint();
    let node = NamedNode::new;

    // Both indices are those of the list as it is then.
    let mut list = [node("c"), node("b"), node("a"), node("b").with_zone("east")];
    let error = ring.reconcile(&mut list).unwrap_err();
    assert_eq!(error, ReconcileError::Conflict { first: 1, second: 2 });
    assert_eq!((list[1].name, list[2].name), ("b", "b"));
    assert_eq!(error.to_string(), "nodes 1 and 2 have one identity, but are not equal");

    let error = ring.reconcile(&mut [node(TOO_LONG), node("a")]).unwrap_err();
    let too_long = EditError::IdentityTooLong { len: MAX_IDENTITY_LEN + 1 };
    assert_eq!(error, ReconcileError::Node { at: 1, error: too_long });
    assert!(error.to_string().starts_with("node 1: "));

    // Repeats count once, also towards the capacity.
    let error = ring.reconcile(&mut ["a", "b", "c", "d", "d"].map(node)).unwrap_err();
    let too_many = EditError::TooManyNodes { needed: 4, capacity: 3 };
    assert_eq!(error, ReconcileError::List(too_many));
    let error = ring.reconcile(&mut [node("a").with_weight(7)]).unwrap_err();
    let too_many = EditError::TooManyPoints { needed: 70, capacity: 60 };
    assert_eq!(error, ReconcileError::List(too_many));
    assert_eq!(ring.view().fingerprint(), before);

    assert_eq!(ring.reconcile(&mut ["a", "c", "b", "c", "c"].map(node)).unwrap().joined, 1);
    assert_eq!(ring.reconcile(&mut []).unwrap().left, 3);
}

/// While no buffer is free, a list that says what is there already is no update.
#[test]
fn no_buffer_is_needed_where_nothing_differs() {
    let mut published: Published<Ring<Node, 3, 60>, 1, 2> =
        Published::new([const { Ring::with_vnodes(10) }; 2]);
    let (writer, [reader]) = published.split();
    let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    let mut list = ["a", "b"].map(NamedNode::new);
    let conflict = writer.reconcile(&mut [list[0], list[0].with_zone("east")]);
    let expected = ReconcileError::Conflict { first: 0, second: 1 };
    assert_eq!(conflict, Err(UpdateError::Build(expected)));
    let guard = reader.pin();
    writer.reconcile(&mut list).unwrap();
    let refused = writer.reconcile(&mut list[..1]);
    assert!(matches!(refused, Err(UpdateError::Busy)), "{refused:?}");
    assert!(writer.reconcile(&mut list).unwrap().is_nothing());
    drop(guard);
    assert_eq!(writer.reconcile(&mut list[..1]).unwrap().left, 1);
}

/// In place, through a writer and in a batch: nothing changes but the node and its zone.
#[test]
fn another_node_has_the_place_and_the_weight() {
    let mut random = Random(3);
    let nodes: Vec<Node> = (0..40).map(|i| any_node(i, &mut random)).collect();
    let mut ring = Ring::<Node, 62, 3_000>::with_vnodes(10);
    ring.insert_all(nodes.iter().copied()).unwrap();
    ring.set_weight(nodes[7].name.as_bytes(), 5).unwrap();
    let published: Published<Ring<Node, 62, 3_000>, 1, 3> =
        Published::new([const { Ring::with_vnodes(10) }; 3]);
    let mut writer = RingWriter::new(published.writer().unwrap());
    writer.insert_all(nodes.iter().copied()).unwrap();
    writer.set_weight(nodes[7].name.as_bytes(), 5).unwrap();
    for at in [0, 7, 39] {
        let (name, zone) = (nodes[at].name, ["south", "east", ""][at % 4 % 3]);
        let other = NamedNode { name, weight: 9, zone };
        let before = ring.clone();
        assert_eq!(ring.replace(other).unwrap(), nodes[at]);
        assert_eq!(writer.replace(other).unwrap(), nodes[at]);
        let (view, old) = (ring.view(), before.view());
        let points = |point: annulus::Point<'_, Node, Native>| (point.position, point.member);
        assert!(view.points().map(points).eq(old.points().map(points)));
        let weights = |member: &annulus::Member<Node>| member.weight();
        assert!(view.members().iter().map(weights).eq(old.members().iter().map(weights)));
        assert_eq!(view.get(name.as_bytes()).unwrap().node(), &other);
        // A build of the outcome, in which each node states the weight in force.
        let stated = |member: &annulus::Member<Node>| member.node().with_weight(member.weight());
        let mut fresh = Ring::<Node, 62, 3_000>::with_vnodes(10);
        fresh.insert_all(view.members().iter().map(stated)).unwrap();
        for key in 0..200_u32 {
            let (mut owners, mut expected) = ([u32::MAX; 5], [u32::MAX; 5]);
            let key = key.to_le_bytes();
            view.owner_numbers_over_zones(&key, usize::MAX, |_| true, &mut owners);
            fresh.view().owner_numbers_over_zones(&key, usize::MAX, |_| true, &mut expected);
            assert_eq!(owners, expected);
        }
        assert_eq!(view.fingerprint(), fresh.view().fingerprint());
        // Each states another weight than the one in force, so that nodes are not compared.
        assert!(writer.view().points().map(points).eq(view.points().map(points)));
        assert_eq!(writer.view().fingerprint(), fresh.view().fingerprint());
        let mut batched = before.clone();
        batched.apply(&[annulus::Change::Replace(other)]).unwrap();
        assert_same(batched.view(), ring.view());
    }
}
