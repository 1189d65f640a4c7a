//! Edits of one node where flash is scarce: one pass over the points of the ring before leaves out
//! those of the node and merges in those that it is to have; then the index is built anew.

use super::change::{Change, check_identity, find, points_of};
use super::edit::ClearOnUnwind;
use super::error::EditError;
use super::index;
use super::member::Member;
use super::merge::{Arrays, OwnerWord};
use super::owned::BasicRing;
use super::storage::{AnyArrays, Parts, Storage};
use super::view::RingRef;
use crate::node::Node;
use crate::point::{Placement, Position};
use crate::target;

impl<S: Storage, H> BasicRing<S, H>
where
    S::Node: Clone,
    H: Clone,
{
    /// Makes this ring what `old` would be after `change`, whatever it was before: in few
    /// instructions or, on microcontrollers, in little code.
    ///
    /// # Errors
    ///
    /// As for the edit of that name. The ring is as it was.
    pub(crate) fn change_from(
        &mut self,
        old: RingRef<'_, S::Node, S::Placement, H>,
        change: Change<'_, S::Node>,
    ) -> Result<(), EditError> {
        if target::APPLICATION {
            self.merge_from(old, &[change]).map_err(|batch| batch.error)
        } else {
            self.rewrite_from(old, change)
        }
    }

    /// [`change_from`](Self::change_from) in little code.
    fn rewrite_from(
        &mut self,
        old: RingRef<'_, S::Node, S::Placement, H>,
        change: Change<'_, S::Node>,
    ) -> Result<(), EditError> {
        let identity = change.identity();
        check_identity(identity)?;
        let (place, present) = match find(old.members, identity) {
            Ok(place) => (place, old.members.get(place)),
            Err(place) => (place, None),
        };
        let mut member = match (change, present) {
            (Change::Insert(_), Some(_)) => return Err(EditError::DuplicateIdentity),
            (Change::Insert(node), None) => {
                let weight = node.weight();
                Some(Member::joining::<S::Placement>(node, weight))
            }
            (_, None) => return Err(EditError::UnknownIdentity),
            (Change::Remove(_), Some(_)) => None,
            (Change::SetWeight(_, target), Some(member)) => {
                Some(Member { target, ..member.clone() })
            }
        };
        let leaving = points_of(present.map_or(0, |member| member.weight), old.vnodes);
        let joining = points_of(member.as_ref().map_or(0, |member| member.target), old.vnodes);
        let kept = old.positions.len() - leaving as usize;
        let points = joining.saturating_add(kept as u64);
        let (comes, goes) = (usize::from(member.is_some()), usize::from(present.is_some()));
        self.storage.reserve(old.members.len() + comes - goes, points, 0)?;

        let unfinished = ClearOnUnwind(self);
        let ring = &mut *unfinished.0;
        let seed = member.as_mut().map_or(0, |member| {
            member.weight = member.target;
            member.seed
        });
        let (before, after) = old.members.split_at(place);
        ring.copy_members(before.iter().chain(&member).chain(after.iter().skip(goes)));
        ring.vnodes = old.vnodes;
        ring.hash = old.hash.clone();
        ring.points = points as usize;
        let by = (comes as u32).wrapping_sub(goes as u32);
        let node = Single { place: place as u32, leaves: goes > 0, by, seed, kept };
        let Parts { mut arrays, words, .. } = ring.storage.parts(ring.points);
        let positions = match &mut arrays {
            AnyArrays::Narrow(arrays) => node.rewrite(old, arrays),
            AnyArrays::Wide(arrays) => node.rewrite(old, arrays),
        };
        let most = S::index_words(positions.len()).min(words.len());
        ring.shape = index::build(positions, &mut words[..most]);
        ring.release_scratch();
        unfinished.finish();
        Ok(())
    }
}

/// The node that changes.
struct Single {
    /// Its place among the members before, and after.
    place: u32,
    /// Whether points of it are there before.
    leaves: bool,
    /// By how much the places after its own change, modulo 2^32.
    by: u32,
    /// What its points come from, if it is to have any.
    seed: u64,
    /// The number of points of the other nodes.
    kept: usize,
}

