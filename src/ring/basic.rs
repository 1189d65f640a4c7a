//! [`BasicRing`]: a ring that owns its members and its arrays, on any storage.

use core::fmt;

use super::member::Member;
use super::points::{Index, Points, Shape};
use super::storage::{Capacity, Storage};
use super::view::{Key, RingRef};
use crate::hash::Xxh3;
use crate::point::Placement;

/// The number of points of a node of weight 1, unless another number is asked for.
///
/// ```
/// use annulus::{DEFAULT_VNODES, Ring};
///
/// // Room for 8 nodes of weight 1.
/// const POINTS: usize = 8 * DEFAULT_VNODES as usize;
/// let mut ring = Ring::<&str, 8, POINTS>::new();
/// ring.insert("cache-a")?;
/// assert_eq!(ring.view().point_count(), POINTS / 8);
/// # Ok::<(), annulus::EditError>(())
/// ```
pub const DEFAULT_VNODES: u32 = 150;

/// A consistent-hash ring on a storage: [`Ring`](crate::Ring) inline,
/// [`LentRing`](crate::LentRing) in slices of the caller's, `HeapRing` on the heap.
///
/// This type edits the membership; [`view`](Self::view) gives the [`RingRef`] that answers lookups.
/// Every sequence of edits leads to the same points, in the same order, as a fresh build of the
/// same membership. An edit that is refused changes nothing.
///
/// ```
/// use annulus::{EditError, NamedNode, Ring};
///
/// let mut ring = Ring::<NamedNode, 4, 600>::new();
/// ring.insert_all(["a", "b"].map(NamedNode::new))?;
/// ring.set_weight("b", 2)?;
/// ring.remove("a")?;
///
/// let mut fresh = Ring::<NamedNode, 4, 600>::new();
/// fresh.insert(NamedNode::new("b").with_weight(2))?;
/// assert_eq!(ring.view().fingerprint(), fresh.view().fingerprint());
/// let [edited, fresh] = [&ring, &fresh].map(|ring| ring.view().points().map(|point| point.position));
/// assert!(edited.eq(fresh));
/// # Ok::<(), EditError>(())
/// ```
pub struct BasicRing<S, H = Xxh3> {
    pub(crate) storage: S,
    /// The number of points in the arrays.
    pub(crate) points: usize,
    pub(crate) shape: Shape,
    pub(crate) hash: H,
}

impl<S, H> BasicRing<S, H> {
    pub(super) const fn over(storage: S, hash: H) -> Self {
        Self { storage, points: 0, shape: Shape::NONE, hash }
    }
}

impl<S: Storage, H> BasicRing<S, H> {
    /// How many nodes and points there is room for: what an edit is judged by. Wait-free, constant time.
    ///
    /// ```
    /// use annulus::{Capacity, Ring};
    ///
    /// let ring = Ring::<&str, 8, 1_024>::new();
    /// assert_eq!(ring.capacity(), Capacity { nodes: 8, points: 1_024 });
    /// ```
    #[inline]
    pub fn capacity(&self) -> Capacity {
        self.storage.capacity()
    }

    /// The view that answers lookups. Wait-free, constant time.
    #[inline]
    pub fn view(&self) -> RingRef<'_, S::Node, S::Placement, H> {
        let (positions, owners, words) = self.storage.arrays(self.points);
        RingRef {
            members: self.storage.members(),
            points: Points::new(positions, owners, Index::new(words, self.shape)),
            zone_bits: self.storage.zone_bits(),
            config: self.storage.config(),
            hash: &self.hash,
        }
    }

    /// The sorted arrays of the ring, whatever the layout that its view shows.
    #[cfg(all(test, feature = "alloc"))]
    pub(super) fn sorted(&self) -> super::points::Sorted<'_, super::storage::PositionOf<S>> {
        let (positions, owners, words) = self.storage.arrays(self.points);
        super::points::Sorted::new(positions, owners, Index::new(words, self.shape))
    }
}

/// # Lookups
///
/// The common ones. All others are those of the [`view`](Self::view), which is a few words to copy and costs
/// nothing to make.
impl<S: Storage, H> BasicRing<S, H> {
    /// The node that owns `key`; `None` when the ring has no points. See [`RingRef::owner`].
    ///
    /// Wait-free; O(1) expected, O(log points) at worst, besides the hash of the key.
    ///
    /// ```
    /// let mut ring = annulus::Ring::<&str, 3, 450>::new();
    /// assert_eq!(ring.owner("user:42"), None);
    /// ring.insert("cache-a")?;
    /// assert_eq!(ring.owner("user:42"), Some(&"cache-a"));
    /// # Ok::<(), annulus::EditError>(())
    /// ```
    #[inline]
    pub fn owner(&self, key: &(impl Key<H> + ?Sized)) -> Option<&S::Node> {
        self.view().owner(key)
    }

    /// The node that owns `position`; `None` when the ring has no points. See [`RingRef::owner_at`].
    ///
    /// For keys that are hashed already. Wait-free; O(1) expected, O(log points) at worst.
    #[inline]
    pub fn owner_at(&self, position: <S::Placement as Placement>::Position) -> Option<&S::Node> {
        self.view().owner_at(position)
    }

    /// The member with this identity. See [`RingRef::get`]. Wait-free; O(log nodes), or O(nodes) if the
    /// placement orders members by a key.
    ///
    /// ```
    /// let mut ring = annulus::Ring::<&str, 3, 450>::new();
    /// ring.insert("cache-a")?;
    /// assert_eq!(ring.get("cache-a").map(|member| member.weight()), Some(1));
    /// # Ok::<(), annulus::EditError>(())
    /// ```
    pub fn get(&self, identity: impl AsRef<[u8]>) -> Option<&Member<S::Node>> {
        self.view().get(identity)
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

    /// Whether both rings have the same membership: see [`RingRef::same_membership`].
    #[must_use]
    pub fn same_membership<T, K>(&self, other: &BasicRing<T, K>) -> bool
    where
        T: Storage<Node = S::Node, Placement = S::Placement>,
    {
        self.view().same_membership(other.view())
    }
}

/// The [`view`](BasicRing::view) of the ring.
impl<'r, S: Storage, H> From<&'r BasicRing<S, H>> for RingRef<'r, S::Node, S::Placement, H> {
    #[inline]
    fn from(ring: &'r BasicRing<S, H>) -> Self {
        ring.view()
    }
}

/// Shows the membership and the number of points, not the points.
impl<S: Storage, H> fmt::Debug for BasicRing<S, H>
where
    S::Node: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicRing")
            .field("members", &self.storage.members())
            .field("config", &self.storage.config())
            .field("points", &self.points)
            .finish_non_exhaustive()
    }
}
