//! User code that panics amid an edit, at every call that an edit makes of it: the ring is as it was, or it
//! is empty, and either way it is as good as any other for what comes next. `panics_published.rs` has rings that are
//! published.
//!
//! Nodes whose `Drop` panics are left out.

#[path = "common/fuse.rs"]
mod fuse;
#[path = "common/lent.rs"]
mod lent;

use annulus::{BasicRing, ByIdentity, Change, Ring, RingRef, Storage};
use fuse::{
    BEGIN, Circle, Failures, Fuse, Hash, MANY, Member, STEP, State, mixed, node, nodes, quietly,
    refused, with,
};

/// What stands in a ring that another is merged into, and what joins one that a panic has emptied.
const OTHER: &[Member] = &[("m", 1), ("x", 1)];
/// The most nodes and units of weight that come of them.
const MOST: (usize, usize) = (7, 8);

/// An edit by name, the members before it, and the edit itself, which may merge from a ring of [`BEGIN`].
type Verb<S> = (
    &'static str,
    &'static [Member],
    fn(
        &mut BasicRing<S, Hash>,
        RingRef<'_, Fuse, <S as Verbs>::Circle, Hash>,
    ) -> Result<(), String>,
);

/// A storage of such nodes.
trait Verbs: Storage<Node = Fuse, Placement = <Self as Verbs>::Circle> + Sized {
    type Circle: ByIdentity;

    /// Every edit of a ring.
    fn verbs() -> Vec<Verb<Self>> {
        vec![
            ("insert", BEGIN, |ring, _| ring.insert(node(("b", 2))).map_err(refused)),
            ("insert into none", &[], |ring, _| ring.insert(node(("b", 2))).map_err(refused)),
            ("remove", BEGIN, |ring, _| ring.remove(b"c").map(drop).map_err(refused)),
            ("remove the last", &BEGIN[..1], |ring, _| {
                ring.remove(b"a").map(drop).map_err(refused)
            }),
            ("set_weight up", BEGIN, |ring, _| ring.set_weight(b"c", 4).map(drop).map_err(refused)),
            ("set_weight down", BEGIN, |ring, _| {
                ring.set_weight(b"c", 1).map(drop).map_err(refused)
            }),
            ("set_weight to zero", BEGIN, |ring, _| {
                ring.set_weight(b"c", 0).map(drop).map_err(refused)
            }),
            ("set_points up", BEGIN, |ring, _| ring.set_points(b"c", 5).map(drop).map_err(refused)),
            ("set_points down", BEGIN, |ring, _| {
                ring.set_points(b"c", 1).map(drop).map_err(refused)
            }),
            ("apply_owned a mixture", BEGIN, |ring, _| {
                ring.apply_owned(mixed()).map_err(|refusal| refused(refusal.error))
            }),
            ("apply an insert", BEGIN, |ring, _| {
                ring.apply(&[Change::Insert(node(("b", 1)))]).map_err(refused)
            }),
            ("apply a remove", BEGIN, |ring, _| {
                ring.apply(&[Change::Remove(b"c")]).map_err(refused)
            }),
            ("apply a weight", BEGIN, |ring, _| {
                ring.apply(&[Change::SetWeight(b"d", 2)]).map_err(refused)
            }),
            ("apply a replacement", BEGIN, |ring, _| {
                let changes = [Change::Remove(b"c"), Change::Insert(node(("c", 2)))];
                ring.apply(&changes).map_err(refused)
            }),
            ("apply a mixture", BEGIN, |ring, _| ring.apply(&mixed()).map_err(refused)),
            ("insert_all few", BEGIN, |ring, _| {
                ring.insert_all(nodes(&[("b", 1)])).map_err(refused)
            }),
            ("insert_all many", BEGIN, |ring, _| ring.insert_all(nodes(MANY)).map_err(refused)),
            ("insert_all into none", &[], |ring, _| ring.insert_all(nodes(BEGIN)).map_err(refused)),
            ("replace", BEGIN, |ring, _| ring.replace(node(("c", 5))).map(drop).map_err(refused)),
            ("merge_from another node", OTHER, |ring, old| {
                ring.merge_from(old, &[Change::Replace(node(("c", 5)))]).map_err(refused)
            }),
            ("reconcile few", BEGIN, |ring, _| {
                let mut list: Vec<Fuse> = nodes(&BEGIN[1..]).collect();
                list.push(node(("b", 1)));
                ring.reconcile(&mut list).map(drop).map_err(refused)
            }),
            ("reconcile all", BEGIN, |ring, _| {
                ring.reconcile(&mut nodes(MANY).collect::<Vec<_>>()).map(drop).map_err(refused)
            }),
            ("merge_from a copy", OTHER, |ring, old| ring.merge_from(old, &[]).map_err(refused)),
            ("merge_from into none", &[], |ring, old| ring.merge_from(old, &[]).map_err(refused)),
            ("merge_from an insert", OTHER, |ring, old| {
                ring.merge_from(old, &[Change::Insert(node(("b", 1)))]).map_err(refused)
            }),
            ("merge_from a remove", OTHER, |ring, old| {
                ring.merge_from(old, &[Change::Remove(b"d")]).map_err(refused)
            }),
            ("merge_from more weight", OTHER, |ring, old| {
                ring.merge_from(old, &[Change::SetWeight(b"a", 2)]).map_err(refused)
            }),
            ("merge_from less weight", OTHER, |ring, old| {
                ring.merge_from(old, &[Change::SetWeight(b"c", 1)]).map_err(refused)
            }),
            ("merge_from a mixture", OTHER, |ring, old| {
                ring.merge_from(old, &mixed()).map_err(refused)
            }),
            ("clear", BEGIN, |ring, _| {
                ring.clear();
                Ok(())
            }),
            #[cfg(feature = "serde")]
            ("restore a map", &[], |ring, _| decoder::restore(ring, decoder::MAP)),
            #[cfg(feature = "serde")]
            ("restore what is verified", &[], |ring, _| decoder::restore(ring, decoder::VERIFIED)),
            #[cfg(feature = "serde")]
            ("restore nodes first", &[], |ring, _| decoder::restore(ring, decoder::NODES_FIRST)),
            #[cfg(feature = "serde")]
            ("restore a sequence", &[], |ring, _| decoder::restore(ring, decoder::SEQUENCE)),
        ]
    }
}

