//! Lookups of one owner: of a key and of a position.

use crate::point::Placement;
use crate::ring::view::{Key, RingRef};

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The position of `key` on the circle. Wait-free, O(1) besides the hash of the key.
    #[inline]
    pub fn position(&self, key: &(impl Key<H> + ?Sized)) -> P::Position {
        P::key(key.hash_with(self.hash))
    }

    /// The node that owns `key`; `None` when the ring has no points.
    ///
    /// Wait-free; O(1) expected, O(log points) at worst, besides the hash of the key.
    ///
    /// ```
    /// # use annulus::Ring;
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert("cache-a")?;
    /// ring.insert("cache-b")?;
    /// let owner = ring.view().owner("user:42").unwrap();
    /// assert!(["cache-a", "cache-b"].contains(owner));
    /// # Ok::<(), annulus::EditError>(())
    /// ```
    #[inline]
    pub fn owner(&self, key: &(impl Key<H> + ?Sized)) -> Option<&'a N> {
        self.owner_at(self.position(key))
    }

    /// The node that owns `position`; `None` when the ring has no points.
    ///
    /// For keys that are hashed already. Wait-free; O(1) expected, O(log points) at worst.
    #[inline]
    pub fn owner_at(&self, position: P::Position) -> Option<&'a N> {
        self.points.owner_at(position, |number| self.node(number))
    }
}
