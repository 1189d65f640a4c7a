//! Memberships as they should come out of edits: names, and the model that foretells what each edit does,
//! errors included.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use annulus::{BatchError, Change, EditError, MAX_IDENTITY_LEN, NamedNode, ReconcileError};

use super::edit::{Batch, Edit};
use super::oracle::Naive;
use super::rules::Subject;

pub(crate) type Node = NamedNode<'static>;

/// Longer than any ring takes.
pub(crate) const TOO_LONG: &str = match core::str::from_utf8(&[b'x'; MAX_IDENTITY_LEN + 1]) {
    Ok(name) => name,
    Err(_) => "",
};
/// Prefixes of one another, the empty one, the longest that is allowed, one that is not.
pub(crate) const NAMES: [&str; 13] = [
    "",
    "a",
    "aa",
    "ab",
    "b",
    "10.0.0.1:6379",
    "10.0.0.2:6379",
    "10.0.0.10:6379",
    "cache0001.dc1.example.com:6379",
    "cache0002.dc1.example.com:6379",
    "\u{fc}ml\u{e4}ut",
    TOO_LONG.split_at(MAX_IDENTITY_LEN).0,
    TOO_LONG,
];
/// Zones that nodes share. There are nodes in zones of their own besides, which bear their names.
pub(crate) const ZONES: [&str; 3] = ["", "east", "west"];

/// The zone that a byte chooses for the node of a name: mostly one that nodes share.
pub(crate) fn zone(name: &'static str, byte: u8) -> &'static str {
    match byte {
        224.. => name,
        byte => ZONES[usize::from(byte) % ZONES.len()],
    }
}

/// The membership as it should be in a ring of placement `P`, and the room for it.
pub(crate) struct Model<P> {
    pub(crate) nodes: BTreeMap<&'static str, Node>,
    /// The numbers of points that do not follow from weights.
    pub(crate) counts: BTreeMap<&'static str, u32>,
    pub(crate) vnodes: u32,
    pub(crate) most_nodes: usize,
    pub(crate) most_points: usize,
    placement: PhantomData<P>,
}

impl<P> Clone for Model<P> {
    fn clone(&self) -> Self {
        Self { nodes: self.nodes.clone(), counts: self.counts.clone(), ..*self }
    }
}

pub(crate) fn static_name(identity: &[u8]) -> &'static str {
    NAMES.into_iter().find(|name| name.as_bytes() == identity).unwrap()
}

impl<P: Subject> Model<P> {
    /// The empty membership, with so many points for a unit of weight and room for so many nodes
    /// and points.
    pub(crate) fn new(vnodes: u32, (most_nodes, most_points): (usize, usize)) -> Self {
        let placement = PhantomData;
        let (nodes, counts) = (BTreeMap::new(), BTreeMap::new());
        Self { nodes, counts, vnodes, most_nodes, most_points, placement }
    }

    /// How many points a node has; of a node with a weight where these depend on others, its own.
    fn points_of(&self, node: &Node) -> u64 {
        let of_weight = || match node.weight {
            0 => 0,
            weight => P::counts(self.vnodes, &[weight])[0],
        };
        self.counts.get(node.name).map_or_else(of_weight, |&points| points.into())
    }

    fn points(&self) -> u64 {
        if !P::RULES.relative {
            let points = self.nodes.values().map(|node| self.points_of(node));
            return points.fold(0, u64::saturating_add);
        }
        let mut members: Vec<&Node> = self.nodes.values().filter(|node| node.weight > 0).collect();
        members.sort_by_key(|node| (P::rank(node), node.name));
        let weights: Vec<u32> = members.iter().map(|node| node.weight).collect();
        P::counts(self.vnodes, &weights).into_iter().fold(0, u64::saturating_add)
    }

    fn too_many_nodes(&self) -> Option<EditError> {
        let (needed, capacity) = (self.nodes.len(), self.most_nodes);
        (needed > capacity).then_some(EditError::TooManyNodes { needed, capacity })
    }

    fn too_many_points(&self) -> Option<EditError> {
        let (needed, capacity) = (self.points(), self.most_points);
        (needed > capacity as u64).then_some(EditError::TooManyPoints { needed, capacity })
    }

