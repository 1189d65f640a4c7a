//! Members chosen for a tenant: how far a change of the membership changes the choice, how many members two
//! tenants share, how they spread over zones, and how keys move within them.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use annulus::{NamedNode, Native, Ring, RingRef, RoomError, Rule};
use common::Random;
use common::membership::{Node, ZONES};
use common::placements::{Aimed, Coarse};

const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

type Small = Ring<Node, 10, 256, Coarse<8>, Aimed>;
type View<'a> = RingRef<'a, Node, Coarse<8>, Aimed>;

/// The names of the members that are chosen for a tenant.
fn chosen(view: View<'_>, rule: Rule<'_>, tenant: u32) -> BTreeSet<&'static str> {
    let mut room = [0; 1];
    let subset = view.under(rule).subset_at(tenant, &mut room).unwrap();
    subset.numbers().map(|number| view.member(number).unwrap().node().name).collect()
}

/// A ring of some names, and one that is not in it. With a zone each, few zones, or one.
fn any(random: &mut Random) -> (Small, Node) {
    let zones = [1, 3, 10][random.below(3)];
    let mut node = |name| {
        let zone = [&ZONES[..], &NAMES].concat()[random.below(zones)];
        NamedNode::new(name).with_zone(zone).with_weight(1 + random.below(3) as u32)
    };
    let nodes = NAMES.map(&mut node);
    let mut ring = Small::with_hash(7, Aimed);
    let members = 1 + random.below(9);
    let mut order: Vec<Node> = nodes.to_vec();
    random.shuffle(&mut order);
    ring.insert_all(order[..members].iter().copied()).unwrap();
    (ring, order[members])
}

/// Any rule for choosing members.
fn any_rule(random: &mut Random) -> Rule<'static> {
    let size = random.below(9);
    match random.below(3) {
        0 => Rule::replicas(size),
        1 => Rule::over_zones(size),
        _ => Rule::over_zones(size).with_max_per_zone(1 + random.below(2)),
    }
}

#[test]
fn who_joins_or_leaves_changes_one_member_at_most() {
    let mut random = Random(1);
    let mut changed = [0; 2];
    for _ in 0..400 {
        let (old, node) = any(&mut random);
        let mut new = old.clone();
        new.insert(node).unwrap();
        let rule = any_rule(&mut random);
        for _ in 0..32 {
            let tenant = random.next() as u32;
            let [before, after] = [&old, &new].map(|ring| chosen(ring.view(), rule, tenant));
            let joined: Vec<&str> = after.difference(&before).copied().collect();
            let left = before.difference(&after).count();
            // Read backwards it is what a member that leaves changes.
            if after.contains(node.name) {
                assert_eq!((joined, left <= 1), (vec![node.name], true), "{rule:?}");
                changed[left] += 1;
            } else {
                assert_eq!(before, after, "{rule:?}");
            }
        }
    }
    assert!(changed.iter().all(|&times| times > 1_000), "{changed:?}");
}

#[test]
fn a_change_of_weight_replaces_one_member_at_most() {
    let mut random = Random(2);
    let mut changed = 0;
    for _ in 0..400 {
        let (old, _) = any(&mut random);
        let mut new = old.clone();
        let number = random.below(old.view().len()) as u32;
        let name = old.view().member(number).unwrap().node().name;
        new.set_weight(name.as_bytes(), random.below(4) as u32).unwrap();
        let rule = any_rule(&mut random);
        for _ in 0..32 {
            let tenant = random.next() as u32;
            let [before, after] = [&old, &new].map(|ring| chosen(ring.view(), rule, tenant));
            assert!(before.difference(&after).count() <= 1, "{before:?} to {after:?}");
            assert!(after.difference(&before).count() <= 1, "{before:?} to {after:?}");
            changed += usize::from(before != after);
        }
    }
    assert!(changed > 500, "{changed}");
}

#[test]
fn a_larger_number_includes_a_smaller_one() {
    let mut random = Random(3);
    for _ in 0..100 {
        let (ring, _) = any(&mut random);
        let tenant = random.next() as u32;
        for rule in [Rule::replicas, Rule::over_zones] {
            let sizes = (0..12).map(|size| chosen(ring.view(), rule(size), tenant));
            for (size, (fewer, more)) in sizes.clone().zip(sizes.skip(1)).enumerate() {
                assert!(fewer.is_subset(&more));
                assert_eq!(fewer.len(), size.min(ring.view().len()));
            }
        }
    }
}

