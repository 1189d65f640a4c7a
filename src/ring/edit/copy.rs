//! Making one ring a copy of another.

use super::unwind::ClearOnUnwind;
use crate::ring::basic::BasicRing;
use crate::ring::storage::Storage;

impl<S: Storage + Clone, H: Clone> Clone for BasicRing<S, H> {
    /// A ring with the same membership, points, key hash and limit. O(nodes + points). On the heap it has no room
    /// to grow in, and owners as wide as those of this ring. Where the allocator has no memory, the program
    /// aborts, as with other collections.
    fn clone(&self) -> Self {
        let Self { storage, points, shape, hash } = self;
        Self { storage: storage.clone(), points: *points, shape: *shape, hash: hash.clone() }
    }

    /// Makes this ring what [`clone`](Clone::clone) of `other` gives. O(nodes + points).
    ///
    /// On the heap it does so in the memory that this ring has, as far as that goes; each node is given its
    /// value by the node's own `clone_from`. So copying a ring time and again into one and the same other
    /// allocates only where the ring has grown, or where the owners of one have 32 bits and those of the other
    /// 16. On inline storage the copy is made beside this ring, and moved.
    ///
    /// If user code panics meanwhile (`clone` or `clone_from` of a node, or `clone` of the key hash), this
    /// ring is unchanged or empty, as after an edit.
    ///
    /// ```
    /// let mut ring = annulus::Ring::<&str, 4, 600>::new();
    /// ring.insert_all(["a", "b"])?;
    /// let mut copy = ring.clone();
    /// ring.remove("a")?;
    /// copy.clone_from(&ring);
    /// assert!(copy.same_membership(&ring));
    /// # Ok::<(), annulus::EditError>(())
    /// ```
    fn clone_from(&mut self, other: &Self) {
        let hash = other.hash.clone();
        let guard = ClearOnUnwind::new(self, other.storage.config());
        guard.ring.storage.clone_from(&other.storage);
        (guard.ring.points, guard.ring.shape) = (other.points, other.shape);
        guard.finish();
        self.hash = hash;
    }
}