impl<P: ByIdentity, S: Storage<Node = Fuse, Placement = P>> Verbs for S {
    type Circle = P;
}

/// Nodes and a format whose decoding may panic.
#[cfg(feature = "serde")]
mod decoder {
    use super::fuse::called;
    use super::*;
    use serde::de::{Deserialize, Deserializer, Error};
    use std::io::Read;

    pub(super) const MAP: &str =
        r#"{"vnodes":2,"nodes":[{"weight":2,"node":"c"},{"weight":1,"node":"a"}]}"#;
    pub(super) const VERIFIED: &str = r#"{"vnodes":2,"fingerprint":"66391215f73f9c06","nodes":[{"weight":2,"node":"c"},{"weight":1,"node":"a"}]}"#;
    pub(super) const NODES_FIRST: &str =
        r#"{"nodes":[{"weight":2,"node":"c"},{"weight":1,"node":"a"}],"vnodes":2}"#;
    pub(super) const SEQUENCE: &str = r#"[2,[[2,"c"],[1,"a"]]]"#;

    impl<'de> Deserialize<'de> for Fuse {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            called("Deserialize of a node");
            let name = String::deserialize(deserializer)?;
            let name = BEGIN.iter().find(|(known, _)| *known == name);
            Ok(node(*name.ok_or_else(|| D::Error::custom("an unknown name"))?))
        }
    }

    struct Source(&'static [u8]);

    impl Read for Source {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            called("the reader of a text");
            self.0.read(buffer)
        }
    }

    pub(super) fn restore<S: Storage<Node = Fuse, Placement: ByIdentity>>(
        ring: &mut BasicRing<S, Hash>,
        text: &'static str,
    ) -> Result<(), String> {
        let mut json = serde_json::Deserializer::from_reader(Source(text.as_bytes()));
        ring.restore(&mut json).map_err(refused)
    }
}

