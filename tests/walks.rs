//! Walks around the ring end, with as many owners as there are and after few questions.

mod common;

use std::cell::Cell;

use annulus::{NamedNode, Native, Ring};
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
