//! The verbs that edit a ring: each makes a plan, makes room for it, and has it carried out.

use super::change::{Change, Changes, Request};
use super::counts::{total, weighed_replaced};
use super::members::set_count;
use super::plan::{Plan, Steps, judge};
use super::staging::Staging;
use crate::node::Node;
use crate::point::PointsOf;
use crate::ring::basic::BasicRing;
use crate::ring::error::{BatchError, EditError, Rejected, RejectedBatch};
use crate::ring::member::Count;
use crate::ring::points::{Layout, Shape};
use crate::ring::storage::{Room, Step, Storage};
use crate::ring::view::RingRef;
use crate::target;

/// # Edits
///
/// On inline and lent storage edits are wait-free, and allocate nothing but what cloning a node
/// allocates. A ring on the heap keeps its memory when it shrinks.
///
/// An edit moves each point about once or twice, O(points), and sorts the points that leave or
/// join. If these are a quarter of the points or more, it builds all points anew: O(points), or
/// O(points × log points) where names crowd more than 64 points into one bucket of the index. On
/// 32-bit targets, where code must be small, a batch always builds all points anew.
///
/// The outcome of an edit must be within the capacities. An edit that is refused changes nothing,
/// and all methods give the same error for the same cause.
///
/// If user code panics during an edit (a node's `clone`, `eq` or `identity`, or a placement), the ring is
/// unchanged or empty afterwards; either way it can be used. A node whose `drop` panics may abort
/// the program, and so may a node in lent memory whose `default` panics.
impl<S: Storage, H> BasicRing<S, H> {
    /// Makes `node` a member with the weight that it states. O(points).
    ///
    /// Only keys that the new node then owns change their owner, as long as the points of a node do not
    /// depend on other nodes. With [`Native`](crate::Native) they do not.
    ///
    /// ```
    /// use annulus::{EditError, Ring};
    ///
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert("cache-a")?;
    /// ring.insert("cache-b")?;
    /// let keys = ["user:1", "user:2", "user:3", "user:4"];
    /// let before = keys.map(|key| ring.owner(key).copied());
    /// ring.insert("cache-c")?;
    /// for (key, before) in keys.into_iter().zip(before) {
    ///     let owner = ring.owner(key).copied();
    ///     assert!(owner == before || owner == Some("cache-c"));
    /// }
    /// # Ok::<(), EditError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Gives the node back and leaves the ring as it was, if the identity is taken or too long, if
    /// there would be too many nodes or points, or if the allocator has no memory.
    pub fn insert(&mut self, node: S::Node) -> Result<(), Rejected<S::Node>> {
        let request = Request::Insert(node.weight());
        let (plan, step) = match self.plan_one(node.identity(), request, Some(&node)) {
            Ok(planned) => planned,
            Err(error) => return Err(Rejected { node, error }),
        };
        self.carry_out(&plan, self.storage.config(), None, |ring| {
            if let Some(count) = step.after {
                ring.put_in(step.number as usize, node, count);
            }
        });
        Ok(())
    }

    /// Removes the node with this identity and returns it. O(points).
    ///
    /// Only keys that this node owned change their owner, as long as the points of a node do not depend
    /// on other nodes. With [`Native`](crate::Native) they do not.
    ///
    /// ```
    /// use annulus::{EditError, NamedNode, Ring};
    ///
    /// let mut ring = Ring::<NamedNode, 3, 450>::new();
    /// ring.insert_all(["cache-a", "cache-b"].map(NamedNode::new))?;
    /// assert_eq!(ring.remove("cache-a")?, NamedNode::new("cache-a"));
    /// assert_eq!(ring.remove("cache-a"), Err(EditError::UnknownIdentity));
    /// assert_eq!(ring.owner("user:42"), Some(&NamedNode::new("cache-b")));
    /// # Ok::<(), EditError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Leaves the ring as it was, if no member has the identity, if the identity is too long, or if
    /// the allocator has no memory.
    pub fn remove(&mut self, identity: impl AsRef<[u8]>) -> Result<S::Node, EditError> {
        self.remove_bytes(identity.as_ref())
    }

