//! Places of which each has one holder at a time: a reader's slot, the writer's seat.

use super::sync::{AtomicBool, Ordering};

/// Takes the place that `taken` stands for; `false` if somebody has it.
pub(super) fn take(taken: &AtomicBool) -> bool {
    // Relaxed: nothing follows from it. Without it every place that is taken would be stored to, which
    // takes its cache line from the core that has it, as a failed exchange does too.
    if taken.load(Ordering::Relaxed) {
        return false;
    }
    // Acquire, with the Release store in the drop of each kind of holder:
    // - If it reads that store, the store synchronizes with it: all that the last holder did, to the mark
    //   or to books and buffers, happens before what the next one does.
    // - If it reads an earlier one, the place is still taken. Relaxed then: nothing follows from it.
    taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
}
