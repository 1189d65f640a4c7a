//! Walks clockwise around the ring: replicas, owners that are alive, owners spread over zones.

use super::member::Member;
use super::view::{Key, Owners as Places, RingRef};
use crate::node::Node;
use crate::point::Placement;

/// A point of a ring: a position and the node that stands there.
#[derive(Debug)]
pub struct Point<'a, N, P: Placement> {
    /// Where the point lies.
    pub position: P::Position,
    /// Whose point it is.
    pub node: &'a N,
}

impl<N, P: Placement> Clone for Point<'_, N, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, P: Placement> Copy for Point<'_, N, P> {}

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// Every point once, in their order: by position, then identity, then number.
    pub fn points(&self) -> impl Iterator<Item = Point<'a, N, P>> + use<'a, N, P, H> {
        self.points_after(0)
    }

    /// Every point once, clockwise from the first at or after `position`: the order in which the
    /// walks of this type pass them.
    pub fn points_from(
        &self,
        position: P::Position,
    ) -> impl Iterator<Item = Point<'a, N, P>> + use<'a, N, P, H> {
        self.points_after(self.successor(position))
    }

    fn points_after(
        &self,
        start: usize,
    ) -> impl Iterator<Item = Point<'a, N, P>> + use<'a, N, P, H> {
        let ring = *self;
        places(start, ring.positions.len()).filter_map(move |place| {
            Some(Point { position: *ring.positions.get(place)?, node: ring.node_at(place)? })
        })
    }
}

/// The places of `points` points, once around from `start`.
#[inline]
fn places(start: usize, points: usize) -> impl Iterator<Item = usize> {
    (start..points).chain(0..start)
}

