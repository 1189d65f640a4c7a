//! The forms of a reader: what is known at compile time of the barrier that a pin passes.

use core::fmt::Debug;

use super::sync::{AtomicUsize, Ordering, compiler_fence};

/// What is known at compile time of the barrier that a pin passes. Sealed: [`Chosen`], [`Unfenced`]
/// and [`SingleCore`].
///
/// ```
/// use annulus::publish::{Fencing, Published, Reader};
///
/// /// Serves with a reader of either form.
/// fn serve<F: Fencing>(mut reader: Reader<'_, u32, F>) -> u32 {
///     *reader.pin()
/// }
///
/// let mut published = Published::<u32, 1, 3>::new([7; 3]);
/// let (_, [reader]) = published.split();
/// let served = match reader.unfenced() {
///     Ok(unfenced) => serve(unfenced),
///     Err(chosen) => serve(chosen),
/// };
/// assert_eq!(served, 7);
/// ```
pub trait Fencing: Copy + Debug + Send + Sync + 'static + sealed::Sealed {}

/// Nothing is known at compile time: each pin tests whether it has to execute a fence.
///
/// Readers have this form unless another one is asked for, so that its name is seldom written.
///
/// ```
/// use annulus::publish::{Chosen, Published, Reader};
///
/// struct Worker<'p> {
///     limit: Reader<'p, u32>,
/// }
///
/// let published = Published::<u32, 1, 3>::new([7; 3]);
/// let reader: Reader<'_, u32, Chosen> = published.reader()?;
/// let mut worker = Worker { limit: reader };
/// assert_eq!(*worker.limit.pin(), 7);
/// # Ok::<(), annulus::publish::ReadersExhausted>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Chosen(());

/// The writer pays for the barrier: the machine code of a pin has no fence, not even one that is
/// jumped over.
///
/// Readers have this form from [`Reader::unfenced`](super::Reader::unfenced).
///
/// ```
/// use annulus::publish::{Barrier, Published, Reader, Unfenced};
///
/// for published in [Published::<u32, 1, 3>::new([7; 3]), Published::with_fences([7; 3])] {
///     let reader: Option<Reader<'_, u32, Unfenced>> = published.reader()?.unfenced().ok();
///     // Where pins pay there is none.
///     assert_eq!(reader.is_none(), published.barrier() == Barrier::Fences);
///     if let Some(mut reader) = reader {
///         assert_eq!(*reader.pin(), 7);
///     }
/// }
/// # Ok::<(), annulus::publish::ReadersExhausted>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Unfenced(());

/// All handles are used on one core: the machine code of a pin has no fence.
///
/// Publications have this form from
/// [`Published::new_single_core`](super::Published::new_single_core). Without an operating system a
/// pin has no barrier instruction of any kind: a core sees its own accesses in program order, and
/// compiler fences keep the compiler to that order.
///
/// ```
/// use annulus::publish::{Barrier, Published, Reader, SingleCore};
///
/// /// What an interrupt handler has.
/// type Handler<'p> = Reader<'p, u32, SingleCore>;
///
/// // SAFETY: this microcontroller has one core.
/// let mut published = unsafe { Published::<u32, 1, 3, SingleCore>::new_single_core([20, 0, 0]) };
/// assert_eq!(published.barrier(), Barrier::SingleCore);
/// let (mut writer, [reader]) = published.split();
/// let mut handler: Handler = reader;
/// writer.update(|old, new| Ok::<_, ()>(*new = old + 1)).expect("a buffer is free");
/// assert_eq!(*handler.pin(), 21);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SingleCore(());

impl Fencing for Chosen {}
impl Fencing for Unfenced {}
impl Fencing for SingleCore {}

pub(crate) mod sealed {
    /// What is known at compile time. Code outside the crate can read the constants through
    /// [`Fencing`](super::Fencing), but has no use for them.
    pub trait Sealed {
        /// Whether a pin executes a fence if its reader has to.
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

/// Whether a reader's acquires and releases need to order nothing but the compiler. With an
/// operating system they are atomic orderings nevertheless, so that a race detector can follow the
/// threads.
const fn is_plain<F: Fencing>() -> bool {
    F::ONE_CORE && cfg!(target_os = "none")
}

/// An Acquire load by a reader.
#[inline(always)]
pub(crate) fn acquire<F: Fencing>(word: &AtomicUsize) -> usize {
    if is_plain::<F>() {
        // Relaxed, with the store that the caller names: on one core, whoever stored the word has
        // also stored everything before it in program order. The compiler fence keeps later
        // accesses behind the load.
        let loaded = word.load(Ordering::Relaxed);
        compiler_fence(Ordering::Acquire);
        loaded
    } else {
        // Acquire, with the store that the caller names.
        word.load(Ordering::Acquire)
    }
}

/// A Release store by a reader.
#[inline(always)]
pub(crate) fn release<F: Fencing>(word: &AtomicUsize, value: usize) {
    if is_plain::<F>() {
        // Relaxed, with the load that the caller names: on one core, whoever loads the word also
        // sees everything before this store in program order. The compiler fence keeps earlier
        // accesses before the store.
        compiler_fence(Ordering::Release);
        word.store(value, Ordering::Relaxed);
    } else {
        // Release, with the load that the caller names.
        word.store(value, Ordering::Release);
    }
}
