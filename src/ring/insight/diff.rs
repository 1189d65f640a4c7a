//! The difference between two rings, each under a rule: which ranges change hands, from whom to whom.

use core::fmt;
use core::iter::FusedIterator;

use crate::node::{Node, same_node};
use crate::point::{KeyRange, Placement, Position};
use crate::ring::rule::{RoomError, Rule, Ruled};
use crate::ring::view::RingRef;

/// The difference between two memberships: what moves when `old` becomes `new`.
///
/// Nodes are the same if their identities are. Both rings must have the same key hash; that they
/// have the same placement is ensured by the type. [`new`](Self::new) compares owners;
/// [`under`](Self::under) compares what nodes hold under a rule, replicas and zones counted.
///
/// ```
/// # use annulus::{Diff, Ring};
/// let mut old = Ring::<&str, 4, 600>::new();
/// old.insert_all(["a", "b", "c"])?;
/// let mut new = old.clone();
/// new.insert("d")?;
/// let diff = Diff::new(old.view(), new.view());
/// assert!(diff.moves().all(|range| range.to == Some(&"d")));
/// assert!((diff.moved_share() - new.view().share(b"d").unwrap()).abs() < 1e-9);
/// # Ok::<(), annulus::EditError>(())
/// ```
///
/// Before an edit of a published ring, what it would move:
///
/// ```
/// # use annulus::publish::Published;
/// # use annulus::{Diff, Ring, RingWriter};
/// # let mut cell = Published::<Ring<&str, 4, 600>, 1, 3>::new([const { Ring::new() }; 3]);
/// # let mut writer = RingWriter::new(cell.split().0);
/// # writer.insert_all(["a", "b", "c"]).unwrap();
/// let mut next = writer.get_ref().current().clone();
/// next.remove("c")?;
/// let moved = Diff::new(writer.view(), next.view()).moved_share();
/// if moved < 0.5 {
///     writer.remove("c")?;
/// }
/// assert_eq!(writer.view().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Diff<'a, 'd, N, P: Placement, H> {
    old: Ruled<'a, 'd, N, P, H>,
    new: Ruled<'a, 'd, N, P, H>,
}

impl<N: fmt::Debug, P: Placement, H> fmt::Debug for Diff<'_, '_, N, P, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diff").field("old", &self.old).field("new", &self.new).finish()
    }
}

/// A range whose owner changes.
///
/// ```
/// use annulus::{BatchError, Diff, Ring};
///
/// let mut old = Ring::<&str, 4, 600>::new();
/// old.insert_all(["a", "b", "c"])?;
/// let mut new = old.clone();
/// new.insert_all(["d"])?;
/// let mut fetched = 0;
/// for moved in Diff::new(old.view(), new.view()).moves() {
///     if let (Some(from), Some(&"d")) = (moved.from, moved.to) {
///         println!("d fetches ({}, {}] from {from}", moved.range.start, moved.range.end);
///         fetched += moved.range.len();
///     }
/// }
/// let mut shares = [0; 4];
/// new.view().shares(&mut shares).expect("one for each member");
/// assert_eq!(fetched, shares[3]);
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Move<'a, N, P: Placement> {
    /// The positions that change hands.
    pub range: KeyRange<P::Position>,
    /// The owner before; `None` when the old ring has no points, or nobody that is up.
    pub from: Option<&'a N>,
    /// The owner after; `None` when the new ring has no points, or nobody that is up.
    pub to: Option<&'a N>,
}

impl<N, P: Placement> Clone for Move<'_, N, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, P: Placement> Copy for Move<'_, N, P> {}

impl<N: PartialEq, P: Placement> PartialEq for Move<'_, N, P> {
    fn eq(&self, other: &Self) -> bool {
        (self.range, self.from, self.to) == (other.range, other.from, other.to)
    }
}

impl<N: Eq, P: Placement> Eq for Move<'_, N, P> {}

