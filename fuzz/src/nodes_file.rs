//! Arbitrary bytes as a node file, of this library or of another system, and as a list of names: refused in one line
//! or taken, never a panic; what is taken of this library's survives being written and parsed again.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use annulus::{HeapRing, Native, Node as _, Xxh3};
use annulus_profiles::Profile;

use crate::error::Error;
use crate::nodes::{Node, Nodes};

/// The systems whose lines have fields that no other's have, and one whose lines have none.
const SYSTEMS: [&str; 5] = ["nginx", "twemproxy", "hashring", "haproxy-3.0", "cassandra"];

/// Parses the bytes; panics where what was taken is not what was written.
pub fn check(bytes: &[u8]) {
    for system in SYSTEMS {
        let profile = Profile::parse(system).expect("it is a system");
        refused_in_a_line(Nodes::parse("file".into(), bytes, &profile));
    }
    if let Some(ring) = taken(native(bytes)) {
        // A comment first: a byte order mark is no part of a file, but may be one of a name.
        let mut text = String::from("# nodes\n");
        for member in ring.view().members() {
            let Node { identity, weight, zone, .. } = member.node();
            text += &format!("{identity} {weight} {zone}\n");
        }
        let again = taken(native(text.as_bytes())).expect("it was taken");
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

/// The membership as a ring without points.
fn taken(parsed: Result<Nodes, Error>) -> Option<HeapRing<Node>> {
    refused_in_a_line(parsed.and_then(|nodes| nodes.ring::<Native, _>(0, Some(0), Xxh3)))
}

/// What was taken, if it was; a refusal must be one line.
fn refused_in_a_line<T>(outcome: Result<T, Error>) -> Option<T> {
    if let Err(error) = &outcome {
        assert!(!error.to_string().contains(char::is_control), "{error}");
    }
    outcome.ok()
}

fn native(bytes: &[u8]) -> Result<Nodes, Error> {
    Nodes::parse("file".into(), bytes, &Profile::Native)
}
