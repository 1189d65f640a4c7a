//! [`ByModulo`]: what the ring is compared with, `hash(key) % N`.

use std::sync::{Arc, RwLock};

use annulus::{KeyHash, Xxh3};

use crate::connections::{Connections, Patience, Reply};
use crate::memcached::Key;
use crate::server::Server;

/// The place of a key in a list of so many servers.
pub(crate) fn place(key: &str, servers: usize) -> usize {
    (Xxh3.hash(key) % servers as u64) as usize
}

/// A client that has a key at the server of number `hash(key) % N`, of the N that are up.
#[derive(Debug)]
pub(crate) struct ByModulo {
    servers: Arc<RwLock<Vec<Arc<Server>>>>,
    connections: Connections,
}

impl ByModulo {
    /// A client of these servers.
    pub(crate) fn new(servers: Arc<RwLock<Vec<Arc<Server>>>>, patience: Patience) -> Self {
        Self { servers, connections: Connections::new(patience) }
    }

    /// Asks for the value of a key.
    pub(crate) fn get(&mut self, key: Key<'_>) -> Reply {
        match self.server_of(key) {
            Some(server) => self.connections.get(server, key),
            None => Reply::Nobody,
        }
    }

    /// Puts a value in for good. Says whether a server has it now.
    pub(crate) fn set(&mut self, key: Key<'_>, value: &[u8]) -> bool {
        let server = self.server_of(key);
        server.is_some_and(|server| self.connections.set(&server, key, value, 0))
    }

    fn server_of(&self, key: Key<'_>) -> Option<Arc<Server>> {
        let servers = self.servers.read().expect("no thread panics while it changes the list");
        let up: Vec<_> = servers.iter().filter(|server| server.is_up()).collect();
        (!up.is_empty()).then(|| Arc::clone(up[place(key.as_str(), up.len())]))
    }
}
