//! [`Health`]: whether a backend is up. [`Checks`]: who finds that out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use annulus::SharedRing;
use http_body_util::Empty;
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::{sleep, timeout};

use crate::backend::{Backend, Member};

/// Whether a backend is up: a flag that lookups read, and that no edit of the ring is needed for.
#[derive(Debug, Default)]
pub(crate) struct Health {
    up: AtomicBool,
    /// How many checks in a row have contradicted the flag.
    against: AtomicU32,
    /// A check is under way. There is one at a time, so the counter needs no more than a load and a store.
    checking: AtomicBool,
}

impl Health {
    /// Whether it is up.
    #[must_use]
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    /// Says so at once.
    #[cfg(test)]
    pub(crate) fn set(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
    }

    /// Takes note of a check. The flag changes after so many in a row that contradict it.
    fn note(&self, passed: bool, checks: &Checks) {
        let up = self.is_up();
        let against = if passed == up { 0 } else { self.against.load(Ordering::Relaxed) + 1 };
        let enough = if up { checks.fall } else { checks.rise };
        let flips = against >= enough.max(1);
        self.against.store(if flips { 0 } else { against }, Ordering::Relaxed);
        if flips {
            self.up.store(passed, Ordering::Relaxed);
        }
    }
}

/// How the health of backends is checked: by a request, which must be answered with a status of 200 to 299.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checks {
    /// What is asked for.
    pub(crate) path: &'static str,
    /// The pause between two checks of a backend.
    pub(crate) every: Duration,
    /// How long an answer may take.
    pub(crate) within: Duration,
    /// After how many failures in a row a backend is down.
    pub(crate) fall: u32,
    /// After how many successes in a row it is up.
    pub(crate) rise: u32,
}

impl Checks {
    /// Checks the members of a ring, whoever they are by then, for as long as it is polled.
    ///
    /// One that does not answer delays the checks of no other.
    pub(crate) async fn watch(self, ring: SharedRing<Member>) {
        // A connection for each check: whether it can be made is part of the question.
        let mut client = Client::builder(TokioExecutor::new());
        let client = client.pool_max_idle_per_host(0).build_http();
        loop {
            for backend in members(&ring) {
                if backend.health().checking.swap(true, Ordering::Acquire) {
                    continue;
                }
                let client = client.clone();
                tokio::spawn(async move {
                    let passed = self.passes(&client, &backend).await;
                    backend.health().note(passed, &self);
                    backend.health().checking.store(false, Ordering::Release);
                });
            }
            sleep(self.every).await;
        }
    }

    /// Whether a backend passes the check.
    async fn passes(
        &self,
        client: &Client<HttpConnector, Empty<Bytes>>,
        backend: &Backend,
    ) -> bool {
        let uri = Uri::builder().scheme("http").authority(backend.address().to_string());
        let Ok(uri) = uri.path_and_query(self.path).build() else { return false };
        let answer = timeout(self.within, client.get(uri)).await;
        matches!(answer, Ok(Ok(answer)) if answer.status().is_success())
    }
}

/// The members of the ring as it is now.
fn members(ring: &SharedRing<Member>) -> Vec<Arc<Backend>> {
    let pinned = ring.pin();
    pinned.view().members().iter().map(|member| Arc::clone(&member.node().node)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_several_checks_in_a_row() {
        let checks =
            Checks { path: "/", every: Duration::ZERO, within: Duration::ZERO, fall: 3, rise: 2 };
        let health = Health::default();
        let after = |passed: &[bool]| {
            passed.iter().for_each(|&passed| health.note(passed, &checks));
            health.is_up()
        };
        assert!(!after(&[true, false, true]));
        assert!(after(&[true]));
        assert!(after(&[false, false, true, false, false]));
        assert!(!after(&[false]));
        assert!(!after(&[true]));
        assert!(after(&[true]));
    }
}
