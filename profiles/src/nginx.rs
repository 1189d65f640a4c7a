//! nginx: `hash KEY consistent` in an `upstream` block.
//!
//! Asks a [`Peer`] for its address, as the `server` directive writes it, its weight and its place. Nothing is
//! resolved: a name with several addresses is one server with one set of points, and case counts.
//!
//! - **Points.** A server has 160 for each unit of weight. Each is the CRC-32 of the address and the point before
//!   it, so they are a chain. Points of two servers on one position count once, for the server that is listed first.
//! - **Keys.** CRC-32 of the key as nginx has it: a variable as it stands, not decoded.
//! - **A server that is down** keeps its points: nginx goes on from point to point until one has a server that is
//!   up. After [`TRIES`] points it takes any server in turn, as it does for an empty key: no ring says which.
//! - **Moves.** A server that comes or goes, or changes its weight, moves its own keys and no others, but where
//!   points collide: there the place in the list decides. A list in another order is the same ring, but where points
//!   collide.
//! - **Capacity.** A ring in place needs room for 160 points for each unit of weight, never for more.
//!
//! Not promised: the server that nginx takes in turn, after [`TRIES`] points or for an empty key; names that resolve
//! to several addresses; backup servers. nginx answers with one server for a key; verbs that answer with more walk
//! clockwise from it.
//!
//! Checked with nginx 1.22.1: 12,629 recorded answers, without a mismatch, by
//! `cargo test -p annulus-profiles --all-features --test routes nginx -- --nocapture`. Source:
//! `ngx_http_upstream_hash_module.c`.

use core::ops::Range;

use annulus::{Placement, PointsOf, RingRef};

use crate::chain;
use crate::counts::PerWeight;
use crate::hash::crc32::{self, Crc32};
use crate::listed;
use crate::peer::{Peer, Server};
use crate::refusal::{Parameter, Refusal, Refused};
use crate::system::{Down, System};
use crate::text::{address, split_port};

/// How many points nginx passes whose servers are down before it takes any server in turn.
pub const TRIES: usize = 20;

/// The placement of nginx.
///
/// ```
/// use annulus_profiles::nginx::{self, Hash, Nginx};
///
/// let mut ring = annulus::Ring::<_, 2, 320, Nginx, Hash>::with_hash((), Hash::default());
/// ring.insert_all(nginx::servers(["10.0.0.1:80", "10.0.0.2:80"])?)?;
/// assert_eq!(ring.view().point_count(), 320);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Nginx;

/// The hash of keys.
pub type Hash = Crc32;

/// A ring of nginx in place.
///
/// ```
/// use annulus_profiles::nginx::{self, Hash, Ring};
///
/// let mut ring = Ring::<_, 1, 160>::with_hash((), Hash::default());
/// ring.insert_all(nginx::servers(["10.0.0.1:80"])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, Nginx, Hash>;

/// A ring of nginx on the heap.
///
/// ```
/// use annulus_profiles::nginx::{self, Hash, HeapRing};
///
/// let mut ring = HeapRing::with_hash((), Hash::default());
/// ring.insert_all(nginx::servers(["10.0.0.1:80"])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N> = annulus::HeapRing<N, Nginx, Hash>;

