//! Lookups: every verb that answers who owns a key or a position.
//!
//! | file | subject |
//! |---|---|
//! | `start` | the point at which a lookup begins |
//! | `owner` | the owner of one key or position |
//! | `batch` | the owners of many positions at once |
//! | `points` | the points, one after another |
//! | `walk` | clockwise from a key: distinct nodes, nodes that are alive |
//! | `replicas` | the nodes that a walk found, by value |
//! | `bounded` | the owner that has room: bounded loads |
//! | `zones` | distinct nodes spread over zones, in rounds |
//! | `block`, `spread` | how these are found: in the next few points, or by a walk |
//! | `under` | the nodes that hold a key under a rule |
//! | `subset` | the members that are chosen for one tenant |
//! | `pins` | keys that a given node owns, whatever the ring says |
//! | `generations` | those of two rings, while data moves from one to the other |

mod batch;
mod block;
mod bounded;
#[cfg(test)]
mod comparisons;
mod generations;
mod owner;
mod pins;
mod points;
mod replicas;
#[cfg(test)]
mod scans;
mod spread;
mod start;
mod subset;
mod under;
mod walk;
mod zones;

pub use batch::BatchLengthError;
pub use generations::Generations;
pub use pins::PinnedKeys;
pub use points::{Point, Points};
pub use replicas::{Replicas, ReplicasIter};
