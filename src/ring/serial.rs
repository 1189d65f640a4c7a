//! Serialized memberships: what the ring was made with (its vnodes), and each node with its weight in
//! force, and with the number of its points where that does not follow from the weight.
//!
//! The arrays are not serialized: they follow from the membership, on every machine alike.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{Error as _, SerializeSeq as _, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::basic::BasicRing;
use super::edit::Staging;
use super::member::Member;
use super::storage::{ConfigOf, Inline, Ring, Storage};
use super::view::RingRef;
use crate::node::Node;
use crate::point::{Config, Placement, PointsOf};

const NAME: &str = "Ring";
const NODES: &str = "nodes";

/// The names of the fields: one for the configuration, which is the vnodes in native rings, and one
/// for the nodes.
trait Fields: Config {
    const FIELDS: &'static [&'static str] = &[Self::NAME, NODES];
}

impl<C: Config> Fields for C {}

/// A node and its weight in force, to be serialized; in texts also the number of its points, if it was set.
#[derive(Serialize)]
struct EntryRef<'a, N> {
    weight: u32,
    node: &'a N,
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
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
fn in_bytes(points: u32) -> u32 {
    !points
}

/// The most points of a node that are written in bytes.
const MOST_IN_BYTES: u32 = u32::MAX >> 1;

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

/// `{"vnodes": …, "nodes": [{"weight": …, "node": …}, …]}` with the nodes in the order of
/// members, which natively is that of their identities.
///
/// A node whose number of points was [set](BasicRing::set_points) has a third field, `"points": …`. Formats that
/// are not read by people have it twice in a row instead: with its weight, then with 2³² − 1 minus the number of
/// its points in the place of the weight. There such a number is less than 2³¹. So what these formats write of other
/// rings has no field that may be missing.
impl<N: Serialize, P: Placement<Config: Serialize>, H> Serialize for RingRef<'_, N, P, H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ring = serializer.serialize_struct(NAME, P::Config::FIELDS.len())?;
        ring.serialize_field(P::Config::NAME, &self.config())?;
        ring.serialize_field(NODES, &Nodes(*self))?;
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

impl<S: Storage, H> BasicRing<S, H> {
    /// Takes a serialized membership into this empty ring, with the vnodes, or whatever else the ring
    /// was made with.
    ///
    /// Needs no second ring beside this one, so it serves rings too large for the stack. Costs as
    /// much as [`insert_all`](Self::insert_all).
    ///
    /// # Errors
    ///
    /// The ring is not empty, the input is malformed, or [`insert_all`](Self::insert_all) would
    /// refuse the membership. The ring is as it was before.
    pub fn restore<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error>
    where
        S::Node: Deserialize<'de>,
        ConfigOf<S>: Deserialize<'de>,
    {
        if !self.view().is_empty() {
            return Err(D::Error::custom("a membership can only be restored into an empty ring"));
        }
        let mut staging = Staging::new(self);
        let fields = ConfigOf::<S>::FIELDS;
        let config = deserializer.deserialize_struct(NAME, fields, Restore(&mut staging))?;
        // Not earlier: the format may refuse its input up to the very end.
        staging.admit(config).map_err(D::Error::custom)
    }
}

impl<'de, N, P, H, const NODES: usize, const POINTS: usize> Deserialize<'de>
    for Ring<N, NODES, POINTS, P, H>
where
    N: Node + Deserialize<'de>,
    P: PointsOf<N, Config: Default + Deserialize<'de>>,
    H: Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (config, hash) = (P::Config::default(), H::default());
        let mut ring: BasicRing<Inline<N, P, NODES, POINTS>, H> = Ring::with_hash(config, hash);
        ring.restore(deserializer)?;
        Ok(ring)
    }
}

#[cfg(feature = "alloc")]
impl<'de, N, P, H> Deserialize<'de> for super::storage::HeapRing<N, P, H>
where
    N: Node + Deserialize<'de>,
    P: PointsOf<N, Config: Default + Deserialize<'de>>,
    H: Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (config, hash) = (P::Config::default(), H::default());
        let mut ring = super::storage::HeapRing::with_hash(config, hash);
        ring.restore(deserializer)?;
        Ok(ring)
    }
}

/// Stages the nodes of a membership, and gives what its ring was made with.
struct Restore<'s, 'r, S: Storage, H>(&'s mut Staging<'r, S, H>);

impl<'de, S: Storage, H> Visitor<'de> for Restore<'_, '_, S, H>
where
    S::Node: Deserialize<'de>,
    ConfigOf<S>: Deserialize<'de>,
{
    type Value = ConfigOf<S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} and nodes of a ring", ConfigOf::<S>::NAME)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<ConfigOf<S>, A::Error> {
        let fields_of = Expected::<ConfigOf<S>>(PhantomData);
        let missing = |at| A::Error::invalid_length(at, &fields_of);
        let config = fields.next_element()?.ok_or_else(|| missing(0))?;
        fields.next_element_seed(Stage::new(self.0))?.ok_or_else(|| missing(1))?;
        Ok(config)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ConfigOf<S>, A::Error> {
        let (mut config, mut nodes) = (None, false);
        while let Some(field) = fields.next_key_seed(FieldOf::<ConfigOf<S>>(PhantomData))? {
            match field {
                Field::Config if config.is_some() => {
                    return Err(A::Error::duplicate_field(ConfigOf::<S>::NAME));
                }
                Field::Config => config = Some(fields.next_value()?),
                Field::Nodes if nodes => return Err(A::Error::duplicate_field(NODES)),
                Field::Nodes => {
                    fields.next_value_seed(Stage::new(self.0))?;
                    nodes = true;
                }
            }
        }
        if !nodes {
            return Err(A::Error::missing_field(NODES));
        }
        config.ok_or_else(|| A::Error::missing_field(ConfigOf::<S>::NAME))
    }
}

