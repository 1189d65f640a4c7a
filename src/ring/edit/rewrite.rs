//! An edit of one node in little code, for targets where code must be small. One pass over the
//! points of the old ring leaves out those of the node and merges in those that it has afterwards.
//! Then the index is built anew.

use super::plan::Plan;
use super::unwind::ClearOnUnwind;
use crate::node::Node;
use crate::point::PointsOf;
use crate::ring::basic::BasicRing;
use crate::ring::member::Member;
use crate::ring::points::{AnyArrays, Arrays, OwnerWord, Sorted, build_index, set};
use crate::ring::storage::{Parts, PositionOf, Step, Storage};
use crate::ring::view::RingRef;

impl<S: Storage, H> BasicRing<S, H>
where
    S::Node: Clone,
{
    /// Makes this ring what `old`, whose points are `points`, becomes by `plan`, whose only step is
    /// `step`. There is room for it. `node` is the node that the step brings, if it does. If user code panics, the
    /// ring is left empty.
    pub(super) fn rewrite(
        &mut self,
        old: RingRef<'_, S::Node, S::Placement, H>,
        points: Sorted<'_, PositionOf<S>>,
        plan: &Plan,
        step: &Step,
        node: Option<S::Node>,
    ) {
        let guard = ClearOnUnwind::new(self, old.config);
        let ring = &mut *guard.ring;
        let number = step.number as usize;
        let (before, after) = old.members.split_at(number);
        let member = step.after.and_then(|count| {
            let (weight, points) = (count.weight, count.points as u32);
            match node {
                Some(node) => Some(Member::new::<S::Placement>(&old.config, node, weight, points)),
                None => after.first().map(|member| Member { weight, points, ..member.clone() }),
            }
        });
        let leaves = step.before.is_some();
        let kept = points.positions.len() - step.points_before() as usize;
        let after = after.iter().skip(usize::from(leaves));
        let mut len = 0;
        for member in before.iter().chain(&member).chain(after) {
            ring.copy_member(len, member);
            len += 1;
        }
        ring.storage.truncate(len);
        ring.number_zones(plan);
        ring.points = kept + step.points_after() as usize;
        let number = step.number;
        let node = Single { number, leaves, by: step.shift(), member: member.as_ref(), kept };
        let most = ring.storage.index_words(ring.points);
        let Parts { mut arrays, words, .. } = ring.storage.parts(ring.points, 0, 0);
        let positions = match &mut arrays {
            AnyArrays::Narrow(arrays) => {
                node.rewrite::<S::Placement, _>(&old.config, points, arrays)
            }
            #[cfg(feature = "alloc")]
            AnyArrays::Wide(arrays) => node.rewrite::<S::Placement, _>(&old.config, points, arrays),
        };
        let most = most.min(words.len());
        ring.shape = build_index(positions, &mut words[..most]);
        ring.release_scratch();
        guard.finish();
    }
}

/// The node that changes.
struct Single<'m, N> {
    /// The number of the node, before the edit and after it.
    number: u32,
    /// Whether the node is a member of the old ring, whose points are left out.
    leaves: bool,
    /// What is added to the numbers of later members, modulo 2^32.
    by: u32,
    /// The member after the edit; `None` if the node departs.
    member: Option<&'m Member<N>>,
    /// The number of points of the other nodes.
    kept: usize,
}

