//! Publication: one writer hands immutable values of any type to many readers.
//!
//! The value is kept in several buffers. Readers use the current one; the writer builds the next in a
//! buffer that nobody uses and makes it current. A replaced buffer is *retired*; once no reader can have
//! it any more it is *reclaimed*, which here means written again. Nothing is freed while the
//! publication exists, and memory never grows.
//!
//! # Which one
//!
//! | | [`Published`] | `SharedPublished` |
//! |---|---|---|
//! | needs | nothing | the feature `std` |
//! | readers | at most `READERS`, each with a handle | any thread, unregistered |
//! | pin | wait-free, no loop, no compare-and-swap, no allocation | lock-free: the first in a thread allocates, every 128th walks the threads and may set flags and free the collector's books |
//! | unpin | wait-free: one store | wait-free, but for a thread's last |
//! | update, besides the builder | at once; O(readers + buffers) | at once; O(snapshots + threads), allocates for the collector |
//! | update with a time limit | blocking, with `std` | blocking |
//! | a reader that stays pinned blocks | the one buffer it holds | every snapshot retired since |
//! | writer never `Busy` | with `BUFFERS >= READERS + 2`, but for what stands below | never promised |
//! | a guard that is forgotten | blocks its buffer until its reader pins again or is dropped | blocks all reclamation for good |
//! | a handle that is forgotten | keeps its place until the next [`split`](Published::split) | a forgotten writer keeps its place for good |
//!
//! Readers never wait, neither for the writer nor for each other (though the allocator may have one of
//! `SharedPublished` wait), and a reader that stalls delays nobody but the writer. When the writer
//! panics, ends or is forgotten, they go on with what it published last. Who pins twice never sees an
//! older value the second time. What is *not* promised: that a pin shows a value published a moment
//! ago on another core, though it is what a pin sees that happens after the publication.
//!
//! # The protocol of `Published`
//!
//! Each reader has a slot with one word, its *mark*: idle, pinned at an epoch, or holding a buffer. The
//! epoch counts publications.
//!
//! To pin, a reader
//! 1. loads the epoch and stores it to its slot,
//! 2. passes the barrier,
//! 3. loads which buffer is current and stores that to its slot.
//!
//! Dropping the guard makes the slot idle. To publish, the writer
//! 1. takes a buffer it knows to be free. If it knows of none, it passes the barrier, looks at every
//!    slot, and reclaims each retired buffer that no mark holds and that was retired before the oldest
//!    epoch at which a reader is pinned;
//! 2. has the builder write it,
//! 3. makes it current, notes that the old one was retired in this epoch, and advances the epoch.
//!
//! Why it holds: by the barrier, either the writer sees a reader's mark, or the reader sees the buffer
//! made current before the writer looked, which is none of those being reclaimed. If the mark is an
//! epoch, the reader finds a buffer that was current in that epoch or later, hence not retired before
//! it. If the mark is a buffer, it is the one.
//!
//! ## How many buffers, and when the writer is `Busy`
//!
//! Take `BUFFERS >= READERS + 2`: one for each reader to hold, the current one, and one to write. Then
//! no guard, however long it is held or even forgotten, keeps the writer from its next update. With
//! fewer buffers the writer may have to wait for a guard to be dropped; the least is two, for memory
//! that has no room for more and readers whose guards are short.
//!
//! What is left is a reader stopped *inside* `pin`. It blocks the buffers retired since it loaded the
//! epoch, one for each publication meanwhile, for the writer cannot know which of them it is about to
//! hold. So with `BUFFERS >= READERS + 2` an update succeeds unless some reader was stopped between two
//! instructions of `pin` and stayed there for two publications or more. A refused update changes
//! nothing and may be tried again.
//!
//! ## When epochs wrap
//!
//! An epoch is a word less one bit, and wraps; epochs compare by their distance. So on 32-bit targets a
//! reader must not be suspended *between its load of the epoch and its store to the slot* while 2³⁰
//! publications or more go by (12 days of them at a thousand a second): coming back, its mark would
//! look like a future epoch and protect nothing until the pin is over. Guards may be held for any
//! time, since they protect their buffer by its index. On 64-bit targets the number is 2⁶².
//!
//! # The barrier
//!
//! | [`Barrier`] | chosen | a pin pays | an update that looks at slots pays |
//! |---|---|---|---|
//! | `Membarrier` | by [`Published::new`] on Linux with `std`, if the kernel grants it | nothing but its loads and stores | a system call, which interrupts the cores that run this process |
//! | `Fences` | else, or by [`Published::with_fences`] | a full fence | a full fence |
//! | `SingleCore` | by [`Published::new_single_core`], an unsafe promise | nothing but its loads and stores | nothing |
//!
//! A reader's type says what the compiler knows of it: [`Chosen`] tests at run time whether to execute
//! a fence. [`Unfenced`], from [`Reader::unfenced`], is for where the kernel grants its barrier, and
//! has no fence in its machine code. [`SingleCore`] is the type of all handles of such a publication;
//! with no operating system underneath, its readers have no barrier instruction of any kind.
//!
//! The choice is made once for a process, by its first handle. If the kernel withdraws what it granted,
//! which a sandbox entered later can bring about, updates that would have to look at slots are `Busy`:
//! enter the sandbox first, or use fences.
//!
//! # What it rests on
//!
//! The models in `loom-tests` explore the interleavings of both publications within stated bounds, and
//! each ordering that the code relies on is weakened there in turn, which some model must notice.
//!
//! A single core has no model of its own. What happens there is an interleaving of whole instructions:
//! an interrupt handler that runs to its end between two of them, or a task that goes on later. Each of
//! those is among the interleavings of the models with the kernel's barrier, which has the same steps in
//! the same order; the models also let loads see old values, which one core never does. With an
//! operating system the form compiles to that of those models but for the system call, and the stress
//! test runs it with all its threads bound to one core. Without one, a reader's acquires and releases
//! are relaxed accesses between compiler fences, which no model and no stress test runs: the
//! `preempt` program in `firmware` does, interrupting an update wherever its emulator can.
//!
//! The design follows epoch-based reclamation as in K. Fraser, *Practical lock-freedom* (2004), with
//! the hazard of M. M. Michael, *Hazard pointers* (2004), noted as soon as it is known; the asymmetric
//! barrier is that of `membarrier(2)`.
#![allow(unsafe_code)]

#[cfg(feature = "std")]
mod backoff;
mod barrier;
mod common;
mod epoch;
mod error;
mod fencing;
mod kept;
mod ledger;
mod line;
#[cfg(target_has_atomic = "8")]
mod place;
mod published;
mod reader;
#[cfg(feature = "std")]
mod shared;
#[cfg(any(not(target_pointer_width = "64"), annulus_narrow, annulus_loom, test))]
mod sightings;
mod slot;
#[cfg(all(test, not(annulus_loom)))]
mod stopped;
mod sync;
mod writer;

pub use barrier::Barrier;
#[cfg(feature = "std")]
pub use error::TooFewSnapshots;
pub use error::{ReadersExhausted, UpdateError, WriterTaken};
pub use fencing::{Chosen, Fencing, SingleCore, Unfenced};
pub use published::Published;
pub use reader::{Guard, Reader};
#[cfg(feature = "std")]
pub use shared::{SharedGuard, SharedPublished, SharedWriter};
pub use writer::Writer;

/// What a model does to the kernel and the words that it runs on.
#[cfg(annulus_loom)]
pub use sync::{membarrier::refuse, wrap_epochs};
