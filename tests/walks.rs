//! Walks around the ring end, with as many owners as there are and after few questions.

mod common;

use std::cell::Cell;

use annulus::{BalanceFactor, NamedNode, Native, Node, Replicas, Ring, Rule};
use common::Random;
use common::placements::Aimed;

#[test]
fn more_owners_than_nodes_are_a_short_answer() {
    let mut ring = Ring::<_, 4, 40, Native, Aimed>::with_hash(10, Aimed);
    ring.insert_all(["a", "b", "c"]).unwrap();
    let view = ring.view();
    assert!(view.replicas::<0>(&1).is_empty());
    assert_eq!(view.owners(&1, &mut []), 0);
    assert_eq!(view.owners_over_zones(&1, usize::MAX, |_| true, &mut []), 0);
    let mut all: Vec<_> = view.replicas::<9>(&1).into_iter().copied().collect();
    all.sort_unstable();
    assert_eq!(all, ["a", "b", "c"]);
}

/// As values: a short answer, both ends of the iterator, what is left of it, comparisons.
#[test]
fn replicas_are_a_slice_of_their_own() {
    let mut ring = Ring::<_, 4, 40, Native, Aimed>::with_hash(10, Aimed);
    assert!(ring.view().replicas::<3>(&1).is_empty());
    assert_eq!(ring.view().replicas::<3>(&1), Replicas::<&str, 3>::default());
    ring.insert_all(["a", "b", "c"]).unwrap();
    let replicas = ring.view().replicas::<9>(&1);
    let &[first, second, third] = replicas.as_slice() else { panic!("{replicas:?}") };
    assert_eq!((replicas.len(), replicas[1], replicas.get(3)), (3, second, None));
    assert_eq!(replicas, [first, second, third]);
    assert_eq!(replicas, ring.view().replicas::<3>(&1));
    assert_ne!(replicas, ring.view().replicas::<2>(&1));
    assert_eq!(format!("{replicas:?}"), format!("{:?}", [first, second, third]));
    assert!((&replicas).into_iter().eq(replicas.as_ref()));
    let mut nodes = replicas.into_iter();
    assert_eq!((nodes.len(), nodes.next_back(), nodes.next()), (3, Some(third), Some(first)));
    assert_eq!(format!("{nodes:?}"), format!("{:?}", [second]));
    assert_eq!((nodes.len(), nodes.next(), nodes.next_back()), (1, Some(second), None));
    assert_eq!((nodes.next(), nodes.size_hint()), (None, (0, Some(0))));
}

#[test]
fn points_come_from_both_ends_and_are_counted() {
    let mut ring = Ring::<_, 4, 40, Native, Aimed>::with_hash(10, Aimed);
    assert_eq!(ring.view().points().len(), 0);
    assert_eq!((ring.view().points().next(), ring.view().points().next_back()), (None, None));
    ring.insert_all(["a", "b", "c"]).unwrap();
    let view = ring.view();
    for start in [0, 1 << 63, u64::MAX] {
        let points = view.points_from(view.position(&start));
        let forward: Vec<_> = points.clone().collect();
        assert_eq!((points.len(), forward.len()), (30, 30));
        assert!(points.clone().rev().eq(forward.iter().copied().rev()));
        let mut points = points;
        for (i, pair) in forward.iter().take(15).zip(forward.iter().rev()).enumerate() {
            assert_eq!((points.next(), points.next_back()), (Some(*pair.0), Some(*pair.1)));
            assert_eq!(points.len(), 28 - 2 * i);
        }
        assert_eq!((points.next(), points.next_back(), points.next()), (None, None, None));
    }
}

#[test]
fn with_all_dead_the_walk_ends() {
    let mut ring = Box::new(Ring::<_, 64, 9_600, Native, Aimed>::with_hash(150, Aimed));
    ring.insert_all((0..64u8).map(|i| [i])).unwrap();
    let mut asked = 0;
    let alive = |_: &[u8; 1]| {
        asked += 1;
        false
    };
    assert_eq!(ring.view().owner_where(&1, alive), None);
    assert!(asked <= 200, "{asked} questions for 64 nodes");
    let mut out = [None; 2];
    assert_eq!(ring.view().owners_over_zones(&1, usize::MAX, |_| false, &mut out), 0);
}

