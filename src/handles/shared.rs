//! [`SharedRing`]: a published ring for any number of threads that nobody registers.

use super::reader::RingGuard;
use super::writer::RingWriter;
use crate::hash::Xxh3;
use crate::node::Node;
use crate::point::{Native, Placement};
use crate::publish::{SharedGuard, SharedPublished, SharedWriter, TooFewSnapshots, WriterTaken};
use crate::ring::HeapRing;

/// A ring on the heap that one writer replaces while any thread looks keys up.
///
/// Pins are lock-free, and a reader never frees a ring; [`SharedPublished`] says what else is
/// guaranteed. For wait-free lookups give each thread a [`RingReader`](super::RingReader).
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
pub struct SharedRing<N, P: Placement = Native, H = Xxh3>(SharedPublished<HeapRing<N, P, H>>);

/// The writer of a [`SharedRing`].
pub type SharedRingWriter<'p, N, P = Native, H = Xxh3> =
    RingWriter<SharedWriter<'p, HeapRing<N, P, H>>>;

impl<N: Node + Clone, P: Placement, H: Clone> SharedRing<N, P, H> {
    /// Publishes `ring`, with `snapshots` rings to take turns: the current one and those that
    /// readers may still hold.
    ///
    /// # Errors
    ///
    /// [`TooFewSnapshots`] for fewer than two.
    pub fn new(ring: HeapRing<N, P, H>, snapshots: usize) -> Result<Self, TooFewSnapshots> {
        let (vnodes, hash) = (ring.view().vnodes(), ring.view().key_hash().clone());
        let others = (1..snapshots).map(|_| HeapRing::with_hash(vnodes, hash.clone()));
        let rings = core::iter::once(ring).chain(others).take(snapshots);
        SharedPublished::new(rings).map(Self)
    }

    /// Pins the present ring: it stays as it is until the guard is dropped. Lock-free.
    #[inline]
    pub fn pin(&self) -> RingGuard<SharedGuard<'_, HeapRing<N, P, H>>> {
        RingGuard(self.0.pin())
    }

    /// The one writer.
    ///
    /// # Errors
    ///
    /// [`WriterTaken`] while another exists.
    pub fn writer(&self) -> Result<SharedRingWriter<'_, N, P, H>, WriterTaken> {
        self.0.writer().map(RingWriter::new)
    }
}
