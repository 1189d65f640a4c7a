//! [`Profile`]: a system and its options by name, as the command takes them.

mod cassandra;
mod haproxy;
mod memcached;
mod options;
mod visit;

use core::fmt;

use crate::cassandra::Strategy;
use crate::{envoy, hashring, libmemcached, twemproxy};
use options::Options;
pub use options::ProfileError;
pub use visit::Visit;

/// A system with its options, by name: `nginx`, `pingora-v2,points=40`.
///
/// It is known when the program runs which placement that is, so what is done with a ring of it is a [`Visit`].
///
/// ```
/// use annulus_profiles::Profile;
///
/// let profile: Profile = Profile::parse("nginx")?;
/// assert_eq!(profile.name(), "nginx");
/// assert!(Profile::parse("nginx,points=3").is_err());
/// # Ok::<(), annulus_profiles::ProfileError<'_>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Profile<'t> {
    /// The placement of `annulus`.
    Native,
    /// [`nginx`](crate::nginx).
    Nginx,
    /// [`pingora`](crate::pingora), version 1.
    Pingora,
    /// [`pingora`](crate::pingora), version 2, with so many points for each unit of weight.
    PingoraV2(u32),
    /// [`libmemcached`], not by weight.
    Libmemcached(libmemcached::Config),
    /// [`libmemcached`] by weight, with this hash of keys.
    LibmemcachedWeighted(libmemcached::Labels, libmemcached::Hash),
    /// [`twemproxy`], and the characters around tags if keys have such.
    Twemproxy(twemproxy::Hash, Option<[u8; 2]>),
    /// [`envoy`](crate::envoy).
    Envoy(envoy::Config),
    /// gRPC: see [`envoy`](crate::envoy).
    Grpc(envoy::Config),
    /// [`libketama`](crate::libketama).
    Libketama,
    /// [`uhashring`](crate::uhashring), its default ring.
    Uhashring,
    /// [`uhashring`](crate::uhashring) with `hash_fn="ketama"`.
    UhashringKetama,
    /// [`hash_ring`](crate::hash_ring), of Python.
    HashRing,
    /// [`hashring`](crate::hashring), of npm.
    Hashring(hashring::Config),
    /// [`haproxy`](crate::haproxy).
    Haproxy(crate::haproxy::Config, crate::haproxy::Hash),
    /// [`cassandra`](crate::cassandra).
    Cassandra(Strategy<'t>),
}

impl<'t> Profile<'t> {
    /// The names of all systems.
    pub const NAMES: &'static [&'static str] = &[
        "native",
        "nginx",
        "pingora",
        "pingora-v2",
        "libmemcached",
        "twemproxy",
        "envoy",
        "grpc",
        "libketama",
        "uhashring",
        "hash_ring",
        "hashring",
        "haproxy-2.6",
        "haproxy-3.0",
        "cassandra",
    ];

    /// The system and the options of a text such as `pingora-v2,points=40`. O(length).
    ///
    /// # Errors
    ///
    /// A system or an option that nobody knows, or a value that the option does not take.
    pub fn parse(text: &'t str) -> Result<Self, ProfileError<'t>> {
        let (name, mut options) = Options::of(text);
        let profile = match name {
            "native" => Self::Native,
            "nginx" => Self::Nginx,
            "pingora" => Self::Pingora,
            "pingora-v2" => Self::PingoraV2(
                options.number("points", "a number from 1 on", |&n| n > 0)?.unwrap_or(160),
            ),
            "libmemcached" => memcached::libmemcached(&mut options)?,
            "twemproxy" => memcached::twemproxy(&mut options)?,
            "envoy" => Self::Envoy(ring_hash(&mut options, None)?),
            "grpc" => Self::Grpc(ring_hash(&mut options, Some(4_096))?),
            "libketama" => Self::Libketama,
            "uhashring" if options.flag("ketama")? => Self::UhashringKetama,
            "uhashring" => Self::Uhashring,
            "hash_ring" => Self::HashRing,
            "hashring" => Self::Hashring(hashring_options(&mut options)?),
            "haproxy-2.6" => haproxy::old(&mut options)?,
            "haproxy-3.0" => haproxy::new(&mut options)?,
            "cassandra" => Self::Cassandra(cassandra::strategy(&mut options)?),
            _ => return Err(ProfileError::Name(name)),
        };
        options.end()?;
        Ok(profile)
    }

    /// The name of the system.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Nginx => "nginx",
            Self::Pingora => "pingora",
            Self::PingoraV2(_) => "pingora-v2",
            Self::Libmemcached(_) | Self::LibmemcachedWeighted(..) => "libmemcached",
            Self::Twemproxy(..) => "twemproxy",
            Self::Envoy(_) => "envoy",
            Self::Grpc(_) => "grpc",
            Self::Libketama => "libketama",
            Self::Uhashring | Self::UhashringKetama => "uhashring",
            Self::HashRing => "hash_ring",
            Self::Hashring(_) => "hashring",
            Self::Haproxy(config, _) => haproxy::name(config),
            Self::Cassandra(_) => "cassandra",
        }
    }
}