    /// [`remove`](Self::remove), compiled once for all types of identities.
    fn remove_bytes(&mut self, identity: &[u8]) -> Result<S::Node, EditError> {
        let (plan, step) = self.plan_one(identity, Request::Remove, None)?;
        let take = |ring: &mut Self| ring.storage.take(step.number as usize);
        Ok(self.carry_out(&plan, self.storage.config(), None, take).node)
    }

    /// Gives the node with this identity another weight, and returns the weight that it had.
    /// O(points).
    ///
    /// A number of points that was [set](Self::set_points) gives way to the one that follows from the weight.
    ///
    /// The points for a smaller weight are a prefix of those for a larger one. So a key changes its
    /// owner only if this node loses or gains it, as long as the points of a node do not depend on other
    /// nodes. With [`Native`](crate::Native) they do not. Weight 0 drains the node: it is still a member,
    /// but has no points.
    ///
    /// ```
    /// use annulus::{EditError, Ring};
    ///
    /// let mut ring = Ring::<&str, 3, 900>::new();
    /// ring.insert_all(["cache-a", "cache-b"])?;
    /// // It got three times the memory.
    /// assert_eq!(ring.set_weight("cache-a", 3)?, 1);
    /// assert!(ring.view().share("cache-a") > ring.view().share("cache-b"));
    /// // It is to go: no key is its own any more, but it is still known.
    /// ring.set_weight("cache-a", 0)?;
    /// assert_eq!((ring.view().share("cache-a"), ring.len()), (Some(0.0), 2));
    /// # Ok::<(), EditError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Leaves the ring as it was, if no member has the identity, if the identity is too long, if
    /// there would be too many points, or if the allocator has no memory.
    pub fn set_weight(
        &mut self,
        identity: impl AsRef<[u8]>,
        weight: u32,
    ) -> Result<u32, EditError> {
        self.set_weight_of_bytes(identity.as_ref(), weight)
    }

    /// [`set_weight`](Self::set_weight), compiled once for all types of identities.
    fn set_weight_of_bytes(&mut self, identity: &[u8], weight: u32) -> Result<u32, EditError> {
        let before = self.set_count_of(identity, Request::SetWeight(weight))?;
        Ok(before.map_or(0, |count| count.weight))
    }

    /// Gives the node with this identity another weight or number of points, as `request` says, and returns
    /// those that it had.
    fn set_count_of(
        &mut self,
        identity: &[u8],
        request: Request,
    ) -> Result<Option<Count>, EditError> {
        let (plan, step) = self.plan_one(identity, request, None)?;
        self.carry_out(&plan, self.storage.config(), None, |ring| {
            let member = ring.storage.members_mut().get_mut(step.number as usize);
            if let (Some(member), Some(after)) = (member, step.after) {
                set_count(member, after);
            }
        });
        Ok(step.before)
    }

