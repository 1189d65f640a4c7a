//! [`Reader`] and [`Guard`]: the wait-free side.

use core::{fmt, marker::PhantomData, mem, ops::Deref};

use super::{
    barrier,
    epoch::Mark,
    fencing::{Chosen, Fencing, Unfenced, acquire, release},
    kept::Kept,
    line::Line,
    slot::{Head, Slot},
    sync::{CellsView, Ordering, ReadPtr},
};

/// A reader of a [`Published`](super::Published): one slot, one guard at a time.
///
/// It may be sent to another thread but not shared between threads. Dropping it gives its slot
/// back. Forgetting it ([`core::mem::forget`]) keeps the slot in use until the next
/// [`split`](super::Published::split), and affects no other handle. Forgetting its guard as well
/// blocks the guard's buffer for as long. A `static` that is shared can never be split: there, both
/// last for good.
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
pub struct Reader<'p, T, F: Fencing = Chosen> {
    head: &'p Head,
    slot: &'p Slot,
    buffers: CellsView<'p, Line<Kept<T>>>,
    /// Whether a pin executes a fence, where its form leaves that open.
    pays: bool,
    form: PhantomData<F>,
}

// SAFETY: a reader gives out `&T` only, and all it shares with others are atomics.
unsafe impl<T: Sync, F: Fencing> Send for Reader<'_, T, F> {}

impl<'p, T, F: Fencing> Reader<'p, T, F> {
    /// A reader of `buffers` with `slot`, which must be idle and claimed by the caller.
    pub(super) fn new(
        head: &'p Head,
        slot: &'p Slot,
        buffers: CellsView<'p, Line<Kept<T>>>,
        pays: bool,
    ) -> Self {
        Self { head, slot, buffers, pays, form: PhantomData }
    }

    /// Pins the current value: what the guard shows stays as it is until the guard is dropped.
    ///
    /// Wait-free: two loads, two stores and the barrier, the same number of steps each time,
    /// without a loop, a compare-and-swap or an allocation. A later pin never shows an earlier
    /// value.
    #[inline]
    pub fn pin(&mut self) -> Guard<'_, T, F> {
        // SAFETY: the guard borrows this reader, which has the slot, and of which there is no other pin until then.
        unsafe { self.pinned() }
    }

    /// [`pin`](Self::pin) for as long as the publication is borrowed.
    ///
    /// # Safety
    ///
    /// The guard is gone, or forgotten, before this slot is pinned again or given back.
    #[inline(always)]
    pub(super) unsafe fn pinned(&self) -> Guard<'p, T, F> {
        // Acquire, with the writer's Release store of the epoch:
        // - If it reads that store, the store synchronizes with it: the store of `current` before
        //   it happens before our load of `current`, which finds that buffer or a later one.
        // - If it reads an earlier one, our mark protects more buffers than it needs to.
        let epoch = acquire::<F>(&self.head.epoch);
        // Release, with the writer's Acquire load of the mark:
        // - If that reads this epoch, this store synchronizes with it: our reads under the last
        //   guard, which may have been forgotten, happen before the writer's next write to that
        //   buffer.
        // - If it reads an earlier mark, the barrier below makes our load of `current` read what
        //   the writer published, or something later.
        release::<F>(&self.slot.mark, epoch);
        barrier::reader(F::MAY_PAY && self.pays, &self.slot.rendezvous);
        // Acquire, with the writer's Release store of `current`:
        // - If it reads that store, the store synchronizes with it: what the builder wrote happens
        //   before our reads of it.
        // - If it reads an earlier one, that buffer is one that the mark above protects.
        let index = acquire::<F>(&self.head.current);
        // Release, with the writer's Acquire load of the mark:
        // - If that reads this store, it synchronizes with it: our reads under the last guard
        //   happen before the writer's next write to that buffer, and the writer leaves this one
        //   alone.
        // - If it reads the epoch, that protects this buffer, and later ones besides.
        release::<F>(&self.slot.mark, Mark::Holding(index).word());
        Guard { slot: self.slot, buffer: self.buffers.read(index), form: PhantomData }
    }
}

