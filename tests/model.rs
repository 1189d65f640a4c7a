//! Random edit sequences on every storage, compared step by step with a naive ring.

mod common;

use std::collections::BTreeMap;

use annulus::{
    BasicRing, BatchError, Change, Diff, EditError, MAX_IDENTITY_LEN, NamedNode, Native, Node as _,
    Placement, Position, ReplicaMoves, Ring, RingRef, RomRing, Storage,
};
use common::Random;
use common::oracle::Naive;
use common::placements::{Aimed, Coarse, CoarseWide, Crowded};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

type Node = NamedNode<'static>;

/// Longer than any ring takes.
const TOO_LONG: &str = match core::str::from_utf8(&[b'x'; MAX_IDENTITY_LEN + 1]) {
    Ok(name) => name,
    Err(_) => "",
};
/// Prefixes of one another, the empty one, the longest that is allowed, one that is not.
const NAMES: [&str; 13] = [
    "",
    "a",
    "aa",
    "ab",
    "b",
    "10.0.0.1:6379",
    "10.0.0.2:6379",
    "10.0.0.10:6379",
    "cache0001.dc1.example.com:6379",
    "cache0002.dc1.example.com:6379",
    "\u{fc}ml\u{e4}ut",
    TOO_LONG.split_at(MAX_IDENTITY_LEN).0,
    TOO_LONG,
];
const ZONES: [&str; 3] = ["", "east", "west"];

#[derive(Clone, Debug)]
enum Edit {
    Insert(Node),
    Remove(&'static str),
    SetWeight(&'static str, u32),
    Apply(Vec<Change<'static, Node>>),
    InsertAll(Vec<Node>),
    Merge(Vec<Change<'static, Node>>),
    Clear,
}

fn name() -> impl Strategy<Value = &'static str> {
    // The one that is too long comes seldom.
    prop_oneof![40 => 0..NAMES.len() - 1, 1 => Just(NAMES.len() - 1)].prop_map(|i| NAMES[i])
}

fn node() -> impl Strategy<Value = Node> {
    let zone = (0..ZONES.len()).prop_map(|i| ZONES[i]);
    (name(), 0..4u32, zone).prop_map(|(name, weight, zone)| NamedNode { name, weight, zone })
}

fn change() -> impl Strategy<Value = Change<'static, Node>> {
    prop_oneof![
        4 => node().prop_map(Change::Insert),
        3 => name().prop_map(|name| Change::Remove(name.as_bytes())),
        3 => (name(), 0..5u32).prop_map(|(name, weight)| Change::SetWeight(name.as_bytes(), weight)),
    ]
}

/// Changes to a membership of which most can be made: nodes that are there leave or change, others
/// join. Without this nearly every long batch would be refused.
fn changes() -> impl Strategy<Value = Changes> {
    (vec(change(), 0..7), prop::bool::weighted(0.8))
        .prop_map(|(changes, mend)| Changes { changes, mend })
}

#[derive(Clone, Debug)]
struct Changes {
    changes: Vec<Change<'static, Node>>,
    mend: bool,
}

#[derive(Clone, Debug)]
enum Plan {
    Insert(Node),
    Remove(&'static str),
    SetWeight(&'static str, u32),
    Apply(Changes),
    InsertAll(Vec<Node>),
    Merge(Changes),
    Clear,
}

fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        6 => node().prop_map(Plan::Insert),
        3 => name().prop_map(Plan::Remove),
        4 => (name(), 0..5u32).prop_map(|(name, weight)| Plan::SetWeight(name, weight)),
        5 => changes().prop_map(Plan::Apply),
        4 => vec(node(), 0..7).prop_map(Plan::InsertAll),
        4 => changes().prop_map(Plan::Merge),
        1 => Just(Plan::Clear),
    ]
}

/// The membership as it should be, and the room for it.
#[derive(Clone)]
struct Model {
    nodes: BTreeMap<&'static str, Node>,
    vnodes: u32,
    most_nodes: usize,
    most_points: usize,
}

fn static_name(identity: &[u8]) -> &'static str {
    NAMES.into_iter().find(|name| name.as_bytes() == identity).unwrap()
}

impl Model {
    fn points(&self) -> u64 {
        self.nodes.values().map(|node| u64::from(node.weight * self.vnodes)).sum()
    }

