//! A ring that is copied over another is what a clone is, whatever the other one was.

use annulus::{BasicRing, Inline, NamedNode, Native, Ring, Rule, SipHash13, Storage};

type Node = NamedNode<'static>;

const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

/// The nodes of some rings: more and fewer of them, in zones that differ.
fn memberships() -> [Vec<Node>; 5] {
    let zoned = |zones: usize| {
        let zone = move |i: usize| ["east", "north", "south", "west"][i % zones];
        NAMES.iter().enumerate().map(move |(i, name)| NamedNode::new(name).with_zone(zone(i)))
    };
    [
        Vec::new(),
        zoned(2).take(1).collect(),
        zoned(4).collect(),
        zoned(3).collect(),
        zoned(4).skip(2).map(|node| node.with_weight(3)).collect(),
    ]
}

/// Checks that the rings answer alike, and have room for as much.
fn assert_alike<S: Storage<Node = Node, Placement = Native>>(
    copy: &BasicRing<S, SipHash13>,
    clone: &BasicRing<S, SipHash13>,
) {
    assert!(copy.same_membership(clone));
    assert_eq!(copy.capacity(), clone.capacity());
    let (copy, clone) = (copy.view(), clone.view());
    assert_eq!(copy.vnodes(), clone.vnodes());
    for key in 0..500u32 {
        let key = &key.to_le_bytes()[..];
        assert_eq!(copy.owner(key), clone.owner(key));
        let [copied, cloned] = [copy, clone].map(|view| {
            let mut out = [None; 6];
            view.under(Rule::over_zones(6)).owners(key, &mut out);
            out
        });
        assert_eq!(copied, cloned);
    }
}

fn copies<S: Storage<Node = Node, Placement = Native> + Clone>(
    empty: impl Fn(u32, SipHash13, u32) -> BasicRing<S, SipHash13>,
) {
    let rings = memberships().map(|nodes| {
        let len = nodes.len() as u32;
        let mut ring = empty(100 + len, SipHash13::new([len as u8; 16]), 4_000 + len);
        ring.insert_all(nodes).unwrap();
        ring
    });
    for from in &rings {
        for over in &rings {
            let mut copy = over.clone();
            copy.clone_from(from);
            assert_alike(&copy, from);
            // It is as good as that for what comes next.
            let mut clone = from.clone();
            for ring in [&mut copy, &mut clone] {
                ring.insert_all([NamedNode::new("z")]).unwrap();
                ring.set_weight("z", 2).unwrap();
            }
            assert_alike(&copy, &clone);
        }
    }
}

#[test]
fn inline() {
    type Small = BasicRing<Inline<Node, Native, 13, 4_500>, SipHash13>;
    copies(|vnodes, hash, _| -> Small { Ring::with_hash(vnodes, hash) });
}

#[cfg(feature = "alloc")]
#[test]
fn on_the_heap() {
    use annulus::HeapRing;
    copies(|vnodes, hash, most| {
        HeapRing::<Node, Native, _>::with_hash(vnodes, hash).with_max_points(most)
    });
}
