//! How a reader's announcement and the writer's look at it are kept in order, and who pays.
//!
//! A reader stores to its slot and then loads `current`; the writer stores `current` and then loads the
//! slots. Either the writer must see the slot, or the reader the new buffer. No release or acquire
//! gives that: a store and a later load of something else need a full barrier on both sides, or one
//! that works on both.

#[cfg(any(annulus_loom, all(feature = "std", target_os = "linux")))]
use super::sync::{AtomicUsize, Ordering};
use super::sync::{Rendezvous, const_fn, full_fence, membarrier};

/// Which barrier a publication uses; see the [layer's page](super) for what each costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Barrier {
    /// Readers and the writer execute a full fence each.
    Fences,
    /// The writer has the kernel fence all threads of the process; readers pay nothing.
    Membarrier,
    /// All handles are used on one core, which sees its own accesses in order; nobody pays.
    SingleCore,
}

/// What whoever made the publication asked for.
#[derive(Clone, Copy)]
pub(crate) enum Plan {
    /// The kernel's barrier if it grants one, else fences.
    Cheapest,
    /// Fences, come what may.
    Fences,
    /// The promise of `new_single_core`.
    SingleCore,
}

/// What the handles of one publication agree on: the barrier that its plan came to.
pub(crate) struct Choice {
    plan: Plan,
    /// Where there may be a kernel to ask: its answer, or [`UNASKED`].
    #[cfg(any(annulus_loom, all(feature = "std", target_os = "linux")))]
    answer: AtomicUsize,
}

/// Nobody has asked the kernel yet.
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

    /// The barrier of all handles; whoever asks first decides.
    pub(crate) fn settle(&self) -> Barrier {
        match self.plan {
            Plan::Cheapest if self.granted() => Barrier::Membarrier,
            Plan::Cheapest | Plan::Fences => Barrier::Fences,
            Plan::SingleCore => Barrier::SingleCore,
        }
    }

    /// Has the next handle decide anew; there must be no other handle.
    pub(crate) fn reopen(&mut self) {
        *self = Self::new(self.plan);
    }

    /// Whether the kernel's barrier worked when it was tried for this publication.
    #[cfg(any(annulus_loom, all(feature = "std", target_os = "linux")))]
    fn granted(&self) -> bool {
        const GRANTED: usize = 1;
        const REFUSED: usize = 2;
        // Relaxed: the answer is all there is to know. Every load sees the one answer that the exchange
        // below let through, or none, and then the exchange does.
        let known = self.answer.load(Ordering::Relaxed);
        if known != UNASKED {
            return known == GRANTED;
        }
        let answer = if membarrier::run() { GRANTED } else { REFUSED };
        // Relaxed: as above. Of two that asked, the second abides by what the first was told.
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

    /// The writer's side, before it looks at any slot; `false` if the kernel refused, so that what the
    /// slots say proves nothing.
    pub(crate) fn writer(self) -> bool {
        match self {
            Self::Fences => {
                // With the reader's fence, in the one order of all such fences:
                // - If this one comes second, the loads of slots after it read the reader's mark or a
                //   later one.
                // - If it comes first, the reader's load of `current` reads what the writer last stored
                //   there, or something later.
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
            // Pairs with `Rendezvous::light` in the reader, with the same two outcomes as the fences.
            rendezvous.heavy();
        }
    }
}

/// The reader's side, between its announcement and its load of `current`.
#[inline(always)]
pub(crate) fn reader(pays: bool, rendezvous: &Rendezvous) {
    if pays {
        // With the writer's fence, in the one order of all such fences:
        // - If this one comes second, the load of `current` after it reads what the writer last stored
        //   there, or something later.
        // - If it comes first, the writer's load of the slot reads the mark before it, or a later one.
        full_fence();
    } else {
        // Pairs with `Rendezvous::heavy` in the writer, with the same two outcomes.
        rendezvous.light();
    }
}
