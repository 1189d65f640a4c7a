//! What the models share: bounds, publications that threads can borrow, and values that tell what became
//! of them.
//!
//! The bounds of the main models; preemptions are the involuntary switches of threads that an execution
//! may have at most, each way to place which is tried.
//!
//! | model | readers × pins | buffers | publications tried | preemptions |
//! |---|---|---|---|---|
//! | `slots::reuse_*` | 2 × 1 | 2 | 3 | 3 |
//! | `slots::twice_*` | 1 × 2 | 2 | 3 | 4 |
//! | `slots::spare_*` | 1 × 2 | 3 | 4 | 3 |
//! | `slots::busy_while_the_barrier_is_refused` | 1 × 2 | 2 | 4 | 3 |
//! | `slots::readers_join_and_leave` | 2 × 1, one slot | 2 | 3 | 3 |
//! | `slots::visits_*` | 1 × 2 | 2 | 2, and 3 visits | 3 |
//! | `slots::owned_*` | 1 × 2 | 2 | 2, and one that fails | 3 |
//! | `shared::one_pin_against_reuse` | 1 × 1 | 2 | 2 | 2 |
//! | `shared::two_pins_against_reuse` | 1 × 2 | 2 | 2 | 1 |
//! | `shared::visits` | 1 × 1 | 2 | 1, and 1 visit | 2 |
//!
//! The models of `tickets` have two threads or three, two nodes or three, and at most three preemptions.
//!
//! `cargo xtask loom` takes a minute or two on two cores, most of it for `slots::reuse_with_membarrier`.
#![cfg(annulus_loom)]

use annulus::publish::{Published, SharedWriter, UpdateError, Writer};
use loom::{
    model::Builder,
    thread::{self, ThreadId},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// Checks `model` in every interleaving with at most `preemptions` involuntary switches of threads.
pub fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

/// Lends `owned` to a model whose threads are all joined when `model` returns.
///
/// Loom's threads take nothing but `'static` borrows, and leaking would lose memory at every one of
/// millions of executions.
#[allow(unsafe_code)]
pub fn lend<P: 'static, R>(owned: P, model: impl FnOnce(&'static mut P) -> R) -> R {
    let place = Box::into_raw(Box::new(owned));
    // SAFETY: the box is whole and nobody else has it.
    let result = model(unsafe { &mut *place });
    // SAFETY: the model has joined its threads, so the borrow it was lent is used no more.
    drop(unsafe { Box::from_raw(place) });
    result
}

/// Tries one update that publishes one more than the current value.
pub fn bump<const READERS: usize, const BUFFERS: usize>(
    writer: &mut Writer<'_, u64, READERS, BUFFERS>,
) -> Result<(), UpdateError<()>> {
    writer.update(one_more)
}

/// A way to make a publication of zeros.
pub type Make<const READERS: usize, const BUFFERS: usize> =
    fn([u64; BUFFERS]) -> Published<u64, READERS, BUFFERS>;

/// As [`bump`], for the shared kind.
pub fn bump_shared(writer: &mut SharedWriter<'_, u64>) -> Result<(), UpdateError<()>> {
    writer.update(one_more)
}

fn one_more(old: &u64, new: &mut u64) -> Result<(), ()> {
    *new = *old + 1;
    Ok(())
}

/// How many values were made and dropped. The counters are no part of the model.
#[derive(Default)]
pub struct Counts(Arc<[AtomicUsize; 2]>);

/// A value that is counted, and that only the thread that made it may drop.
pub struct Counted {
    counts: Arc<[AtomicUsize; 2]>,
    maker: ThreadId,
    dropped: AtomicBool,
}

impl Counts {
    /// A value of this count.
    pub fn value(&self) -> Counted {
        self.0[0].fetch_add(1, Ordering::Relaxed);
        Counted {
            counts: Arc::clone(&self.0),
            maker: thread::current().id(),
            dropped: AtomicBool::new(false),
        }
    }

    /// Builds by dropping what is there for another value of this count.
    pub fn replace(&self) -> impl FnOnce(&Counted, &mut Counted) -> Result<(), ()> {
        |_, new| {
            *new = self.value();
            Ok(())
        }
    }

    /// Asserts that all but so many values were dropped.
    pub fn assert_alive(&self, alive: usize) {
        let [made, dropped] = [0, 1].map(|i| self.0[i].load(Ordering::Relaxed));
        assert_eq!(made - dropped, alive, "{made} made, {dropped} dropped");
    }
}

impl Counted {
    /// Asserts that this value was not dropped.
    pub fn assert_alive(&self) {
        assert!(!self.dropped.load(Ordering::Relaxed), "a value after its drop");
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        assert!(!self.dropped.swap(true, Ordering::Relaxed), "dropped twice");
        assert_eq!(thread::current().id(), self.maker, "dropped by another thread");
        self.counts[1].fetch_add(1, Ordering::Relaxed);
    }
}
