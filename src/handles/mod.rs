//! The handles layer: published rings, with a ring's verbs. It has no algorithm of its own.
//!
//! | | readers | made by |
//! |---|---|---|
//! | [`RingReader`] over [`Published`](crate::publish::Published) | registered, wait-free | [`RingReader::new`] |
//! | [`SharedRing`] | any thread, lock-free | [`SharedRing::new`] |
//!
//! Both are written through a [`RingWriter`] and read through a [`RingGuard`].

mod reader;
#[cfg(feature = "std")]
mod shared;
#[cfg(feature = "alloc")]
mod shrink;
mod writer;

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
pub use reader::OwnedRingReader;
pub use reader::{Pinned, ReadHandle, RingGuard, RingReader};
#[cfg(feature = "std")]
pub use shared::{OwnedSharedRingWriter, SharedRing, SharedRingWriter};
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
pub use writer::OwnedRingWriter;
#[cfg(feature = "std")]
pub use writer::Within;
pub use writer::{RingUpdateError, RingWriter, Update};
