//! Numbers of points that are set: what they change, what they outlive, and how they are written down. That
//! points are then as many and where they must be: the model tests. And batches that give their nodes away.

mod common;

use annulus::publish::Published;
use annulus::{
    BalanceFactor, BasicRing, Change, EditError, NamedNode, Native, Node, Ring, RingReader,
    RingWriter, Storage,
};
use common::lent;

type Named = NamedNode<'static>;
type Small = Ring<Named, 8, 600>;

const KEYS: u32 = 2_000;

fn ring<const NODES: usize>(names: [&'static str; NODES]) -> Small {
    let mut ring = Ring::with_vnodes(40);
    ring.insert_all(names.map(NamedNode::new)).unwrap();
    ring
}

fn owner(ring: &Small, key: u32) -> &'static str {
    ring.view().owner(&key.to_le_bytes()).unwrap().name
}

#[test]
fn a_node_takes_more_of_the_keys_with_every_step_and_only_it_does() {
    let mut ring = ring(["a", "b", "c"]);
    ring.apply(&[Change::Insert(NamedNode::new("d")), Change::SetPoints(b"d", 1)]).unwrap();
    let mut owners: Vec<_> = (0..KEYS).map(|key| owner(&ring, key)).collect();
    let mut owned = owners.iter().filter(|name| **name == "d").count();
    for points in (5..=40).step_by(5) {
        let before = ring.set_points("d", points).unwrap();
        assert!(before < points);
        assert_eq!(ring.view().point_count(), 120 + points as usize);
        for (key, before) in (0..KEYS).zip(&mut owners) {
            let now = owner(&ring, key);
            assert!(now == *before || now == "d", "{key} went from {before} to {now}");
            *before = now;
        }
        let now = owners.iter().filter(|name| **name == "d").count();
        assert!(now > owned, "{now} keys after {owned}");
        owned = now;
    }
    // Whole, it is a node like any other.
    let whole = self::ring(["a", "b", "c", "d"]);
    assert!(ring.same_membership(&whole));
    assert_eq!(ring.view().fingerprint(), whole.view().fingerprint());
}

#[test]
fn the_weight_stays_and_takes_the_number_back() {
    let mut ring = ring(["a", "b"]);
    let points = |ring: &Small, name| {
        let member = ring.view().get(name).unwrap();
        (member.weight(), member.point_count())
    };
    let whole = ring.view().fingerprint();
    assert_eq!(ring.set_points("b", 7), Ok(40));
    assert_eq!(points(&ring, "b"), (1, 7));
    let part = ring.view().fingerprint();
    assert_ne!(part, whole);
    assert!(!ring.same_membership(&self::ring(["a", "b"])));
    // Another node in its place, and other nodes beside it.
    ring.replace(NamedNode::new("b").with_zone("east").with_weight(9)).unwrap();
    ring.insert(NamedNode::new("aa")).unwrap();
    ring.remove("a").unwrap();
    assert_eq!(points(&ring, "b"), (1, 7));
    assert_eq!(ring.set_weight("b", 1), Ok(1));
    assert_eq!(points(&ring, "b"), (1, 40));
    assert_eq!(ring.set_points("b", 0), Ok(40));
    assert!((0..KEYS).all(|key| owner(&ring, key) == "aa"));
    assert_eq!(ring.set_points("b", 40), Ok(0));
    assert_eq!(ring.set_points("nobody", 3), Err(EditError::UnknownIdentity));
    ring.set_weight("b", 0).unwrap();
    assert_eq!(ring.set_points("b", 3), Err(EditError::Drained));
    assert_eq!(ring.set_points("b", 0), Ok(0));
    ring.set_weight("b", 1).unwrap();
    let refused = EditError::TooManyPoints { needed: 601, capacity: 600 };
    assert_eq!(ring.set_points("b", 561), Err(refused));
    assert_eq!(ring.set_points("b", 560), Ok(40));
}