/// The options of Envoy, or of gRPC with this cap on sizes where they give none.
fn ring_hash<'t>(
    options: &mut Options<'t>,
    cap: Option<u64>,
) -> Result<envoy::Config, ProfileError<'t>> {
    const SIZE: &str = "a number from 1 to 8388608";
    let taken = |&size: &u64| (1..=envoy::MOST).contains(&size);
    let min = options.number("min", SIZE, taken)?.unwrap_or(1_024);
    let asked =
        options.number("max", "a number from min to 8388608", |max| taken(max) && min <= *max)?;
    let max = asked.unwrap_or(envoy::MOST);
    match cap {
        Some(cap) => {
            let cap = options.number("cap", SIZE, taken)?.unwrap_or(cap);
            Ok(envoy::Config::grpc(min, max, cap).unwrap_or(envoy::Config::GRPC))
        }
        None => {
            let points = options.value("hash", "xxh64 or murmur64A", |name| match name {
                "xxh64" => Some(envoy::Points::Xxh),
                "murmur64A" => Some(envoy::Points::Murmur),
                _ => None,
            })?;
            let config = envoy::Config::new(min, max).unwrap_or(envoy::Config::ENVOY);
            Ok(config.with_points(points.unwrap_or_default()))
        }
    }
}

/// Writes the sizes that differ from `usual`, with a cap where it is not the usual one.
fn ring_hash_options(
    config: &envoy::Config,
    usual: &envoy::Config,
    cap: Option<u64>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    if config.min() != usual.min() {
        write!(f, ",min={}", config.min())?;
    }
    if config.max() != usual.max() {
        write!(f, ",max={}", config.max())?;
    }
    if cap.is_some_and(|cap| config.max() > cap) {
        write!(f, ",cap={}", config.max())?;
    }
    f.write_str(if config.points() == envoy::Points::Murmur { ",hash=murmur64A" } else { "" })
}

/// The options of hashring.
fn hashring_options<'t>(options: &mut Options<'t>) -> Result<hashring::Config, ProfileError<'t>> {
    let mut config = hashring::Config::new();
    if let Some(vnodes) = options.number("vnodes", "a number from 1 on", |&n| n > 0)? {
        config = config.with_vnodes(vnodes);
    }
    if let Some(port) = options.number("default_port", "a port from 1 to 65535", |&n| n > 0)? {
        config = config.with_default_port(port);
    }
    let hash_ring =
        options.value("compatibility", "hash_ring", |value| (value == "hash_ring").then_some(true));
    Ok(config.with_hash_ring(hash_ring?.is_some()))
}

/// As [`parse`](Profile::parse) reads it: options that are as they are without being named are left out.
impl fmt::Display for Profile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Libmemcached(config) => {
                memcached::write_libmemcached(false, config.labels(), config.hash(), f)
            }
            Self::LibmemcachedWeighted(labels, hash) => {
                memcached::write_libmemcached(true, *labels, *hash, f)
            }
            Self::Twemproxy(hash, tag) => memcached::write_twemproxy(*hash, *tag, f),
            Self::PingoraV2(points) if *points != 160 => write!(f, ",points={points}"),
            Self::Envoy(config) => ring_hash_options(config, &envoy::Config::ENVOY, None, f),
            Self::Grpc(config) => ring_hash_options(config, &envoy::Config::GRPC, Some(4_096), f),
            Self::UhashringKetama => f.write_str(",ketama"),
            Self::Hashring(config) => {
                if config.vnodes() != hashring::Config::new().vnodes() {
                    write!(f, ",vnodes={}", config.vnodes())?;
                }
                if config.default_port() != 0 {
                    write!(f, ",default_port={}", config.default_port())?;
                }
                f.write_str(if config.hash_ring() { ",compatibility=hash_ring" } else { "" })
            }
            Self::Haproxy(config, hash) => haproxy::options(config, hash, f),
            Self::Cassandra(strategy) => write!(f, ",{strategy}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn ketama_and_its_kin_are_written_back_as_they_are_read() {
        for text in [
            "libketama",
            "uhashring",
            "uhashring,ketama",
            "hash_ring",
            "hashring",
            "hashring,vnodes=100",
            "hashring,default_port=11211",
            "hashring,vnodes=7,default_port=1,compatibility=hash_ring",
        ] {
            let profile = Profile::parse(text).unwrap();
            assert_eq!(profile.to_string(), text);
            assert!(Profile::NAMES.contains(&profile.name()), "{text}");
        }
        assert_eq!(Profile::parse("hashring,vnodes=40").unwrap().to_string(), "hashring");
    }

    #[test]
    fn ketama_and_its_kin_refuse_other_options() {
        for (text, error) in [
            ("libketama,ketama", "the system has no option \"ketama\""),
            ("hash_ring,vnodes=3", "the system has no option \"vnodes\""),
            ("uhashring,ketama=1", "the option ketama takes no value, not \"1\""),
            ("uhashring,ketama,ketama", "the option \"ketama\" comes twice"),
            ("hashring,vnodes", "the option vnodes takes a number from 1 on, not \"\""),
            ("hashring,vnodes=0", "the option vnodes takes a number from 1 on, not \"0\""),
            ("hashring,vnodes=+4", "the option vnodes takes a number from 1 on, not \"+4\""),
            (
                "hashring,default_port=65536",
                "the option default_port takes a port from 1 to 65535, not \"65536\"",
            ),
            (
                "hashring,compatibility=ketama",
                "the option compatibility takes hash_ring, not \"ketama\"",
            ),
        ] {
            assert_eq!(Profile::parse(text).unwrap_err().to_string(), error, "{text}");
        }
    }
}
