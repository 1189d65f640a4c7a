//! What takes turns: ours and the originals alike.

use annulus_bench::workload::{KEYS, address, integers};
use rustix::time::{ClockId, clock_gettime};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// The most keys of a turn that are timed.
const TIMED: usize = 1 << 14;

/// Servers and keys, the same for all.
pub(crate) struct Work {
    /// The servers, all of weight 1.
    pub(crate) servers: Vec<SocketAddr>,
    /// The servers as texts.
    pub(crate) names: Vec<String>,
    /// Keys of 16 bytes that are texts, which Python needs.
    pub(crate) keys: Vec<String>,
    /// How many keys only bring into the caches what lookups read.
    pub(crate) warm: usize,
}

impl Work {
    /// So many servers, and keys for them.
    pub(crate) fn new(servers: u32) -> Self {
        let servers: Vec<_> = (0..servers).map(address).collect();
        let names = servers.iter().map(SocketAddr::to_string).collect();
        // Enough to bring nearly all of a ring of 160 points a server into the caches.
        let keys = integers(KEYS.max(servers.len() * 80));
        let keys: Vec<_> = keys.into_iter().map(|key| format!("{key:016x}")).collect();
        let warm = keys.len() - TIMED.min(keys.len() / 2);
        Self { servers, names, keys, warm }
    }

    /// The keys that warm up, and those that are timed.
    pub(crate) fn parts(&self) -> [&[String]; 2] {
        let (warm, timed) = self.keys.split_at(self.warm);
        [warm, timed]
    }
}

/// What is done in a turn.
#[derive(Clone, Copy)]
pub(crate) enum Task {
    /// Keys are looked up.
    Lookup,
    /// The ring is built anew.
    Build,
}

/// How much time of processors something took that was done so many times.
pub(crate) struct Turn {
    pub(crate) time: Duration,
    pub(crate) times: usize,
}

/// The time that processors have given to this program: what others take meanwhile does not count.
#[derive(Clone, Copy)]
pub(crate) struct Start(Duration);

impl Start {
    /// Now.
    pub(crate) fn now() -> Self {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Self(time.try_into().expect("a clock that starts at 0"))
    }

    /// What was given since.
    pub(crate) fn elapsed(self) -> Duration {
        Self::now().0 - self.0
    }
}

/// One that takes turns.
pub(crate) trait Contender {
    /// The places of the owners of all keys.
    fn owners(&mut self) -> io::Result<Vec<u32>>;

    /// Whether this server has a point too on the position that decides who owns this key.
    fn is_tied(&self, _key: &str, _place: u32) -> bool {
        false
    }

    /// Takes a turn.
    fn turn(&mut self, task: Task) -> io::Result<Turn>;
}
