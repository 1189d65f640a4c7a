//! [`Rendezvous`]: the barrier that one side pays for, as loom can see it.

#[cfg(annulus_loom)]
use super::atomics::AtomicUsize;
#[cfg(not(annulus_loom))]
use super::atomics::compiler_fence;
use super::atomics::{Ordering, const_fn};

/// Where a reader and the writer meet when the writer pays for the barrier of both.
///
/// Really this is nothing: the reader keeps the compiler from moving accesses, and the writer has
/// the kernel (or the only core there is) do the rest. To loom, which knows neither, it is a cell
/// that both sides swap. Swaps of one cell are totally ordered and each synchronizes with those
/// before it, so that of two accesses, a store before one side's swap and a load after the other's,
/// the load sees the store if its swap comes second. That is all that an asymmetric barrier gives:
/// unlike a pair of fences it lends nothing to relaxed accesses around it, and it orders no reader
/// with another.
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
        #[cfg(annulus_loom)]
        self.cell.swap(1, Ordering::AcqRel);
    }

    /// The writer's side, for one reader.
    #[inline(always)]
    pub(crate) fn heavy(&self) {
        #[cfg(not(annulus_loom))]
        compiler_fence(Ordering::SeqCst);
        #[cfg(annulus_loom)]
        self.cell.swap(2, Ordering::AcqRel);
    }
}
