//! [`Backend`]: a server that requests are sent to.

use std::net::SocketAddr;
use std::sync::Arc;

use annulus::Node;
use annulus::loads::{Counted, Load};

use crate::health::Health;

/// A backend as the ring has it, with the counter of its requests in flight. Its clones share both.
pub(crate) type Member = Counted<Arc<Backend>, Arc<Load>>;

/// A server that requests are sent to.
///
/// Its name decides which sessions it has. So one that is started anew has those that it had, wherever it runs now.
#[derive(Debug)]
pub(crate) struct Backend {
    name: String,
    address: SocketAddr,
    health: Health,
}

impl Backend {
    /// A backend of this name at this address, as a member of weight 1. It is down until its first checks have
    /// passed.
    #[must_use]
    pub(crate) fn member(name: &str, address: SocketAddr) -> Member {
        let backend = Self { name: name.to_owned(), address, health: Health::default() };
        Counted::new(Arc::new(backend), Arc::default())
    }

    /// What it is called.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens.
    #[must_use]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its checks say.
    #[must_use]
    pub(crate) fn health(&self) -> &Health {
        &self.health
    }
}

impl Node for Backend {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}
