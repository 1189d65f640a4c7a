//! [`RingRef`]: the borrowed view that holds all lookup code.

use core::fmt;

use super::member::{Member, find};
use super::points::{Layout, Points};
use crate::hash::{KeyHash, Xxh3};
use crate::node::Node;
use crate::point::{Native, Placement, PointsOf};

/// A borrowed view of a ring: to rings what `str` is to strings.
///
/// Every storage gives one out ([`Ring::view`](crate::Ring), `HeapRing::view`,
/// [`RomRing::view`](crate::RomRing::view)), and every lookup is a method of this type. It is
/// `Copy`, a few words wide, and borrows the storage for `'a`: answers outlive the view itself.
///
/// What looks keys up takes a view, and works with every ring.
///
/// ```
/// use annulus::{EditError, NamedNode, Ring, RingRef, RomRing};
///
/// fn route<'r>(ring: RingRef<'r, NamedNode<'static>>, key: &str) -> &'r str {
///     ring.owner(key).map_or("origin", |node| node.name)
/// }
///
/// static BUILT_IN: RomRing<1, 150> = RomRing::new([NamedNode::new("cache-a")]);
/// let mut ring = Ring::<NamedNode, 4, 600>::new();
/// assert_eq!((route(ring.view(), "user:42"), route(BUILT_IN.view(), "user:42")), ("origin", "cache-a"));
/// ring.insert(NamedNode::new("cache-b"))?;
/// assert_eq!(route(ring.view(), "user:42"), "cache-b");
/// # Ok::<(), EditError>(())
/// ```
///
/// # Placement
///
/// The owner of a key is the node of the first point at or clockwise after the key's position; past
/// the last point the circle wraps to the first. Points are ordered by position, then by their
/// node's identity, then by their index in the node's stream. So two points on one position both
/// stay, and the first of them owns. Nothing depends on the order in which nodes were inserted.
///
/// A placement may have the nearest point own a position instead, in either direction, the one before it
/// if both are equally near; what walks clockwise begins at that point then. It may also have walks pass
/// over a point that lies on the position of the one before it.
///
/// # Numbers
///
/// Every member has a number, those of weight 0 included: its index in [`members`](Self::members), from 0
/// to [`len`](Self::len) − 1. Lookups that answer with it, such as
/// [`owner_number`](Self::owner_number), are for tables of the caller's own: loads, connections, a bitmap
/// of who is down. [`member`](Self::member) is the way from a number to the member,
/// [`number_of`](Self::number_of) the way from an identity to the number.
///
/// A number counts in one snapshot: in a ring between two edits, or a published ring under one guard.
/// Every edit that lets a node join or leave may give other members other numbers, so a table outlives an
/// edit only if it is carried over by identity.
///
/// # Progress
///
/// Lookups are wait-free: they read immutable memory, allocate nothing and cannot panic. A lookup
/// takes O(1) expected steps where points are spread evenly, as hashed ones are (up to 10⁸ points;
/// on 32-bit targets below 2²⁰ − 4,096), and never more than O(log points). Walks
/// ([`owners`](Self::owners) and its kin) take time for each point that they pass besides.
pub struct RingRef<'a, N, P: Placement = Native, H = Xxh3> {
    /// In their order, natively that of their identities. So owners, which are numbers of members,
    /// compare as members do.
    pub(crate) members: &'a [Member<N>],
    pub(crate) points: Points<'a, P::Position>,
    /// A bit for the zone of each member, closer together than the members are. Empty unless there are
    /// two to eight zones, and the storage keeps their bits.
    pub(crate) zone_bits: &'a [u8],
    pub(crate) config: P::Config,
    pub(crate) hash: &'a H,
}

/// Tells the compiler that the branch with this call is seldom taken.
#[cold]
#[inline]
fn cold_path() {}

impl<N, P: Placement, H> Clone for RingRef<'_, N, P, H> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, P: Placement, H> Copy for RingRef<'_, N, P, H> {}

