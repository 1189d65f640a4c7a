//! [`Rule`]: which nodes hold a key. [`Ruled`]: a view of a ring under a rule. [`Subset`]: members that alone
//! may hold keys.

use core::error::Error;
use core::fmt;
use core::iter::FusedIterator;

use super::rounds::Living;
use super::view::RingRef;
use crate::hash::Xxh3;
use crate::point::{Native, Placement};

/// Which nodes of a ring hold a key: its owner, or replicas, or replicas spread over zones; without
/// those that are down, and [within](Self::within) some members alone where a tenant has its own.
///
/// [`RingRef::under`] puts a ring under a rule. Then everything can be asked that depends on it: the
/// owners of a key, the ranges and the effective share of a node, and what a change of the membership
/// moves ([`Diff::under`](crate::Diff::under)).
///
/// # Rounds
///
/// A rule over zones takes nodes in rounds. Of the nodes that are alive, in the order of the walk, the
/// first of each zone are of the first round, the second of each zone of the second, and so on. All nodes
/// of a round come before those of the next, and within a round the order is that of the walk. The answer
/// is cut at the number of replicas. So replicas are spread over zones as evenly as the zones allow: with
/// two zones, four replicas are two in each. A maximum per zone, M, keeps the first M rounds: there are
/// fewer replicas, rather than more in one zone. Nodes without the name of a zone are in the empty zone,
/// which is a zone like others.
///
/// ```
/// # use annulus::{BatchError, NamedNode, Ring, Rule};
/// let mut ring = Ring::<NamedNode, 4, 600>::new();
/// ring.insert_all([
///     NamedNode::new("a").with_zone("east"),
///     NamedNode::new("b").with_zone("east"),
///     NamedNode::new("c").with_zone("east"),
///     NamedNode::new("d").with_zone("west"),
/// ])?;
/// let mut owners = [None; 3];
/// let spread = ring.view().under(Rule::over_zones(3));
/// assert_eq!(spread.owners("user:42", &mut owners), 3);
/// assert!(owners[..2].contains(&Some(&NamedNode::new("d").with_zone("west"))));
/// // Rather two replicas than two in one zone.
/// let strict = ring.view().under(Rule::over_zones(3).with_max_per_zone(1));
/// assert_eq!(strict.owners("user:42", &mut owners), 2);
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'d> {
    replicas: usize,
    /// The most nodes of a zone, where zones matter.
    max_per_zone: Option<usize>,
    down: &'d [u64],
    within: Subset<'d>,
}

impl Rule<'_> {
    /// One node holds a key: its owner.
    #[must_use]
    pub const fn owner() -> Self {
        Self::replicas(1)
    }

    /// The first `replicas` distinct nodes hold a key.
    #[must_use]
    pub const fn replicas(replicas: usize) -> Self {
        Self { replicas, max_per_zone: None, down: &[], within: Subset::new(&[]) }
    }

    /// So many distinct nodes hold a key, spread over zones in [rounds](Self#rounds).
    #[must_use]
    pub const fn over_zones(replicas: usize) -> Self {
        Self { max_per_zone: Some(usize::MAX), ..Self::replicas(replicas) }
    }

    /// This rule over zones, with at most so many nodes of each zone. With 1, no zone has two replicas of
    /// a key.
    #[must_use]
    pub const fn with_max_per_zone(self, max: usize) -> Self {
        Self { max_per_zone: Some(max), ..self }
    }

    /// The number of replicas of a key, where there are enough nodes.
    #[inline]
    #[must_use]
    pub const fn count(&self) -> usize {
        self.replicas
    }

    /// The most nodes of a zone, [`usize::MAX`] for any number; `None` for a rule that is not over zones.
    #[inline]
    #[must_use]
    pub const fn max_per_zone(&self) -> Option<usize> {
        self.max_per_zone
    }

    /// Whether the member of this [number](RingRef#numbers) is down, or outside of the subset
    /// [within](Self::within) which keys are held. O(1).
    #[inline]
    #[must_use]
    pub const fn is_down(&self, number: u32) -> bool {
        bit(self.down, number) || !self.within.contains(number)
    }

    /// Whether no member can be down.
    #[inline]
    pub(super) const fn all_up(&self) -> bool {
        self.down.is_empty() && self.within.outside.is_empty()
    }
}