    fn change(&mut self, change: &Change<'_, Node>) -> Result<(), EditError> {
        let identity = change.identity();
        if identity.len() > MAX_IDENTITY_LEN {
            return Err(EditError::IdentityTooLong { len: identity.len() });
        }
        let name = static_name(identity);
        match (change, self.nodes.get_mut(name)) {
            (Change::Insert(_), Some(_)) => return Err(EditError::DuplicateIdentity),
            (_, None) if !matches!(change, Change::Insert(_)) => {
                return Err(EditError::UnknownIdentity);
            }
            (Change::SetWeight(_, weight), Some(node)) => {
                node.weight = *weight;
                self.counts.remove(name);
            }
            (Change::SetPoints(..), Some(_)) if P::RULES.relative => {
                return Err(EditError::RelativeCounts);
            }
            (Change::SetPoints(_, 1..), Some(NamedNode { weight: 0, .. })) => {
                return Err(EditError::Drained);
            }
            (Change::SetPoints(_, points), Some(node)) => {
                let node = *node;
                self.counts.remove(name);
                if self.points_of(&node) != u64::from(*points) {
                    self.counts.insert(name, *points);
                }
            }
            (Change::Remove(_), _) => {
                self.nodes.remove(name);
                self.counts.remove(name);
            }
            (Change::Insert(node), None) => drop(self.nodes.insert(name, *node)),
            (Change::Replace(node), Some(here)) => {
                *here = NamedNode { weight: here.weight, ..*node }
            }
            (Change::SetWeight(..) | Change::SetPoints(..) | Change::Replace(_), None) => {
                unreachable!()
            }
            _ => unreachable!("a change that these tests do not know"),
        }
        Ok(())
    }

