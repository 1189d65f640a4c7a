//! Memberships in from serialized forms.

use core::fmt;
use core::mem;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::entry::Stage;
use super::form::{
    Called, Field, FieldOf, Fields as _, Fingerprint, First, FirstOf, Form, NAME, NameOf, Names,
};
use crate::node::Node;
use crate::point::{Config as _, PointsOf};
use crate::ring::basic::BasicRing;
use crate::ring::edit::{ClearOnUnwind, Staging};
use crate::ring::storage::{ConfigOf, Inline, Ring, Storage};

impl<S: Storage, H> BasicRing<S, H> {
    /// Takes a serialized membership into this empty ring, with the vnodes, or whatever else the ring
    /// was made with.
    ///
    /// Needs no second ring beside this one, so it serves rings too large for the stack. Costs as
    /// much as [`insert_all`](Self::insert_all), and the [fingerprint](crate::RingRef::fingerprint), O(nodes).
    ///
    /// # Errors
    ///
    /// The ring is not empty, the input is malformed, of a form that is newer than this library, or of another
    /// placement, [`insert_all`](Self::insert_all) would refuse the membership, or its fingerprint is not the one that
    /// was stored with it. The ring is as it was before.
    ///
    #[doc = include_str!("form.md")]
    pub fn restore<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error>
    where
        S::Node: Deserialize<'de>,
        ConfigOf<S>: Deserialize<'de>,
    {
        if !self.view().is_empty() {
            return Err(D::Error::custom("a membership can only be restored into an empty ring"));
        }
        let before = self.storage.config();
        let mut staging = Staging::new(self);
        let fields = ConfigOf::<S>::FIELDS;
        let Head { config, fingerprint } =
            deserializer.deserialize_struct(NAME, fields, Restore(&mut staging))?;
        // Not earlier: the format may refuse its input up to the very end.
        staging.admit(config).map_err(D::Error::custom)?;
        let Some(stored) = fingerprint else { return Ok(()) };
        let restored = ClearOnUnwind::back_to(self, before);
        let found = Fingerprint(restored.ring.view().fingerprint());
        if found != stored {
            return Err(D::Error::custom(format_args!(
                "the stored fingerprint is {stored}, that of the stored nodes is {found}"
            )));
        }
        restored.finish();
        Ok(())
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
impl<'de, N, P, H> Deserialize<'de> for crate::ring::storage::HeapRing<N, P, H>
where
    N: Node + Deserialize<'de>,
    P: PointsOf<N, Config: Default + Deserialize<'de>>,
    H: Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (config, hash) = (P::Config::default(), H::default());
        let mut ring = crate::ring::storage::HeapRing::with_hash(config, hash);
        ring.restore(deserializer)?;
        Ok(ring)
    }
}

/// What is stored of a ring beside its nodes.
struct Head<C> {
    config: C,
    fingerprint: Option<Fingerprint>,
}

/// Stages the nodes of a membership, and gives the rest.
struct Restore<'s, 'r, S: Storage, H>(&'s mut Staging<'r, S, H>);

impl<'de, S: Storage, H> Visitor<'de> for Restore<'_, '_, S, H>
where
    S::Node: Deserialize<'de>,
    ConfigOf<S>: Deserialize<'de>,
{
    type Value = Head<ConfigOf<S>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} and nodes of a ring", ConfigOf::<S>::NAME)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Self::Value, A::Error> {
        let first = input.next_element_seed(FirstOf::new())?;
        let fields: &[_] = match first {
            Some(First::Form) => ConfigOf::<S>::FIELDS,
            _ => ConfigOf::<S>::FIRST_FIELDS,
        };
        let missing = |at| A::Error::invalid_length(at, &Names(fields));
        let head = match first.ok_or_else(|| missing(0))? {
            First::Config(config) => Head { config, fingerprint: None },
            First::Form => {
                let placement = NameOf::<S::Placement>::new();
                input.next_element_seed(placement)?.ok_or_else(|| missing(1))?;
                let config = input.next_element()?.ok_or_else(|| missing(2))?;
                let fingerprint = input.next_element()?.ok_or_else(|| missing(3))?;
                Head { config, fingerprint: Some(fingerprint) }
            }
        };
        let nodes = input.next_element_seed(Stage::new(self.0))?;
        nodes.ok_or_else(|| missing(fields.len() - 1))?;
        Ok(head)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Self::Value, A::Error> {
        let (mut config, mut fingerprint, mut seen) = (None, None, [false; Field::ALL.len()]);
        // What numbers of fields mean: in the first form they began with the configuration.
        let mut numbered = Field::ALL.as_slice();
        while let Some(called) = input.next_key_seed(FieldOf::<ConfigOf<S>>::new())? {
            let is_first = matches!(called, Called::Numbered(0));
            let field = match called {
                Called::Named(field) => Some(field),
                Called::Numbered(at) => {
                    usize::try_from(at).ok().and_then(|at| numbered.get(at)).copied()
                }
            };
            let unknown = || A::Error::custom("unknown field: its number is too great");
            let field = field.ok_or_else(unknown)?;
            if mem::replace(&mut seen[field as usize], true) {
                return Err(A::Error::duplicate_field(field.name::<ConfigOf<S>>()));
            }
            match field {
                Field::Form if is_first => {
                    if let First::Config(first) = input.next_value_seed(FirstOf::new())? {
                        if mem::replace(&mut seen[Field::Config as usize], true) {
                            return Err(A::Error::duplicate_field(ConfigOf::<S>::NAME));
                        }
                        (config, numbered) = (Some(first), &Field::FIRST);
                    }
                }
                Field::Form => input.next_value_seed(Form)?,
                Field::Placement => input.next_value_seed(NameOf::<S::Placement>::new())?,
                Field::Config => config = Some(input.next_value()?),
                Field::Fingerprint => fingerprint = Some(input.next_value()?),
                Field::Nodes => input.next_value_seed(Stage::new(self.0))?,
            }
        }
        let missing = |field: Field| A::Error::missing_field(field.name::<ConfigOf<S>>());
        if !seen[Field::Nodes as usize] {
            return Err(missing(Field::Nodes));
        }
        let config = config.ok_or_else(|| missing(Field::Config))?;
        Ok(Head { config, fingerprint })
    }
}