/// Has one edit after the other panic at its first call of user code, at its second, and so on.
fn every_panic<S: Verbs>(
    storage: &str,
    vnodes: u32,
    empty: fn(u32) -> BasicRing<S, Hash>,
    failures: &mut Failures,
) {
    let mut old = empty(vnodes);
    old.insert_all(nodes(BEGIN)).unwrap();
    for (verb, begin, edit) in S::verbs() {
        // Others than those that a merge or a decoded membership brings along.
        let brings = verb.starts_with("merge_from") || verb.starts_with("restore");
        let own = if brings { vnodes + 2 } else { vnodes };
        let before = State::fresh(empty, own, begin);
        for calls in (0..).step_by(STEP) {
            let mut ring = empty(own);
            ring.insert_all(nodes(begin)).unwrap();
            match with(calls, || edit(&mut ring, old.view())) {
                Ok(result) => {
                    assert_eq!(result, Ok(()), "{storage}: {verb}");
                    assert!(calls > 0 || verb == "clear", "{storage}: {verb} calls nothing");
                    break;
                }
                Err(culprit) => {
                    let judged = quietly(|| judge(&mut ring, &before, empty));
                    let judged = judged.unwrap_or_else(|()| Err("then the ring panics".into()));
                    if let Err(what) = judged {
                        failures.add([storage, verb, culprit], calls, what);
                    }
                }
            }
        }
    }
}

/// Whether nothing is in a ring.
fn empty_state(state: &State) -> bool {
    state.members.is_empty() && state.points.is_empty()
}

/// Whether a ring is as it was, or empty, and takes the next edits as one does that nothing has happened to.
fn judge<S: Storage<Node = Fuse, Placement: ByIdentity>>(
    ring: &mut BasicRing<S, Hash>,
    before: &State,
    empty: fn(u32) -> BasicRing<S, Hash>,
) -> Result<(), String> {
    let now = State::of(ring.view());
    if empty_state(&now) && now.vnodes != before.vnodes {
        return Err(format!("it is empty with other vnodes: {}", now.vnodes));
    }
    if let (Some(parts), false) = (now.differs(before), empty_state(&now)) {
        return Err(format!("it has other {parts}"));
    }
    let mut members = now.members;
    let check = |ring: &BasicRing<S, Hash>, members: &[Member], edit: &str| {
        let wanted = State::fresh(empty, before.vnodes, members);
        match State::of(ring.view()).differs(&wanted) {
            Some(parts) => Err(format!("the next {edit} gives other {parts}")),
            None => Ok(()),
        }
    };
    if members.is_empty() {
        for member in OTHER {
            ring.insert(node(*member)).map_err(refused)?;
            members.push(*member);
            check(ring, &members, "insert")?;
        }
    }
    let first = members[0];
    ring.set_weight(first.0.as_bytes(), 0).map_err(refused)?;
    members[0].1 = 0;
    check(ring, &members, "set_weight")?;
    ring.apply(&[Change::SetWeight(first.0.as_bytes(), first.1)]).map_err(refused)?;
    members[0] = first;
    check(ring, &members, "apply")?;
    let last = members.pop().unwrap();
    ring.remove(last.0.as_bytes()).map_err(refused)?;
    check(ring, &members, "remove")?;
    ring.insert_all([node(last)]).map_err(refused)?;
    members.push(last);
    check(ring, &members, "insert_all")
}

type Inline<P, const NODES: usize, const POINTS: usize> =
    Ring<Fuse, NODES, POINTS, Circle<P>, Hash>;

#[test]
fn inline_with_room() {
    let mut failures = Failures::default();
    let empty = |vnodes| Inline::<u32, 16, 256>::with_hash(vnodes, Hash);
    every_panic("inline", 4, empty, &mut failures);
    let wide = |vnodes| Inline::<u64, 16, 256>::with_hash(vnodes, Hash);
    every_panic("inline, 64 bits", 2, wide, &mut failures);
    failures.report();
}

/// Points on their way go one by one, or a few at a time.
#[test]
fn inline_with_no_room_to_spare() {
    const NODES: usize = MOST.0;
    let mut failures = Failures::default();
    let shortest = |vnodes| Inline::<u32, NODES, { MOST.1 }>::with_hash(vnodes, Hash);
    every_panic("inline, 8 points", 1, shortest, &mut failures);
    let short = |vnodes| Inline::<u32, NODES, { 4 * MOST.1 }>::with_hash(vnodes, Hash);
    every_panic("inline, 32 points", 4, short, &mut failures);
    let wide = |vnodes| Inline::<u64, NODES, { 2 * MOST.1 }>::with_hash(vnodes, Hash);
    every_panic("inline, 16 points, 64 bits", 2, wide, &mut failures);
    failures.report();
}

/// Rings with an index, and points on their way that go in pieces.
#[test]
fn inline_with_an_index() {
    const POINTS: usize = 24 * MOST.1;
    let empty = |vnodes| Inline::<u32, { MOST.0 }, POINTS>::with_hash(vnodes, Hash);
    let mut ring = empty(24);
    ring.insert_all(nodes(BEGIN)).unwrap();
    let view = ring.view();
    let has_index = view.lookup_bytes() > 6 * view.point_count();
    assert_eq!(has_index, !cfg!(annulus_plain_layout), "an index that lookups read");
    let mut failures = Failures::default();
    every_panic("inline with an index", 24, empty, &mut failures);
    failures.report();
}

