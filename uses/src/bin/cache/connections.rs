//! [`Connections`]: requests to servers that may not answer.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::memcached::{Connection, Key};
use crate::server::Server;

/// How patient one is with servers that do not answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How long a request waits at each step: to connect, for a write, for a read.
    pub(crate) timeout: Duration,
    /// How long a server is walked past that did not answer, until one request tries it again.
    pub(crate) pause: Duration,
}

/// What came of asking for a key.
#[derive(Debug)]
pub(crate) enum Reply {
    /// This server has this value.
    Hit(Vec<u8>, Arc<Server>),
    /// This server has no value.
    Miss(Arc<Server>),
    /// This server did not answer; from now on it is walked past.
    Failed(io::Error, Arc<Server>),
    /// No server is up.
    Nobody,
}

/// One thread's connections: at most one to each server.
#[derive(Debug)]
pub(crate) struct Connections {
    open: HashMap<SocketAddr, Connection>,
    patience: Patience,
}

impl Connections {
    /// None as yet.
    pub(crate) fn new(patience: Patience) -> Self {
        Self { open: HashMap::new(), patience }
    }

    /// How patient they are.
    pub(crate) fn patience(&self) -> Patience {
        self.patience
    }

    /// Closes those to all servers but these.
    pub(crate) fn keep(&mut self, to: impl Fn(SocketAddr) -> bool) {
        self.open.retain(|&address, _| to(address));
    }

    /// Asks a server for the value of a key.
    pub(crate) fn get(&mut self, server: Arc<Server>, key: Key<'_>) -> Reply {
        match self.ask(&server, |connection| connection.get(key)) {
            Ok(Some(value)) => Reply::Hit(value, server),
            Ok(None) => Reply::Miss(server),
            Err(error) => Reply::Failed(error, server),
        }
    }

    /// Has a server keep a value, and says whether it does.
    pub(crate) fn set(
        &mut self,
        server: &Server,
        key: Key<'_>,
        value: &[u8],
        seconds: u32,
    ) -> bool {
        self.ask(server, |connection| connection.set(key, value, seconds)).unwrap_or(false)
    }

    /// Asks a server, and notes whether it answers.
    fn ask<T>(
        &mut self,
        server: &Server,
        request: impl Fn(&mut Connection) -> io::Result<T>,
    ) -> io::Result<T> {
        let answer = self.ask_once_or_twice(server.address(), request);
        match answer {
            Ok(_) => server.mark_up(),
            Err(_) => server.mark_down(self.patience.pause),
        }
        answer
    }

    /// Asks by the connection that is there, or else by a new one. A connection that fails is not kept.
    fn ask_once_or_twice<T>(
        &mut self,
        address: SocketAddr,
        request: impl Fn(&mut Connection) -> io::Result<T>,
    ) -> io::Result<T> {
        if let Some(mut kept) = self.open.remove(&address) {
            match request(&mut kept) {
                Ok(answer) => {
                    self.open.insert(address, kept);
                    return Ok(answer);
                }
                // It hangs, and would hang again.
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Err(error);
                }
                // The server may have been started anew since.
                Err(_) => {}
            }
        }
        let mut new = Connection::open(address, self.patience.timeout)?;
        let answer = request(&mut new)?;
        self.open.insert(address, new);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    const PATIENCE: Patience =
        Patience { timeout: Duration::from_millis(50), pause: Duration::from_secs(1000) };

    #[test]
    fn one_that_hangs_is_marked_down_after_one_wait() {
        // The kernel takes connections that nobody accepts.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Arc::new(Server::new("a", listener.local_addr().unwrap()));
        let mut connections = Connections::new(PATIENCE);
        let reply = connections.get(Arc::clone(&server), Key::new("k").unwrap());
        assert!(matches!(reply, Reply::Failed(..)), "{reply:?}");
        assert!(!server.is_up() && connections.open.is_empty());
    }

    #[test]
    fn one_that_was_started_anew_is_asked_by_a_new_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Arc::new(Server::new("a", listener.local_addr().unwrap()));
        let mut connections =
            Connections::new(Patience { timeout: Duration::from_secs(10), ..PATIENCE });
        // One answer a connection.
        let serving = thread::spawn(move || {
            for _ in 0..3 {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 64]).unwrap();
                stream.write_all(b"END\r\n").unwrap();
            }
        });
        for _ in 0..3 {
            server.mark_down(PATIENCE.pause);
            let reply = connections.get(Arc::clone(&server), Key::new("k").unwrap());
            assert!(matches!(reply, Reply::Miss(_)) && server.is_up(), "{reply:?}");
        }
        serving.join().unwrap();
        // It is gone.
        assert!(!connections.set(&server, Key::new("k").unwrap(), b"v", 0));
        assert!(!server.is_up());
    }
}
