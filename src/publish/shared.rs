//! [`SharedPublished`]: publication to any number of threads, none of them registered.

use core::{fmt, mem::ManuallyDrop, ops::Deref};
use std::{boxed::Box, sync::Arc};

use crossbeam_epoch::Guard as Pin;

use super::sync::{AtomicBool, AtomicUsize, Cells, Ordering, ReadPtr, pin};
use super::{
    claim::claim,
    error::{TooFewSnapshots, UpdateError, WriterTaken},
    line::Line,
};

/// How many times an update that finds no free snapshot pushes the collector on. The collector's
/// epoch must advance twice after a retirement before the snapshot can be free.
const PUSHES: usize = 3;

/// A value that one writer replaces while any thread may read it, kept in a fixed number of
/// snapshots on the heap.
///
/// Readers need no slot: [`pin`](Self::pin) works from a shared reference, in any thread. In return
/// pins are only lock-free, and a reader that stays pinned blocks *every* snapshot retired since,
/// not only its own: after at most `snapshots - 1` more publications the writer is
/// [`Busy`](UpdateError::Busy) until that guard is dropped. Memory does not grow. All publications
/// of this kind in a process share one collector. So such a reader delays the writers of the others
/// too, and one guard that is forgotten ([`core::mem::forget`]) stops them all for good.
///
/// A reader never frees or drops a snapshot. All that it may run for the writer is to set a flag
/// and, once the publication was dropped, to free that flag. Snapshots are written again by the
/// writer and dropped with the publication.
///
/// ```
/// use annulus::publish::SharedPublished;
///
/// let published = SharedPublished::new(["a", "", ""].map(String::from))?;
/// let mut writer = published.writer()?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| println!("{}", *published.pin()));
///     writer.update(|old, new| {
///         new.clone_from(old);
///         new.push('b');
///         Ok::<_, ()>(())
///     })
/// }).unwrap();
/// assert_eq!(*published.pin(), "ab");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// A guard does not outlive its publication:
///
/// ```compile_fail,E0505
/// # use annulus::publish::SharedPublished;
/// let published = SharedPublished::new([0, 0]).unwrap();
/// let guard = published.pin();
/// drop(published);
/// assert_eq!(*guard, 0);
/// ```
/// ```
/// # use annulus::publish::SharedPublished;
/// let published = SharedPublished::new([0, 0]).unwrap();
/// let guard = published.pin();
/// assert_eq!(*guard, 0);
/// drop(guard);
/// drop(published);
/// ```
///
/// A guard does not leave its thread:
///
/// ```compile_fail,E0277
/// # use annulus::publish::SharedPublished;
/// let published = SharedPublished::new([0, 0]).unwrap();
/// std::thread::scope(|scope| {
///     let guard = published.pin();
///     scope.spawn(move || assert_eq!(*guard, 0));
/// });
/// ```
/// ```
/// # use annulus::publish::SharedPublished;
/// let published = SharedPublished::new([0, 0]).unwrap();
/// std::thread::scope(|scope| {
///     let published = &published;
///     scope.spawn(move || assert_eq!(*published.pin(), 0));
/// });
/// ```
pub struct SharedPublished<T> {
    /// The index of the current snapshot. On a cache line that the counts of an `Arc` around the publication
    /// are not on: handles that are cloned and dropped write these.
    current: Line<AtomicUsize>,
    /// Whether a [`SharedWriter`] exists.
    writer_taken: AtomicBool,
    snapshots: Box<[Snapshot<T>]>,
}

/// A value, with what the writer knows of it.
struct Snapshot<T> {
    value: Cells<T, 1>,
    version: Cells<u64, 1>,
    /// Whether the writer may write the snapshot. Shared with the deferred function that sets it,
    /// which may run after the publication was dropped.
    free: Arc<AtomicBool>,
}

impl<T> Snapshot<T> {
    /// Whether the writer, who asks, may write this snapshot.
    fn is_free(&self) -> bool {
        // Acquire, with the Release store in the function that `publish` defers:
        // - If it reads that store, the store synchronizes with it: the reads under all guards of the
        //   snapshot happen before the writer's next write to it.
        // - If it reads an earlier value, the snapshot is left alone.
        self.free.load(Ordering::Acquire)
    }
}

