//! hashring, of npm.
//!
//! Asks a [`Peer`] for its address, which is the string of the server, its weight, its place, and its
//! [labels](Peer::labels), which are `vnodes` of a server there. IPv6 has no brackets there: `fd00::1:11211`.
//!
//! - **How many points.** A server has four points for each of its labels, three with
//!   [`compatibility`](Config::with_hash_ring). It has ⌊weight ÷ all weights × 40 × servers⌋ labels, computed in
//!   binary64 from the left. `vnode count` of the ring replaces the 40. A server with `vnodes` other than that has as
//!   many labels, whatever its weight; its weight still counts among all weights. `vnodes` of 0 are none.
//! - **Points.** Label *k* is `ADDRESS-k`, *k* from 0. Its points are the little-endian integers of 32 bits of its
//!   MD5 digest. With a [default port](Config::with_default_port) the label of a server with that port is `HOST-k`.
//!   What is a host and a port hashring finds out by splitting at every `:`, and takes the first part and the second.
//!   So IPv6 keeps its port.
//! - **Ties.** Of two points on one position the one of the server that is listed first owns it, where sorting in
//!   JavaScript is stable, as in Node from version 11 on. Both stay in the ring.
//! - **Keys.** The first integer of the digest; the point there owns it, or the next one. `range` is the next
//!   servers.
//! - **A server that is down** is taken out by `remove`: it leaves the ring, and the others are counted anew.
//! - **Moves.** A server that comes or goes, or changes its weight, changes how many points others have, also where
//!   weights are equal: 7 servers have 156 points each, 8 have 160. So keys move between servers that stay, too. A
//!   list in another order is the same ring, but where points collide.
//! - **Capacity.** Servers without `vnodes` of their own have at most 160 points each on average, or four times the
//!   `vnode count`, but for what rounding adds: reserve 4 more each to be safe. The others add their own.
//!
//! Not promised: other hash functions, `replicas`, the answer of its cache after `swap`, and ports that are written
//! otherwise than in decimal digits. A weight of 0 is a weight of 1 to hashring, and is refused here.
//!
//! Checked with hashring 3.2.0: see [`Hashring`]. Source: its `index.js`, and `connection-parse`.

use core::ops::Range;

use annulus::{Counts, Placement, PointsOf};

use crate::hash::md5::Md5;
use crate::ketama;
use crate::label::Label;
use crate::listed;
use crate::peer::{Peer, Server};
use crate::refusal::{Refusal, Refused};
use crate::share::{LABELS, count_and_total};
use crate::system::{Down, System};
use crate::text::{address, is_word};

/// The placement of hashring.
///
/// O(1) a point, one digest for four; lookups are wait-free. It reproduces 17,616 recorded answers of
/// hashring, and 187 whole rings and counts, without a mismatch:
/// `cargo test -p annulus-profiles --all-features --test routes --test rings -- --nocapture`.
///
/// ```
/// use annulus_profiles::hashring::{self, Config, Hash, Hashring};
///
/// let config = Config::new();
/// let mut ring = annulus::Ring::<_, 2, 640, Hashring, Hash>::with_hash(config, Hash::default());
/// let [a, b] = hashring::servers([("10.0.0.1:11211", 1), ("10.0.0.2:11211", 3)])?;
/// ring.insert_all([a.with_labels(100), b])?;
/// // The one has labels of its own, the other 3/4 of 80.
/// let points: Vec<_> = ring.view().members().iter().map(|member| member.point_count()).collect();
/// assert_eq!(points, [4 * 100, 4 * 60]);
/// assert!(ring.owner("user:42").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Hashring;

/// The hash of keys: the first integer of the MD5 digest.
///
/// ```
/// use annulus::KeyHash;
/// use annulus_profiles::hashring::Hash;
///
/// assert_eq!(Hash::default().hash("abc"), 0x9850_0190);
/// ```
pub type Hash = Md5;

/// A ring of hashring in place.
///
/// ```
/// use annulus_profiles::hashring::{self, Config, Hash, Ring};
///
/// let mut ring = Ring::<_, 1, 160>::with_hash(Config::new(), Hash::default());
/// ring.insert_all(hashring::servers([("10.0.0.1:11211", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, Hashring, Hash>;

/// A ring of hashring on the heap.
///
/// ```
/// use annulus_profiles::hashring::{self, Config, Hash, HeapRing};
///
/// let mut ring = HeapRing::with_hash(Config::new(), Hash::default());
/// ring.insert_all(hashring::servers([("10.0.0.1:11211", 1)])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N> = annulus::HeapRing<N, Hashring, Hash>;

/// The options of hashring.
///
/// ```
/// use annulus_profiles::hashring::Config;
///
/// let config = Config::new().with_vnodes(100).with_default_port(11_211).with_hash_ring(true);
/// assert_eq!((config.vnodes(), config.default_port(), config.hash_ring()), (100, 11_211, true));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    vnodes: u32,
    /// 0 where there is none.
    default_port: u16,
    hash_ring: bool,
}

