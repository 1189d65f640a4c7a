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
//! | update, besides the builder | at once; O(readers + buffers), one barrier | at once; O(snapshots + threads), allocates for the collector |
//! | update with a time limit | blocking, with `std` | blocking |
//! | a reader that stays pinned blocks | the one buffer it holds | every snapshot retired since |
//! | writer `Busy` | with `BUFFERS >= READERS + 2` only by a reader stopped inside `pin`: for two publications; for one where words have fewer than 64 bits | while any guard of the process is older than its snapshots |
//! | a guard that is forgotten | blocks its buffer until its reader pins again or is dropped | blocks all reclamation for good, of every `SharedPublished` in the process |
//! | a handle that is forgotten | keeps its place until the next [`split`](Published::split) | a forgotten writer keeps its place for good |
//!
//! Readers never wait, neither for the writer nor for each other (though the allocator may have one of
//! `SharedPublished` wait), and a reader that stalls delays nobody but the writer. When the writer
//! panics, ends or is forgotten, they go on with what it published last. Who pins twice never sees an
//! older value the second time. What is *not* promised: that a pin shows a value published a moment
//! ago on another core, though it is what a pin sees that happens after the publication.
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
//! The choice is made by a publication's first handle, which tries the kernel's barrier, and anew by
//! [`Published::split`]. A kernel that has forgotten the process, which was frozen and restored, is told of
//! it again. If it withdraws what it granted, as to a sandbox entered later, what was made before is
//! `Busy` whenever it would have to look at slots, until it is split again; what is made afterwards
//! uses fences. For a sandbox that *kills* who calls `membarrier`, use [`Published::with_fences`]: there is
//! nobody left to be told. A sandbox that answers the call with success and does nothing cannot be
//! noticed, and breaks what is promised here.
//!
//! # Processes
//!
//! A publication is for the threads of one process. It must not lie in memory shared with another: the
//! kernel's barrier stops at the process, and what a slot says would outlive who said it.
//!
//! A child of `fork` has the marks of all its parent's threads, but of the threads the one that called it. Its
//! readers read on. Its writer may be `Busy` for good: a frozen guard blocks its buffer, and a thread
//! that was inside `pin` all those retired since. So publish anew in the child: make a publication from
//! what a pin shows; or, where the child alone can reach the old one, [`Published::split`] it, which makes
//! all slots idle. The latter needs a writer that was not amid an update as the process forked. A
//! `SharedPublished` cannot go on publishing in a child while the collector has a frozen pin of whatever
//! thread: read what it shows there, and publish by a `Published`.
//!
//! # What it rests on
//!
//! The models in `loom-tests` explore the interleavings of both publications within stated bounds, and
//! each ordering that the code relies on is weakened there in turn, which some model must notice. What
//! takes more than a few publications to go wrong, such as epochs that wrap, is for a second model, in
//! `spin`, whose readers and writer go on for ever.
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
#![doc = include_str!("protocol.md")]
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
