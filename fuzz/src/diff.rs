//! Two memberships and what moves between them: ranges tile the circle, moves agree with the naive
//! rings for one owner and for K replicas, and turn one routing into the other.

use std::fmt;

use annulus::{HeapRing, NamedNode, Ring};
use arbitrary::Arbitrary;

use crate::circle::{Circle, PRELUDE, Play};
use crate::common::membership::{NAMES, Node, zone};
use crate::common::pair::compare;
use crate::common::placements::Aimed;
use crate::common::rules::Subject;

/// How many names take part.
const NODES: usize = 7;

/// The memberships before and after: a byte for each name, 0 where it is not a member.
#[derive(Arbitrary)]
pub struct Input {
    circle: Circle,
    #[arbitrary(with = |u: &mut arbitrary::Unstructured| u.int_in_range(0..=2))]
    vnodes: u32,
    old: [u8; NODES],
    new: [u8; NODES],
}

/// The nodes that the bytes stand for: weights from 0 to 4, and a zone.
fn nodes(bytes: &[u8; NODES]) -> Vec<Node> {
    let members = bytes.iter().zip(NAMES).filter(|(byte, _)| **byte > 0);
    let nodes = members.map(|(&byte, name)| NamedNode {
        name,
        weight: u32::from((byte - 1) % 5),
        zone: zone(name, byte),
    });
    nodes.collect()
}

impl Play for Input {
    fn play<P: Subject>(&self) {
        // One of each storage: they are compared through the same view.
        let mut old = HeapRing::<Node, P, Aimed>::with_hash(self.vnodes, Aimed);
        old.insert_all(nodes(&self.old)).expect("the heap has room");
        let mut new = Ring::<Node, 8, 64, P, Aimed>::with_hash(self.vnodes, Aimed);
        new.insert_all(nodes(&self.new)).expect("there is room for all at their heaviest");
        compare(old.view(), new.view());
    }
}

/// Compares the memberships; panics on the first answer that is wrong.
pub fn check(input: &Input) {
    input.circle.play(input);
}

/// Prints a test that reproduces the comparison.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (circle, vnodes) = (self.circle.name(), self.vnodes);
        f.write_str(PRELUDE)?;
        for (name, ring, members) in
            [("old", "HeapRing::<Node", &self.old), ("new", "Ring::<Node, 8, 64", &self.new)]
        {
            let nodes = nodes(members);
            writeln!(
                f,
                "    let mut {name} = {ring}, {circle}, Aimed>::with_hash({vnodes}, Aimed);"
            )?;
            writeln!(f, "    {name}.insert_all({nodes:?}).unwrap();")?;
        }
        f.write_str("    common::pair::compare(old.view(), new.view());\n}")
    }
}