impl Single {
    /// Makes `arrays` those of `old` with other points of this node, and returns the positions.
    fn rewrite<'a, N, P: Placement, O: OwnerWord, H>(
        &self,
        old: RingRef<'_, N, P, H>,
        arrays: &'a mut Arrays<'_, P::Position, O>,
    ) -> &'a [P::Position] {
        let to = arrays.positions.get_mut(..arrays.len).unwrap_or_default();
        let to_owners = arrays.owners.get_mut(..arrays.len).unwrap_or_default();
        // The points that join wait behind the room of the others. However many have been merged
        // in, those that still wait are not overwritten before the others are all there.
        let mut next = self.kept;
        let joining = to.get_mut(next..).unwrap_or_default();
        for (r, position) in (0..).zip(&mut *joining) {
            *position = P::point(self.seed, r);
        }
        super::sort::sort(joining);
        let mut write = 0;
        for (i, &position) in old.positions.iter().enumerate() {
            let mut owner = old.owners.get(i).map_or(0, |owner| owner as u32);
            if owner >= self.place {
                if self.leaves && owner == self.place {
                    continue;
                }
                owner = owner.wrapping_add(self.by);
            }
            while let Some(&joining) = to.get(next)
                && (joining, self.place) < (position, owner)
            {
                put(to, to_owners, write, joining, self.place);
                (next, write) = (next + 1, write + 1);
            }
            put(to, to_owners, write, position, owner);
            write += 1;
        }
        // The positions of those that join last are in their places.
        to_owners.get_mut(write..).unwrap_or_default().fill(O::new(self.place));
        to
    }
}

/// Puts a point into its place.
fn put<P: Position, O: OwnerWord>(
    positions: &mut [P],
    owners: &mut [O],
    place: usize,
    position: P,
    owner: u32,
) {
    if let (Some(to), Some(to_owner)) = (positions.get_mut(place), owners.get_mut(place)) {
        (*to, *to_owner) = (position, O::new(owner));
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;
    use crate::hash::splitmix::output;
    use crate::{HeapRing, Native, Ring};

    /// Sixteen places on the circle, so that points of several nodes share each.
    struct Coarse;

    impl Placement for Coarse {
        type Position = u32;
        const NAME: &'static str = "coarse";

        fn seed(identity: &[u8]) -> u64 {
            <Native as Placement>::seed(identity)
        }

        fn point(seed: u64, r: u32) -> u32 {
            <Native as Placement>::point(seed, r) & 0xf000_0000
        }

        fn key(hash: u64) -> u32 {
            <Native as Placement>::key(hash)
        }
    }

    /// Makes every kind of change many times over, and compares each ring with what a merge makes of
    /// the same.
    fn check<S, P>(mut rings: [BasicRing<S>; 3])
    where
        S: Storage<Node = String, Placement = P>,
        P: Placement,
    {
        for step in 0..400 {
            let random = output(5, step);
            let name = format!("node-{}", random % 13);
            let [old, new, merged] = &mut rings;
            let change = || match random >> 32 & 3 {
                0 => Change::Remove(name.as_bytes()),
                1 => Change::SetWeight(name.as_bytes(), (random >> 40 & 3) as u32),
                _ => Change::Insert(name.clone()),
            };
            let done = new.rewrite_from(old.view(), change());
            let wanted = merged.merge_from(old.view(), &[change()]);
            assert_eq!(done, wanted.map_err(|refused| refused.error), "step {step}");
            if done.is_ok() {
                let (new, merged) = (new.view(), merged.view());
                assert_eq!(new.positions, merged.positions, "step {step}");
                let owners = |i| (new.owners.get(i), merged.owners.get(i));
                assert!((0..new.positions.len()).map(owners).all(|(a, b)| a == b), "step {step}");
                assert_eq!(new.index.parts(), merged.index.parts(), "step {step}");
                let members = new.members.iter().zip(merged.members);
                assert_eq!(new.members.len(), merged.members.len());
                for (new, merged) in members {
                    assert_eq!(new.node, merged.node);
                    let weights = |member: &Member<String>| (member.weight, member.target);
                    assert_eq!(weights(new), weights(merged));
                    assert_eq!((new.seed, new.leaves), (merged.seed, false));
                }
                rings.swap(0, 1);
            }
        }
    }

    #[test]
    fn what_is_rewritten_equals_what_is_merged() {
        check([(); 3].map(|()| HeapRing::<String>::with_vnodes(40)));
        check([(); 3].map(|()| HeapRing::<String, Native<u64>>::with_vnodes(7)));
        check([(); 3].map(|()| HeapRing::<String, Coarse>::with_vnodes(9)));
        // Too small for all: some changes are refused.
        check([(); 3].map(|()| Ring::<String, 6, 300>::with_vnodes(40)));
    }
}