    /// Gives the node with this identity this number of points, and returns how many it had. O(points).
    ///
    /// For counts between two weights, with which a node of weight 1 can come in by steps: [`Ramp`](crate::Ramp)
    /// gives them. Fewer points are a prefix of more, as with weights, so a key changes its owner only if this
    /// node loses or gains it. The weight in force stays, and with it the node's [cap](crate::Caps) under bounded
    /// loads and its fair share in a [`Balance`](crate::Balance). With 0 points the node owns nothing, and its
    /// weight no longer counts in the caps of the others, which are to be made anew.
    ///
    /// The number holds until the node leaves or its weight is [set](Self::set_weight). If it is another one than
    /// follows from the weight, it is part of the fingerprint and of the serialized membership.
    ///
    /// ```
    /// use annulus::Ring;
    ///
    /// let mut ring = Ring::<&str, 4, 600>::new();
    /// ring.insert_all(["a", "b"])?;
    /// assert_eq!(ring.set_points("b", 15)?, 150);
    /// assert_eq!(ring.view().point_count(), 165);
    /// // As it was: weight 1 × 150 vnodes.
    /// ring.set_points("b", 150)?;
    /// # Ok::<(), annulus::EditError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Leaves the ring as it was, if no member has the identity, if the identity is too long, if there would be
    /// too many points, if the node is to have points though its weight is 0 ([`EditError::Drained`]), if the
    /// placement counts points over the whole membership ([`EditError::RelativeCounts`]), or if the allocator
    /// has no memory.
    pub fn set_points(
        &mut self,
        identity: impl AsRef<[u8]>,
        points: u32,
    ) -> Result<u32, EditError> {
        self.set_points_of_bytes(identity.as_ref(), points)
    }

    /// [`set_points`](Self::set_points), compiled once for all types of identities.
    fn set_points_of_bytes(&mut self, identity: &[u8], points: u32) -> Result<u32, EditError> {
        let before = self.set_count_of(identity, Request::SetPoints(points))?;
        Ok(before.map_or(0, |count| count.points as u32))
    }

    /// Has `node` take the place of the member with its identity, and returns the node that was there. For
    /// another address, zone or payload under the same identity.
    ///
    /// The weight in force and the number of points stay, whatever weight the node states. No key changes its owner, as long as the
    /// points of a node follow from its identity. With [`Native`](crate::Native) they do. Under a rule over
    /// zones replicas may change if the zone does.
    ///
    /// O(members), besides numbering the zones anew, as after a batch: O(members × zones) comparisons of their
    /// names, or O(members × log members) on 64-bit targets. Where points may be others, all are built anew.
    ///
    /// ```
    /// use annulus::{BatchError, Node, Ring};
    ///
    /// #[derive(Debug)]
    /// struct Server {
    ///     name: &'static str,
    ///     address: [u8; 4],
    /// }
    ///
    /// impl Node for Server {
    ///     fn identity(&self) -> &[u8] {
    ///         self.name.as_bytes()
    ///     }
    /// }
    ///
    /// let mut ring = Ring::<Server, 2, 300>::new();
    /// ring.insert_all(["a", "b"].map(|name| Server { name, address: [10, 0, 0, 1] }))?;
    /// let before = ring.owner("user:42").map(|server| server.name);
    /// // It came back elsewhere.
    /// let moved = Server { name: "a", address: [10, 0, 0, 2] };
    /// let old = ring.replace(moved).expect("it is a member");
    /// assert_eq!((old.name, old.address), ("a", [10, 0, 0, 1]));
    /// assert_eq!(ring.owner("user:42").map(|server| server.name), before);
    /// # Ok::<(), BatchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Gives the node back and leaves the ring as it was, if no member has the identity, if the identity is
    /// too long, if there would be too many points where these depend on the order of members, or if the
    /// allocator has no memory.
    pub fn replace(&mut self, node: S::Node) -> Result<S::Node, Rejected<S::Node>> {
        let (plan, number) = match self.plan_replacement(&node) {
            Ok(planned) => planned,
            Err(error) => return Err(Rejected { node, error }),
        };
        Ok(self.carry_out(&plan, self.storage.config(), None, |ring| {
            let before = ring.replace_node(number, node);
            if S::Placement::ORDERS {
                ring.sort_members();
            }
            before
        }))
    }