/// # Owners by walking
///
/// These walk clockwise from the key and write distinct nodes into a slice (or give them back by
/// value), nearest first. They answer with fewer nodes where the ring has fewer, never with one
/// twice. They pass at most every point once (with zones twice), and stop as soon as no further
/// node can be found. `alive` may be asked about a node any number of times and must not change its
/// answer meanwhile.
///
/// All are wait-free, given that `alive` is. Of K nodes wanted, each point passed costs up to K
/// comparisons, and a walk in vain one look at every member for each as many points passed.
impl<'a, N: Node, P: Placement, H> RingRef<'a, N, P, H> {
    /// The first node at or after `key` that is `alive`; `None` when no node with points is.
    ///
    /// Routes around a node that is down without changing the ring: keys of other nodes stay.
    #[inline]
    pub fn owner_where(
        &self,
        key: &(impl Key<H> + ?Sized),
        mut alive: impl FnMut(&N) -> bool,
    ) -> Option<&'a N> {
        let place = self.successor(self.position(key));
        if let Some(node) = self.node_at(place).filter(|node| alive(node)) {
            return Some(node);
        }
        let mut owner = [None];
        self.walk(place, alive, &mut Owners::new(&mut owner));
        let [owner] = owner;
        owner
    }

    /// The first distinct nodes at or after `key`, as many as `out` has room for.
    ///
    /// Returns how many there are; the rest of `out` becomes `None`.
    #[inline]
    pub fn owners(&self, key: &(impl Key<H> + ?Sized), out: &mut [Option<&'a N>]) -> usize {
        self.owners_at(self.position(key), out)
    }

    /// [`owners`](Self::owners) of a key that is hashed already.
    #[inline]
    pub fn owners_at(&self, position: P::Position, out: &mut [Option<&'a N>]) -> usize {
        let place = self.successor(position);
        if self.next_are_distinct(place, out) {
            return out.len();
        }
        let mut owners = Owners::new(out);
        self.walk(place, |_| true, &mut owners);
        owners.len
    }

    /// Whether the points from `place` on are of as many nodes as `out` has room for, one each, as
    /// they mostly are where few of many are wanted; then `out` has them.
    #[inline]
    fn next_are_distinct(&self, place: usize, out: &mut [Option<&'a N>]) -> bool {
        match self.owners {
            Places::Narrow(owners) => fill_distinct(self.members, owners, place, out),
            Places::Wide(owners) => fill_distinct(self.members, owners, place, out),
        }
    }

    /// [`owners`](Self::owners) among the nodes that are `alive`.
    #[inline]
    pub fn owners_where(
        &self,
        key: &(impl Key<H> + ?Sized),
        alive: impl FnMut(&N) -> bool,
        out: &mut [Option<&'a N>],
    ) -> usize {
        let place = self.successor(self.position(key));
        let mut owners = Owners::new(out);
        self.walk(place, alive, &mut owners);
        owners.len
    }

    /// The first `K` distinct nodes at or after `key`, or all where the ring has fewer.
    #[inline]
    pub fn replicas<const K: usize>(
        &self,
        key: &(impl Key<H> + ?Sized),
    ) -> heapless::Vec<&'a N, K> {
        let mut owners = [None; K];
        self.owners(key, &mut owners);
        let mut replicas = heapless::Vec::new();
        for owner in owners.into_iter().flatten() {
            // K owners at most, for which there is room. Collecting would panic were there not.
            let _ = replicas.push(owner);
        }
        replicas
    }

    /// [`owners`](Self::owners) among the nodes that are `alive`, spread over zones.
    ///
    /// Takes nodes in the order of the walk, passing over those whose zone has one already. When
    /// every zone has one and nodes are still wanted, those passed over follow in the order of the
    /// walk.
    pub fn owners_in_distinct_zones(
        &self,
        key: &(impl Key<H> + ?Sized),
        mut alive: impl FnMut(&N) -> bool,
        out: &mut [Option<&'a N>],
    ) -> usize {
        let place = self.successor(self.position(key));
        let mut owners = Owners::new(out);
        self.walk(place, &mut alive, &mut Zones(&mut owners));
        self.walk(place, &mut alive, &mut owners);
        owners.len
    }

    /// Offers the nodes that are `alive` to `found` in the order of the walk from point `place`.
    fn walk(
        &self,
        place: usize,
        mut alive: impl FnMut(&N) -> bool,
        found: &mut impl Collect<'a, N>,
    ) {
        let members = self.members.len();
        let mut in_vain = 0;
        for place in places(place, self.positions.len()) {
            if found.is_full() {
                break;
            }
            let Some(node) = self.node_at(place) else { break };
            if found.wants(node) && alive(node) {
                found.take(node);
                in_vain = 0;
                continue;
            }
            in_vain += 1;
            if in_vain >= members {
                in_vain = 0;
                let with_points = self.members.iter().filter(|member| member.weight > 0);
                let mut nodes = with_points.map(|member| &member.node);
                if !nodes.any(|node| found.wants(node) && alive(node)) {
                    break;
                }
            }
        }
    }
}

/// Fills `out` with the members that own the points from `place` on, as long as no two are the
/// same.
#[inline]
fn fill_distinct<'a, N, O: Copy + Eq + Into<u32>>(
    members: &'a [Member<N>],
    owners: &[O],
    place: usize,
    out: &mut [Option<&'a N>],
) -> bool {
    let owners = owners.get(place..).and_then(|owners| owners.get(..out.len()));
    let Some(owners) = owners else { return false };
    for (i, (&owner, node)) in owners.iter().zip(out).enumerate() {
        let member = members.get(owner.into() as usize);
        if owners.iter().take(i).any(|&before| before == owner) || member.is_none() {
            return false;
        }
        *node = member.map(|member| &member.node);
    }
    true
}

/// What a walk gathers.
trait Collect<'a, N> {
    /// Whether the walk may end.
    fn is_full(&self) -> bool;
    /// Whether `node` would be taken.
    fn wants(&self, node: &N) -> bool;
    /// Takes a node that is wanted, when there is room.
    fn take(&mut self, node: &'a N);
}

/// Distinct nodes in the order in which they come.
struct Owners<'o, 'a, N> {
    out: &'o mut [Option<&'a N>],
    len: usize,
}

impl<'o, 'a, N> Owners<'o, 'a, N> {
    #[inline]
    fn new(out: &'o mut [Option<&'a N>]) -> Self {
        out.fill(None);
        Self { out, len: 0 }
    }

    fn taken(&self) -> impl Iterator<Item = &'a N> {
        self.out.iter().map_while(|node| *node)
    }
}

impl<'a, N> Collect<'a, N> for Owners<'_, 'a, N> {
    #[inline]
    fn is_full(&self) -> bool {
        self.len >= self.out.len()
    }

    #[inline]
    fn wants(&self, node: &N) -> bool {
        // Each member holds its own node, so a node is known by its address.
        !self.taken().any(|taken| core::ptr::eq(taken, node))
    }

    #[inline]
    fn take(&mut self, node: &'a N) {
        if let Some(place) = self.out.get_mut(self.len) {
            *place = Some(node);
            self.len += 1;
        }
    }
}

/// One node of each zone.
struct Zones<'z, 'o, 'a, N>(&'z mut Owners<'o, 'a, N>);

impl<'a, N: Node> Collect<'a, N> for Zones<'_, '_, 'a, N> {
    fn is_full(&self) -> bool {
        self.0.is_full()
    }

    fn wants(&self, node: &N) -> bool {
        !self.0.taken().any(|taken| taken.zone() == node.zone())
    }

    fn take(&mut self, node: &'a N) {
        self.0.take(node);
    }
}
