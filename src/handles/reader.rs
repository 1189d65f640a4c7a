//! [`RingReader`] and [`RingGuard`]: lookups in a ring that is published.

use core::ops::Deref;

use crate::point::Placement;
use crate::publish::{Chosen, Fencing, Guard, Reader, Unfenced};
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
#[derive(Debug)]
pub struct RingReader<'p, S, H, F: Fencing = Chosen>(Reader<'p, BasicRing<S, H>, F>);

impl<'p, S: Storage, H, F: Fencing> RingReader<'p, S, H, F> {
    /// Reads through `reader`.
    pub fn new(reader: Reader<'p, BasicRing<S, H>, F>) -> Self {
        Self(reader)
    }

    /// Pins the present ring: it stays as it is until the guard is dropped. Wait-free.
    #[inline]
    pub fn pin(&mut self) -> RingGuard<Guard<'_, BasicRing<S, H>, F>> {
        RingGuard(self.0.pin())
    }

    /// The owner of a key that is hashed already, cloned; see [`owner`](Self::owner).
    #[inline]
    pub fn owner_at(&mut self, position: <S::Placement as Placement>::Position) -> Option<S::Node>
    where
        S::Node: Clone,
    {
        self.pin().view().owner_at(position).cloned()
    }

    /// The owner of `key` in the present ring, cloned; [`pin`](Self::pin) to borrow it instead.
    ///
    /// Wait-free, given that the node's `clone` is; O(1) expected, O(log points) at worst.
    #[inline]
    pub fn owner(&mut self, key: &(impl Key<H> + ?Sized)) -> Option<S::Node>
    where
        S::Node: Clone,
    {
        self.pin().view().owner(key).cloned()
    }
}

impl<'p, S: Storage, H> RingReader<'p, S, H> {
    /// The same reader with pins that have no fence in them, not even one to jump over; see
    /// [`Reader::unfenced`]. Wait-free, O(1).
    ///
    /// # Errors
    ///
    /// The reader itself where its pins pay for the barrier.
    pub fn unfenced(self) -> Result<RingReader<'p, S, H, Unfenced>, Self> {
        self.0.unfenced().map(RingReader).map_err(Self)
    }
}

mod sealed {
    /// Only the guards of this crate pin.
    pub trait Sealed {}
}

impl<T, F: Fencing> sealed::Sealed for Guard<'_, T, F> {}
#[cfg(feature = "std")]
impl<T> sealed::Sealed for crate::publish::SharedGuard<'_, T> {}

/// What a ring can be pinned by: the guards of both publications. Sealed.
pub trait Pinned: Deref + sealed::Sealed {
    /// How many publications came before the value that is pinned.
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

/// A ring that stays as it is while this exists.
#[derive(Debug)]
pub struct RingGuard<G>(pub(super) G);

impl<G, S, H> RingGuard<G>
where
    G: Pinned<Target = BasicRing<S, H>>,
    S: Storage,
{
    /// The ring, for lookups.
    #[inline]
    pub fn view<'r>(&'r self) -> RingRef<'r, S::Node, S::Placement, H>
    where
        S: 'r,
        H: 'r,
    {
        self.0.view()
    }

    /// How many publications came before this ring.
    #[inline]
    pub fn version(&self) -> u64 {
        self.0.version()
    }

    /// See [`RingRef::fingerprint`]. O(nodes).
    pub fn fingerprint(&self) -> u64 {
        self.view().fingerprint()
    }
}
