//! A node of a stored membership: what is written of it, and how a sequence of nodes is staged.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::node::Node as _;
use crate::ring::edit::Staging;
use crate::ring::storage::Storage;

/// A node and its weight in force, to be serialized; in texts also the number of its points, if it was set.
#[derive(Serialize)]
pub(super) struct EntryRef<'a, N> {
    pub(super) weight: u32,
    pub(super) node: &'a N,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<u32>,
}

/// A node and its weight in force, deserialized from a text; also the number of its points, if it was set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<N> {
    weight: u32,
    node: N,
    #[serde(default)]
    points: Option<u32>,
}

/// A node and its weight in force, deserialized from bytes, where no field can be left out. If it comes once
/// more, right after the first time, its weight stands for the number of its points: see [`in_bytes`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainEntry<N> {
    weight: u32,
    node: N,
}

/// What stands in the place of the weight for a number of points, and the other way round. It is 2³¹ or
/// more, so that a membership that has a node twice by mistake is not taken for one with such numbers.
pub(super) fn in_bytes(points: u32) -> u32 {
    !points
}

/// The most points of a node that are written in bytes.
pub(super) const MOST_IN_BYTES: u32 = u32::MAX >> 1;

/// Stages a sequence of nodes.
pub(super) struct Stage<'s, 'r, 'de, S: Storage, H> {
    staging: &'s mut Staging<'r, S, H>,
    /// Whether the format is one that people read.
    text: bool,
    input: PhantomData<&'de ()>,
}

impl<'s, 'r, S: Storage, H> Stage<'s, 'r, '_, S, H> {
    pub(super) fn new(staging: &'s mut Staging<'r, S, H>) -> Self {
        Self { staging, text: false, input: PhantomData }
    }
}

impl<'de, S: Storage, H> DeserializeSeed<'de> for Stage<'_, '_, 'de, S, H>
where
    S::Node: Deserialize<'de>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let text = deserializer.is_human_readable();
        deserializer.deserialize_seq(Self { text, ..self })
    }
}

impl<'de, S: Storage, H> Visitor<'de> for Stage<'_, '_, 'de, S, H>
where
    S::Node: Deserialize<'de>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nodes with their weights")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Self { staging, text, .. } = self;
        loop {
            let (weight, node, points) = if text {
                let Some(entry) = entries.next_element()? else { break };
                let Entry { weight, node, points } = entry;
                (weight, node, points)
            } else {
                let Some(PlainEntry { weight, node }) =
                    entries.next_element::<PlainEntry<S::Node>>()?
                else {
                    break;
                };
                let points = in_bytes(weight);
                if points <= MOST_IN_BYTES && staging.last_is(node.identity()) {
                    staging.set_points(points).map_err(A::Error::custom)?;
                    continue;
                }
                (weight, node, None)
            };
            // No points yet: the configuration may come after the nodes in the input.
            staging.add(node, weight, None).map_err(A::Error::custom)?;
            if let Some(points) = points {
                staging.set_points(points).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }
}
