//! [`replicas`]: the hosts that hold a key.

use annulus::{KeyHash, Placement as _, RingRef};

use super::Cassandra;
use super::strategy::{DataCenters, Strategy};
use crate::peer::Peer;

/// The [numbers](RingRef#numbers) of the hosts that hold a key, as many as the strategy says; returns how many there
/// are. The rest of `out` becomes [`u32::MAX`].
///
/// There are fewer where a data centre has not as many hosts, and where `out` has less room than for
/// [`Strategy::replicas`]: then they are the first.
///
/// Wait-free, without an allocator. `SimpleStrategy`: O(points passed × replicas). `NetworkTopologyStrategy`: for
/// each data centre O(points passed × replicas), and O(hosts × replicas) at most to know when there is no other rack
/// or host.
///
/// ```
/// use annulus_profiles::cassandra::{self, Cassandra, Hash, Strategy};
///
/// let mut ring = annulus::Ring::<_, 2, 4, Cassandra, Hash>::with_hash((), Hash::default());
/// ring.insert_all(cassandra::servers([
///     ("h0", "dc1", "r1", &[-9_000_000_000_000_000_000, 1_000_000_000_000_000_000]),
///     ("h1", "dc1", "r1", &[-5_000_000_000_000_000_000, 4_000_000_000_000_000_000]),
/// ])?)?;
/// let mut out = [0; 3];
/// // There are but two hosts.
/// assert_eq!(cassandra::replicas(ring.view(), &Strategy::Simple(3), "user:42", &mut out), 2);
/// assert_eq!(out[2], u32::MAX);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replicas<N: Peer, H: KeyHash<K>, K: ?Sized>(
    ring: RingRef<'_, N, Cassandra, H>,
    strategy: &Strategy<'_>,
    key: &K,
    out: &mut [u32],
) -> usize {
    replicas_at(ring, strategy, Cassandra::key(ring.key_hash().hash(key)), out)
}

/// [`replicas`] of a key that is hashed already.
pub(super) fn replicas_at<N: Peer, H>(
    ring: RingRef<'_, N, Cassandra, H>,
    strategy: &Strategy<'_>,
    position: u64,
    out: &mut [u32],
) -> usize {
    out.fill(u32::MAX);
    match strategy {
        Strategy::Simple(factor) => {
            let room = out.len().min(*factor as usize);
            let out = out.get_mut(..room).unwrap_or_default();
            ring.owner_numbers_where_at(position, |_| true, out)
        }
        Strategy::NetworkTopology(centers) => {
            let mut chosen = Chosen { ring, out, len: 0 };
            chosen.all(centers, position);
            chosen.len
        }
    }
}

/// The hosts that are chosen so far.
struct Chosen<'a, 'o, N, H> {
    ring: RingRef<'a, N, Cassandra, H>,
    out: &'o mut [u32],
    len: usize,
}

impl<'a, N: Peer, H> Chosen<'a, '_, N, H> {
    /// Chooses in one data centre after the other, in the order in which they first come on the ring.
    fn all(&mut self, centers: &DataCenters<'_>, position: u64) {
        // Without those that have no hosts, or all points would be passed in search of them.
        let mut left = centers.only(|name| self.hosts(name).next().is_some());
        for point in self.ring.points() {
            if left.is_empty() || self.is_full() {
                break;
            }
            let center = point.node.data_center();
            if let Some(factor) = left.factor(center) {
                self.center(center, factor as usize, position);
                left = left.only(|other| other != center);
            }
        }
    }

    /// Chooses so many hosts of one data centre: one of each rack, then others, clockwise from `position` both times.
    ///
    /// So hosts that were passed over for their rack come before those that the first walk did not reach.
    fn center(&mut self, center: &str, factor: usize, position: u64) {
        let before = self.len;
        let ring = self.ring;
        let end = before.saturating_add(factor).min(self.out.len());
        let walk = || ring.points_from(position).filter(|point| point.node.data_center() == center);
        for point in walk() {
            if self.len == end {
                return;
            }
            if !self.has_rack(before, point.node.rack()) {
                self.choose(point.member);
                if self.hosts(center).all(|(_, host)| self.has_rack(before, host.rack())) {
                    break;
                }
            }
        }
        let missing =
            |found: &Self| found.hosts(center).any(|(number, _)| !found.has(before, number));
        if self.len == end || !missing(self) {
            return;
        }
        for point in walk() {
            if !self.has(before, point.member) {
                self.choose(point.member);
                if self.len == end || !missing(self) {
                    return;
                }
            }
        }
    }

    /// The hosts of a data centre that have points.
    fn hosts(&self, center: &str) -> impl Iterator<Item = (u32, &'a N)> {
        let members = (0..).zip(self.ring.members());
        let members = members.filter(|(_, member)| member.point_count() > 0);
        members
            .map(|(number, member)| (number, member.node()))
            .filter(move |(_, host)| host.data_center() == center)
    }

    /// The numbers of those chosen behind the first `before`.
    fn since(&self, before: usize) -> &[u32] {
        self.out.get(before..self.len).unwrap_or_default()
    }

    /// Whether this host is chosen.
    fn has(&self, before: usize, number: u32) -> bool {
        self.since(before).contains(&number)
    }

    /// Whether a host of this rack is chosen.
    fn has_rack(&self, before: usize, rack: &str) -> bool {
        let mut hosts = self.since(before).iter().filter_map(|&number| self.ring.member(number));
        hosts.any(|host| host.node().rack() == rack)
    }

    fn is_full(&self) -> bool {
        self.len == self.out.len()
    }

    /// Chooses a host, if there is room.
    fn choose(&mut self, number: u32) {
        if let Some(place) = self.out.get_mut(self.len) {
            *place = number;
            self.len += 1;
        }
    }
}