/// Discovery says the same list again and again, while a node comes in by steps.
fn lists_come_in<S: Storage<Node = Named, Placement = Native>>(mut ring: BasicRing<S>) {
    let node = NamedNode::new;
    let points = |ring: &BasicRing<S>, name| ring.view().get(name).map(|m| m.point_count());
    ring.reconcile(&mut ["a", "c", "d"].map(node)).unwrap();
    ring.set_points("c", 5).unwrap();
    ring.set_points("d", 6).unwrap();
    assert!(ring.reconcile(&mut ["a", "c", "d"].map(node)).unwrap().is_nothing());
    // Others join and leave at both ends, and one has another zone now.
    let mut list = [node("b"), node("c"), node("d").with_zone("east"), node("e")];
    let changed = ring.reconcile(&mut list).unwrap();
    assert_eq!((changed.joined, changed.left, changed.reweighted), (2, 1, 0));
    assert_eq!(["b", "c", "d", "e"].map(|name| points(&ring, name)), [40, 5, 6, 40].map(Some));
    // Another weight takes the number back; so does leaving.
    let changed = ring.reconcile(&mut [node("c").with_weight(2), node("e")]).unwrap();
    assert_eq!((changed.left, changed.reweighted), (2, 1));
    ring.reconcile(&mut [node("c").with_weight(2), node("d")]).unwrap();
    assert_eq!(["c", "d"].map(|name| points(&ring, name)), [80, 40].map(Some));
}

#[test]
fn a_number_outlives_lists_that_leave_the_weight() {
    lists_come_in(Small::with_vnodes(40));
    lists_come_in(lent::ring::<Named, Native, _>((6, 300), 20, 40, annulus::Xxh3));
    #[cfg(feature = "alloc")]
    lists_come_in(annulus::HeapRing::with_vnodes(40));
}

#[test]
fn a_number_is_published() {
    let published: Published<Small, 1, 3> = Published::new([const { Ring::with_vnodes(40) }; 3]);
    let mut writer = RingWriter::new(published.writer().unwrap());
    let mut reader = RingReader::new(published.reader().unwrap());
    writer.insert_all(["a", "b"].map(NamedNode::new)).unwrap();
    assert_eq!(writer.set_points("b", 3), Ok(40));
    assert_eq!(reader.pin().view().point_count(), 43);
    // Neither an edit of another node nor a list takes it back.
    writer.insert(NamedNode::new("c")).unwrap();
    writer.reconcile(&mut ["a", "b"].map(NamedNode::new)).unwrap();
    assert_eq!(writer.set_points("b", 40), Ok(3));
    let (whole, pinned) = (ring(["a", "b"]), reader.pin());
    assert_eq!(pinned.fingerprint(), whole.view().fingerprint());
    assert_eq!(pinned.routing_fingerprint(), whole.view().routing_fingerprint());
    assert_ne!(pinned.routing_fingerprint(), pinned.fingerprint());
}

/// Caps are for the ring that they were made from, as long as the same members have points.
#[test]
fn caps_are_made_anew_where_a_node_loses_its_points() {
    let mut ring = ring(["a", "b", "c"]);
    let factor = BalanceFactor::percent(125).unwrap();
    let caps = ring.view().caps(factor);
    ring.set_points("c", 1).unwrap();
    assert_eq!(ring.view().caps(factor), caps);
    ring.set_points("c", 0).unwrap();
    let loads = |number: u32| [3, 3, 0][number as usize];
    assert_eq!(ring.view().owner_number_bounded("key", &caps, 6, loads), None);
    let caps = ring.view().caps(factor);
    assert_eq!(caps.of(1, 6), 5);
    assert!(ring.view().owner_number_bounded("key", &caps, 6, loads).is_some());
}

/// A node that cannot be cloned.
#[derive(Debug, PartialEq)]
struct Socket {
    name: &'static str,
    number: i32,
}

