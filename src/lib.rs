//! A `no_std`, fixed-capacity, lock-free consistent-hash ring with wait-free lookups.
//!
//! Servers and keys lie on one circle, and a key belongs to the next server clockwise. So when a server comes or
//! goes, only its own keys move.
//!
//! ```
//! use annulus::{NamedNode, Ring};
//!
//! // Room for 8 nodes and 2,400 points, in place.
//! let mut ring = Ring::<NamedNode, 8, 2_400>::new();
//! ring.insert_all(["cache-a", "cache-b", "cache-c"].map(NamedNode::new))?;
//!
//! let owner = ring.owner("user:42").expect("the ring has points").name;
//! assert_eq!(ring.view().replicas::<2>("user:42")[0].name, owner);
//!
//! // Keys of other nodes stay where they are.
//! let gone = if owner == "cache-c" { "cache-a" } else { "cache-c" };
//! ring.remove(gone)?;
//! assert_eq!(ring.owner("user:42").map(|node| node.name), Some(owner));
//! # Ok::<(), annulus::EditError>(())
//! ```
//!
//! # Which type to take
//!
//! | where | ring | changed under readers through |
//! |---|---|---|
//! | a server with threads of its own | `HeapRing` | [`Published`](publish::Published), a [`RingReader`] for each thread: wait-free |
//! | an async server, or threads that come and go | `HeapRing` | `SharedRing`: any task or thread, lock-free |
//! | one thread | `HeapRing`, or [`Ring`] in place | nothing: edit it |
//! | no allocator | [`Ring`], or [`LentRing`] in memory that is sized as the program runs | [`Published`](publish::Published) in a `static` |
//! | an interrupt handler | [`Ring`] | [`Published`](publish::Published) with [`SingleCore`](publish::SingleCore): pins without a fence |
//! | flash, a membership that never changes | [`RomRing`] | nothing |
//!
//! All of them give out a [`RingRef`], which has all lookups; the verbs that edit are those of [`BasicRing`], and of
//! a [`RingWriter`] where the ring is published.
//!
//! The [`cookbook`] has recipes for whole programs: a server with health checks, a reconcile loop, a migration,
//! firmware, bounded loads, several tiers; and says how even a ring is, and what more points cost.
//!
//! # Guarantees
//!
//! - Lookups allocate nothing, cannot panic, and are wait-free. A key's owner takes O(1) expected steps, and O(log points)
//!   at worst.
//! - Where nodes and keys lie is frozen: all versions, machines and word sizes agree on every owner.
//! - An edit moves the keys of the node that it is about, and no others. It is made whole or refused whole, and says why.
//! - Readers of a published ring never wait for its writer.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | none | everything but what follows; no allocator is needed |
//! | `alloc` | `HeapRing`; handles that own their publication |
//! | `std` | `SharedRing`; the kernel's `membarrier`, with which readers of a publication pay for no fence; edits that wait |
//! | `serde` | memberships in and out of serialized forms |
//! | `defmt` | errors and small values as firmware logs them |
//! | `heapless-0_9` | strings of `heapless` 0.9 as nodes |
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
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(
    missing_debug_implementations,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use
)]

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

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
pub use handles::{OwnedRingReader, OwnedRingWriter};
#[cfg(feature = "std")]
pub use handles::{OwnedSharedRingWriter, SharedRing, SharedRingWriter, Within};
pub use handles::{Pinned, ReadHandle, RingGuard, RingReader, RingUpdateError, RingWriter, Update};
pub use hash::{Fx32, Fx64, KeyHash, Probe, ProbeKey, SipHash13, Tagged, Xxh3};
pub use node::{MAX_IDENTITY_LEN, NamedNode, Node};
pub use point::{
    ByIdentity, Config, Counts, Curve, KeyRange, Native, PerWeight, Placement, PointsOf, Position,
    Ramp, RampStep, RampSteps,
};
pub use ring::{
    Balance, BalanceFactor, BasicRing, BatchError, BatchLengthError, Capacity, Caps, Change,
    DEFAULT_VNODES, Diff, EditError, Finding, Generations, Inline, Key, Lent, LentMemory,
    LentOffsets, LentRing, Member, Move, OwnedRange, PinnedKeys, Point, Points, ReconcileError,
    Reconciled, Rejected, RejectedBatch, ReplicaMoves, Replicas, ReplicasIter, Ring, RingRef,
    RomRing, RoomError, Rule, Ruled, Storage, Subset,
};
#[cfg(feature = "alloc")]
pub use ring::{Heap, HeapRing};

#[doc = include_str!("cookbook.md")]
pub mod cookbook {}

#[doc(hidden)]
#[doc = include_str!("point/placements.md")]
pub mod placements {}

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
