//! Nodes, a placement and a key hash whose every call may panic, and what is seen of rings of them.

#[path = "quiet.rs"]
mod quiet;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use annulus::{
    BasicRing, ByIdentity, Change, Native, Node, PerWeight, Placement, Position, RingRef, Rule,
    Storage,
};

pub(crate) use quiet::quietly;

/// How many more calls go well each time.
pub(crate) const STEP: usize = if cfg!(miri) { 13 } else { 1 };

thread_local! {
    /// How many calls of user code go well before one panics; `None` where all do.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    /// What panicked last.
    static CULPRIT: Cell<&'static str> = const { Cell::new("the ring itself") };
}

/// Begins every piece of user code.
pub(crate) fn called(code: &'static str) {
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
pub(crate) fn with<R>(calls: usize, code: impl FnOnce() -> R) -> Result<R, &'static str> {
    CULPRIT.set("the ring itself");
    LEFT.set(Some(calls));
    let result = quietly(code);
    LEFT.set(None);
    result.map_err(|()| CULPRIT.get())
}

/// A node whose every method may panic.
#[derive(Debug)]
pub(crate) struct Fuse {
    pub(crate) name: &'static str,
    pub(crate) weight: u32,
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
pub(crate) struct Circle<P>(PhantomData<P>);

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
pub(crate) struct Hash;

impl Clone for Hash {
    fn clone(&self) -> Self {
        called("Clone of the key hash");
        Self
    }
}

/// The nodes of these names and weights, from an iterator that may panic.
pub(crate) fn nodes(list: &[Member]) -> impl Iterator<Item = Fuse> {
    let mut list = list.iter();
    std::iter::from_fn(move || {
        called("the iterator");
        list.next().map(|&member| node(member))
    })
}

pub(crate) fn node((name, weight): Member) -> Fuse {
    Fuse { name, weight }
}

/// Name and weight.
pub(crate) type Member = (&'static str, u32);

/// Everything that can be seen of a ring.
#[derive(PartialEq)]
pub(crate) struct State {
    pub(crate) members: Vec<Member>,
    pub(crate) vnodes: u32,
    pub(crate) fingerprint: u64,
    pub(crate) points: Vec<(u64, &'static str)>,
    /// Who owns the position of each point.
    pub(crate) owners: Vec<Option<&'static str>>,
    /// All nodes with points, as they are spread over zones from each point.
    pub(crate) over_zones: Vec<Vec<&'static str>>,
}

impl State {
    pub(crate) fn of<P: ByIdentity>(view: RingRef<'_, Fuse, P, Hash>) -> Self {
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
    pub(crate) fn fresh<S: Storage<Node = Fuse, Placement: ByIdentity>>(
        empty: impl Fn(u32) -> BasicRing<S, Hash>,
        vnodes: u32,
        members: &[Member],
    ) -> Self {
        let mut ring = empty(vnodes);
        ring.insert_all(nodes(members)).unwrap();
        Self::of(ring.view())
    }

    /// What differs from a state that this one should be.
    pub(crate) fn differs(&self, wanted: &Self) -> Option<String> {
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
}

/// What the verbs edit, in the order of names.
pub(crate) const BEGIN: &[Member] = &[("a", 1), ("c", 2), ("d", 1), ("e", 1)];
/// So many nodes that the ring is built anew.
pub(crate) const MANY: &[Member] = &[("g", 1), ("b", 1), ("f", 1)];
/// One node joins, one leaves, one weighs more, one is replaced.
pub(crate) fn mixed<'a>() -> [Change<'a, Fuse>; 5] {
    [
        Change::Insert(node(("b", 1))),
        Change::Remove(b"e"),
        Change::Remove(b"d"),
        Change::SetWeight(b"c", 3),
        Change::Insert(node(("d", 1))),
    ]
}

pub(crate) fn refused(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

/// What went wrong: by storage, edit, what panicked and what came of it, after how many calls.
#[derive(Default)]
pub(crate) struct Failures(BTreeMap<[String; 4], Vec<usize>>);

impl Failures {
    pub(crate) fn add(&mut self, [storage, verb, culprit]: [&str; 3], calls: usize, what: String) {
        let key = [storage.into(), verb.into(), culprit.into(), what];
        self.0.entry(key).or_default().push(calls);
    }

    /// Fails with all of them.
    pub(crate) fn report(self) {
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
