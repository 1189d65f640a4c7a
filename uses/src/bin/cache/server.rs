//! [`Server`]: a node of the ring, and whether it is up.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use annulus::Node;

/// Times are milliseconds from here on.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The time until which a server is walked past that is not.
const UP: u64 = 0;

/// A server of the cache. All threads share one of it, and with it whether it is up: what one of them found out, all
/// know in their next lookup.
#[derive(Debug)]
pub(crate) struct Server {
    name: String,
    address: SocketAddr,
    /// [`UP`], or when it is tried again. No other data hangs on this number: all accesses are relaxed.
    down_until: AtomicU64,
}

impl Server {
    /// A server that is up. Its keys follow from its name, which stays when it moves to another address.
    pub(crate) fn new(name: impl Into<String>, address: SocketAddr) -> Self {
        Self { name: name.into(), address, down_until: AtomicU64::new(UP) }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it is up, as far as anybody knows. Wait-free.
    pub(crate) fn is_up(&self) -> bool {
        self.down_until.load(Ordering::Relaxed) == UP
    }

    /// Whether the caller is to try it once more. That is one caller, after it was down for long enough; for all
    /// others it is down for `pause` more. Wait-free.
    pub(crate) fn is_to_be_tried(&self, pause: Duration) -> bool {
        let (now, until) = (now(), self.down_until.load(Ordering::Relaxed));
        until != UP && until <= now && self.replace(until, end(now, pause))
    }

    /// Puts another time in the place of this one, unless somebody else has done that: of several who have seen the
    /// same, one succeeds.
    fn replace(&self, seen: u64, next: u64) -> bool {
        let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
        self.down_until.compare_exchange(seen, next, success, failure).is_ok()
    }

    /// It answered.
    pub(crate) fn mark_up(&self) {
        if !self.is_up() {
            self.down_until.store(UP, Ordering::Relaxed);
        }
    }

    /// It did not answer: it is walked past for `pause`.
    pub(crate) fn mark_down(&self, pause: Duration) {
        self.down_until.store(end(now(), pause), Ordering::Relaxed);
    }
}

fn now() -> u64 {
    START.elapsed().as_millis() as u64
}

/// When a pause ends that begins now: never at the time that means [`UP`].
fn end(now: u64, pause: Duration) -> u64 {
    now + (pause.as_millis() as u64).max(1)
}

impl Node for Server {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

/// What a list of servers is compared by: one that stays as it was keeps its place, and what is known of it.
impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.address) == (&other.name, other.address)
    }
}

impl Eq for Server {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const LONG: Duration = Duration::from_secs(1000);

    fn server() -> Server {
        Server::new("a", SocketAddr::from(([127, 0, 0, 1], 1)))
    }

    #[test]
    fn it_is_up_until_it_is_marked_down() {
        let server = server();
        assert!(server.is_up() && !server.is_to_be_tried(LONG));
        server.mark_down(LONG);
        assert!(!server.is_up() && !server.is_to_be_tried(LONG));
        server.mark_up();
        assert!(server.is_up());
    }

    #[test]
    fn one_caller_tries_it_again() {
        let server = server();
        server.mark_down(Duration::ZERO);
        thread::sleep(Duration::from_millis(5));
        assert_eq!([(); 3].map(|()| server.is_to_be_tried(LONG)), [true, false, false]);
        assert!(!server.is_up());
        // Even if several see at the same time that it is due.
        let seen = server.down_until.load(Ordering::Relaxed);
        assert_eq!([1, 2].map(|more| server.replace(seen, seen + more)), [true, false]);
    }
}
