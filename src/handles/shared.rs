//! [`SharedRing`]: a published ring for any number of threads, none of them registered.

use super::reader::RingGuard;
use super::writer::RingWriter;
use crate::hash::Xxh3;
use crate::node::Node;
use crate::point::{Native, Placement, PointsOf};
use crate::publish::{
    OwnedSharedWriter, SharedGuard, SharedPublished, SharedWriter, TooFewSnapshots, WriterTaken,
};
use crate::ring::{HeapRing, Key};
use std::sync::Arc;

/// A ring on the heap that one writer replaces while any thread looks keys up.
///
/// This is a handle: a clone of it is another one to the same ring, for another struct or task. The last one that
/// is dropped, its owning writer included, drops the rings.
///
/// A guard does not leave its thread. So a task that may go on in another thread does not hold one across an
/// `.await`: it pins, looks up, and drops the guard, or takes a clone of the node from [`owner`](Self::owner).
///
/// Pins are lock-free, and dropping a guard never frees a ring; [`SharedPublished`] gives all guarantees.
/// For wait-free lookups give each thread a [`RingReader`](super::RingReader).
///
/// ```
/// use annulus::{HeapRing, SharedRing};
///
/// let ring = SharedRing::new(HeapRing::<String>::new(), 16)?;
/// ring.writer()?.insert("cache-a".into())?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert!(ring.pin().view().owner("user:42").is_some()));
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # How many snapshots
///
/// Take 16. An edit needs a snapshot that no reader can have, and one that was replaced is such only once every
/// thread that had a guard then has let go of it. A thread may lose its core while it has a guard, and as long as that
/// lasts each edit uses up one more snapshot. When none is left, edits are
/// [`Busy`](crate::publish::UpdateError::Busy): nothing has changed, and one that is tried again a few milliseconds
/// later may find one.
///
/// A snapshot costs the memory of one ring, some 8 bytes a point and the nodes, from the first edit on that is
/// written to it. An edit takes the first that is free, so those that are never needed stay empty.
///
/// Of so many edits a second, beside so many threads that do nothing but pin, look up and let go, these were `Busy`, on
/// two hardware threads; the medians of three runs. Where threads do something between lookups there are fewer, and
/// where the machine has other work there are more.
///
/// | snapshots | 100, 2 threads | 100, 4 threads | 1,000, 2 threads | 1,000, 4 threads |
/// |---|---|---|---|---|
/// | 2 | 0 % | 5 % | 4 % | 86 % |
/// | 3 | 0 % | 0 % | 2 % | 74 % |
/// | 4 | 0 % | 0 % | 1 % | 62 % |
/// | 8 | 0 % | 0 % | 0 % | 25 % |
/// | 16 | 0 % | 0 % | 0 % | 2 % |
/// | 32 | 0 % | 0 % | 0 % | 0 % |
///
/// `cargo run --release --example snapshots --features std` in the repository measures it again. Where edits are so
/// many that 16 do not do, put several into one: [`apply`](RingWriter::apply), [`reconcile`](RingWriter::reconcile).
#[derive(Debug)]
pub struct SharedRing<N, P: Placement = Native, H = Xxh3>(Arc<SharedPublished<HeapRing<N, P, H>>>);

/// Another handle to the same ring. O(1); nothing is copied.
impl<N, P: Placement, H> Clone for SharedRing<N, P, H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The writer of a [`SharedRing`] that shares its ownership, and so can be kept beside it.
///
/// Its edits are the methods of [`RingWriter`]. [`owned_writer`](SharedRing::owned_writer) makes it.
///
/// ```
/// use annulus::{HeapRing, OwnedSharedRingWriter, SharedRing};
///
/// /// The one who edits, in a thread of its own.
/// fn edit(mut writer: OwnedSharedRingWriter<String>, names: [&str; 2]) {
///     for name in names {
///         writer.insert(name.into()).expect("no reader holds a ring");
///     }
/// }
///
/// let ring = SharedRing::new(HeapRing::new(), 16)?;
/// let writer = ring.owned_writer()?;
/// std::thread::spawn(|| edit(writer, ["cache-a", "cache-b"])).join().expect("it does not panic");
/// assert_eq!(ring.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type OwnedSharedRingWriter<N, P = Native, H = Xxh3> =
    RingWriter<OwnedSharedWriter<HeapRing<N, P, H>>>;

