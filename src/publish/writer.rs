//! [`Writer`]: builds in a free buffer and publishes it.

use core::{fmt, marker::PhantomData};

use super::{
    barrier::Barrier,
    common::{Common, Seat},
    epoch::{Epoch, Mark, narrow},
    error::UpdateError,
    fencing::{Chosen, Fencing},
    kept::Kept,
    ledger::Ledger,
    sync::{Ordering, WritePtr},
};

/// The one writer of a [`Published`](super::Published).
///
/// Dropping it makes room for the next writer, which continues where this one stopped. There is one
/// at a time:
///
/// ```compile_fail,E0499
/// # use annulus::publish::Published;
/// let mut published = Published::<u32, 1, 3>::new([0; 3]);
/// let (mut one, _) = published.split();
/// let (mut two, _) = published.split();
/// one.update(|_, new| Ok::<_, ()>(*new = 1));
/// ```
/// ```
/// # use annulus::publish::Published;
/// let mut published = Published::<u32, 1, 3>::new([0; 3]);
/// let (mut one, _) = published.split();
/// one.update(|_, new| Ok::<_, ()>(*new = 1));
/// drop(one);
/// let (mut two, _) = published.split();
/// ```
pub struct Writer<'p, T, const READERS: usize, const BUFFERS: usize, F: Fencing = Chosen> {
    common: &'p Common<T, READERS, BUFFERS>,
    barrier: Barrier,
    ledger: WritePtr<Ledger<READERS, BUFFERS>>,
    form: PhantomData<F>,
}

// SAFETY: with `T: Send` the writer may give out `&mut T`, and with `T: Sync` it may give out `&T`
// while readers in other threads do. It alone accesses the ledger that it points to.
unsafe impl<T: Send + Sync, const READERS: usize, const BUFFERS: usize, F: Fencing> Send
    for Writer<'_, T, READERS, BUFFERS, F>
{
}