impl Config {
    /// What hashring has without options: 40 labels, no default port, four points a label.
    ///
    /// ```
    /// use annulus_profiles::hashring::Config;
    ///
    /// assert_eq!((Config::new().vnodes(), Config::new()), (40, Config::default()));
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { vnodes: LABELS, default_port: 0, hash_ring: false }
    }

    /// With this `vnode count`.
    ///
    /// ```
    /// # use annulus_profiles::hashring::Config;
    /// assert_eq!(Config::new().with_vnodes(100).vnodes(), 100);
    /// ```
    #[must_use]
    pub const fn with_vnodes(self, vnodes: u32) -> Self {
        Self { vnodes, ..self }
    }

    /// With this `default port`, or with none if it is 0.
    ///
    /// ```
    /// # use annulus_profiles::hashring::Config;
    /// assert_eq!(Config::new().with_default_port(11_211).default_port(), 11_211);
    /// ```
    #[must_use]
    pub const fn with_default_port(self, port: u16) -> Self {
        Self { default_port: port, ..self }
    }

    /// With `compatibility: 'hash_ring'`, or without: three points a label, or four.
    ///
    /// ```
    /// # use annulus_profiles::hashring::Config;
    /// assert!(Config::new().with_hash_ring(true).hash_ring());
    /// ```
    #[must_use]
    pub const fn with_hash_ring(self, hash_ring: bool) -> Self {
        Self { hash_ring, ..self }
    }

    /// The `vnode count`: labels of a server where weights are equal.
    ///
    /// ```
    /// # use annulus_profiles::hashring::Config;
    /// assert_eq!(Config::new().vnodes(), 40);
    /// ```
    #[must_use]
    pub const fn vnodes(&self) -> u32 {
        self.vnodes
    }

    /// The `default port`, 0 if there is none.
    ///
    /// ```
    /// # use annulus_profiles::hashring::Config;
    /// assert_eq!(Config::new().default_port(), 0);
    /// ```
    #[must_use]
    pub const fn default_port(&self) -> u16 {
        self.default_port
    }

    /// Whether it is compatible with hash_ring.
    ///
    /// ```
    /// # use annulus_profiles::hashring::Config;
    /// assert!(!Config::new().hash_ring());
    /// ```
    #[must_use]
    pub const fn hash_ring(&self) -> bool {
        self.hash_ring
    }

    /// The points of a label.
    const fn points(&self) -> u32 {
        if self.hash_ring { 3 } else { 4 }
    }

    /// The labels that a server has of its own.
    fn labels_of<N: Peer>(&self, node: &N) -> Option<u32> {
        node.labels().filter(|&labels| labels != 0 && labels != self.vnodes)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl annulus::Config for Config {
    const NAME: &'static str = "options";

    fn fingerprint(&self) -> u64 {
        u64::from(self.vnodes)
            | u64::from(self.default_port) << 32
            | u64::from(self.hash_ring) << 48
    }
}

/// How many points each server has that has no labels of its own: see the [page of the module](self).
#[derive(Clone, Copy, Debug)]
pub struct Floored {
    vnodes: f64,
    servers: f64,
    total: f64,
    points: u64,
}

impl Counts<Config> for Floored {
    const RELATIVE: bool = true;

    fn new(config: &Config, weights: impl Iterator<Item = u32> + Clone) -> Self {
        let (servers, total) = count_and_total(weights);
        Self {
            vnodes: config.vnodes.into(),
            servers: servers as f64,
            total: total as f64,
            points: config.points().into(),
        }
    }

    fn next(&mut self, weight: u32) -> u64 {
        let labels = f64::from(weight) / self.total * self.vnodes * self.servers;
        // It is not negative, so that this rounds down.
        (labels as u64).saturating_mul(self.points)
    }
}

impl Placement for Hashring {
    type Position = u32;
    type Config = Config;
    type Counts = Floored;
    const NAME: &'static str = "hashring";

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for Hashring {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    /// The address says where the points are, and it is the identity. What differs is the number of labels.
    fn seed(config: &Config, node: &N) -> u64 {
        config.labels_of(node).unwrap_or_default().into()
    }

    fn points(config: &Config, node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        let (three, four) = if config.hash_ring { (range, 0..0) } else { (0..0, range) };
        let three = ketama::points::<3>(label(config, node), three);
        three.chain(ketama::points::<4>(label(config, node), four))
    }

    fn stated(config: &Config, node: &N) -> Option<u64> {
        Some(u64::from(config.labels_of(node)?) * u64::from(config.points()))
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

/// What comes before the number of a label.
fn label<N: Peer>(config: &Config, node: &N) -> Label {
    let mut parts = address(node).split(':');
    let (host, port) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let is_default = config.default_port != 0 && digits && port.parse() == Ok(config.default_port);
    if is_default { Label::new(format_args!("{host}-")) } else { ketama::label(node) }
}

impl<N: Peer> System<N> for Hashring {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check(_: &Config, node: &N) -> Result<(), Refusal> {
        if !is_word(address(node)) {
            Err(Refusal::NotAnAddress)
        } else if node.weight() == 0 {
            Err(Refusal::NoWeight)
        } else {
            Ok(())
        }
    }
}

/// The servers of these strings and weights, in the order of the object of servers. Give one `vnodes` of its own
/// by [`Server::with_labels`]. O(length).
///
/// ```
/// use annulus_profiles::hashring::servers;
///
/// let [_, second] = servers([("10.0.0.1:11211", 1), ("10.0.0.2:11211", 2)])?;
/// assert_eq!((second.address, second.place, second.weight), ("10.0.0.2:11211", 1, 2));
/// assert!(servers([("10.0.0.1:11211", 0)]).is_err());
/// # Ok::<(), annulus_profiles::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`] with the place of the first server that hashring would not have as it is described, and why.
pub fn servers<const N: usize>(strings: [(&str, u32); N]) -> Result<[Server<'_>; N], Refused> {
    listed::servers(strings, |place, (string, weight)| {
        let server = Server::new(string, place).with_weight(weight);
        Hashring::check(&Config::new(), &server).map(|()| server)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_are_refused() {
        for (server, refusal) in [
            (("", 1), Refusal::NotAnAddress),
            (("a b:1", 1), Refusal::NotAnAddress),
            (("a:1", 0), Refusal::NoWeight),
        ] {
            assert_eq!(servers([("web:1", 1), server]), Err(Refused { at: 1, refusal }));
        }
    }

    #[test]
    fn the_default_port_is_left_out() {
        for (port, address, expected) in [
            (11_211, "web:11211", "web-"),
            (11_211, "web:11212", "web:11212-"),
            (11_211, "web:11211:x", "web-"),
            (11_211, "web", "web-"),
            (11_211, "web:+11211", "web:+11211-"),
            (11_211, "fd00::1:11211", "fd00::1:11211-"),
            (0, "web:11211", "web:11211-"),
            (0, "web:0", "web:0-"),
        ] {
            let config = Config::new().with_default_port(port);
            let label = label(&config, &Server::new(address, 0));
            assert_eq!(label.as_bytes(), expected.as_bytes(), "{address}");
        }
    }

    #[test]
    fn labels_of_its_own_replace_the_formula_where_they_differ() {
        let config = Config::new().with_vnodes(100);
        let stated = |labels| {
            let server = Server::new("web:1", 0).with_labels(labels);
            <Hashring as PointsOf<Server<'_>>>::stated(&config, &server)
        };
        assert_eq!([0, 40, 100, 101].map(stated), [None, Some(160), None, Some(404)]);
    }

    #[test]
    fn fingerprints_tell_options_apart() {
        use annulus::Config as _;

        let one = Config::new();
        let all = [
            one,
            one.with_vnodes(41),
            one.with_default_port(1),
            one.with_default_port(2),
            one.with_hash_ring(true),
        ];
        for (at, config) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|other| other.fingerprint() != config.fingerprint()));
        }
    }

    #[test]
    fn edits_among_servers_with_labels_of_their_own_come_to_the_ring_of_a_build() {
        fn points(ring: &Ring<Server<'static>, 3, 1_500>) -> impl Iterator<Item = (u32, u32)> {
            ring.view().points().map(|point| (point.position, point.node.place))
        }
        let config = Config::new().with_hash_ring(true);
        let build = |servers: &[Server<'static>]| {
            let mut ring = Ring::<_, 3, 1_500>::with_hash(config, Hash::default());
            ring.insert_all(servers.iter().copied()).unwrap();
            ring
        };
        let [a, b, c] = servers([("a:1", 1), ("b:1", 2), ("c:1", 5)]).unwrap();
        let (many, few) = (b.with_labels(300), b.with_labels(3));
        let mut ring = build(&[many, c]);
        ring.insert(a).unwrap();
        assert!(points(&ring).eq(points(&build(&[a, many, c]))));
        // Of 120 labels, an eighth and five; the weight of the second counts though its labels are its own.
        assert_eq!(ring.view().point_count(), 3 * (15 + 300 + 75));
        ring.replace(few).unwrap();
        assert!(points(&ring).eq(points(&build(&[a, few, c]))));
        ring.set_weight("b:1", 7).unwrap();
        assert!(points(&ring).eq(points(&build(&[a, few.with_weight(7), c]))));
        assert_eq!(ring.view().point_count(), 3 * (9 + 3 + 46));
        ring.remove("c:1").unwrap();
        assert!(points(&ring).eq(points(&build(&[a, few.with_weight(7)]))));
    }
}