impl Node for Socket {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

fn socket(name: &'static str, number: i32) -> Socket {
    Socket { name, number }
}

/// A batch of every kind of change, in a ring that has room to sort it or not.
fn gives_away<S: Storage<Node = Socket>>(mut ring: BasicRing<S>) {
    ring.insert_all([socket("a", 1), socket("b", 2), socket("c", 3)]).unwrap();
    let numbers = |ring: &BasicRing<S>| -> Vec<(&str, i32)> {
        ring.view().members().iter().map(|m| (m.node().name, m.node().number)).collect()
    };
    let refused = [Change::Insert(socket("d", 4)), Change::Replace(socket("nobody", 5))];
    let refused = ring.apply_owned(refused).unwrap_err();
    assert_eq!((refused.error.at, refused.error.error), (Some(1), EditError::UnknownIdentity));
    let given_back = [Change::Insert(socket("d", 4)), Change::Replace(socket("nobody", 5))];
    assert_eq!(refused.changes, given_back);
    assert_eq!(numbers(&ring), [("a", 1), ("b", 2), ("c", 3)]);
    let mut changes = [
        Change::Insert(socket("d", 4)),
        Change::Remove(b"a"),
        Change::Replace(socket("b", 20)),
        Change::Replace(socket("b", 21)),
        Change::Remove(b"c"),
        Change::Insert(socket("c", 30)),
        Change::Remove(b"c"),
        Change::Insert(socket("c", 31)),
        Change::SetPoints(b"d", 2),
        Change::Insert(socket("0", 5)),
    ];
    ring.apply_owned(&mut changes).unwrap();
    assert_eq!(numbers(&ring), [("0", 5), ("b", 21), ("c", 31), ("d", 4)]);
    // What is no member is not dropped.
    assert_eq!(changes[2], Change::Replace(socket("b", 20)));
    assert_eq!(changes[5], Change::Insert(socket("c", 30)));
    assert!([0, 3, 7, 9].iter().all(|&at| matches!(changes[at], Change::Remove(_))));
    ring.apply_owned([Change::Replace(socket("d", 40))]).unwrap();
    assert_eq!(numbers(&ring), [("0", 5), ("b", 21), ("c", 31), ("d", 40)]);
    assert_eq!(ring.view().get("d").unwrap().point_count(), 2);
}

#[test]
fn a_batch_gives_its_nodes_away() {
    gives_away(Ring::<Socket, 4, 400>::with_vnodes(40));
    // No room to sort ten changes.
    gives_away(Ring::<Socket, 4, 160>::with_vnodes(40));
    #[cfg(feature = "alloc")]
    {
        gives_away(annulus::HeapRing::<Socket>::with_vnodes(40));
        // A vector is used up as well.
        let mut ring = annulus::HeapRing::<Socket>::with_vnodes(40);
        ring.apply_owned(vec![Change::Insert(socket("a", 1)), Change::Insert(socket("b", 2))])
            .unwrap();
        assert_eq!(ring.view().len(), 2);
    }
}

#[cfg(feature = "serde")]
mod written {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(transparent)]
    struct Name(String);

    impl Node for Name {
        fn identity(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }

    type Names = Ring<Name, 4, 80>;

    fn ring() -> Names {
        let mut ring = Names::with_vnodes(10);
        ring.insert_all(["b", "a", "c"].map(|name| Name(name.into()))).unwrap();
        ring.set_weight("b", 2).unwrap();
        ring
    }

    #[test]
    fn in_texts_the_number_has_a_field() {
        let mut ring = ring();
        let whole = r#"{"form":2,"placement":"annulus-32","vnodes":10,"fingerprint":"7cdeab7f72b35573","nodes":[{"weight":1,"node":"a"},{"weight":2,"node":"b"},{"weight":1,"node":"c"}]}"#;
        assert_eq!(serde_json::to_string(&ring).unwrap(), whole);
        ring.set_points("b", 13).unwrap();
        ring.set_points("c", 0).unwrap();
        let text = serde_json::to_string(&ring).unwrap();
        let part = r#"{"form":2,"placement":"annulus-32","vnodes":10,"fingerprint":"caef6b5ae22f6d41","nodes":[{"weight":1,"node":"a"},{"weight":2,"node":"b","points":13},{"weight":1,"node":"c","points":0}]}"#;
        assert_eq!(text, part);
        let back: Names = serde_json::from_str(&text).unwrap();
        assert!(back.same_membership(&ring));
        assert_eq!(back.view().fingerprint(), ring.view().fingerprint());
        // A number that follows from the weight says nothing.
        let same = whole.replacen(r#""node":"b""#, r#""node":"b","points":20"#, 1);
        let back: Names = serde_json::from_str(&same).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), whole);
        // Nodes may come before the vnodes, and in sequences.
        let turned = r#"{"nodes":[{"points":3,"node":"a","weight":1}],"vnodes":10}"#;
        let back: Names = serde_json::from_str(turned).unwrap();
        assert_eq!(back.view().point_count(), 3);
        let back: Names = serde_json::from_str(r#"[10,[[1,"a",3],[2,"b"]]]"#).unwrap();
        assert_eq!(back.view().point_count(), 23);
    }

