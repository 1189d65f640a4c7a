//! Two memberships and what moves between them, compared with the naive rings.

use std::collections::BTreeMap;

use annulus::{Diff, KeyRange, Node as _, Position, ReplicaMoves, RingRef, Rule};

use super::check::{check_arrays, check_insight, names};
use super::membership::{Node, static_name};
use super::oracle::{Naive, joined};
use super::placements::Aimed;
use super::rules::Subject;

/// Compares everything about two rings with naive ones of the same members.
pub(crate) fn compare<P: Subject>(
    old: RingRef<'_, Node, P, Aimed>,
    new: RingRef<'_, Node, P, Aimed>,
) {
    let naive = [Naive::of(old), Naive::of(new)];
    let (old, new) = ((old, &naive[0]), (new, &naive[1]));
    for (view, naive) in [old, new] {
        let positions = check_arrays(view, naive);
        check_insight(view, naive, &positions);
    }
    check_diff(old, new);
    check_transfer(old.0, new.0);
}

/// The difference between two rings, for one owner and for K replicas.
pub(crate) fn check_diff<P: Subject>(
    (old, old_naive): (RingRef<'_, Node, P, Aimed>, &Naive<'_>),
    (new, new_naive): (RingRef<'_, Node, P, Aimed>, &Naive<'_>),
) {
    let diff = Diff::new(old, new);
    let mut expected = old_naive.moves(new_naive);
    let moved: u128 = expected.iter().map(|(range, _)| old_naive.range_len(*range)).sum();
    assert_eq!(diff.moved_share(), moved as f64 / P::Position::CIRCLE as f64);
    let moves: Vec<_> = diff
        .moves()
        .map(|moved| {
            let range = (moved.range.start.to_u64(), moved.range.end.to_u64());
            let name =
                |node: Option<&Node>| node.map(|node| static_name(node.identity()).as_bytes());
            (range, (name(moved.from), name(moved.to)))
        })
        .collect();
    if old_naive.ends_are_promised() {
        // Joined with the neighbour, but not across position zero.
        expected.dedup_by(|next, last| {
            let joins = next.0.0 == last.0.1 && next.1 == last.1;
            if joins {
                last.0.1 = next.0.1;
            }
            joins
        });
        assert_eq!(moves, expected);
    } else {
        assert_eq!(joined(moves), joined(expected));
    }

    // Of one range all K replicas are the first of the same order.
    let mut orders = BTreeMap::new();
    for k in 0..4 {
        let (mut before, mut after) = (vec![None; k], vec![None; k]);
        let mut visited = ReplicaMoves::default();
        let rule = Rule::replicas(k);
        let diff = Diff::under(old.under(rule), new.under(rule));
        let sums = diff.visit_replica_moves(&mut before, &mut after, |range, before, after| {
            let end = range.end.to_u64();
            let (old, new) = &*orders.entry(end).or_insert_with(|| {
                (old_naive.order(end, |_| true), new_naive.order(end, |_| true))
            });
            let (old, new) = (&old[..old.len().min(k)], &new[..new.len().min(k)]);
            assert_eq!(names(before), old);
            assert_eq!(names(after), new);
            let lost = old.iter().filter(|node| !new.contains(node)).count() as u128;
            let gained = new.iter().filter(|node| !old.contains(node)).count() as u128;
            visited.changed += range.len();
            visited.lost += range.len() * lost;
            visited.gained += range.len() * gained;
        });
        assert_eq!(sums, Ok(visited));
    }
}

/// The moves, taken one by one, turn the old routing into the new one: for one owner and for K
/// replicas, at every position where either could change.
pub(crate) fn check_transfer<P: Subject>(
    old: RingRef<'_, Node, P, Aimed>,
    new: RingRef<'_, Node, P, Aimed>,
) {
    let diff = Diff::new(old, new);
    let moves: Vec<_> = diff.moves().collect();
    let max = P::Position::MAX.to_u64();
    let ends = [old, new].map(|view| Naive::of(view).key_ranges());
    let ends = ends.iter().flatten().map(|range| range.1);
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
    for k in 1..4 {
        let mut changed = Vec::new();
        let (mut before, mut after) = (vec![None; k], vec![None; k]);
        let rule = Rule::replicas(k);
        let diff = Diff::under(old.under(rule), new.under(rule));
        let visited = diff.visit_replica_moves(&mut before, &mut after, |range, _, after| {
            changed.push((range, sorted(after)));
        });
        assert!(visited.is_ok());
        let covering = self::covering(&positions, changed.iter().map(|(range, _)| *range));
        for (&position, covering) in positions.iter().zip(covering) {
            let at = P::key(P::aim(position));
            let set = |view: RingRef<'_, Node, P, Aimed>| {
                let mut out = vec![None; k];
                view.owners_at(at, &mut out);
                sorted(&out)
            };
            let (before, after) = (set(old), set(new));
            match covering.map(|n| &changed[n].1) {
                Some(set) => assert!(*set == after && before != after, "at {position:#x}"),
                None => assert_eq!(before, after, "{k} replicas at {position:#x}"),
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
