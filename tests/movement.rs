//! Minimal movement: an edit of one node moves keys to or from that node alone, and [`Diff`] tells
//! exactly which, as counting every position of a small circle does.

mod common;

use std::collections::BTreeMap;

use annulus::{Change, Diff, NamedNode, Native, ReplicaMoves, Ring, RingRef, Rule};
use common::Random;
use common::membership::ZONES;
use common::placements::{Aimed, Coarse};
use common::places::{Side, places};
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

/// The difference of the two sides is what counting at each of the 256 places gives: where a set changes, how
/// much of it, and where the first of it does.
fn compare_with_counts(old: &Side<'_>, new: &Side<'_>) {
    let holders: Vec<_> = old.holders().into_iter().zip(new.holders()).collect();
    let mut expected = ReplicaMoves::default();
    let mut sets = BTreeMap::new();
    for (place, (before, after)) in (0..).zip(&holders) {
        let lost = before.iter().filter(|name| !after.contains(name)).count();
        let gained = after.iter().filter(|name| !before.contains(name)).count();
        if lost + gained > 0 {
            // Positions after one place and up to the next have the owners of the next.
            expected.changed += 1 << 24;
            expected.lost += (lost as u128) << 24;
            expected.gained += (gained as u128) << 24;
            sets.insert(place, [before.clone(), after.clone()]);
        }
    }
    let words = [old.words(), new.words()];
    let diff = Diff::under(old.under(&words[0]), new.under(&words[1]));
    let names =
        |set: &[Option<&Node>]| -> Vec<_> { set.iter().map(|node| node.unwrap().name).collect() };
    let (mut before, mut after) = (vec![None; old.replicas], vec![None; new.replicas]);
    let mut seen = 0;
    let visit = |range, before: &[_], after: &[_]| {
        places(range, |place| {
            assert_eq!(sets[&place], [names(before), names(after)]);
            seen += 1;
        });
    };
    let moves = diff.visit_replica_moves(&mut before, &mut after, visit).unwrap();
    assert_eq!((moves, seen), (expected, sets.len()));

    let mut moved = BTreeMap::new();
    let name = |node: Option<&Node>| node.map(|node| node.name);
    for change in diff.moves() {
        places(change.range, |place| {
            assert_eq!(moved.insert(place, [name(change.from), name(change.to)]), None);
        });
    }
    let first = |set: &Vec<&'static str>| set.first().copied();
    let firsts = holders.iter().map(|(before, after)| [first(before), first(after)]);
    let expected: BTreeMap<_, _> = (0..).zip(firsts).filter(|(_, [from, to])| from != to).collect();
    assert_eq!(moved, expected);
    assert_eq!(diff.moved_share(), expected.len() as f64 / 256.0);
}

/// Two rings: another membership, a node that joined or left, one of another weight, or one that has moved to
/// another zone.
fn changed(seed: u64, random: &mut Random) -> [Box<Room<Coarse<8>>>; 2] {
    let vnodes = 1 + random.below(12) as u32;
    let old = ring::<Coarse<8>>(vnodes, random);
    if seed.is_multiple_of(5) {
        return [old, ring::<Coarse<8>>(vnodes, random)];
    }
    let mut new = old.clone();
    let name = NAMES[random.below(old.view().len())];
    let (weight, zone) = (random.below(4) as u32, ZONES[random.below(3)]);
    let moved = NamedNode::new(name).with_weight(1 + weight).with_zone(zone);
    match seed % 5 {
        1 => new.insert(NamedNode::new("another").with_zone(zone)).unwrap(),
        2 => drop(new.remove(name.as_bytes()).unwrap()),
        3 => drop(new.set_weight(name.as_bytes(), weight).unwrap()),
        _ => new.apply(&[Change::Remove(name.as_bytes()), Change::Insert(moved)]).unwrap(),
    }
    [old, new]
}

#[test]
fn replica_moves_add_up_to_what_counting_gives() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let [old, new] = changed(seed, &mut random);
        for replicas in 1..5 {
            let side = |ring| Side { view: ring, replicas, over_zones: None, down: vec![] };
            compare_with_counts(&side(old.view()), &side(new.view()));
        }
    }
}

/// Over zones, with a maximum or none; where nodes are down before, after or both; and from one rule to
/// another.
#[test]
fn moves_under_every_rule_add_up_to_what_counting_gives() {
    for seed in 0..if cfg!(annulus_brief) { 40 } else { 200 } {
        let mut random = Random(!seed);
        let [old, new] = changed(seed, &mut random);
        for _ in 0..3 {
            let mut side = |ring| {
                let replicas = 1 + random.below(9);
                let over_zones = [None, Some(1), Some(2), Some(usize::MAX)][random.below(4)];
                let mut down = NAMES.to_vec();
                let often = [0, 2, 8][random.below(3)];
                down.retain(|_| random.below(16) < often);
                Side { view: ring, replicas, over_zones, down }
            };
            let (old, new) = (side(old.view()), side(new.view()));
            compare_with_counts(&old, &new);
            // The rule is what it was, and who is down differs.
            let Side { replicas, over_zones, .. } = old;
            compare_with_counts(&old, &Side { replicas, over_zones, ..new });
        }
    }
}

#[test]
fn one_node_changes_its_own_copies_only() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let old = ring::<Native>(10, &mut random);
        let mut new = old.clone();
        new.insert(NamedNode::new("another")).unwrap();
        let [old, new] = [&old, &new].map(|ring| ring.view().under(Rule::replicas(3)));
        let (mut before, mut after) = ([None; 3], [None; 3]);
        let visit = |_, old: &[_], new: &[_]| {
            let has = |set: &[Option<&Node>]| set.iter().flatten().any(|n| n.name == "another");
            assert!(!has(old) && has(new));
        };
        let moves =
            Diff::under(old, new).visit_replica_moves(&mut before, &mut after, visit).unwrap();
        assert_eq!(moves.changed, moves.gained);
        assert!(moves.lost <= moves.gained);
        let back = Diff::under(new, old);
        let back = back.visit_replica_moves(&mut before, &mut after, |_, _, _| {}).unwrap();
        assert_eq!(
            (back.changed, back.gained, back.lost),
            (moves.changed, moves.lost, moves.gained)
        );
    }
}
