//! User code that panics amid an edit, at every call that an edit makes of it: the ring is as it was, or it
//! is empty, and either way it is as good as any other for what comes next. What is published stays.
//!
//! Nodes whose `Drop` panics are left out.

#[path = "common/lent.rs"]
mod lent;
#[path = "common/quiet.rs"]
mod quiet;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use annulus::publish::Published;
use annulus::{
    BasicRing, ByIdentity, Change, Native, Node, PerWeight, Placement, Position, Ring, RingReader,
    RingRef, RingWriter, Rule, Storage, Update,
};
use quiet::quietly;

/// How many more calls go well each time.
const STEP: usize = if cfg!(miri) { 13 } else { 1 };

thread_local! {
    /// How many calls of user code go well before one panics; `None` where all do.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    /// What panicked last.
    static CULPRIT: Cell<&'static str> = const { Cell::new("the ring itself") };
}

/// Begins every piece of user code.
fn called(code: &'static str) {
    match LEFT.get() {
        None => {}
        // One panic is enough: another while that one unwinds would end the process.
        Some(0) => {
            LEFT.set(None);
            CULPRIT.set(code);
            panic!("{code}");
        }
        Some(left) => LEFT.set(Some(left - 1)),
    }
}

/// Runs `code` with so many calls of user code that go well; gives what panicked, if anything did.
fn with<R>(calls: usize, code: impl FnOnce() -> R) -> Result<R, &'static str> {
    CULPRIT.set("the ring itself");
    LEFT.set(Some(calls));
    let result = quietly(code);
    LEFT.set(None);
    result.map_err(|()| CULPRIT.get())
}

/// A node whose every method may panic.
#[derive(Debug)]
struct Fuse {
    name: &'static str,
    weight: u32,
}

impl Node for Fuse {
    fn identity(&self) -> &[u8] {
        called("Node::identity");
        self.name.as_bytes()
    }

    fn weight(&self) -> u32 {
        called("Node::weight");
        self.weight
    }

    fn zone(&self) -> &[u8] {
        called("Node::zone");
        // Two zones, of which an edit can take the first member or bring another.
        &self.name.as_bytes()[..usize::from("ace".contains(self.name))]
    }
}

impl Default for Fuse {
    fn default() -> Self {
        called("Default of a node");
        Self { name: "", weight: 0 }
    }
}

impl Clone for Fuse {
    fn clone(&self) -> Self {
        called("Clone of a node");
        Self { ..*self }
    }
}

impl PartialEq for Fuse {
    fn eq(&self, other: &Self) -> bool {
        called("PartialEq of a node");
        (self.name, self.weight) == (other.name, other.weight)
    }
}

impl Eq for Fuse {}

/// [`Native`], whose every function may panic.
struct Circle<P>(PhantomData<P>);

impl<P: Position> Placement for Circle<P>
where
    Native<P>: ByIdentity<Position = P>,
{
    type Position = P;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "circle";

    fn key(hash: u64) -> P {
        called("Placement::key");
        <Native<P>>::key(hash)
    }
}

impl<P: Position> ByIdentity for Circle<P>
where
    Native<P>: ByIdentity<Position = P>,
{
    fn seed(identity: &[u8]) -> u64 {
        called("Placement::seed");
        <Native<P>>::seed(identity)
    }

    fn point(seed: u64, r: u32) -> P {
        called("Placement::point");
        <Native<P>>::point(seed, r)
    }
}

/// A key hash whose copies may panic.
#[derive(Debug)]
struct Hash;

impl Clone for Hash {
    fn clone(&self) -> Self {
        called("Clone of the key hash");
        Self
    }
}

/// The nodes of these names and weights, from an iterator that may panic.
fn nodes(list: &[Member]) -> impl Iterator<Item = Fuse> {
    let mut list = list.iter();
    std::iter::from_fn(move || {
        called("the iterator");
        list.next().map(|&member| node(member))
    })
}

fn node((name, weight): Member) -> Fuse {
    Fuse { name, weight }
}

