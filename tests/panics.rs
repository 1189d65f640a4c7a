//! User code that panics amid an edit.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use annulus::{Change, Node, Ring};

#[test]
fn nodes_that_wait_are_dropped_when_their_source_panics() {
    let mut ring = Ring::<_, 4, 40>::with_vnodes(10);
    ring.insert("m").unwrap();
    let fingerprint = ring.view().fingerprint();
    let source = ["z", "a"].into_iter().chain(std::iter::from_fn(|| panic!("no more")));
    let edit = AssertUnwindSafe(|| ring.insert_all(source));
    assert!(catch_unwind(edit).is_err());
    assert_eq!((ring.view().len(), ring.view().point_count()), (1, 10));
    assert_eq!(ring.view().fingerprint(), fingerprint);
    ring.insert_all(["z", "a"]).unwrap();
    assert_eq!(ring.view().point_count(), 30);
}

/// A node that panics when it is cloned once too often.
struct Fragile<'c> {
    name: &'static str,
    clones: &'c Cell<u32>,
}

impl Node for Fragile<'_> {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

impl Clone for Fragile<'_> {
    fn clone(&self) -> Self {
        let left = self.clones.get().checked_sub(1).expect("no more clones");
        self.clones.set(left);
        Self { ..*self }
    }
}

#[test]
fn a_node_that_panics_in_a_batch_leaves_all_or_nothing() {
    let clones = Cell::new(0);
    let node = |name| Fragile { name, clones: &clones };
    let mut outcomes = Vec::new();
    for allowed in 0..8 {
        let mut ring = Ring::<_, 8, 80>::with_vnodes(10);
        ring.insert_all(["b", "d", "f"].map(node)).unwrap();
        let before = ring.view().fingerprint();
        clones.set(allowed);
        let batch = ["a", "c", "e"].map(|name| Change::Insert(node(name)));
        let edit = AssertUnwindSafe(|| ring.apply(&batch).is_ok());
        let made = catch_unwind(edit).is_ok();
        let view = ring.view();
        let (nodes, points) = (view.len(), view.point_count());
        outcomes.push(match (made, nodes) {
            (true, 6) => "made",
            (false, 0) => "empty",
            (false, 3) if view.fingerprint() == before => "as it was",
            _ => panic!("{nodes} nodes after {allowed} clones"),
        });
        assert_eq!(points, nodes * 10);
        assert_eq!(view.points().count(), points);
    }
    assert!(outcomes.contains(&"empty") && outcomes.contains(&"made"), "{outcomes:?}");
}
