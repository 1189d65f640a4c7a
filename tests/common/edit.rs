//! Random edits of a ring: one type and one way to draw it, for the model tests and the fuzz targets.
//!
//! An edit is drawn from bytes, in records of four: one for the edit, then one for each change or node of a
//! batch. Whoever makes the bytes can take a record out and leave the others what they are, and smaller
//! bytes are simpler edits: so do proptest and libFuzzer shrink what fails.

use std::fmt;

use annulus::{Change, NamedNode};
use arbitrary::{Arbitrary, Result, Unstructured};

use super::membership::{NAMES, Node, TOO_LONG, static_name, zone};

/// An edit of a ring.
#[derive(Clone)]
pub(crate) enum Edit {
    Insert(Node),
    Remove(&'static str),
    SetWeight(&'static str, u32),
    Apply(Batch),
    InsertAll(Vec<Node>),
    Merge(Batch),
    Reconcile(Vec<Node>),
    Replace(Node),
    SetPoints(&'static str, u32),
    Clear,
}

/// Changes to be made at once.
#[derive(Clone)]
pub(crate) struct Batch {
    pub(crate) changes: Vec<Change<'static, Node>>,
    /// Whether changes that cannot be made give way to some that can: nodes that are there leave or
    /// change, others join. Without this nearly every long batch would be refused.
    pub(crate) mend: bool,
}

/// Bytes that stand for an edit, a change or a node: its kind, a name, a weight and a zone.
pub(crate) type Record = [u8; 4];

/// The bytes of which an edit is drawn that begins with `head`, with `records` for its batch.
pub(crate) fn bytes(head: Record, records: &[Record]) -> Vec<u8> {
    let more = records.iter().flat_map(|record| [1].into_iter().chain(*record));
    head.into_iter().chain(more).collect()
}

/// Draws items until a byte in four says that there are no more, or no bytes are left.
pub(crate) fn list<'a, T>(
    bytes: &mut Unstructured<'a>,
    item: impl Fn(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut items = Vec::new();
    while !bytes.is_empty() && !bytes.arbitrary::<u8>()?.is_multiple_of(4) {
        items.push(item(bytes)?);
    }
    Ok(items)
}

impl Edit {
    /// This edit with all nodes that it inserts in zones that `zone` chooses.
    pub(crate) fn in_zones(mut self, zone: impl Fn(&Node) -> &'static str) -> Self {
        let place = |node: &mut Node| node.zone = zone(node);
        match &mut self {
            Self::Insert(node) | Self::Replace(node) => place(node),
            Self::InsertAll(nodes) | Self::Reconcile(nodes) => nodes.iter_mut().for_each(place),
            Self::Apply(batch) | Self::Merge(batch) => {
                for change in &mut batch.changes {
                    if let Change::Insert(node) | Change::Replace(node) = change {
                        place(node);
                    }
                }
            }
            Self::Remove(_) | Self::SetWeight(..) | Self::SetPoints(..) | Self::Clear => {}
        }
        self
    }
}

impl<'a> Arbitrary<'a> for Edit {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let record: Record = bytes.arbitrary()?;
        let batch = |bytes: &mut Unstructured<'a>| {
            let changes = list(bytes, |bytes| Ok(change(bytes.arbitrary()?)))?;
            Ok(Batch { changes, mend: !record[1].is_multiple_of(5) })
        };
        Ok(match record[0] % 34 {
            0..6 => Self::Insert(node(record)),
            6..9 => Self::Remove(name(record)),
            9..13 => Self::SetWeight(name(record), weight(record)),
            13..18 => Self::Apply(batch(bytes)?),
            18..22 => Self::InsertAll(list(bytes, |bytes| Ok(node(bytes.arbitrary()?)))?),
            22..26 => Self::Merge(batch(bytes)?),
            26 => Self::Clear,
            31..33 => Self::Replace(node(record)),
            33 => Self::SetPoints(name(record), points(record)),
            _ => Self::Reconcile(list(bytes, |bytes| Ok(node(bytes.arbitrary()?)))?),
        })
    }
}

fn change(record: Record) -> Change<'static, Node> {
    match record[0] % 12 {
        10 => Change::Replace(node(record)),
        11 => Change::SetPoints(name(record).as_bytes(), points(record)),
        0..4 => Change::Insert(node(record)),
        4..7 => Change::Remove(name(record).as_bytes()),
        _ => Change::SetWeight(name(record).as_bytes(), weight(record)),
    }
}

fn node(record: Record) -> Node {
    let name = name(record);
    NamedNode { name, weight: weight(record), zone: zone(name, record[3]) }
}

/// The one that is too long comes seldom.
fn name([_, name, ..]: Record) -> &'static str {
    match name {
        250.. => TOO_LONG,
        name => NAMES[usize::from(name) % (NAMES.len() - 1)],
    }
}

/// Mostly small, seldom so large that sums overflow.
fn weight([.., weight, _]: Record) -> u32 {
    match weight {
        255 => u32::MAX,
        254 => 1 << 31,
        weight => u32::from(weight % 5),
    }
}

/// Mostly few: below and above what weights come to. Seldom so many that sums overflow.
fn points([.., points, _]: Record) -> u32 {
    match points {
        255 => u32::MAX,
        254 => 1 << 31,
        points => u32::from(points % 12),
    }
}

/// Prints what makes it: an expression of Rust.
impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printed = match self {
            Self::Insert(node) => format!("Edit::Insert({node:?})"),
            Self::Remove(name) => format!("Edit::Remove({name:?})"),
            Self::SetWeight(name, weight) => format!("Edit::SetWeight({name:?}, {weight})"),
            Self::Apply(batch) => format!("Edit::Apply({batch:?})"),
            Self::InsertAll(nodes) => format!("Edit::InsertAll(vec!{nodes:?})"),
            Self::Merge(batch) => format!("Edit::Merge({batch:?})"),
            Self::Replace(node) => format!("Edit::Replace({node:?})"),
            Self::SetPoints(name, points) => format!("Edit::SetPoints({name:?}, {points})"),
            Self::Reconcile(nodes) => format!("Edit::Reconcile(vec!{nodes:?})"),
            Self::Clear => "Edit::Clear".into(),
        };
        // What is long says too little for its length.
        f.write_str(&printed.replace(&format!("{TOO_LONG:?}"), "TOO_LONG"))
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes: Vec<String> = self.changes.iter().map(printed).collect();
        write!(f, "Batch {{ changes: vec![{}], mend: {} }}", changes.join(", "), self.mend)
    }
}

fn printed(change: &Change<'static, Node>) -> String {
    let name = static_name(change.identity());
    match change {
        Change::Insert(node) => format!("Change::Insert({node:?})"),
        Change::Replace(node) => format!("Change::Replace({node:?})"),
        Change::Remove(_) => format!("Change::Remove({name:?}.as_bytes())"),
        Change::SetWeight(_, weight) => format!("Change::SetWeight({name:?}.as_bytes(), {weight})"),
        Change::SetPoints(_, points) => format!("Change::SetPoints({name:?}.as_bytes(), {points})"),
        _ => unreachable!("a change that these tests do not know"),
    }
}
