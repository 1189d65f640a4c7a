//! [`OwnedReader`] and [`OwnedWriter`]: handles that share the ownership of their publication, for structs,
//! tasks and thread-locals.

use alloc::sync::Arc;
use core::{fmt, mem::ManuallyDrop};

use super::{
    claim::claim,
    error::{ReadersExhausted, UpdateError, WriterTaken},
    fencing::{Chosen, Fencing},
    published::Published,
    reader::{Guard, Reader},
    writer::{Writer, current},
};

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> Published<T, READERS, BUFFERS, F> {
    /// A reader that shares the ownership of the publication. As [`reader`](Self::reader) otherwise.
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
        let slot = self.common().slots.iter().position(|slot| claim(&slot.taken));
        let slot = slot.ok_or(ReadersExhausted { readers: READERS })?;
        let pays = self.barrier().readers_pay();
        Ok(OwnedReader { published: Arc::clone(self), slot, pays })
    }

    /// The writer, which shares the ownership of the publication. As [`writer`](Self::writer) otherwise.
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

/// A [`Reader`] that shares the ownership of its publication. Made by
/// [`owned_reader`](Published::owned_reader).
///
/// It gives its slot back when it is dropped. Its pins have one more step than a reader's: they go through
/// the `Arc`.
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
    /// Wait-free, the same number of steps each time. See [`Reader::pin`].
    #[inline]
    pub fn pin(&mut self) -> Guard<'_, T, F> {
        // The guard borrows this handle, so it is gone before the next pin, and before the slot is given back.
        ManuallyDrop::new(self.reader()).pinned()
    }

    /// The publication.
    pub fn published(&self) -> &Arc<Published<T, READERS, BUFFERS, F>> {
        &self.published
    }

    /// A reader of this slot, which gives the slot back when it is dropped.
    #[inline(always)]
    fn reader(&self) -> Reader<'_, T, F> {
        self.published.reader_with(self.slot, self.pays)
    }
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> Drop
    for OwnedReader<T, READERS, BUFFERS, F>
{
    fn drop(&mut self) {
        drop(self.reader());
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
    /// Builds a new value with `build` and publishes it. See [`Writer::update`].
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

    /// Shows `visit` every buffer that no reader has. See [`Writer::visit_free`].
    pub fn visit_free(&mut self, visit: impl FnMut(&mut T)) -> usize {
        self.writer().0.visit_free(visit)
    }

    /// The current value. Wait-free, O(1).
    pub fn current(&self) -> &T {
        // SAFETY: this handle has the seat, and is borrowed.
        &unsafe { current(self.published.common()) }.value
    }

    /// How many updates were published, by this writer and those before it. Wait-free, O(1).
    pub fn version(&self) -> u64 {
        // SAFETY: as in `current`.
        unsafe { current(self.published.common()) }.version
    }

    /// The publication.
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
        drop(Writer::<_, _, _, F>::new(self.published.common()));
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
