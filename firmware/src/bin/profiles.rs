//! What nginx and libmemcached answered, checked on this core: rings in place that agree with theirs.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt;

use annulus::{EditError, KeyHash, Node as _, PointsOf, Ring};
use annulus_profiles::Server;
use annulus_profiles::libmemcached::{self, Labels, Libmemcached, LibmemcachedWeighted};
use annulus_profiles::nginx::{self, Nginx};

/// What is recorded of a case: see `build.rs`.
macro_rules! recorded {
    ($system:literal, $case:literal) => {
        Recorded {
            case: $case,
            nodes: include_str!(concat!(
                "../../../profiles/vectors/",
                $system,
                "/",
                $case,
                ".nodes"
            )),
            keys: include_bytes!(concat!("../../../profiles/vectors/", $system, "/raw.keys")),
            places: include_bytes!(concat!(env!("OUT_DIR"), "/", $case, ".places")),
        }
    };
}

#[cfg_attr(target_os = "none", cortex_m_rt::entry)]
fn main() -> ! {
    firmware::finish(check())
}

/// How many answers agree; the first that does not is an error.
fn check() -> Result<Agreement, Wrong> {
    // A ring is made when the one before has gone: there are 16 KiB of RAM.
    let config = libmemcached::Config::default();
    let nginx = recorded!("nginx", "lo3_u").check::<Nginx, _, 480>((), nginx::Hash::default())?;
    let plain = recorded!("libmemcached", "K.n3_mix_u")
        .check::<Libmemcached, _, 300>(config, config.hash())?;
    let weighted = recorded!("libmemcached", "W.n3_mix_w")
        .check::<LibmemcachedWeighted, _, 480>(Labels::Plain, libmemcached::Hash::Md5)?;
    Ok(Agreement { nginx, libmemcached: plain + weighted })
}

/// A case, and what it answered.
struct Recorded {
    case: &'static str,
    /// The servers in their order, each with an address and a weight in a line.
    nodes: &'static str,
    /// A key in each line.
    keys: &'static [u8],
    /// For each key the place of its server, a digit.
    places: &'static [u8],
}

impl Recorded {
    /// How many answers are those of a ring in place, one of whose servers has left and come back.
    #[inline(never)]
    fn check<P, H, const POINTS: usize>(self, config: P::Config, hash: H) -> Result<usize, Wrong>
    where
        P: PointsOf<Server<'static>>,
        H: KeyHash<[u8]>,
    {
        let Self { case, nodes, keys, places } = self;
        let refused = |error| Wrong::Edit { case, error };
        let mut ring = Ring::<Server<'static>, 3, POINTS, P, H>::with_hash(config, hash);
        for (place, line) in (0..).zip(nodes.lines()) {
            let server = server(place, line).ok_or(Wrong::Line { case, line })?;
            ring.insert(server).map_err(|rejected| refused(rejected.error))?;
        }
        let server = *ring.view().members()[1].node();
        ring.remove(server.identity()).map_err(refused)?;
        ring.insert(server).map_err(|rejected| refused(rejected.error))?;

        let keys = keys.strip_suffix(b"\n").unwrap_or(keys).split(|&byte| byte == b'\n');
        if keys.clone().count() != places.len() {
            return Err(Wrong::Places { case, places: places.len() });
        }
        for (key, &place) in keys.zip(places) {
            let found = ring.owner(key).map(|server| server.place);
            if found != Some(u32::from(place.wrapping_sub(b'0'))) {
                return Err(Wrong::Owner { case, key, found });
            }
        }
        Ok(places.len())
    }
}

/// The server of a line such as `10.0.0.1:80 3`.
fn server(place: u32, line: &'static str) -> Option<Server<'static>> {
    let (address, weight) = line.split_once(' ')?;
    Some(Server::new(address, place).with_weight(weight.parse().ok()?))
}

/// Every answer agrees.
struct Agreement {
    nginx: usize,
    libmemcached: usize,
}

/// What does not agree.
enum Wrong {
    Line { case: &'static str, line: &'static str },
    Edit { case: &'static str, error: EditError },
    Places { case: &'static str, places: usize },
    Owner { case: &'static str, key: &'static [u8], found: Option<u32> },
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nginx, libmemcached } = self;
        write!(
            f,
            "{nginx} answers of nginx and {libmemcached} of libmemcached agree on {} bits",
            usize::BITS
        )
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { case, line } => write!(f, "{case}: no server in {line:?}"),
            Self::Edit { case, error } => write!(f, "{case}: {error}"),
            Self::Places { case, places } => write!(f, "{case}: {places} answers, not one a key"),
            Self::Owner { case, key, found } => {
                write!(f, "{case}: {} has the server {found:?}", key.escape_ascii())
            }
        }
    }
}
