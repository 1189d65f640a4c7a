//! Insight into one ring or two: who owns how much of the circle, and what a change moves.
//!
//! | file | subject |
//! |---|---|
//! | `ranges` | the ranges that nodes own |
//! | `shares` | how evenly the circle is shared out |
//! | `diff` | which ranges, and which sets of replicas, differ between two rings |
//! | `fingerprint` | one number for a membership |

mod diff;
mod fingerprint;
mod ranges;
mod shares;

pub use diff::{Diff, Move, ReplicaMoves};
pub use ranges::OwnedRange;
pub use shares::{Balance, SharesLengthError};
