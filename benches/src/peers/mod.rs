//! The peers: each membership as they hold it, and the searches that no library is needed for.

mod left_right;
mod maglev;
mod sorted;

pub use left_right::left_right;
pub use maglev::Maglev;
pub use sorted::Sorted;

use crate::workload::{Size, address};
use anchorhash::AnchorHash;
use hashring::HashRing;
use jumphash::CustomJumpHasher;
use pingora_ketama::{Bucket, Continuum};
use std::collections::hash_map::RandomState;
use std::hash::Hasher;
use std::net::SocketAddr;
use std::sync::Arc;

/// What pingora-ketama builds its ring from.
pub fn buckets(size: Size) -> Vec<Bucket> {
    (0..size.nodes).map(|number| Bucket::new(address(number), 1)).collect()
}

/// A ring of pingora-ketama, which has 160 points a node.
pub fn ketama(size: Size) -> Continuum {
    Continuum::new(&buckets(size))
}

/// The number of a server by its address, which is what pingora-ketama answers with.
pub fn number(address: &SocketAddr) -> usize {
    match address {
        SocketAddr::V4(v4) => v4.ip().to_bits() as usize & 0xff_ffff,
        SocketAddr::V6(_) => unreachable!("all servers have version 4 addresses"),
    }
}

/// A point of hashring, where virtual nodes are the user's business: server and number.
pub type HashringPoint = (u32, u32);

/// A ring of hashring.
pub fn hashring(size: Size) -> HashRing<HashringPoint> {
    let mut ring = HashRing::new();
    let points = |number| (0..size.vnodes).map(move |r| (number, r));
    ring.batch_add((0..size.nodes).flat_map(points).collect());
    ring
}

/// A ring of lfchring with so many replicas, which it settles when it is made.
pub fn lfchring(size: Size, replicas: u8) -> lfchring::HashRing<str, impl lfchring::Hasher> {
    let nodes: Vec<Arc<str>> =
        (0..size.nodes).map(|number| address(number).to_string().into()).collect();
    let vnodes = size.vnodes.try_into().expect("vnodes of 16 bits");
    lfchring::HashRing::with_nodes(vnodes, replicas, &nodes).expect("no equal points")
}

/// AnchorHash with room for twice as many servers.
pub fn anchorhash(size: Size) -> AnchorHash<[u8; 16], u32, RandomState> {
    let capacity = (size.nodes * 2).try_into().expect("capacity of 16 bits");
    anchorhash::Builder::default().with_resources(0..size.nodes).build(capacity)
}

/// Jump hash of integers that need no hash before it.
pub fn jump() -> CustomJumpHasher<Identity> {
    CustomJumpHasher::new(Identity::default())
}

/// Takes an integer for its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 << 8) | u64::from(byte);
        }
    }

    #[inline]
    fn write_u64(&mut self, integer: u64) {
        self.0 = integer;
    }
}
