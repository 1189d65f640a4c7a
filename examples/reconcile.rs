//! A loop that makes the ring what a list says, as service discovery gives it, whatever went wrong before.
//!
//! `cargo run --example reconcile --features std`

use annulus::{HeapRing, NamedNode, SharedRing};
use std::time::Duration;

/// What the list says at each look at it: a name, a weight and a zone.
const LISTS: [&[(&str, u32, &str)]; 6] = [
    &[("db-1", 1, "east"), ("db-2", 1, "west")],
    // Nothing has changed but the order, and a line comes twice.
    &[("db-2", 1, "west"), ("db-1", 1, "east"), ("db-2", 1, "west")],
    &[("db-1", 1, "east"), ("db-2", 3, "west"), ("db-3", 1, "east")],
    // Two lines disagree about one node.
    &[("db-1", 1, "east"), ("db-1", 9, "east"), ("db-3", 1, "east")],
    // Weight 0 drains a node: it stays a member, and owns nothing.
    &[("db-1", 0, "east"), ("db-2", 3, "west"), ("db-3", 1, "north")],
    &[("db-3", 1, "north")],
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ring = SharedRing::new(HeapRing::<NamedNode>::new(), 16)?;
    let mut writer = ring.owned_writer()?;
    let mut log = Vec::new();
    for list in LISTS {
        let mut nodes: Vec<_> = list
            .iter()
            .map(|&(name, weight, zone)| NamedNode::new(name).with_weight(weight).with_zone(zone))
            .collect();
        // A thread may wait for a snapshot to become free. A task may not: see the package in `examples/async`.
        match writer.within(Duration::from_secs(1)).reconcile(&mut nodes) {
            Ok(changed) if changed.is_nothing() => log.push("nothing to do".to_owned()),
            Ok(changed) => log.push(format!(
                "version {}: {} joined, {} left, {} with another weight, {} replaced",
                writer.version(),
                changed.joined,
                changed.left,
                changed.reweighted,
                changed.replaced,
            )),
            // The ring is as it was, for a list is taken whole or not at all. The next look may find a better one.
            Err(error) => log.push(format!("refused: {error}")),
        }
        println!("{}", log[log.len() - 1]);
    }
    assert_eq!(log[0], "version 1: 2 joined, 0 left, 0 with another weight, 0 replaced");
    assert_eq!(log[1], "nothing to do");
    // Another weight is another node too: its value is not equal.
    assert_eq!(log[2], "version 2: 1 joined, 0 left, 1 with another weight, 1 replaced");
    assert!(log[3].starts_with("refused: "));
    assert_eq!(log[4], "version 3: 0 joined, 0 left, 1 with another weight, 2 replaced");
    assert_eq!(log[5], "version 4: 0 joined, 2 left, 0 with another weight, 0 replaced");

    // Whoever has the same list has the same ring: the order in which it came about does not count.
    let mut anew = HeapRing::<NamedNode>::new();
    anew.reconcile(&mut [NamedNode::new("db-3").with_zone("north")])?;
    assert_eq!(ring.pin().fingerprint(), anew.view().fingerprint());
    Ok(())
}
