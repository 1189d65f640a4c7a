//! How a reader's announcement and the writer's look at it are kept in order, and who pays.
//!
//! A reader stores to its slot and then loads `current`; the writer stores `current` and then loads the
//! slots. Either the writer must see the slot, or the reader the new buffer. No release or acquire
//! gives that: a store and a later load of something else need a full barrier on both sides, or one
//! that works on both.

use crate::sync::{Rendezvous, full_fence, membarrier};

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

impl Plan {
    /// The barrier that this plan comes to; the same one for the life of the process.
    pub(crate) fn settle(self) -> Barrier {
        match self {
            Self::Cheapest if membarrier::register() => Barrier::Membarrier,
            Self::Cheapest | Self::Fences => Barrier::Fences,
            Self::SingleCore => Barrier::SingleCore,
        }
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
                // Pairs with the reader's fence in `Rendezvous` order: if this fence comes second, the
                // loads of slots after it see the reader's mark; if first, the reader's load of
                // `current` sees what the writer last stored there.
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
        // Pairs with the writer's fence: if this fence comes second, the load of `current` after it
        // sees what the writer last stored there; if first, the writer sees the mark before it.
        full_fence();
    } else {
        // Pairs with `Rendezvous::heavy` in the writer, with the same two outcomes.
        rendezvous.light();
    }
}