/// Shows the membership and the number of points, not the points.
impl<N: fmt::Debug, P: Placement, H> fmt::Debug for RingRef<'_, N, P, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingRef")
            .field("members", &self.members)
            .field("config", &self.config)
            .field("points", &self.points.len())
            .finish_non_exhaustive()
    }
}

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The members in the order of their identities, those of weight 0 included. A placement may put a
    /// key of its own before the identities.
    #[inline]
    pub fn members(&self) -> &'a [Member<N>] {
        self.members
    }

    /// The member of this [number](Self#numbers); `None` where there is none. Wait-free, O(1).
    #[inline]
    pub fn member(&self, number: u32) -> Option<&'a Member<N>> {
        self.members.get(number as usize)
    }

    /// The number of nodes, those of weight 0 included.
    #[inline]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the ring has no node.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The number of points: with [`Native`] the sum of `weight × vnodes` over the nodes.
    #[inline]
    pub fn point_count(&self) -> usize {
        self.points.len()
    }

    /// What the ring was made with, as its placement needs it.
    #[inline]
    pub fn config(&self) -> P::Config {
        self.config
    }

    /// The hash that turns keys into positions.
    #[inline]
    pub fn key_hash(&self) -> &'a H {
        self.hash
    }

    /// The memory that lookups read, in bytes: positions, owners and index, without the nodes.
    pub fn lookup_bytes(&self) -> usize {
        self.points.bytes()
    }

    /// The node of the member of this number; `None` past the last member.
    #[inline]
    pub(crate) fn node(&self, number: usize) -> Option<&'a N> {
        let member = self.members.get(number);
        if member.is_none() {
            cold_path();
        }
        member.map(|member| &member.node)
    }
}

impl<N, P: Placement<Config = u32>, H> RingRef<'_, N, P, H> {
    /// The number of points of a node of weight 1.
    #[inline]
    #[must_use]
    pub fn vnodes(&self) -> u32 {
        self.config
    }
}

impl<'a, N: Node, P: PointsOf<N>, H> RingRef<'a, N, P, H> {
    /// Whether both rings place the same nodes alike: whether they have the same vnodes (or whatever else they
    /// were made with), and members with the same identities, weights in force, zones and points.
    ///
    /// What nodes have besides is not compared, nor is the key hash, which may be of another type. For rings on
    /// two machines compare [`fingerprint`](Self::fingerprint)s. Wait-free, O(nodes).
    ///
    /// ```
    /// # use annulus::{BatchError, NamedNode, Ring};
    /// let mut ring = Ring::<NamedNode, 3, 450>::new();
    /// ring.insert_all(["a", "b"].map(NamedNode::new))?;
    /// let mut other = ring.clone();
    /// assert!(ring.same_membership(&other));
    /// other.set_weight("a", 2)?;
    /// assert!(!ring.same_membership(&other));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn same_membership<K>(&self, other: RingRef<'_, N, P, K>) -> bool {
        self.config == other.config
            && self.members.len() == other.members.len()
            && self.members.iter().zip(other.members).all(|(a, b)| {
                a.weight == b.weight
                    && a.points == b.points
                    && a.seed == b.seed
                    && a.node.identity() == b.node.identity()
                    && a.node.zone() == b.node.zone()
            })
    }

    /// The member with this identity. O(log nodes), or O(nodes) if the placement orders members by a
    /// key.
    pub fn get(&self, identity: impl AsRef<[u8]>) -> Option<&'a Member<N>> {
        let identity = identity.as_ref();
        self.member(self.number_of(identity)?)
    }

    /// The [number](Self#numbers) of the member with this identity; `None` when it is not a member.
    /// Wait-free; O(log nodes), or O(nodes) if the placement orders members by a key.
    pub fn number_of(&self, identity: impl AsRef<[u8]>) -> Option<u32> {
        let identity = identity.as_ref();
        // There are less than 2^32 members.
        find::<P, N>(self.members, identity).ok().map(|number| number as u32)
    }
}

/// A key that a ring with key hash `H` takes. Implemented for all `K` for which `H` is a
/// [`KeyHash<K>`](KeyHash).
///
/// ```
/// use annulus::{EditError, Key, Native, Ring, RingRef};
///
/// /// Says where any key goes that the ring takes: a text, bytes, a number.
/// fn route<H>(ring: RingRef<'_, &str, Native, H>, key: &(impl Key<H> + ?Sized)) -> String {
///     ring.owner(key).map_or_else(String::new, |owner| format!("to {owner}"))
/// }
///
/// let mut ring = Ring::<&str, 1, 150>::new();
/// ring.insert("cache-a")?;
/// assert_eq!([route(ring.view(), "user:42"), route(ring.view(), &42u64)], ["to cache-a"; 2]);
/// # Ok::<(), EditError>(())
/// ```
pub trait Key<H> {
    /// The hash of this key under `hash`.
    fn hash_with(&self, hash: &H) -> u64;
}

impl<K: ?Sized, H: KeyHash<K>> Key<H> for K {
    #[inline]
    fn hash_with(&self, hash: &H) -> u64 {
        hash.hash(self)
    }
}
