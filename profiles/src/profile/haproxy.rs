//! The options of HAProxy.

use core::fmt;

use super::options::Options;
use super::{Profile, ProfileError};
use crate::haproxy::{Config, Function, Hash, HashKey};

/// The value of `words` that has this name.
fn named<V: Copy>(words: &[(&'static str, V)], name: &str) -> Option<V> {
    words.iter().find(|(word, _)| *word == name).map(|&(_, value)| value)
}

/// The name of this value, if it is not the default.
fn unusual<V: Copy + Default + PartialEq>(
    words: &[(&'static str, V)],
    value: V,
) -> Option<&'static str> {
    let other = words.iter().find(|&&(_, other)| other == value && other != V::default());
    other.map(|&(word, _)| word)
}

/// `haproxy-2.6`.
pub(super) fn old<'t>(options: &mut Options<'t>) -> Result<Profile<'t>, ProfileError<'t>> {
    Ok(Profile::Haproxy(Config::V2_6, hash(options)?))
}

/// `haproxy-3.0`.
pub(super) fn new<'t>(options: &mut Options<'t>) -> Result<Profile<'t>, ProfileError<'t>> {
    let key = options.value("hash_key", "id, addr or addr-port", |key| named(&HashKey::WORDS, key));
    Ok(Profile::Haproxy(Config::V3_0(key?.unwrap_or_default()), hash(options)?))
}

fn hash<'t>(options: &mut Options<'t>) -> Result<Hash, ProfileError<'t>> {
    let function =
        options.value("hash", "sdbm, djb2, wt6 or crc32", |name| named(&FUNCTIONS, name))?;
    let avalanche = options.value("avalanche", "yes or no", |word| named(&AVALANCHE, word))?;
    Ok(Hash::new(function.unwrap_or_default(), avalanche.unwrap_or(true)))
}

const FUNCTIONS: [(&str, Function); 4] = [
    ("sdbm", Function::Sdbm),
    ("djb2", Function::Djb2),
    ("wt6", Function::Wt6),
    ("crc32", Function::Crc32),
];

const AVALANCHE: [(&str, bool); 2] = [("yes", true), ("no", false)];

/// The name of the profile.
pub(super) const fn name(config: &Config) -> &'static str {
    match config {
        Config::V2_6 => "haproxy-2.6",
        Config::V3_0(_) => "haproxy-3.0",
    }
}

/// Writes the options that are not the default.
pub(super) fn options(config: &Config, hash: &Hash, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(name) = unusual(&FUNCTIONS, hash.function()) {
        write!(f, ",hash={name}")?;
    }
    if !hash.has_avalanche() {
        f.write_str(",avalanche=no")?;
    }
    let key = match config {
        Config::V2_6 => None,
        Config::V3_0(key) => unusual(&HashKey::WORDS, *key),
    };
    key.map_or(Ok(()), |name| write!(f, ",hash_key={name}"))
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn options_are_read_and_written_back() {
        for (text, written) in [
            ("haproxy-2.6", "haproxy-2.6"),
            ("haproxy-2.6,hash=sdbm,avalanche=yes", "haproxy-2.6"),
            ("haproxy-2.6,avalanche=no,hash=wt6", "haproxy-2.6,hash=wt6,avalanche=no"),
            ("haproxy-3.0,hash_key=id", "haproxy-3.0"),
            (
                "haproxy-3.0,hash_key=addr-port,hash=crc32",
                "haproxy-3.0,hash=crc32,hash_key=addr-port",
            ),
        ] {
            let profile = Profile::parse(text).unwrap();
            assert_eq!(profile.to_string(), written);
            assert_eq!(Profile::parse(written), Ok(profile));
        }
    }

    #[test]
    fn what_haproxy_does_not_have_is_refused() {
        for text in [
            "haproxy-2.6,hash_key=id",
            "haproxy-3.0,hash_key=name",
            "haproxy-3.0,hash=md5",
            "haproxy-3.0,avalanche",
            "haproxy-3.0,avalanche=0",
            "haproxy-3.0,hash=sdbm,hash=sdbm",
            "haproxy",
        ] {
            assert!(Profile::parse(text).is_err(), "{text}");
        }
    }
}
