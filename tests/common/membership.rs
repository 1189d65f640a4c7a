//! Memberships as they should come out of edits: names, and the model that foretells what each edit does,
//! errors included.

use std::collections::BTreeMap;

use annulus::{BatchError, Change, EditError, MAX_IDENTITY_LEN, NamedNode, Placement};

use super::edit::{Batch, Edit};
use super::oracle::Naive;

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
pub(crate) const ZONES: [&str; 3] = ["", "east", "west"];

/// The membership as it should be, and the room for it.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) nodes: BTreeMap<&'static str, Node>,
    pub(crate) vnodes: u32,
    pub(crate) most_nodes: usize,
    pub(crate) most_points: usize,
}

pub(crate) fn static_name(identity: &[u8]) -> &'static str {
    NAMES.into_iter().find(|name| name.as_bytes() == identity).unwrap()
}

impl Model {
    /// The empty membership, with so many points for a unit of weight and room for so many nodes
    /// and points.
    pub(crate) fn new(vnodes: u32, (most_nodes, most_points): (usize, usize)) -> Self {
        Self { nodes: BTreeMap::new(), vnodes, most_nodes, most_points }
    }

    fn points(&self) -> u64 {
        self.nodes.values().map(|node| self.points_of(node)).fold(0, u64::saturating_add)
    }

    fn points_of(&self, node: &Node) -> u64 {
        u64::from(node.weight) * u64::from(self.vnodes)
    }

    fn room(&self) -> Result<(), EditError> {
        let (needed, capacity) = (self.nodes.len(), self.most_nodes);
        if needed > capacity {
            return Err(EditError::TooManyNodes { needed, capacity });
        }
        let (needed, capacity) = (self.points(), self.most_points);
        if needed > capacity as u64 {
            return Err(EditError::TooManyPoints { needed, capacity });
        }
        Ok(())
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
            (Change::SetWeight(_, weight), Some(node)) => node.weight = *weight,
            (Change::Remove(_), _) => drop(self.nodes.remove(name)),
            (Change::Insert(node), None) => drop(self.nodes.insert(name, *node)),
            (Change::SetWeight(..), None) => unreachable!(),
        }
        Ok(())
    }

    pub(crate) fn apply(&self, changes: &[Change<'_, Node>]) -> Result<Self, BatchError> {
        let mut after = self.clone();
        for (at, change) in changes.iter().enumerate() {
            after.change(change).map_err(|error| BatchError { at: Some(at), error })?;
        }
        after.room().map_err(|error| BatchError { at: None, error })?;
        Ok(after)
    }

    pub(crate) fn one(&self, change: Change<'_, Node>) -> Result<Self, EditError> {
        let mut after = self.clone();
        after.change(&change)?;
        after.room()?;
        Ok(after)
    }

    /// The nodes joining one after the other. Where `twins` is not set, nodes that come twice are
    /// looked for only at the end.
    pub(crate) fn insert_all(&self, nodes: &[Node], twins: bool) -> Result<Self, BatchError> {
        let mut after = self.clone();
        let mut twin = None;
        let mut points = self.points();
        for (at, node) in nodes.iter().enumerate() {
            let refuse = |error| BatchError { at: Some(at), error };
            match after.change(&Change::Insert(*node)) {
                Err(EditError::DuplicateIdentity)
                    if !twins && !self.nodes.contains_key(node.name) =>
                {
                    twin = twin.or(Some(refuse(EditError::DuplicateIdentity)));
                }
                other => other.map_err(refuse)?,
            }
            points = points.saturating_add(self.points_of(node));
            let (needed, capacity) = (self.nodes.len() + at + 1, self.most_nodes);
            if needed > capacity {
                return Err(refuse(EditError::TooManyNodes { needed, capacity }));
            }
            let (needed, capacity) = (points, self.most_points);
            if needed > capacity as u64 {
                return Err(refuse(EditError::TooManyPoints { needed, capacity }));
            }
        }
        twin.map_or(Ok(after), Err)
    }

    /// What the edit comes to in this membership: its batch is mended where it is meant to be, and no
    /// weight is more than the naive ring has the time for.
    pub(crate) fn settle(&self, edit: &Edit) -> Edit {
        let light = |node: &Node| NamedNode { weight: self.light(node.weight), ..*node };
        match edit {
            Edit::Insert(node) => Edit::Insert(light(node)),
            Edit::SetWeight(name, weight) => Edit::SetWeight(name, self.light(*weight)),
            Edit::Apply(batch) => Edit::Apply(self.mend(batch)),
            Edit::InsertAll(nodes) => Edit::InsertAll(nodes.iter().map(light).collect()),
            Edit::Merge(batch) => Edit::Merge(self.mend(batch)),
            Edit::Remove(_) | Edit::Clear => edit.clone(),
        }
    }

    /// A heavy weight only where the ring has no room for its points.
    fn light(&self, weight: u32) -> u32 {
        if self.most_points > 1 << 16 { weight.min(4) } else { weight }
    }

    /// The membership after an edit; as it is where the edit cannot be made.
    pub(crate) fn after(&self, edit: &Edit) -> Self {
        let after = match edit {
            Edit::Insert(node) => self.one(Change::Insert(*node)).ok(),
            Edit::Remove(name) => self.one(Change::Remove(name.as_bytes())).ok(),
            Edit::SetWeight(name, weight) => {
                self.one(Change::SetWeight(name.as_bytes(), *weight)).ok()
            }
            Edit::Apply(batch) | Edit::Merge(batch) => self.apply(&batch.changes).ok(),
            Edit::InsertAll(nodes) => self.insert_all(nodes, false).ok(),
            Edit::Clear => Some(Self { nodes: BTreeMap::new(), ..self.clone() }),
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
            Change::Remove(_) => *change,
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
            let change = match (change, after.nodes.contains_key(name)) {
                (Change::Insert(node), true) => Change::SetWeight(name.as_bytes(), node.weight),
                (Change::Remove(_), false) => Change::Insert(NamedNode::new(name)),
                (Change::SetWeight(_, weight), false) => {
                    Change::Insert(NamedNode::new(name).with_weight(weight))
                }
                (change, _) => change,
            };
            after.change(&change).unwrap();
            changes.push(change);
        }
        Batch { changes, mend: false }
    }

    pub(crate) fn naive<P: Placement>(&self) -> Naive<'static> {
        let nodes = self.nodes.values();
        Naive::new::<P>(
            self.vnodes,
            nodes.map(|node| (node.name.as_bytes(), node.weight, node.zone.as_bytes())),
        )
    }
}