/// In memory that is lent: what fills vacant slots may panic as well.
#[test]
fn in_lent_memory() {
    let mut failures = Failures::default();
    let empty = |vnodes| lent::ring::<Fuse, Circle<u32>, Hash>((MOST.0, 32), 32, vnodes, Hash);
    every_panic("lent", 4, empty, &mut failures);
    let empty = |vnodes| {
        let points = 24 * MOST.1;
        lent::ring::<Fuse, Circle<u32>, Hash>((MOST.0, points), points, vnodes, Hash)
    };
    every_panic("lent with an index", 24, empty, &mut failures);
    failures.report();
}

#[cfg(feature = "alloc")]
#[test]
fn on_the_heap() {
    use annulus::HeapRing;
    let mut failures = Failures::default();
    let empty = |vnodes| HeapRing::<Fuse, Circle<u32>, Hash>::with_hash(vnodes, Hash);
    every_panic("heap", 4, empty, &mut failures);
    every_panic("heap with an index", 24, empty, &mut failures);
    let wide = |vnodes| HeapRing::<Fuse, Circle<u64>, Hash>::with_hash(vnodes, Hash);
    every_panic("heap, 64 bits", 2, wide, &mut failures);
    failures.report();
}

/// Has `clone_from` panic at its first call of user code, at its second, and so on.
fn every_panic_of_a_copy<S: Verbs + Clone>(
    storage: &str,
    empty: fn(u32) -> BasicRing<S, Hash>,
    limited: impl Fn(BasicRing<S, Hash>) -> BasicRing<S, Hash>,
    failures: &mut Failures,
) {
    let mut from = empty(4);
    from.insert_all(nodes(BEGIN)).unwrap();
    let wanted = State::of(from.view());
    let room = from.capacity();
    // Fewer members than there are to be, as many, and more.
    for begin in [&[], OTHER, &BEGIN[..1], BEGIN, &[MANY, OTHER].concat()] {
        let before = State::fresh(empty, 6, begin);
        let verb = format!("clone_from over {} members", begin.len());
        for calls in (0..).step_by(STEP) {
            let mut ring = empty(6);
            ring.insert_all(nodes(begin)).unwrap();
            let mut ring = limited(ring);
            let room_before = ring.capacity();
            match with(calls, || ring.clone_from(&from)) {
                Ok(()) => {
                    assert_eq!(ring.capacity(), room, "{storage}: {verb}");
                    let differs = State::of(ring.view()).differs(&wanted);
                    assert_eq!(differs, None, "{storage}: {verb}");
                    let judged = judge(&mut ring, &wanted, empty);
                    assert_eq!(judged, Ok(()), "{storage}: {verb}");
                    assert!(calls > 0, "{storage}: {verb} calls nothing");
                    break;
                }
                Err(culprit) => {
                    assert_eq!(ring.capacity(), room_before, "{storage}: {verb}");
                    let judged = quietly(|| judge(&mut ring, &before, empty));
                    let judged = judged.unwrap_or_else(|()| Err("then the ring panics".into()));
                    if let Err(what) = judged {
                        failures.add([storage, &verb, culprit], calls, what);
                    }
                }
            }
        }
    }
}

#[test]
fn inline_copies() {
    let mut failures = Failures::default();
    let empty = |vnodes| Inline::<u32, 16, 256>::with_hash(vnodes, Hash);
    every_panic_of_a_copy("inline", empty, |ring| ring, &mut failures);
    failures.report();
}

#[cfg(feature = "alloc")]
#[test]
fn copies_on_the_heap() {
    use annulus::HeapRing;
    let mut failures = Failures::default();
    let empty = |vnodes| HeapRing::<Fuse, Circle<u32>, Hash>::with_hash(vnodes, Hash);
    every_panic_of_a_copy("heap", empty, |ring| ring.with_max_points(100), &mut failures);
    let wide = |vnodes| HeapRing::<Fuse, Circle<u64>, Hash>::with_hash(vnodes, Hash);
    every_panic_of_a_copy("heap, 64 bits", wide, |ring| ring.with_max_points(100), &mut failures);
    failures.report();
}
