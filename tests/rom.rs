//! Rings in flash made at run time, by the code that the compiler runs for those in a `static`: the
//! same arrays, and the same refusals, which there end the compilation.

use annulus::{MAX_IDENTITY_LEN, NamedNode, Ring, RomRing};
use std::hint::black_box;
use std::panic::catch_unwind;

/// A byte longer than a ring takes.
const TOO_LONG: &str = match core::str::from_utf8(&[b'x'; MAX_IDENTITY_LEN + 1]) {
    Ok(name) => name,
    Err(_) => "",
};

/// How the attempt to make a ring of these nodes, ten points for each unit of weight, is refused.
fn refused<const NODES: usize, const POINTS: usize>(
    nodes: [NamedNode<'static>; NODES],
) -> Option<&'static str> {
    let made = catch_unwind(|| RomRing::<NODES, POINTS>::with_vnodes(10, black_box(nodes)));
    made.err().map(|panic| panic.downcast_ref::<&'static str>().copied().unwrap_or("formatted"))
}

const fn node(name: &'static str, weight: u32) -> NamedNode<'static> {
    NamedNode::new(name).with_weight(weight)
}

#[test]
fn the_compiler_and_the_processor_make_the_same_ring() {
    const NODES: [NamedNode<'static>; 4] = [node("b", 2), node("", 1), node("a", 0), node("ab", 3)];
    static ROM: RomRing<4, 900> = RomRing::new(NODES);
    let made = RomRing::<4, 900>::new(black_box(NODES));
    let mut inline = Box::new(Ring::<NamedNode, 4, 900>::new());
    inline.insert_all(NODES).unwrap();
    let points = |view: annulus::RingRef<'_, NamedNode<'static>>| -> Vec<_> {
        view.points().map(|point| (point.position, point.node.name)).collect()
    };
    assert_eq!(points(ROM.view()), points(made.view()));
    assert_eq!(points(ROM.view()), points(inline.view()));
    assert_eq!(ROM.view().fingerprint(), made.view().fingerprint());
    let keys = (0..1_000u32).map(|i| i.wrapping_mul(0x9e37_79b9));
    for position in keys {
        assert_eq!(made.view().owner_at(position), inline.view().owner_at(position));
    }
}

#[test]
fn limits_at_their_edge_and_past_it() {
    assert_eq!(refused::<2, 30>([node("a", 1), node("b", 2)]), None);
    assert!(refused::<2, 30>([node("a", 1), node("b", 3)]).is_some());
    assert!(refused::<1, 30>([node("a", u32::MAX)]).is_some());
    assert!(refused::<2, 30>([node("a", u32::MAX), node("b", u32::MAX)]).is_some());
    assert_eq!(refused::<2, 30>([node("a", 1), node("a", 1)]), Some("a name stands for two nodes"));
    assert_eq!(refused::<1, 10>([node(&TOO_LONG[1..], 1)]), None);
    assert_eq!(refused::<1, 10>([node(TOO_LONG, 1)]), Some("a name is too long"));
}