impl<'p, T> Reader<'p, T> {
    /// Turns this reader into one whose pins have no fence in their machine code, not even one that
    /// is jumped over.
    ///
    /// Wait-free, O(1).
    ///
    /// # Errors
    ///
    /// Gives the reader back if its pins have to execute a fence, that is if
    /// [`Published::barrier`](super::Published::barrier) says [`Fences`](super::Barrier::Fences).
    ///
    /// ```
    /// # use annulus::publish::{Barrier, Published};
    /// let mut published = Published::<u32, 1, 3>::new([7; 3]);
    /// let asymmetric = published.barrier() == Barrier::Membarrier;
    /// let (_, [reader]) = published.split();
    /// match reader.unfenced() {
    ///     Ok(mut reader) => assert_eq!((*reader.pin(), asymmetric), (7, true)),
    ///     Err(mut reader) => assert_eq!((*reader.pin(), asymmetric), (7, false)),
    /// }
    /// ```
    pub fn unfenced(self) -> Result<Reader<'p, T, Unfenced>, Self> {
        if self.pays {
            return Err(self);
        }
        let Self { head, slot, buffers, pays, .. } = self;
        // The new reader has the slot now, which must not be given back here.
        mem::forget(self);
        Ok(Reader { head, slot, buffers, pays, form: PhantomData })
    }
}

impl<T, F: Fencing> Drop for Reader<'_, T, F> {
    fn drop(&mut self) {
        // No guard exists, but one may have been forgotten. Release, with the writer's Acquire load
        // of the mark:
        // - If that reads this store, it synchronizes with it: our reads under the forgotten guard
        //   happen before the writer's next write to its buffer.
        // - If it reads an earlier mark, that protects the buffer of a forgotten guard.
        release::<F>(&self.slot.mark, Mark::Idle.word());
        // Release, with the Acquire exchange in `claim`:
        // - If that reads this store, it synchronizes with it: our stores to the mark happen before
        //   those of the next reader.
        // - If it reads an earlier value, it finds the slot taken.
        self.slot.taken.store(false, Ordering::Release);
    }
}

impl<T, F: Fencing> fmt::Debug for Reader<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// A pinned value, which stays as it is while this exists.
///
/// A guard blocks the one buffer that it shows. The writer goes on in the others, and reports
/// [`Busy`](super::UpdateError::Busy) when none of them is free. Forgetting a guard
/// ([`core::mem::forget`]) blocks that buffer until its reader pins again or is dropped, or until
/// the next [`split`](super::Published::split) if the reader is forgotten too.
///
/// ```
/// use annulus::publish::{Published, UpdateError};
///
/// let mut published = Published::<u32, 1, 3>::new([0; 3]);
/// let (mut writer, [mut reader]) = published.split();
/// // What is made of the value is made anew only when there is another one.
/// let (mut seen, mut made) = (None, Vec::new());
/// for publishes in [false, false, true, false] {
///     if publishes {
///         writer.update(|old, new| Ok(*new = old + 10))?;
///     }
///     let guard = reader.pin();
///     if seen.replace(guard.version()) != Some(guard.version()) {
///         made.push(format!("value {}", *guard));
///     }
/// }
/// assert_eq!(made, ["value 0", "value 10"]);
/// # Ok::<(), UpdateError<()>>(())
/// ```
#[must_use = "a guard that is dropped at once pins nothing"]
pub struct Guard<'r, T, F: Fencing = Chosen> {
    slot: &'r Slot,
    buffer: ReadPtr<Line<Kept<T>>>,
    form: PhantomData<F>,
}

// SAFETY: a guard gives out `&T` only, and dropping it is one atomic store, which any thread may
// do. The reader stays borrowed until then, so that its own stores to the slot come before that one
// or after it.
unsafe impl<T: Sync, F: Fencing> Send for Guard<'_, T, F> {}
// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: Sync, F: Fencing> Sync for Guard<'_, T, F> {}

impl<T, F: Fencing> Guard<'_, T, F> {
    /// How many publications came before this value: 0 for the first.
    ///
    /// Wait-free, one load.
    #[inline]
    #[must_use]
    pub fn version(&self) -> u64 {
        self.kept().version
    }
}

impl<T, F: Fencing> Guard<'_, T, F> {
    #[inline(always)]
    fn kept(&self) -> &Kept<T> {
        // SAFETY: the pointer is to a buffer of the publication, which outlives the reader and so
        // the guard. Buffers are always initialised. Nobody writes this one: the writer writes only
        // what its ledger reclaimed, and the slot's mark has told it to leave this buffer alone,
        // without a gap since before the buffer was loaded from `current`. The models check that.
        unsafe { &*self.buffer.as_ptr() }
    }
}

impl<T, F: Fencing> Deref for Guard<'_, T, F> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.kept().value
    }
}

impl<T, F: Fencing> Drop for Guard<'_, T, F> {
    #[inline]
    fn drop(&mut self) {
        self.buffer.end();
        // Release, with the writer's Acquire load of the mark:
        // - If that reads this store, it synchronizes with it: our reads of the buffer happen
        //   before the writer's next write to it.
        // - If it reads an earlier mark, that protects the buffer.
        release::<F>(&self.slot.mark, Mark::Idle.word());
    }
}

impl<T: fmt::Debug, F: Fencing> fmt::Debug for Guard<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("version", &self.version()).field("value", &**self).finish()
    }
}
