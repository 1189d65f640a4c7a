//! A placement that yields one point too few or too many, at every call that an edit makes of it: the edit
//! panics, and the ring is empty and as good as any other for what comes next.

#[path = "common/lent.rs"]
mod lent;
#[path = "common/quiet.rs"]
mod quiet;

use std::cell::Cell;
use std::ops::Range;

use annulus::{
    BasicRing, ByIdentity, Change, NamedNode, Native, PerWeight, Placement, PointsOf, Ring,
    RingRef, Storage, Xxh3,
};
use quiet::quietly;

type Node = NamedNode<'static>;

/// Which count is wrong, and by how much.
#[derive(Clone, Copy)]
struct Lie {
    /// How many more calls are answered rightly.
    after: usize,
    by: isize,
}

thread_local! {
    /// The lie that is still to be told.
    static LIE: Cell<Option<Lie>> = const { Cell::new(None) };
}

/// How many points the next call yields where `points` are asked for. Of none there is none to leave out:
/// such a lie waits for the next call.
fn yielded(points: usize) -> usize {
    match LIE.get() {
        Some(Lie { after: 0, by }) => points.checked_add_signed(by).map_or(points, |points| {
            LIE.set(None);
            points
        }),
        Some(Lie { after, by }) => {
            LIE.set(Some(Lie { after: after - 1, by }));
            points
        }
        None => points,
    }
}

/// [`Native`], which may miscount.
struct Miscounting<const COSTLY: bool>;

impl<const COSTLY: bool> Placement for Miscounting<COSTLY> {
    type Position = u32;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "miscounting";

    fn key(hash: u64) -> u32 {
        <Native>::key(hash)
    }
}

impl<const COSTLY: bool> PointsOf<Node> for Miscounting<COSTLY> {
    const BY_IDENTITY: bool = true;
    const COSTLY: bool = COSTLY;

    fn seed(_: &u32, node: &Node) -> u64 {
        <Native as ByIdentity>::seed(node.name.as_bytes())
    }

    fn points(_: &u32, _: &Node, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        let points = (range.start..).take(yielded(range.len()));
        points.map(move |r| <Native as ByIdentity>::point(seed, r))
    }
}

/// Seven nodes of eight units of weight in all.
fn nodes() -> impl Iterator<Item = Node> {
    ["a", "c", "d", "e", "f", "g"].into_iter().map(NamedNode::new).chain([node("h", 2)])
}

/// Room for what the edits below come to.
const MOST: (usize, usize) = (10, 12);

fn node(name: &'static str, weight: u32) -> Node {
    NamedNode::new(name).with_weight(weight)
}

/// An edit by name, which may merge from a ring of [`nodes`].
type Verb<S, const COSTLY: bool> =
    (&'static str, fn(&mut BasicRing<S>, RingRef<'_, Node, Miscounting<COSTLY>>));

/// Every edit that asks for points: those that move few points, and those that build all of them.
fn verbs<S, const COSTLY: bool>() -> Vec<Verb<S, COSTLY>>
where
    S: Storage<Node = Node, Placement = Miscounting<COSTLY>>,
{
    vec![
        ("insert", |ring, _| ring.insert(node("b", 1)).unwrap()),
        ("insert of many points", |ring, _| ring.insert(node("b", 4)).unwrap()),
        ("insert_all of few", |ring, _| ring.insert_all([node("b", 1)]).unwrap()),
        ("insert_all of many", |ring, _| {
            ring.insert_all([node("b", 1), node("i", 0), node("j", 3)]).unwrap();
        }),
        ("apply, few", |ring, _| {
            ring.apply(&[Change::Insert(node("b", 1)), Change::Remove(b"e")]).unwrap();
        }),
        ("apply, many", |ring, _| {
            let changes = [Change::SetWeight(b"a", 3), Change::Remove(b"d"), Change::Remove(b"h")];
            ring.apply(&changes).unwrap();
        }),
        ("set_weight up", |ring, _| assert_eq!(ring.set_weight(b"c", 2), Ok(1))),
        ("set_weight up by much", |ring, _| assert_eq!(ring.set_weight(b"c", 5), Ok(1))),
        ("set_weight down", |ring, _| assert_eq!(ring.set_weight(b"h", 1), Ok(2))),
        ("remove", |ring, _| assert_eq!(ring.remove(b"e").unwrap().name, "e")),
        ("merge_from, few", |ring, old| {
            ring.merge_from(old, &[Change::Insert(node("b", 1)), Change::Remove(b"e")]).unwrap();
        }),
        ("merge_from, many", |ring, old| {
            let changes = [Change::SetWeight(b"a", 3), Change::Insert(node("b", 2))];
            ring.merge_from(old, &changes).unwrap();
        }),
    ]
}

