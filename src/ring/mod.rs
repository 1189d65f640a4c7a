//! The ring layer: immutable sorted arrays, the lookups over them, and the edits that make one
//! ring out of another. No atomics, no `unsafe`, no I/O.
//!
//! | file | subject |
//! |---|---|
//! | `view` | [`RingRef`], the borrowed view |
//! | `index`, `lookup` | from a position to its owner |
//! | `walk` | replicas, liveness, zones |
//! | `ranges`, `diff`, `fingerprint` | insight into one ring and two |
//! | `owned` | [`BasicRing`], a ring on a storage |
//! | `inline`, `heap`, `rom` | the storages |
//! | `change`, `edit`, `merge`, `build` | checking, planning and making edits |
//! | `compact` | edits of one node where flash is scarce |
//! | `serial` | memberships in and out of serialized forms |

mod build;
mod change;
mod compact;
mod diff;
mod edit;
mod error;
mod fingerprint;
#[cfg(feature = "alloc")]
mod heap;
mod index;
mod inline;
mod lookup;
mod member;
mod merge;
mod owned;
mod ranges;
mod rom;
mod scan;
#[cfg(feature = "serde")]
mod serial;
mod sort;
#[cfg(test)]
mod steps;
mod storage;
mod view;
mod walk;

pub use change::Change;
pub use diff::{Diff, Move, ReplicaMoves};
pub use error::{BatchError, EditError, Rejected};
#[cfg(feature = "alloc")]
pub use heap::Heap;
pub use inline::Inline;
pub use lookup::BatchLengthError;
pub use member::Member;
#[cfg(feature = "alloc")]
pub use owned::HeapRing;
pub use owned::{BasicRing, DEFAULT_VNODES, Ring};
pub use ranges::{Balance, Range, SharesLengthError};
pub use rom::RomRing;
pub use storage::Storage;
pub use view::{Key, RingRef};
pub use walk::Point;
