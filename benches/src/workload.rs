//! The memberships and keys that everything is measured on, the same for every contender.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use annulus::{HeapRing, Node, Ring};

/// A membership: so many nodes with so many points each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The number of nodes.
    pub nodes: u32,
    /// The points of each.
    pub vnodes: u32,
}

/// The memberships, smallest first.
pub const SIZES: [Size; 4] = [
    Size { nodes: 10, vnodes: 150 },
    Size { nodes: 100, vnodes: 160 },
    Size { nodes: 1_000, vnodes: 160 },
    Size { nodes: 10_000, vnodes: 160 },
];

impl Size {
    /// The number of points.
    pub fn points(self) -> usize {
        self.nodes as usize * self.vnodes as usize
    }

    /// How many keys are looked up in a turn: enough for those that are not timed to bring nearly all
    /// of a ring into the caches, as far as it fits there, also of one that has 8 points on a line.
    pub fn keys(self) -> usize {
        KEYS.max(self.points() / 2)
    }

    /// The servers.
    pub fn servers(self) -> Vec<Server> {
        (0..self.nodes).map(Server::new).collect()
    }

    /// A ring of the servers on the heap.
    pub fn ring(self) -> HeapRing<Server> {
        let mut ring = HeapRing::with_vnodes(self.vnodes);
        ring.insert_all(self.servers()).expect("room for all servers");
        ring
    }
}

impl Size {
    /// A ring of the servers on the heap, which take turns in so many zones.
    pub fn ring_in_zones(self, zones: u32) -> HeapRing<Zoned> {
        let mut ring = HeapRing::with_vnodes(self.vnodes);
        let zoned = |server: Server| {
            let zone = (server.number % zones).to_be_bytes();
            Zoned { server, zone }
        };
        ring.insert_all(self.servers().into_iter().map(zoned)).expect("room for all servers");
        ring
    }
}

/// A server in a zone, whose name is a number.
#[derive(Clone, Debug)]
pub struct Zoned {
    server: Server,
    zone: [u8; 4],
}

impl Node for Zoned {
    fn identity(&self) -> &[u8] {
        self.server.identity()
    }

    fn zone(&self) -> &[u8] {
        &self.zone
    }
}

/// The membership of the ring in place.
pub const INLINE: Size = SIZES[1];

/// A ring in place.
pub type InlineRing = Ring<Server, { INLINE.nodes as usize }, 16_000>;

/// The ring of [`INLINE`] in place: there is one, as large as its `static`, for one user at a time.
pub fn inline() -> MutexGuard<'static, InlineRing> {
    static RING: Mutex<InlineRing> = Mutex::new(Ring::with_vnodes(INLINE.vnodes));
    let mut ring = RING.lock().expect("nobody panics");
    ring.clear();
    ring.insert_all(INLINE.servers()).expect("room for all servers");
    ring
}

/// As the tables head their columns: `1,000 × 160`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nodes / 1_000, self.nodes % 1_000) {
            (0, nodes) => write!(f, "{nodes} × {}", self.vnodes),
            (thousands, rest) => write!(f, "{thousands},{rest:03} × {}", self.vnodes),
        }
    }
}

/// A node whose copies share its name, as a node of a ring under change should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its place in the list of servers.
    pub number: u32,
    name: Arc<str>,
}

impl Server {
    /// The server of this number.
    pub fn new(number: u32) -> Self {
        Self { number, name: address(number).to_string().into() }
    }
}

impl Node for Server {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

/// The address of the server of this number, below 2^24; peers that want names take it as text.
pub fn address(number: u32) -> SocketAddr {
    let [_, a, b, c] = number.to_be_bytes();
    (Ipv4Addr::new(10, a, b, c), 8080).into()
}

/// Enough keys for half of them to be more than a predictor of branches remembers.
pub const KEYS: usize = 1 << 15;

/// Key number `turn`, of 8 bytes: outputs of SplitMix64.
fn key(turn: usize) -> u64 {
    let mut z = (turn as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Keys of 8 bytes, as integers.
pub fn integers(count: usize) -> Vec<u64> {
    (0..count).map(key).collect()
}

/// Keys of 16 bytes.
pub fn keys(count: usize) -> Vec<[u8; 16]> {
    let words = |turn| [key(2 * turn), key(2 * turn + 1)].map(u64::to_le_bytes);
    let bytes = |turn| *words(turn).as_flattened().first_chunk().expect("two words");
    (0..count).map(bytes).collect()
}

/// Keys that are hashed already.
pub fn positions(count: usize) -> Vec<u32> {
    (0..count).map(|turn| (key(turn) >> 32) as u32).collect()
}

/// Which servers are down: every tenth.
pub fn down(size: Size) -> Vec<bool> {
    (0..size.nodes).map(|number| number % 10 == 3).collect()
}
