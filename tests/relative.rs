//! Edits of rings whose counts are relative move the points that differ, whatever order members have.
#![cfg(all(feature = "alloc", target_pointer_width = "64"))]

use std::cell::Cell;
use std::ops::Range;

use annulus::{Counts, HeapRing, KeyHash, NamedNode, Node, Placement, PointsOf, Xxh3};

/// The points of a node where all have one weight.
const EACH: u64 = 40;

thread_local! {
    /// How many points were asked for.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// A share of [`EACH`] points for each member, rounded down.
struct Share {
    points: u64,
    total: u64,
}

impl Counts<()> for Share {
    const RELATIVE: bool = true;

    fn new((): &(), weights: impl Iterator<Item = u32> + Clone) -> Self {
        Self { points: EACH * weights.clone().count() as u64, total: weights.map(u64::from).sum() }
    }

    fn next(&mut self, weight: u32) -> u64 {
        self.points * u64::from(weight) / self.total
    }
}

/// Members in the order of their identities; with `ORDERS` by their length first, the longest first.
struct Shared<const ORDERS: bool>;

impl<const ORDERS: bool> Placement for Shared<ORDERS> {
    type Position = u64;
    type Config = ();
    type Counts = Share;
    const NAME: &'static str = "shared";

    fn key(hash: u64) -> u64 {
        hash
    }
}

impl<const ORDERS: bool> PointsOf<NamedNode<'static>> for Shared<ORDERS> {
    const ORDERS: bool = ORDERS;

    fn seed((): &(), node: &NamedNode<'static>) -> u64 {
        Xxh3.hash(node.name)
    }

    fn points(
        (): &(),
        _: &NamedNode<'static>,
        seed: u64,
        range: Range<u32>,
    ) -> impl Iterator<Item = u64> {
        range.map(move |number| {
            ASKED.set(ASKED.get() + 1);
            Xxh3.hash(&(seed ^ u64::from(number)).to_le_bytes())
        })
    }

    fn order(node: &NamedNode<'static>) -> impl Ord {
        std::cmp::Reverse(node.identity().len())
    }
}

const NAMES: [&str; 16] = [
    "a", "bb", "ccc", "dddd", "e", "ff", "ggg", "hhhh", "i", "jj", "kkk", "llll", "m", "nn", "ooo",
    "pppp",
];

type Built<const ORDERS: bool> = HeapRing<NamedNode<'static>, Shared<ORDERS>>;

fn few_points_are_asked_for<const ORDERS: bool>() {
    let nodes = NAMES.map(|name| NamedNode { weight: 10, ..NamedNode::new(name) });
    let mut ring = Built::<ORDERS>::with_hash((), Xxh3);
    ring.insert_all(nodes).unwrap();
    let mut edit = |what, edit: &dyn Fn(&mut Built<ORDERS>), nodes: &[NamedNode<'static>]| {
        let all = ring.view().point_count() as u32;
        ASKED.set(0);
        edit(&mut ring);
        let asked = ASKED.get();
        assert!(asked > 0 && asked < all / 4, "{what}: {asked} of {all} points");
        let mut built = Built::<ORDERS>::with_hash((), Xxh3);
        built.insert_all(nodes.iter().copied()).unwrap();
        let points = |ring: &Built<ORDERS>| -> Vec<_> {
            ring.view().points().map(|point| (point.position, point.node.name)).collect()
        };
        assert_eq!(points(&ring), points(&built), "{what}");
    };

    let mut heavier = nodes;
    heavier[5].weight = 11;
    edit("a weight", &|ring| _ = ring.set_weight("ff", 11).unwrap(), &heavier);
    edit("the weight again", &|ring| _ = ring.set_weight("ff", 10).unwrap(), &nodes);
    edit("one has left", &|ring| _ = ring.remove("pppp").unwrap(), &nodes[..15]);
    edit("it is back", &|ring| ring.insert(nodes[15]).unwrap(), &nodes);
}

#[test]
fn in_the_order_of_identities() {
    few_points_are_asked_for::<false>();
}

#[test]
fn in_an_order_of_their_own() {
    few_points_are_asked_for::<true>();
}