// SAFETY: a shared publication gives `&T` to any thread (`T: Sync`) and `&mut T` to whichever
// thread has the writer (`T: Send`). The cells are reached only through guards and the writer.
unsafe impl<T: Send + Sync> Sync for SharedPublished<T> {}

impl<T> SharedPublished<T> {
    /// A publication whose current value is the first of `snapshots`. The others are those that
    /// updates will write. Take 16, unless values are large: `SharedRing` says why, with figures.
    ///
    /// Allocates room for the snapshots, once and for all. O(snapshots).
    ///
    /// # Errors
    ///
    /// [`TooFewSnapshots`] for fewer than two.
    pub fn new(snapshots: impl IntoIterator<Item = T>) -> Result<Self, TooFewSnapshots> {
        let snapshots: Box<[_]> = snapshots
            .into_iter()
            .enumerate()
            .map(|(i, value)| Snapshot {
                value: Cells::new([value]),
                version: Cells::new([0]),
                free: Arc::new(AtomicBool::new(i != 0)),
            })
            .collect();
        if snapshots.len() < 2 {
            return Err(TooFewSnapshots { given: snapshots.len() });
        }
        let current = Line(AtomicUsize::new(0));
        Ok(Self { current, writer_taken: AtomicBool::new(false), snapshots })
    }

    /// Pins the current value: what the guard shows stays as it is until the guard is dropped.
    ///
    /// Lock-free, not wait-free: a thread's first pin registers it, which allocates. Every 128th
    /// pin of a thread visits all registered threads, and may set some flags and free the
    /// collector's books on them, for which the allocator may lock. All other pins take O(1) steps.
    /// Forgetting the guard ([`core::mem::forget`]) leaves this thread pinned for good.
    #[inline]
    pub fn pin(&self) -> SharedGuard<'_, T> {
        let pin = pin();
        // Acquire, with the writer's Release store of `current`:
        // - If it reads that store, the store synchronizes with it: what the builder wrote happens
        //   before our reads of it.
        // - If it reads an earlier one, that snapshot is one that the pin above protects.
        let snapshot = &self.snapshots[self.current.load(Ordering::Acquire)];
        SharedGuard {
            value: snapshot.value.view().read(0),
            version: snapshot.version.view().read(0),
            _pin: pin,
            _published: core::marker::PhantomData,
        }
    }

    /// The writer.
    ///
    /// Wait-free, O(1). Dropping it makes room for the next, which continues where this one
    /// stopped.
    ///
    /// # Errors
    ///
    /// [`WriterTaken`] while another writer exists. A writer that was forgotten
    /// ([`core::mem::forget`]) exists for good.
    pub fn writer(&self) -> Result<SharedWriter<'_, T>, WriterTaken> {
        if !claim(&self.writer_taken) {
            return Err(WriterTaken);
        }
        Ok(SharedWriter { published: self })
    }

    /// The writer, which shares the ownership of the publication, for a struct or a task. Wait-free, O(1). Dropping it
    /// makes room for the next, which continues where this one stopped.
    ///
    /// ```
    /// use annulus::publish::SharedPublished;
    /// use std::sync::Arc;
    ///
    /// let published = Arc::new(SharedPublished::new([7; 4])?);
    /// let mut writer = published.owned_writer()?;
    /// std::thread::spawn(move || writer.update(|old, new| Ok::<_, ()>(*new = old + 1))).join().unwrap().unwrap();
    /// assert_eq!(*published.pin(), 8);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WriterTaken`] while another writer exists.
    pub fn owned_writer(self: &Arc<Self>) -> Result<OwnedSharedWriter<T>, WriterTaken> {
        if !claim(&self.writer_taken) {
            return Err(WriterTaken);
        }
        Ok(OwnedSharedWriter { published: Arc::clone(self) })
    }

    /// The current snapshot, which the writer asks for.
    fn snapshot(&self) -> &Snapshot<T> {
        // Relaxed: only the writer stores it.
        &self.snapshots[self.current.load(Ordering::Relaxed)]
    }
}

impl<T> Snapshot<T> {
    /// The value and its version.
    ///
    /// # Safety
    ///
    /// The caller is the writer of the publication, this is the current snapshot, and the caller publishes nothing
    /// for as long as it has what this returns. It may write free snapshots, of which this is none.
    unsafe fn read(&self) -> (&T, u64) {
        // SAFETY: the pointers are to a snapshot of the publication. Only the writer writes snapshots, and none but
        // free ones; this one is current as long as nothing is published.
        unsafe { (&*self.value.view().read(0).as_ptr(), *self.version.view().read(0).as_ptr()) }
    }
}