fn points<P: PointsOf<Node>>(view: RingRef<'_, Node, P>) -> Vec<(P::Position, &'static str)> {
    view.points().map(|point| (point.position, point.node.name)).collect()
}

/// What is wrong with `ring`, which an edit that miscounted has left behind with such a result. `wanted` is
/// what the edit comes to in a ring of [`nodes`].
fn judge<S, const COSTLY: bool>(
    result: Result<(), ()>,
    ring: &mut BasicRing<S>,
    edit: impl FnOnce(&mut BasicRing<S>),
    wanted: RingRef<'_, Node, Miscounting<COSTLY>>,
) -> Option<&'static str>
where
    S: Storage<Node = Node, Placement = Miscounting<COSTLY>>,
{
    if result.is_ok() {
        return Some("it does not panic");
    }
    let view = ring.view();
    if !view.is_empty() || view.point_count() > 0 || view.owner_at(7).is_some() {
        return Some("the ring is not empty");
    }
    let next = quietly(|| {
        nodes().for_each(|node| ring.insert(node).unwrap());
        edit(ring);
    });
    if next.is_err() {
        return Some("the next edits panic");
    }
    (points(ring.view()) != points(wanted)).then_some("the next edits go wrong")
}

/// Has each edit miscount at its first call, at its second, and so on. Adds what is wrong to `failures`.
fn every_miscount<S, const COSTLY: bool>(
    storage: &str,
    empty: impl Fn() -> BasicRing<S>,
    failures: &mut Vec<String>,
) where
    S: Storage<Node = Node, Placement = Miscounting<COSTLY>>,
{
    let begin = || {
        let mut ring = empty();
        ring.insert_all(nodes()).unwrap();
        ring
    };
    let old = begin();
    for (verb, edit) in verbs::<S, COSTLY>() {
        let mut wanted = begin();
        edit(&mut wanted, old.view());
        for by in [-1, 1] {
            for after in 0.. {
                let mut ring = begin();
                LIE.set(Some(Lie { after, by }));
                let result = quietly(|| edit(&mut ring, old.view()));
                if LIE.replace(None).is_some() {
                    assert!(after > 0 && result.is_ok(), "{storage}: {verb}");
                    assert_eq!(points(ring.view()), points(wanted.view()), "{storage}: {verb}");
                    break;
                }
                let again = |ring: &mut _| edit(ring, old.view());
                if let Some(what) = judge(result, &mut ring, again, wanted.view()) {
                    failures.push(format!(
                        "{storage}, {} vnodes, costly {COSTLY}: {verb}: {by} point after {after} calls: {what}\n",
                        old.view().vnodes()
                    ));
                }
            }
        }
        assert_eq!(points(old.view()), points(begin().view()), "{storage}: {verb}");
    }
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.concat());
}

fn inline<const COSTLY: bool, const POINTS: usize>(vnodes: u32, failures: &mut Vec<String>) {
    let empty = || Ring::<Node, { MOST.0 }, POINTS, Miscounting<COSTLY>>::with_vnodes(vnodes);
    every_miscount("inline", empty, failures);
}

#[test]
fn inline_rings() {
    let mut failures = Vec::new();
    inline::<false, { MOST.1 }>(1, &mut failures);
    inline::<false, { 9 * MOST.1 }>(9, &mut failures);
    inline::<true, { 9 * MOST.1 }>(9, &mut failures);
    report(&failures);
}

#[test]
fn lent_rings() {
    fn check<const COSTLY: bool>(failures: &mut Vec<String>) {
        for (vnodes, words) in [(1, 0), (9, 120), (9, 900)] {
            let room = (MOST.0, vnodes as usize * MOST.1);
            let empty = || lent::ring::<_, Miscounting<COSTLY>, _>(room, words, vnodes, Xxh3);
            every_miscount("lent", empty, failures);
        }
    }
    let mut failures = Vec::new();
    check::<false>(&mut failures);
    check::<true>(&mut failures);
    report(&failures);
}

#[cfg(feature = "alloc")]
#[test]
fn heap_rings() {
    fn check<const COSTLY: bool>(failures: &mut Vec<String>) {
        for vnodes in [1, 9] {
            let empty = || annulus::HeapRing::<_, Miscounting<COSTLY>>::with_vnodes(vnodes);
            every_miscount("heap", empty, failures);
        }
    }
    let mut failures = Vec::new();
    check::<false>(&mut failures);
    check::<true>(&mut failures);
    report(&failures);
}
