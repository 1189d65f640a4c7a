//! The ring layer: immutable sorted arrays, the lookups over them, and the edits that make one
//! ring out of another. No atomics, no `unsafe`, no I/O.
//!
//! | file | subject |
//! |---|---|
//! | `view` | [`RingRef`], the borrowed view |
//! | `index`, `search`, `scan` | from a position to its owner in sorted arrays; `scan` on microcontrollers |
//! | `lookup` | the lookups of one owner |
//! | `walk` | replicas, liveness, zones |
//! | `ranges`, `diff`, `fingerprint` | insight into one ring and two |
//! | `owned`, `member` | [`BasicRing`], a ring on a storage, and what it keeps of a node |
//! | `storage`; `inline`, `heap`, `rom` | what a storage is; the storages |
//! | `change` | what changes come to, and whether they can be made |
//! | `edit`, `stage`, `batch` | edits of one node, many nodes taken in, many changes at once |
//! | `pass`, `merge`, `build`, `sort` | how the arrays follow |
//! | `compact` | edits of one node where flash is scarce |
//! | `serial` | memberships in and out of serialized forms |
//! | `error` | why an edit is refused |

mod batch;
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
mod pass;
mod ranges;
mod rom;
mod scan;
mod search;
#[cfg(feature = "serde")]
mod serial;
mod sort;
mod stage;
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
pub use ranges::{Balance, OwnedRange, SharesLengthError};
pub use rom::RomRing;
pub use storage::Storage;
pub use view::{Key, RingRef};
pub use walk::Point;
