//! [`Members`]: how backends come, are replaced, and go.

use std::time::Duration;

use annulus::publish::UpdateError;
use annulus::{BatchError, Change, Node, OwnedSharedRingWriter, Ramp};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::backend::Member;

/// How often something is looked at that is awaited.
const LOOK: Duration = Duration::from_millis(5);

/// The one who edits the ring.
#[derive(Debug)]
pub(crate) struct Members(OwnedSharedRingWriter<Member>);

impl Members {
    /// Edits by this writer.
    #[must_use]
    pub(crate) fn new(writer: OwnedSharedRingWriter<Member>) -> Self {
        Self(writer)
    }

    /// Several backends join at once, as when the balancer starts.
    ///
    /// # Errors
    ///
    /// One of them is a member already, or its name is too long; then none has joined.
    pub(crate) async fn insert(
        &mut self,
        members: impl IntoIterator<Item = Member>,
    ) -> Result<(), BatchError> {
        self.apply(&members.into_iter().map(Change::Insert).collect::<Vec<_>>()).await
    }

    /// A backend takes the place of the one of its name, and all its sessions.
    ///
    /// # Errors
    ///
    /// There is none of its name.
    pub(crate) async fn replace(&mut self, member: Member) -> Result<(), BatchError> {
        self.apply(&[Change::Replace(member)]).await
    }

    /// A backend joins with a few of its points, and has more in this many parts of the ramp: so its sessions come
    /// to it by and by. The ramp begins once the backend is up. `seen` is told how many points it has.
    ///
    /// # Errors
    ///
    /// It is a member already, or its name is too long.
    pub(crate) async fn start_slowly(
        &mut self,
        member: Member,
        ramp: Ramp,
        parts: u32,
        mut seen: impl FnMut(u32),
    ) -> Result<(), BatchError> {
        let full = member.weight().saturating_mul(self.0.view().vnodes());
        let mut steps = ramp.steps(full, parts);
        let first = steps.next().map_or(0, |step| step.points);
        let name = member.identity();
        let joins = [Change::Insert(member.clone()), Change::SetPoints(name, first)];
        self.apply(&joins).await?;
        seen(first);
        while !member.node.health().is_up() {
            sleep(LOOK).await;
        }
        let started = Instant::now();
        for step in steps {
            sleep_until(started + step.after).await;
            self.apply(&[Change::SetPoints(name, step.points)]).await?;
            seen(step.points);
        }
        Ok(())
    }

    /// A backend gets no more requests, and leaves once those that it has are answered, or after `at_most`. Returns
    /// how many were not.
    ///
    /// # Errors
    ///
    /// There is none of this name.
    pub(crate) async fn drain(&mut self, name: &str, at_most: Duration) -> Result<u32, BatchError> {
        let name = name.as_bytes();
        self.apply(&[Change::SetWeight(name, 0)]).await?;
        let load = self.0.view().get(name).map(|member| member.node().load.clone());
        let load = load.expect("its weight was set");
        let empty = async {
            while load.units() > 0 {
                sleep(LOOK).await;
            }
        };
        // What is still in flight then ends as it may.
        let _ = timeout(at_most, empty).await;
        self.apply(&[Change::Remove(name)]).await?;
        Ok(load.units())
    }

    /// Makes changes, all or none, as soon as a snapshot is free.
    async fn apply(&mut self, changes: &[Change<'_, Member>]) -> Result<(), BatchError> {
        let mut pause = Duration::from_millis(1);
        loop {
            match self.0.apply(changes) {
                Ok(()) => return Ok(()),
                Err(UpdateError::Build(error)) => return Err(error),
                Err(_) => sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_millis(64));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use annulus::loads::Loads;
    use annulus::{BalanceFactor, HeapRing, SharedRing};

    use super::*;
    use crate::backend::Backend;

    #[test]
    fn one_that_is_drained_leaves_once_it_is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let ring = SharedRing::new(HeapRing::<Member>::new(), 16).unwrap();
            let mut members = Members::new(ring.owned_writer().unwrap());
            let member = |name| Backend::member(name, SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
            members.insert(["a", "b"].map(member)).await.unwrap();
            let loads = Loads::new(std::sync::Arc::default());
            let ticket = || {
                let pinned = ring.pin();
                let caps = pinned.view().caps(BalanceFactor::percent(10_000).unwrap());
                let (member, ticket) = loads.ticket(pinned.view(), &caps, "key").unwrap();
                (member.node.name().to_owned(), ticket)
            };
            let (name, held) = ticket();
            // It is gone, with its request unanswered.
            assert_eq!(members.drain(&name, Duration::from_millis(20)).await.unwrap(), 1);
            drop(held);
            let (name, held) = ticket();
            let ends = tokio::spawn(async move {
                sleep(Duration::from_millis(20)).await;
                drop(held);
            });
            assert_eq!(members.drain(&name, Duration::from_secs(60)).await.unwrap(), 0);
            ends.await.unwrap();
            assert!(ring.is_empty());
        });
    }
}