/// Name and weight.
type Member = (&'static str, u32);

/// Everything that can be seen of a ring.
#[derive(PartialEq)]
struct State {
    members: Vec<Member>,
    vnodes: u32,
    fingerprint: u64,
    points: Vec<(u64, &'static str)>,
    /// Who owns the position of each point.
    owners: Vec<Option<&'static str>>,
    /// All nodes with points, as they are spread over zones from each point.
    over_zones: Vec<Vec<&'static str>>,
}

impl State {
    fn of<P: ByIdentity>(view: RingRef<'_, Fuse, P, Hash>) -> Self {
        let members = view.members().iter();
        let points = || view.points();
        let owner = |position| view.owner_at(position).map(|node| node.name);
        let spread = |position| {
            let mut out = vec![None; view.len()];
            view.under(Rule::over_zones(view.len())).owners_at(position, &mut out);
            out.into_iter().flatten().map(|node: &Fuse| node.name).collect()
        };
        Self {
            members: members.map(|member| (member.node().name, member.weight())).collect(),
            vnodes: view.vnodes(),
            fingerprint: view.fingerprint(),
            points: points().map(|p| (p.position.to_u64(), p.node.name)).collect(),
            owners: points().map(|p| owner(p.position)).collect(),
            over_zones: points().map(|p| spread(p.position)).collect(),
        }
    }

    /// A ring of these members as it is when nothing panics.
    fn fresh<S: Storage<Node = Fuse, Placement: ByIdentity>>(
        empty: impl Fn(u32) -> BasicRing<S, Hash>,
        vnodes: u32,
        members: &[Member],
    ) -> Self {
        let mut ring = empty(vnodes);
        ring.insert_all(nodes(members)).unwrap();
        Self::of(ring.view())
    }

    /// What differs from a state that this one should be.
    fn differs(&self, wanted: &Self) -> Option<String> {
        let parts = [
            ("members", self.members != wanted.members),
            ("vnodes", self.vnodes != wanted.vnodes),
            ("fingerprint", self.fingerprint != wanted.fingerprint),
            ("points", self.points != wanted.points),
            ("owners", self.owners != wanted.owners),
            ("owners over zones", self.over_zones != wanted.over_zones),
        ];
        let differing: Vec<_> =
            parts.into_iter().filter(|(_, differs)| *differs).map(|(part, _)| part).collect();
        (!differing.is_empty()).then(|| differing.join(", "))
    }

    fn empty(&self) -> bool {
        self.members.is_empty() && self.points.is_empty()
    }
}

/// What the verbs edit, in the order of names.
const BEGIN: &[Member] = &[("a", 1), ("c", 2), ("d", 1), ("e", 1)];
/// What stands in a ring that another is merged into, and what joins one that a panic has emptied.
const OTHER: &[Member] = &[("m", 1), ("x", 1)];
/// So many nodes that the ring is built anew.
const MANY: &[Member] = &[("g", 1), ("b", 1), ("f", 1)];
/// The most nodes and units of weight that come of them.
const MOST: (usize, usize) = (7, 8);

/// One node joins, one leaves, one weighs more, one is replaced.
fn mixed<'a>() -> [Change<'a, Fuse>; 5] {
    [
        Change::Insert(node(("b", 1))),
        Change::Remove(b"e"),
        Change::Remove(b"d"),
        Change::SetWeight(b"c", 3),
        Change::Insert(node(("d", 1))),
    ]
}

fn refused(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

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

/// What went wrong: by storage, edit, what panicked and what came of it, after how many calls.
#[derive(Default)]
struct Failures(BTreeMap<[String; 4], Vec<usize>>);

impl Failures {
    fn add(&mut self, [storage, verb, culprit]: [&str; 3], calls: usize, what: String) {
        let key = [storage.into(), verb.into(), culprit.into(), what];
        self.0.entry(key).or_default().push(calls);
    }

    /// Fails with all of them.
    fn report(self) {
        let lines = self.0.iter().map(|([storage, verb, culprit, what], calls)| {
            let calls = spans(calls);
            format!("{storage}: {verb}: {culprit} after {calls} other calls: {what}\n")
        });
        let lines: String = lines.collect();
        assert!(
            lines.is_empty(),
            "a panic left a ring behind that is neither as it was nor empty:\n{lines}"
        );
    }
}

/// Rising numbers, those without a gap by the first and last of them.
fn spans(numbers: &[usize]) -> String {
    let follows = |a: &usize, b: &usize| a + 1 == *b;
    let spans = numbers.chunk_by(follows).map(|span| match span {
        [first, .., last] => format!("{first} to {last}"),
        [first] => first.to_string(),
        [] => String::new(),
    });
    spans.collect::<Vec<_>>().join(", ")
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

/// Whether a ring is as it was, or empty, and takes the next edits as one does that nothing has happened to.
fn judge<S: Storage<Node = Fuse, Placement: ByIdentity>>(
    ring: &mut BasicRing<S, Hash>,
    before: &State,
    empty: fn(u32) -> BasicRing<S, Hash>,
) -> Result<(), String> {
    let now = State::of(ring.view());
    if now.empty() && now.vnodes != before.vnodes {
        return Err(format!("it is empty with other vnodes: {}", now.vnodes));
    }
    if let (Some(parts), false) = (now.differs(before), now.empty()) {
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

/// An edit of a published ring, by name.
type WriterVerb<W> = (&'static str, fn(&mut RingWriter<W>) -> Result<(), String>);

const WRITER_VERBS: usize = 10;

/// Every edit of a published ring of [`BEGIN`].
fn writer_verbs<W, S>() -> [WriterVerb<W>; WRITER_VERBS]
where
    W: Update<Value = BasicRing<S, Hash>>,
    S: Storage<Node = Fuse, Placement: ByIdentity>,
{
    [
        ("insert", |writer| writer.insert(node(("b", 2))).map_err(refused)),
        ("remove", |writer| writer.remove(b"c").map(drop).map_err(refused)),
        ("set_weight up", |writer| writer.set_weight(b"c", 4).map(drop).map_err(refused)),
        ("set_weight down", |writer| writer.set_weight(b"c", 1).map(drop).map_err(refused)),
        ("apply", |writer| writer.apply(&mixed()).map_err(refused)),
        ("insert_all few", |writer| writer.insert_all(nodes(&[("b", 1)])).map_err(refused)),
        ("insert_all many", |writer| writer.insert_all(nodes(MANY)).map_err(refused)),
        ("replace", |writer| writer.replace(node(("c", 5))).map(drop).map_err(refused)),
        ("reconcile few", |writer| {
            let mut list: Vec<Fuse> = nodes(&BEGIN[1..]).collect();
            writer.reconcile(&mut list).map(drop).map_err(refused)
        }),
        ("reconcile all", |writer| {
            let mut list: Vec<Fuse> = nodes(MANY).collect();
            writer.reconcile(&mut list).map(drop).map_err(refused)
        }),
    ]
}

/// Has an edit through `writer` panic after so many calls, and adds to `failures` what comes of it. Whether
/// it did panic.
fn publish<W, S>(
    publication: &str,
    (verb, calls): (usize, usize),
    mut writer: RingWriter<W>,
    mut shown: impl FnMut() -> (u64, State),
    empty: fn(u32) -> BasicRing<S, Hash>,
    failures: &mut Failures,
) -> bool
where
    W: Update<Value = BasicRing<S, Hash>>,
    S: Storage<Node = Fuse, Placement: ByIdentity>,
{
    let (verb, edit) = writer_verbs::<W, S>()[verb];
    writer.insert_all(nodes(BEGIN)).unwrap();
    let culprit = match with(calls, || edit(&mut writer)) {
        Ok(result) => {
            assert_eq!(result, Ok(()), "{verb}");
            assert!(calls > 0, "{verb} calls nothing");
            return false;
        }
        Err(culprit) => culprit,
    };
    let mut members = BEGIN.to_vec();
    let mut check = |writer: &RingWriter<W>, version: u64, members: &[Member], when: &str| {
        let (published, state) = shown();
        let wanted = State::fresh(empty, writer.view().vnodes(), members);
        if (published, writer.version()) != (version, version) {
            return Err(format!("{when} version {published} is published, not {version}"));
        }
        let both = [state, State::of(writer.view())];
        match both.iter().find_map(|state| state.differs(&wanted)) {
            Some(parts) => Err(format!("{when} the published ring has other {parts}")),
            None => Ok(()),
        }
    };
    let judged = quietly(|| {
        check(&writer, 1, &members, "at once")?;
        let last = members.pop().unwrap();
        writer.remove(last.0.as_bytes()).map_err(refused)?;
        check(&writer, 2, &members, "after a remove")?;
        writer.insert(node(last)).map_err(|rejected| refused(rejected.error))?;
        members.push(last);
        check(&writer, 3, &members, "after an insert")?;
        writer.set_weight(b"c", 0).map_err(refused)?;
        members[1].1 = 0;
        check(&writer, 4, &members, "after set_weight")
    });
    if let Err(what) = judged.unwrap_or_else(|()| Err("then the ring panics".into())) {
        failures.add([publication, verb, culprit], calls, what);
    }
    true
}

#[test]
fn published() {
    type Small = Inline<u32, 16, 64>;
    let mut failures = Failures::default();
    for verb in 0..WRITER_VERBS {
        for calls in (0..).step_by(STEP) {
            let mut published =
                Published::<Small, 1, 2>::new([const { Small::with_hash(4, Hash) }; 2]);
            let (writer, [reader]) = published.split();
            let mut reader = RingReader::new(reader);
            let shown = || {
                let ring = reader.pin();
                (ring.version(), State::of(ring.view()))
            };
            let empty = |vnodes| Small::with_hash(vnodes, Hash);
            let writer = RingWriter::new(writer);
            if !publish("published", (verb, calls), writer, shown, empty, &mut failures) {
                break;
            }
        }
    }
    failures.report();
}

#[cfg(feature = "alloc")]
#[test]
fn published_with_handles_that_own() {
    type Small = Inline<u32, 16, 64>;
    let mut failures = Failures::default();
    for verb in 0..WRITER_VERBS {
        for calls in (0..).step_by(STEP) {
            let rings = [const { Small::with_hash(4, Hash) }; 2];
            let published = std::sync::Arc::new(Published::<Small, 1, 2>::new(rings));
            let mut reader = RingReader::new(published.owned_reader().unwrap());
            let shown = || {
                let ring = reader.pin();
                (ring.version(), State::of(ring.view()))
            };
            let empty = |vnodes| Small::with_hash(vnodes, Hash);
            let writer = RingWriter::new(published.owned_writer().unwrap());
            drop(published);
            if !publish("owned", (verb, calls), writer, shown, empty, &mut failures) {
                break;
            }
        }
    }
    failures.report();
}

#[cfg(feature = "std")]
#[test]
fn shared() {
    use annulus::{HeapRing, SharedRing};
    type Large = HeapRing<Fuse, Circle<u32>, Hash>;
    let mut failures = Failures::default();
    for (verb, owned) in (0..WRITER_VERBS).flat_map(|verb| [(verb, false), (verb, true)]) {
        for calls in (0..).step_by(STEP) {
            let empty = |vnodes| Large::with_hash(vnodes, Hash);
            let ring = SharedRing::new(empty(4), 2).unwrap();
            let shown = || {
                let ring = ring.pin();
                (ring.version(), State::of(ring.view()))
            };
            let verb = (verb, calls);
            let panicked = if owned {
                let writer = ring.clone().owned_writer().unwrap();
                publish("shared, owned", verb, writer, shown, empty, &mut failures)
            } else {
                let writer = ring.writer().unwrap();
                publish("shared", verb, writer, shown, empty, &mut failures)
            };
            if !panicked {
                break;
            }
        }
    }
    failures.report();
}
