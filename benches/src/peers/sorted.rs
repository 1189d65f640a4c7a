//! The standard library's binary search on the points of one of our rings.

use annulus::{HeapRing, RingRef};

use crate::workload::Server;

/// The points of a ring in sorted arrays, without an index.
pub struct Sorted {
    positions: Vec<u32>,
    owners: Vec<u16>,
    servers: Vec<Server>,
}

impl Sorted {
    /// The points of `ring`, of at most 2^16 servers.
    pub fn new(ring: &HeapRing<Server>) -> Self {
        let view: RingRef<'_, Server> = ring.view();
        let servers: Vec<Server> = view.members().iter().map(|m| m.node().clone()).collect();
        let mut places = vec![0; servers.len()];
        for (place, server) in servers.iter().enumerate() {
            places[server.number as usize] = place as u16;
        }
        let owners = view.points().map(|point| places[point.node.number as usize]).collect();
        Self { positions: view.points().map(|point| point.position).collect(), owners, servers }
    }

    /// The view that answers lookups.
    pub fn view(&self) -> SortedRef<'_> {
        SortedRef { positions: &self.positions, owners: &self.owners, servers: &self.servers }
    }
}

/// A view of [`Sorted`].
#[derive(Clone, Copy)]
pub struct SortedRef<'a> {
    /// In order.
    pub positions: &'a [u32],
    owners: &'a [u16],
    servers: &'a [Server],
}

impl<'a> SortedRef<'a> {
    /// The place of the first point at or after `position`, which may be past the end.
    #[inline]
    pub fn place(&self, position: u32) -> usize {
        self.positions.partition_point(|&point| point < position)
    }

    /// The server that owns `position`.
    #[inline]
    pub fn owner(&self, position: u32) -> &'a Server {
        let place = self.place(position);
        let place = if place < self.positions.len() { place } else { 0 };
        &self.servers[usize::from(self.owners[place])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{KEYS, SIZES, positions};

    #[test]
    fn it_finds_the_same_owners() {
        let ring = SIZES[0].ring();
        let sorted = Sorted::new(&ring);
        for position in positions(KEYS).into_iter().chain([0, u32::MAX]) {
            let owner = ring.view().owner_at(position).map(|server| server.number);
            assert_eq!(owner, Some(sorted.view().owner(position).number));
        }
    }
}
