//! What of a line is the key, and what of a key is hashed.

use std::io::{self, Write};

use annulus::{KeyHash, Probe, ProbeKey, Tagged, Xxh3};
use annulus_profiles::Profile;
use memchr::memchr_iter;

use crate::args::{native_only, whole};
use crate::error::Error;
use crate::output::bytes;
use crate::output::side::Side;
use crate::output::table::counted;

/// How keys are hashed: the key hash of rings that are asked about keys, or shown with their fingerprints.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hashing {
    /// All of the key.
    Whole,
    /// The tag of the key, if it has one.
    Tag(Tagged<Xxh3>),
}

impl KeyHash<[u8]> for Hashing {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        match self {
            Self::Whole => Xxh3.hash(key),
            Self::Tag(hash) => hash.hash(key),
        }
    }
}

/// As the hash of the library that it is, so that a ring has the routing fingerprint that the library gives it.
impl Probe for Hashing {
    fn hash_probe(&self, probe: &ProbeKey) -> u64 {
        self.hash(probe.as_bytes())
    }
}

/// What of a line is the key, and what of a key is hashed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Keying {
    /// The key is this part of the line, from 1, as `cut` counts; without it the key is the line
    ///
    /// A line with fewer parts is an error. An answer still begins with the line as it came.
    #[arg(long, value_name = "N",
        allow_negative_numbers = true, value_parser = whole::<u32>(1..=u32::MAX.into()))]
    field: Option<u32>,
    /// What stands between the parts of a line, one character of ASCII, or "\t" for a tab; without it a tab
    #[arg(long, value_name = "C", requires = "field", value_parser = delimiter,
        allow_hyphen_values = true)]
    delimiter: Option<u8>,
    /// Hash what lies between these two characters of ASCII in a key, as Redis Cluster does for {}
    ///
    /// That is between the first that opens and the first that closes after it. A key without both,
    /// or with nothing between them, is hashed whole.
    #[arg(long, value_name = "BRACES", value_parser = braces, allow_hyphen_values = true)]
    hash_tag: Option<Tagged<Xxh3>>,
}

impl Keying {
    /// Refuses a tag where none of the profiles has one by this option.
    pub(crate) fn check(&self, profiles: &[Profile<'_>]) -> Result<(), Error> {
        native_only("--hash-tag", self.hash_tag.is_some(), profiles)
    }

    /// The option that was given, if one was.
    pub(crate) fn option(&self) -> Option<&'static str> {
        match (self.field, &self.hash_tag) {
            (Some(_), _) => Some("--field"),
            (None, Some(_)) => Some("--hash-tag"),
            (None, None) => None,
        }
    }

    /// Writes the members of a JSON object that hold the key and, if the key is a part of it, the line.
    pub(crate) fn members(&self, out: &mut impl Write, line: &[u8], key: &[u8]) -> io::Result<()> {
        bytes::member(out, "key", key)?;
        if self.field.is_some() {
            out.write_all(b",")?;
            bytes::member(out, "line", line)?;
        }
        Ok(())
    }

    /// Writes a JSON object of a key that moves, on a line.
    pub(crate) fn moving(
        &self,
        out: &mut impl Write,
        line: &[u8],
        key: &[u8],
        sides: &[Side<'_>; 2],
    ) -> io::Result<()> {
        out.write_all(b"{\"kind\":\"key\",")?;
        self.members(out, line, key)?;
        let names = match sides[0] {
            Side::Owner(_) => ["from", "to"],
            Side::Set(_) => ["before", "after"],
        };
        for (name, side) in names.iter().zip(sides) {
            write!(out, ",\"{name}\":")?;
            serde_json::to_writer(&mut *out, side)?;
        }
        out.write_all(b"}\n")
    }

    /// The key in a line, or why there is none.
    pub(crate) fn key<'l>(&self, line: &'l [u8]) -> Result<&'l [u8], String> {
        let Some(field) = self.field else { return Ok(line) };
        let mut ends = memchr_iter(self.delimiter.unwrap_or(b'\t'), line).chain([line.len()]);
        let mut start = 0;
        for place in 1..field {
            match ends.next() {
                Some(end) if end < line.len() => start = end + 1,
                _ => return Err(too_few(place, field)),
            }
        }
        let end = ends.next().unwrap_or(line.len());
        Ok(&line[start..end])
    }

    /// How keys are hashed.
    pub(crate) fn hashing(&self) -> Hashing {
        self.hash_tag.map_or(Hashing::Whole, Hashing::Tag)
    }
}

#[cold]
fn too_few(fields: u32, wanted: u32) -> String {
    format!("there is no field {wanted} in a line of {}", counted(fields as usize, "field"))
}

fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        b"\n" => Err("a newline ends the line"),
        br"\t" => Ok(b'\t'),
        &[byte] => Ok(byte),
        _ => Err("it is not one character of ASCII"),
    }
}

fn braces(text: &str) -> Result<Tagged<Xxh3>, &'static str> {
    match text.as_bytes() {
        bytes if bytes.contains(&b'\n') => Err("a newline ends the line"),
        &[open, close] if text.is_ascii() => Ok(Tagged::with_braces(Xxh3, open, close)),
        _ => Err("they are not two characters of ASCII"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(field: u32, delimiter: u8, line: &str) -> Result<&str, String> {
        let keying = Keying { field: Some(field), delimiter: Some(delimiter), hash_tag: None };
        keying.key(line.as_bytes()).map(|key| std::str::from_utf8(key).unwrap())
    }

    #[test]
    fn fields_are_those_of_cut() {
        for line in ["a,b,c", ",,", "a,,c", "", "a", "a,", ",a"] {
            let fields: Vec<&str> = line.split(',').collect();
            for field in 1..=5 {
                let found = key(field, b',', line);
                match fields.get(field as usize - 1) {
                    Some(&expected) => assert_eq!(found.unwrap(), expected, "{line:?}: {field}"),
                    None => assert_eq!(found.unwrap_err(), too_few(fields.len() as u32, field)),
                }
            }
        }
        assert_eq!(too_few(1, 3), "there is no field 3 in a line of 1 field");
        assert!(key(u32::MAX, b'\t', "a\tb").is_err());
    }

    #[test]
    fn the_whole_line_is_the_key_unless_a_field_is() {
        let keying = Keying { field: None, delimiter: None, hash_tag: None };
        assert_eq!(keying.key(b"a\tb").unwrap(), b"a\tb");
        assert_eq!(Keying { field: Some(2), ..keying }.key(b"a\tb,c").unwrap(), b"b,c");
    }

    #[test]
    fn delimiters_and_braces_are_bytes_of_ascii() {
        assert_eq!((delimiter(" "), delimiter("\\t")), (Ok(b' '), Ok(b'\t')));
        for text in ["", "ab", "ä", "\\n", "\n"] {
            assert!(delimiter(text).is_err(), "{text:?}");
        }
        assert_eq!(braces("<>"), Ok(Tagged::with_braces(Xxh3, b'<', b'>')));
        for text in ["", "{", "{}}", "ä", "äö", "{\n", "\n}"] {
            assert!(braces(text).is_err(), "{text:?}");
        }
    }
}