#[test]
fn keys_stay_where_they_are_unless_their_owner_joins_or_leaves() {
    let mut random = Random(4);
    let mut moved = 0;
    for _ in 0..200 {
        let (old, node) = any(&mut random);
        let mut new = old.clone();
        new.insert(node).unwrap();
        let (choice, tenant) = (Rule::over_zones(3), random.next() as u32);
        let (mut before, mut after) = ([0; 1], [0; 1]);
        let before = old.view().under(choice).subset_at(tenant, &mut before).unwrap();
        let after = new.view().under(choice).subset_at(tenant, &mut after).unwrap();
        let names = [&old, &new].map(|ring| chosen(ring.view(), choice, tenant));
        let [old, new] = [(&old, before), (&new, after)]
            .map(|(ring, subset)| ring.view().under(Rule::owner().within(subset)));
        for place in 0..256 {
            let [from, to] = [old, new].map(|ring| ring.owner_at(place << 24).unwrap().name);
            assert!(names[0].contains(from) && names[1].contains(to));
            // To the member that was chosen, or from the one that is not any more.
            assert!(from == to || !names[0].contains(to) || !names[1].contains(from));
            moved += usize::from(from != to);
        }
    }
    assert!(moved > 1_000, "{moved}");
}

#[test]
fn zones_have_their_turns_and_tenants_begin_with_different_ones() {
    let mut ring = Box::new(Ring::<Node, 9, 900, Native, Aimed>::with_hash(100, Aimed));
    let zone = |at: usize| ["east", "north", "west"][at % 3];
    ring.insert_all((0..9).map(|at| NamedNode::new(NAMES[at]).with_zone(zone(at)))).unwrap();
    let view = ring.view();
    let mut first = BTreeMap::new();
    for tenant in (0..300u64).map(|tenant| tenant << 40) {
        for size in [1, 3, 4, 6, 8, 20] {
            let mut room = [0; 1];
            let subset = view.under(Rule::over_zones(size)).subset(&tenant, &mut room).unwrap();
            let mut of_zones = BTreeMap::from([("east", 0), ("north", 0), ("west", 0)]);
            for number in subset.numbers() {
                *of_zones.get_mut(view.member(number).unwrap().node().zone).unwrap() += 1;
            }
            let (least, most) =
                (of_zones.values().min().unwrap(), of_zones.values().max().unwrap());
            assert_eq!((subset.len(), most - least <= 1), (size.min(9), true), "{of_zones:?}");
            if size == 1 {
                let zone = of_zones.iter().find(|(_, members)| **members == 1).unwrap().0;
                *first.entry(*zone).or_insert(0) += 1;
            }
        }
        let strict = Rule::over_zones(9).with_max_per_zone(2);
        assert_eq!(view.under(strict).subset(&tenant, &mut [0; 1]).unwrap().len(), 6);
    }
    assert!(first.len() == 3 && first.values().all(|&tenants| tenants > 70), "{first:?}");
}

/// More zones than there are bits for, and one that has members long after all others have none left.
#[test]
fn zones_without_anybody_left_are_passed_over() {
    let mut ring = Box::new(Ring::<Owned, 200, 1_000>::with_vnodes(5));
    for number in 0..200 {
        ring.insert(Owned([number], [number.saturating_sub(100)])).unwrap();
    }
    let view = ring.view();
    for tenant in ["a", "b", "c"] {
        for (size, of_first_zone) in
            [(99, 0..2), (100, 1..2), (101, 2..3), (150, 51..52), (300, 101..102)]
        {
            let mut room = [0; 4];
            let subset = view.under(Rule::over_zones(size)).subset(tenant, &mut room).unwrap();
            assert_eq!(subset.len(), size.min(200));
            let zones = subset.numbers().map(|number| view.member(number).unwrap().node().1);
            assert!(of_first_zone.contains(&zones.filter(|zone| *zone == [0]).count()), "{size}");
        }
    }
}

