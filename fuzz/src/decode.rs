//! Arbitrary bytes as a serialized membership: refused or taken, never a panic; what is taken is the
//! same in every storage and survives the way out and in again.

use annulus::{HeapRing, Node, Ring};
use serde::{Deserialize, Serialize};

use crate::common::oracle::Naive;

/// A node as users have them, in a map or a sequence.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Server {
    name: String,
    #[serde(default)]
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

/// A ring whose capacity bounds what a decoder may ask for, as hostile input demands.
type Bounded = Ring<Server, 8, 300>;

/// Decodes the bytes, as a text and as what is none; panics where what was taken is not what was written.
pub fn check(bytes: &[u8]) {
    if let Ok(ring) = postcard::from_bytes::<Bounded>(bytes) {
        taken(&ring);
    }
    match serde_json::from_slice::<Bounded>(bytes) {
        Ok(ring) => {
            taken(&ring);
            let heap: HeapRing<Server> = serde_json::from_slice(bytes).expect("there is room");
            assert!(heap.same_membership(&ring));
        }
        Err(_) => refused(bytes),
    }
}

/// What was taken is the ring that its members say, and survives the way out and in again in both forms.
fn taken(ring: &Bounded) {
    let view = ring.view();
    let naive = Naive::of_counts(view);
    let points = view.points().map(|point| (u64::from(point.position), point.node.identity()));
    assert!(points.eq(naive.points.iter().map(|point| (point.0, point.1))));
    assert_eq!(view.fingerprint(), naive.fingerprint());

    let text = serde_json::to_vec(ring).expect("a ring can be written");
    let again: Bounded = serde_json::from_slice(&text).expect("what was written can be read");
    assert!(again.same_membership(ring));
    assert_eq!(serde_json::to_vec(&again).unwrap(), text);
    let bytes = postcard::to_stdvec(ring).expect("a ring can be written");
    let again: Bounded = postcard::from_bytes(&bytes).expect("what was written can be read");
    assert!(again.same_membership(ring));
    assert_eq!(postcard::to_stdvec(&again).unwrap(), bytes);
}

/// A refusal leaves a ring that decodes in place as it was, and takes the next input.
fn refused(bytes: &[u8]) {
    let mut ring = Bounded::with_vnodes(7);
    if ring.restore(&mut serde_json::Deserializer::from_slice(bytes)).is_ok() {
        return assert!(trails(bytes));
    }
    let view = ring.view();
    assert_eq!((view.len(), view.point_count(), view.vnodes()), (0, 0, 7));
    let good = br#"{"vnodes":3,"nodes":[{"weight":2,"node":{"name":"a"}}]}"#;
    ring.restore(&mut serde_json::Deserializer::from_slice(good)).expect("it is empty");
    assert_eq!(ring.view().point_count(), 6);
}

/// Whether what is wrong with the bytes comes after a membership.
fn trails(bytes: &[u8]) -> bool {
    serde_json::Deserializer::from_slice(bytes)
        .into_iter::<Bounded>()
        .next()
        .is_some_and(|r| r.is_ok())
}
