//! A `no_std`, fixed-capacity, lock-free consistent-hash ring with wait-free lookups.
//!
//! # Layers
//!
//! Data flows one way, and each layer knows only those before it.
//!
//! | layer | what it is |
//! |---|---|
//! | `hash` | bytes to 64-bit hashes, a node's seed to its points: [`KeyHash`] |
//! | `point` | positions on the circle, where nodes are placed and how they come in: [`Position`], [`Placement`], [`Ramp`] |
//! | `ring` | sorted arrays, lookups, edits, differences: [`RingRef`], [`Ring`], [`Diff`] |
//! | [`publish`] | one writer hands immutable values of any type to many readers |
//! | `handles` | published rings: [`RingWriter`], [`RingReader`], `SharedRing` |
//! | [`loads`] | units in flight on each node, counted by many threads; tickets under [`Caps`] |
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

mod handles;
mod hash;
#[cfg(target_has_atomic = "32")]
pub mod loads;
mod node;
mod point;
pub mod publish;
mod ring;
mod target;

#[cfg(feature = "std")]
pub use handles::{OwnedSharedRingWriter, SharedRing, SharedRingWriter, Within};
pub use handles::{Pinned, ReadHandle, RingGuard, RingReader, RingUpdateError, RingWriter, Update};
pub use hash::{Fx32, Fx64, KeyHash, SipHash13, Tagged, Xxh3};
pub use node::{MAX_IDENTITY_LEN, NamedNode, Node};
pub use point::{
    ByIdentity, Config, Counts, Curve, KeyRange, Native, PerWeight, Placement, PointsOf, Position,
    Ramp, RampStep, RampSteps,
};
pub use ring::{
    Balance, BalanceFactor, BasicRing, BatchError, BatchLengthError, Capacity, Caps, Change,
    DEFAULT_VNODES, Diff, EditError, Finding, Generations, Inline, Key, Lent, LentMemory,
    LentOffsets, LentRing, Member, Move, OwnedRange, PinnedKeys, Point, ReconcileError, Reconciled,
    Rejected, RejectedBatch, ReplicaMoves, Ring, RingRef, RomRing, RoomError, Rule, Ruled, Storage,
    Subset,
};
#[cfg(feature = "alloc")]
pub use ring::{Heap, HeapRing};

#[doc(hidden)]
#[doc = include_str!("point/placements.md")]
pub mod placements {}

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
