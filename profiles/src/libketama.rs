//! libketama, the original in C.
//!
//! Asks a [`Peer`] for its address, as the file of servers writes it, its weight, which is the memory there, and its
//! place. IPv6 has no brackets there: `fd00::1:11211`.
//!
//! - **How many points.** A server has four points for each of its labels: as many of 40 × servers labels as its
//!   weight is of all weights. The quotient is rounded to binary32, the product by 40 and by the number of servers
//!   once more, and then down. So a small weight may have no point at all.
//! - **Points.** Label *k* is `ADDRESS-k`, *k* from 0. Its points are the four little-endian integers of 32 bits of
//!   its MD5 digest.
//! - **Ties.** Of two points on one position the one of the server that is listed first owns it, where the C library
//!   sorts stably, as glibc does while it has memory. Both stay in the ring.
//! - **Keys.** The first little-endian integer of the MD5 digest; the point there owns it, or the next one.
//! - **A server that is down.** libketama knows of none. One that leaves the file leaves the ring, and the others are
//!   counted anew.
//! - **Moves.** A server that comes or goes, or changes its weight, changes how many points others have, the more so
//!   the further its weight is from the mean. So keys move between servers that stay, too. With equal weights,
//!   servers move their own keys alone, but where rounding intervenes: 60 have 160 points each, 61 have 156. A list
//!   in another order is the same ring, but where points collide.
//! - **Capacity.** All servers together have at most 160 points for each of them, but for what rounding adds: reserve
//!   [`POINTS`] each, and 4 more each to be safe.
//!
//! Not promised: more than one answer, which libketama does not give; a ring gives the next servers clockwise. A
//! weight of 0 is as if the server was not there; libketama refuses the file. Of a line without a line break at its
//! end it drops the last character of the weight; here lines are whole.
//!
//! Checked with libketama of 2017 on x86-64: see [`Libketama`]. Source: `ketama.c`.

use core::ops::Range;

use annulus::{Counts, Placement, PointsOf};

use crate::hash::md5::Md5;
use crate::ketama;
use crate::listed;
use crate::peer::{Peer, Server};
use crate::refusal::{Parameter, Refusal, Refused};
use crate::share::{LABELS, count_and_total};
use crate::system::{Down, System};
use crate::text::{address, is_word};

/// The points of a server where all weights are equal.
pub const POINTS: u32 = 160;

/// The most bytes that an address has.
pub const LONGEST: u32 = 23;

/// The placement of libketama.
///
/// O(1) a point, one digest for four; lookups are wait-free. It reproduces 20,164 recorded answers of
/// libketama, and 190 whole rings and counts, without a mismatch:
/// `cargo test -p annulus-profiles --all-features --test routes --test rings -- --nocapture`.
///
/// ```
/// use annulus_profiles::libketama::{self, Hash, Libketama};
///
/// let mut ring = annulus::Ring::<_, 3, 492, Libketama, Hash>::with_hash((), Hash::default());
/// ring.insert_all(libketama::servers(["10.0.0.1:11211 600", "10.0.0.2:11211 300", "10.0.0.3:11211 600"])?)?;
/// // 2/5, 1/5 and 2/5 of 120 labels, four points each.
/// let points: Vec<_> = ring.view().members().iter().map(|member| member.point_count()).collect();
/// assert_eq!(points, [192, 96, 192]);
/// assert!(ring.owner("user:42").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Libketama;

/// The hash of keys: the first integer of the MD5 digest.
///
/// ```
/// use annulus::KeyHash;
/// use annulus_profiles::libketama::Hash;
///
/// assert_eq!(Hash::default().hash("abc"), 0x9850_0190);
/// ```
pub type Hash = Md5;

/// A ring of libketama in place.
///
/// ```
/// use annulus_profiles::libketama::{self, Hash, Ring};
///
/// let mut ring = Ring::<_, 1, 164>::with_hash((), Hash::default());
/// ring.insert_all(libketama::servers(["10.0.0.1:11211 600"])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize> =
    annulus::Ring<N, NODES, POINTS, Libketama, Hash>;

/// A ring of libketama on the heap.
///
/// ```
/// use annulus_profiles::libketama::{self, Hash, HeapRing};
///
/// let mut ring = HeapRing::with_hash((), Hash::default());
/// ring.insert_all(libketama::servers(["10.0.0.1:11211 600"])?)?;
/// assert_eq!(ring.view().point_count(), 160);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "alloc")]
pub type HeapRing<N> = annulus::HeapRing<N, Libketama, Hash>;

/// How many points each server has: see the [page of the module](self).
#[derive(Clone, Copy, Debug)]
pub struct Rounded {
    servers: f64,
    total: f32,
}

