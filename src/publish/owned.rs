//! [`OwnedReader`] and [`OwnedWriter`]: handles that share the ownership of their publication, for structs,
//! tasks and thread-locals.

use alloc::sync::Arc;
use core::{fmt, mem::ManuallyDrop};

use super::{
    error::{ReadersExhausted, UpdateError, WriterTaken},
    fencing::{Chosen, Fencing},
    published::Published,
    reader::Guard,
    writer::{Writer, current},
};

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> Published<T, READERS, BUFFERS, F> {
    /// A reader that shares the ownership of the publication, for a struct, a thread or a thread-local.
    ///
    /// Wait-free, O(`READERS`) steps, except that the first handle may make system calls. Dropping
    /// the reader gives its slot back.
    ///
    /// ```
    /// use annulus::publish::{OwnedReader, Published};
    /// use std::sync::Arc;
    ///
    /// struct Worker {
    ///     limit: OwnedReader<u32, 2, 4>,
    /// }
    ///
    /// let published = Arc::new(Published::new([7; 4]));
    /// let mut worker = Worker { limit: published.owned_reader()? };
    /// drop(published);
    /// std::thread::spawn(move || assert_eq!(*worker.limit.pin(), 7)).join().unwrap();
    /// # Ok::<_, annulus::publish::ReadersExhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReadersExhausted`] if all `READERS` slots are in use.
    pub fn owned_reader(
        self: &Arc<Self>,
    ) -> Result<OwnedReader<T, READERS, BUFFERS, F>, ReadersExhausted> {
        let slot = self.claim_slot()?;
        let pays = self.barrier().readers_pay();
        Ok(OwnedReader { published: Arc::clone(self), slot, pays })
    }

    /// The writer, which shares the ownership of the publication, for a struct or a task.
    ///
    /// Wait-free, O(1) steps, except that the first handle may make system calls. Dropping the
    /// writer makes room for the next, which continues where this one stopped.
    ///
    /// ```
    /// use annulus::publish::{OwnedWriter, Published, WriterTaken};
    /// use std::sync::Arc;
    ///
    /// struct Leader {
    ///     limit: OwnedWriter<u32, 2, 4>,
    /// }
    ///
    /// let published = Arc::new(Published::new([7; 4]));
    /// let mut leader = Leader { limit: published.owned_writer()? };
    /// leader.limit.update(|_, new| Ok::<_, ()>(*new = 8)).expect("a buffer is free");
    /// assert_eq!(*published.reader().expect("a slot is free").pin(), 8);
    /// // It is another's turn.
    /// drop(leader);
    /// assert_eq!(published.owned_writer()?.version(), 1);
    /// # Ok::<(), WriterTaken>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WriterTaken`] while another writer exists.
    pub fn owned_writer(
        self: &Arc<Self>,
    ) -> Result<OwnedWriter<T, READERS, BUFFERS, F>, WriterTaken> {
        // The handle has the seat now, which must not be given back here.
        let mut writer = ManuallyDrop::new(self.writer()?);
        writer.pause();
        Ok(OwnedWriter { published: Arc::clone(self) })
    }
}

/// A [`Reader`](super::Reader) that shares the ownership of its publication. Made by
/// [`owned_reader`](Published::owned_reader).
///
/// It gives its slot back when it is dropped. The last handle that is dropped drops the publication with all its
/// values, in its own thread: where that must not happen, keep the `Arc` elsewhere. A handle that is forgotten
/// ([`core::mem::forget`]) keeps its slot and the whole publication for good, as no
/// [`split`](Published::split) can be had of it any more.
///
/// Its pins go through the `Arc`, which is one more load. They have the form of the publication: there is no
/// [`unfenced`](super::Reader::unfenced) form of them.
///
/// Unlike one of a `SharedPublished`, its guard may be sent to another thread, and a task may hold it while it
/// waits. It holds one buffer for as long.
///
/// ```compile_fail,E0505
/// # use annulus::publish::Published;
/// # use std::sync::Arc;
/// let mut reader = Arc::new(Published::<u32, 1, 3>::new([0; 3])).owned_reader().unwrap();
/// let guard = reader.pin();
/// drop(reader);
/// assert_eq!(*guard, 0);
/// ```
/// ```compile_fail,E0499
/// # use annulus::publish::Published;
/// # use std::sync::Arc;
/// let mut reader = Arc::new(Published::<u32, 1, 3>::new([0; 3])).owned_reader().unwrap();
/// let one = reader.pin();
/// let two = reader.pin();
/// assert_eq!(*one, *two);
/// ```
/// ```compile_fail,E0277
/// # use annulus::publish::Published;
/// # use std::{cell::Cell, sync::Arc};
/// let cells = [0, 0, 0].map(Cell::new);
/// let mut reader = Arc::new(Published::<Cell<u32>, 1, 3>::new(cells)).owned_reader().unwrap();
/// std::thread::spawn(move || reader.pin().set(1));
/// ```
/// ```
/// # use annulus::publish::Published;
/// # use std::sync::Arc;
/// let mut reader = Arc::new(Published::<u32, 1, 3>::new([0; 3])).owned_reader().unwrap();
/// let one = *reader.pin();
/// let guard = reader.pin();
/// assert_eq!(*guard, one);
/// drop(guard);
/// std::thread::spawn(move || assert_eq!(*reader.pin(), 0)).join().unwrap();
/// ```
pub struct OwnedReader<T, const READERS: usize, const BUFFERS: usize, F: Fencing = Chosen> {
    published: Arc<Published<T, READERS, BUFFERS, F>>,
    /// The index of the slot that this reader has claimed.
    slot: usize,
    /// Whether a pin executes a fence, where its form leaves that open.
    pays: bool,
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing>
    OwnedReader<T, READERS, BUFFERS, F>
{
    /// Pins the current value: what the guard shows stays as it is until the guard is dropped.
    ///
    /// Wait-free, the same number of steps each time. See
    /// [`Reader::pin`](super::Reader::pin).
    #[inline]
    pub fn pin(&mut self) -> Guard<'_, T, F> {
        // SAFETY: this handle has the slot. The guard borrows it, so it is gone, or forgotten, before the next pin
        // and before the slot is given back.
        unsafe { self.published.reader_with(self.slot, self.pays).pinned() }
    }