impl Placement for Nginx {
    type Position = u32;
    type Config = ();
    type Counts = PerWeight<160>;
    const NAME: &'static str = "nginx";
    const EQUAL_POINTS_ONCE: bool = true;

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for Nginx {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    /// The checksum of the host, a zero and the port.
    fn seed(_: &(), node: &N) -> u64 {
        let address = address(node);
        let (host, port) = match path(address) {
            Some(path) => (path, None),
            None => split_port(address),
        };
        let parts = [host.as_bytes(), &[0], port.unwrap_or_default().as_bytes()];
        parts.into_iter().fold(0, crc32::update).into()
    }

    fn points(_: &(), _: &N, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        chain::points(seed as u32, range)
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl<N: Peer> System<N> for Nginx {
    type Strategy<'t> = ();
    const DOWN: Down = Down::WalkedPast;
    const IN_TURN: Option<&'static str> =
        Some("for an empty key, and after 20 points whose servers are down");

    #[inline]
    fn asks(key: &[u8]) -> bool {
        !key.is_empty()
    }

    fn check(_: &(), node: &N) -> Result<(), Refusal> {
        let address = address(node);
        if address.is_empty() || address.contains(char::is_whitespace) {
            return Err(Refusal::NotAnAddress);
        }
        if let Some(mark) = address.chars().find(|char| MARKS.contains(char)) {
            return Err(Refusal::Mark(mark));
        }
        if path(address).is_none() {
            check_host(address)?;
        }
        if node.weight() == 0 { Err(Refusal::NoWeight) } else { Ok(()) }
    }

    /// From point to point, at most [`TRIES`] of them while servers are down.
    fn owners_at<H>(
        _: &(),
        ring: RingRef<'_, N, Self, H>,
        position: u32,
        mut alive: impl FnMut(u32) -> bool,
        out: &mut [u32],
    ) -> usize {
        if !out.is_empty() && !reaches(ring, position, &mut alive) {
            out.fill(u32::MAX);
            return 0;
        }
        ring.owner_numbers_where_at(position, &mut alive, out)
    }
}

/// What ends a word of a configuration, or begins one in quotes.
const MARKS: [char; 5] = [';', '{', '}', '"', '\''];

/// The path of a socket of Unix, if the address is one, in letters of either case.
fn path(address: &str) -> Option<&str> {
    const PREFIX: &str = "unix:";
    let (prefix, path) = address.split_at_checked(PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then_some(path)
}

/// Refuses what is neither `host`, `host:port`, `[ip]` nor `[ip]:port`.
fn check_host(address: &str) -> Result<(), Refusal> {
    let rest = match address.strip_prefix('[') {
        Some(address) => address.split_once(']').ok_or(Refusal::Brackets)?.1,
        None => address.find(':').and_then(|at| address.get(at..)).unwrap_or_default(),
    };
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok(()),
        None => Err(Refusal::Brackets),
        // More of it than a port is an address without brackets.
        Some(port) if port.contains(':') => Err(Refusal::Brackets),
        Some(port) => match (split_port(rest).1, port.parse::<u16>()) {
            (Some(_), Ok(1..)) => Ok(()),
            _ => Err(Refusal::NotAPort),
        },
    }
}

/// Whether nginx comes to a point whose server is up before it gives up.
fn reaches<N: Peer, H>(
    ring: RingRef<'_, N, Nginx, H>,
    position: u32,
    mut alive: impl FnMut(u32) -> bool,
) -> bool {
    let mut before = None;
    // Points on one position are one point to nginx.
    let points = ring
        .points_from(position)
        .filter(|point| before.replace(point.position) != Some(point.position));
    points.take(TRIES + 1).any(|point| alive(point.member))
}

/// The servers of `server` directives, such as `10.0.0.1:80 weight=3`, in their order.
///
/// Parameters of no concern to a ring are passed over: `max_conns`, `max_fails`, `fail_timeout`, `slow_start`,
/// `resolve`, `down` (say that when you look a key up). O(length).
///
/// ```
/// use annulus_profiles::nginx::servers;
///
/// let [_, second] = servers(["10.0.0.1:80", "10.0.0.2:80 weight=3 max_fails=2"])?;
/// assert_eq!((second.address, second.place, second.weight), ("10.0.0.2:80", 1, 3));
/// let refused = servers(["10.0.0.1:80", "10.0.0.2:80 backup"]).unwrap_err();
/// assert_eq!(refused.to_string(), "server 1: a ring has no backup servers");
/// # Ok::<(), annulus_profiles::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`] with the place of the first server that nginx would refuse, and why.
pub fn servers<const N: usize>(directives: [&str; N]) -> Result<[Server<'_>; N], Refused> {
    listed::servers(directives, server)
}

/// The server of one `server` directive, at this place of the list.
///
/// # Errors
///
/// What nginx would refuse it for.
pub fn server(place: u32, directive: &str) -> Result<Server<'_>, Refusal> {
    let mut words = directive.split_ascii_whitespace();
    let mut server = Server::new(words.next().unwrap_or_default(), place);
    for word in words {
        match word.split_once('=').map_or((word, ""), |(name, value)| (name, value)) {
            ("weight", weight) => {
                let weight = weight.parse().ok().filter(|&weight| weight > 0);
                server.weight = weight.ok_or(Refusal::Parameter(Parameter::Weight))?;
            }
            ("backup", _) => return Err(Refusal::Parameter(Parameter::Backup)),
            ("max_conns" | "max_fails" | "fail_timeout" | "slow_start" | "resolve" | "down", _) => {
            }
            _ => return Err(Refusal::Parameter(Parameter::Unknown)),
        }
    }
    Nginx::check(&(), &server)?;
    Ok(server)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `nginx -t` of 1.22.1 has it.
    #[test]
    fn addresses_are_those_that_nginx_takes() {
        for address in [
            "10.0.0.1",
            "10.0.0.1:80",
            "web",
            "web:65535",
            "[::1]",
            "[::1]:80",
            "unix:/a",
            "UNIX:/a:b",
        ] {
            assert_eq!(server(0, address).map(|server| server.address), Ok(address));
        }
        for (address, refusal) in [
            ("10.0.0.1:80;", Refusal::Mark(';')),
            ("web{", Refusal::Mark('{')),
            ("10.0.0.1:0", Refusal::NotAPort),
            ("10.0.0.1:99999", Refusal::NotAPort),
            ("10.0.0.1:+80", Refusal::NotAPort),
            ("web:", Refusal::NotAPort),
            ("web:http", Refusal::NotAPort),
            ("::1", Refusal::Brackets),
            ("fd00::1:80", Refusal::Brackets),
            ("[::1", Refusal::Brackets),
            ("[::1]80", Refusal::Brackets),
            ("", Refusal::NotAnAddress),
        ] {
            assert_eq!(server(0, address), Err(refusal), "{address}");
        }
    }

    #[test]
    fn a_path_is_told_by_its_prefix_in_letters_of_either_case() {
        let seed = |address| Nginx::seed(&(), &Server::new(address, 0));
        assert_eq!(seed("UNIX:/a"), seed("unix:/a"));
        assert_ne!(seed("unix:/a"), seed("unix:/b"));
    }
}
