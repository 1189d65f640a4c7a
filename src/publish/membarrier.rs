//! The kernel's barrier: one thread has every running thread of the process execute a full fence.
#![allow(dead_code, reason = "a model checker brings its own")]

#[cfg(all(feature = "std", target_os = "linux", not(miri)))]
mod imp {
    use rustix::thread::{MembarrierCommand, membarrier, membarrier_query};
    use std::sync::OnceLock;

    /// What the first registration came to; later calls abide by it.
    static REGISTERED: OnceLock<bool> = OnceLock::new();

    pub(crate) fn register() -> bool {
        *REGISTERED.get_or_init(|| {
            membarrier_query().contains_command(MembarrierCommand::PrivateExpedited)
                && membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok()
        })
    }

    pub(crate) fn run() -> bool {
        membarrier(MembarrierCommand::PrivateExpedited).is_ok()
    }
}

#[cfg(not(all(feature = "std", target_os = "linux", not(miri))))]
mod imp {
    pub(crate) fn register() -> bool {
        false
    }

    pub(crate) fn run() -> bool {
        false
    }
}

/// Asks the kernel, once per process, whether [`run`] will work; every later call has that answer.
///
/// May block while another thread asks.
pub(crate) fn register() -> bool {
    imp::register()
}

/// Returns once every thread of this process has executed a full fence since the call; `false` if the
/// kernel refused, in which case nothing is ordered.
pub(crate) fn run() -> bool {
    imp::run()
}