impl<T> fmt::Debug for SharedPublished<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPublished")
            .field("snapshots", &self.snapshots.len())
            .finish_non_exhaustive()
    }
}

/// A pinned value of a [`SharedPublished`], which stays as it is while this exists.
///
/// It is not [`Send`]: hold it across no `.await`. Take what you need out of it and drop it: as long as it exists no
/// snapshot that is replaced becomes free.
///
/// ```
/// use annulus::publish::SharedPublished;
///
/// let published = SharedPublished::new([7; 3])?;
/// let mut writer = published.writer()?;
/// let before = published.pin();
/// writer.update(|old, new| Ok::<_, ()>(*new = old + 1)).expect("a snapshot is free");
/// // Any number of guards, each with its own value.
/// let after = published.pin();
/// assert_eq!([(*before, before.version()), (*after, after.version())], [(7, 0), (8, 1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a guard that is dropped at once pins nothing"]
pub struct SharedGuard<'p, T> {
    // Dropped in this order: the accesses end before the pin.
    value: ReadPtr<T>,
    version: ReadPtr<u64>,
    _pin: Pin,
    _published: core::marker::PhantomData<&'p SharedPublished<T>>,
}

impl<T> SharedGuard<'_, T> {
    /// How many publications came before this value: 0 for the first.
    ///
    /// Wait-free, one load.
    #[inline]
    #[must_use]
    pub fn version(&self) -> u64 {
        // SAFETY: as in `deref`.
        unsafe { *self.version.as_ptr() }
    }
}

impl<T> Deref for SharedGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the pointer is to a snapshot of the publication, which is borrowed. The writer
        // writes only snapshots whose flag is set. A snapshot that was current under our pin has
        // its flag set by the function deferred when it was replaced, which the collector does not
        // run while we are pinned.
        unsafe { &*self.value.as_ptr() }
    }
}

impl<T: fmt::Debug> fmt::Debug for SharedGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedGuard")
            .field("version", &self.version())
            .field("value", &**self)
            .finish()
    }
}

/// The one writer of a [`SharedPublished`].
///
/// Dropping it makes room for the next, which continues where this one stopped.
///
/// ```
/// use annulus::publish::{SharedPublished, UpdateError};
///
/// let published = SharedPublished::new([10u32, 0, 0])?;
/// let mut writer = published.writer()?;
/// // What the builder refuses is not published.
/// let mut spend = |cost| {
///     writer.update(|&old, new| old.checked_sub(cost).map(|left| *new = left).ok_or("too dear"))
/// };
/// assert_eq!(spend(7), Ok(()));
/// assert_eq!(spend(7), Err(UpdateError::Build("too dear")));
/// assert_eq!(*published.pin(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SharedWriter<'p, T> {
    published: &'p SharedPublished<T>,
}