/// The writer of a [`SharedRing`].
///
/// Its edits are the methods of [`RingWriter`]. [`writer`](SharedRing::writer) makes it.
///
/// ```
/// use annulus::{HeapRing, SharedRing, SharedRingWriter};
///
/// let ring = SharedRing::new(HeapRing::<String>::new(), 16)?;
/// let mut writer: SharedRingWriter<'_, String> = ring.writer()?;
/// writer.insert_all(["cache-a", "cache-b"].map(String::from))?;
/// writer.set_weight("cache-a", 0)?;
/// assert_eq!(ring.owner("user:42").as_deref(), Some("cache-b"));
/// // The next writer goes on where this one stops.
/// drop(writer);
/// assert_eq!(ring.writer()?.version(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type SharedRingWriter<'p, N, P = Native, H = Xxh3> =
    RingWriter<SharedWriter<'p, HeapRing<N, P, H>>>;

impl<N: Node + Clone, P: PointsOf<N>, H: Clone> SharedRing<N, P, H> {
    /// Publishes `ring`, kept in `snapshots` rings: the current one, those that readers may still
    /// hold, and one to write.
    ///
    /// Allocates room for `snapshots` rings. All but `ring` are empty until an edit is merged into
    /// them. [16 are enough](Self#how-many-snapshots) for most programs.
    ///
    /// # Errors
    ///
    /// [`TooFewSnapshots`] for fewer than two.
    pub fn new(ring: HeapRing<N, P, H>, snapshots: usize) -> Result<Self, TooFewSnapshots> {
        let (config, hash) = (ring.view().config(), ring.view().key_hash().clone());
        let most = ring.capacity().points as u32;
        let empty = || HeapRing::with_hash(config, hash.clone()).with_max_points(most);
        let others = (1..snapshots).map(|_| empty());
        let rings = core::iter::once(ring).chain(others).take(snapshots);
        SharedPublished::new(rings).map(|published| Self(Arc::new(published)))
    }