/// How much of the replica placement changes, as [`visit_replica_moves`](Diff::visit_replica_moves)
/// adds it up.
///
/// ```
/// use annulus::{Diff, Position, ReplicaMoves, Ring, Rule};
///
/// let mut old = Ring::<&str, 4, 600>::new();
/// old.insert_all(["a", "b", "c"])?;
/// let mut new = old.clone();
/// new.insert("d")?;
/// let rule = Rule::replicas(2);
/// let diff = Diff::under(old.view().under(rule), new.view().under(rule));
/// let moves: ReplicaMoves =
///     diff.visit_replica_moves(&mut [None; 2], &mut [None; 2], |_, _, _| {})?;
/// // Of 80 GB of data, so much is copied: about the share of the new node, which is a half.
/// let gigabytes = 80.0 * moves.gained as f64 / u32::CIRCLE as f64;
/// assert!((30.0..50.0).contains(&gigabytes), "{gigabytes}");
/// assert_eq!(moves.gained, moves.lost);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ReplicaMoves {
    /// The number of positions whose set of replicas changes. Divided by
    /// [`Position::CIRCLE`](crate::Position::CIRCLE) it is their share of the circle.
    pub changed: u128,
    /// The copies to make: the sum, over all positions, of the nodes that the position's set gains.
    pub gained: u128,
    /// The copies to drop: the sum, over all positions, of the nodes that the position's set loses.
    pub lost: u128,
}

impl<'a, 'd, N: Node, P: Placement, H> Diff<'a, 'd, N, P, H> {
    /// The difference from `old` to `new` where one node holds a key, its owner. Constant time: the
    /// methods compute what they return.
    pub fn new(old: RingRef<'a, N, P, H>, new: RingRef<'a, N, P, H>) -> Self {
        Self::under(old.under(Rule::owner()), new.under(Rule::owner()))
    }

    /// The difference from `old` to `new`, each under a rule. Constant time: the methods compute what they
    /// return.
    ///
    /// The rules are the same, as a rule, or each has a bitmap of its own: of who is down. They may differ:
    /// then the difference is also what another number of replicas moves, or spreading them over zones.
    ///
    /// ```
    /// # use annulus::{BatchError, Change, Diff, NamedNode, Ring, Rule};
    /// let node = |name, zone| NamedNode::new(name).with_zone(zone);
    /// let mut old = Ring::<NamedNode, 4, 600>::new();
    /// old.insert_all([node("a", "1"), node("b", "1"), node("c", "2"), node("d", "2")])?;
    /// // Only the zone of a node changes.
    /// let mut new = old.clone();
    /// new.apply(&[Change::Remove(b"b"), Change::Insert(node("b", "2"))])?;
    /// assert_eq!(Diff::new(old.view(), new.view()).moved_share(), 0.0);
    /// let rule = Rule::over_zones(2);
    /// let diff = Diff::under(old.view().under(rule), new.view().under(rule));
    /// let moves = diff.visit_replica_moves(&mut [None; 2], &mut [None; 2], |_, _, _| {}).unwrap();
    /// assert!(moves.changed > 1 << 29);
    /// # Ok::<(), BatchError>(())
    /// ```
    pub fn under(old: Ruled<'a, 'd, N, P, H>, new: Ruled<'a, 'd, N, P, H>) -> Self {
        Self { old, new }
    }