    #[test]
    fn what_is_wrong_with_a_number_is_said() {
        for (entry, said) in [
            (r#"{"weight":1,"node":"a","points":81}"#, "81 points exceed the capacity of 80"),
            (r#"{"weight":0,"node":"a","points":1}"#, "a node of weight 0 has no points"),
            (r#"{"weight":1,"node":"a","points":-1}"#, "expected u32"),
            (r#"{"weight":1,"node":"a","points":4294967296}"#, "expected u32"),
            (r#"{"weight":1,"node":"a","points":1,"points":1}"#, "duplicate field `points`"),
            (r#"{"weight":1,"node":"a"},{"weight":1,"node":"a"}"#, "the identity is taken"),
            (r#"{"weight":1,"node":"a","ponts":3}"#, "unknown field `ponts`"),
            // The first that is wrong is named.
            (
                r#"{"weight":0,"node":"b","points":1},{"weight":0,"node":"a","points":1}"#,
                "change 0: a node of weight 0 has no points",
            ),
        ] {
            let text = format!(r#"{{"vnodes":10,"nodes":[{entry}]}}"#);
            let error = serde_json::from_str::<Names>(&text).map(drop).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        // A weight of more points than there is room for, of which the number says few.
        let text = r#"{"vnodes":10,"nodes":[{"weight":4000000000,"node":"a","points":5}]}"#;
        assert_eq!(serde_json::from_str::<Names>(text).unwrap().view().point_count(), 5);
    }

    #[test]
    fn in_other_formats_the_node_comes_twice() {
        let mut ring = ring();
        let whole = postcard::to_stdvec(&ring).unwrap();
        let former = b"\x0a\x03\x01\x01a\x02\x01b\x01\x01c";
        // The form, the placement, the vnodes and the fingerprint come before the nodes.
        let head = b"\x82\xfe\xff\xff\x0f\x0aannulus-32\x0a\xf3\xaa\xcd\x95\xf7\xef\xaa\xef\x7c";
        assert_eq!(whole, [head, &former[1..]].concat());
        ring.set_points("b", 13).unwrap();
        ring.set_points("c", 0).unwrap();
        let part = postcard::to_stdvec(&ring).unwrap();
        // In the place of the second weights: 2^32 - 1 - 13 and 2^32 - 1, seven bits a byte.
        let twice = b"\x0a\x05\x01\x01a\x02\x01b\xf2\xff\xff\xff\x0f\x01b\x01\x01c\xff\xff\xff\xff\x0f\x01c";
        let head =
            b"\x82\xfe\xff\xff\x0f\x0aannulus-32\x0a\xc1\xda\xbd\x91\xae\xeb\xda\xf7\xca\x01";
        assert_eq!(part, [head, &twice[1..]].concat());
        for bytes in [&part[..], twice] {
            let back: Names = postcard::from_bytes(bytes).unwrap();
            assert!(back.same_membership(&ring));
        }
        assert!(postcard::from_bytes::<Names>(&whole).unwrap().same_membership(&self::ring()));
        assert!(postcard::from_bytes::<Names>(former).unwrap().same_membership(&self::ring()));
        // A node that comes twice by mistake; with its number once more, or not right after it; with a number
        // though its weight is 0; with more points than there is room for: 81.
        let wrong = [
            &b"\x0a\x02\x01\x01a\x01\x01a"[..],
            b"\x0a\x03\x01\x01a\xfd\xff\xff\xff\x0f\x01a\xfd\xff\xff\xff\x0f\x01a",
            b"\x0a\x03\x01\x01a\x01\x01b\xfd\xff\xff\xff\x0f\x01a",
            b"\x0a\x02\x00\x01a\xfd\xff\xff\xff\x0f\x01a",
            b"\x0a\x02\x01\x01a\xae\xff\xff\xff\x0f\x01a",
        ];
        for wrong in wrong {
            let mut ring = Names::with_vnodes(7);
            let mut bytes = postcard::Deserializer::from_bytes(wrong);
            assert!(ring.restore(&mut bytes).is_err(), "{wrong:?}");
            assert!(ring.view().is_empty());
        }
        // One point less fits.
        let most = b"\x0a\x02\x01\x01a\xaf\xff\xff\xff\x0f\x01a";
        assert_eq!(postcard::from_bytes::<Names>(most).unwrap().view().point_count(), 80);
    }
}
