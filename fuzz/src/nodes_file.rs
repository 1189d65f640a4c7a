//! Arbitrary bytes as a node file, and as a list of names: refused in one line or taken, never a
//! panic; what is taken survives being written and parsed again.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use annulus::{HeapRing, Node as _, Xxh3};

use crate::error::Error;
use crate::nodes::{Node, Nodes};

/// Parses the bytes; panics where what was taken is not what was written.
pub fn check(bytes: &[u8]) {
    if let Some(ring) = taken(Nodes::parse("file".into(), bytes)) {
        // A comment first: a byte order mark is no part of a file, but may be one of a name.
        let mut text = String::from("# nodes\n");
        for member in ring.view().members() {
            let Node { identity, weight, zone } = member.node();
            text += &format!("{identity} {weight} {zone}\n");
        }
        let again = taken(Nodes::parse("file".into(), text.as_bytes())).expect("it was taken");
        assert!(again.same_membership(&ring), "{text}");
    }
    if let Some(ring) = taken(Nodes::list("--nodes", OsStr::from_bytes(bytes))) {
        let names = ring.view().members().iter().map(|member| member.node().identity.clone() + ",");
        let list: String = names.collect();
        let again = taken(Nodes::list("--nodes", OsStr::new(&list))).expect("it was taken");
        assert!(again.same_membership(&ring), "{list}");
        for member in ring.view().members() {
            assert_eq!((member.weight(), member.node().zone()), (1, &b""[..]));
        }
    }
}

/// The membership as a ring without points; the refusal must be one line.
fn taken(parsed: Result<Nodes, Error>) -> Option<HeapRing<Node>> {
    let ring = parsed.and_then(|nodes| nodes.ring(0, Xxh3, |node| node));
    match ring {
        Ok(ring) => Some(ring),
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control), "{error}");
            None
        }
    }
}
