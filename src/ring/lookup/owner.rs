//! Lookups of one owner, as a node or as its number: of a key and of a position.

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
    ///
    /// ```
    /// use annulus::{BatchError, Ring};
    ///
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert_all(["worker-a", "worker-b", "worker-c"])?;
    /// // The network card has hashed the packet to 32 bits, the width of a position.
    /// let rss_hash = 0xdead_beef;
    /// assert!(ring.view().owner_at(rss_hash).is_some());
    /// let key = ring.view().position("user:42");
    /// assert_eq!(ring.view().owner_at(key), ring.view().owner("user:42"));
    /// # Ok::<(), BatchError>(())
    /// ```
    #[inline]
    pub fn owner_at(&self, position: P::Position) -> Option<&'a N> {
        self.owner_of(position, |number| self.node(number))
    }

    /// The [number](Self#numbers) of the member that owns `key`; `None` when the ring has no
    /// points.
    ///
    /// Wait-free; O(1) expected, O(log points) at worst, besides the hash of the key. It reads
    /// points, but no member.
    ///
    /// ```
    /// # use annulus::{BatchError, Ring};
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
    /// // Until the next edit, a number means the same member.
    /// let view = ring.view();
    /// let mut loads = vec![0; view.len()];
    /// for user in 0..1_000 {
    ///     let owner = view.owner_number(format!("user:{user}").as_str()).expect("the ring has points");
    ///     loads[owner as usize] += 1;
    /// }
    /// assert_eq!(loads.iter().sum::<u32>(), 1_000);
    /// for (member, load) in view.members().iter().zip(&loads) {
    ///     println!("{}: {load}", member.node());
    /// }
    /// let b = view.number_of(b"cache-b").expect("a member");
    /// assert_eq!(view.member(b).map(|member| *member.node()), Some("cache-b"));
    /// assert!(loads[b as usize] > 0);
    /// # Ok::<(), BatchError>(())
    /// ```
    #[inline]
    pub fn owner_number(&self, key: &(impl Key<H> + ?Sized)) -> Option<u32> {
        self.owner_number_at(self.position(key))
    }

    /// The [number](Self#numbers) of the member that owns `position`; `None` when the ring has no
    /// points.
    ///
    /// For keys that are hashed already. Wait-free; O(1) expected, O(log points) at worst.
    #[inline]
    pub fn owner_number_at(&self, position: P::Position) -> Option<u32> {
        self.owner_of(position, |number| self.node(number).map(|_| number as u32))
    }
}
