//! Two memberships and what moves between them, compared with the naive rings.

use std::collections::BTreeMap;

use annulus::{
    Diff, Generations, KeyRange, NamedNode, Node as _, Position, ReplicaMoves, RingRef, Ruled,
};

use super::Random;
use super::check::{check_arrays, check_insight, check_rules, names};
use super::holders::{Asked, any_down, any_maximum};
use super::membership::{Node, static_name};
use super::oracle::{Naive, joined, joined_in_order};
use super::placements::Aimed;
use super::rules::Subject;

/// Compares everything about two rings with naive ones of the same members.
pub(crate) fn compare<P: Subject>(
    old: RingRef<'_, Node, P, Aimed>,
    new: RingRef<'_, Node, P, Aimed>,
) {
    let naive = [Naive::of_counts(old), Naive::of_counts(new)];
    let (old, new) = ((old, &naive[0]), (new, &naive[1]));
    for (view, naive) in [old, new] {
        let positions = check_arrays(view, naive);
        check_insight(view, naive, &positions);
        check_rules(view, naive, &mut Random(naive.fingerprint()));
    }
    check_diff(old, new);
    check_transfer(old.0, new.0);
}

/// The difference between two rings: of their owners, and under rules of which those of the two sides may
/// differ.
pub(crate) fn check_diff<P: Subject>(old: Side<'_, P>, new: Side<'_, P>) {
    let owner = Asked::new(1, None, &[]);
    check_moves(&Diff::new(old.0, new.0), (old.1, &owner), (new.1, &owner));
    let mut random = chosen_by(old.1, new.1);
    let replicas = Asked::new(random.below(4), None, &[]);
    check_under(old, &replicas, new, &replicas);
    let down = [any_down(&mut random), any_down(&mut random)];
    let before = Asked::any(&mut random, old.0.len(), &down[0]);
    let after = Asked::any(&mut random, new.0.len(), &down[1]);
    let after = [after, Asked { down: &down[1], ..before }][random.below(2)];
    check_under(old, &before, new, &after);
}

/// A ring, and the naive ring of its members.
pub(crate) type Side<'a, P> = (RingRef<'a, Node, P, Aimed>, &'a Naive<'a>);

/// Numbers that two memberships choose.
fn chosen_by(old: &Naive<'_>, new: &Naive<'_>) -> Random {
    Random(old.fingerprint().rotate_left(1) ^ new.fingerprint())
}

/// The difference between two rings under a rule each.
fn check_under<P: Subject>(
    (old, old_naive): Side<'_, P>,
    before: &Asked<'_>,
    (new, new_naive): Side<'_, P>,
    after: &Asked<'_>,
) {
    let diff = Diff::under(old.under(before.rule()), new.under(after.rule()));
    check_moves(&diff, (old_naive, before), (new_naive, after));

    let generations = Generations::under(old.under(before.rule()), new.under(after.rule()));
    let holders = |end: u64| [old_naive.holders(end, before), new_naive.holders(end, after)];
    let missing = |set: &[&[u8]], other: &[&[u8]]| {
        set.iter().filter(|node| !other.contains(node)).count() as u128
    };
    let mut expected = ReplicaMoves::default();
    let mut by_end = BTreeMap::new();
    for range in old_naive.key_ranges_with(new_naive) {
        let [old, new] = holders(range.1);
        check_generations(&generations, range.1, [&old, &new]);
        let (len, lost, gained) =
            (old_naive.range_len(range), missing(&old, &new), missing(&new, &old));
        expected.changed += if lost + gained > 0 { len } else { 0 };
        expected.lost += len * lost;
        expected.gained += len * gained;
        by_end.insert(range.1, [old, new]);
    }
    let [mut old_room, mut new_room] = [(before, old.len()), (after, new.len())]
        .map(|(asked, nodes)| vec![None; asked.replicas.min(nodes)]);
    let mut changed = 0;
    let visit = |range: KeyRange<P::Position>, old: &[_], new: &[_]| {
        // Ends may be others than those of the naive rings, where they are not promised.
        let end = range.end.to_u64();
        let [before, after] = by_end.entry(end).or_insert_with(|| holders(end));
        assert_eq!(names(old), *before);
        assert_eq!(names(new), *after);
        assert!(missing(before, after) + missing(after, before) > 0);
        changed += range.len();
    };
    let sums = diff.visit_replica_moves(&mut old_room, &mut new_room, visit).unwrap();
    assert_eq!(sums, expected, "{before:?} to {after:?}");
    assert_eq!(sums.changed, changed);
}

