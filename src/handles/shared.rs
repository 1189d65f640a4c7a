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
/// A guard does not leave its thread. So a task that may go on in another thread does not hold one while it
/// waits: it pins, looks up, and drops the guard, or takes a clone of the node from [`owner`](Self::owner).
///
/// Pins are lock-free, and dropping a guard never frees a ring; [`SharedPublished`] gives all guarantees.
/// For wait-free lookups give each thread a [`RingReader`](super::RingReader).
///
/// ```
/// use annulus::{HeapRing, SharedRing};
///
/// let ring = SharedRing::new(HeapRing::<String>::new(), 3)?;
/// ring.writer()?.insert("cache-a".into())?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert!(ring.pin().view().owner("user:42").is_some()));
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SharedRing<N, P: Placement = Native, H = Xxh3>(Arc<SharedPublished<HeapRing<N, P, H>>>);

/// Another handle to the same ring. O(1); nothing is copied.
impl<N, P: Placement, H> Clone for SharedRing<N, P, H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The writer of a [`SharedRing`] that shares its ownership, and so can be kept beside it.
pub type OwnedSharedRingWriter<N, P = Native, H = Xxh3> =
    RingWriter<OwnedSharedWriter<HeapRing<N, P, H>>>;

/// The writer of a [`SharedRing`].
pub type SharedRingWriter<'p, N, P = Native, H = Xxh3> =
    RingWriter<SharedWriter<'p, HeapRing<N, P, H>>>;

impl<N: Node + Clone, P: PointsOf<N>, H: Clone> SharedRing<N, P, H> {
    /// Publishes `ring`, kept in `snapshots` rings: the current one, those that readers may still
    /// hold, and one to write.
    ///
    /// Allocates room for `snapshots` rings. All but `ring` are empty until an edit is merged into
    /// them.
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
    /// let ring = SharedRing::new(first, 4)?;
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
    /// let ring = SharedRing::new(HeapRing::new(), 8)?;
    /// let mut pool = Pool { writer: ring.owned_writer()?, ring };
    /// pool.writer.insert("cache-a".into())?;
    /// // Every task or thread has a handle of its own.
    /// let ring = pool.ring.clone();
    /// std::thread::spawn(move || assert!(ring.owner("user:42").is_some())).join().unwrap();
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
