//! [`Tally`]: what came of requests, and whether each answer was the one that it must be.

use std::ops::AddAssign;

use crate::connections::Reply;
use crate::server::Server;
use crate::stage::Machine;
use crate::worker::{Entry, value};

/// What came of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    pub(crate) hits: usize,
    /// A miss of the server that would have the value.
    pub(crate) misses: usize,
    /// The server did not answer.
    pub(crate) failed: usize,
    /// What must not be: another server answered, or another value came, or there is none where one was put in.
    pub(crate) wrong: usize,
    /// What the database was asked for.
    pub(crate) fetches: usize,
}

impl Tally {
    /// The share of hits, in percent.
    pub(crate) fn percent(&self) -> f64 {
        100.0 * self.hits as f64 / self.asked as f64
    }

    /// Notes a reply to `entry`, which must be that of the first of `owners` that answers.
    pub(crate) fn note(
        &mut self,
        reply: &Reply,
        entry: &Entry,
        owners: &[usize],
        machines: &[Machine],
    ) {
        self.asked += 1;
        let from = |server: &Server| {
            owners
                .iter()
                .copied()
                .find(|&owner| machines[owner].process.address() == server.address())
        };
        let has = |owner: usize| entry.held >> owner & 1 == 1;
        match reply {
            Reply::Hit(found, server) => {
                self.hits += 1;
                let right = *found == value(&entry.key).into_bytes();
                self.wrong += usize::from(!(right && from(server).is_some_and(has)));
            }
            Reply::Miss(server) => {
                self.misses += 1;
                self.wrong += usize::from(from(server).is_none_or(has));
            }
            Reply::Failed(..) => self.failed += 1,
            Reply::Nobody => self.wrong += 1,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        let Self { asked, hits, misses, failed, wrong, fetches } = other;
        self.asked += asked;
        self.hits += hits;
        self.misses += misses;
        self.failed += failed;
        self.wrong += wrong;
        self.fetches += fetches;
    }
}