/// A walk asks once about each point that it passes, and about every member when as many were in
/// vain.
#[test]
fn a_walk_asks_about_few_nodes() {
    let names: Vec<String> = (0..65).map(|i| format!("n{i:02}")).collect();
    let node = |i: usize| NamedNode::new(&names[i]).with_zone(["east", "north", "west"][i % 3]);
    let mut ring = Box::new(Ring::<_, 65, 9_600, Native, Aimed>::with_hash(150, Aimed));
    ring.insert_all((0..64).map(node)).unwrap();
    ring.insert(node(64).with_weight(0)).unwrap();
    let view = ring.view();
    let asked = Cell::new(0);
    let living = |alive| {
        asked.set(asked.get() + 1);
        alive
    };
    for key in [1, 1 << 40, 1 << 62, u64::MAX] {
        let passed = |last: &str| {
            let points = view.points_from(view.position(&key));
            points.take_while(|point| point.node.name != last).count()
        };
        let mut out = [None; 2];
        view.owners_where(&key, |_| living(true), &mut out);
        assert!(asked.take() <= passed(out[1].unwrap().name) + 1);
        view.owners_over_zones(&key, usize::MAX, |_| living(true), &mut out);
        assert!(asked.take() <= passed(out[1].unwrap().name) + 1);
        // The last among the members, so that all are asked about.
        let last = &names[63];
        assert!(view.owner_where(&key, |node| living(node.name == last)).is_some());
        assert!(asked.take() <= 2 * (passed(last) + 65));
        assert_eq!(view.owner_number_where(&key, |number| living(number == 63)), Some(63));
        assert!(asked.take() <= 2 * (passed(last) + 65));
        let mut numbers = [0; 2];
        view.owner_numbers_where(&key, |_| living(true), &mut numbers);
        assert!(asked.take() <= passed(&names[numbers[1] as usize]) + 1);
        // No walk comes to a node without points.
        let drained = &names[64];
        assert!(view.owner_where(&key, |node| living(node.name == drained)).is_none());
        let questions = asked.take();
        assert!(questions <= 200, "{questions} questions for 65 nodes");
        assert_eq!(view.owner_number_where(&key, |number| living(number == 64)), None);
        let questions = asked.take();
        assert!(questions <= 200, "{questions} questions for 65 numbers");
    }
}

/// A walk to a node with room asks once at each point, and once about each node with points when it has been
/// around; loads may change meanwhile.
#[test]
fn a_walk_to_a_node_with_room_asks_at_each_point() {
    let mut ring = Box::new(Ring::<_, 9, 90, Native, Aimed>::with_hash(10, Aimed));
    ring.insert_all((0..8u8).map(|i| [i])).unwrap();
    ring.insert([8]).unwrap();
    ring.set_weight([8], 0).unwrap();
    let view = ring.view();
    let caps = view.caps(BalanceFactor::percent(125).unwrap());
    // As points come, then as numbers do, without that of the node that has no points.
    let walk = view.points_from(view.position(&1)).map(|point| point.member);
    let expected: Vec<u32> = walk.chain(0..8).collect();
    assert_eq!(expected.len(), 88);
    for room_at in [0, 1, 40, 79, 80, 87, 88] {
        let mut asked = Vec::new();
        // Sixteen units: each node may have ⌈1.25 × 17 / 8⌉ = 3 of them.
        let load = |number| {
            asked.push(number);
            if asked.len() > room_at { 2 } else { 3 }
        };
        let owner = view.owner_number_bounded(&1, &caps, 16, load);
        assert_eq!(owner, expected.get(room_at).copied());
        assert_eq!(asked, expected[..88.min(room_at + 1)]);
    }
}

/// A node that counts how often a walk reads it.
struct Watched<'c> {
    name: String,
    zone: &'static str,
    weight: u32,
    reads: &'c Cell<usize>,
}

impl Node for Watched<'_> {
    fn identity(&self) -> &[u8] {
        self.reads.set(self.reads.get() + 1);
        self.name.as_bytes()
    }

    fn weight(&self) -> u32 {
        self.weight
    }

    fn zone(&self) -> &[u8] {
        self.reads.set(self.reads.get() + 1);
        self.zone.as_bytes()
    }
}

type Watch<'c> = Box<Ring<Watched<'c>, 300, 6_000, Native, Aimed>>;

/// A ring of zones of so many nodes each, with 20 points a node.
fn watched<'c>(zones: &[(&'static str, usize)], reads: &'c Cell<usize>) -> Watch<'c> {
    let mut ring = Watch::new(Ring::with_hash(20, Aimed));
    let zones = zones.iter().flat_map(|&(zone, nodes)| vec![zone; nodes]);
    let nodes = zones.enumerate().map(|(at, zone)| Watched {
        name: format!("n{at:03}"),
        zone,
        weight: 1,
        reads,
    });
    ring.insert_all(nodes).map_err(|error| error.error).unwrap();
    ring
}

/// What walks over zones to `k` owners, at most `max` of a zone, cost among nodes of the zones that are up.
struct Cost {
    /// How many nodes were asked about, at most.
    most: usize,
    /// How many were asked about, on average.
    mean: f64,
}

