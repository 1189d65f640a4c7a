//! [`Cells`]: shared memory without a lock, in which loom watches every access.

use super::atomics::const_fn;

/// An array of values that threads share by a protocol of their own.
///
/// Hands out pointers to the values; to dereference one, the caller has to justify it. Under loom
/// each pointer also counts as an access for as long as it is held, so that a read that overlaps a
/// write fails the model.
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

    /// These cells with their number erased from the type.
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
