//! One ring under edits, beside the model that foretells them.

use annulus::{BasicRing, Change, Position, RejectedBatch, Storage};

use super::Random;
use super::check::{
    check_arrays, check_bounded, check_insight, check_living, check_order, check_over_zones,
    check_rules,
};
use super::edit::{Batch, Edit};
use super::membership::{Model, Node};
use super::oracle::Naive;
use super::placements::Aimed;
use super::rules::Subject;

/// A ring, another that it is merged into, and the model of what is in them.
pub(crate) struct Run<S: Storage> {
    pub(crate) ring: BasicRing<S, Aimed>,
    other: BasicRing<S, Aimed>,
    pub(crate) model: Model<S::Placement>,
    other_model: Model<S::Placement>,
}

impl<S, P> Run<S>
where
    S: Storage<Node = Node, Placement = P>,
    P: Subject,
{
    /// Begins with rings that `empty` makes for so many vnodes, with room for so many nodes and
    /// points.
    pub(crate) fn new(
        empty: impl Fn(u32) -> BasicRing<S, Aimed>,
        vnodes: u32,
        most: (usize, usize),
    ) -> Self {
        let model = Model::new(vnodes, most);
        Self { ring: empty(vnodes), other: empty(vnodes), other_model: model.clone(), model }
    }

    /// The membership as a naive ring.
    pub(crate) fn naive(&self) -> Naive<'_> {
        self.model.naive()
    }

    /// Runs what an edit comes to on ring and model: both must agree whether it can be made, and on the
    /// arrays after it. Returns the positions at which they were compared.
    pub(crate) fn edit(&mut self, edit: &Edit) -> Vec<u64> {
        let edit = self.model.settle(edit);
        self.make(&edit);
        self.model = self.model.after(&edit);
        check_arrays(self.ring.view(), &self.naive())
    }

    /// Compares the walks from a position, of which the bits that the circle has count: to all owners,
    /// and to `k` owners among the nodes whose bits `set` has, also over zones with at most `max` of each; and
    /// to the first with room, under loads that the set chooses.
    pub(crate) fn walk(&self, position: u64, set: u64, k: usize, max: usize) {
        let position = position & P::Position::MAX.to_u64();
        check_order(self.ring.view(), &self.naive(), position);
        check_living(self.ring.view(), &self.naive(), position, set, k);
        check_over_zones(self.ring.view(), &self.naive(), position, set, k, max);
        check_bounded(self.ring.view(), &self.naive(), position, &mut Random(set));
    }

    /// Compares ranges, shares, balance and batches, also under rules that the membership chooses.
    pub(crate) fn ask(&self) {
        let naive = self.naive();
        let mut positions = vec![0, P::Position::MAX.to_u64()];
        positions.extend(naive.points.iter().map(|point| point.0));
        check_insight(self.ring.view(), &naive, &positions);
        check_rules(self.ring.view(), &naive, &mut Random(naive.fingerprint()));
    }

    fn make(&mut self, edit: &Edit) {
        let Self { ring, other, model, other_model } = self;
        match edit {
            Edit::Insert(node) => match (model.one(Change::Insert(*node)), ring.insert(*node)) {
                (Ok(_), Ok(())) => {}
                (Err(expected), Err(rejected)) => {
                    assert_eq!((rejected.error, rejected.node), (expected, *node));
                }
                (expected, result) => panic!("{result:?} where {:?}", expected.err()),
            },
            Edit::Remove(name) => {
                let expected = model.one(Change::Remove(name.as_bytes())).map(|_| {
                    let here = model.nodes[name];
                    (here.name, here.zone)
                });
                let result = ring.remove(name.as_bytes());
                assert_eq!(result.map(|node| (node.name, node.zone)), expected);
            }
            Edit::SetWeight(name, weight) => {
                let change = Change::SetWeight(name.as_bytes(), *weight);
                let expected = model.one(change).map(|_| model.nodes[name].weight);
                assert_eq!(ring.set_weight(name.as_bytes(), *weight), expected);
            }
            Edit::SetPoints(name, points) => {
                let change = Change::SetPoints(name.as_bytes(), *points);
                let before = ring.view().get(name).map_or(0, |member| member.point_count());
                let expected = model.one(change).map(|_| before);
                assert_eq!(ring.set_points(name, *points), expected);
            }
            Edit::Apply(Batch { changes, .. }) => {
                let expected = model.apply(changes).map(drop);
                // Nodes are lent or given.
                if changes.len().is_multiple_of(2) {
                    assert_eq!(ring.apply(changes), expected);
                } else {
                    let refused = |error| RejectedBatch { changes: changes.clone(), error };
                    assert_eq!(ring.apply_owned(changes.clone()), expected.map_err(refused));
                }
            }
            Edit::InsertAll(nodes) => {
                let result = ring.insert_all(nodes.iter().copied());
                assert_eq!(result, model.insert_all(nodes).map(drop));
            }
            Edit::Merge(Batch { changes, .. }) => {
                let untouched = (other.view().fingerprint(), other.view().point_count());
                let result = other.merge_from(ring.view(), changes);
                match model.apply(changes) {
                    Ok(_) => {
                        assert_eq!(result, Ok(()));
                        check_arrays(ring.view(), &model.naive());
                        std::mem::swap(ring, other);
                        *other_model = model.clone();
                    }
                    Err(error) => {
                        assert_eq!(result, Err(error));
                        let now = (other.view().fingerprint(), other.view().point_count());
                        assert_eq!(now, untouched);
                    }
                }
            }
            Edit::Replace(node) => {
                let expected =
                    model.one(Change::Replace(*node)).map(|_| model.nodes[node.name].zone);
                match (expected, ring.replace(*node)) {
                    (Ok(zone), Ok(old)) => assert_eq!((old.name, old.zone), (node.name, zone)),
                    (Err(expected), Err(rejected)) => {
                        assert_eq!((rejected.error, rejected.node), (expected, *node));
                    }
                    (expected, result) => panic!("{result:?} where {expected:?}"),
                }
            }
            Edit::Reconcile(nodes) => {
                reconcile(ring, model, nodes);
                // Another ring comes to the same, or is refused in the same way.
                let (list, before) = (&mut nodes.clone(), other.view().fingerprint());
                match (other.reconcile(list), other_model.reconcile(nodes)) {
                    (Ok(_), Ok(after)) => {
                        check_arrays(other.view(), &after.naive());
                        *other_model = after;
                    }
                    (refused, expected) => {
                        assert_eq!(refused.map(drop), expected.map(drop));
                        assert_eq!(other.view().fingerprint(), before);
                    }
                }
            }
            Edit::Clear => ring.clear(),
        }
    }
}

