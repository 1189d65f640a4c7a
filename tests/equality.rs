//! Rings are equal where their memberships are, part by part.

use annulus::{NamedNode, Ring};

#[test]
fn rings_differ_by_each_part_of_the_membership() {
    let ring = |vnodes, nodes: &[NamedNode<'static>]| {
        let mut ring = Ring::<_, 4, 100>::with_vnodes(vnodes);
        ring.insert_all(nodes.iter().copied()).unwrap();
        ring
    };
    let (a, b) = (NamedNode::new("a"), NamedNode::new("b"));
    let all = ring(10, &[a, b]);
    assert!(all == ring(10, &[b, a]));
    assert!(all != ring(11, &[a, b]));
    assert!(all != ring(10, &[a]));
    assert!(ring(10, &[a]) != all);
    assert!(all != ring(10, &[a, NamedNode::new("c")]));
    assert!(all != ring(10, &[a, b.with_weight(2)]));
    assert!(all != ring(10, &[a.with_zone("east"), b]));
}
