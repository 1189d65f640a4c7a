//! What a model checker brings in place of the hardware, the kernel and the collector.

use std::cell::Cell;

use super::atomics::Ordering;

/// The collector's pin, in the collector that loom can reset between executions.
#[cfg(feature = "std")]
pub(crate) use crossbeam_epoch::pin;

/// The full fence, as loom knows it.
pub(crate) fn full_fence() {
    loom::sync::atomic::fence(Ordering::SeqCst);
}

/// A kernel that gives its barrier, except to a model that asks to be refused; what the barrier does is
/// [`Rendezvous`](super::Rendezvous)' to model.
pub(crate) mod membarrier {
    use std::cell::Cell;

    std::thread_local! {
        /// Whether this model's writer is refused. Loom runs all threads of a model in one.
        static REFUSES: Cell<bool> = const { Cell::new(false) };
    }

    /// Refuses the barrier from now on, or gives it again.
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
