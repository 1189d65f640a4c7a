//! What readers and the writer share: a slot for each reader, and the head that names the current
//! buffer.

use super::epoch::{Epoch, Mark};
use super::sync::{AtomicBool, AtomicUsize, Rendezvous, const_fn};

/// What one reader shares with the writer.
pub(crate) struct Slot {
    /// A [`Mark`]. Only the slot's reader stores to it.
    pub(crate) mark: AtomicUsize,
    /// Whether a [`Reader`](super::Reader) has this slot.
    pub(crate) taken: AtomicBool,
    /// Where this reader and the writer meet when the writer pays for the barrier of both.
    pub(crate) rendezvous: Rendezvous,
}

impl Slot {
    const_fn! {
        /// An idle slot that no reader has.
        pub(crate) const fn new() -> Self {
            Self {
                mark: AtomicUsize::new(Mark::Idle.word()),
                taken: AtomicBool::new(false),
                rendezvous: Rendezvous::new(),
            }
        }
    }
}

/// What every reader reads and only the writer stores to.
pub(crate) struct Head {
    /// The word of the current [`Epoch`].
    pub(crate) epoch: AtomicUsize,
    /// The index of the current buffer.
    pub(crate) current: AtomicUsize,
}

impl Head {
    const_fn! {
        /// Buffer 0 is current, in the first epoch.
        pub(crate) const fn new() -> Self {
            Self {
                epoch: AtomicUsize::new(Epoch::FIRST.word()),
                current: AtomicUsize::new(0),
            }
        }
    }
}
