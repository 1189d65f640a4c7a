//! [`Rendezvous`]: the barrier that one side pays for, as loom can see it.

#[cfg(annulus_loom)]
use super::atomics::AtomicUsize;
#[cfg(not(annulus_loom))]
use super::atomics::compiler_fence;
use super::atomics::{Ordering, const_fn};

/// Where a reader and the writer meet when the writer pays for the barrier of both.
///
/// Outside a model both sides are compiler fences, and the kernel or the single core does the rest.
/// Loom knows neither, so that to loom this is a cell that both sides swap. Swaps of one cell are
/// totally ordered, and each synchronizes with those after it. So a load after the second swap sees
/// a store before the first. An asymmetric barrier gives no more than that. Unlike a pair of
/// fences, it gives no ordering to relaxed accesses around it, and it does not order readers with
/// each other.
pub(crate) struct Rendezvous {
    #[cfg(annulus_loom)]
    cell: AtomicUsize,
}

impl Rendezvous {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self {
                #[cfg(annulus_loom)]
                cell: AtomicUsize::new(0),
            }
        }
    }

    /// The reader's side.
    #[inline(always)]
    pub(crate) fn light(&self) {
        #[cfg(not(annulus_loom))]
        compiler_fence(Ordering::SeqCst);
        // AcqRel, with the swap in `heavy`: the earlier of the two synchronizes with the later.
        #[cfg(annulus_loom)]
        self.cell.swap(1, Ordering::AcqRel);
    }

    /// The writer's side, for one reader.
    #[inline(always)]
    pub(crate) fn heavy(&self) {
        #[cfg(not(annulus_loom))]
        compiler_fence(Ordering::SeqCst);
        // AcqRel, with the swap in `light`: the earlier of the two synchronizes with the later.
        #[cfg(annulus_loom)]
        self.cell.swap(2, Ordering::AcqRel);
    }
}