    fn room(&self) -> Result<(), EditError> {
        let (needed, capacity) = (self.nodes.len(), self.most_nodes);
        if needed > capacity {
            return Err(EditError::TooManyNodes { needed, capacity });
        }
        let (needed, capacity) = (self.points(), self.most_points);
        if needed > capacity as u64 {
            return Err(EditError::TooManyPoints { needed, capacity });
        }
        Ok(())
    }

    fn change(&mut self, change: &Change<'_, Node>) -> Result<(), EditError> {
        let identity = change.identity();
        if identity.len() > MAX_IDENTITY_LEN {
            return Err(EditError::IdentityTooLong { len: identity.len() });
        }
        let name = static_name(identity);
        match (change, self.nodes.get_mut(name)) {
            (Change::Insert(_), Some(_)) => return Err(EditError::DuplicateIdentity),
            (_, None) if !matches!(change, Change::Insert(_)) => {
                return Err(EditError::UnknownIdentity);
            }
            (Change::SetWeight(_, weight), Some(node)) => node.weight = *weight,
            (Change::Remove(_), _) => drop(self.nodes.remove(name)),
            (Change::Insert(node), None) => drop(self.nodes.insert(name, *node)),
            (Change::SetWeight(..), None) => unreachable!(),
        }
        Ok(())
    }

    fn apply(&self, changes: &[Change<'_, Node>]) -> Result<Self, BatchError> {
        let mut after = self.clone();
        for (at, change) in changes.iter().enumerate() {
            after.change(change).map_err(|error| BatchError { at: Some(at), error })?;
        }
        after.room().map_err(|error| BatchError { at: None, error })?;
        Ok(after)
    }

    fn one(&self, change: Change<'_, Node>) -> Result<Self, EditError> {
        let mut after = self.clone();
        after.change(&change)?;
        after.room()?;
        Ok(after)
    }

    /// The nodes joining one after the other. Where `twins` is not set, nodes that come twice are
    /// looked for only at the end.
    fn insert_all(&self, nodes: &[Node], twins: bool) -> Result<Self, BatchError> {
        let mut after = self.clone();
        let mut twin = None;
        let mut points = self.points();
        for (at, node) in nodes.iter().enumerate() {
            let refuse = |error| BatchError { at: Some(at), error };
            match after.change(&Change::Insert(*node)) {
                Err(EditError::DuplicateIdentity)
                    if !twins && !self.nodes.contains_key(node.name) =>
                {
                    twin = twin.or(Some(refuse(EditError::DuplicateIdentity)));
                }
                other => other.map_err(refuse)?,
            }
            points += u64::from(node.weight * self.vnodes);
            let (needed, capacity) = (self.nodes.len() + at + 1, self.most_nodes);
            if needed > capacity {
                return Err(refuse(EditError::TooManyNodes { needed, capacity }));
            }
            let (needed, capacity) = (points, self.most_points);
            if needed > capacity as u64 {
                return Err(refuse(EditError::TooManyPoints { needed, capacity }));
            }
        }
        twin.map_or(Ok(after), Err)
    }

    /// Turns `changes` into changes that can be made, where they were drawn to be.
    fn mend(&self, drawn: Changes) -> Vec<Change<'static, Node>> {
        if !drawn.mend {
            return drawn.changes;
        }
        let mut after = self.clone();
        let mut mended = Vec::new();
        for change in drawn.changes {
            if change.identity().len() > MAX_IDENTITY_LEN {
                continue;
            }
            let name = static_name(change.identity());
            let change = match (change, after.nodes.contains_key(name)) {
                (Change::Insert(node), true) => Change::SetWeight(name.as_bytes(), node.weight),
                (Change::Remove(_), false) => Change::Insert(NamedNode::new(name)),
                (Change::SetWeight(_, weight), false) => {
                    Change::Insert(NamedNode::new(name).with_weight(weight))
                }
                (change, _) => change,
            };
            after.change(&change).unwrap();
            mended.push(change);
        }
        mended
    }

    fn naive<P: Placement>(&self) -> Naive<'static> {
        let nodes = self.nodes.values();
        Naive::new::<P>(
            self.vnodes,
            nodes.map(|node| (node.name.as_bytes(), node.weight, node.zone.as_bytes())),
        )
    }
}