impl<N: Node> Single<'_, N> {
    /// Fills `arrays` with the points of `old`, but with other points of this node, and returns the
    /// positions.
    fn rewrite<'a, P: PointsOf<N>, O: OwnerWord>(
        &self,
        config: &P::Config,
        old: Sorted<'_, P::Position>,
        arrays: &'a mut Arrays<'_, P::Position, O>,
    ) -> &'a [P::Position] {
        let to = arrays.positions.get_mut(..arrays.len).unwrap_or_default();
        let to_owners = arrays.owners.get_mut(..arrays.len).unwrap_or_default();
        // The positions of points that join are kept at the end, from rank `kept` on. They are not
        // overwritten before they are read: what is written until then are at most the `kept`
        // points of other nodes and the joining points read so far.
        let mut next = self.kept;
        let joining = to.get_mut(next..).unwrap_or_default();
        if let Some(member) = self.member {
            let mut points = member.points::<P>(config, 0..member.points);
            // Not zipped, which takes some ten instructions a point more on small cores.
            for to in &mut *joining {
                if let Some(position) = points.next() {
                    *to = position;
                }
            }
            // There must not be more points.
            if !P::EXACT {
                points.next();
            }
        }
        super::sort::sort(joining);
        let mut write = 0;
        for (i, &position) in old.positions.iter().enumerate() {
            let mut owner = old.owners.get(i).map_or(0, |owner| owner as u32);
            if owner >= self.number {
                if self.leaves && owner == self.number {
                    continue;
                }
                owner = owner.wrapping_add(self.by);
            }
            while let Some(&joining) = to.get(next)
                && (joining, self.number) < (position, owner)
            {
                set(to, to_owners, write, (joining, O::new(self.number)));
                (next, write) = (next + 1, write + 1);
            }
            set(to, to_owners, write, (position, O::new(owner)));
            write += 1;
        }
        // The positions of the joining points that are left are in their place; only the owners are
        // missing.
        to_owners.get_mut(write..).unwrap_or_default().fill(O::new(self.number));
        to
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;
    use crate::hash::splitmix::output;
    use crate::{ByIdentity, Change, HeapRing, Native, PerWeight, Placement, Ring};

    /// Sixteen positions on the circle, so that points of several nodes share each.
    struct Coarse;

    impl Placement for Coarse {
        type Position = u32;
        type Config = u32;
        type Counts = PerWeight;
        const NAME: &'static str = "coarse";

        fn key(hash: u64) -> u32 {
            <Native>::key(hash)
        }
    }

    impl ByIdentity for Coarse {
        fn seed(identity: &[u8]) -> u64 {
            <Native as ByIdentity>::seed(identity)
        }

        fn point(seed: u64, r: u32) -> u32 {
            <Native>::point(seed, r) & 0xf000_0000
        }
    }

    /// Points are counted one by one, and members are in the order of their names read backwards.
    struct Backwards;

    impl Placement for Backwards {
        type Position = u32;
        type Config = u32;
        type Counts = PerWeight;
        const NAME: &'static str = "backwards";

        fn key(hash: u64) -> u32 {
            <Native>::key(hash)
        }
    }

    impl PointsOf<String> for Backwards {
        const ORDERS: bool = true;

        fn seed(_: &u32, node: &String) -> u64 {
            <Native as ByIdentity>::seed(node.as_bytes())
        }

        fn points(
            _: &u32,
            _: &String,
            seed: u64,
            range: core::ops::Range<u32>,
        ) -> impl Iterator<Item = u32> {
            range.map(move |r| Coarse::point(seed, r))
        }

        fn order(node: &String) -> impl Ord {
            node.bytes().rev().collect::<std::vec::Vec<_>>()
        }
    }

    /// Makes every kind of change many times over, and compares each outcome with that of a merge.
    fn check<S, P>(mut rings: [BasicRing<S>; 3])
    where
        S: Storage<Node = String, Placement = P>,
        P: PointsOf<String, Config = u32>,
    {
        for step in 0..400 {
            let random = output(5, step);
            let name = format!("node-{}", random % 13);
            let [old, new, merged] = &mut rings;
            let change = || match random >> 32 & 7 {
                6.. => Change::SetPoints(name.as_bytes(), (random >> 40 & 63) as u32),
                0 => Change::Remove(name.as_bytes()),
                1 => Change::SetWeight(name.as_bytes(), (random >> 40 & 3) as u32),
                2 => Change::Replace(name.clone()),
                _ => Change::Insert(name.clone()),
            };
            let done = new.rewrite_from(old.view(), change());
            let wanted = merged.merge_from(old.view(), &[change()]);
            assert_eq!(done, wanted.map_err(|refused| refused.error), "step {step}");
            if done.is_ok() {
                let (points, wanted) = (new.sorted(), merged.sorted());
                assert_eq!(points.positions, wanted.positions, "step {step}");
                let owners = |i| (points.owners.get(i), wanted.owners.get(i));
                let mut owners = (0..points.positions.len()).map(owners);
                assert!(owners.all(|(a, b)| a == b), "step {step}");
                assert_eq!(points.index.parts(), wanted.index.parts(), "step {step}");
                let (new, merged) = (new.view(), merged.view());
                let members = new.members.iter().zip(merged.members);
                assert_eq!(new.members.len(), merged.members.len());
                for (new, merged) in members {
                    assert_eq!(new.node, merged.node);
                    let weights =
                        |member: &Member<String>| (member.weight, member.points, member.seed);
                    assert_eq!(weights(new), weights(merged));
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
        check([(); 3].map(|()| HeapRing::<String, Backwards>::with_vnodes(9)));
        // These rings are too small for all nodes, so some changes are refused.
        check([(); 3].map(|()| Ring::<String, 6, 300>::with_vnodes(40)));
    }
}
