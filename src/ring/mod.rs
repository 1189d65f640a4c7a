//! The ring layer: immutable sorted arrays, the lookups over them, and the edits that make one
//! ring out of another. No atomics, no `unsafe`, no I/O.
//!
//! | module | what is in it |
//! |---|---|
//! | `points` | the sorted arrays, their index, and the search in them |
//! | `member`, `view` | a node as a ring keeps it; [`RingRef`], the borrowed view |
//! | `rounds` | how many members each round of zones has |
//! | `caps` | [`Caps`], how much load each member may have |
//! | `rule` | [`Rule`], which nodes hold a key; [`Ruled`], a view under one |
//! | `lookup` | every verb that answers who owns a key or a position |
//! | `insight` | ranges, shares, differences, fingerprints |
//! | `storage` | where the memory is: inline, lent, heap, flash |
//! | `basic` | [`BasicRing`], a ring on a storage |
//! | `edit` | what turns one ring into the next |
//! | `serial` | memberships in and out of serialized forms |
//! | `error` | why an edit is refused |

mod basic;
mod caps;
mod edit;
mod error;
mod insight;
mod lookup;
mod member;
mod points;
mod rounds;
mod rule;
#[cfg(feature = "serde")]
mod serial;
mod storage;
mod view;

pub use basic::{BasicRing, DEFAULT_VNODES};
pub use caps::{BalanceFactor, Caps};
pub(crate) use edit::settle;
pub use edit::{Change, Reconciled};
pub use error::{BatchError, EditError, ReconcileError, Rejected, RejectedBatch};
pub use insight::{Balance, Diff, Finding, Move, OwnedRange, ReplicaMoves};
pub use lookup::{
    BatchLengthError, Generations, PinnedKeys, Point, Points, Replicas, ReplicasIter,
};
pub use member::Member;
pub use rule::{RoomError, Rule, Ruled, Subset};
pub use storage::{
    Capacity, Inline, Lent, LentMemory, LentOffsets, LentRing, Ring, RomRing, Storage,
};
#[cfg(feature = "alloc")]
pub use storage::{Heap, HeapRing};
pub use view::{Key, RingRef};