/// The part of `position` that a key aimed at it has as its hash.
fn aim<P: Position>(position: u64) -> u64 {
    position << (64 - P::BITS)
}

fn names<'a>(out: &[Option<&'a Node>]) -> Vec<&'a [u8]> {
    out.iter().flatten().map(|node| node.name.as_bytes()).collect()
}

/// Members and points are those of the naive ring, and every position finds its owner.
fn check_arrays<P: Placement>(view: RingRef<'_, Node, P, Aimed>, naive: &Naive<'_>) -> Vec<u64> {
    let members = view.members().iter().map(|member| {
        let node = member.node();
        (node.identity(), member.weight(), node.zone())
    });
    assert!(members.eq(naive.nodes.iter().copied()), "members");
    assert_eq!(view.len(), naive.nodes.len());
    assert_eq!(view.is_empty(), naive.nodes.is_empty());
    assert_eq!(view.point_count(), naive.points.len());
    let points = view.points().map(|point| (point.position.to_u64(), point.node.identity()));
    assert!(points.eq(naive.points.iter().map(|p| (p.0, p.1))), "points");
    assert_eq!(view.fingerprint(), naive.fingerprint());
    let max = P::Position::MAX.to_u64();
    let mut positions = vec![0, 1, max, max - 1, max / 2, max / 2 + 1];
    for &(position, ..) in &naive.points {
        let before = position.wrapping_sub(1) & max;
        positions.extend([before, position, position.wrapping_add(1) & max]);
    }
    positions.sort_unstable();
    positions.dedup();
    for &position in &positions {
        let owner = view.owner_at(P::key(aim::<P::Position>(position)));
        assert_eq!(owner.map(|node| node.identity()), naive.owner(position), "at {position:#x}");
    }
    positions
}

/// All walks from `position`.
fn check_walks<P: Placement>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    position: u64,
    random: &mut Random,
) {
    let key = aim::<P::Position>(position);
    let at = P::key(key);
    assert_eq!(view.position(&key), at);
    assert_eq!(at.to_u64(), position);
    assert_eq!(view.owner(&key).map(|node| node.identity()), naive.owner(position));
    let walk = view.points_from(at).map(|point| point.node.identity());
    assert!(walk.eq(naive.walk(position)), "walk from {position:#x}");

    let order = naive.order(position, |_| true);
    let stale = NamedNode::new("stale");
    let nodes = naive.nodes.len();
    for k in 0..=nodes + 1 {
        let mut out = vec![Some(&stale); k];
        assert_eq!(view.owners(&key, &mut out), order.len().min(k));
        assert!(out[order.len().min(k)..].iter().all(Option::is_none));
        assert_eq!(names(&out), order[..order.len().min(k)], "{k} from {position:#x}");
    }
    fn ids<'a>(nodes: &[&'a Node]) -> Vec<&'a [u8]> {
        nodes.iter().map(|node| node.name.as_bytes()).collect()
    }
    assert_eq!(ids(&view.replicas::<0>(&key)), order[..0]);
    assert_eq!(ids(&view.replicas::<1>(&key)), order[..order.len().min(1)]);
    assert_eq!(ids(&view.replicas::<3>(&key)), order[..order.len().min(3)]);
    assert_eq!(ids(&view.replicas::<16>(&key)), order);

    // None alive, each alone, all, all but each, and any.
    let everyone = (1u64 << nodes) - 1;
    let alone = (0..nodes).map(|i| 1 << i);
    let mut sets: Vec<u64> = alone.flat_map(|bit| [bit, everyone & !bit]).collect();
    sets.extend([0, everyone, random.next() & everyone, random.next() & everyone]);
    for set in sets {
        let alive = |identity: &[u8]| {
            set >> naive.nodes.iter().position(|node| node.0 == identity).unwrap() & 1 == 1
        };
        let living = |node: &Node| alive(node.identity());
        let order = naive.order(position, alive);
        let owner = view.owner_where(&key, living);
        assert_eq!(owner.map(|node| node.identity()), order.first().copied());
        let zones = naive.zone_order(position, alive);
        for k in [0, 1, 2, 3, nodes, nodes + 1, random.below(nodes + 2)] {
            let mut out = vec![Some(&stale); k];
            let found = order.len().min(k);
            assert_eq!(view.owners_where(&key, living, &mut out), found);
            assert_eq!(names(&out), order[..found], "{k} alive of {set:b} from {position:#x}");
            assert!(out[found..].iter().all(Option::is_none));
            let mut out = vec![Some(&stale); k];
            assert_eq!(view.owners_in_distinct_zones(&key, living, &mut out), found);
            assert_eq!(names(&out), zones[..found], "{k} in zones, {set:b} from {position:#x}");
            assert!(out[found..].iter().all(Option::is_none));
        }
    }
}

