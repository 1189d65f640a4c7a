//! How evenly rings share the circle, by their numbers of nodes and of points a node.
//!
//! `cargo run --release --example evenness --features alloc`. The figures follow from where points lie, which is
//! frozen: they are the same on every machine, and are compared with the table of the cookbook's page.

use annulus::HeapRing;

/// How many names there are for each figure: many small rings, or few large ones.
const NAMES: u32 = 10_000;

/// The standard deviation of the shares over their mean, and the largest share over the mean: both as means of
/// several rings with other names.
fn spread(nodes: u32, points: u32) -> (f64, f64) {
    let rings = (NAMES / nodes).min(100);
    let (mut deviation, mut peak) = (0.0, 0.0);
    for ring in 0..rings {
        let mut members = HeapRing::<String>::with_vnodes(points);
        members
            .insert_all((0..nodes).map(|node| format!("host-{node}.rack-{ring}.example")))
            .expect("names differ, and there is memory");
        let mut shares = vec![0; nodes as usize];
        members.view().shares(&mut shares).expect("there is room for each");
        let balance = members.view().balance(&shares).expect("there are points");
        deviation += balance.std_dev / f64::from(rings);
        peak += balance.max / f64::from(rings);
    }
    (deviation, peak)
}

fn main() {
    let page = include_str!("../src/cookbook.md");
    let mut all_written = true;
    println!(
        "| points a node | nodes | standard deviation | 1/√points | largest share over the mean |"
    );
    println!("|---|---|---|---|---|");
    for points in [150, 1_000] {
        for (nodes, written) in [(3, "3"), (10, "10"), (100, "100"), (1_000, "1,000")] {
            let (deviation, peak) = spread(nodes, points);
            let expected = 1.0 / f64::from(points).sqrt();
            let points = if points == 150 { "150" } else { "1,000" };
            let row =
                format!("| {points} | {written} | {deviation:.3} | {expected:.3} | {peak:.2} |");
            println!("{row}");
            all_written &= page.contains(&row);
        }
    }
    assert!(all_written, "src/cookbook.md has other figures");
}
