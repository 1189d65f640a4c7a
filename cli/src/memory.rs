//! What becomes of the command when memory is out.
//!
//! What grows with the input asks for its room and tells in words what has none: a line of keys, the nodes, a
//! ring. Before and after a ring is made some room must be free for the rest. Where that was not enough the
//! standard library says so in words of its own and aborts; this module has that end with the status of every
//! other failure.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGABRT;
use signal_hook::flag::register_conditional_shutdown;

/// From now on an abort ends the command with this status.
pub(crate) fn abort_with(status: u8) {
    // Where signals are not to be had, an abort stays one.
    let _ = register_conditional_shutdown(SIGABRT, status.into(), Arc::new(AtomicBool::new(true)));
}
