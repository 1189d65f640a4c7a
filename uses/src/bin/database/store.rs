//! [`Store`]: reads and writes by quorum, and read repair.
//!
//! # What is guaranteed
//!
//! A key is on three servers, one in each zone; a read or a write needs two of them. As long as servers keep what
//! they acknowledged:
//!
//! - A read returns the last write that was acknowledged before it began, or a later one. No later read returns an
//!   earlier write than that. So each key is an atomic register.
//! - One server of three may be gone, so one whole zone; then everything is still read and written. With two gone,
//!   the key is neither read nor written until one is back, and no wrong answer is given.
//! - A write that failed may have taken effect, or may come to: some server may have it.
//!
//! A server that lost its memory has broken its word. It does not count as one of two until it has been filled from
//! both others: see [`Mover::refill`](crate::mover::Mover::refill). If one of these is lost too before that, a write
//! that was acknowledged by those two alone is gone. That is the price of a quorum of two of three.
//!
//! Nothing is guaranteed over several keys.

use std::fmt::{self, Display};
use std::sync::Arc;

use crate::layout::{Holders, Layout, Layouts, Places};
use crate::record::{Record, Version};
use crate::servers::{Part, Refusal, Servers};

/// Reads and writes by quorum, for one thread. It asks the servers of a key one after the other, and all of them, so
/// that it sees who is behind.
pub(crate) struct Store {
    layouts: Arc<Layouts>,
    servers: Servers,
    /// Which writer this is: no two have the same number.
    writer: u32,
    /// The greatest counter of its own writes, which may have failed and yet be somewhere.
    counter: u64,
    repaired: u64,
    again: u64,
}

/// Why a key was not read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreError {
    /// Too few of its servers answered.
    Unavailable,
    /// Servers are in a later epoch than any layout that this process knows of.
    Behind {
        /// The epoch of the layout.
        known: u64,
        /// That of a server.
        epoch: u64,
    },
}

impl Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => f.write_str("too few of the key's servers answer"),
            Self::Behind { known, epoch } => {
                write!(f, "the layout is of epoch {known}, and servers are in epoch {epoch}")
            }
        }
    }
}

impl std::error::Error for StoreError {}

/// Why an attempt in one layout came to nothing.
enum Stop {
    Unavailable,
    Behind(u64),
}

impl Store {
    /// A store whose writes bear this number, which no other writer has.
    pub(crate) fn new(layouts: Arc<Layouts>, servers: Servers, writer: u32) -> Self {
        Self { layouts, servers, writer, counter: 0, repaired: 0, again: 0 }
    }

    /// The newest record of a key; `None` if it was never written.
    ///
    /// Servers that answer with an older one, or with none, are given the newest before this returns.
    pub(crate) fn read(&mut self, key: &str) -> Result<Option<Record>, StoreError> {
        self.attempt(|store, layout| {
            let position = layout.position(key);
            let holders = layout.holders(position);
            let answers = store.ask(layout, &holders, key, Part::Whole)?;
            let newest = answers.iter().max_by_key(|(_, record)| Version::of(record));
            let Some((version, newest)) =
                newest.and_then(|(_, record)| Some((Version::of(record)?, record)))
            else {
                return Ok(None);
            };
            let (mut has, mut behind) = (Places::default(), Vec::new());
            for (at, record) in &answers {
                match Version::of(record) {
                    found if found == Some(version) => has.insert(*at),
                    _ => behind.push(*at),
                }
            }
            // Who should have had it gets it. Where data is on its way, it is left to the mover, unless what was read
            // is on too few servers to be read again.
            for moving in [false, true] {
                for &at in behind.iter().filter(|&&at| holders.whole.contains(at) != moving) {
                    if !moving || !holders.is_written(has) {
                        store.put(layout, &holders, at, (key, position, newest), &mut has)?;
                        store.repaired += 1;
                    }
                }
            }
            holders.is_written(has).then(|| Record::decode(newest)).ok_or(Stop::Unavailable)
        })
    }

    /// Writes a key, and returns the version that the value has.
    pub(crate) fn write(&mut self, key: &str, value: &[u8]) -> Result<Version, StoreError> {
        // A write that is tried again in another layout is the same write: it must not come after what others have
        // written upon it meanwhile.
        let mut chosen = None;
        self.attempt(|store, layout| {
            let position = layout.position(key);
            let holders = layout.holders(position);
            let version = match chosen {
                Some(version) => version,
                None => *chosen.insert(store.next(layout, &holders, key)?),
            };
            let record = Record { version, value: value.to_vec() }.encode();
            let mut has = Places::default();
            for at in 0..holders.servers.len() {
                store.put(layout, &holders, at, (key, position, &record), &mut has)?;
            }
            if holders.is_written(has) { Ok(version) } else { Err(Stop::Unavailable) }
        })
    }

    /// How many copies of records were given to servers that were behind.
    pub(crate) fn repaired(&self) -> u64 {
        self.repaired
    }

    /// How many reads and writes were tried again in a later layout.
    pub(crate) fn again(&self) -> u64 {
        self.again
    }

    /// A version that is newer than any that was acknowledged.
    fn next(&mut self, layout: &Layout, holders: &Holders, key: &str) -> Result<Version, Stop> {
        let answers = self.ask(layout, holders, key, Part::Version)?;
        let versions = answers.iter().filter_map(|(_, record)| Version::of(record));
        let newest = versions.map(|version| version.counter).max().unwrap_or(0);
        self.counter = self.counter.max(newest) + 1;
        Ok(Version { counter: self.counter, writer: self.writer })
    }

    /// What the servers of a key say, with their places; from enough of them to have seen all that was acknowledged.
    fn ask(
        &mut self,
        layout: &Layout,
        holders: &Holders,
        key: &str,
        part: Part,
    ) -> Result<Vec<(usize, Vec<u8>)>, Stop> {
        let mut answers = Vec::new();
        for (at, server) in holders.servers.iter().enumerate() {
            match self.servers.read(server, layout.epoch, &[key], part) {
                Ok(records) => answers.extend(records.into_iter().map(|record| (at, record))),
                Err(Refusal::Behind(epoch)) => return Err(Stop::Behind(epoch)),
                Err(Refusal::Outside | Refusal::Down(_)) => {}
            }
        }
        let answered = answers.iter().map(|&(at, _)| at).collect();
        if holders.is_read(answered) { Ok(answers) } else { Err(Stop::Unavailable) }
    }

    /// Gives a server a record, and notes if it has it then.
    fn put(
        &mut self,
        layout: &Layout,
        holders: &Holders,
        at: usize,
        record: (&str, u32, &[u8]),
        has: &mut Places,
    ) -> Result<(), Stop> {
        match self.servers.store(&holders.servers[at], layout.epoch, &[record]) {
            Ok(()) => has.insert(at),
            Err(Refusal::Behind(epoch)) => return Err(Stop::Behind(epoch)),
            Err(Refusal::Outside | Refusal::Down(_)) => {}
        }
        Ok(())
    }

    /// Attempts something in the current layout, and again in a later one if servers are ahead of it.
    fn attempt<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Self, &Layout) -> Result<T, Stop>,
    ) -> Result<T, StoreError> {
        loop {
            let layout = Arc::clone(&self.layouts.pin());
            match attempt(self, &layout) {
                Ok(done) => return Ok(done),
                Err(Stop::Unavailable) => return Err(StoreError::Unavailable),
                Err(Stop::Behind(epoch)) => {
                    let known = self.layouts.pin().epoch;
                    if known < epoch {
                        return Err(StoreError::Behind { known, epoch });
                    }
                    self.again += 1;
                }
            }
        }
    }
}
