//! [`Ledger`]: the keys of the database, and what must be read of each.

use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::record::{Record, Version};
use crate::store::{Store, StoreError};

/// How long a client rests after each read or write while data moves.
pub(crate) const REST: Duration = Duration::from_millis(2);

/// The keys, and what must be read of each.
pub(crate) struct Ledger {
    pub(crate) keys: Vec<Entry>,
    /// How many keys there are from the beginning; those after them come while data moves.
    pub(crate) old: usize,
}

pub(crate) struct Entry {
    pub(crate) key: String,
    /// The newest record that was acknowledged or read.
    pub(crate) newest: Mutex<Option<Record>>,
    /// The newest version that was acknowledged: of what was read some writer may still be about to hear.
    pub(crate) acknowledged: Mutex<Option<Version>>,
}

impl Ledger {
    pub(crate) fn new(old: usize, more: usize) -> Self {
        let entry = |n| Entry {
            key: format!("user:{n}"),
            newest: Mutex::new(None),
            acknowledged: Mutex::new(None),
        };
        Self { keys: (0..old + more).map(entry).collect(), old }
    }

    /// A value of a key: its length is always the same.
    pub(crate) fn value(&self, at: usize, what: impl Display) -> Vec<u8> {
        let mut value = format!("{} by {what} ", self.keys[at].key).into_bytes();
        value.resize(60 + at * 37 % 200, b'.');
        value
    }

    /// The bytes of a copy of a key.
    pub(crate) fn bytes(&self, at: usize) -> u64 {
        (self.keys[at].key.len() + Version::LEN + 60 + at * 37 % 200) as u64
    }

    pub(crate) fn newest(&self, at: usize) -> Option<Record> {
        self.keys[at].newest.lock().expect("no thread panics").clone()
    }

    pub(crate) fn acknowledged(&self, at: usize) -> Option<Version> {
        *self.keys[at].acknowledged.lock().expect("no thread panics")
    }

    /// Notes what was acknowledged or read.
    pub(crate) fn note(&self, at: usize, record: Record) {
        let mut newest = self.keys[at].newest.lock().expect("no thread panics");
        if newest.as_ref().is_none_or(|newest| newest.version < record.version) {
            *newest = Some(record);
        }
    }

    /// Reads a key: what was acknowledged before, or something later, must be found.
    pub(crate) fn read(&self, store: &mut Store, at: usize, counts: &mut Counts) {
        let floor = self.newest(at);
        match store.read(&self.keys[at].key) {
            Ok(found) => {
                let version =
                    |record: &Option<Record>| record.as_ref().map(|record| record.version);
                let same = version(&found) == version(&floor);
                if version(&found) < version(&floor) || (same && found != floor) {
                    counts.wrong += 1;
                } else {
                    counts.read += 1;
                }
                if let Some(record) = found {
                    self.note(at, record);
                }
            }
            Err(error) => counts.fail(error),
        }
    }

    /// Writes a key: its version must be newer than all that was acknowledged before.
    pub(crate) fn write(
        &self,
        store: &mut Store,
        at: usize,
        what: impl Display,
        counts: &mut Counts,
    ) {
        let (floor, value) = (self.newest(at), self.value(at, what));
        match store.write(&self.keys[at].key, &value) {
            Ok(version) => {
                if floor.is_some_and(|floor| version <= floor.version) {
                    counts.wrong += 1;
                } else {
                    counts.written += 1;
                }
                let mut acknowledged = self.keys[at].acknowledged.lock().expect("no thread panics");
                *acknowledged = (*acknowledged).max(Some(version));
                drop(acknowledged);
                self.note(at, Record { version, value });
            }
            Err(error) => counts.fail(error),
        }
    }
}

/// What came of reads and writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) read: u64,
    pub(crate) written: u64,
    /// Older than what was acknowledged before.
    pub(crate) wrong: u64,
    pub(crate) unavailable: u64,
    pub(crate) behind: u64,
}

impl Counts {
    pub(crate) fn fail(&mut self, error: StoreError) {
        match error {
            StoreError::Unavailable => self.unavailable += 1,
            StoreError::Behind { .. } => self.behind += 1,
        }
    }

    pub(crate) fn add(&mut self, more: &Self) {
        self.read += more.read;
        self.written += more.written;
        self.wrong += more.wrong;
        self.unavailable += more.unavailable;
        self.behind += more.behind;
    }
}

/// What a client does until it is told to stop: it writes a new key; then it reads any key or writes it, as likely
/// the one as the other.
pub(crate) fn traffic(
    store: &mut Store,
    ledger: &Ledger,
    seed: u64,
    stop: &AtomicBool,
    operations: &AtomicU64,
) -> Counts {
    let (mut counts, mut random) = (Counts::default(), seed);
    ledger.write(store, ledger.old + seed as usize, "a client", &mut counts);
    while !stop.load(Ordering::Relaxed) {
        // Knuth's generator, whose high bits are the good ones.
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = ((random >> 33) as usize) % ledger.keys.len();
        if random >> 32 & 1 == 0 {
            ledger.read(store, at, &mut counts);
        } else {
            ledger.write(store, at, operations.load(Ordering::Relaxed), &mut counts);
        }
        operations.fetch_add(1, Ordering::Relaxed);
        thread::sleep(REST);
    }
    counts
}
