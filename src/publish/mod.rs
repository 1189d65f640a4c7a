//! Publication: one writer hands immutable values of any type to many readers.
//!
//! The value is kept in several buffers. Readers use the current one; the writer builds the next
//! value in a buffer that nobody uses and makes it current. A replaced buffer is *retired*; once no
//! reader can have it any more it is *reclaimed*, which here means that it may be written again.
//! Nothing is freed while the publication exists, and memory never grows. Values may have memory of
//! their own: [`visit_free`](Writer::visit_free) lets the writer take it from those that no reader has.
//!
//! ```
//! use annulus::publish::Published;
//! use core::convert::Infallible;
//!
//! #[derive(Clone, Copy)]
//! struct Limits {
//!     requests: u32,
//!     seconds: u32,
//! }
//!
//! // Any number of threads read it, up to four at once, and one changes it.
//! static LIMITS: Published<Limits, 4, 6> = Published::new([Limits { requests: 10, seconds: 1 }; 6]);
//!
//! let mut reader = LIMITS.reader()?;
//! let before = reader.pin();
//! let mut writer = LIMITS.writer()?;
//! writer.update(|old, new| Ok::<_, Infallible>(*new = Limits { requests: 20, ..*old }))?;
//! // Both numbers are always those of one version.
//! assert_eq!((before.requests, before.seconds), (10, 1));
//! drop(before);
//! let after = reader.pin();
//! assert_eq!((after.requests, after.seconds), (20, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which one
//!
//! | | [`Published`] | `SharedPublished` |
//! |---|---|---|
//! | needs | nothing | the feature `std` |
//! | readers | at most `READERS`, each with a handle | any thread, unregistered |
//! | pin | wait-free, no loop, no compare-and-swap, no allocation | lock-free: the first in a thread allocates, every 128th visits all registered threads, may set flags and may free the collector's books |
//! | unpin | wait-free: one store | wait-free, but for a thread's last |
//! | update, besides the builder | does not wait for readers; O(readers + buffers), one barrier | does not wait for readers; O(snapshots + threads), allocates for the collector |
//! | visit of what is free, besides the visitor | does not wait for readers; O(readers + buffers), one barrier | does not wait for readers; O(snapshots + threads) |
//! | update with a time limit | blocking, with `std` | blocking |
//! | a reader that stays pinned blocks | the one buffer it holds | every snapshot retired since |
//! | the writer is `Busy` | with `BUFFERS >= READERS + 2`, only while a reader is stopped inside `pin` for two publications or more (one or more where words have fewer than 64 bits) | while some guard in the process is older than the retirement of every snapshot but the current one, and at times while one is that was made soon after |
//! | a guard that is forgotten | blocks its buffer until its reader pins again or is dropped | blocks all reclamation for good, of every `SharedPublished` in the process |
//! | a handle that is forgotten | keeps its slot or seat until the next [`split`](Published::split); one that owns keeps the publication for good | a forgotten writer keeps its seat for good |
//! | handles that own, in an `Arc` (feature `alloc`) | `OwnedReader`, `OwnedWriter` | `OwnedSharedWriter`; pins need no handle |
//!
//! Readers never wait for the writer, nor for each other. (The allocator, which `SharedPublished`
//! calls, may lock.) A reader that stalls delays nobody but the writer. When the writer panics,
//! ends or is forgotten, readers go on with the value that it published last. Of two pins of one
//! reader the second never shows an older value than the first. A pin that happens after a
//! publication shows that value or a later one. A pin that merely comes a moment later on another
//! core, and does not happen after the publication, may still show the value before.
//!
//! # The barrier
//!
//! | [`Barrier`] | chosen | a pin pays | an update that looks at the slots pays |
//! |---|---|---|---|
//! | `Membarrier` | by [`Published::new`] on Linux with `std`, if the kernel grants it | nothing but its loads and stores | a system call, which interrupts the cores that run this process |
//! | `Fences` | by [`Published::new`] elsewhere, or by [`Published::with_fences`] | a full fence | a full fence |
//! | `SingleCore` | by [`Published::new_single_core`], an unsafe promise | nothing but its loads and stores | nothing |
//!
//! The type of a reader says what is known of its barrier at compile time. [`Chosen`] tests at run
//! time whether to execute a fence. [`Unfenced`], which [`Reader::unfenced`] makes where the kernel
//! grants its barrier, has no fence in its machine code. [`SingleCore`] is the form of all handles
//! of a single-core publication; without an operating system its readers have no barrier
//! instruction of any kind.
//!
//! The first handle of a publication makes the choice, by trying the kernel's barrier;
//! [`Published::split`] makes it anew. A process that was frozen and restored is registered with
//! its kernel again. The kernel may withdraw its barrier later, as when the process enters a
//! sandbox. An existing publication is then `Busy` whenever its writer would have to look at the
//! slots, until it is split again, for which no handle that owns it may be left; a publication made afterwards uses fences. Where a sandbox
//! *kills* a process that calls `membarrier`, use [`Published::with_fences`]. A sandbox that
//! answers the call with success and does nothing cannot be noticed, and voids the guarantees of
//! this page.
//!
//! # Processes
//!
//! A publication is for the threads of one process. It must not lie in memory shared with another
//! process: the kernel's barrier stops at the process, and a mark would outlive the process whose
//! reader stored it.
//!
//! A child of `fork` has the marks of all threads of its parent, but of the threads only the one
//! that called `fork`. Readers in the child read on. The writer in the child may be `Busy` for
//! good: the guard of a thread that is gone blocks its buffer, and a thread that was inside `pin`
//! blocks all buffers retired since. So publish anew in the child: make a publication from what a
//! pin shows; or, where nothing else in the child uses the old publication, call
//! [`Published::split`], which makes all slots idle; handles that own it, of threads that are gone, make that
//! impossible. Split only if the writer was not in the middle
//! of an update when the process forked. A `SharedPublished` cannot go on publishing in a child
//! while the collector has the pin of a thread that is gone: read its value there, and publish
//! through a `Published`.
//!
//! # What it rests on
//!
//! The models in `loom-tests` explore the interleavings of both publications within stated bounds.
//! Each ordering that the code relies on is weakened there in turn, and some model must fail then.
//! A second model, in `spin`, covers what takes more than a few publications to go wrong, such as
//! epochs that wrap: its readers and its writer go on for ever.
//!
//! The single-core form has no model of its own. What happens on one core is an interleaving of
//! whole instructions: an interrupt handler runs to its end between two of them, or a task goes on
//! later. Each of these is among the interleavings of the models with the kernel's barrier, whose
//! steps are the same in the same order; those models also let loads read old values, which one
//! core never does. With an operating system the single-core form compiles to the code of the form
//! with the kernel's barrier, less the system call, and the stress test runs it with all threads
//! bound to one core. Without an operating system a reader's acquires and releases are relaxed
//! accesses between compiler fences. No model and no stress test runs that code; the `preempt`
//! program in `firmware` does, and interrupts an update wherever its emulator can.
//!
//! The design is epoch-based reclamation, as in K. Fraser, *Practical lock-freedom* (2004). A
//! reader replaces its epoch by a hazard, as in M. M. Michael, *Hazard pointers* (2004), as soon as
//! it knows its buffer. The asymmetric barrier is that of `membarrier(2)`.
#![doc = include_str!("protocol.md")]
#![allow(unsafe_code)]