impl<'p, T, const READERS: usize, const BUFFERS: usize, F: Fencing>
    Writer<'p, T, READERS, BUFFERS, F>
{
    /// The writer of the publication that has `common`. The caller has claimed the seat.
    pub(super) fn new(common: &'p Common<T, READERS, BUFFERS>) -> Self {
        let Seat { choice, ledger, .. } = &*common.seat;
        Self { common, barrier: choice.settle(), ledger: ledger.view().write(0), form: PhantomData }
    }

    /// What the handles borrow.
    #[cfg(test)]
    pub(super) fn common(&self) -> &'p Common<T, READERS, BUFFERS> {
        self.common
    }

    /// Builds a new value with `build` and publishes it: later pins show it.
    ///
    /// `build` is given the current value and the buffer to write. The buffer holds some value
    /// published earlier, or one of those that the publication began with, or what a builder that
    /// failed or a [visit](Self::visit_free) left there; whatever `build` leaves in it is what readers
    /// will see. Returns what `build` returns.
    ///
    /// Returns without waiting for readers. Takes O(`READERS` + `BUFFERS`) steps and one barrier
    /// besides `build`; no barrier if a buffer is known to be free and nothing was published since
    /// the last look.
    ///
    /// Of the buffers that no reader can have, `build` gets the one that was replaced last. Its
    /// value is one publication behind the current one unless a reader holds it, and any number
    /// behind where readers hold newer ones. To find it takes a look at the slots in each update. A
    /// look only when no buffer is known to be free would cost one barrier in `BUFFERS - 1`
    /// updates, but give `build` values that are as many publications behind.
    ///
    /// ```
    /// use annulus::publish::{Published, UpdateError};
    ///
    /// let mut published = Published::<[u32; 3], 1, 3>::new([[1, 2, 3]; 3]);
    /// let (mut writer, [mut reader]) = published.split();
    /// let sum = writer.update(|old, new| {
    ///     // Written whole: what `new` had in it is an earlier value.
    ///     *new = [old[0], old[1], 30];
    ///     Ok(new.iter().sum::<u32>())
    /// })?;
    /// assert_eq!((sum, *reader.pin()), (33, [1, 2, 30]));
    /// # Ok::<(), UpdateError<()>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UpdateError::Busy`] if no buffer is free: `build` was not called, nothing has changed.
    /// [`UpdateError::Build`] with what `build` failed with; nothing was published. Nor is anything
    /// published if `build` panics.
    pub fn update<R, E>(
        &mut self,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        let new = self.free_buffer().ok_or(UpdateError::Busy)?;
        self.publish(new, build).map_err(UpdateError::Build)
    }

    /// Like [`update`](Self::update), but waits up to `timeout` for a buffer to become free.
    ///
    /// Blocking: it looks again after pauses that grow from a yield to a millisecond of sleep. Each
    /// look costs one barrier, which is a system call where the kernel's is used: up to about a
    /// thousand a second. A buffer that becomes free is found by the next look, which comes late if
    /// the scheduler makes a sleep longer.
    ///
    /// Not for async tasks: it blocks the thread of the executor, and with it the tasks that are to run there. They
    /// call [`update`](Self::update) and, on [`UpdateError::Busy`], sleep by the clock of their runtime
    /// before they try again.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update), with [`UpdateError::Busy`] when the time has passed.
    #[cfg(feature = "std")]
    pub fn update_within<R, E>(
        &mut self,
        timeout: core::time::Duration,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        let new = super::backoff::until(timeout, || self.free_buffer()).ok_or(UpdateError::Busy)?;
        self.publish(new, build).map_err(UpdateError::Build)
    }

    /// Shows `visit` every buffer that no reader has or can come to have, one after the other, and returns
    /// how many it did not reach, because readers may hold them. The current buffer is neither visited nor counted.
    ///
    /// For values that hold more than themselves, as memory of their own: what was replaced stays in its
    /// buffer until an update is given that buffer. Whatever `visit` leaves there, no reader ever sees;
    /// an update is given it to be overwritten, as it is given what a builder that failed left. If
    /// `visit` panics, the buffer is free as before.
    ///
    /// Returns without waiting for readers. Takes O(`READERS` + `BUFFERS`) steps and one barrier besides
    /// `visit`, since readers may have dropped guards since the last look. While the kernel refuses its
    /// barrier, it reaches what was known to be free.
    ///
    /// ```
    /// # use annulus::publish::Published;
    /// let mut published = Published::<Vec<u8>, 1, 4>::new([const { Vec::new() }; 4]);
    /// let (mut writer, [mut reader]) = published.split();
    /// for value in [vec![7; 1_000_000], vec![1]] {
    ///     writer.update(|_, new| Ok::<_, ()>(*new = value)).unwrap();
    /// }
    /// // One reader holds the current value, which counts as neither: all other buffers are free.
    /// let guard = reader.pin();
    /// assert_eq!(writer.visit_free(|value| *value = Vec::new()), 0);
    /// assert_eq!(*guard, [1]);
    /// writer.update(|_, new| Ok::<_, ()>(new.push(2))).unwrap();
    /// // Now it holds one that was replaced.
    /// assert_eq!(writer.visit_free(|value| *value = Vec::new()), 1);
    /// assert_eq!(*guard, [1]);
    /// ```
    pub fn visit_free(&mut self, mut visit: impl FnMut(&mut T)) -> usize {
        self.look();
        for index in 0..BUFFERS {
            if self.ledger().is_free(index) {
                let buffer = self.common.buffers.view().write(index);
                // SAFETY: the buffer is free: no reader has it or can find it, and it is not the
                // current one.
                let kept = unsafe { &mut *buffer.as_ptr() };
                visit(&mut kept.value);
            }
        }
        self.ledger().retired()
    }

    /// The current value.
    ///
    /// Wait-free, O(1).
    #[must_use]
    pub fn current(&self) -> &T {
        &self.kept().value
    }

    /// How many updates were published, by this writer and those before it.
    ///
    /// Wait-free, O(1).
    #[must_use]
    pub fn version(&self) -> u64 {
        self.kept().version
    }

    fn kept(&self) -> &Kept<T> {
        // SAFETY: this is the writer, which publishes only through `&mut self`.
        unsafe { current(self.common) }
    }

    /// A buffer that no reader has or can come to have.
    fn free_buffer(&mut self) -> Option<usize> {
        let known = self.ledger().free();
        let look = known.is_none() || self.ledger().is_stale();
        if !look || !self.look() {
            return known;
        }
        self.ledger().free()
    }

    /// Looks at the slots, and reclaims what no reader can have. Where that leaves no buffer free and epochs
    /// wrap, a new epoch begins. `false` if the kernel refused its barrier: then nothing was reclaimed.
    fn look(&mut self) -> bool {
        let (slots, barrier) = (&self.common.slots, self.barrier);
        if !self.barrier.writer() {
            return false;
        }
        self.ledger().look(slots.iter().map(|slot| {
            barrier.writer_at(&slot.rendezvous);
            // Acquire, with each of the reader's Release stores of the mark:
            // - If it reads such a store, the store synchronizes with it: the reads under guards
            //   before that mark happen before our next write to a buffer.
            // - If it reads a mark earlier than a pin's, the barrier makes that pin's load of
            //   `current` read the present buffer or a later one.
            Mark::from_word(slot.mark.load(Ordering::Acquire))
        }));
        if narrow() && self.ledger().free().is_none() {
            self.advance();
        }
        true
    }

    /// The books on all buffers.
    #[inline(always)]
    fn ledger(&mut self) -> &mut Ledger<READERS, BUFFERS> {
        // SAFETY: there is one writer, which borrows itself for as long as it uses the pointer.
        unsafe { &mut *self.ledger.as_ptr() }
    }

    /// Begins the next epoch.
    fn advance(&self) {
        let epoch = &self.common.head.epoch;
        // Relaxed: only the writer stores it.
        let next = Epoch::from_word(epoch.load(Ordering::Relaxed)).next();
        // Release, with the Acquire load of the epoch in `pin`:
        // - If that reads this store, it synchronizes with it: the last store of `current` happens
        //   before that pin's load of it, which therefore cannot find a buffer that was replaced
        //   before.
        // - If it reads an earlier one, the reader is pinned at an epoch that still protects such a
        //   buffer.
        epoch.store(next.word(), Ordering::Release);
    }

    /// Has `build` write the free buffer `new` and makes it current.
    fn publish<R, E>(
        &mut self,
        new: usize,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, E> {
        let old = self.current_index();
        let version = self.version() + 1;
        let mut buffer = self.common.buffers.view().write(new);
        // SAFETY: buffer `new` is free: no reader has it or can find it, and it is not `old`.
        let kept = unsafe { &mut *buffer.as_ptr() };
        let result = build(self.current(), &mut kept.value)?;
        kept.version = version;
        buffer.end();

        // Release, with the Acquire load of `current` in `pin`:
        // - If that reads this store, it synchronizes with it: what `build` wrote happens before
        //   the reader's reads.
        // - If it reads an earlier one, the reader finds `old` or an earlier buffer, which its mark
        //   protects.
        self.common.head.current.store(new, Ordering::Release);
        self.ledger().replace(old, new);
        self.advance();
        Ok(result)
    }

    /// The index of the current buffer.
    fn current_index(&self) -> usize {
        current_index(self.common)
    }

    /// Ends the accesses of this handle, but leaves the seat taken, for a handle that made this one to work with
    /// for a while.
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
    pub(super) fn pause(&mut self) {
        self.ledger.end();
    }
}

