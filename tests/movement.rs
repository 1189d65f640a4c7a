//! Minimal movement: an edit of one node moves keys to or from that node alone, and [`Diff`] tells
//! exactly which, as counting every position of a small circle does.

mod common;

use std::collections::BTreeMap;

use annulus::{Diff, NamedNode, Native, ReplicaMoves, Ring, RingRef, Rule};
use common::Random;
use common::membership::ZONES;
use common::placements::{Aimed, Coarse};
use common::rules::Subject;
use common::subjects::{
    After, Chain, FourALabel, LastZoneFirst, Nearest, NearestWide, Once, Tokens,
};

type Node = NamedNode<'static>;
type Room<P> = Ring<Node, 24, 8_192, P, Aimed>;

const NAMES: [&str; 16] = [
    "cache01",
    "cache02",
    "cache03",
    "cache04",
    "cache05",
    "cache06",
    "cache07",
    "cache08",
    "10.0.0.1:80",
    "10.0.0.2:80",
    "10.0.0.3:80",
    "10.0.0.4:80",
    "a",
    "b",
    "c",
    "d",
];

fn ring<P: Subject>(vnodes: u32, random: &mut Random) -> Box<Room<P>> {
    let mut ring = Box::new(Room::<P>::with_hash(vnodes, Aimed));
    let nodes = 1 + random.below(NAMES.len() - 1);
    ring.insert_all(NAMES[..nodes].iter().map(|name| {
        let weight = random.below(4) as u32;
        NamedNode::new(name).with_weight(weight).with_zone(ZONES[random.below(3)])
    }))
    .unwrap();
    ring
}

/// Which way keys may move.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    To,
    From,
}

/// Every move of `diff` goes that way at `node`, and the shares account for all of it.
fn moves_only<P: Subject>(
    old: RingRef<'_, Node, P, Aimed>,
    new: RingRef<'_, Node, P, Aimed>,
    node: &str,
    way: Way,
) {
    let name = |node: Option<&Node>| node.map(|node| node.name);
    let mut moved = 0;
    for change in Diff::new(old, new).moves() {
        let (from, to) = (name(change.from), name(change.to));
        let (moving, other) = if way == Way::To { (to, from) } else { (from, to) };
        assert_eq!(moving, Some(node), "{way:?} {node}");
        assert_ne!(other, Some(node));
        moved += change.range.len();
    }
    let share = |view: RingRef<'_, Node, P, Aimed>| {
        let mut shares = vec![0; view.len()];
        view.shares(&mut shares).unwrap();
        let place = view.members().iter().position(|member| member.node().name == node);
        place.map_or(0, |place| shares[place])
    };
    let grown = share(new) as i128 - share(old) as i128;
    assert_eq!(moved as i128, if way == Way::To { grown } else { -grown });
}

/// The owner of each position that a coarse circle has points on.
fn owners<P: Subject<Position = u32>>(
    view: RingRef<'_, Node, P, Aimed>,
    bits: u32,
) -> Vec<Option<&'static str>> {
    let places = 0..1u32 << bits;
    places.map(|i| view.owner_at(i << (32 - bits)).map(|node| node.name)).collect()
}

/// Counts on such a circle that keys move that way at `node` only, and how many do.
fn counts_moves<P: Subject<Position = u32>>(
    old: RingRef<'_, Node, P, Aimed>,
    new: RingRef<'_, Node, P, Aimed>,
    bits: u32,
    node: &str,
    way: Way,
) {
    let (before, after) = (owners(old, bits), owners(new, bits));
    for (from, to) in before.iter().zip(&after).filter(|(from, to)| from != to) {
        assert_eq!(if way == Way::To { to } else { from }, &Some(node));
    }
    let changed = before.iter().zip(&after).filter(|(from, to)| from != to).count();
    let share = Diff::new(old, new).moved_share();
    assert_eq!(share, changed as f64 / f64::from(1u32 << bits));
}

/// Runs an insertion, a removal and two changes of weight on so many rings. `also` checks each outcome.
fn edits<P: Subject>(
    rings: u64,
    also: impl Fn(RingRef<'_, Node, P, Aimed>, RingRef<'_, Node, P, Aimed>, &str, Way),
) {
    for seed in 0..rings {
        let mut random = Random(seed);
        let old = ring::<P>(1 + random.below(20) as u32, &mut random);
        let node = NAMES[random.below(old.view().len())];
        let weight = old.view().get(node.as_bytes()).unwrap().weight();
        let check = |new: &Room<P>, node: &str, way| {
            moves_only(old.view(), new.view(), node, way);
            also(old.view(), new.view(), node, way);
        };
        let mut new = old.clone();
        new.insert(NamedNode::new("another").with_weight(random.below(4) as u32)).unwrap();
        check(&new, "another", Way::To);
        let mut new = old.clone();
        new.remove(node.as_bytes()).unwrap();
        check(&new, node, Way::From);
        let mut new = old.clone();
        new.set_weight(node.as_bytes(), weight + 1 + random.below(3) as u32).unwrap();
        check(&new, node, Way::To);
        let mut new = old.clone();
        new.set_weight(node.as_bytes(), random.below(weight as usize + 1) as u32).unwrap();
        check(&new, node, Way::From);
    }
}