/// Whom to ask for the keys of a position while data moves, given who holds it before and after.
fn check_generations<P: Subject>(
    generations: &Generations<'_, '_, Node, P, Aimed>,
    position: u64,
    [old, new]: [&[&[u8]]; 2],
) {
    let key = P::aim(position);
    let (at, first) = (P::key(key), |set: &[&'static [u8]]| set.first().copied());
    let [old, new] = [old, new].map(|set| -> Vec<&'static [u8]> {
        set.iter().map(|identity| static_name(identity).as_bytes()).collect()
    });
    let (owner, previous) = generations.owner(&key);
    assert_eq!(owner.map(|node| node.name.as_bytes()), first(&new), "at {position:#x}");
    let expected = first(&old).filter(|_| first(&old) != first(&new));
    assert_eq!(previous.map(|node| node.name.as_bytes()), expected, "at {position:#x}");
    assert_eq!(generations.owner_at(at), (owner, previous));

    let gone: Vec<&[u8]> = old.iter().filter(|node| !new.contains(node)).copied().collect();
    let stale = NamedNode::new("stale");
    let mut out = [Some(&stale); 32];
    let found = generations.owners(&key, &mut out);
    assert_eq!(found, Ok((new.len(), gone.len())), "at {position:#x}");
    assert_eq!(names(&out), [new, gone].concat(), "at {position:#x}");
    let mut at_position = [Some(&stale); 32];
    assert_eq!(generations.owners_at(at, &mut at_position), found);
    assert_eq!(at_position, out);
}

/// Where the first holder changes.
fn check_moves<P: Subject>(
    diff: &Diff<'_, '_, Node, P, Aimed>,
    (old, before): (&Naive<'_>, &Asked<'_>),
    (new, after): (&Naive<'_>, &Asked<'_>),
) {
    let first = |naive: &Naive<'_>, asked: &Asked<'_>, position| {
        naive.holders(position, asked).first().map(|name| static_name(name).as_bytes())
    };
    let mut expected = Vec::new();
    for range in old.key_ranges_with(new) {
        let (from, to) = (first(old, before, range.1), first(new, after, range.1));
        if from != to {
            expected.push((range, (from, to)));
        }
    }
    let moved: u128 = expected.iter().map(|(range, _)| old.range_len(*range)).sum();
    assert_eq!(diff.moved_share(), moved as f64 / P::Position::CIRCLE as f64);
    let name = |node: Option<&Node>| node.map(|node| static_name(node.identity()).as_bytes());
    let moves = diff.moves().map(|moved| {
        let range = (moved.range.start.to_u64(), moved.range.end.to_u64());
        (range, (name(moved.from), name(moved.to)))
    });
    let moves: Vec<_> = moves.collect();
    if old.ends_are_promised() {
        assert_eq!(moves, joined_in_order(expected), "{before:?} to {after:?}");
    } else {
        assert_eq!(joined(moves), joined(expected), "{before:?} to {after:?}");
    }
}

/// The moves, taken one by one, turn the old routing into the new one: for one owner, for K replicas and
/// over zones, at every position where any could change.
pub(crate) fn check_transfer<P: Subject>(
    old: RingRef<'_, Node, P, Aimed>,
    new: RingRef<'_, Node, P, Aimed>,
) {
    let diff = Diff::new(old, new);
    let moves: Vec<_> = diff.moves().collect();
    let max = P::Position::MAX.to_u64();
    let naive = [old, new].map(|view| Naive::of_counts(view));
    let ends = naive.iter().flat_map(Naive::key_ranges).map(|range| range.1);
    let mut positions: Vec<u64> = ends.flat_map(|end| [end, end.wrapping_add(1) & max]).collect();
    positions.extend([0, max]);
    positions.sort_unstable();
    positions.dedup();
    let covering = covering(&positions, moves.iter().map(|moved| moved.range));
    for (&position, covering) in positions.iter().zip(covering) {
        let at = P::key(P::aim(position));
        let name = |node: Option<&Node>| node.map(|node| node.name);
        let before = name(old.owner_at(at));
        let after = match covering.map(|n| &moves[n]) {
            Some(moved) => {
                assert_eq!(name(moved.from), before, "at {position:#x}");
                name(moved.to)
            }
            None => before,
        };
        assert_eq!(after, name(new.owner_at(at)), "at {position:#x}");
    }
    let mut random = chosen_by(&naive[0], &naive[1]);
    let down = any_down(&mut random);
    for asked in [
        Asked::new(1, None, &[]),
        Asked::new(2 + random.below(2), None, &[]),
        Asked::new(1 + random.below(6), Some(any_maximum(&mut random)), &down),
    ] {
        let [old, new] = [old, new].map(|view| view.under(asked.rule()));
        let mut changed = Vec::new();
        let (mut before, mut after) = ([None; 8], [None; 8]);
        let visit = |range, _: &[_], after: &[_]| changed.push((range, sorted(after)));
        Diff::under(old, new).visit_replica_moves(&mut before, &mut after, visit).unwrap();
        let covering = self::covering(&positions, changed.iter().map(|(range, _)| *range));
        for (&position, covering) in positions.iter().zip(covering) {
            let at = P::key(P::aim(position));
            let set = |ring: Ruled<'_, '_, Node, P, Aimed>| {
                let mut out = [None; 8];
                ring.owners_at(at, &mut out);
                sorted(&out)
            };
            let (before, after) = (set(old), set(new));
            match covering.map(|n| &changed[n].1) {
                Some(set) => assert!(*set == after && before != after, "at {position:#x}"),
                None => assert_eq!(before, after, "{asked:?} at {position:#x}"),
            }
        }
    }
}

/// Which of the ranges each of the positions, which are in order, lies in: of no two.
fn covering<P: Position>(
    positions: &[u64],
    ranges: impl Iterator<Item = KeyRange<P>>,
) -> Vec<Option<usize>> {
    let mut covering = vec![None; positions.len()];
    for (n, range) in ranges.enumerate() {
        let first = positions.partition_point(|&position| position <= range.start.to_u64());
        let from_there = (first..positions.len()).chain(0..first);
        for at in from_there
            .take_while(|&at| range.contains(P::from_hash(positions[at] << (64 - P::BITS))))
        {
            let other = covering[at].replace(n);
            assert!(other.is_none(), "ranges overlap at {:#x}", positions[at]);
        }
    }
    covering
}

/// The names of a set of replicas.
fn sorted(replicas: &[Option<&Node>]) -> Vec<&'static str> {
    let mut names: Vec<_> = replicas.iter().flatten().map(|node| node.name).collect();
    names.sort_unstable();
    names
}
