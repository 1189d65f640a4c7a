//! Serialized memberships on the heap, and what is said about input that is none. The inline form is
//! tested beside its code, arbitrary bytes in the fuzz target `decode`.
#![cfg(feature = "serde")]

use annulus::{HeapRing, NamedNode, Node, Ring};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Server {
    name: String,
    zone: String,
}

impl Node for Server {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }

    fn zone(&self) -> &[u8] {
        self.zone.as_bytes()
    }
}

fn server(name: &str, zone: &str) -> Server {
    Server { name: name.into(), zone: zone.into() }
}

#[cfg(feature = "alloc")]
#[test]
fn the_heap_takes_what_an_inline_ring_gives_and_back() {
    let mut inline = Ring::<Server, 4, 400>::with_vnodes(100);
    inline.insert_all([server("b", "west"), server("a", "east")]).unwrap();
    inline.set_weight(b"b", 3).unwrap();
    let text = serde_json::to_string(&inline).unwrap();
    let heap: HeapRing<Server> = serde_json::from_str(&text).unwrap();
    assert!(heap.same_membership(&inline));
    assert_eq!(heap.view().fingerprint(), inline.view().fingerprint());
    assert_eq!(heap.view().get(b"b").unwrap().node(), &server("b", "west"));
    assert_eq!((heap.view().vnodes(), heap.view().point_count()), (100, 400));
    assert_eq!(serde_json::to_string(&heap.view()).unwrap(), text);
    let smaller = serde_json::from_str::<Ring<Server, 4, 399>>(&text);
    assert!(smaller.unwrap_err().to_string().contains("400 points exceed the capacity of 399"));
}

#[test]
fn what_is_no_membership_is_told_what_one_is() {
    type Small = Ring<Server, 2, 20>;
    for (text, said) in [
        ("7", "invalid type: integer `7`, expected the vnodes and nodes of a ring"),
        ("[]", "invalid length 0, expected vnodes and nodes"),
        (
            r#"{"vnodes":1,"nodes":7}"#,
            "invalid type: integer `7`, expected nodes with their weights",
        ),
        (r#"{"vnodes":-1,"nodes":[]}"#, "invalid value: integer `-1`, expected u32"),
        (r#"{"vnodes":1,"nodes":[],"nodes":[]}"#, "duplicate field `nodes`"),
        (r#"{"vnodes":1,"nodes":[{"weight":1}]}"#, "missing field `node`"),
    ] {
        let error = serde_json::from_str::<Small>(text).map(drop).unwrap_err().to_string();
        assert!(error.starts_with(said), "{text}: {error}");
    }
}

/// What is not said of a node of borrowed strings is as in `NamedNode::new`.
#[test]
fn named_nodes_are_read_from_what_lends_its_strings() {
    let node: NamedNode<'_> = serde_json::from_str(r#"{"name":"a"}"#).unwrap();
    assert_eq!(node, NamedNode::new("a"));
    let text =
        r#"{"vnodes":10,"nodes":[{"weight":3,"node":{"name":"a","weight":2,"zone":"east"}}]}"#;
    let ring: Ring<NamedNode<'_>, 2, 40> = serde_json::from_str(text).unwrap();
    let member = ring.get("a").unwrap();
    assert_eq!((*member.node(), member.weight()), (node.with_weight(2).with_zone("east"), 3));
    let written = serde_json::to_string(&ring).unwrap();
    let verified =
        r#"{"form":2,"placement":"annulus-32","vnodes":10,"fingerprint":"d8f77c383f08aad6","#;
    assert_eq!(written, text.replacen(r#"{"vnodes":10,"#, verified, 1));
    let bytes = postcard::to_stdvec(&ring).unwrap();
    assert!(
        postcard::from_bytes::<Ring<NamedNode<'_>, 2, 40>>(&bytes).unwrap().same_membership(&ring)
    );
}