impl Counts<()> for Rounded {
    const RELATIVE: bool = true;

    fn new((): &(), weights: impl Iterator<Item = u32> + Clone) -> Self {
        let (servers, total) = count_and_total(weights);
        Self { servers: (servers as f32).into(), total: total as f32 }
    }

    fn next(&mut self, weight: u32) -> u64 {
        let share = weight as f32 / self.total;
        let labels = (f64::from(share) * f64::from(LABELS) * self.servers) as f32;
        // It is not negative, so that this rounds down.
        (labels as u64).saturating_mul(4)
    }
}

impl Placement for Libketama {
    type Position = u32;
    type Config = ();
    type Counts = Rounded;
    const NAME: &'static str = "libketama";

    #[inline]
    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl<N: Peer> PointsOf<N> for Libketama {
    const ORDERS: bool = true;
    const COSTLY: bool = true;

    /// The address says where the points are, and it is the identity.
    fn seed((): &(), _: &N) -> u64 {
        0
    }

    fn points((): &(), node: &N, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        ketama::points::<4>(ketama::label(node), range)
    }

    fn order(node: &N) -> impl Ord {
        node.place()
    }
}

impl<N: Peer> System<N> for Libketama {
    type Strategy<'t> = ();
    const DOWN: Down = Down::Leaves;

    fn check((): &(), node: &N) -> Result<(), Refusal> {
        let address = address(node);
        if !is_word(address) {
            Err(Refusal::NotAnAddress)
        } else if address.len() > LONGEST as usize {
            Err(Refusal::LongerThan(LONGEST))
        } else if node.weight() == 0 {
            Err(Refusal::NoWeight)
        } else {
            Ok(())
        }
    }
}

/// The servers of the lines of a file of servers, such as `10.0.0.1:11211 600`, in their order. O(length).
///
/// ```
/// use annulus::Node;
/// use annulus_profiles::libketama::servers;
///
/// let [server] = servers(["10.0.0.1:11211\t600"])?;
/// assert_eq!((server.address, server.weight()), ("10.0.0.1:11211", 600));
/// let refused = servers(["10.0.0.1:11211 600", "10.0.0.2:11211"]).unwrap_err();
/// assert_eq!(refused.to_string(), "server 1: weight= needs a number from 1 on");
/// # Ok::<(), annulus_profiles::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`] with the place of the first server that libketama would refuse, and why.
pub fn servers<const N: usize>(lines: [&str; N]) -> Result<[Server<'_>; N], Refused> {
    listed::servers(lines, server)
}

/// The server of one line, at this place of the list.
fn server(place: u32, line: &str) -> Result<Server<'_>, Refusal> {
    let mut words = line.split_ascii_whitespace();
    let server = Server::new(words.next().unwrap_or_default(), place);
    let memory = words.next().and_then(|memory| memory.parse().ok());
    let server = server.with_weight(memory.ok_or(Refusal::Parameter(Parameter::Weight))?);
    if words.next().is_some() {
        return Err(Refusal::Parameter(Parameter::Unknown));
    }
    Libketama::check(&(), &server).map(|()| server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_libketama_refuses() {
        for (line, refusal) in [
            ("", Refusal::Parameter(Parameter::Weight)),
            ("10.0.0.1:11211", Refusal::Parameter(Parameter::Weight)),
            ("10.0.0.1:11211 much", Refusal::Parameter(Parameter::Weight)),
            ("10.0.0.1:11211 0", Refusal::NoWeight),
            ("10.0.0.1:11211 1 2", Refusal::Parameter(Parameter::Unknown)),
            ("a-name-of-24-bytes:11211 1", Refusal::LongerThan(23)),
        ] {
            assert_eq!(servers(["a:1 1", line]), Err(Refused { at: 1, refusal }), "{line}");
        }
        assert!(servers(["a-name-of-23-byte:11211 1"]).is_ok());
        assert_eq!(Libketama::check(&(), &Server::new("a b", 0)), Err(Refusal::NotAnAddress));
    }

    #[test]
    fn rounding_is_to_binary32() {
        fn counts<const N: usize>(weights: [u32; N]) -> [u64; N] {
            let mut rule = Rounded::new(&(), weights.into_iter());
            weights.map(|weight| rule.next(weight))
        }
        // In binary64 this would be a little less than 40 labels, and so 39.
        assert_eq!(counts([1; 7]), [160; 7]);
        assert_eq!(counts([1; 61]), [156; 61]);
        assert_eq!(counts([1, 2, 5]), [60, 120, 300]);
        assert_eq!(counts([1, u32::MAX]), [0, 320]);
    }
}
