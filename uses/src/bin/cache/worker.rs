//! [`Worker`]: a thread's client, and the keys that it alone asks for.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};

use crate::client::Client;
use crate::connections::Reply;
use crate::memcached::Key;
use crate::modulo::ByModulo;
use crate::stage::{Machine, THREADS};
use crate::tally::Tally;

/// What is behind the cache.
#[derive(Debug, Default)]
pub(crate) struct Database {
    fetches: AtomicUsize,
}

impl Database {
    /// How often it was asked.
    pub(crate) fn fetched(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }

    fn fetch(&self, key: &str) -> String {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        value(key)
    }
}

/// The value of a key.
pub(crate) fn value(key: &str) -> String {
    format!("what the database has of {key}")
}

/// A client of either kind.
#[derive(Debug)]
pub(crate) enum Cache {
    Ring(Client),
    Modulo(ByModulo),
}

impl Cache {
    pub(crate) fn get(&mut self, key: Key<'_>) -> Reply {
        match self {
            Self::Ring(client) => client.get(key),
            Self::Modulo(client) => client.get(key),
        }
    }

    fn set(&mut self, key: Key<'_>, value: &[u8]) -> bool {
        match self {
            Self::Ring(client) => client.set(key, value, 0),
            Self::Modulo(client) => client.set(key, value),
        }
    }
}

/// A key, and which machines have a value of it: a bit each.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: usize,
    pub(crate) key: String,
    pub(crate) held: u32,
}

/// A thread's client, and the keys that it alone asks for. So what is held where follows from what it did itself.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) cache: Cache,
    pub(crate) entries: Vec<Entry>,
    pub(crate) random: u64,
}

/// Which keys are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Requests {
    /// Each once.
    EachOnce,
    /// So many, drawn at random.
    Drawn(usize),
}

impl Worker {
    /// The next number below `end`.
    fn draw(&mut self, end: usize) -> usize {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((self.random >> 33) as usize * end) >> 31
    }

    pub(crate) fn ask(&mut self, at: usize) -> Result<Reply> {
        Ok(self.cache.get(Key::new(&self.entries[at].key)?))
    }

    /// Asks for keys and, if it is told so, puts in what is not there.
    pub(crate) fn work(
        &mut self,
        requests: Requests,
        put: bool,
        owners: &[usize],
        machines: &[Machine],
        database: &Database,
    ) -> Result<Tally> {
        let mut tally = Tally::default();
        let end = self.entries.len();
        let asked = match requests {
            Requests::EachOnce => end,
            Requests::Drawn(all) => all / THREADS,
        };
        for request in 0..asked {
            let at = match requests {
                Requests::EachOnce => request,
                Requests::Drawn(_) => self.draw(end),
            };
            let reply = self.ask(at)?;
            let Self { entries, cache, .. } = self;
            let entry = &mut entries[at];
            let owner = owners[entry.number];
            tally.note(&reply, entry, &[owner], machines);
            if put && !matches!(reply, Reply::Hit(..)) {
                let taken = cache.set(Key::new(&entry.key)?, database.fetch(&entry.key).as_bytes());
                ensure!(taken, "no server takes {}", entry.key);
                entry.held |= 1 << owner;
            }
        }
        Ok(tally)
    }
}