/// What is said of the fields of a ring with this configuration where one is missing.
struct Expected<C>(PhantomData<C>);

impl<C: Config> serde::de::Expected for Expected<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {NODES}", C::NAME)
    }
}

/// A field of a serialized ring.
enum Field {
    Config,
    Nodes,
}

/// Reads which field of a ring with this configuration comes next, by its name or its index.
struct FieldOf<C>(PhantomData<C>);

impl<'de, C: Config> DeserializeSeed<'de> for FieldOf<C> {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<C: Config> Visitor<'_> for FieldOf<C> {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` or `{NODES}`", C::NAME)
    }

    fn visit_u64<E: Error>(self, index: u64) -> Result<Field, E> {
        match index {
            0 => Ok(Field::Config),
            1 => Ok(Field::Nodes),
            _ => Err(E::invalid_value(Unexpected::Unsigned(index), &"field index 0 or 1")),
        }
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
        match name {
            _ if name == C::NAME => Ok(Field::Config),
            NODES => Ok(Field::Nodes),
            _ => Err(E::unknown_field(name, C::FIELDS)),
        }
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Field, E> {
        match core::str::from_utf8(name) {
            Ok(name) => self.visit_str(name),
            Err(_) => Err(E::invalid_value(Unexpected::Bytes(name), &self)),
        }
    }
}

/// Stages a sequence of nodes.
struct Stage<'s, 'r, 'de, S: Storage, H> {
    staging: &'s mut Staging<'r, S, H>,
    /// Whether the format is one that people read.
    text: bool,
    input: PhantomData<&'de ()>,
}

impl<'s, 'r, S: Storage, H> Stage<'s, 'r, '_, S, H> {
    fn new(staging: &'s mut Staging<'r, S, H>) -> Self {
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

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;

    type Small = Ring<named::Name, 3, 30>;

    /// A node that is serialized as its name.
    mod named {
        use serde::{Deserialize, Serialize};

        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub(super) struct Name(pub(super) std::string::String);

        impl crate::Node for Name {
            fn identity(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }
    }

    fn name(name: &str) -> named::Name {
        named::Name(String::from(name))
    }

    #[test]
    fn a_membership_round_trips_with_its_weights() {
        let mut ring = Small::with_vnodes(10);
        ring.insert_all(["b", "a"].map(name)).unwrap();
        ring.set_weight(b"a", 2).unwrap();
        let text = serde_json::to_string(&ring).unwrap();
        assert_eq!(
            text,
            r#"{"vnodes":10,"nodes":[{"weight":2,"node":"a"},{"weight":1,"node":"b"}]}"#
        );
        let back: Small = serde_json::from_str(&text).unwrap();
        assert!(back.same_membership(&ring));
        assert_eq!(back.view().fingerprint(), ring.view().fingerprint());
        assert_eq!(back.view().point_count(), 30);
        let sequence = r#"[10,[{"weight":2,"node":"a"},{"weight":1,"node":"b"}]]"#;
        assert!(serde_json::from_str::<Small>(sequence).unwrap().same_membership(&ring));
    }

    #[test]
    fn what_is_refused_leaves_the_ring_empty() {
        let cases = [
            (r#"{"vnodes":10}"#, "missing field `nodes`"),
            (r#"{"nodes":[]}"#, "missing field `vnodes`"),
            (r#"{"vnodes":1,"vnodes":1,"nodes":[]}"#, "duplicate field"),
            (r#"{"vnodes":1,"nodes":[{"weight":1,"node":"a"},{"weight":1,"node":"a"}]}"#, "taken"),
            (r#"{"vnodes":10,"nodes":[{"weight":4,"node":"a"}]}"#, "40 points exceed"),
            (r#"{"vnodes":10,"nodes":[{"weight":1,"node":"a"}],"more":1}"#, "unknown field"),
            (r#"[10]"#, "invalid length"),
            (r#"[10,[{"weight":1,"node":"a"}]"#, "EOF"),
            (r#"{"vnodes":10,"nodes":[{"weight":1,"node":"a"}]"#, "EOF"),
        ];
        for (text, why) in cases {
            let mut ring = Small::with_vnodes(7);
            let mut json = serde_json::Deserializer::from_str(text);
            let error = ring.restore(&mut json).unwrap_err();
            assert!(std::string::ToString::to_string(&error).contains(why), "{text}: {error}");
            assert!(ring.view().is_empty() && ring.view().vnodes() == 7);
        }
    }

    #[test]
    fn a_ring_with_members_is_not_overwritten() {
        let mut ring = Small::with_vnodes(10);
        ring.insert(name("a")).unwrap();
        let mut json = serde_json::Deserializer::from_str(r#"{"vnodes":1,"nodes":[]}"#);
        assert!(ring.restore(&mut json).is_err());
        assert_eq!(ring.view().point_count(), 10);
    }
}
