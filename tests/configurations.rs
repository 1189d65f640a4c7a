//! Rings that are made with more than a number of points: a configuration enters seeds, points, counts, the
//! fingerprint and the serialized form, and goes along where a ring is merged, published or read back. And
//! members in the order of a list, in which each node has a place of its own.

use std::ops::Range;

use annulus::{
    BasicRing, Change, Config, Counts, KeyHash, NamedNode, Node, Placement, PointsOf, Ring,
    RingRef, Storage, Xxh3,
};

/// How many points each unit of weight has, and what their hashes begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Setup {
    vnodes: u32,
    salt: u64,
}

impl Config for Setup {
    const NAME: &'static str = "setup";

    fn fingerprint(&self) -> u64 {
        self.salt ^ u64::from(self.vnodes)
    }
}

/// A node with its place in a list.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Server {
    name: String,
    place: u32,
}

impl Node for Server {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

/// Eight positions, so that points share them; of those on one position the first listed owns.
struct Listed;

struct PerUnit(u64);

impl Counts<Setup> for PerUnit {
    const RELATIVE: bool = false;

    fn new(setup: &Setup, _: impl Iterator<Item = u32> + Clone) -> Self {
        Self(setup.vnodes.into())
    }

    fn next(&mut self, weight: u32) -> u64 {
        self.0 * u64::from(weight)
    }
}

impl Placement for Listed {
    type Position = u32;
    type Config = Setup;
    type Counts = PerUnit;
    const NAME: &'static str = "listed";

    fn key(hash: u64) -> u32 {
        (hash >> 32) as u32
    }
}

fn point(seed: u64, r: u32) -> u32 {
    (Xxh3.hash(&(seed ^ u64::from(r)).to_le_bytes()) >> 61 << 29) as u32
}

impl PointsOf<Server> for Listed {
    const ORDERS: bool = true;

    fn seed(setup: &Setup, node: &Server) -> u64 {
        Xxh3.hash(node.name.as_str()) ^ setup.salt
    }

    fn points(_: &Setup, _: &Server, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.map(move |r| point(seed, r))
    }