impl<T> SharedWriter<'_, T> {
    /// Builds a new value with `build` and publishes it: later pins show it.
    ///
    /// `build` is given the current value and the snapshot to write, which holds some earlier value,
    /// one of those that the publication began with, or what a builder that failed or a
    /// [visit](Self::visit_free) left there. Returns what `build` returns.
    ///
    /// Lock-free, without waiting for readers. Takes O(snapshots) steps and a few visits of all
    /// registered threads besides `build`, and allocates for the collector's books.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Busy`] if no snapshot is free: `build` was not called, nothing has changed.
    /// [`UpdateError::Build`] with what `build` failed with; nothing was published. Nor is anything
    /// published if `build` panics.
    pub fn update<R, E>(
        &mut self,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        let new = self.free_snapshot().ok_or(UpdateError::Busy)?;
        self.publish(new, build).map_err(UpdateError::Build)
    }

    /// Like [`update`](Self::update), but waits up to `timeout` for a snapshot to become free.
    ///
    /// Blocking: it tries again after pauses that grow from a yield to a millisecond of sleep.
    ///
    /// Not for async tasks: it blocks the thread of the executor, and with it the tasks that are to run there. They
    /// call [`update`](Self::update) and, on [`UpdateError::Busy`], sleep by the clock of their runtime
    /// before they try again.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update), with [`UpdateError::Busy`] when the time has passed.
    pub fn update_within<R, E>(
        &mut self,
        timeout: core::time::Duration,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        let new =
            super::backoff::until(timeout, || self.free_snapshot()).ok_or(UpdateError::Busy)?;
        self.publish(new, build).map_err(UpdateError::Build)
    }

    /// Shows `visit` every snapshot that no reader has or can come to have, one after the other, and returns
    /// how many it did not reach, because readers may hold them. The current one is neither visited nor counted.
    ///
    /// For values that hold more than themselves, as memory of their own: what was replaced stays in its
    /// snapshot until an update is given that snapshot. Whatever `visit` leaves there, no reader ever
    /// sees; an update is given it to be overwritten, as it is given what a builder that failed left.
    /// If `visit` panics, the snapshot is free as before.
    ///
    /// Lock-free, without waiting for readers. Takes O(snapshots) steps and a few visits of all registered
    /// threads besides `visit`. A snapshot that was replaced is not reached while the process has a guard that
    /// is older than that, and it may not be while there is a younger one that was made before the collector's
    /// epoch moved on.
    ///
    /// ```
    /// use annulus::publish::SharedPublished;
    ///
    /// let published = SharedPublished::new([vec![7; 1_000_000], vec![]])?;
    /// let mut writer = published.writer()?;
    /// writer.update(|_, new| Ok::<_, ()>(new.push(1))).unwrap();
    /// // 0, or 1 while some thread of the process has a guard that holds the collector up.
    /// let held = writer.visit_free(|value| *value = Vec::new());
    /// assert!(held <= 1);
    /// assert_eq!(*published.pin(), [1]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn visit_free(&mut self, mut visit: impl FnMut(&mut T)) -> usize {
        for _ in 0..PUSHES {
            if self.all_free() {
                break;
            }
            pin().flush();
        }
        let mut held = 0;
        for snapshot in &self.published.snapshots {
            if snapshot.is_free() {
                let value = snapshot.value.view().write(0);
                // SAFETY: the snapshot is free: no reader has it or can find it, and it is not the
                // current one.
                visit(unsafe { &mut *value.as_ptr() });
            } else {
                held += 1;
            }
        }
        // The current one is not free, and not held as those are that were replaced.
        held - 1
    }

    /// The current value.
    ///
    /// Wait-free, O(1).
    #[must_use]
    pub fn current(&self) -> &T {
        // SAFETY: this is the writer, which publishes only through `&mut self`.
        unsafe { self.published.snapshot().read() }.0
    }

    /// How many updates were published, by this writer and those before it.
    ///
    /// Wait-free, O(1).
    #[must_use]
    pub fn version(&self) -> u64 {
        // SAFETY: as in `current`.
        unsafe { self.published.snapshot().read() }.1
    }

    /// A snapshot that no reader has or can come to have.
    fn free_snapshot(&mut self) -> Option<usize> {
        for _ in 0..PUSHES {
            if let Some(free) = self.flagged() {
                return Some(free);
            }
            pin().flush();
        }
        self.flagged()
    }

    /// A snapshot whose flag is set.
    fn flagged(&self) -> Option<usize> {
        self.published.snapshots.iter().position(Snapshot::is_free)
    }

    /// Whether all snapshots but the current one are free.
    fn all_free(&self) -> bool {
        self.published.snapshots.iter().filter(|snapshot| !snapshot.is_free()).count() == 1
    }

    /// Has `build` write the free snapshot `new`, makes it current and retires the old one.
    fn publish<R, E>(
        &mut self,
        new: usize,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, E> {
        let version = self.version() + 1;
        let next = &self.published.snapshots[new];
        let mut value = next.value.view().write(0);
        // SAFETY: the snapshot is free: no reader has it or can find it, and it is not the current
        // one.
        let result = build(self.current(), unsafe { &mut *value.as_ptr() })?;
        value.end();
        // SAFETY: as above, for the version that belongs to the snapshot.
        unsafe { *next.version.view().write(0).as_ptr() = version };
        // Relaxed, with the load in `is_free` by this same writer: no other thread stores to the
        // flag until the snapshot is retired.
        next.free.store(false, Ordering::Relaxed);

        let retired = Arc::clone(&self.published.snapshot().free);
        let pin = pin();
        // Release, with the Acquire load of `current` in `pin`:
        // - If that reads this store, it synchronizes with it: what `build` wrote happens before
        //   the reader's reads.
        // - If it reads an earlier one, it finds a snapshot that the reader's pin protects.
        self.published.current.store(new, Ordering::Release);
        pin.defer(move || {
            // Release, with the Acquire load in `is_free`:
            // - If that reads this store, it synchronizes with it: the last reads of this snapshot,
            //   which the collector orders before this store, happen before the writer's next
            //   write.
            // - If it reads an earlier value, the snapshot stays retired.
            retired.store(true, Ordering::Release);
        });
        // Moves the deferred function to where a collection by any thread finds it. Else it would
        // wait for later collections by this thread.
        pin.flush();
        Ok(result)
    }
}

