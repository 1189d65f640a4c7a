//! Edits of one node, in place.
//!
//! As with every edit, what could refuse it is checked first and room is made; from then on nothing
//! can fail. Points that leave are taken out of the arrays, members come and go, points that join
//! are put in, and the index follows.

use super::change::{check_identity, find, points_of};
use super::error::{EditError, Rejected};
use super::index::Shape;
use super::member::Member;
use super::merge::Shift;
use super::owned::BasicRing;
use super::pass::Rename;
use super::storage::Storage;
use crate::node::Node;

/// # Edits
///
/// None allocates on inline storage. Each moves the arrays about once, O(points), and sorts the
/// points that leave or join. A ring on the heap keeps its memory when it shrinks.
///
/// Should a node panic (in `clone`, `identity` or `weight`) while many changes are made, either
/// nothing has changed or the ring is left empty; it is never left half made.
impl<S: Storage, H> BasicRing<S, H> {
    /// Takes `node` in with the weight that it states.
    ///
    /// Only keys that the new node then owns change their owner.
    ///
    /// # Errors
    ///
    /// Gives the node back, with the ring as it was: identity taken or too long, too many nodes or
    /// points, out of memory.
    pub fn insert(&mut self, node: S::Node) -> Result<(), Rejected<S::Node>> {
        let weight = node.weight();
        let place = match self.admit(&node, weight) {
            Ok(place) => place,
            Err(error) => return Err(Rejected { node, error }),
        };
        self.place(node, weight, place);
        self.join(None, Rename::Shift(Shift::up(place as u32)));
        self.release_scratch();
        Ok(())
    }

    /// Takes the node with this identity out and gives it back.
    ///
    /// Only keys that it owned change their owner.
    ///
    /// # Errors
    ///
    /// [`EditError::UnknownIdentity`]; on the heap also [`EditError::OutOfMemory`].
    pub fn remove(&mut self, identity: &[u8]) -> Result<S::Node, EditError> {
        let place = self.place_of(identity)?;
        let points = points_of(self.storage.members()[place].weight, self.vnodes);
        self.storage.reserve(self.storage.members().len(), self.points as u64, points)?;
        self.storage.members_mut()[place].target = 0;
        self.leave(None, Rename::Shift(Shift::down(place as u32)));
        let member = self.storage.take(place);
        self.release_scratch();
        Ok(member.node)
    }

    /// Gives the node with this identity another weight and returns the one it had.
    ///
    /// The points for a smaller weight are a prefix of those for a larger one, so only keys from or
    /// to this node change their owner. Weight 0 drains it: still a member, but without points.
    ///
    /// # Errors
    ///
    /// With the ring as it was: unknown identity, too many points, out of memory.
    pub fn set_weight(&mut self, identity: &[u8], weight: u32) -> Result<u32, EditError> {
        let place = self.place_of(identity)?;
        let old = self.storage.members()[place].weight;
        let (before, after) = (points_of(old, self.vnodes), points_of(weight, self.vnodes));
        let points = self.points as u64 - before + after;
        self.storage.reserve(self.storage.members().len(), points, before.abs_diff(after))?;
        self.storage.members_mut()[place].target = weight;
        if weight < old {
            self.leave(None, Rename::KEEP);
        } else {
            self.join(None, Rename::KEEP);
        }
        self.release_scratch();
        Ok(old)
    }

    /// Removes all nodes.
    pub fn clear(&mut self) {
        self.storage.truncate(0);
        (self.points, self.shape) = (0, Shape::NONE);
        self.release_scratch();
    }

    /// The place of the member with this identity.
    fn place_of(&self, identity: &[u8]) -> Result<usize, EditError> {
        find(self.storage.members(), identity).map_err(|_| EditError::UnknownIdentity)
    }

    /// Checks that `node` can join with `weight`, makes room for it, and finds its place.
    fn admit(&mut self, node: &S::Node, weight: u32) -> Result<usize, EditError> {
        let identity = node.identity();
        check_identity(identity)?;
        let members = self.storage.members();
        let Err(place) = find(members, identity) else {
            return Err(EditError::DuplicateIdentity);
        };
        let points = points_of(weight, self.vnodes);
        let all = points.saturating_add(self.points as u64);
        self.storage.reserve(members.len() + 1, all, points)?;
        Ok(place)
    }

    /// Makes `node` the member at `place`; its points have yet to join.
    pub(super) fn place(&mut self, node: S::Node, weight: u32, place: usize) {
        self.storage.push(Member::joining::<S::Placement>(node, weight));
        self.storage.members_mut()[place..].rotate_right(1);
    }

    /// Empties the arrays: all points of the members have yet to join.
    pub(super) fn empty(&mut self) {
        self.points = 0;
        for member in self.storage.members_mut() {
            member.weight = 0;
        }
    }

