//! [`Balance`]: which backend a request goes to. [`RingBalance`]: the one that its session has on the ring, unless
//! that is down or has its share already.

use std::fmt::{self, Debug};
use std::ptr;
use std::sync::Arc;

use annulus::loads::{Load, Loads};
use annulus::{BalanceFactor, SharedRing};

use crate::backend::{Backend, Member};

/// Which backend a request goes to.
pub(crate) trait Balance: Send + Sync {
    /// The backend for a request with this key, none of those that were tried for it already; `None` if no other is
    /// up. Called again for each try.
    fn choose(&self, key: &str, tried: &[Arc<Backend>]) -> Option<Choice>;
}

/// The backend that a request goes to.
pub(crate) struct Choice {
    /// Who it is.
    pub(crate) backend: Arc<Backend>,
    /// Whether the one that should have had it is up and has its share already.
    pub(crate) spilled: bool,
    /// What is held for as long as the request is in flight: that it counts.
    pub(crate) held: Box<dyn Send>,
}

impl Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backend, spilled, held: _ } = self;
        f.debug_struct("Choice").field("backend", backend).field("spilled", spilled).finish()
    }
}

/// How often a choice is made again because health has changed in the midst of it.
const TRIES: usize = 4;

/// Consistent hashing with bounded loads, among the backends that are up.
///
/// A backend that goes down, or is to take no more, changes nothing in the ring: its sessions go to the next one
/// clockwise, those of others stay, and they all come back.
#[derive(Clone, Debug)]
pub(crate) struct RingBalance {
    ring: SharedRing<Member>,
    loads: Loads<Arc<Load>>,
    factor: BalanceFactor,
}

impl RingBalance {
    /// Chooses from this ring. No backend has more than this multiple of its share of the requests in flight.
    #[must_use]
    pub(crate) fn new(ring: SharedRing<Member>, factor: BalanceFactor) -> Self {
        Self { ring, loads: Loads::new(Arc::default()), factor }
    }
}

impl Balance for RingBalance {
    fn choose(&self, key: &str, tried: &[Arc<Backend>]) -> Option<Choice> {
        let able = |member: &Member| {
            let backend = &member.node;
            backend.health().is_up() && !tried.iter().any(|tried| Arc::ptr_eq(tried, backend))
        };
        let pinned = self.ring.pin();
        let ring = pinned.view();
        let position = ring.position(key);
        (0..TRIES).find_map(|_| {
            let owner = ring.owner_where_at(position, able)?;
            // As health may change at any time, these are made for each request. There are few backends.
            let caps = ring.caps_where(self.factor, able);
            let (member, ticket) = self.loads.ticket_where_at(ring, &caps, position, able)?;
            let backend = Arc::clone(&member.node);
            Some(Choice { backend, spilled: !ptr::eq(member, owner), held: Box::new(ticket) })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use annulus::HeapRing;

    use super::*;

    #[test]
    fn a_session_leaves_its_backend_only_where_it_must() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let members = ["a", "b", "c"].map(|name| Backend::member(name, address));
        members.iter().for_each(|member| member.node.health().set(true));
        let ring = SharedRing::new(HeapRing::new(), 2).unwrap();
        ring.writer().unwrap().insert_all(members.clone()).unwrap();
        let balance = RingBalance::new(ring, BalanceFactor::percent(150).unwrap());
        let choose = |tried: &[Arc<Backend>]| balance.choose("session", tried);
        let name = |choice: &Choice| choice.backend.name().to_owned();

        let first = choose(&[]).unwrap();
        let owner = Arc::clone(&first.backend);
        assert!(!first.spilled);
        // It may have ⌈1.5 × 2 / 3⌉, and has it.
        let second = choose(&[]).unwrap();
        assert!(second.spilled && name(&second) != owner.name());
        drop((first, second));

        // The next one takes over, and has not spilled.
        owner.health().set(false);
        let next = choose(&[]).unwrap();
        assert!(!next.spilled && name(&next) != owner.name());
        owner.health().set(true);
        assert_eq!(name(&choose(&[]).unwrap()), owner.name());
        assert_eq!(name(&choose(&[Arc::clone(&owner)]).unwrap()), name(&next));

        let all = members.map(|member| member.node);
        assert!(choose(&all).is_none());
        all.iter().for_each(|backend| backend.health().set(false));
        assert!(choose(&[]).is_none());
    }
}
