//! [`Servers`]: what is asked of one redis, and answered only if it is asked in an epoch that is not over.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use redis::{Client, Connection, FromRedisValue, RedisError, RedisResult, Script};

use crate::layout::Server;
use crate::record::Version;

/// What stands before a key, so that none is one of the names that a server has for itself.
const PREFIX: &str = "k:";

/// The scripts that servers run. Each takes effect whole or not at all, and no other request comes between.
#[derive(Clone, Debug)]
pub(crate) struct Scripts {
    pub(crate) admit: Script,
    pub(crate) raise: Script,
    pub(crate) read: Script,
    pub(crate) store: Script,
    pub(crate) list: Script,
    pub(crate) drop: Script,
    pub(crate) retire: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            admit: fenced(include_str!("lua/admit.lua")),
            raise: fenced(include_str!("lua/raise.lua")),
            read: fenced(include_str!("lua/read.lua")),
            store: fenced(include_str!("lua/store.lua")),
            list: fenced(include_str!("lua/list.lua")),
            drop: fenced(include_str!("lua/drop.lua")),
            retire: fenced(include_str!("lua/retire.lua")),
        }
    }
}

/// A script that can refuse what is asked in an earlier epoch.
pub(crate) fn fenced(script: &str) -> Script {
    Script::new(&[include_str!("lua/fence.lua"), script].concat())
}

/// Why a server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It knows of this epoch, which is later than that of the request.
    Behind(u64),
    /// It is not admitted: it is new, or it has lost its memory, or it has left.
    Outside,
    /// It does not answer as it should. Whether it did what was asked is not known.
    Down(String),
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind(epoch) => write!(f, "it is in epoch {epoch}"),
            Self::Outside => f.write_str("it is not admitted"),
            Self::Down(why) => f.write_str(why),
        }
    }
}

impl From<RedisError> for Refusal {
    fn from(error: RedisError) -> Self {
        let epoch = error.detail().and_then(|epoch| u64::from_str(epoch).ok());
        match (error.code(), epoch) {
            (Some("BEHIND"), Some(epoch)) => Self::Behind(epoch),
            (Some("OUTSIDE"), _) => Self::Outside,
            _ => Self::Down(error.to_string()),
        }
    }
}

/// How much of a record is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Version,
    Whole,
}

/// Connections of one thread to servers, one each. A server that hangs costs its time-out each time that it is asked.
pub(crate) struct Servers {
    scripts: Scripts,
    timeout: Duration,
    open: HashMap<SocketAddr, Connection>,
}

impl Servers {
    /// None yet: connections are made as servers are asked.
    pub(crate) fn new(scripts: Scripts, timeout: Duration) -> Self {
        Self { scripts, timeout, open: HashMap::new() }
    }

    /// Admits an empty server, from this epoch on.
    pub(crate) fn admit(&mut self, server: &Server, epoch: u64) -> Result<(), Refusal> {
        let script = self.scripts.admit.clone();
        self.ask(server, |open| script.arg(epoch).invoke(open))
    }

    /// Has a server refuse earlier epochs.
    pub(crate) fn raise(&mut self, server: &Server, epoch: u64) -> Result<(), Refusal> {
        let script = self.scripts.raise.clone();
        self.ask(server, |open| script.arg(epoch).invoke(open))
    }

    /// Has a server refuse everything from now on.
    pub(crate) fn retire(&mut self, server: &Server, epoch: u64) -> Result<(), Refusal> {
        let script = self.scripts.retire.clone();
        self.ask(server, |open| script.arg(epoch).invoke(open))
    }

    /// The records of keys, or their versions; empty where there is none.
    pub(crate) fn read(
        &mut self,
        server: &Server,
        epoch: u64,
        keys: &[&str],
        part: Part,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        let last = match part {
            Part::Version => Version::LEN as i64 - 1,
            Part::Whole => -1,
        };
        let script = self.scripts.read.clone();
        self.ask(server, |open| {
            let mut invocation = script.arg(epoch);
            for key in keys {
                invocation.key([PREFIX, key].concat());
            }
            invocation.arg(last).invoke(open)
        })
    }

    /// Stores records where there are none as new: for each its key, its position and its form.
    pub(crate) fn store(
        &mut self,
        server: &Server,
        epoch: u64,
        records: &[(&str, u32, &[u8])],
    ) -> Result<(), Refusal> {
        let script = self.scripts.store.clone();
        self.ask(server, |open| {
            let mut invocation = script.arg(epoch);
            for &(key, position, record) in records {
                invocation.key([PREFIX, key].concat()).arg(position).arg(record);
            }
            invocation.invoke(open)
        })
    }

    /// The keys at these positions and their versions; `None` if there are more than `most`.
    pub(crate) fn list(
        &mut self,
        server: &Server,
        epoch: u64,
        positions: &RangeInclusive<u32>,
        most: u64,
    ) -> Result<Option<Vec<(String, Version)>>, Refusal> {
        let script = self.scripts.list.clone();
        let (first, last) = (positions.start(), positions.end());
        let listed: Option<Vec<Vec<u8>>> =
            self.ask(server, |open| script.arg(epoch).arg(first).arg(last).arg(most).invoke(open))?;
        let entry = |pair: &[Vec<u8>]| {
            let key = str::from_utf8(&pair[0]).ok()?.strip_prefix(PREFIX)?;
            Some((key.to_owned(), Version::of(&pair[1])?))
        };
        let Some(listed) = listed else { return Ok(None) };
        let entries: Option<Vec<_>> = listed.chunks_exact(2).map(entry).collect();
        // Somebody else's keys are there.
        entries.map(Some).ok_or_else(|| Refusal::Down("it has what is no record".into()))
    }

    /// Deletes keys at these positions, `most` at most, and says how many.
    pub(crate) fn drop(
        &mut self,
        server: &Server,
        epoch: u64,
        positions: &RangeInclusive<u32>,
        most: u64,
    ) -> Result<u64, Refusal> {
        let script = self.scripts.drop.clone();
        let (first, last) = (positions.start(), positions.end());
        self.ask(server, |open| script.arg(epoch).arg(first).arg(last).arg(most).invoke(open))
    }

    /// Asks a server, over a connection that is made anew after an error.
    fn ask<T: FromRedisValue>(
        &mut self,
        server: &Server,
        request: impl FnOnce(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, Refusal> {
        let mut open = match self.open.remove(&server.address) {
            Some(open) => open,
            None => connect(server.address, self.timeout)?,
        };
        let answer = request(&mut open);
        // A server that refuses has answered. After anything else half a request may have been sent, or an answer may
        // be on its way that would be taken for that to the next request.
        if answer.as_ref().err().is_none_or(|error| error.code().is_some()) {
            self.open.insert(server.address, open);
        }
        Ok(answer?)
    }
}

/// A connection on which nothing takes longer than this.
fn connect(address: SocketAddr, timeout: Duration) -> RedisResult<Connection> {
    let open = Client::open(format!("redis://{address}/"))?.get_connection_with_timeout(timeout)?;
    open.set_read_timeout(Some(timeout))?;
    open.set_write_timeout(Some(timeout))?;
    Ok(open)
}