    /// Gives back what the edit alone needed.
    pub(super) fn release_scratch(&mut self) {
        self.storage.release_scratch(self.points);
    }
}

/// An edit under way. Should a node panic in it, the ring is cleared rather than left half made.
pub(super) struct ClearOnUnwind<'r, S: Storage, H>(pub(super) &'r mut BasicRing<S, H>);

impl<S: Storage, H> ClearOnUnwind<'_, S, H> {
    /// The edit is complete.
    pub(super) fn finish(self) {
        core::mem::forget(self);
    }
}

impl<S: Storage, H> Drop for ClearOnUnwind<'_, S, H> {
    fn drop(&mut self) {
        self.0.clear();
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

    /// That two rings are the same, word for word.
    fn assert_same<S: Storage, T: Storage<Placement = S::Placement>>(
        ring: &BasicRing<S>,
        wanted: &BasicRing<T>,
    ) {
        let (ring, wanted) = (ring.view(), wanted.view());
        assert_eq!(ring.positions, wanted.positions);
        let owners = |i| (ring.owners.get(i), wanted.owners.get(i));
        assert!((0..ring.positions.len()).map(owners).all(|(a, b)| a == b));
        assert_eq!(ring.index.parts(), wanted.index.parts());
        assert!(ring.index.widest_offset() <= ring.index.parts().1.max_offset);
    }

    /// More points come and go than a word can count: the index is measured anew and follows on.
    #[test]
    fn an_index_follows_for_ever() {
        let mut place = HeapRing::<NamedNode>::with_vnodes(100);
        place.insert_all((0..60).map(node)).unwrap();
        let without = place.clone();
        let mut other = place.clone();
        place.insert(node(61)).unwrap();
        let with = place.clone();
        let mut offsets = Vec::new();
        for _ in 0..400 {
            place.remove(node(61).name.as_bytes()).unwrap();
            other.merge_from(with.view(), &[Change::Remove(node(61).name.as_bytes())]).unwrap();
            assert_same(&place, &without);
            assert_same(&other, &without);
            place.insert(node(61)).unwrap();
            assert_same(&place, &with);
            offsets.push(place.shape.max_offset);
        }
        // Up by the points of each edit, down to what is so, and up again.
        assert_eq!(offsets[1] - offsets[0], 400);
        assert!(!offsets.is_sorted());
    }

    /// An edit whose points do not fit the room for those on their way goes in piece by piece, and the
    /// index follows each.
    #[test]
    fn an_index_follows_in_batches() {
        let ring = || std::boxed::Box::new(Ring::<NamedNode, 2, 2_000>::with_vnodes(10));
        let (mut place, mut old) = (ring(), ring());
        for ring in [&mut place, &mut old] {
            ring.insert_all([node(0).with_weight(150), node(1).with_weight(5)]).unwrap();
        }
        // 360 points, for which there is room in two batches; more would have the ring built anew.
        for weight in [41, 5, 41, 5] {
            let mut wanted = ring();
            wanted.insert_all([node(0).with_weight(150), node(1).with_weight(weight)]).unwrap();
            place.set_weight(node(1).name.as_bytes(), weight).unwrap();
            assert_same(&place, &wanted);
            let mut other = ring();
            let change = Change::SetWeight(node(1).name.as_bytes(), weight);
            other.merge_from(old.view(), &[change]).unwrap();
            assert_same(&other, &wanted);
            old = other;
        }
        // As far as all those points together, of which the ring has but these.
        assert!(place.shape.max_offset > 2_000 && old.shape.max_offset > 2_000);
    }

    /// Long runs and short ones, across the sizes at which the index changes its shape: each edit
    /// gives what a build of the outcome gives.
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
            let (mut place, mut other) = (ring(&[]), ring(&[]));
            let mut members: Vec<usize> = Vec::new();
            for i in (0..nodes).map(|i| i * 37 % nodes) {
                members.push(i);
                members.sort_unstable();
                let wanted = ring(&members);
                other.merge_from(place.view(), &[Change::Insert(node(i))]).unwrap();
                place.insert(node(i)).unwrap();
                assert_same(&other, &wanted);
                assert_same(&place, &wanted);
                inline.insert(node(i)).unwrap();
                assert!(inline.view().positions == place.view().positions);
            }
            for i in (0..nodes).map(|i| i * 23 % nodes) {
                members.retain(|&member| member != i);
                let wanted = ring(&members);
                other.merge_from(place.view(), &[Change::Remove(node(i).name.as_bytes())]).unwrap();
                place.remove(node(i).name.as_bytes()).unwrap();
                assert_same(&other, &wanted);
                assert_same(&place, &wanted);
                inline.remove(node(i).name.as_bytes()).unwrap();
                assert!(inline.view().positions == place.view().positions);
            }
        }
    }
}
