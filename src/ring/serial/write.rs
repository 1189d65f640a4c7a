//! Memberships out to serialized forms.

use serde::ser::{Error as _, SerializeSeq as _, SerializeStruct as _};
use serde::{Serialize, Serializer};

use super::entry::{EntryRef, MOST_IN_BYTES, in_bytes};
use super::form::{Field, Fields as _, Fingerprint, Form, NAME};
use crate::node::Node;
use crate::point::{Placement, PointsOf};
use crate::ring::basic::BasicRing;
use crate::ring::member::Member;
use crate::ring::storage::{ConfigOf, Storage};
use crate::ring::view::RingRef;

/// The nodes of a view as a sequence.
struct Nodes<'a, N, P: Placement, H>(RingRef<'a, N, P, H>);

impl<N: Serialize, P: Placement, H> Serialize for Nodes<'_, N, P, H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (members, config) = (self.0.members(), self.0.config());
        let set = |member: &Member<N>| member.count_set::<P>(&config);
        let text = serializer.is_human_readable();
        let twice = if text { 0 } else { members.iter().filter_map(set).count() };
        let mut nodes = serializer.serialize_seq(Some(members.len() + twice))?;
        for member in members {
            let (weight, node, points) = (member.weight(), member.node(), set(member));
            let shown = points.filter(|_| text);
            nodes.serialize_element(&EntryRef { weight, node, points: shown })?;
            if let Some(points) = points.filter(|_| !text) {
                if points > MOST_IN_BYTES {
                    return Err(S::Error::custom("a node has too many points for this format"));
                }
                let weight = in_bytes(points);
                nodes.serialize_element(&EntryRef { weight, node, points: None })?;
            }
        }
        nodes.end()
    }
}

/// In the [stored form](BasicRing::restore): the placement, the vnodes, the fingerprint, and the nodes
/// in the order of members, which natively is that of their identities. O(nodes).
impl<N: Node + Serialize, P: PointsOf<N, Config: Serialize>, H> Serialize for RingRef<'_, N, P, H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = |field: Field| field.name::<P::Config>();
        let mut ring = serializer.serialize_struct(NAME, P::Config::FIELDS.len())?;
        ring.serialize_field(name(Field::Form), &Form)?;
        ring.serialize_field(name(Field::Placement), P::NAME)?;
        ring.serialize_field(name(Field::Config), &self.config())?;
        ring.serialize_field(name(Field::Fingerprint), &Fingerprint(self.fingerprint()))?;
        ring.serialize_field(name(Field::Nodes), &Nodes(*self))?;
        ring.end()
    }
}

/// The form of its [`view`](BasicRing::view).
impl<S: Storage, H> Serialize for BasicRing<S, H>
where
    S::Node: Serialize,
    ConfigOf<S>: Serialize,
{
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        self.view().serialize(serializer)
    }
}
