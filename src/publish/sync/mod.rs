//! The one module through which this crate uses atomics, fences and shared memory: `core`'s own and
//! the kernel's, or loom's under `annulus_loom`. It is part of `publish`, which needs most of it; `loads` uses the
//! atomics.
//!
//! Without loom every type here is only what it wraps, and every call is inlined away.

mod atomics;
mod cells;
#[cfg(all(feature = "std", not(annulus_loom)))]
mod collector;
#[cfg(not(annulus_loom))]
mod fence;
#[cfg(not(annulus_loom))]
pub(crate) mod membarrier;
#[cfg(annulus_loom)]
mod model;
mod rendezvous;

#[cfg(target_has_atomic = "32")]
pub(crate) use atomics::AtomicU32;
pub(crate) use atomics::{AtomicBool, AtomicUsize, Ordering, compiler_fence, const_fn, repeat};
pub(crate) use cells::{Cells, CellsView, ReadPtr, WritePtr};
#[cfg(all(feature = "std", not(annulus_loom)))]
pub(crate) use collector::pin;
#[cfg(not(annulus_loom))]
pub(crate) use fence::full_fence;
#[cfg(all(feature = "std", annulus_loom))]
pub(crate) use model::pin;
#[cfg(annulus_loom)]
pub use model::wrap_epochs;
#[cfg(annulus_loom)]
pub(crate) use model::{full_fence, membarrier, narrow};
pub(crate) use rendezvous::Rendezvous;