/// Has a ring become what a list says, and says so once more: then nothing may differ.
fn reconcile<S, P>(ring: &mut BasicRing<S, Aimed>, model: &Model<P>, list: &[Node])
where
    S: Storage<Node = Node, Placement = P>,
    P: Subject,
{
    let members: Vec<(Node, u32)> =
        ring.view().members().iter().map(|member| (*member.node(), member.weight())).collect();
    let mut sorted = list.to_vec();
    let result = ring.reconcile(&mut sorted);
    assert_eq!(result.map(drop), model.reconcile(list).map(drop));
    let Ok(changed) = result else { return };
    let nodes = ring.view().len();
    assert!(sorted[..nodes].is_sorted_by_key(|node| (P::rank(node), node.name)));
    assert!(sorted[nodes..].iter().all(|node| sorted[..nodes].contains(node)));
    let stay = sorted[..nodes].iter().filter_map(|node| {
        let (old, weight) = members.iter().find(|(old, _)| old.name == node.name)?;
        Some((node.weight != *weight, node != old))
    });
    let stay: Vec<(bool, bool)> = stay.collect();
    assert_eq!(members.len() + changed.joined - changed.left, nodes);
    // Where nodes have places in the order that are not those of their names, one that has moved has joined
    // and left.
    if !P::RULES.ranks {
        assert_eq!(changed.joined, nodes - stay.len());
        assert_eq!(changed.reweighted, stay.iter().filter(|stay| stay.0).count());
        assert_eq!(changed.replaced, stay.iter().filter(|stay| stay.1).count());
    }
    assert!(ring.reconcile(&mut sorted).unwrap().is_nothing());
}