    /// The membership after many changes, or the first of them that cannot be made and why.
    ///
    /// The changes are those up to the first that is refused for what it is, such as a duplicate. Where
    /// they come to more than there is room for, the one to blame is the first behind which there never is
    /// room again. Where the points of a node depend on the others, no change is to blame for too many
    /// points, and all else that is wrong comes before that.
    pub(crate) fn apply(&self, changes: &[Change<'_, Node>]) -> Result<Self, BatchError> {
        let (mut after, mut steps, mut refused) = (self.clone(), Vec::new(), None);
        for change in changes {
            match after.change(change) {
                Ok(()) => {
                    let points = if P::RULES.relative { None } else { after.too_many_points() };
                    steps.push([after.too_many_nodes(), points]);
                }
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        // Next to the last change after which there is room.
        let since = |of: usize| {
            let fits = steps.iter().rposition(|step| step[of].is_none()).map_or(0, |last| last + 1);
            steps.get(fits).and_then(|step| Some((fits, step[of]?)))
        };
        let [nodes, points] = [0, 1].map(since);
        let refused = refused.map(|error| (steps.len(), error));
        // Where several blame one change, too many nodes come before too many points.
        if let Some((at, error)) =
            [nodes, points, refused].into_iter().flatten().min_by_key(|(at, _)| *at)
        {
            return Err(BatchError { at: Some(at), error });
        }
        match after.too_many_points() {
            Some(error) => Err(BatchError { at: None, error }),
            None => Ok(after),
        }
    }

    pub(crate) fn insert_all(&self, nodes: &[Node]) -> Result<Self, BatchError> {
        let changes: Vec<_> = nodes.iter().copied().map(Change::Insert).collect();
        self.apply(&changes)
    }

    /// The membership that a list says.
    pub(crate) fn reconcile(&self, list: &[Node]) -> Result<Self, ReconcileError> {
        let mut list = list.to_vec();
        list.sort_by_key(|node| node.name);
        if let Some(at) = list.iter().position(|node| node.name.len() > MAX_IDENTITY_LEN) {
            let error = EditError::IdentityTooLong { len: list[at].name.len() };
            return Err(ReconcileError::Node { at, error });
        }
        let differ = |pair: &[Node]| pair[0].name == pair[1].name && pair[0] != pair[1];
        if let Some(first) = list.windows(2).position(differ) {
            return Err(ReconcileError::Conflict { first, second: first + 1 });
        }
        let nodes: BTreeMap<_, _> = list.iter().map(|node| (node.name, *node)).collect();
        let mut counts = self.counts.clone();
        // A number of points stays with a node that stays in its place and has the weight that it had.
        counts.retain(|name, _| {
            let here = &self.nodes[name];
            let same = |node: &&Node| node.weight == here.weight && P::rank(node) == P::rank(here);
            nodes.get(name).filter(same).is_some()
        });
        let after = Self { nodes, counts, ..self.clone() };
        match after.too_many_nodes().or(after.too_many_points()) {
            Some(error) => Err(ReconcileError::List(error)),
            None => Ok(after),
        }
    }

    /// At most two nodes of a name, so that there is one way to put them in order; most often equal ones.
    fn thin(&self, nodes: Vec<Node>) -> Vec<Node> {
        let mut thin: Vec<Node> = Vec::new();
        for (at, node) in nodes.into_iter().enumerate() {
            let of_name = |other: &&Node| other.name == node.name;
            match thin.iter().filter(of_name).count() {
                0 => thin.push(node),
                1 if at % 5 == 4 => thin.push(node),
                1 => thin.push(*thin.iter().find(of_name).unwrap()),
                _ => {}
            }
        }
        thin
    }

    pub(crate) fn one(&self, change: Change<'_, Node>) -> Result<Self, EditError> {
        Ok(self.apply(&[change])?)
    }

    /// What the edit comes to in this membership: its batch is mended where it is meant to be, and no
    /// weight is more than the naive ring has the time for.
    pub(crate) fn settle(&self, edit: &Edit) -> Edit {
        let light = |node: &Node| NamedNode { weight: self.light(node.weight), ..*node };
        match edit {
            Edit::Insert(node) => Edit::Insert(light(node)),
            Edit::Replace(node) => Edit::Replace(light(node)),
            Edit::SetWeight(name, weight) => Edit::SetWeight(name, self.light(*weight)),
            Edit::SetPoints(name, points) => Edit::SetPoints(name, self.few(*points)),
            Edit::Apply(batch) => Edit::Apply(self.mend(batch)),
            Edit::InsertAll(nodes) => Edit::InsertAll(nodes.iter().map(light).collect()),
            Edit::Reconcile(nodes) => Edit::Reconcile(self.thin(nodes.iter().map(light).collect())),
            Edit::Merge(batch) => Edit::Merge(self.mend(batch)),
            Edit::Remove(_) | Edit::Clear => edit.clone(),
        }
    }

    /// A heavy weight only where the ring has no room for its points.
    fn light(&self, weight: u32) -> u32 {
        if self.most_points > 1 << 16 { weight.min(4) } else { weight }
    }

    /// Many points only where the ring has no room for them.
    fn few(&self, points: u32) -> u32 {
        if self.most_points > 1 << 16 { points.min(12) } else { points }
    }

    /// The membership after an edit; as it is where the edit cannot be made.
    pub(crate) fn after(&self, edit: &Edit) -> Self {
        let after = match edit {
            Edit::Insert(node) => self.one(Change::Insert(*node)).ok(),
            Edit::Replace(node) => self.one(Change::Replace(*node)).ok(),
            Edit::Remove(name) => self.one(Change::Remove(name.as_bytes())).ok(),
            Edit::SetWeight(name, weight) => {
                self.one(Change::SetWeight(name.as_bytes(), *weight)).ok()
            }
            Edit::SetPoints(name, points) => {
                self.one(Change::SetPoints(name.as_bytes(), *points)).ok()
            }
            Edit::Apply(batch) | Edit::Merge(batch) => self.apply(&batch.changes).ok(),
            Edit::InsertAll(nodes) => self.insert_all(nodes).ok(),
            Edit::Reconcile(nodes) => self.reconcile(nodes).ok(),
            Edit::Clear => {
                Some(Self { nodes: BTreeMap::new(), counts: BTreeMap::new(), ..self.clone() })
            }
        };
        after.unwrap_or_else(|| self.clone())
    }

    /// Turns changes into such that can be made, where they are meant to be.
    fn mend(&self, batch: &Batch) -> Batch {
        let light = batch.changes.iter().map(|change| match *change {
            Change::Insert(node) => {
                Change::Insert(NamedNode { weight: self.light(node.weight), ..node })
            }
            Change::SetWeight(name, weight) => Change::SetWeight(name, self.light(weight)),
            Change::Replace(node) => {
                Change::Replace(NamedNode { weight: self.light(node.weight), ..node })
            }
            Change::SetPoints(name, points) => Change::SetPoints(name, self.few(points)),
            Change::Remove(_) => *change,
            _ => unreachable!("a change that these tests do not know"),
        });
        if !batch.mend {
            return Batch { changes: light.collect(), mend: false };
        }
        let mut after = self.clone();
        let mut changes = Vec::new();
        for change in light {
            if change.identity().len() > MAX_IDENTITY_LEN {
                continue;
            }
            let name = static_name(change.identity());
            let here = after.nodes.get(name);
            let mended = match (change, here) {
                // One that has moved to another zone takes the place of the one that is there.
                (Change::Insert(node), Some(here)) if node.zone != here.zone => {
                    vec![Change::Remove(name.as_bytes()), change]
                }
                (Change::Insert(node), Some(_)) => {
                    vec![Change::SetWeight(name.as_bytes(), node.weight)]
                }
                (Change::Replace(node), None) => vec![Change::Insert(node)],
                (Change::Remove(_), None) => vec![Change::Insert(NamedNode::new(name))],
                (Change::SetPoints(..), _) if P::RULES.relative => continue,
                (Change::SetPoints(_, 1..), Some(NamedNode { weight: 0, .. })) => {
                    vec![Change::SetWeight(name.as_bytes(), 1), change]
                }
                (Change::SetPoints(_, points), None) => {
                    // So comes a node that is to come in by steps.
                    let first = Change::SetPoints(name.as_bytes(), points);
                    vec![Change::Insert(NamedNode::new(name)), first]
                }
                (Change::SetWeight(_, weight), None) => {
                    vec![Change::Insert(NamedNode::new(name).with_weight(weight))]
                }
                (change, _) => vec![change],
            };
            for change in mended {
                after.change(&change).unwrap();
                changes.push(change);
            }
        }
        Batch { changes, mend: false }
    }

    pub(crate) fn naive(&self) -> Naive<'_> {
        let nodes = self.nodes.values();
        let counted = nodes.map(|node| (node, node.weight, self.counts.get(node.name).copied()));
        Naive::new::<Node, P>(self.vnodes, counted)
    }
}