impl<T> Drop for SharedWriter<'_, T> {
    fn drop(&mut self) {
        // Release, with the Acquire exchange in `claim`:
        // - If that reads this store, it synchronizes with it: all that this writer did happens
        //   before what the next one does.
        // - If it reads an earlier value, it finds the flag set.
        self.published.writer_taken.store(false, Ordering::Release);
    }
}

impl<T> fmt::Debug for SharedWriter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedWriter").finish_non_exhaustive()
    }
}

/// A [`SharedWriter`] that shares the ownership of its publication. Made by
/// [`owned_writer`](SharedPublished::owned_writer).
///
/// Dropping it makes room for the next writer. The last owner that is dropped drops the publication with all its
/// snapshots, in its own thread.
///
/// ```
/// use annulus::publish::{OwnedSharedWriter, SharedPublished};
/// use std::sync::Arc;
///
/// /// Who sets a limit, beside what all read.
/// struct Limit {
///     published: Arc<SharedPublished<u32>>,
///     writer: OwnedSharedWriter<u32>,
/// }
///
/// let published = Arc::new(SharedPublished::new([7; 4])?);
/// let mut limit = Limit { writer: published.owned_writer()?, published };
/// limit.writer.update(|_, new| Ok::<_, ()>(*new = 20)).expect("a snapshot is free");
/// assert_eq!((*limit.published.pin(), *limit.writer.current()), (20, 20));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OwnedSharedWriter<T> {
    published: Arc<SharedPublished<T>>,
}

impl<T> OwnedSharedWriter<T> {
    /// Builds a new value with `build` and publishes it. Lock-free, without waiting for readers. See
    /// [`SharedWriter::update`].
    ///
    /// # Errors
    ///
    /// Those of [`SharedWriter::update`].
    pub fn update<R, E>(
        &mut self,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        self.writer().update(build)
    }

    /// Like [`update`](Self::update), but waits up to `timeout` for a snapshot to become free. Blocking. See
    /// [`SharedWriter::update_within`].
    ///
    /// # Errors
    ///
    /// Those of [`SharedWriter::update_within`].
    pub fn update_within<R, E>(
        &mut self,
        timeout: core::time::Duration,
        build: impl FnOnce(&T, &mut T) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        self.writer().update_within(timeout, build)
    }

    /// Shows `visit` every snapshot that no reader has, and returns how many it did not reach. Lock-free, without
    /// waiting for readers. See [`SharedWriter::visit_free`].
    pub fn visit_free(&mut self, visit: impl FnMut(&mut T)) -> usize {
        self.writer().visit_free(visit)
    }

    /// The current value. Wait-free, O(1).
    #[must_use]
    pub fn current(&self) -> &T {
        // SAFETY: this handle is the writer, which publishes only through `&mut self`.
        unsafe { self.published.snapshot().read() }.0
    }

    /// How many updates were published, by this writer and those before it. Wait-free, O(1).
    #[must_use]
    pub fn version(&self) -> u64 {
        // SAFETY: as in `current`.
        unsafe { self.published.snapshot().read() }.1
    }

    /// The publication.
    #[must_use]
    pub fn published(&self) -> &Arc<SharedPublished<T>> {
        &self.published
    }

    /// A writer that, unless it is dropped, leaves its place to this handle.
    fn writer(&mut self) -> ManuallyDrop<SharedWriter<'_, T>> {
        ManuallyDrop::new(SharedWriter { published: &self.published })
    }
}

impl<T> Drop for OwnedSharedWriter<T> {
    fn drop(&mut self) {
        // Dropping it makes room for the next.
        drop(ManuallyDrop::into_inner(self.writer()));
    }
}

impl<T> fmt::Debug for OwnedSharedWriter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedSharedWriter").finish_non_exhaustive()
    }
}