#[cfg(feature = "std")]
mod backoff;
mod barrier;
#[cfg(target_has_atomic = "8")]
mod claim;
mod common;
mod epoch;
mod error;
mod fencing;
mod kept;
mod ledger;
pub(crate) mod line;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
mod owned;
mod published;
mod reader;
#[cfg(feature = "std")]
mod shared;
#[cfg(any(not(target_pointer_width = "64"), annulus_narrow, annulus_loom, test))]
mod sightings;
mod slot;
#[cfg(all(test, not(annulus_loom)))]
mod stopped;
pub(crate) mod sync;
mod writer;

pub use barrier::Barrier;
#[cfg(feature = "std")]
pub use error::TooFewSnapshots;
pub use error::{ReadersExhausted, UpdateError, WriterTaken};
pub use fencing::{Chosen, Fencing, SingleCore, Unfenced};
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
pub use owned::{OwnedReader, OwnedWriter};
pub use published::Published;
pub use reader::{Guard, Reader};
#[cfg(feature = "std")]
pub use shared::{OwnedSharedWriter, SharedGuard, SharedPublished, SharedWriter};
pub use writer::Writer;

/// Calls by which a model has the kernel refuse its barrier, or has epochs wrap.
#[cfg(annulus_loom)]
pub use sync::{membarrier::refuse, wrap_epochs};
