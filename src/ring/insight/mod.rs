//! Insight into one ring or two: who owns how much of the circle, and what a change moves.
//!
//! | file | subject |
//! |---|---|
//! | `ranges` | the ranges that nodes own |
//! | `shares` | how evenly the circle is shared out |
//! | `under` | the ranges and shares that nodes hold under a rule |
//! | `diff` | which ranges, and which sets of replicas, differ between two rings |
//! | `check` | what is doubtful in a membership |
//! | `fingerprint` | one number for a membership, and one for it with its key hash |

mod check;
mod diff;
mod fingerprint;
mod ranges;
mod shares;
mod under;

pub use check::Finding;
pub use diff::{Diff, Move, ReplicaMoves};
pub use ranges::OwnedRange;
pub use shares::Balance;