impl<'d> Rule<'d> {
    /// This rule without the members that are down, which walks pass over as if they had no points. The
    /// keys of other nodes stay where they are.
    ///
    /// `down` is a bitmap: bit *n* mod 64 of word *n* ÷ 64, from the least significant bit, is set if the
    /// member of [number](RingRef#numbers) *n* is down. Members past its end are up. Numbers count in one
    /// snapshot, so a bitmap is for one ring between two edits.
    ///
    /// ```
    /// # use annulus::{BatchError, Ring, Rule};
    /// # let mut ring = Ring::<&str, 3, 450>::new();
    /// # ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
    /// let view = ring.view();
    /// let owner = view.owner_number("user:42").expect("the ring has points");
    /// let mut down = [0; 1];
    /// down[owner as usize / 64] |= 1 << (owner % 64);
    /// let next = view.under(Rule::owner().with_down(&down)).owner("user:42");
    /// assert!(next.is_some() && next != view.owner("user:42"));
    /// # Ok::<(), BatchError>(())
    /// ```
    #[must_use]
    pub const fn with_down<'b>(self, down: &'b [u64]) -> Rule<'b>
    where
        'd: 'b,
    {
        Rule { down, ..self }
    }

    /// This rule within a subset of the members, as if all others were down: the first of the walk that belong
    /// to the subset hold a key.
    ///
    /// A walk passes some N ÷ K points for each member that it finds, where K of N members of equal weights are
    /// in the subset. Numbers count in one snapshot, so a subset is for one ring between two edits.
    #[must_use]
    pub const fn within<'b>(self, subset: Subset<'b>) -> Rule<'b>
    where
        'd: 'b,
    {
        Rule { within: subset, ..self }
    }
}

/// The bit of this number in a bitmap; `false` past its end.
#[inline]
const fn bit(words: &[u64], number: u32) -> bool {
    let word = number as usize / 64;
    word < words.len() && words[word] >> (number % 64) & 1 == 1
}

/// Some members of a ring, which alone hold the keys of a tenant: [`Rule::within`].
///
/// [`Ruled::subset`] chooses them. It knows them by their [numbers](RingRef#numbers), so it is for one ring
/// between two edits.
///
/// ```
/// use annulus::{Ring, Rule};
///
/// let mut ring = Ring::<&str, 6, 900>::new();
/// ring.insert_all(["a", "b", "c", "d", "e", "f"])?;
/// let view = ring.view();
/// let mut room = [0; 1];
/// let subset = view.under(Rule::replicas(2)).subset("tenant-7", &mut room)?;
/// let members = subset.numbers().filter_map(|number| view.member(number));
/// let names: Vec<_> = members.map(|member| *member.node()).collect();
/// assert_eq!((names.len(), subset.len()), (2, 2));
///
/// let tenant = view.under(Rule::owner().within(subset));
/// for key in ["user:1", "user:2", "user:3"] {
///     assert!(tenant.owner(key).is_some_and(|owner| names.contains(owner)));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subset<'m> {
    /// The bit of each member that does not belong to it is set, and so are bits that no member has.
    outside: &'m [u64],
}

impl<'m> Subset<'m> {
    /// All members but those whose bits are set.
    #[inline]
    pub(super) const fn new(outside: &'m [u64]) -> Self {
        Self { outside }
    }

    /// Whether the member of this [number](RingRef#numbers) belongs to it. O(1).
    #[inline]
    #[must_use]
    pub const fn contains(&self, number: u32) -> bool {
        !bit(self.outside, number)
    }

    /// The number of its members. O(members of the ring ÷ 64).
    #[must_use]
    pub fn len(&self) -> usize {
        self.outside.iter().map(|word| word.count_zeros() as usize).sum()
    }

    /// Whether it has no member. O(members of the ring ÷ 64).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The [numbers](RingRef#numbers) of its members, in their order. For all O(members of the ring).
    #[must_use = "iterators do nothing unless they are consumed"]
    pub fn numbers(&self) -> impl FusedIterator<Item = u32> + Clone + use<'m> {
        (0..).zip(self.outside).flat_map(|(word, &bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 0).map(move |bit| word * 64 + bit)
        })
    }
}

