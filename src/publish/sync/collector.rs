//! The epoch collector behind [`SharedPublished`](crate::publish::SharedPublished), of this crate alone.
//!
//! Readers run what is deferred to their collector. In a collector shared with other crates that would
//! be those crates' destructors; in this one it is setting flags.

use crossbeam_epoch::{Collector, Guard, LocalHandle};
use std::{sync::OnceLock, thread_local};

static COLLECTOR: OnceLock<Collector> = OnceLock::new();

thread_local! {
    static HANDLE: LocalHandle = register();
}

fn register() -> LocalHandle {
    COLLECTOR.get_or_init(Collector::new).register()
}

/// Pins the calling thread, and registers it first if it never was or is past its thread locals.
#[inline]
pub(crate) fn pin() -> Guard {
    HANDLE.try_with(LocalHandle::pin).unwrap_or_else(|_| register().pin())
}
