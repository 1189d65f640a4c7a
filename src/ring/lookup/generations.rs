//! [`Generations`]: owners of a key in two rings, for reads while data moves from one to the other.

use crate::hash::Xxh3;
use crate::node::{Node, same_node};
use crate::point::{Native, Placement};
use crate::ring::rule::{RoomError, Rule, Ruled};
use crate::ring::view::{Key, RingRef};

/// Two memberships while data moves from the owners in `old` to those in `new`.
///
/// Whoever reads a key meanwhile asks its owner in the new ring and, where that has no data yet, the owner in
/// the old one. Both are given, the old one only if it is another node; under a rule each, so are all nodes
/// that hold the key. Nodes are the same if their identities are. Both rings must have the same key
/// hash; that they have the same placement is ensured by the type.
///
/// It is `Copy`, and answers outlive it. Which of the nodes have the data already it does not know: what moves,
/// and which ranges, says [`Diff`](crate::Diff).
///
/// ```
/// # use annulus::{EditError, Generations, Ring};
/// let mut old = Ring::<&str, 4, 600>::new();
/// old.insert_all(["a", "b", "c"])?;
/// let mut new = old.clone();
/// new.insert("d")?;
/// let generations = Generations::new(old.view(), new.view());
/// for key in ["user:1", "user:2", "user:3", "user:4"] {
///     let (owner, previous) = generations.owner(key);
///     // Keys move to the node that joined, or not at all.
///     assert_eq!(previous.is_some(), owner == Some(&"d"));
/// }
/// # Ok::<(), EditError>(())
/// ```
pub struct Generations<'a, 'd, N, P: Placement = Native, H = Xxh3> {
    old: Ruled<'a, 'd, N, P, H>,
    new: Ruled<'a, 'd, N, P, H>,
}

impl<N, P: Placement, H> Clone for Generations<'_, '_, N, P, H> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, P: Placement, H> Copy for Generations<'_, '_, N, P, H> {}

impl<N: core::fmt::Debug, P: Placement, H> core::fmt::Debug for Generations<'_, '_, N, P, H> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Generations").field("old", &self.old).field("new", &self.new).finish()
    }
}

impl<'a, 'd, N: Node, P: Placement, H> Generations<'a, 'd, N, P, H> {
    /// The rings before and after, where one node holds a key, its owner. Wait-free, O(1).
    #[inline]
    pub fn new(old: RingRef<'a, N, P, H>, new: RingRef<'a, N, P, H>) -> Self {
        Self::under(old.under(Rule::owner()), new.under(Rule::owner()))
    }

    /// The rings before and after, each under a rule. The rules may differ: while the number of replicas
    /// changes, or each with a bitmap of its own of who is down. Wait-free, O(1).
    #[inline]
    pub fn under(old: Ruled<'a, 'd, N, P, H>, new: Ruled<'a, 'd, N, P, H>) -> Self {
        Self { old, new }
    }

    /// The owner of `key` in the new ring, and its owner in the old ring if that is another node.
    ///
    /// Under a rule, the first of the nodes that hold the key in each. The first is `None` when the new ring has
    /// nobody for the key, the second also when the old ring has nobody. Wait-free; two lookups
    /// ([`Ruled::owner`]), a comparison of identities, and the hash of the key, once.
    #[inline]
    pub fn owner(&self, key: &(impl Key<H> + ?Sized)) -> (Option<&'a N>, Option<&'a N>) {
        self.owner_at(self.new.ring.position(key))
    }

    /// The owner of `position` in the new ring, and that in the old ring if it is another node:
    /// [`owner`](Self::owner) of a key that is hashed already.
    #[inline]
    pub fn owner_at(&self, position: P::Position) -> (Option<&'a N>, Option<&'a N>) {
        let (old, new) = (self.old.owner_at(position), self.new.owner_at(position));
        (new, old.filter(|_| !same_node(old, new)))
    }

    /// The nodes that hold `key` in the new ring, in their order, then those that hold it in the old ring and
    /// not in the new one, in theirs.
    ///
    /// Returns how many there are of either kind; the rest of `out` becomes `None`. No node comes twice.
    /// Wait-free; two walks ([`Ruled::owners`]) to K nodes each, and K² comparisons of identities.
    ///
    /// ```
    /// # use annulus::{EditError, Generations, Ring, Rule};
    /// # let mut old = Ring::<&str, 4, 600>::new();
    /// # old.insert_all(["a", "b", "c"])?;
    /// # let mut new = old.clone();
    /// # new.insert("d")?;
    /// let [old, new] = [&old, &new].map(|ring| ring.view().under(Rule::replicas(2)));
    /// let mut out = [None; 4];
    /// let (owners, previous) = Generations::under(old, new).owners("user:42", &mut out).unwrap();
    /// // Whoever joins takes one place of two, if any, so that one node may have the data still.
    /// let takes_one = out[..owners].contains(&Some(&"d"));
    /// assert_eq!((owners, previous), (2, usize::from(takes_one)));
    /// # Ok::<(), EditError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RoomError::Owners`], with `out` untouched, unless it has room for as many nodes as hold a key in
    /// both rings together: the sum of both [`most_owners`](Ruled::most_owners).
    pub fn owners(
        &self,
        key: &(impl Key<H> + ?Sized),
        out: &mut [Option<&'a N>],
    ) -> Result<(usize, usize), RoomError> {
        self.owners_at(self.new.ring.position(key), out)
    }

    /// The nodes that hold `position` in the new ring, then those that hold it in the old ring alone:
    /// [`owners`](Self::owners) of a key that is hashed already.
    ///
    /// # Errors
    ///
    /// [`RoomError::Owners`], as for [`owners`](Self::owners).
    pub fn owners_at(
        &self,
        position: P::Position,
        out: &mut [Option<&'a N>],
    ) -> Result<(usize, usize), RoomError> {
        let (needed, room) = (self.new.most_owners() + self.old.most_owners(), out.len());
        if room < needed {
            return Err(RoomError::Owners { needed, room });
        }
        let owners = self.new.owners_at(position, out).min(out.len());
        let (new, rest) = out.split_at_mut(owners);
        let found = self.old.owners_at(position, rest);
        let mut previous = 0;
        for at in 0..found {
            let old = rest.get_mut(at).and_then(Option::take);
            if !new.iter().any(|&new| same_node(new, old))
                && let Some(place) = rest.get_mut(previous)
            {
                *place = old;
                previous += 1;
            }
        }
        Ok((owners, previous))
    }
}