    fn order(node: &Server) -> impl Ord {
        node.place
    }
}

type Small = Ring<Server, 9, 90, Listed>;

fn ring(setup: Setup) -> Small {
    Ring::with_hash(setup, Xxh3)
}

const SETUP: Setup = Setup { vnodes: 5, salt: 0x5a17 };
const OTHER: Setup = Setup { vnodes: 3, salt: 0x7e57 };

fn server(name: &str, place: u32) -> Server {
    Server { name: name.into(), place }
}

/// The ring has the points of these nodes and weights, of which the first listed comes first.
fn check(view: RingRef<'_, Server, Listed>, setup: Setup, nodes: &[(Server, u32)]) {
    let mut members: Vec<_> = nodes.iter().map(|(node, w)| (node.place, &node.name, *w)).collect();
    members.sort();
    let found = view.members().iter().map(|m| (m.node().place, &m.node().name, m.weight()));
    assert!(found.eq(members.iter().copied()), "{members:?}");
    let mut wanted = Vec::new();
    for (node, weight) in nodes {
        let seed = Xxh3.hash(node.name.as_str()) ^ setup.salt;
        let points = (0..weight * setup.vnodes).map(|r| (point(seed, r), node.place, &node.name));
        wanted.extend(points);
    }
    wanted.sort();
    let points = view.points().map(|p| (p.position, p.node.place, &p.node.name));
    assert!(points.eq(wanted), "{nodes:?}");
    for (number, (place, name, _)) in (0..).zip(&members) {
        assert_eq!(view.number_of(name.as_bytes()), Some(number));
        assert_eq!(view.get(name.as_bytes()).unwrap().node().place, *place);
    }
    assert_eq!(view.config(), setup);
}

/// Edits by every verb; a batch may give a node another place in the list.
fn edits<S: Storage<Node = Server, Placement = Listed>>(empty: impl Fn(Setup) -> BasicRing<S>) {
    let (mut ring, mut other) = (empty(SETUP), empty(OTHER));
    let [a, b, c, d] = [("a", 40), ("b", 30), ("c", 20), ("d", 10)].map(|(n, p)| server(n, p));
    ring.insert_all([b.clone(), a.clone()]).unwrap();
    ring.insert(d.clone()).unwrap();
    check(ring.view(), SETUP, &[(a.clone(), 1), (b.clone(), 1), (d.clone(), 1)]);
    ring.set_weight(b"b", 3).unwrap();
    ring.insert(c.clone()).unwrap();
    let four = [(a.clone(), 1), (b.clone(), 3), (c.clone(), 1), (d.clone(), 1)];
    check(ring.view(), SETUP, &four);
    // Merged, the other ring is made with what this one is made with.
    other.merge_from(ring.view(), &[]).unwrap();
    check(other.view(), SETUP, &four);
    assert!(
        other.same_membership(&ring) && other.view().fingerprint() == ring.view().fingerprint()
    );
    let first = server("b", 5);
    let moves = [Change::Remove(b"b"), Change::Insert(first.clone()), Change::Remove(b"d")];
    other.merge_from(ring.view(), &moves).unwrap();
    let three = [(a.clone(), 1), (first, 1), (c.clone(), 1)];
    check(other.view(), SETUP, &three);
    ring.apply(&moves).unwrap();
    check(ring.view(), SETUP, &three);
    ring.remove(b"a").unwrap();
    check(ring.view(), SETUP, &three[1..]);
    assert_ne!(ring.view().fingerprint(), other.view().fingerprint());
    // The same nodes under another configuration.
    let mut apart = empty(OTHER);
    apart.insert_all(ring.view().members().iter().map(|m| m.node().clone())).unwrap();
    check(apart.view(), OTHER, &three[1..]);
    assert!(
        !apart.same_membership(&ring) && apart.view().fingerprint() != ring.view().fingerprint()
    );
}

#[test]
fn inline() {
    edits(ring);
}

#[test]
#[cfg(feature = "alloc")]
fn on_the_heap() {
    edits(|setup| annulus::HeapRing::<Server, Listed>::with_hash(setup, Xxh3));
}

#[test]
#[cfg(feature = "std")]
fn published() {
    use annulus::{HeapRing, SharedRing};

    let ring = SharedRing::new(HeapRing::<Server, Listed>::with_hash(SETUP, Xxh3), 3).unwrap();
    let mut writer = ring.writer().unwrap();
    let mut nodes = Vec::new();
    for (name, place) in [("a", 4), ("b", 3), ("c", 2), ("d", 1)] {
        writer.insert(server(name, place)).unwrap();
        nodes.push((server(name, place), 1));
        check(ring.pin().view(), SETUP, &nodes);
    }
    writer.remove(b"b").unwrap();
    nodes.remove(1);
    check(ring.pin().view(), SETUP, &nodes);
}

#[test]
#[cfg(feature = "serde")]
fn serialized() {
    let mut wanted = ring(SETUP);
    wanted.insert_all([server("a", 2), server("b", 1)]).unwrap();
    let text = serde_json::to_string(&wanted).unwrap();
    let (setup, nodes) = (
        r#""setup":{"vnodes":5,"salt":23063}"#,
        r#""nodes":[{"weight":1,"node":{"name":"b","place":1}},{"weight":1,"node":{"name":"a","place":2}}]"#,
    );
    let fingerprint = wanted.view().fingerprint();
    let verified = r#""form":2,"placement":"listed""#;
    let number = format!(r#""fingerprint":"{fingerprint:016x}""#);
    assert_eq!(text, format!("{{{verified},{setup},{number},{nodes}}}"));
    // Nodes may come before what the ring was made with.
    let former = [format!("{{{nodes},{setup}}}"), format!("[{},{}]", &setup[8..], &nodes[8..])];
    for text in [text].into_iter().chain(former) {
        let back: Small = serde_json::from_str(&text).unwrap();
        check(back.view(), SETUP, &[(server("a", 2), 1), (server("b", 1), 1)]);
        assert!(back.same_membership(&wanted));
    }
    // In bytes what the ring was made with stands behind the form and the placement; without them it must be a number.
    let mut bytes = postcard::to_stdvec(&wanted).unwrap();
    assert!(postcard::from_bytes::<Small>(&bytes).unwrap().same_membership(&wanted));
    assert!(
        postcard::from_bytes::<Small>(&bytes.split_off("12345".len() + "6listed".len())).is_err()
    );
    let refused = serde_json::from_str::<Small>("[]").unwrap_err().to_string();
    assert!(refused.starts_with("invalid length 0, expected setup and nodes"), "{refused}");
}

/// The first member has twice the points, so that how many there are in all depends on who is first.
struct FirstTwice {
    vnodes: u64,
    is_first: bool,
}

impl Counts<u32> for FirstTwice {
    const RELATIVE: bool = true;

    fn new(vnodes: &u32, _: impl Iterator<Item = u32> + Clone) -> Self {
        Self { vnodes: (*vnodes).into(), is_first: true }
    }

    fn next(&mut self, weight: u32) -> u64 {
        let times = if std::mem::replace(&mut self.is_first, false) { 2 } else { 1 };
        times * u64::from(weight) * self.vnodes
    }
}

/// Members are in the order of their identities from the last to the first.
struct LastFirst;

impl Placement for LastFirst {
    type Position = u32;
    type Config = u32;
    type Counts = FirstTwice;
    const NAME: &'static str = "last-first";

    fn key(hash: u64) -> u32 {
        (hash >> 32) as u32
    }
}

impl PointsOf<NamedNode<'static>> for LastFirst {
    const ORDERS: bool = true;

    fn seed(_: &u32, node: &NamedNode<'static>) -> u64 {
        Xxh3.hash(node.name)
    }

    fn points(
        _: &u32,
        _: &NamedNode<'static>,
        seed: u64,
        range: Range<u32>,
    ) -> impl Iterator<Item = u32> {
        range.map(move |r| point(seed, r))
    }

    fn order(node: &NamedNode<'static>) -> impl Ord {
        std::cmp::Reverse(node.name)
    }
}

#[test]
fn counts_are_asked_in_the_order_of_members() {
    let mut ring = Ring::<NamedNode<'static>, 4, 60, LastFirst>::with_vnodes(5);
    let [a, b, c] = [("a", 3), ("b", 1), ("c", 2)].map(|(n, w)| NamedNode::new(n).with_weight(w));
    ring.insert_all([a, b]).unwrap();
    assert_eq!(ring.view().point_count(), 5 * (2 + 3));
    ring.apply(&[Change::Insert(c), Change::SetWeight(b"b", 2)]).unwrap();
    assert_eq!(ring.view().point_count(), 5 * (4 + 2 + 3));
    ring.remove(b"c").unwrap();
    assert_eq!(ring.view().point_count(), 5 * (4 + 3));
}
