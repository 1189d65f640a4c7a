//! Publication: one writer hands immutable values of any type to many readers.
#![allow(unsafe_code)]

#[cfg(feature = "std")]
mod backoff;
mod barrier;
#[cfg(feature = "std")]
pub(crate) mod collector;
mod epoch;
mod error;
pub(crate) mod fence;
mod ledger;
pub(crate) mod membarrier;
#[cfg(target_has_atomic = "8")]
mod place;
mod published;
mod reader;
#[cfg(feature = "std")]
mod shared;
mod slot;
mod writer;

pub use barrier::Barrier;
#[cfg(feature = "std")]
pub use error::TooFewSnapshots;
pub use error::{ReadersExhausted, UpdateError, WriterTaken};
pub use published::Published;
pub use reader::{Guard, Reader};
#[cfg(feature = "std")]
pub use shared::{SharedGuard, SharedPublished, SharedWriter};
pub use writer::Writer;
