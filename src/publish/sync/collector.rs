//! The epoch collector behind [`SharedPublished`](crate::publish::SharedPublished), which this
//! crate alone uses.
//!
//! Readers run the functions that were deferred to their collector. In a collector shared with
//! other crates these would include those crates' destructors; in this one they only set flags.

use crossbeam_epoch::{Collector, Guard, LocalHandle};
use std::{sync::OnceLock, thread_local};

static COLLECTOR: OnceLock<Collector> = OnceLock::new();

thread_local! {
    static HANDLE: LocalHandle = register();
}

fn register() -> LocalHandle {
    COLLECTOR.get_or_init(Collector::new).register()
}

/// Pins the calling thread. Registers it first if it never was registered, or if its thread-locals
/// are destroyed already.
#[inline]
pub(crate) fn pin() -> Guard {
    HANDLE.try_with(LocalHandle::pin).unwrap_or_else(|_| register().pin())
}
