//! The barrier that orders a reader's mark against the writer's look at the slots, and who pays for
//! it.
//!
//! A reader stores its mark and then loads `current`; the writer stores `current` and then loads
//! the marks. Either the writer must see the mark, or the reader must see the new `current`.
//! Release and acquire do not give that: to keep a store before a later load of another variable
//! takes a full barrier on both sides, or one that works on both.

#[cfg(any(annulus_loom, all(feature = "std", target_os = "linux")))]
use super::sync::{AtomicUsize, Ordering};
use super::sync::{Rendezvous, const_fn, full_fence, membarrier};

/// Which barrier a publication uses; see the [layer's page](super) for what each costs.
///
/// ```
/// use annulus::publish::{Barrier, Published};
///
/// let published = Published::<u32, 1, 3>::new([0; 3]);
/// // Worth a line in the log as a service starts.
/// let payer = match published.barrier() {
///     Barrier::Fences => "each pin",
///     Barrier::Membarrier => "the writer",
///     _ => "nobody",
/// };
/// println!("{payer} pays for the barrier");
/// let published = Published::<u32, 1, 3>::with_fences([0; 3]);
/// assert_eq!(published.barrier(), Barrier::Fences);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Barrier {
    /// Each pin executes a full fence, and so does each look of the writer at the slots.
    Fences,
    /// Each look of the writer has the kernel fence all threads of the process; readers pay
    /// nothing.
    Membarrier,
    /// All handles are used on one core, which sees its own accesses in order; nobody pays.
    SingleCore,
}

/// Which barrier the constructor of a publication asked for.
#[derive(Clone, Copy)]
pub(crate) enum Plan {
    /// The kernel's barrier if it grants one, else fences.
    Cheapest,
    /// Fences, even where the kernel grants its barrier.
    Fences,
    /// None, by the promise that `new_single_core` demands.
    SingleCore,
}

/// The barrier that all handles of one publication use: the first of them decides it.
pub(crate) struct Choice {
    plan: Plan,
    /// The kernel's answer, or [`UNASKED`].
    #[cfg(any(annulus_loom, all(feature = "std", target_os = "linux")))]
    answer: AtomicUsize,
}

/// The kernel has not been asked yet.
#[cfg(any(annulus_loom, all(feature = "std", target_os = "linux")))]
const UNASKED: usize = 0;

impl Choice {
    const_fn! {
        /// A choice that is still to be made.
        pub(crate) const fn new(plan: Plan) -> Self {
            Self {
                plan,
                #[cfg(any(annulus_loom, all(feature = "std", target_os = "linux")))]
                answer: AtomicUsize::new(UNASKED),
            }
        }
    }

    /// The barrier of all handles. The first call decides, and may ask the kernel.
    pub(crate) fn settle(&self) -> Barrier {
        match self.plan {
            Plan::Cheapest if self.granted() => Barrier::Membarrier,
            Plan::Cheapest | Plan::Fences => Barrier::Fences,
            Plan::SingleCore => Barrier::SingleCore,
        }
    }

    /// Withdraws the decision, so that the next handle decides anew. No handle may exist.
    pub(crate) fn reopen(&mut self) {
        *self = Self::new(self.plan);
    }

    /// Whether the kernel's barrier worked when it was tried for this publication.
    #[cfg(any(annulus_loom, all(feature = "std", target_os = "linux")))]
    fn granted(&self) -> bool {
        const GRANTED: usize = 1;
        const REFUSED: usize = 2;
        // Relaxed, with the exchange below, which lets one answer through. This load reads that
        // answer or `UNASKED`, and the exchange then finds it. No other data depends on the answer.
        let known = self.answer.load(Ordering::Relaxed);
        if known != UNASKED {
            return known == GRANTED;
        }
        let answer = if membarrier::run() { GRANTED } else { REFUSED };
        // Relaxed, with this exchange in another thread: of two threads that asked, the one whose
        // exchange fails goes by the answer of the other. No other data depends on the answer.
        let settled =
            self.answer.compare_exchange(UNASKED, answer, Ordering::Relaxed, Ordering::Relaxed);
        settled.map_or_else(|first| first, |_| answer) == GRANTED
    }

    #[cfg(not(any(annulus_loom, all(feature = "std", target_os = "linux"))))]
    fn granted(&self) -> bool {
        false
    }
}

impl Barrier {
    /// Whether readers execute a fence of their own.
    pub(crate) fn readers_pay(self) -> bool {
        self == Self::Fences
    }

    /// The writer's side, before a look at the slots. `false` if the kernel refused: then the marks
    /// prove nothing.
    pub(crate) fn writer(self) -> bool {
        match self {
            Self::Fences => {
                // With the fence in `reader`, in the one order of all full fences:
                // - If this one comes second, the loads of slots after it read the mark that the
                //   reader stored before its fence, or a later one.
                // - If this one comes first, the reader's load of `current` reads what the writer
                //   last stored there, or something later.
                full_fence();
                true
            }
            Self::Membarrier => membarrier::run(),
            Self::SingleCore => true,
        }
    }

    /// The writer's side, before it looks at the slot that `rendezvous` belongs to.
    #[inline(always)]
    pub(crate) fn writer_at(self, rendezvous: &Rendezvous) {
        if !self.readers_pay() {
            // Pairs with `Rendezvous::light` in the reader. If this side comes second, the load of
            // the slot after it reads the reader's mark, or a later one. If it comes first, the
            // reader's load of `current` reads what the writer last stored there, or something
            // later.
            rendezvous.heavy();
        }
    }
}

/// The reader's side, between the store of its mark and its load of `current`.
#[inline(always)]
pub(crate) fn reader(pays: bool, rendezvous: &Rendezvous) {
    if pays {
        // With the fence in `Barrier::writer`, in the one order of all full fences:
        // - If this one comes second, the load of `current` after it reads what the writer last
        //   stored there, or something later.
        // - If this one comes first, the writer's load of the slot reads the mark before this
        //   fence, or a later one.
        full_fence();
    } else {
        // Pairs with `Rendezvous::heavy` in the writer. If this side comes second, the load of
        // `current` after it reads what the writer last stored there, or something later. If it
        // comes first, the writer's load of the slot reads the mark before it, or a later one.
        rendezvous.light();
    }
}
