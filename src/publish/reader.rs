//! [`Reader`] and [`Guard`]: the wait-free side.

use core::{fmt, ops::Deref};

use super::{
    barrier,
    epoch::Mark,
    slot::{Head, Slot},
};
use crate::sync::{CellsView, Ordering, ReadPtr};

/// A reader of a [`Published`](super::Published): one slot, one guard at a time.
///
/// It may be sent to another thread but not shared between threads. Dropping it gives its slot back.
/// Forgetting it ([`core::mem::forget`]) keeps the slot in use until the next
/// [`split`](super::Published::split), and harms nobody else.
///
/// A guard does not outlive its reader:
///
/// ```compile_fail,E0505
/// # use annulus::publish::Published;
/// # let published = Published::<u32, 1, 3>::new([0; 3]);
/// let mut reader = published.reader().unwrap();
/// let guard = reader.pin();
/// drop(reader);
/// assert_eq!(*guard, 0);
/// ```
/// ```
/// # use annulus::publish::Published;
/// # let published = Published::<u32, 1, 3>::new([0; 3]);
/// let mut reader = published.reader().unwrap();
/// let guard = reader.pin();
/// assert_eq!(*guard, 0);
/// drop(guard);
/// drop(reader);
/// ```
///
/// One reader has one guard at a time:
///
/// ```compile_fail,E0499
/// # use annulus::publish::Published;
/// # let published = Published::<u32, 1, 3>::new([0; 3]);
/// let mut reader = published.reader().unwrap();
/// let one = reader.pin();
/// let two = reader.pin();
/// assert_eq!(*one, *two);
/// ```
/// ```
/// # use annulus::publish::Published;
/// # let published = Published::<u32, 1, 3>::new([0; 3]);
/// let mut reader = published.reader().unwrap();
/// let one = *reader.pin();
/// let two = *reader.pin();
/// assert_eq!(one, two);
/// ```
///
/// Threads do not share a reader, though one may have it after the other:
///
/// ```compile_fail,E0277
/// # use annulus::publish::Published;
/// # let published = Published::<u32, 1, 3>::new([0; 3]);
/// let mut reader = published.reader().unwrap();
/// std::thread::scope(|scope| {
///     let shared = &reader;
///     scope.spawn(move || println!("{shared:?}"));
/// });
/// ```
/// ```
/// # use annulus::publish::Published;
/// # let published = Published::<u32, 1, 3>::new([0; 3]);
/// let mut reader = published.reader().unwrap();
/// std::thread::scope(|scope| {
///     let sent = reader;
///     scope.spawn(move || println!("{sent:?}"));
/// });
/// ```
pub struct Reader<'p, T> {
    head: &'p Head,
    slot: &'p Slot,
    values: CellsView<'p, T>,
    versions: CellsView<'p, u64>,
    /// Whether a pin executes a fence.
    pays: bool,
}

// SAFETY: a reader gives out `&T` only, and all it shares with others are atomics.
unsafe impl<T: Sync> Send for Reader<'_, T> {}

impl<'p, T> Reader<'p, T> {
    /// A reader of the buffers of `head`, with `slot`, which must be idle and the caller's.
    pub(super) fn new(
        head: &'p Head,
        slot: &'p Slot,
        values: CellsView<'p, T>,
        versions: CellsView<'p, u64>,
        pays: bool,
    ) -> Self {
        Self { head, slot, values, versions, pays }
    }

    /// Pins the current value: what the guard shows stays as it is until the guard is dropped.
    ///
    /// Wait-free: two loads, two stores and the barrier, the same number of steps each time, without
    /// a loop, a compare-and-swap or an allocation. A later pin never shows an earlier value.
    #[inline]
    pub fn pin(&mut self) -> Guard<'_, T> {
        // Acquire: pairs with the writer's Release store of the epoch, which follows its store of
        // `current`. Whoever has read an epoch thus loads a buffer that was current in it or later.
        // If this load comes first, the epoch is an old one, which blocks more than it need.
        let epoch = self.head.epoch.load(Ordering::Acquire);
        // Release: pairs with the writer's Acquire load of the mark. Seeing this epoch, the writer may
        // write a buffer that this reader held before, and must have that read behind it. If the
        // writer's load comes first, the barrier below has us see what it published.
        self.slot.mark.store(epoch, Ordering::Release);
        barrier::reader(self.pays, &self.slot.rendezvous);
        // Acquire: pairs with the writer's Release store of `current`, so that the value is seen whole.
        // If this load comes first, it gives an older buffer, which the mark above protects.
        let index = self.head.current.load(Ordering::Acquire);
        // Release: as above, for a writer that sees this mark and none of those before. If its load
        // comes first, it sees the epoch, which protects this buffer and others besides.
        self.slot.mark.store(Mark::Holding(index).word(), Ordering::Release);
        Guard {
            slot: self.slot,
            value: self.values.read(index),
            version: self.versions.read(index),
        }
    }
}

impl<T> Drop for Reader<'_, T> {
    fn drop(&mut self) {
        // No guard exists, but one may have been forgotten. Release: as in `Guard::drop`.
        self.slot.mark.store(Mark::Idle.word(), Ordering::Release);
        // Release: pairs with the Acquire in `take`; whoever sees the slot free has
        // our stores to the mark behind it. If that comes first, it finds the slot taken.
        self.slot.taken.store(false, Ordering::Release);
    }
}

impl<T> fmt::Debug for Reader<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// A pinned value, which stays as it is while this exists.
///
/// A guard blocks the one buffer that it shows: the writer goes on in the others and reports
/// [`Busy`](super::UpdateError::Busy) when there is none. Forgetting a guard ([`core::mem::forget`])
/// blocks that buffer until its reader pins again or is dropped.
pub struct Guard<'r, T> {
    slot: &'r Slot,
    value: ReadPtr<T>,
    version: ReadPtr<u64>,
}

// SAFETY: a guard gives out `&T` only, and dropping it is one atomic store, which any thread may do:
// the reader stays borrowed until then, so its own stores to the slot come before and after.
unsafe impl<T: Sync> Send for Guard<'_, T> {}
// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: Sync> Sync for Guard<'_, T> {}

impl<T> Guard<'_, T> {
    /// How many publications came before this value: 0 for the first.
    ///
    /// Wait-free, one load.
    #[inline]
    pub fn version(&self) -> u64 {
        // SAFETY: the pointer is valid for reads as long as the guard exists, as in `deref`.
        unsafe { *self.version.as_ptr() }
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the pointer is to a buffer of the publication, which outlives the reader and so the
        // guard. Buffers are always initialised. Nobody writes this one: the writer writes only what
        // its ledger reclaimed, and the slot's mark has told it, without a gap since before this buffer
        // was loaded from `current`, to leave this one alone; `tests` and models hold that.
        unsafe { &*self.value.as_ptr() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.value.end();
        self.version.end();
        // Release: pairs with the writer's Acquire load of the mark. A writer that sees us idle may
        // write the buffer, and must have our reads behind it. If its load comes first, it leaves the
        // buffer alone.
        self.slot.mark.store(Mark::Idle.word(), Ordering::Release);
    }
}

impl<T: fmt::Debug> fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("version", &self.version()).field("value", &**self).finish()
    }
}
