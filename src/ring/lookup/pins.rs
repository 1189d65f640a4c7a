//! [`PinnedKeys`]: keys that a given node owns, whatever the ring says.

use core::cmp::Ordering;
use core::fmt;

use crate::node::Node;
use crate::point::{PointsOf, Position};
use crate::ring::rule::Ruled;
use crate::ring::view::Key;

/// A table of keys that are each owned by a given node, whatever the ring says: a hot key with a server of its
/// own, say.
///
/// A key is known by its position, which [`RingRef::position`](crate::RingRef::position) gives, and a node by its
/// identity. So a table outlives edits of the ring, and rings with the same key hash can share one. Another key at
/// the position of one in the table is pinned along with it; on a circle of 2³² positions that happens to
/// one key in 2³² for each key in the table.
///
/// A pinned key whose node is no member, or is down under the rule, has the owner that the ring says. A node of
/// weight 0 is a member too: it owns the keys that are pinned to it and no others.
///
/// A key has one pinned owner. Its replicas, if it has any, are for the caller to choose.
///
/// ```
/// # use annulus::{EditError, NamedNode, PinnedKeys, Ring, Rule};
/// let mut ring = Ring::<NamedNode, 4, 450>::new();
/// ring.insert_all(["cache-a", "cache-b", "cache-c"].map(NamedNode::new))?;
/// ring.insert(NamedNode::new("big").with_weight(0))?;
/// let mut pins = [("celebrity", "big"), ("front-page", "cache-b"), ("news", "gone")]
///     .map(|(key, node)| (ring.view().position(key), node));
/// let pins = PinnedKeys::new(&mut pins);
///
/// let ring = ring.view().under(Rule::owner());
/// assert_eq!(pins.owner(&ring, "celebrity").map(|node| node.name), Some("big"));
/// assert_eq!(pins.owner(&ring, "front-page").map(|node| node.name), Some("cache-b"));
/// assert_eq!(pins.owner(&ring, "news"), ring.owner("news"));
/// assert_eq!(pins.owner(&ring, "user:42"), ring.owner("user:42"));
/// # Ok::<(), EditError>(())
/// ```
pub struct PinnedKeys<'t, X, I> {
    /// Positions and identities, in their order.
    pins: &'t [(X, I)],
}

impl<X, I> Clone for PinnedKeys<'_, X, I> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<X, I> Copy for PinnedKeys<'_, X, I> {}

impl<X: fmt::Debug, I: fmt::Debug> fmt::Debug for PinnedKeys<'_, X, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinnedKeys").field("pins", &self.pins).finish()
    }
}

impl<'t, X: Position, I: AsRef<[u8]>> PinnedKeys<'t, X, I> {
    /// The keys at these positions are owned by the nodes with these identities.
    ///
    /// Sorts `pins`, without memory of its own: O(n log n). Where a position comes several times, that entry
    /// counts whose identity is the first in the order of bytes, of those that are members and up.
    pub fn new(pins: &'t mut [(X, I)]) -> Self {
        pins.sort_unstable_by(Self::compare);
        Self { pins }
    }

    /// The keys at these positions, which are in order, are owned by the nodes with these identities: a table in
    /// flash, say. `None` unless it is in the order of positions, then of the bytes of identities. O(n).
    pub fn from_sorted(pins: &'t [(X, I)]) -> Option<Self> {
        pins.is_sorted_by(|a, b| Self::compare(a, b).is_le()).then_some(Self { pins })
    }

    /// The order of a table: of positions, then of identities.
    fn compare(a: &(X, I), b: &(X, I)) -> Ordering {
        a.0.cmp(&b.0).then_with(|| a.1.as_ref().cmp(b.1.as_ref()))
    }

    /// The owner of `key`: the node to which it is pinned, or the owner that `ring` says; `None` if there is
    /// neither.
    ///
    /// Wait-free; O(log n) for n pins, then O(log nodes) for a pinned key or a lookup ([`Ruled::owner`]), besides
    /// the hash of the key.
    #[inline]
    pub fn owner<'a, N: Node, P: PointsOf<N, Position = X>, H>(
        &self,
        ring: &Ruled<'a, '_, N, P, H>,
        key: &(impl Key<H> + ?Sized),
    ) -> Option<&'a N> {
        self.owner_at(ring, ring.ring.position(key))
    }

    /// The owner of `position`: [`owner`](Self::owner) of a key that is hashed already.
    #[inline]
    pub fn owner_at<'a, N: Node, P: PointsOf<N, Position = X>, H>(
        &self,
        ring: &Ruled<'a, '_, N, P, H>,
        position: X,
    ) -> Option<&'a N> {
        match self.pinned_at(ring, position) {
            Some(number) => ring.ring.node(number as usize),
            None => ring.owner_at(position),
        }
    }

    /// The [number](crate::RingRef#numbers) of the member that owns `key`: that to which it is pinned, or the
    /// owner that `ring` says; `None` if there is neither. Wait-free; it costs what [`owner`](Self::owner) does.
    #[inline]
    pub fn owner_number<N: Node, P: PointsOf<N, Position = X>, H>(
        &self,
        ring: &Ruled<'_, '_, N, P, H>,
        key: &(impl Key<H> + ?Sized),
    ) -> Option<u32> {
        self.owner_number_at(ring, ring.ring.position(key))
    }

    /// The [number](crate::RingRef#numbers) of the member that owns `position`:
    /// [`owner_number`](Self::owner_number) of a key that is hashed already.
    #[inline]
    pub fn owner_number_at<N: Node, P: PointsOf<N, Position = X>, H>(
        &self,
        ring: &Ruled<'_, '_, N, P, H>,
        position: X,
    ) -> Option<u32> {
        self.pinned_at(ring, position).or_else(|| ring.owner_number_at(position))
    }

    /// The number of the member to which this position is pinned, if it is there and up.
    fn pinned_at<N: Node, P: PointsOf<N, Position = X>, H>(
        &self,
        ring: &Ruled<'_, '_, N, P, H>,
        position: X,
    ) -> Option<u32> {
        let first = self.pins.partition_point(|pin| pin.0 < position);
        let pins = self.pins.iter().skip(first).take_while(|pin| pin.0 == position);
        let mut numbers = pins.filter_map(|pin| ring.ring.number_of(pin.1.as_ref()));
        numbers.find(|&number| !ring.rule.is_down(number))
    }
}
