//! Nodes that say themselves how many points they have, among others whose points follow from all weights: every
//! edit comes to the ring that is built at once.

use std::ops::Range;

use annulus::{Change, Counts, KeyHash, Node, Placement, PointsOf, Ring, RingRef, Xxh3};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Server {
    name: &'static str,
    weight: u32,
    stated: Option<u64>,
}

impl Node for Server {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }

    fn weight(&self) -> u32 {
        self.weight
    }
}

/// A share of 20 points for each member.
struct Share {
    points: u64,
    total: u64,
}

impl Counts<()> for Share {
    const RELATIVE: bool = true;

    fn new((): &(), weights: impl Iterator<Item = u32> + Clone) -> Self {
        Self { points: 20 * weights.clone().count() as u64, total: weights.map(u64::from).sum() }
    }

    fn next(&mut self, weight: u32) -> u64 {
        self.points * u64::from(weight) / self.total
    }
}

/// Members in the order of their identities; with `BACKWARDS` from the last to the first.
struct Stating<const BACKWARDS: bool>;

impl<const BACKWARDS: bool> Placement for Stating<BACKWARDS> {
    type Position = u32;
    type Config = ();
    type Counts = Share;
    const NAME: &'static str = "stating";

    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<const BACKWARDS: bool> PointsOf<Server> for Stating<BACKWARDS> {
    const ORDERS: bool = BACKWARDS;

    fn seed(_: &(), node: &Server) -> u64 {
        Xxh3.hash(node.name) ^ node.stated.map_or(0, |stated| 1 + stated)
    }

    fn points(_: &(), node: &Server, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        let seed = Xxh3.hash(node.name);
        range.map(move |r| Xxh3.hash(&(seed ^ u64::from(r)).to_le_bytes()) as u32)
    }

    fn stated(_: &(), node: &Server) -> Option<u64> {
        node.stated
    }

    fn order(node: &Server) -> impl Ord {
        std::cmp::Reverse(node.name)
    }
}

type Small<P> = Ring<Server, 6, 150, P>;

fn server(name: &'static str, weight: u32, stated: Option<u64>) -> Server {
    Server { name, weight, stated }
}

/// The ring has these nodes with these numbers of points, and is the one that is built of them.
fn check<P: PointsOf<Server, Config = ()>>(
    view: RingRef<'_, Server, P>,
    wanted: &[(Server, u32, u32)],
) {
    for (node, weight, points) in wanted {
        let member = view.get(node.name).expect("a member");
        assert_eq!((member.node(), member.weight()), (node, *weight));
        assert_eq!(member.point_count(), *points, "{node:?} among {wanted:?}");
    }
    let mut built = Small::<P>::with_hash((), Xxh3);
    let nodes = wanted.iter().map(|(node, weight, _)| Server { weight: *weight, ..node.clone() });
    built.insert_all(nodes).unwrap();
    let points =
        |view: RingRef<'_, Server, P>| view.points().map(|p| (p.position, p.node.name)).collect();
    let (found, wanted): (Vec<_>, Vec<_>) = (points(view), points(built.view()));
    assert_eq!(found, wanted);
    assert_eq!(view.fingerprint(), built.view().fingerprint());
}

fn edits<P: PointsOf<Server, Config = ()>>() {
    let mut ring = Small::<P>::with_hash((), Xxh3);
    let [a, b] = [server("a", 1, None), server("b", 3, Some(7))];
    ring.insert(b.clone()).unwrap();
    check(ring.view(), &[(b.clone(), 3, 7)]);
    // Its weight counts: the share of the other is 1 of 4 of 40 points.
    ring.insert(a.clone()).unwrap();
    check(ring.view(), &[(a.clone(), 1, 10), (b.clone(), 3, 7)]);
    ring.set_weight("b", 1).unwrap();
    check(ring.view(), &[(a.clone(), 1, 20), (b.clone(), 1, 7)]);
    ring.set_weight("b", 0).unwrap();
    check(ring.view(), &[(a.clone(), 1, 20), (b.clone(), 0, 0)]);
    ring.set_weight("b", 1).unwrap();
    // Another node of the same identity states another number, or none.
    let more = server("b", 1, Some(9));
    ring.replace(more.clone()).unwrap();
    check(ring.view(), &[(a.clone(), 1, 20), (more.clone(), 1, 9)]);
    let batch = [
        Change::Insert(server("c", 2, Some(50))),
        Change::Replace(server("b", 1, None)),
        Change::SetWeight(b"c", 1),
        Change::Insert(server("d", 1, Some(0))),
    ];
    let after = [
        (a.clone(), 1, 20),
        (server("b", 1, None), 1, 20),
        (server("c", 2, Some(50)), 1, 50),
        (server("d", 1, Some(0)), 1, 0),
    ];
    let mut merged = Small::<P>::with_hash((), Xxh3);
    merged.merge_from(ring.view(), &batch).unwrap();
    check(merged.view(), &after);
    ring.apply(&batch).unwrap();
    check(ring.view(), &after);
    let list = [server("a", 1, Some(3)), server("b", 1, None), server("c", 2, Some(50))];
    ring.reconcile(&mut list.clone()).unwrap();
    check(
        ring.view(),
        &[(list[0].clone(), 1, 3), (list[1].clone(), 1, 15), (list[2].clone(), 2, 50)],
    );
    // What is stated counts towards what fits: 3 + 13 + 50 + 100 of 150 points.
    let refused = ring.insert(server("e", 1, Some(100)));
    assert!(refused.is_err());
    ring.remove("c").unwrap();
    ring.insert(server("e", 1, Some(100))).unwrap();
    let [a, b, _] = list;
    check(ring.view(), &[(a, 1, 3), (b, 1, 20), (server("e", 1, Some(100)), 1, 100)]);
}

#[test]
fn in_the_order_of_identities() {
    edits::<Stating<false>>();
}

#[test]
fn in_an_order_of_their_own() {
    edits::<Stating<true>>();
}