/// Ranges tile the circle, shares and balance follow from them, batches agree with single lookups.
fn check_insight<P: Placement>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    positions: &[u64],
) {
    let ranges: Vec<_> = view.ranges().collect();
    let arcs = ranges.iter().map(|range| (range.arc.start.to_u64(), range.arc.end.to_u64()));
    assert!(arcs.eq(naive.arcs()), "arcs");
    let covered: u128 = ranges.iter().map(|range| range.arc.len()).sum();
    let circle = if naive.points.is_empty() { 0 } else { P::Position::CIRCLE };
    assert_eq!(covered, circle);
    for range in &ranges {
        assert_eq!(range.node.identity(), naive.owner(range.arc.end.to_u64()).unwrap());
    }
    let queries: Vec<_> = positions.iter().map(|&p| P::key(aim::<P::Position>(p))).collect();
    for &query in &queries {
        let mut holders = ranges.iter().filter(|range| range.arc.contains(query));
        let holder = holders.next().map(|range| range.node.name);
        assert_eq!(holder, view.owner_at(query).map(|node| node.name));
        assert!(holders.next().is_none(), "ranges overlap");
    }
    let mut batch = vec![None; queries.len()];
    view.owners_batch(&queries, &mut batch).unwrap();
    for (query, owner) in queries.iter().zip(&batch) {
        assert_eq!(owner.map(|node| node.name), view.owner_at(*query).map(|node| node.name));
    }
    let kept = batch.clone();
    assert!(view.owners_batch(&queries[1..], &mut batch).is_err());
    assert_eq!(batch, kept);

    let expected = naive.shares();
    let mut shares = vec![7; naive.nodes.len()];
    view.shares(&mut shares).unwrap();
    assert_eq!(shares, expected);
    assert_eq!(shares.iter().sum::<u128>(), circle);
    let mut long = vec![7; naive.nodes.len() + 1];
    assert!(view.shares(&mut long).is_err());
    assert!(long.iter().all(|&share| share == 7));
    for (node, share) in naive.nodes.iter().zip(&expected) {
        let exact = *share as f64 / P::Position::CIRCLE as f64;
        assert_eq!(view.share(node.0), Some(exact));
        assert_eq!(view.get(node.0).unwrap().node().identity(), node.0);
    }
    assert!(view.share(b"nobody").is_none() && view.get(b"nobody").is_none());

    let weights: f64 = naive.nodes.iter().map(|node| f64::from(node.1)).sum();
    let loads: Vec<f64> = naive
        .nodes
        .iter()
        .zip(&expected)
        .filter(|(node, _)| node.1 > 0)
        .map(|(node, &share)| {
            share as f64 / P::Position::CIRCLE as f64 * weights / f64::from(node.1)
        })
        .collect();
    match view.balance(&shares) {
        None => assert!(naive.points.is_empty()),
        Some(balance) => {
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
            let mean = loads.iter().sum::<f64>() / loads.len() as f64;
            let squares = loads.iter().map(|load| (load - mean).powi(2)).sum::<f64>();
            assert_eq!(balance.nodes, loads.len());
            close(balance.mean, mean);
            close(balance.std_dev, (squares / loads.len() as f64).sqrt());
            close(balance.min, loads.iter().copied().fold(f64::INFINITY, f64::min));
            close(balance.max, loads.iter().copied().fold(0.0, f64::max));
        }
    }
}

