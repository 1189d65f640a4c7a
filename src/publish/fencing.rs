//! The forms of a reader's side: what the compiler knows of the barrier when it compiles a pin.

use core::fmt::Debug;

use super::sync::{AtomicUsize, Ordering, compiler_fence};

/// What the compiler knows of the barrier that a pin passes. Sealed: [`Chosen`], [`Unfenced`] and
/// [`SingleCore`].
pub trait Fencing: Copy + Debug + Send + Sync + 'static + sealed::Sealed {}

/// Nothing: a pin tests whether it is to execute a fence. The choice is made at run time.
#[derive(Clone, Copy, Debug)]
pub struct Chosen(());

/// There is no fence in a pin, not even one to jump over, for the writer pays.
///
/// Of readers, by [`Reader::unfenced`](super::Reader::unfenced).
#[derive(Clone, Copy, Debug)]
pub struct Unfenced(());

/// All handles are used on one core: there is no fence in a pin.
///
/// Of publications made by [`Published::new_single_core`](super::Published::new_single_core). Without
/// an operating system a pin has no barrier instruction of any kind: what the core does in order and
/// the compiler leaves in order needs none.
#[derive(Clone, Copy, Debug)]
pub struct SingleCore(());

impl Fencing for Chosen {}
impl Fencing for Unfenced {}
impl Fencing for SingleCore {}

pub(crate) mod sealed {
    /// What the compiler knows. It can be read outside the crate, through [`Fencing`](super::Fencing),
    /// but nothing can be done with it there.
    pub trait Sealed {
        /// Whether a pin may execute a fence, if its reader was told to.
        const MAY_PAY: bool = false;
        /// Whether no other core ever touches the publication.
        const ONE_CORE: bool = false;
    }
}

impl sealed::Sealed for Chosen {
    const MAY_PAY: bool = true;
}

impl sealed::Sealed for Unfenced {}

impl sealed::Sealed for SingleCore {
    const ONE_CORE: bool = true;
}

/// Whether a reader's acquires and releases need to hold back the compiler alone. With an operating
/// system they stay as they are, so that a race detector can follow its threads.
const fn is_plain<F: Fencing>() -> bool {
    F::ONE_CORE && cfg!(target_os = "none")
}

/// An Acquire load by a reader.
#[inline(always)]
pub(crate) fn acquire<F: Fencing>(word: &AtomicUsize) -> usize {
    if is_plain::<F>() {
        // Relaxed: on the one core there is, a handler or task that stored the word has stored all that
        // it did before, and the compiler lets nothing that follows come first.
        let loaded = word.load(Ordering::Relaxed);
        compiler_fence(Ordering::Acquire);
        loaded
    } else {
        // Acquire: pairs as the caller says.
        word.load(Ordering::Acquire)
    }
}

/// A Release store by a reader.
#[inline(always)]
pub(crate) fn release<F: Fencing>(word: &AtomicUsize, value: usize) {
    if is_plain::<F>() {
        // Relaxed: as in `acquire`, with what comes before.
        compiler_fence(Ordering::Release);
        word.store(value, Ordering::Relaxed);
    } else {
        // Release: pairs as the caller says.
        word.store(value, Ordering::Release);
    }
}