    /// The publication.
    #[must_use]
    pub fn published(&self) -> &Arc<Published<T, READERS, BUFFERS, F>> {
        &self.published
    }
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> Drop
    for OwnedReader<T, READERS, BUFFERS, F>
{
    fn drop(&mut self) {
        // SAFETY: this handle has the slot, and no guard borrows it.
        let reader = unsafe { self.published.reader_with(self.slot, self.pays) };
        // Dropping it gives the slot back.
        drop(ManuallyDrop::into_inner(reader));
    }
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> fmt::Debug
    for OwnedReader<T, READERS, BUFFERS, F>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedReader").finish_non_exhaustive()
    }
}

/// A [`Writer`] that shares the ownership of its publication. Made by
/// [`owned_writer`](Published::owned_writer).
///
/// Dropping it makes room for the next writer. What [`OwnedReader`] says of the last handle, and of one that is
/// forgotten, is true of it too.
///
/// ```
/// use annulus::publish::Published;
/// use std::sync::Arc;
///
/// let published = Arc::new(Published::<u32, 1, 3>::new([7; 3]));
/// let mut writer = published.owned_writer()?;
/// let mut reader = published.reader().unwrap();
/// writer.update(|old, new| Ok::<_, ()>(*new = old + 1)).unwrap();
/// assert_eq!((*reader.pin(), writer.version()), (8, 1));
/// # Ok::<_, annulus::publish::WriterTaken>(())
/// ```
pub struct OwnedWriter<T, const READERS: usize, const BUFFERS: usize, F: Fencing = Chosen> {
    published: Arc<Published<T, READERS, BUFFERS, F>>,
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing>
    OwnedWriter<T, READERS, BUFFERS, F>
{
    /// Builds a new value with `build` and publishes it, without waiting for readers. See [`Writer::update`].
    ///
    /// # Errors
    ///
    /// Those of [`Writer::update`].
    pub fn update<R, E>(
        &mut self,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        self.writer().0.update(build)
    }

    /// Like [`update`](Self::update), but waits up to `timeout` for a buffer to become free. Blocking. See
    /// [`Writer::update_within`].
    ///
    /// # Errors
    ///
    /// Those of [`Writer::update_within`].
    #[cfg(feature = "std")]
    pub fn update_within<R, E>(
        &mut self,
        timeout: core::time::Duration,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        self.writer().0.update_within(timeout, build)
    }

    /// Shows `visit` every buffer that no reader has, and returns how many it did not reach, without waiting for
    /// readers. See [`Writer::visit_free`].
    pub fn visit_free(&mut self, visit: impl FnMut(&mut T)) -> usize {
        self.writer().0.visit_free(visit)
    }

    /// The current value. Wait-free, O(1).
    #[must_use]
    pub fn current(&self) -> &T {
        // SAFETY: this handle has the seat, and is borrowed.
        &unsafe { current(self.published.common()) }.value
    }

    /// How many updates were published, by this writer and those before it. Wait-free, O(1).
    #[must_use]
    pub fn version(&self) -> u64 {
        // SAFETY: as in `current`.
        unsafe { current(self.published.common()) }.version
    }

    /// The publication.
    #[must_use]
    pub fn published(&self) -> &Arc<Published<T, READERS, BUFFERS, F>> {
        &self.published
    }

    /// A writer that leaves the seat to this handle.
    fn writer(&mut self) -> Lent<'_, T, READERS, BUFFERS, F> {
        Lent(ManuallyDrop::new(Writer::new(self.published.common())))
    }
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> Drop
    for OwnedWriter<T, READERS, BUFFERS, F>
{
    fn drop(&mut self) {
        // Dropping it gives the seat back.
        drop(Writer::<T, READERS, BUFFERS, F>::new(self.published.common()));
    }
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> fmt::Debug
    for OwnedWriter<T, READERS, BUFFERS, F>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedWriter").finish_non_exhaustive()
    }
}

/// A writer for a while, which keeps the seat.
struct Lent<'p, T, const READERS: usize, const BUFFERS: usize, F: Fencing>(
    ManuallyDrop<Writer<'p, T, READERS, BUFFERS, F>>,
);

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> Drop
    for Lent<'_, T, READERS, BUFFERS, F>
{
    fn drop(&mut self) {
        self.0.pause();
    }
}