/// A node of a name of one byte in a zone of another.
#[derive(Debug)]
struct Owned([u8; 1], [u8; 1]);

impl annulus::Node for Owned {
    fn identity(&self) -> &[u8] {
        &self.0
    }

    fn zone(&self) -> &[u8] {
        &self.1
    }
}

/// How many of the tenants have the members of another one, and how many members two of them share on
/// average.
fn overlap(subsets: &[Vec<u32>]) -> (usize, f64) {
    let mut alike = BTreeMap::new();
    for subset in subsets {
        *alike.entry(subset).or_insert(0) += 1;
    }
    let twins = alike.values().filter(|&&tenants| tenants > 1).sum();
    let mut members = BTreeMap::new();
    for member in subsets.iter().flatten() {
        *members.entry(member).or_insert(0.0) += 1.0;
    }
    let pairs: f64 = members.values().map(|tenants| tenants * (tenants - 1.0)).sum();
    (twins, pairs / (subsets.len() * (subsets.len() - 1)) as f64)
}

/// What the documentation of subsets says, of 8 out of 100 nodes.
#[test]
fn few_members_are_shared_and_no_subset_comes_twice() {
    let mut ring = Box::new(Ring::<[u8; 6], 100, 15_000>::with_vnodes(150));
    ring.insert_all((0..100).map(|node| [b'n', b'o', b'd', b'e', b'-', node])).unwrap();
    let view = ring.view();
    let ruled = view.under(Rule::replicas(8));
    let (mut chosen, mut successors) = (Vec::new(), Vec::new());
    for tenant in (0..10_000).map(|tenant| format!("tenant-{tenant}")) {
        let mut room = [0; 2];
        let subset = ruled.subset(tenant.as_str(), &mut room).unwrap();
        chosen.push(subset.numbers().collect());
        let mut numbers = vec![0; 8];
        ruled.owner_numbers(tenant.as_str(), &mut numbers);
        numbers.sort_unstable();
        successors.push(numbers);
    }
    let (twins, shared) = overlap(&chosen);
    let (other_twins, other_shared) = overlap(&successors);
    assert!((0.64..0.68).contains(&other_shared), "{other_shared}");
    assert_eq!(twins, 0);
    assert!((0.64..0.68).contains(&shared), "{shared}");
    assert!(other_twins > 5_000, "{other_twins}");
}

#[test]
fn room_without_a_bit_for_each_member_is_refused() {
    let mut ring = Box::new(Ring::<[u8; 1], 65, 65>::with_vnodes(1));
    ring.insert_all((0..65).map(|node| [node])).unwrap();
    let ruled = ring.view().under(Rule::replicas(3));
    let mut room = [7; 1];
    let refused = Err(RoomError::Members { needed: 2, room: 1 });
    assert_eq!(ruled.subset("tenant", &mut room), refused);
    assert_eq!(room, [7]);
    let mut room = [7; 3];
    assert_eq!(ruled.subset("tenant", &mut room).unwrap().len(), 3);
    assert_eq!(room[2], 7);
    let empty = Ring::<&str, 1, 1>::with_vnodes(1);
    let ruled = empty.view().under(Rule::over_zones(3));
    assert!(ruled.subset("tenant", &mut []).unwrap().is_empty());
}

/// Who is down is not chosen, and within a subset its keys go to others of the subset.
#[test]
fn members_that_are_down_are_passed_over_in_choices_and_within_subsets() {
    let mut ring = Small::with_hash(7, Aimed);
    ring.insert_all(NAMES.map(NamedNode::new)).unwrap();
    let view = ring.view();
    let down = [0b11_1111];
    let mut room = [0; 1];
    let up = view.under(Rule::replicas(8).with_down(&down)).subset(&7, &mut room).unwrap();
    assert_eq!(up.numbers().collect::<Vec<_>>(), [6, 7, 8, 9]);
    let rule = Rule::replicas(3).within(up).with_down(&[0b1_0100_0000]);
    for key in (0..256).map(|place: u64| place << 56) {
        let mut owners = [0; 3];
        assert_eq!(view.under(rule).owner_numbers(&key, &mut owners), 2);
        owners.sort_unstable();
        assert_eq!(owners, [7, 9, u32::MAX]);
    }
}