/// The current buffer of a publication.
///
/// # Safety
///
/// The caller is its writer, and publishes nothing for as long as it has what this returns. It may write free
/// buffers, of which this is none.
pub(super) unsafe fn current<T, const READERS: usize, const BUFFERS: usize>(
    common: &Common<T, READERS, BUFFERS>,
) -> &Kept<T> {
    // SAFETY: the pointer is to a buffer of the publication. Only the writer writes buffers, and none but free
    // ones; this one is current as long as nothing is published.
    unsafe { &*common.buffers.view().read(current_index(common)).as_ptr() }
}

/// The index of the current buffer, which the writer asks for.
fn current_index<T, const READERS: usize, const BUFFERS: usize>(
    common: &Common<T, READERS, BUFFERS>,
) -> usize {
    // Relaxed: only the writer stores it.
    common.head.current.load(Ordering::Relaxed)
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> Drop
    for Writer<'_, T, READERS, BUFFERS, F>
{
    fn drop(&mut self) {
        self.ledger.end();
        // Release, with the Acquire exchange in `claim`:
        // - If that reads this store, it synchronizes with it: all that this writer did to the
        //   ledger and the buffers happens before what the next writer does.
        // - If it reads an earlier value, it finds the seat taken.
        self.common.seat.taken.store(false, Ordering::Release);
    }
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> fmt::Debug
    for Writer<'_, T, READERS, BUFFERS, F>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