/// The difference between two rings, for one owner and for K replicas.
fn check_diff<P: Placement>(
    (old, old_naive): (RingRef<'_, Node, P, Aimed>, &Naive<'_>),
    (new, new_naive): (RingRef<'_, Node, P, Aimed>, &Naive<'_>),
) {
    let diff = Diff::new(old, new);
    let mut expected = old_naive.moves(new_naive);
    // Joined with the neighbour, but not across position zero.
    expected.dedup_by(|next, last| {
        let joins = next.0.0 == last.0.1 && (next.1, next.2) == (last.1, last.2);
        if joins {
            last.0.1 = next.0.1;
        }
        joins
    });
    let moves: Vec<_> = diff
        .moves()
        .map(|moved| {
            let arc = (moved.arc.start.to_u64(), moved.arc.end.to_u64());
            let name =
                |node: Option<&Node>| node.map(|node| static_name(node.identity()).as_bytes());
            (arc, name(moved.from), name(moved.to))
        })
        .collect();
    assert_eq!(moves, expected);
    let moved: u128 = expected.iter().map(|(arc, ..)| old_naive.arc_len(*arc)).sum();
    assert_eq!(diff.moved_share(), moved as f64 / P::Position::CIRCLE as f64);

    for k in 0..4 {
        let (mut before, mut after) = (vec![None; k], vec![None; k]);
        let mut visited = ReplicaMoves::default();
        let sums = diff.visit_replica_moves(&mut before, &mut after, |arc, before, after| {
            let end = arc.end.to_u64();
            let (old, new) = (old_naive.order(end, |_| true), new_naive.order(end, |_| true));
            let (old, new) = (&old[..old.len().min(k)], &new[..new.len().min(k)]);
            assert_eq!(names(before), old);
            assert_eq!(names(after), new);
            let lost = old.iter().filter(|node| !new.contains(node)).count() as u128;
            let gained = new.iter().filter(|node| !old.contains(node)).count() as u128;
            visited.changed += arc.len();
            visited.lost += arc.len() * lost;
            visited.gained += arc.len() * gained;
        });
        assert_eq!(sums, visited);
    }
}

fn check_all<P: Placement>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    random: &mut Random,
) {
    let positions = check_arrays(view, naive);
    check_insight(view, naive, &positions);
    for _ in 0..6 {
        check_walks(view, naive, positions[random.below(positions.len())], random);
    }
    let anywhere = random.next() & P::Position::MAX.to_u64();
    check_walks(view, naive, anywhere, random);
}

/// Runs one edit on ring and model; both must agree whether it can be made.
fn edit<S, P>(
    ring: &mut BasicRing<S, Aimed>,
    other: &mut BasicRing<S, Aimed>,
    model: &Model,
    plan: Plan,
) -> Model
where
    S: Storage<Node = Node, Placement = P>,
    P: Placement,
{
    let edit = match plan {
        Plan::Insert(node) => Edit::Insert(node),
        Plan::Remove(name) => Edit::Remove(name),
        Plan::SetWeight(name, weight) => Edit::SetWeight(name, weight),
        Plan::Apply(changes) => Edit::Apply(model.mend(changes)),
        Plan::InsertAll(nodes) => Edit::InsertAll(nodes),
        Plan::Merge(changes) => Edit::Merge(model.mend(changes)),
        Plan::Clear => Edit::Clear,
    };
    let unknown = |name: &str| {
        if model.nodes.contains_key(name) { None } else { Some(EditError::UnknownIdentity) }
    };
    match edit {
        Edit::Insert(node) => match (model.one(Change::Insert(node)), ring.insert(node)) {
            (Ok(after), Ok(())) => return after,
            (Err(expected), Err(rejected)) => {
                assert_eq!((rejected.error, rejected.node), (expected, node));
            }
            (expected, result) => panic!("{result:?} where {:?}", expected.err()),
        },
        Edit::Remove(name) => match (unknown(name), ring.remove(name.as_bytes())) {
            (None, Ok(node)) => {
                let here = model.nodes[name];
                assert_eq!((node.name, node.zone), (here.name, here.zone));
                return model.one(Change::Remove(name.as_bytes())).ok().unwrap();
            }
            (expected, result) => assert_eq!(result.err(), expected),
        },
        Edit::SetWeight(name, weight) => {
            let result = ring.set_weight(name.as_bytes(), weight);
            match (unknown(name), model.one(Change::SetWeight(name.as_bytes(), weight))) {
                (None, Ok(after)) => {
                    assert_eq!(result, Ok(model.nodes[name].weight));
                    return after;
                }
                (Some(error), _) | (None, Err(error)) => assert_eq!(result, Err(error)),
            }
        }
        Edit::Apply(changes) => match (model.apply(&changes), ring.apply(&changes)) {
            (Ok(after), Ok(())) => return after,
            (expected, result) => assert_eq!(result.err(), expected.err()),
        },
        Edit::InsertAll(nodes) => {
            let result = ring.insert_all(nodes.iter().copied());
            match model.insert_all(&nodes, false) {
                Ok(after) => {
                    assert_eq!(result, Ok(()));
                    return after;
                }
                // Either may be named when nodes come twice and do not fit as well.
                Err(error) => {
                    let other = model.insert_all(&nodes, true).err();
                    assert!(result == Err(error) || result.err() == other, "{result:?}");
                }
            }
        }
        Edit::Merge(changes) => {
            let untouched = (other.view().fingerprint(), other.view().point_count());
            let result = other.merge_from(ring.view(), &changes);
            match model.apply(&changes) {
                Ok(after) => {
                    assert_eq!(result, Ok(()));
                    check_arrays(ring.view(), &model.naive::<P>());
                    std::mem::swap(ring, other);
                    return after;
                }
                Err(error) => {
                    assert_eq!(result, Err(error));
                    let now = (other.view().fingerprint(), other.view().point_count());
                    assert_eq!(now, untouched);
                }
            }
        }
        Edit::Clear => {
            ring.clear();
            return Model { nodes: BTreeMap::new(), ..model.clone() };
        }
    }
    model.clone()
}

