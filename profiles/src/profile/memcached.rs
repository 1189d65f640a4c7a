//! The options of libmemcached and twemproxy.

use core::fmt;

use super::options::Options;
use super::{Profile, ProfileError};
use crate::libmemcached::{self, Config, Labels};
use crate::twemproxy;

/// The profile of libmemcached with these options.
pub(super) fn libmemcached<'t>(options: &mut Options<'t>) -> Result<Profile<'t>, ProfileError<'t>> {
    use libmemcached::Hash;

    let labels = if options.flag("spy")? { Labels::Spy } else { Labels::Plain };
    let weighted = options.flag("weighted")?;
    let hash = options.value("hash", Hash::WANTED, Hash::from_name)?;
    Ok(if weighted {
        Profile::LibmemcachedWeighted(labels, hash.unwrap_or(Hash::Md5))
    } else {
        Profile::Libmemcached(Config::new(hash.unwrap_or_default()).with_labels(labels))
    })
}

/// The profile of twemproxy with these options.
pub(super) fn twemproxy<'t>(options: &mut Options<'t>) -> Result<Profile<'t>, ProfileError<'t>> {
    use twemproxy::Hash;

    let hash = options.value("hash", Hash::WANTED, Hash::from_name)?;
    let tag = options.value("hash_tag", "two ASCII characters, such as {}", |tag| {
        tag.is_ascii().then(|| <[u8; 2]>::try_from(tag.as_bytes()).ok()).flatten()
    })?;
    Ok(Profile::Twemproxy(hash.unwrap_or_default(), tag))
}

/// Writes the options of libmemcached that are not as they are without being named.
pub(super) fn write_libmemcached(
    weighted: bool,
    labels: Labels,
    hash: libmemcached::Hash,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.write_str(if weighted { ",weighted" } else { "" })?;
    f.write_str(if labels == Labels::Spy { ",spy" } else { "" })?;
    let unnamed = if weighted { libmemcached::Hash::Md5 } else { libmemcached::Hash::default() };
    if hash == unnamed { Ok(()) } else { write!(f, ",hash={}", hash.name()) }
}

/// Writes the options of twemproxy that are not as they are without being named.
pub(super) fn write_twemproxy(
    hash: twemproxy::Hash,
    tag: Option<[u8; 2]>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    if hash != twemproxy::Hash::default() {
        write!(f, ",hash={}", hash.name())?;
    }
    match tag {
        Some([open, close]) => write!(f, ",hash_tag={}{}", char::from(open), char::from(close)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn profiles_are_written_back_as_they_are_read() {
        for text in [
            "libmemcached",
            "libmemcached,hash=md5",
            "libmemcached,spy",
            "libmemcached,spy,hash=murmur3",
            "libmemcached,weighted",
            "libmemcached,weighted,spy",
            "libmemcached,weighted,hash=one_at_a_time",
            "libmemcached,weighted,spy,hash=crc",
            "twemproxy",
            "twemproxy,hash=md5",
            "twemproxy,hash_tag={}",
            "twemproxy,hash=crc32a,hash_tag=$$",
        ] {
            let profile = Profile::parse(text).unwrap();
            assert_eq!(profile.to_string(), text);
            assert!(Profile::NAMES.contains(&profile.name()), "{text}");
        }
        for (text, written) in [
            ("libmemcached,hash=one_at_a_time", "libmemcached"),
            ("libmemcached,hash=md5,weighted", "libmemcached,weighted"),
            ("twemproxy,hash=fnv1a_64", "twemproxy"),
        ] {
            assert_eq!(Profile::parse(text).unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_the_systems_do_not_have_is_refused() {
        let hashes =
            "one of one_at_a_time md5 crc fnv1_64 fnv1a_64 fnv1_32 fnv1a_32 murmur murmur3 jenkins";
        let tags = "two ASCII characters, such as {}";
        for (text, option, value, wanted) in [
            ("libmemcached,hash=hsieh", "hash", "hsieh", hashes),
            ("libmemcached,weighted,hash", "hash", "", hashes),
            ("libmemcached,weighted=yes", "weighted", "yes", "no value"),
            ("libmemcached,spy=", "spy", "", "no value"),
            ("twemproxy,hash_tag={", "hash_tag", "{", tags),
            ("twemproxy,hash_tag={}}", "hash_tag", "{}}", tags),
            ("twemproxy,hash_tag=ä", "hash_tag", "ä", tags),
            ("twemproxy,hash_tag", "hash_tag", "", tags),
        ] {
            let error = ProfileError::Value { option, value, wanted };
            assert_eq!(Profile::parse(text), Err(error), "{text}");
        }
        for (text, error) in [
            ("libmemcached,hash_tag={}", ProfileError::Option("hash_tag")),
            ("twemproxy,weighted", ProfileError::Option("weighted")),
            ("libmemcached,spy,spy", ProfileError::Twice("spy")),
        ] {
            assert_eq!(Profile::parse(text), Err(error), "{text}");
        }
        let Err(ProfileError::Value { wanted, .. }) = Profile::parse("twemproxy,hash=crc") else {
            panic!("twemproxy has no crc");
        };
        assert!(wanted.contains(" crc32a ") && wanted.contains(" hsieh "), "{wanted}");
    }
}
