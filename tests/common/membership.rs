//! Memberships as they should come out of edits: names, edits and the model that foretells what
//! each does, errors included.

use std::collections::BTreeMap;
use std::fmt;

use annulus::{BatchError, Change, EditError, MAX_IDENTITY_LEN, NamedNode, Placement};

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

/// An edit of a ring.
#[derive(Clone)]
pub(crate) enum Edit {
    Insert(Node),
    Remove(&'static str),
    SetWeight(&'static str, u32),
    Apply(Vec<Change<'static, Node>>),
    InsertAll(Vec<Node>),
    Merge(Vec<Change<'static, Node>>),
    Clear,
}

/// Prints what makes it: an expression of Rust.
impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert(node) => write!(f, "Edit::Insert({node:?})"),
            Self::Remove(name) => write!(f, "Edit::Remove({name:?})"),
            Self::SetWeight(name, weight) => write!(f, "Edit::SetWeight({name:?}, {weight})"),
            Self::Apply(changes) => write!(f, "Edit::Apply({})", List(changes, change)),
            Self::InsertAll(nodes) => {
                write!(f, "Edit::InsertAll({})", List(nodes, |node| format!("{node:?}")))
            }
            Self::Merge(changes) => write!(f, "Edit::Merge({})", List(changes, change)),
            Self::Clear => f.write_str("Edit::Clear"),
        }
    }
}

/// A vector as Rust makes it.
struct List<'a, T>(&'a [T], fn(&T) -> String);

impl<T> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<String> = self.0.iter().map(self.1).collect();
        write!(f, "vec![{}]", items.join(", "))
    }
}

fn change(change: &Change<'static, Node>) -> String {
    let name = static_name(change.identity());
    match change {
        Change::Insert(node) => format!("Change::Insert({node:?})"),
        Change::Remove(_) => format!("Change::Remove({name:?}.as_bytes())"),
        Change::SetWeight(_, weight) => format!("Change::SetWeight({name:?}.as_bytes(), {weight})"),
    }
}

/// Changes to a membership, of which most can be made where `mend` is set: nodes that are there leave
/// or change, others join. Without this nearly every long batch would be refused.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    pub(crate) changes: Vec<Change<'static, Node>>,
    pub(crate) mend: bool,
}

/// An edit as it is drawn, before its changes are mended.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    Insert(Node),
    Remove(&'static str),
    SetWeight(&'static str, u32),
    Apply(Changes),
    InsertAll(Vec<Node>),
    Merge(Changes),
    Clear,
}

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

    /// The edit that a plan comes to in this membership.
    pub(crate) fn edit(&self, plan: Plan) -> Edit {
        match plan {
            Plan::Insert(node) => Edit::Insert(node),
            Plan::Remove(name) => Edit::Remove(name),
            Plan::SetWeight(name, weight) => Edit::SetWeight(name, weight),
            Plan::Apply(changes) => Edit::Apply(self.mend(changes)),
            Plan::InsertAll(nodes) => Edit::InsertAll(nodes),
            Plan::Merge(changes) => Edit::Merge(self.mend(changes)),
            Plan::Clear => Edit::Clear,
        }
    }

    /// The membership after an edit; as it is where the edit cannot be made.
    pub(crate) fn after(&self, edit: &Edit) -> Self {
        let after = match edit {
            Edit::Insert(node) => self.one(Change::Insert(*node)).ok(),
            Edit::Remove(name) => self.one(Change::Remove(name.as_bytes())).ok(),
            Edit::SetWeight(name, weight) => {
                self.one(Change::SetWeight(name.as_bytes(), *weight)).ok()
            }
            Edit::Apply(changes) | Edit::Merge(changes) => self.apply(changes).ok(),
            Edit::InsertAll(nodes) => self.insert_all(nodes, false).ok(),
            Edit::Clear => Some(Self { nodes: BTreeMap::new(), ..self.clone() }),
        };
        after.unwrap_or_else(|| self.clone())
    }

    /// Turns `changes` into changes that can be made, where they were drawn to be.
    fn mend(&self, drawn: Changes) -> Vec<Change<'static, Node>> {
        if !drawn.mend {
            return drawn.changes;
        }
        let mut after = self.clone();
        let mut mended = Vec::new();
        for change in drawn.changes {
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
            mended.push(change);
        }
        mended
    }

    pub(crate) fn naive<P: Placement>(&self) -> Naive<'static> {
        let nodes = self.nodes.values();
        Naive::new::<P>(
            self.vnodes,
            nodes.map(|node| (node.name.as_bytes(), node.weight, node.zone.as_bytes())),
        )
    }
}