/// How many edit sequences each test below draws. With `alloc` there are 24 of them.
const SEQUENCES: u32 = 512;

fn run<S, P>(empty: impl Fn(u32) -> BasicRing<S, Aimed>, most_nodes: usize, most_points: usize)
where
    S: Storage<Node = Node, Placement = P>,
    P: Placement,
{
    let config =
        ProptestConfig { cases: SEQUENCES, failure_persistence: None, ..Default::default() };
    let drawn = (1..5u32, vec(plan(), 1..12), any::<u64>());
    let result = TestRunner::new(config).run(&drawn, |(vnodes, plans, seed)| {
        let mut random = Random(seed);
        let (mut ring, mut other) = (empty(vnodes), empty(vnodes));
        let mut model = Model { nodes: BTreeMap::new(), vnodes, most_nodes, most_points };
        let mut old = empty(vnodes);
        for plan in plans {
            let before = model.naive::<P>();
            old.merge_from(ring.view(), &[]).unwrap();
            model = edit(&mut ring, &mut other, &model, plan);
            let naive = model.naive::<P>();
            let positions = check_arrays(ring.view(), &naive);
            let position = positions[random.below(positions.len())];
            check_walks(ring.view(), &naive, position, &mut random);
            check_diff((old.view(), &before), (ring.view(), &naive));
        }
        check_all(ring.view(), &model.naive::<P>(), &mut random);
        fresh_builds(&ring, &model, &empty, &mut random);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// The outcome of any edits is a fresh build, in whatever order and on whatever storage.
fn fresh_builds<S, P>(
    ring: &BasicRing<S, Aimed>,
    model: &Model,
    empty: impl Fn(u32) -> BasicRing<S, Aimed>,
    random: &mut Random,
) where
    S: Storage<Node = Node, Placement = P>,
    P: Placement,
{
    let naive = model.naive::<P>();
    let mut nodes: Vec<Node> = model.nodes.values().copied().collect();
    random.shuffle(&mut nodes);
    let mut one_by_one = empty(model.vnodes);
    nodes.iter().for_each(|node| one_by_one.insert(*node).unwrap());
    check_arrays(one_by_one.view(), &naive);
    assert!(*ring == one_by_one);
    let mut roomy = Box::new(Ring::<Node, 16, 256, P, Aimed>::with_hash(model.vnodes, Aimed));
    roomy.insert_all(nodes.iter().copied()).unwrap();
    check_arrays(roomy.view(), &naive);
    assert!(*ring == *roomy);
    roomy.merge_from(ring.view(), &[]).unwrap();
    check_arrays(roomy.view(), &naive);
    #[cfg(feature = "alloc")]
    {
        let mut heap = annulus::HeapRing::<Node, P, Aimed>::with_hash(model.vnodes, Aimed);
        heap.insert_all(nodes.iter().copied()).unwrap();
        check_arrays(heap.view(), &naive);
        assert!(*ring == heap);
        let mut copy = annulus::HeapRing::<Node, P, Aimed>::with_hash(9, Aimed);
        copy.insert(NamedNode::new("something else")).unwrap();
        copy.merge_from(ring.view(), &[]).unwrap();
        check_arrays(copy.view(), &naive);
    }
}

macro_rules! sequences {
    ($($module:ident: $placement:ty;)*) => {$(
        mod $module {
            use super::*;

            #[test]
            fn inline_with_little_room() {
                run(|vnodes| Ring::<Node, 8, 40, $placement, Aimed>::with_hash(vnodes, Aimed), 8, 40);
            }

            #[test]
            fn inline_with_next_to_no_room() {
                run(|vnodes| Ring::<Node, 4, 11, $placement, Aimed>::with_hash(vnodes, Aimed), 4, 11);
            }

            #[cfg(feature = "alloc")]
            #[test]
            fn heap() {
                use annulus::HeapRing;
                let most = u32::MAX as usize;
                let empty = |vnodes| HeapRing::<Node, $placement, Aimed>::with_hash(vnodes, Aimed);
                run(empty, most, most);
            }
        }
    )*};
}

sequences! {
    coarse_4: Coarse<4>;
    coarse_8: Coarse<8>;
    coarse_16: Coarse<16>;
    crowded_4: Crowded<4>;
    crowded_16: Crowded<16>;
    coarse_wide_8: CoarseWide<8>;
    native_32: Native;
    native_64: Native<u64>;
}

/// Rings in flash: evaluated by the compiler, compared with the naive ring and the other storages.
fn check_rom<const NODES: usize, const POINTS: usize>(rom: &RomRing<NODES, POINTS, Aimed>) {
    let nodes = rom.view().members().iter().map(|member| (member.node().name, *member.node()));
    let model = Model {
        nodes: nodes.collect(),
        vnodes: rom.view().vnodes(),
        most_nodes: usize::MAX,
        most_points: usize::MAX,
    };
    let naive = model.naive::<Native>();
    let mut random = Random(NODES as u64);
    for _ in 0..20 {
        check_all(rom.view(), &naive, &mut random);
    }
    let mut inline = Box::new(Ring::<Node, 16, 256, Native, Aimed>::with_hash(1, Aimed));
    inline.merge_from(rom.view(), &[]).unwrap();
    check_all(inline.view(), &naive, &mut random);
    check_diff((rom.view(), &naive), (inline.view(), &naive));
    fresh_builds(
        &*inline,
        &model,
        |vnodes| Ring::<Node, 16, 256, Native, Aimed>::with_hash(vnodes, Aimed),
        &mut random,
    );
}

#[test]
fn rings_in_flash() {
    static EMPTY: RomRing<0, 0, Aimed> = RomRing::with_hash(3, Aimed, []);
    static ONE: RomRing<1, 1, Aimed> = RomRing::with_hash(1, Aimed, [NamedNode::new("a")]);
    static DRAINED: RomRing<2, 5, Aimed> = RomRing::with_hash(
        4,
        Aimed,
        [NamedNode::new("b").with_weight(0), NamedNode::new("a").with_weight(0)],
    );
    static MIXED: RomRing<6, 150, Aimed> = RomRing::with_hash(
        16,
        Aimed,
        [
            NamedNode::new("b").with_zone("west"),
            NamedNode::new("aa").with_weight(3),
            NamedNode::new("").with_zone("east"),
            NamedNode::new("a").with_weight(0),
            NamedNode::new("10.0.0.1:6379").with_weight(2).with_zone("west"),
            NamedNode::new("ab").with_zone("east"),
        ],
    );
    static ODD: RomRing<3, 21, Aimed> = RomRing::with_hash(
        7,
        Aimed,
        [NamedNode::new("ab"), NamedNode::new("aa"), NamedNode::new("a")],
    );
    check_rom(&EMPTY);
    check_rom(&ONE);
    check_rom(&DRAINED);
    check_rom(&MIXED);
    check_rom(&ODD);
}