#[test]
fn one_edit_moves_keys_of_one_node_only() {
    edits::<Native>(300, |_, _, _, _| {});
}

#[test]
fn one_edit_moves_keys_of_one_node_only_where_points_collide() {
    edits::<Coarse<4>>(300, |old, new, node, way| counts_moves(old, new, 4, node, way));
    edits::<Coarse<8>>(300, |old, new, node, way| counts_moves(old, new, 8, node, way));
}

/// Wherever the points of a node do not depend on the other nodes.
#[test]
fn one_edit_moves_keys_of_one_node_only_in_other_placements() {
    fn check<P: Subject>() {
        edits::<P>(40, |_, _, _, _| {});
    }
    check::<Chain>();
    check::<FourALabel>();
    check::<Tokens>();
    check::<Nearest<4, 2>>();
    check::<Nearest<0, 1>>();
    check::<NearestWide>();
    check::<Once>();
    check::<LastZoneFirst>();
    check::<After>();
}

/// What the crate should add up, counted at each of the 256 places of a coarse circle.
fn counted(
    old: RingRef<'_, Node, Coarse<8>, Aimed>,
    new: RingRef<'_, Node, Coarse<8>, Aimed>,
    k: usize,
) -> (ReplicaMoves, BTreeMap<u32, [Vec<&'static str>; 2]>) {
    let set = |view: RingRef<'_, Node, Coarse<8>, Aimed>, place: u32| {
        let mut names: Vec<&'static str> = Vec::new();
        for point in view.points_from(place << 24) {
            if names.len() < k && !names.contains(&point.node.name) {
                names.push(point.node.name);
            }
        }
        names
    };
    let mut moves = ReplicaMoves::default();
    let mut sets = BTreeMap::new();
    for place in 0..256 {
        let (before, after) = (set(old, place), set(new, place));
        let lost = before.iter().filter(|name| !after.contains(name)).count();
        let gained = after.iter().filter(|name| !before.contains(name)).count();
        if lost + gained > 0 {
            // Positions after one place and up to the next have the owners of the next.
            moves.changed += 1 << 24;
            moves.lost += (lost as u128) << 24;
            moves.gained += (gained as u128) << 24;
            sets.insert(place, [before, after]);
        }
    }
    (moves, sets)
}

#[test]
fn replica_moves_add_up_to_what_counting_gives() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let vnodes = 1 + random.below(12) as u32;
        let old = ring::<Coarse<8>>(vnodes, &mut random);
        let mut new = match seed % 3 {
            0 => ring::<Coarse<8>>(vnodes, &mut random),
            _ => old.clone(),
        };
        if seed % 3 == 1 {
            new.insert(NamedNode::new("another")).unwrap();
        } else if seed % 3 == 2 {
            new.remove(NAMES[random.below(old.view().len())].as_bytes()).unwrap();
        }
        for k in 0..5 {
            let (expected, sets) = counted(old.view(), new.view(), k);
            let (mut before, mut after) = (vec![None; k], vec![None; k]);
            let rule = Rule::replicas(k);
            let diff = Diff::under(old.view().under(rule), new.view().under(rule));
            let mut seen = 0;
            let names = |set: &[Option<&Node>]| -> Vec<_> {
                set.iter().map(|node| node.unwrap().name).collect()
            };
            let moves = diff.visit_replica_moves(&mut before, &mut after, |range, old, new| {
                let mut place = (range.start >> 24).wrapping_add(1) & 0xff;
                loop {
                    assert_eq!(sets[&place], [names(old), names(new)]);
                    seen += 1;
                    if place == range.end >> 24 {
                        break;
                    }
                    place = (place + 1) & 0xff;
                }
            });
            assert_eq!(moves, Ok(expected), "{k} replicas");
            assert_eq!(seen, sets.len());
            if k == 1 {
                assert_eq!(diff.moved_share(), expected.changed as f64 / (1u64 << 32) as f64);
            }
        }
    }
}

/// With K replicas, too, one node that joins or leaves is one copy gained and one lost, its own.
#[test]
fn one_node_changes_its_own_copies_only() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let old = ring::<Native>(10, &mut random);
        let mut new = old.clone();
        new.insert(NamedNode::new("another")).unwrap();
        let (mut before, mut after) = ([None; 3], [None; 3]);
        let rule = Rule::replicas(3);
        let (old, new) = (old.view().under(rule), new.view().under(rule));
        let diff = Diff::under(old, new);
        let moves = diff.visit_replica_moves(&mut before, &mut after, |_, old, new| {
            let has = |set: &[Option<&Node>]| set.iter().flatten().any(|n| n.name == "another");
            assert!(!has(old) && has(new));
        });
        let moves = moves.unwrap();
        assert_eq!(moves.changed, moves.gained);
        assert!(moves.lost <= moves.gained);
        let back = Diff::under(new, old).visit_replica_moves(&mut before, &mut after, |_, _, _| {});
        let back = back.unwrap();
        assert_eq!(
            (back.changed, back.gained, back.lost),
            (moves.changed, moves.lost, moves.gained)
        );
    }
}