/// A view of a ring under a [`Rule`], which says which nodes hold a key.
///
/// Made by [`RingRef::under`]. It is `Copy`, and answers outlive it and the rule. An answer has at most as
/// many nodes as the rule says, and as the caller has room for.
///
/// ```
/// use annulus::{BatchError, NamedNode, Ring, Rule};
///
/// let mut ring = Ring::<NamedNode, 4, 600>::new();
/// let node = NamedNode::new;
/// ring.insert_all([node("a").with_zone("east"), node("b").with_zone("east")])?;
/// ring.insert_all([node("c").with_zone("west"), node("d").with_zone("west")])?;
/// // Made once, for any number of keys.
/// let ruled = ring.view().under(Rule::over_zones(2));
/// for key in ["user:1", "user:2", "user:3"] {
///     let mut owners = [None; 2];
///     assert_eq!(ruled.owners(key, &mut owners), 2);
///     assert_eq!(owners[0], ruled.owner(key));
///     assert_ne!(owners[0].map(|node| node.zone), owners[1].map(|node| node.zone));
/// }
/// # Ok::<(), BatchError>(())
/// ```
pub struct Ruled<'a, 'd, N, P: Placement = Native, H = Xxh3> {
    pub(super) ring: RingRef<'a, N, P, H>,
    pub(super) rule: Rule<'d>,
    /// How many members each round has that are up, if the rule is over zones and some may be down.
    pub(super) living: Option<Living>,
}

impl<N, P: Placement, H> Clone for Ruled<'_, '_, N, P, H> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, P: Placement, H> Copy for Ruled<'_, '_, N, P, H> {}

impl<N: fmt::Debug, P: Placement, H> fmt::Debug for Ruled<'_, '_, N, P, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ruled").field("ring", &self.ring).field("rule", &self.rule).finish()
    }
}

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// This ring under a rule, which says which nodes hold a key.
    ///
    /// Wait-free. Constant time, but O(members) for a rule over zones with a bitmap of who is down: then the
    /// members that are up are counted. Call it once for a bitmap, rather than for every key.
    #[inline]
    pub fn under<'d>(&self, rule: Rule<'d>) -> Ruled<'a, 'd, N, P, H> {
        let counts = rule.max_per_zone.is_some() && !rule.all_up();
        let living = if counts { Living::count(self.members, |n| !rule.is_down(n)) } else { None };
        Ruled { ring: *self, rule, living }
    }
}

impl<'a, 'd, N, P: Placement, H> Ruled<'a, 'd, N, P, H> {
    /// The ring.
    #[inline]
    pub fn ring(&self) -> RingRef<'a, N, P, H> {
        self.ring
    }

    /// The rule.
    #[inline]
    pub fn rule(&self) -> Rule<'d> {
        self.rule
    }

    /// The number of replicas, or of members if these are fewer: no key has more nodes. Methods that ask for
    /// room for the owners of a position need so much. Wait-free, O(1).
    #[inline]
    pub fn most_owners(&self) -> usize {
        self.rule.replicas.min(self.ring.len())
    }

    /// The part of `room` that has the owners of a position.
    pub(super) fn room<'r, T>(&self, room: &'r mut [T]) -> Result<&'r mut [T], RoomError> {
        let (needed, len) = (self.most_owners(), room.len());
        room.get_mut(..needed).ok_or(RoomError::Owners { needed, room: len })
    }
}

/// A slice that the caller lends is too short for what is asked under a rule, or not as long as it must
/// be.
///
/// ```
/// use annulus::{Position, Ring, RoomError, Rule};
///
/// let mut ring = Ring::<&str, 4, 600>::new();
/// ring.insert_all(["a", "b", "c"])?;
/// let ruled = ring.view().under(Rule::replicas(2));
/// let (mut room, mut shares) = (Vec::new(), vec![0; 3]);
/// // What is too short is made as long as it must be, once.
/// if let Err(RoomError::Owners { needed, .. }) = ruled.shares(&mut room, &mut shares) {
///     room.resize(needed, 0);
/// }
/// ruled.shares(&mut room, &mut shares)?;
/// assert_eq!(shares.iter().sum::<u128>(), 2 * u32::CIRCLE);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RoomError {
    /// There is no room for the owners of a position.
    Owners {
        /// The most nodes that hold a key.
        needed: usize,
        /// The length of the slice.
        room: usize,
    },
    /// There is not a bit for each member.
    Members {
        /// The number of words of 64 bits that are needed.
        needed: usize,
        /// The length of the slice.
        room: usize,
    },
    /// There is not one place for the share of each member.
    Shares {
        /// The number of members.
        needed: usize,
        /// The length of the slice.
        room: usize,
    },
}

impl fmt::Display for RoomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owners { needed, room } => {
                write!(f, "room for {room} owners of a position, of which there may be {needed}")
            }
            Self::Members { needed, room } => {
                write!(f, "room for bits of members in {room} words, of which {needed} are needed")
            }
            Self::Shares { needed, room } => {
                write!(f, "room for the shares of {room} members, of which there are {needed}")
            }
        }
    }
}

impl Error for RoomError {}
