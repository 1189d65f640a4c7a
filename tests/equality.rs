//! Which memberships are the same, part by part.

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
    assert!(all.same_membership(&ring(10, &[b, a])));
    assert!(!all.same_membership(&ring(11, &[a, b])));
    assert!(!all.same_membership(&ring(10, &[a])));
    assert!(!ring(10, &[a]).same_membership(&all));
    assert!(!all.same_membership(&ring(10, &[a, NamedNode::new("c")])));
    assert!(!all.same_membership(&ring(10, &[a, b.with_weight(2)])));
    assert!(!all.same_membership(&ring(10, &[a.with_zone("east"), b])));
}
