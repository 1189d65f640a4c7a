//! Claims to what one handle at a time has: a reader's slot, the writer's seat.

use super::sync::{AtomicBool, Ordering};

/// Claims the slot or the seat whose flag is `taken`; `false` if another handle has it. Wait-free.
pub(super) fn claim(taken: &AtomicBool) -> bool {
    // Relaxed, with the Release stores named below: no other data depends on this load. It spares
    // the exchange where the flag is set: even one that fails would take the flag's cache line
    // from the core that has it.
    if taken.load(Ordering::Relaxed) {
        return false;
    }
    // Acquire, with the Release store in the drop of each kind of handle:
    // - If it reads that store, the store synchronizes with it: all that the last handle did, to
    //   the mark or to the ledger and the buffers, happens before what the next handle does.
    // - If it reads the flag's first value, nobody had this before, and there is nothing to wait for.
    // - If it reads a store that set the flag, another handle has this and the claim fails. Relaxed then: no
    //   other data depends on it.
    taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
}
