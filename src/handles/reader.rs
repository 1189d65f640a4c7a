//! [`RingReader`] and [`RingGuard`]: lookups in a ring that is published.

use core::ops::Deref;

use crate::hash::Probe;
use crate::point::Placement;
use crate::publish::{Fencing, Guard, Reader, Unfenced};
use crate::ring::{BasicRing, Key, RingRef, Storage};

/// Looks keys up in a published ring.
///
/// ```
/// use annulus::publish::Published;
/// use annulus::{Ring, RingReader, RingWriter};
///
/// type Cell = Published<Ring<&'static str, 4, 600>, 1, 3>;
///
/// let mut cell: Cell = Published::new([const { Ring::new() }; 3]);
/// let (writer, [reader]) = cell.split();
/// let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
///
/// assert_eq!(reader.owner("user:42"), None);
/// writer.insert("cache-a")?;
/// assert_eq!(reader.owner("user:42"), Some("cache-a"));
///
/// // One guard for a burst of lookups in one and the same ring.
/// let ring = reader.pin();
/// writer.insert("cache-b")?;
/// assert_eq!((ring.version(), ring.view().len()), (1, 1));
/// # Ok::<(), annulus::RingUpdateError>(())
/// ```
///
/// One that shares the ownership of its ring, for a struct or a thread, is an `OwnedRingReader`.
#[derive(Debug)]
pub struct RingReader<R>(R);

/// A [`RingReader`] that shares the ownership of its publication, of rings `R`: for a struct, a thread, a
/// thread-local.
///
/// ```
/// use annulus::publish::Published;
/// use annulus::{HeapRing, OwnedRingReader, OwnedRingWriter, RingReader, RingWriter};
/// use std::sync::Arc;
///
/// type Servers = HeapRing<Arc<str>>;
///
/// /// Has its own reader, of 4.
/// struct Worker {
///     servers: OwnedRingReader<Servers, 4, 6>,
/// }
///
/// let rings = std::array::from_fn(|_| Servers::new());
/// let published = Arc::new(Published::<Servers, 4, 6>::new(rings));
/// let mut writer: OwnedRingWriter<Servers, 4, 6> = RingWriter::new(published.owned_writer()?);
/// let mut worker = Worker { servers: RingReader::new(published.owned_reader()?) };
/// writer.insert("cache-a".into())?;
/// let owner = std::thread::spawn(move || worker.servers.owner("user:42"));
/// assert_eq!(owner.join().unwrap().as_deref(), Some("cache-a"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
pub type OwnedRingReader<R, const READERS: usize, const BUFFERS: usize> =
    RingReader<crate::publish::OwnedReader<R, READERS, BUFFERS>>;

impl<R, S, H> RingReader<R>
where
    R: ReadHandle<Value = BasicRing<S, H>>,
    S: Storage,
{
    /// Looks keys up in the ring that `reader` reads. Wait-free, O(1).
    pub fn new(reader: R) -> Self {
        Self(reader)
    }

    /// The reader of the publication. Wait-free, O(1).
    pub fn get_ref(&self) -> &R {
        &self.0
    }

    /// The reader of the publication, itself. Wait-free, O(1).
    pub fn into_inner(self) -> R {
        self.0
    }

    /// Pins the current ring: it stays as it is until the guard is dropped.
    ///
    /// Wait-free, O(1); see [`Reader::pin`].
    #[inline]
    pub fn pin(&mut self) -> RingGuard<R::Guard<'_>> {
        RingGuard(self.0.pin())
    }

    /// The owner of `position` in the current ring, cloned; `None` when the ring has no points. For
    /// keys that are hashed already.
    ///
    /// Wait-free, given that the node's `clone` is; O(1) expected, O(log points) at worst.
    #[inline]
    pub fn owner_at(&mut self, position: <S::Placement as Placement>::Position) -> Option<S::Node>
    where
        S::Node: Clone,
    {
        self.0.pin().view().owner_at(position).cloned()
    }

    /// The owner of `key` in the current ring, cloned; `None` when the ring has no points. Use
    /// [`pin`](Self::pin) to borrow it instead.
    ///
    /// Wait-free, given that the node's `clone` is; O(1) expected, O(log points) at worst.
    #[inline]
    pub fn owner(&mut self, key: &(impl Key<H> + ?Sized)) -> Option<S::Node>
    where
        S::Node: Clone,
    {
        self.0.pin().view().owner(key).cloned()
    }
}

impl<'p, T> RingReader<Reader<'p, T>> {
    /// Turns this reader into one whose pins have no fence in their machine code; see
    /// [`Reader::unfenced`]. Wait-free, O(1).
    ///
    /// # Errors
    ///
    /// Gives the reader back if its pins have to execute a fence.
    pub fn unfenced(self) -> Result<RingReader<Reader<'p, T, Unfenced>>, Self> {
        self.0.unfenced().map(RingReader).map_err(Self)
    }
}

mod sealed {
    /// Implemented by the readers and the guards of this crate alone.
    pub trait Sealed {}
}

/// A reader of published values: [`Reader`] or `OwnedReader`. Sealed.
///
/// ```
/// use annulus::ReadHandle;
/// use annulus::publish::Published;
///
/// /// Reads a number with a reader of any kind.
/// fn read(reader: &mut impl ReadHandle<Value = u32>) -> u32 {
///     *reader.pin()
/// }
///
/// let published = Published::<u32, 1, 3>::new([7; 3]);
/// assert_eq!(read(&mut published.reader()?), 7);
/// # Ok::<(), annulus::publish::ReadersExhausted>(())
/// ```
pub trait ReadHandle: sealed::Sealed {
    /// The type of the published value.
    type Value;