    /// Makes many nodes members at once, which is the way to build a ring. O(points), and O(nodes ×
    /// log nodes) comparisons of identities.
    ///
    /// ```
    /// use annulus::{BatchError, NamedNode, Ring};
    ///
    /// let mut ring = Ring::<NamedNode, 3, 600>::new();
    /// let weights = [("cache-a", 1), ("cache-b", 2), ("cache-c", 1)];
    /// ring.insert_all(weights.map(|(name, weight)| NamedNode::new(name).with_weight(weight)))?;
    /// assert_eq!((ring.len(), ring.view().point_count()), (3, 600));
    /// # Ok::<(), BatchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`apply`](Self::apply) with as many insertions. The [`BatchError`] has the index of
    /// the first node that cannot join, in the order given; then none of them joins. The iterator
    /// is not advanced past a node that cannot join, unless an earlier node of the iterator has its
    /// identity, which may be noticed at the end only.
    pub fn insert_all(
        &mut self,
        nodes: impl IntoIterator<Item = S::Node>,
    ) -> Result<(), BatchError> {
        let config = self.storage.config();
        let mut staging = Staging::new(self);
        for node in nodes {
            let weight = node.weight();
            staging.add(node, weight, Some(config))?;
        }
        staging.admit(config)
    }

    /// Makes many changes at once, in the order given, or none of them.
    ///
    /// The outcome is that of making the changes one by one, except that only the outcome need be
    /// within the capacities. Nodes are cloned; [`apply_owned`](Self::apply_owned) moves them.
    ///
    /// Where there is room to sort the changes, a batch takes O(changes × log(changes × nodes))
    /// comparisons of identities, and O(nodes × log nodes) more if nodes join. On 64-bit targets a
    /// ring on the heap has that room. An inline ring has it if 15 words for each change and one
    /// for each of `NODES` fit into a sixth of its `POINTS` words; lent memory has it if 15 words
    /// for each change and one for each node of its capacity fit into a sixth of its words. Neither
    /// sorts more than 65,535 changes. Otherwise, and on every 32-bit target, a batch takes
    /// O(changes × (changes + nodes)) comparisons, and all points are built anew.
    ///
    /// ```
    /// use annulus::{BatchError, Change, EditError, Ring};
    ///
    /// let mut ring = Ring::<&str, 2, 300>::new();
    /// ring.insert_all(["a", "b"])?;
    /// // The ring is full, but the outcome fits.
    /// ring.apply(&[Change::Insert("c"), Change::Remove(b"a")])?;
    /// // Where one change cannot be made, none is.
    /// let refused = ring.apply(&[Change::Remove(b"b"), Change::SetWeight(b"gone", 2)]);
    /// assert_eq!(refused, Err(BatchError { at: Some(1), error: EditError::UnknownIdentity }));
    /// assert!(ring.get("b").is_some());
    /// # Ok::<(), BatchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BatchError`] says which change is the first that cannot be made, and why. If the outcome
    /// exceeds a capacity, that is the change from which on the ring would exceed it to the end of
    /// the batch. Changes after one that cannot be made do not count. The ring stays as it was.
    pub fn apply(&mut self, changes: &[Change<'_, S::Node>]) -> Result<(), BatchError>
    where
        S::Node: Clone,
    {
        self.apply_changes(changes)
    }

    /// [`apply`](Self::apply) for nodes that cannot be cloned, or need not be: the nodes that `changes` bring
    /// are moved into the ring.
    ///
    /// `changes` may be an array or a vector, which it uses up, or a `&mut` slice. Then nodes that are no member in
    /// the end stay in the slice, since a later change brings another one or removes them. Of the other changes that
    /// brought nodes, what is left there can no longer be made.
    ///
    /// ```
    /// use annulus::{BatchError, Change, NamedNode, Ring};
    ///
    /// let node = NamedNode::new;
    /// let mut ring = Ring::<NamedNode, 4, 600>::new();
    /// ring.apply_owned([Change::Insert(node("a")), Change::Insert(node("b"))])?;
    /// let refused = ring.apply_owned([Change::Remove(b"b"), Change::Insert(node("a"))]).unwrap_err();
    /// assert_eq!(refused.error.at, Some(1));
    /// assert_eq!(refused.changes[1], Change::Insert(node("a")));
    /// # Ok::<(), BatchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`apply`](Self::apply). Gives `changes` back as they were, and leaves the ring as it was.
    pub fn apply_owned<'c, C>(&mut self, mut changes: C) -> Result<(), RejectedBatch<C>>
    where
        C: AsMut<[Change<'c, S::Node>]>,
        S::Node: 'c,
    {
        match self.apply_changes(changes.as_mut()) {
            Ok(()) => Ok(()),
            Err(error) => Err(RejectedBatch { changes, error }),
        }
    }

    /// Makes `changes`, whose nodes are lent or given.
    fn apply_changes(&mut self, mut changes: impl Changes<S::Node>) -> Result<(), BatchError> {
        let plan = self.plan_batch(None, changes.list())?;
        self.carry_out_batch(&plan, self.storage.config(), None, |ring| match plan.steps {
            Steps::Untold => ring.change_unsorted(changes),
            _ => ring.change_members(&plan, |step| changes.brought(step)),
        });
        Ok(())
    }

    /// Makes this ring what `old` would be after `changes`, whatever this ring was before. `old`
    /// does not change, so it can have readers meanwhile.
    ///
    /// Copies the points of `old` about once, O(points); on 32-bit targets it builds them anew. The
    /// vnodes and the key hash become those of `old`. `old` may exceed the capacities of this ring
    /// if the outcome does not.
    ///
    /// ```
    /// use annulus::{BatchError, Change, Ring};
    ///
    /// let mut old = Ring::<&str, 3, 450>::new();
    /// old.insert_all(["a", "b"])?;
    /// let mut next = Ring::<&str, 3, 450>::new();
    /// next.merge_from(old.view(), &[Change::Insert("c")])?;
    /// assert_eq!((old.len(), next.len()), (2, 3));
    /// # Ok::<(), BatchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`apply`](Self::apply). This ring stays as it was.
    pub fn merge_from(
        &mut self,
        old: RingRef<'_, S::Node, S::Placement, H>,
        changes: &[Change<'_, S::Node>],
    ) -> Result<(), BatchError>
    where
        S::Node: Clone,
        H: Clone,
    {
        let hash = old.hash.clone();
        let plan = self.plan_batch(Some(old), changes)?;
        self.carry_out_batch(&plan, old.config, Some(old), |ring| match plan.steps {
            Steps::Untold => ring.copy_unsorted(old.members, changes),
            _ => {
                let mut changes = changes;
                ring.copy_members(old.members, &plan, |step| changes.brought(step));
            }
        });
        self.hash = hash;
        Ok(())
    }

    /// [`merge_from`](Self::merge_from) with one change: in few instructions or, where code must be
    /// small, in little code.
    ///
    /// # Errors
    ///
    /// Those of the method that makes such a change in place. This ring stays as it was.
    pub(crate) fn change_from(
        &mut self,
        old: RingRef<'_, S::Node, S::Placement, H>,
        change: Change<'_, S::Node>,
    ) -> Result<(), EditError>
    where
        S::Node: Clone,
        H: Clone,
    {
        if target::CODE_MUST_BE_SMALL && !Self::RELATIVE {
            self.rewrite_from(old, change)
        } else {
            self.merge_from(old, &[change]).map_err(|batch| batch.error)
        }
    }

    /// [`change_from`](Self::change_from) in little code.
    pub(super) fn rewrite_from(
        &mut self,
        old: RingRef<'_, S::Node, S::Placement, H>,
        change: Change<'_, S::Node>,
    ) -> Result<(), EditError>
    where
        S::Node: Clone,
        H: Clone,
    {
        // A node that takes the place of another may have another place in the order.
        let stays = !S::Placement::ORDERS || change.request() != Request::Replace;
        let Some(points) = old.points.sorted().filter(|_| stays) else {
            return self.merge_from(old, &[change]).map_err(|batch| batch.error);
        };
        let hash = old.hash.clone();
        let (identity, request, node) = change.asked();
        let (plan, step) = Plan::one(&old.membership(), self.capacity(), identity, request, node)?;
        // A rewrite packs no points, and needs no table of new numbers.
        self.storage.reserve(Room { packed: 0, numbers: 0, ..plan.room() })?;
        self.rewrite(old, points, &plan, &step, change.into_node());
        self.hash = hash;
        Ok(())
    }

    /// Plans one request, and makes room for the plan.
    fn plan_one(
        &mut self,
        identity: &[u8],
        request: Request,
        node: Option<&S::Node>,
    ) -> Result<(Plan, Step), EditError> {
        let (membership, capacity) = (self.membership(), self.capacity());
        let judged_by = Self::judged_by(capacity);
        let (mut plan, step) = Plan::one(&membership, judged_by, identity, request, node)?;
        if Self::RELATIVE {
            let points_before = self.points;
            plan =
                self.recount(plan, None, &[], |_| node).inspect_err(|_| self.release_scratch())?;
            plan.decide(capacity, points_before);
        }
        plan.anew |= Self::moves_points(&plan);
        self.reserve(&plan)?;
        Ok((plan, step))
    }

    /// Plans that `node` takes the place of the member with its identity, whose number this returns, and makes
    /// room for the plan.
    fn plan_replacement(&mut self, node: &S::Node) -> Result<(Plan, usize), EditError> {
        let request = Request::Replace;
        if !S::Placement::ORDERS {
            let (plan, step) = self.plan_one(node.identity(), request, Some(node))?;
            return Ok((plan, step.number as usize));
        }
        let before = self.membership();
        let step = judge(&before, node.identity(), request, Some(node))?;
        let number = step.number as usize;
        let mut plan = Plan { steps: Steps::Untold, anew: true, ..Plan::nothing(&before) };
        if Self::RELATIVE {
            let weighed = weighed_replaced::<S::Placement, _>(before.members, number, node);
            plan.points = total::<S::Placement, _>(&before.config, weighed);
        }
        self.capacity().check(plan.nodes, plan.points)?;
        self.reserve(&plan)?;
        Ok((plan, number))
    }

    /// Removes all nodes. O(nodes). A ring on the heap keeps its memory.
    pub fn clear(&mut self) {
        (self.points, self.shape) = (0, Shape::NONE);
        self.release_scratch();
        self.storage.truncate(0);
        self.storage.keep_zone_bits();
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::{Change, HeapRing, NamedNode, Ring};

    const NAMES: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    fn node(i: usize) -> NamedNode<'static> {
        NamedNode::new(&NAMES[i..=i]).with_weight(1 + i as u32 % 3)
    }

    /// Checks that two rings are the same, word for word.
    fn assert_same<S: Storage, T: Storage<Placement = S::Placement>>(
        ring: &BasicRing<S>,
        wanted: &BasicRing<T>,
    ) {
        let (ring, wanted) = (ring.sorted(), wanted.sorted());
        assert_eq!(ring.positions, wanted.positions);
        let owners = |i| (ring.owners.get(i), wanted.owners.get(i));
        assert!((0..ring.positions.len()).map(owners).all(|(a, b)| a == b));
        assert_eq!(ring.index.parts(), wanted.index.parts());
        assert!(ring.index.widest_offset() <= ring.index.parts().1.max_offset);
    }

    /// More points join and leave than a word can count, so the bound of the index is measured
    /// anew.
    #[test]
    fn an_index_follows_for_ever() {
        let mut edited = HeapRing::<NamedNode>::with_vnodes(100);
        edited.insert_all((0..60).map(node)).unwrap();
        let without = edited.clone();
        let mut other = edited.clone();
        edited.insert(node(61)).unwrap();
        let with = edited.clone();
        let mut offsets = Vec::new();
        for _ in 0..400 {
            edited.remove(node(61).name.as_bytes()).unwrap();
            other.merge_from(with.view(), &[Change::Remove(node(61).name.as_bytes())]).unwrap();
            assert_same(&edited, &without);
            assert_same(&other, &without);
            edited.insert(node(61)).unwrap();
            assert_same(&edited, &with);
            offsets.push(edited.shape.max_offset);
        }
        // The bound rises by the points of each edit, falls when it is measured anew, and rises
        // again.
        assert_eq!(offsets[1] - offsets[0], 400);
        assert!(!offsets.is_sorted());
    }

    /// An edit of more points than there is room to pack is made in several batches, and the index
    /// follows each.
    #[test]
    fn an_index_follows_in_batches() {
        let ring = || std::boxed::Box::new(Ring::<NamedNode, 2, 2_000>::with_vnodes(10));
        let (mut edited, mut old) = (ring(), ring());
        for ring in [&mut edited, &mut old] {
            ring.insert_all([node(0).with_weight(150), node(1).with_weight(5)]).unwrap();
        }
        // 360 points, for which there is room in two batches; more would have the ring built anew.
        for weight in [41, 5, 41, 5] {
            let mut wanted = ring();
            wanted.insert_all([node(0).with_weight(150), node(1).with_weight(weight)]).unwrap();
            edited.set_weight(node(1).name.as_bytes(), weight).unwrap();
            assert_same(&edited, &wanted);
            let mut other = ring();
            let change = Change::SetWeight(node(1).name.as_bytes(), weight);
            other.merge_from(old.view(), &[change]).unwrap();
            assert_same(&other, &wanted);
            old = other;
        }
        // The bound counts all points that joined or left, which are more than the ring has.
        assert!(edited.shape.max_offset > 2_000);
        // Where code must be small, and where a view shows no sorted arrays, the merged ring is built
        // anew, and the bound of its index is measured.
        let anew = target::CODE_MUST_BE_SMALL || cfg!(annulus_plain_layout);
        assert!((old.shape.max_offset > 2_000) != anew);
    }

    /// Each edit gives what a build of the outcome gives: with long and short runs of points, and
    /// across the sizes at which the index changes its shape.
    #[test]
    fn edits_of_large_rings_equal_builds() {
        // 37 and 23 have no factor in common with any of these numbers of nodes.
        for (vnodes, nodes) in [(40, 62), (150, 30), (600, 62), (7, 60)] {
            let ring = |nodes: &[usize]| {
                let mut ring = HeapRing::<NamedNode>::with_vnodes(vnodes);
                ring.insert_all(nodes.iter().map(|&i| node(i))).unwrap();
                ring
            };
            let mut inline =
                std::boxed::Box::new(Ring::<NamedNode, 62, 75_000>::with_vnodes(vnodes));
            let (mut edited, mut other) = (ring(&[]), ring(&[]));
            let mut members: Vec<usize> = Vec::new();
            for i in (0..nodes).map(|i| i * 37 % nodes) {
                members.push(i);
                members.sort_unstable();
                let wanted = ring(&members);
                other.merge_from(edited.view(), &[Change::Insert(node(i))]).unwrap();
                edited.insert(node(i)).unwrap();
                assert_same(&other, &wanted);
                assert_same(&edited, &wanted);
                inline.insert(node(i)).unwrap();
                assert!(inline.sorted().positions == edited.sorted().positions);
            }
            for i in (0..nodes).map(|i| i * 23 % nodes) {
                members.retain(|&member| member != i);
                let wanted = ring(&members);
                other
                    .merge_from(edited.view(), &[Change::Remove(node(i).name.as_bytes())])
                    .unwrap();
                edited.remove(node(i).name.as_bytes()).unwrap();
                assert_same(&other, &wanted);
                assert_same(&edited, &wanted);
                inline.remove(node(i).name.as_bytes()).unwrap();
                assert!(inline.sorted().positions == edited.sorted().positions);
            }
        }
    }
}
