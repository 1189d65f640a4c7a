//! The form of a stored membership: its number, the names of its fields, and how values are written and read that
//! people see otherwise than machines.

use core::fmt;
use core::marker::PhantomData;
use core::str;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    DeserializeSeed, Error, IntoDeserializer as _, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::point::{Config, Placement};

/// The form that is written. The first one had the configuration and the nodes alone.
pub(super) const NEWEST: u32 = 2;

/// Comes before the form in bytes, as the upper bits of one number. Bytes of the first form begin with the vnodes in
/// that place. Rings have not as many as this: one node of weight 1 would take 28 GiB, and leave no room for a second.
/// And so readers that know the first form alone refuse this one.
const MARK: u32 = 0xffff_ff00;

/// What a ring is called where a format has names of structures.
pub(super) const NAME: &str = "Ring";

const FORM: &str = "form";
const PLACEMENT: &str = "placement";
const FINGERPRINT: &str = "fingerprint";
const NODES: &str = "nodes";

/// The names of the fields, in the order of [`Field`].
pub(super) trait Fields: Config {
    const FIELDS: &'static [&'static str; 5] = &[FORM, PLACEMENT, Self::NAME, FINGERPRINT, NODES];
    /// Those of the first form.
    const FIRST_FIELDS: &'static [&'static str; 2] = &[Self::NAME, NODES];
}

impl<C: Config> Fields for C {}

/// A field of a stored membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Form,
    Placement,
    Config,
    Fingerprint,
    Nodes,
}

impl Field {
    /// All of them.
    pub(super) const ALL: [Self; 5] =
        [Self::Form, Self::Placement, Self::Config, Self::Fingerprint, Self::Nodes];
    /// Those of the first form.
    pub(super) const FIRST: [Self; 2] = [Self::Config, Self::Nodes];

    /// Its name.
    pub(super) fn name<C: Config>(self) -> &'static str {
        C::FIELDS[self as usize]
    }
}

/// Refuses a form that nobody knows here.
fn check<E: Error>(form: u32, oldest: u32) -> Result<(), E> {
    match form {
        _ if form > NEWEST => Err(E::custom(format_args!(
            "the stored ring is of form {form}, which is newer than form {NEWEST}, the newest that is known here"
        ))),
        _ if form < oldest => Err(E::custom(format_args!(
            "the stored ring is of form {form}, expected form {oldest} to {NEWEST}"
        ))),
        _ => Ok(()),
    }
}

/// The number of the form: [`NEWEST`] in texts, below the [`MARK`] in bytes.
pub(super) struct Form;

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mark = if serializer.is_human_readable() { 0 } else { MARK };
        serializer.serialize_u32(mark | NEWEST)
    }
}

impl<'de> DeserializeSeed<'de> for Form {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let text = deserializer.is_human_readable();
        let number = u32::deserialize(deserializer)?;
        match number.checked_sub(MARK) {
            // What was read from bytes and kept, as for an enum with tags, comes as if from a text.
            Some(form) => check(form, NEWEST),
            None if !text => {
                let found = Unexpected::Unsigned(number.into());
                Err(D::Error::invalid_value(found, &"the form of a stored ring, above 0xffffff00"))
            }
            None => check(number, 1),
        }
    }
}

/// What comes first in a sequence: the form, or the configuration of a ring in the first form.
pub(super) enum First<C> {
    Form,
    Config(C),
}

/// Reads what comes first in a sequence.
pub(super) struct FirstOf<C>(PhantomData<C>);

impl<C> FirstOf<C> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, C: Config + Deserialize<'de>> DeserializeSeed<'de> for FirstOf<C> {
    type Value = First<C>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<First<C>, D::Error> {
        if deserializer.is_human_readable() {
            // Texts have sequences in the first form alone. What was read from bytes and kept, as for an enum with
            // tags, comes here too.
            return deserializer.deserialize_any(self);
        }
        let number = u32::deserialize(deserializer)?;
        self.visit_u64(number.into())
    }
}

impl<'de, C: Config + Deserialize<'de>> Visitor<'de> for FirstOf<C> {
    type Value = First<C>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the form of a stored ring, or its {}", C::NAME)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<First<C>, E> {
        match number.checked_sub(MARK.into()).and_then(|form| u32::try_from(form).ok()) {
            Some(form) => check(form, NEWEST).map(|()| First::Form),
            None => C::deserialize(number.into_deserializer()).map(First::Config),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<First<C>, A::Error> {
        C::deserialize(MapAccessDeserializer::new(map)).map(First::Config)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<First<C>, A::Error> {
        C::deserialize(SeqAccessDeserializer::new(sequence)).map(First::Config)
    }
}

/// Reads the name of a placement, which must be that of `P`.
pub(super) struct NameOf<P>(PhantomData<P>);

impl<P> NameOf<P> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, P: Placement> DeserializeSeed<'de> for NameOf<P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<P: Placement> Visitor<'_> for NameOf<P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name of the placement `{}`", P::NAME)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<(), E> {
        let wanted = P::NAME;
        if name == wanted {
            return Ok(());
        }
        Err(E::custom(format_args!(
            "the stored ring is placed by `{name}`, and cannot be restored into one placed by `{wanted}`"
        )))
    }
}

/// A fingerprint: 16 hexadecimal digits in texts, a number in bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(pub(super) u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_u64(self.0);
        }
        let digits: [u8; 16] = core::array::from_fn(|at| {
            let digit = (self.0 >> (60 - 4 * at)) as u8 & 0xf;
            digit + if digit < 10 { b'0' } else { b'a' - 10 }
        });
        serializer.serialize_str(str::from_utf8(&digits).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Digits)
        } else {
            u64::deserialize(deserializer).map(Self)
        }
    }
}

/// Reads the digits of a fingerprint.
struct Digits;

impl Visitor<'_> for Digits {
    type Value = Fingerprint;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fingerprint of 16 hexadecimal digits")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Fingerprint, E> {
        Ok(Fingerprint(number))
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<Fingerprint, E> {
        let whole = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = u64::from_str_radix(digits, 16).ok().filter(|_| whole);
        number.map(Fingerprint).ok_or_else(|| E::invalid_value(Unexpected::Str(digits), &self))
    }
}

/// What is said of fields where one is missing: all their names.
pub(super) struct Names(pub(super) &'static [&'static str]);

impl serde::de::Expected for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            let before = match at {
                0 => "",
                _ if at + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            write!(f, "{before}{name}")?;
        }
        Ok(())
    }
}

/// A field as it is called in a map: by its name, or by its number in the order in which fields are written.
pub(super) enum Called {
    Named(Field),
    Numbered(u64),
}

/// Reads which field of a ring with this configuration comes next.
pub(super) struct FieldOf<C>(PhantomData<C>);

impl<C> FieldOf<C> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, C: Config> DeserializeSeed<'de> for FieldOf<C> {
    type Value = Called;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Called, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<C: Config> Visitor<'_> for FieldOf<C> {
    type Value = Called;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field of a ring: ")?;
        serde::de::Expected::fmt(&Names(C::FIELDS), f)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Called, E> {
        Ok(Called::Numbered(number))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Called, E> {
        let field = Field::ALL.into_iter().find(|field| field.name::<C>() == name);
        field.map(Called::Named).ok_or_else(|| E::unknown_field(name, C::FIELDS))
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Called, E> {
        match str::from_utf8(name) {
            Ok(name) => self.visit_str(name),
            Err(_) => Err(E::invalid_value(Unexpected::Bytes(name), &self)),
        }
    }
}