    /// What pins a value for as long as it exists.
    type Guard<'r>: Pinned<Target = Self::Value>
    where
        Self: 'r;

    /// Pins the current value. Wait-free; see [`Reader::pin`].
    fn pin(&mut self) -> Self::Guard<'_>;
}

/// Implements [`ReadHandle`] by the method of the same name.
macro_rules! read_handle {
    ([$($generics:tt)*], $reader:ty) => {
        impl<$($generics)*> sealed::Sealed for $reader {}

        impl<$($generics)*> ReadHandle for $reader {
            type Value = T;
            type Guard<'r>
                = Guard<'r, T, F>
            where
                Self: 'r;

            #[inline]
            fn pin(&mut self) -> Guard<'_, T, F> {
                <$reader>::pin(self)
            }
        }
    };
}

read_handle!([T, F: Fencing], Reader<'_, T, F>);
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
read_handle!(
    [T, const READERS: usize, const BUFFERS: usize, F: Fencing],
    crate::publish::OwnedReader<T, READERS, BUFFERS, F>
);

impl<T, F: Fencing> sealed::Sealed for Guard<'_, T, F> {}
#[cfg(feature = "std")]
impl<T> sealed::Sealed for crate::publish::SharedGuard<'_, T> {}

/// A guard that pins a published value: [`Guard`] or `SharedGuard`. Sealed.
///
/// ```
/// use annulus::Pinned;
/// use annulus::publish::Published;
///
/// /// Shows what is pinned, whatever kind of guard pins it.
/// fn show(guard: impl Pinned<Target = u32>) -> String {
///     format!("{} in version {}", *guard, guard.version())
/// }
///
/// let mut published = Published::<u32, 1, 3>::new([7; 3]);
/// let (mut writer, [mut reader]) = published.split();
/// writer.update(|_, new| Ok::<_, ()>(*new = 8)).expect("a buffer is free");
/// assert_eq!(show(reader.pin()), "8 in version 1");
/// ```
pub trait Pinned: Deref + sealed::Sealed {
    /// How many publications came before the pinned value. Wait-free, one load.
    fn version(&self) -> u64;
}

impl<T, F: Fencing> Pinned for Guard<'_, T, F> {
    #[inline]
    fn version(&self) -> u64 {
        Guard::version(self)
    }
}

#[cfg(feature = "std")]
impl<T> Pinned for crate::publish::SharedGuard<'_, T> {
    #[inline]
    fn version(&self) -> u64 {
        crate::publish::SharedGuard::version(self)
    }
}

/// A pinned ring, which stays as it is while this exists.
///
/// It keeps a buffer from the writer: look up, take what you need out of it, and drop it. That of a `SharedRing` is
/// not [`Send`]: hold it across no `.await`. One of a [`RingReader`] may be held there, at the price of a buffer
/// for as long.
///
/// ```
/// use annulus::publish::Published;
/// use annulus::{Ring, RingReader, RingUpdateError, RingWriter};
///
/// let mut cell: Published<Ring<&str, 4, 600>, 1, 3> = Published::new([const { Ring::new() }; 3]);
/// let (writer, [reader]) = cell.split();
/// let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
/// writer.insert("cache-a")?;
/// let ring = reader.pin();
/// // Both answers are those of one ring, whatever the writer does between them.
/// let owner = ring.owner("user:42");
/// writer.insert("cache-b")?;
/// assert_eq!((ring.view().len(), owner), (1, ring.view().members().first().map(|member| member.node())));
/// drop(ring);
/// assert_eq!(reader.pin().view().len(), 2);
/// # Ok::<(), RingUpdateError>(())
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped at once pins nothing"]
pub struct RingGuard<G>(pub(super) G);

impl<G, S, H> RingGuard<G>
where
    G: Pinned<Target = BasicRing<S, H>>,
    S: Storage,
{
    /// The view of the ring that answers lookups. Wait-free, O(1).
    #[inline]
    pub fn view<'r>(&'r self) -> RingRef<'r, S::Node, S::Placement, H>
    where
        S: 'r,
        H: 'r,
    {
        self.0.view()
    }

    /// The owner of `key`. See [`RingRef::owner`]. Wait-free, O(1) expected and O(log points) at worst.
    #[inline]
    pub fn owner<'r>(&'r self, key: &(impl Key<H> + ?Sized)) -> Option<&'r S::Node>
    where
        S: 'r,
        H: 'r,
    {
        self.view().owner(key)
    }

    /// The owner of a position. See [`RingRef::owner_at`]. Wait-free, O(1) expected and O(log points) at worst.
    #[inline]
    pub fn owner_at<'r>(
        &'r self,
        position: <S::Placement as Placement>::Position,
    ) -> Option<&'r S::Node>
    where
        S: 'r,
        H: 'r,
    {
        self.view().owner_at(position)
    }

    /// The number of nodes, those of weight 0 included. Wait-free, O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.view().len()
    }

    /// Whether the ring has no node. Wait-free, O(1).
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.view().is_empty()
    }

    /// How many publications came before this ring: 0 for the first. Wait-free, one load.
    #[inline]
    pub fn version(&self) -> u64 {
        self.0.version()
    }

    /// The fingerprint of the membership: see [`RingRef::fingerprint`]. Wait-free, O(nodes).
    pub fn fingerprint(&self) -> u64 {
        self.view().fingerprint()
    }

    /// The fingerprint of the membership and the key hash: see [`RingRef::routing_fingerprint`]. Wait-free,
    /// O(nodes).
    pub fn routing_fingerprint(&self) -> u64
    where
        H: Probe,
    {
        self.view().routing_fingerprint()
    }
}
