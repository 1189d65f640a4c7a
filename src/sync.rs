//! The one door to atomics, fences and shared memory: `core`'s own, or loom's under `annulus_loom`.
//!
//! Outside a model check every type here is what it wraps and every call is inlined away.

#[cfg(not(annulus_loom))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[cfg(annulus_loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What holds the compiler back, and nothing else.
pub(crate) use core::sync::atomic::compiler_fence;

#[cfg(not(annulus_loom))]
pub(crate) use crate::publish::{fence::full_fence, membarrier};

#[cfg(all(feature = "std", not(annulus_loom)))]
pub(crate) use crate::publish::collector::pin;

/// Makes a function `const`, except under loom, whose types cannot be made in a constant.
macro_rules! const_fn {
    ($(#[$attr:meta])* $vis:vis const $($rest:tt)*) => {
        #[cfg(not(annulus_loom))]
        $(#[$attr])*
        $vis const $($rest)*

        #[cfg(annulus_loom)]
        $(#[$attr])*
        $vis $($rest)*
    };
}
pub(crate) use const_fn;

/// An array of `$n` values of the constant expression `$value`, which under loom is no constant.
macro_rules! repeat {
    ($value:expr, $n:expr) => {{
        #[cfg(not(annulus_loom))]
        let array = [const { $value }; $n];
        #[cfg(annulus_loom)]
        let array = core::array::from_fn(|_| $value);
        array
    }};
}
pub(crate) use repeat;

/// The full fence, as loom knows it.
#[cfg(annulus_loom)]
pub(crate) fn full_fence() {
    loom::sync::atomic::fence(Ordering::SeqCst);
}

/// The collector's pin, in the collector that loom can reset between executions.
#[cfg(all(feature = "std", annulus_loom))]
pub(crate) use crossbeam_epoch::pin;

/// A kernel that grants the barrier to everyone who registers, and then gives it, except to a model
/// that asks to be refused; what the barrier does is [`Rendezvous`]' to model.
#[cfg(annulus_loom)]
pub(crate) mod membarrier {
    use std::cell::Cell;

    std::thread_local! {
        /// Whether this model's writer is refused. Loom runs all threads of a model in one.
        static REFUSES: Cell<bool> = const { Cell::new(false) };
    }

    /// Refuses the barrier from now on, or gives it again.
    pub fn refuse(refuses: bool) {
        REFUSES.set(refuses);
    }

    pub(crate) fn register() -> bool {
        true
    }

    pub(crate) fn run() -> bool {
        !REFUSES.get()
    }
}

/// Where a reader and the writer meet when the writer pays for the barrier of both.
///
/// Really this is nothing: the reader keeps the compiler from moving accesses, and the writer has
/// the kernel (or the only core there is) do the rest. To loom, which knows neither, it is a cell
/// that both sides swap. Swaps of one cell are totally ordered and each synchronizes with those
/// before it, so that of two accesses, a store before one side's swap and a load after the other's,
/// the load sees the store if its swap comes second. That is all that an asymmetric barrier gives:
/// unlike a pair of fences it lends nothing to relaxed accesses around it, and it orders no reader
/// with another.
pub(crate) struct Rendezvous {
    #[cfg(annulus_loom)]
    cell: AtomicUsize,
}

impl Rendezvous {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self {
                #[cfg(annulus_loom)]
                cell: AtomicUsize::new(0),
            }
        }
    }

    /// The reader's side.
    #[inline(always)]
    pub(crate) fn light(&self) {
        #[cfg(not(annulus_loom))]
        compiler_fence(Ordering::SeqCst);
        #[cfg(annulus_loom)]
        self.cell.swap(1, Ordering::AcqRel);
    }

    /// The writer's side, for one reader.
    #[inline(always)]
    pub(crate) fn heavy(&self) {
        #[cfg(not(annulus_loom))]
        compiler_fence(Ordering::SeqCst);
        #[cfg(annulus_loom)]
        self.cell.swap(2, Ordering::AcqRel);
    }
}

/// An array of values that threads share by a protocol of their own.
///
/// Pointers to the values are handed out; following one is the caller's to justify. Under loom each
/// pointer also counts as an access for as long as it is held, so that a read that overlaps a write
/// fails the model.
pub(crate) struct Cells<T, const N: usize> {
    values: core::cell::UnsafeCell<[T; N]>,
    #[cfg(annulus_loom)]
    tracks: [loom::cell::UnsafeCell<()>; N],
}

impl<T, const N: usize> Cells<T, N> {
    const_fn! {
        pub(crate) const fn new(values: [T; N]) -> Self {
            Self {
                values: core::cell::UnsafeCell::new(values),
                #[cfg(annulus_loom)]
                tracks: core::array::from_fn(|_| loom::cell::UnsafeCell::new(())),
            }
        }
    }

    /// The same cells without their number in the type.
    #[inline(always)]
    pub(crate) const fn view(&self) -> CellsView<'_, T> {
        CellsView {
            first: self.values.get().cast(),
            #[cfg(annulus_loom)]
            tracks: &self.tracks,
            #[cfg(not(annulus_loom))]
            tracks: core::marker::PhantomData,
        }
    }
}

/// A borrow of [`Cells`] of any number.
pub(crate) struct CellsView<'a, T> {
    first: *mut T,
    #[cfg(annulus_loom)]
    tracks: &'a [loom::cell::UnsafeCell<()>],
    #[cfg(not(annulus_loom))]
    tracks: core::marker::PhantomData<&'a ()>,
}

impl<T> Clone for CellsView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for CellsView<'_, T> {}

impl<T> CellsView<'_, T> {
    /// A pointer for reading value `index`, which must be below the number of cells.
    #[inline(always)]
    pub(crate) fn read(&self, index: usize) -> ReadPtr<T> {
        ReadPtr {
            pointer: self.first.wrapping_add(index),
            #[cfg(annulus_loom)]
            track: Some(self.tracks[index].get()),
        }
    }

    /// A pointer for writing value `index`, which must be below the number of cells.
    #[inline(always)]
    pub(crate) fn write(&self, index: usize) -> WritePtr<T> {
        WritePtr {
            pointer: self.first.wrapping_add(index),
            #[cfg(annulus_loom)]
            track: Some(self.tracks[index].get_mut()),
        }
    }
}

/// A read of one cell, lasting until [`ReadPtr::end`] or drop.
pub(crate) struct ReadPtr<T> {
    pointer: *const T,
    #[cfg(annulus_loom)]
    track: Option<loom::cell::ConstPtr<()>>,
}

impl<T> ReadPtr<T> {
    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> *const T {
        self.pointer
    }

    /// Ends the access before the pointer goes.
    #[inline(always)]
    pub(crate) fn end(&mut self) {
        #[cfg(annulus_loom)]
        drop(self.track.take());
    }
}

/// A write to one cell, lasting until [`WritePtr::end`] or drop.
pub(crate) struct WritePtr<T> {
    pointer: *mut T,
    #[cfg(annulus_loom)]
    track: Option<loom::cell::MutPtr<()>>,
}

impl<T> WritePtr<T> {
    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.pointer
    }

    /// Ends the access before the pointer goes.
    #[inline(always)]
    pub(crate) fn end(&mut self) {
        #[cfg(annulus_loom)]
        drop(self.track.take());
    }
}
