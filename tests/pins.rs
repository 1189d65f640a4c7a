//! Keys that are pinned to nodes: whom they are owned by, and when the ring says so after all.

mod common;

use annulus::{NamedNode, PinnedKeys, Ring, Rule};
use common::Random;
use common::membership::Node;
use common::placements::{Aimed, Coarse};

type Small = Ring<Node, 8, 64, Coarse<8>, Aimed>;

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Each place of the circle, against a search through the table as it was given.
#[test]
fn pinned_places_are_owned_by_their_nodes_and_all_others_as_the_ring_says() {
    let mut random = Random(1);
    let (mut pinned, mut others) = (0, 0);
    for _ in 0..200 {
        let mut ring = Small::with_hash(3, Aimed);
        for name in NAMES {
            if random.below(3) > 0 {
                let weight = random.below(3) as u32;
                ring.insert(NamedNode::new(name).with_weight(weight)).unwrap();
            }
        }
        let down = [random.next() & random.next()];
        let ring = ring.view().under(Rule::owner().with_down(&down));
        let count = random.below(40);
        let table: Vec<(u32, &str)> = (0..count)
            .map(|_| ((random.next() as u32) & 0xff00_0000, NAMES[random.below(8)]))
            .collect();
        let mut pins = table.clone();
        let pins = PinnedKeys::new(&mut pins);
        for place in 0..256 {
            let position = place << 24;
            let up = |name: &str| {
                ring.ring()
                    .number_of(name.as_bytes())
                    .filter(|&number| !ring.rule().is_down(number))
            };
            let of_place = table.iter().filter(|pin| pin.0 == position);
            let number =
                of_place.map(|pin| pin.1).filter(|name| up(name).is_some()).min().and_then(up);
            let expected = number.or_else(|| ring.owner_number_at(position));
            let key = u64::from(position) << 32;
            assert_eq!(pins.owner_number_at(&ring, position), expected, "{table:?}");
            assert_eq!(pins.owner_number(&ring, &key), expected);
            let node = expected.map(|number| ring.ring().member(number).unwrap().node());
            assert_eq!(pins.owner_at(&ring, position), node);
            assert_eq!(pins.owner(&ring, &key), node);
            *if number.is_some() { &mut pinned } else { &mut others } += 1;
        }
    }
    assert!(pinned > 1_000 && others > 10_000, "{pinned}, {others}");
}

/// A table outlives what happens to the ring: a node that leaves loses its pins until it is back.
#[test]
fn a_table_outlives_edits() {
    let mut ring = Small::with_hash(3, Aimed);
    ring.insert_all([NamedNode::new("a"), NamedNode::new("own").with_weight(0)]).unwrap();
    let mut pins = [(7u32, "own"), (0, "own"), (u32::MAX, "own")];
    let pins = PinnedKeys::new(&mut pins);
    let owners = |ring: &Small| {
        let ring = ring.view().under(Rule::owner());
        [0, 7, u32::MAX, 8].map(|position| pins.owner_at(&ring, position).map(|node| node.name))
    };
    let own = Some("own");
    assert_eq!(owners(&ring), [own, own, own, Some("a")]);
    ring.remove(b"own").unwrap();
    assert_eq!(owners(&ring), [Some("a"); 4]);
    ring.insert(NamedNode::new("own").with_weight(0)).unwrap();
    ring.remove(b"a").unwrap();
    assert_eq!(owners(&ring), [own, own, own, None]);
    ring.clear();
    assert_eq!(owners(&ring), [None; 4]);
}

#[test]
fn a_table_in_flash_must_be_in_order() {
    const SORTED: [(u32, &str); 3] = [(7, "a"), (7, "b"), (9, "a")];
    let mut ring = Small::with_hash(3, Aimed);
    ring.insert_all([NamedNode::new("b"), NamedNode::new("c")]).unwrap();
    let ring = ring.view().under(Rule::owner());
    let pins = PinnedKeys::from_sorted(&SORTED).unwrap();
    assert_eq!(pins.owner_at(&ring, 7).map(|node| node.name), Some("b"));
    assert!(PinnedKeys::from_sorted(&[(7u32, "b"), (7, "a")]).is_none());
    assert!(PinnedKeys::from_sorted(&[(9u32, "a"), (7, "a")]).is_none());
    assert!(PinnedKeys::from_sorted(&[(7u32, "a"), (7, "a")]).is_some());
}

#[test]
fn an_empty_table_changes_nothing() {
    let mut ring = Small::with_hash(3, Aimed);
    ring.insert_all(NAMES.map(NamedNode::new)).unwrap();
    let ring = ring.view().under(Rule::owner());
    let pins = PinnedKeys::<u32, &str>::new(&mut []);
    for position in (0..256).map(|place| place << 24) {
        assert_eq!(pins.owner_at(&ring, position), ring.owner_at(position));
    }
}
