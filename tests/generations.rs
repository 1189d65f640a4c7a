//! Reads while data moves: the owners of two rings, counted on a small circle, and room that is too short.

mod common;

use annulus::{Diff, Generations, NamedNode, Native, Ring, RoomError, Rule};
use common::Random;
use common::membership::{Node, ZONES};
use common::placements::{Aimed, Coarse};
use common::places::Side;

const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

type Small = Ring<Node, 9, 64, Coarse<8>, Aimed>;

/// A ring of any of the names, in any zones.
fn any(random: &mut Random) -> Small {
    let mut ring = Small::with_hash(3, Aimed);
    for name in NAMES {
        if random.below(3) > 0 {
            let zone = ZONES[random.below(3)];
            let weight = random.below(3) as u32;
            ring.insert(NamedNode::new(name).with_zone(zone).with_weight(weight)).unwrap();
        }
    }
    ring
}

/// Every place of the circle, asked for what the places of both rings say when they are counted.
#[test]
fn the_old_owners_follow_the_new_ones_and_none_comes_twice() {
    let mut random = Random(1);
    let (mut moved, mut stayed) = (0, 0);
    for _ in 0..60 {
        let rings = [any(&mut random), any(&mut random)];
        let replicas = [random.below(4), random.below(4)];
        let over_zones = [None, Some(usize::MAX), Some(1)];
        let sides = [0, 1].map(|i| Side {
            view: rings[i].view(),
            replicas: replicas[i],
            over_zones: over_zones[random.below(3)],
            down: NAMES.into_iter().filter(|_| random.below(5) == 0).collect(),
        });
        let words = [0, 1].map(|i| sides[i].words());
        let [old, new] = [0, 1].map(|i| sides[i].under(&words[i]));
        let generations = Generations::under(old, new);
        let [before, after] = sides.each_ref().map(Side::holders);
        for place in 0..256 {
            let position = (place as u32) << 24;
            let mut out = [None; 8];
            let (owners, previous) = generations.owners_at(position, &mut out).unwrap();
            let names: Vec<&str> = out.iter().flatten().map(|node| node.name).collect();
            assert_eq!(names.len(), owners + previous);
            assert_eq!(names[..owners], after[place]);
            let gone: Vec<&str> =
                before[place].iter().filter(|name| !after[place].contains(name)).copied().collect();
            assert_eq!(names[owners..], gone);
            let (owner, previous) = generations.owner_at(position);
            assert_eq!(owner.map(|node| node.name), after[place].first().copied());
            if before[place].first() == after[place].first() {
                assert_eq!(previous, None);
                stayed += 1;
            } else {
                assert_eq!(previous.map(|node| node.name), before[place].first().copied());
                moved += 1;
            }
        }
    }
    assert!(moved > 2_000 && stayed > 2_000, "{moved} moved, {stayed} stayed");
}

/// A node that is replaced by another of its identity is the same node.
#[test]
fn nodes_are_the_same_by_their_identities() {
    let mut old = Ring::<Node, 2, 64, Native, Aimed>::with_hash(8, Aimed);
    old.insert_all([NamedNode::new("a").with_zone("1"), NamedNode::new("b")]).unwrap();
    let mut new = old.clone();
    new.remove(b"a").unwrap();
    new.insert(NamedNode::new("a").with_zone("2")).unwrap();
    let rule = Rule::replicas(2);
    let generations = Generations::new(old.view(), new.view());
    let both = Generations::under(old.view().under(rule), new.view().under(rule));
    for key in (0..64).map(|key: u64| key << 58) {
        assert_eq!(generations.owner(&key), (new.view().owner(&key), None));
        let mut out = [None; 4];
        assert_eq!(both.owners(&key, &mut out), Ok((2, 0)));
        assert!(out[..2].iter().flatten().all(|node| node.zone != "1"));
    }
}

/// What is found in the old ring alone is what [`Diff`] says moves.
#[test]
fn previous_owners_are_those_from_whom_a_diff_moves_keys() {
    let mut old = Ring::<&str, 4, 80, Native, Aimed>::with_hash(20, Aimed);
    old.insert_all(["a", "b", "c", "d"]).unwrap();
    let mut new = old.clone();
    new.remove(b"c").unwrap();
    new.insert("e").unwrap();
    let generations = Generations::new(old.view(), new.view());
    let moves: Vec<_> = Diff::new(old.view(), new.view()).moves().collect();
    assert!(moves.len() > 20);
    for moved in moves {
        for position in [moved.range.start.wrapping_add(1), moved.range.end] {
            assert_eq!(generations.owner_at(position), (moved.to, moved.from));
        }
    }
}

#[test]
fn an_empty_ring_has_no_owners_on_its_side() {
    let empty = Ring::<&str, 1, 8, Native, Aimed>::with_hash(8, Aimed);
    let mut full = empty.clone();
    full.insert("a").unwrap();
    let [empty, full] = [empty.view(), full.view()];
    let mut out = [None; 2];
    for (old, new, owner, counts) in [
        (empty, empty, (None, None), (0, 0)),
        (empty, full, (Some(&"a"), None), (1, 0)),
        (full, empty, (None, Some(&"a")), (0, 1)),
        (full, full, (Some(&"a"), None), (1, 0)),
    ] {
        assert_eq!(Generations::new(old, new).owner(&7), owner);
        out.fill(Some(&"stale"));
        assert_eq!(Generations::new(old, new).owners(&7, &mut out), Ok(counts));
        assert_eq!(out.iter().flatten().count(), counts.0 + counts.1);
    }
}

#[test]
fn room_for_less_than_both_sides_is_refused() {
    let mut ring = Ring::<&str, 3, 24, Native, Aimed>::with_hash(8, Aimed);
    ring.insert_all(["a", "b", "c"]).unwrap();
    let view = ring.view();
    let generations =
        Generations::under(view.under(Rule::replicas(2)), view.under(Rule::replicas(9)));
    let mut out = [Some(&"stale"); 4];
    let refused = Err(RoomError::Owners { needed: 5, room: 4 });
    assert_eq!(generations.owners(&7, &mut out), refused);
    assert_eq!(generations.owners_at(7, &mut out), refused);
    assert_eq!(out, [Some(&"stale"); 4]);
    assert_eq!(generations.owners(&7, &mut [None; 5]), Ok((3, 0)));
}