    /// The ranges whose owner changes, or the first of several nodes that hold a key, in the order of their
    /// ends. Neighbours with the same old and new owner are one range, except that the first and the last
    /// may touch where the circle wraps. For all O(points of both rings) expected, O(points × log points)
    /// at worst, besides the walks to a node that is up.
    pub fn moves(&self) -> impl FusedIterator<Item = Move<'a, N, P>> + use<'a, 'd, N, P, H> {
        let (old, new) = (self.old, self.new);
        let changes = self.key_ranges().filter_map(move |range| {
            let moved = Move { range, from: old.owner_at(range.end), to: new.owner_at(range.end) };
            (!same_node(moved.from, moved.to)).then_some(moved)
        });
        let mut changes = changes.peekable();
        let joined = core::iter::from_fn(move || {
            let mut moved = changes.next()?;
            while let Some(next) = changes.next_if(|next| {
                next.range.start == moved.range.end
                    && same_node(next.from, moved.from)
                    && same_node(next.to, moved.to)
            }) {
                moved.range.end = next.range.end;
            }
            Some(moved)
        });
        joined.fuse()
    }

    /// The part of the circle, in [0, 1], whose owner changes. Costs as much as
    /// [`moves`](Self::moves).
    ///
    /// Where several nodes hold a key this is about the first of them alone;
    /// [`visit_replica_moves`](Self::visit_replica_moves) is about all.
    pub fn moved_share(&self) -> f64 {
        let moved: u128 = self.moves().map(|moved| moved.range.len()).sum();
        moved as f64 / P::Position::CIRCLE as f64
    }

    /// Calls `visit` with every range whose set of replicas changes: the range, the set before and
    /// the set after, each in the order of the walk.
    ///
    /// `before` and `after` are room for the nodes that hold a position: each must be as long as the rule's
    /// number of replicas on its side, or as the ring there has members if these are fewer. A set that only
    /// changes its order does not count. O(points of both × (a walk to K nodes + K² comparisons of
    /// identities)). Where walks have far to go, to the few nodes of a small zone, one takes O(members) and more.
    ///
    /// # Errors
    ///
    /// [`RoomError::Owners`] if `before` or `after` is too short. Nothing has been visited then.
    pub fn visit_replica_moves(
        &self,
        before: &mut [Option<&'a N>],
        after: &mut [Option<&'a N>],
        mut visit: impl FnMut(KeyRange<P::Position>, &[Option<&'a N>], &[Option<&'a N>]),
    ) -> Result<ReplicaMoves, RoomError> {
        let (before, after) = (self.old.room(before)?, self.new.room(after)?);
        let mut moves = ReplicaMoves::default();
        for range in self.key_ranges() {
            let old_len = self.old.owners_at(range.end, before);
            let new_len = self.new.owners_at(range.end, after);
            let (Some(old), Some(new)) = (before.get(..old_len), after.get(..new_len)) else {
                continue;
            };
            let (lost, gained) = (missing(old, new), missing(new, old));
            if lost + gained > 0 {
                moves.changed += range.len();
                moves.lost += range.len() * lost as u128;
                moves.gained += range.len() * gained as u128;
                visit(range, old, new);
            }
        }
        Ok(moves)
    }

    /// The ranges between neighbouring ends of ranges of either ring. Each has one owner, and one order
    /// of the walk, in each ring.
    fn key_ranges(&self) -> impl Iterator<Item = KeyRange<P::Position>> + use<'a, 'd, N, P, H> {
        let ranges =
            |ring: RingRef<'a, N, P, H>| ring.key_ranges().map(|(range, _)| range).peekable();
        let (mut old, mut new) = (ranges(self.old.ring), ranges(self.new.ring));
        // The first range of a ring begins where its last ends.
        let first = old.peek().into_iter().chain(new.peek());
        let mut start = first.map(|range| range.start).max();
        core::iter::from_fn(move || {
            let end = old.peek().into_iter().chain(new.peek()).map(|range| range.end).min()?;
            for ranges in [&mut old, &mut new] {
                ranges.next_if(|range| range.end == end);
            }
            Some(KeyRange { start: start.replace(end)?, end })
        })
    }
}

/// How many nodes of `set` are not in `other`.
fn missing<N: Node>(set: &[Option<&N>], other: &[Option<&N>]) -> usize {
    set.iter().filter(|&&node| !other.iter().any(|&candidate| same_node(node, candidate))).count()
}