impl Cost {
    /// Walks to many keys. No walk reads a node, nor asks about one past the point that settles the answer
    /// if all nodes are up.
    fn of(ring: &Watch<'_>, reads: &Cell<usize>, (k, max): (usize, usize), down: &str) -> Self {
        let view = ring.view();
        let mut words = vec![0; view.len().div_ceil(64)];
        for (number, member) in view.members().iter().enumerate() {
            words[number / 64] |= u64::from(member.node().zone == down) << (number % 64);
        }
        let mut random = Random(k as u64);
        let keys: Vec<u64> = (0..300).map(|_| random.next()).collect();
        let (mut most, mut sum) = (0, 0);
        reads.set(0);
        for key in &keys {
            let asked = Cell::new(0);
            let ask = |up| {
                asked.set(asked.get() + 1);
                up
            };
            let mut numbers = vec![0; k];
            let up = |number: u32| ask(words[number as usize / 64] >> (number % 64) & 1 == 0);
            let found = view.owner_numbers_over_zones(key, max, up, &mut numbers);
            let questions = asked.take();
            let mut out = vec![None; k];
            let up = |node: &Watched<'_>| ask(node.zone != down);
            view.owners_over_zones(key, max, up, &mut out);
            assert_eq!(asked.take(), questions, "by node as by number");
            let ruled = view.under(Rule::over_zones(k).with_max_per_zone(max).with_down(&words));
            ruled.owners(key, &mut out);
            ruled.owner_numbers(key, &mut numbers);
            if found == k {
                // Up to the point at which the last of the owners is found, each point asks once. Twice
                // before, an answer may have been tried of a few points.
                let mut left = numbers[..found].to_vec();
                let settled = view.points_from(view.position(key)).position(|point| {
                    left.retain(|&number| number != point.member);
                    left.is_empty()
                });
                if down == "nowhere" {
                    assert!(questions <= settled.unwrap() + 1 + 2 * k, "{questions} questions");
                }
            }
            most = most.max(questions);
            sum += questions;
        }
        assert_eq!(reads.get(), 0, "walks compare numbers");
        Self { most, mean: sum as f64 / keys.len() as f64 }
    }
}

/// Where all nodes are alive, hardly more nodes are asked about than are owners in the end: nobody of a zone
/// that has its maximum, and nobody of a round for which there is no room.
#[test]
#[cfg_attr(miri, ignore = "many keys take hours")]
fn walks_over_zones_ask_about_few_nodes() {
    let (any, reads) = (usize::MAX, Cell::new(0));
    let even = watched(&[("east", 100), ("north", 100), ("west", 100)], &reads);
    for (k, max, mean) in [(2, any, 2.7), (3, any, 4.2), (6, any, 7.8), (3, 1, 4.2), (6, 2, 7.8)] {
        let cost = Cost::of(&even, &reads, (k, max), "nowhere");
        assert!(cost.mean < mean, "{} questions for {k} of three even zones", cost.mean);
    }
    // Three draws of two are three nodes, unless all are of one zone.
    let two = watched(&[("east", 150), ("west", 150)], &reads);
    let cost = Cost::of(&two, &reads, (3, any), "nowhere");
    assert!(cost.mean < 3.5, "{} questions for three of two zones", cost.mean);
    // Each node that is met is an owner, and the order is that of a walk without zones.
    let unnamed = watched(&[("", 300)], &reads);
    for k in [1, 3, 6, 40] {
        let cost = Cost::of(&unnamed, &reads, (k, any), "nowhere");
        assert_eq!((cost.most, cost.mean), (k, k as f64), "without zones");
    }
    // The only node of a zone may lie far off. Nodes of other zones are not asked about meanwhile.
    let uneven = watched(&[("large", 290), ("middle", 9), ("small", 1)], &reads);
    let cost = Cost::of(&uneven, &reads, (3, any), "nowhere");
    assert!(cost.most <= 16, "{} questions where zones are uneven", cost.most);
}

/// If a zone is down as a whole, its nodes are asked about until as many points as there are members were in
/// vain, and each once more.
#[test]
#[cfg_attr(miri, ignore = "many keys take hours")]
fn with_a_zone_down_questions_are_bounded() {
    let reads = Cell::new(0);
    let even = watched(&[("east", 100), ("north", 100), ("west", 100)], &reads);
    let uneven = watched(&[("large", 290), ("middle", 9), ("small", 1)], &reads);
    for (k, max) in [(3, usize::MAX), (3, 1), (6, usize::MAX), (6, 2)] {
        for (ring, zone, most) in
            [(&even, "north", 300), (&uneven, "small", 30), (&uneven, "middle", 130)]
        {
            let cost = Cost::of(ring, &reads, (k, max), zone);
            assert!(cost.most <= most, "{} questions with {zone} down", cost.most);
        }
    }
}
