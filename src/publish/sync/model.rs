//! Stand-ins for the hardware, the kernel and the collector in a model check.

use std::cell::Cell;

use super::atomics::Ordering;

/// The collector's pin, in the collector that loom can reset between executions.
#[cfg(feature = "std")]
pub(crate) use crossbeam_epoch::pin;

/// Loom's full fence.
pub(crate) fn full_fence() {
    loom::sync::atomic::fence(Ordering::SeqCst);
}

/// A kernel that grants its barrier, unless the model has it refuse. What the barrier does is
/// modelled by [`Rendezvous`](super::Rendezvous).
pub(crate) mod membarrier {
    use std::cell::Cell;

    std::thread_local! {
        /// Whether the kernel refuses its barrier. All threads of a model share this, because loom
        /// runs them in one.
        static REFUSES: Cell<bool> = const { Cell::new(false) };
    }

    /// Has the kernel refuse its barrier from now on, or grant it again.
    pub fn refuse(refuses: bool) {
        REFUSES.set(refuses);
    }

    pub(crate) fn run() -> bool {
        !REFUSES.get()
    }
}

std::thread_local! {
    /// Whether epochs wrap in this model.
    static WRAPS: Cell<bool> = const { Cell::new(false) };
}

/// Has epochs wrap after four in this model, as they do after 2³¹ where a word has 32 bits.
pub fn wrap_epochs() {
    WRAPS.set(true);
}

/// Whether epochs wrap.
pub(crate) fn narrow() -> bool {
    WRAPS.get()
}