    /// Pins the current ring: it stays as it is until the guard is dropped.
    ///
    /// Lock-free; see [`SharedPublished::pin`].
    ///
    /// The guard is not [`Send`]. Hold it across no `.await`: the compiler refuses that in a task that is spawned to
    /// run in any thread, and in one that is bound to its thread it keeps snapshots from edits for as long. Take what
    /// you need out of it and drop it.
    ///
    /// ```
    /// # use annulus::{HeapRing, SharedRing};
    /// # async fn send(_: Option<String>, _: u64) {}
    /// # fn spawn(_: impl Future<Output = ()> + Send) {}
    /// # let ring = SharedRing::new(HeapRing::<String>::new(), 16)?;
    /// spawn(async move {
    ///     let (owner, version) = {
    ///         let pinned = ring.pin();
    ///         (pinned.view().owner("user:42").cloned(), pinned.version())
    ///     };
    ///     send(owner, version).await;
    /// });
    /// # Ok::<(), annulus::publish::TooFewSnapshots>(())
    /// ```
    /// ```compile_fail
    /// # use annulus::{HeapRing, SharedRing};
    /// # async fn send(_: Option<String>, _: u64) {}
    /// # fn spawn(_: impl Future<Output = ()> + Send) {}
    /// # let ring = SharedRing::new(HeapRing::<String>::new(), 16)?;
    /// spawn(async move {
    ///     let pinned = ring.pin();
    ///     send(pinned.view().owner("user:42").cloned(), pinned.version()).await;
    /// });
    /// # Ok::<(), annulus::publish::TooFewSnapshots>(())
    /// ```
    #[inline]
    pub fn pin(&self) -> RingGuard<SharedGuard<'_, HeapRing<N, P, H>>> {
        RingGuard(self.0.pin())
    }

    /// The owner of `key` in the current ring, cloned; `None` when the ring has no points. Use
    /// [`pin`](Self::pin) to borrow it instead, and for several lookups in one and the same ring.
    ///
    /// Lock-free, as a pin is, given that the node's `clone` is; O(1) expected, O(log points) at worst.
    ///
    /// ```
    /// use annulus::{HeapRing, SharedRing};
    /// use std::sync::Arc;
    ///
    /// let mut first = HeapRing::<Arc<str>>::new();
    /// first.insert("cache-a".into())?;
    /// let ring = SharedRing::new(first, 16)?;
    /// assert_eq!(ring.owner("user:42").as_deref(), Some("cache-a"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn owner(&self, key: &(impl Key<H> + ?Sized)) -> Option<N> {
        self.pin().view().owner(key).cloned()
    }

    /// The owner of `position` in the current ring, cloned; `None` when the ring has no points. For
    /// keys that are hashed already.
    ///
    /// Lock-free, as a pin is, given that the node's `clone` is; O(1) expected, O(log points) at worst.
    #[inline]
    pub fn owner_at(&self, position: P::Position) -> Option<N> {
        self.pin().view().owner_at(position).cloned()
    }

    /// The number of nodes in the current ring, those of weight 0 included. Lock-free, as a pin is; O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.pin().view().len()
    }

    /// Whether the current ring has no node. Lock-free, as a pin is; O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The one writer. Wait-free, O(1).
    ///
    /// Several editors that seldom meet take it in turn, each for as long as one edit takes. Who finds it taken tries
    /// again later:
    ///
    /// ```
    /// use annulus::{HeapRing, SharedRing};
    /// use std::thread;
    ///
    /// let ring = SharedRing::new(HeapRing::<String>::new(), 16)?;
    /// thread::scope(|scope| {
    ///     for name in ["cache-a", "cache-b"] {
    ///         let ring = &ring;
    ///         scope.spawn(move || loop {
    ///             match ring.writer() {
    ///                 Ok(mut writer) => break writer.insert(name.into()).expect("a snapshot is free"),
    ///                 Err(_) => thread::yield_now(),
    ///             }
    ///         });
    ///     }
    /// });
    /// assert_eq!(ring.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Those that meet often share an [`owned_writer`](Self::owned_writer) behind a lock.
    ///
    /// # Errors
    ///
    /// [`WriterTaken`] while another writer exists. A writer that was forgotten
    /// ([`core::mem::forget`]) exists for good.
    pub fn writer(&self) -> Result<SharedRingWriter<'_, N, P, H>, WriterTaken> {
        self.0.writer().map(RingWriter::new)
    }

    /// The one writer, which shares the ownership of the ring: for a struct that has both, or for a task. Wait-free,
    /// O(1).
    ///
    /// ```
    /// use annulus::{HeapRing, OwnedSharedRingWriter, SharedRing};
    ///
    /// struct Pool {
    ///     ring: SharedRing<String>,
    ///     writer: OwnedSharedRingWriter<String>,
    /// }
    ///
    /// let ring = SharedRing::new(HeapRing::new(), 16)?;
    /// let mut pool = Pool { writer: ring.owned_writer()?, ring };
    /// pool.writer.insert("cache-a".into())?;
    /// // Every task or thread has a handle of its own.
    /// let ring = pool.ring.clone();
    /// std::thread::spawn(move || assert!(ring.owner("user:42").is_some())).join().unwrap();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Several editors share it behind a lock, which no reader ever takes; tasks behind an async one, such as
    /// `tokio::sync::Mutex`:
    ///
    /// ```
    /// use annulus::{HeapRing, SharedRing};
    /// use std::sync::{Arc, Mutex};
    /// use std::thread;
    ///
    /// let ring = SharedRing::new(HeapRing::<String>::new(), 16)?;
    /// let editor = Arc::new(Mutex::new(ring.owned_writer()?));
    /// let editing = ["cache-a", "cache-b"].map(|name| {
    ///     let editor = Arc::clone(&editor);
    ///     thread::spawn(move || {
    ///         let mut writer = editor.lock().expect("no edit panics");
    ///         writer.insert(name.into()).expect("a snapshot is free");
    ///     })
    /// });
    /// editing.map(|thread| thread.join().expect("it did not panic"));
    /// assert_eq!(ring.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WriterTaken`] while another writer exists.
    pub fn owned_writer(&self) -> Result<OwnedSharedRingWriter<N, P, H>, WriterTaken> {
        self.0.owned_writer().map(RingWriter::new)
    }
}
