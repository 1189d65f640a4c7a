//! [`Cluster`] and [`Client`]: a cache on many servers, whose list changes while threads use it.
//!
//! A key belongs to one server, that of the ring. If it is down, the next one on the ring takes its place; no key of
//! any other server moves. Who gets no value gets it from the database, and puts it in.
//!
//! A server that was away comes back with what it had, and one whose keys come home to another leaves its copies
//! behind. Where values change, put them in for a limited time.

use std::sync::Arc;

use annulus::publish::{Published, ReadersExhausted};
use annulus::{
    HeapRing, OwnedRingReader, OwnedRingWriter, ReconcileError, Reconciled, RingReader,
    RingUpdateError, RingWriter,
};

use crate::connections::{Connections, Patience, Reply};
use crate::memcached::Key;
use crate::server::Server;

/// How many clients there can be at a time. Each has a reader of its own.
const CLIENTS: usize = 16;

/// With two more than there are readers no client keeps a change waiting.
const BUFFERS: usize = CLIENTS + 2;

type Servers = HeapRing<Arc<Server>>;

/// The servers of a cache, and the one who changes them.
#[derive(Debug)]
pub(crate) struct Cluster {
    servers: OwnedRingWriter<Servers, CLIENTS, BUFFERS>,
    patience: Patience,
}

impl Cluster {
    /// A cluster without servers.
    pub(crate) fn new(patience: Patience) -> Self {
        let published = Arc::new(Published::new([(); BUFFERS].map(|()| Servers::new())));
        let writer = published.owned_writer().expect("it is new, and has no writer yet");
        Self { servers: RingWriter::new(writer), patience }
    }

    /// Makes this list the servers, as service discovery has it. Clients see it in their next lookup. A server that
    /// is in both lists stays as it is, up or down.
    ///
    /// # Errors
    ///
    /// The list names a server twice, or one by a name longer than 255 bytes.
    pub(crate) fn set_servers(
        &mut self,
        list: &[Arc<Server>],
    ) -> Result<Reconciled, RingUpdateError<ReconcileError>> {
        self.servers.reconcile(&mut list.to_vec())
    }

    /// A client, for one thread.
    ///
    /// # Errors
    ///
    /// There are as many as there can be.
    pub(crate) fn client(&self) -> Result<Client, ReadersExhausted> {
        let servers = RingReader::new(self.servers.get_ref().published().owned_reader()?);
        Ok(Client { servers, version: 0, connections: Connections::new(self.patience) })
    }
}

/// One thread's client of the cache. It finds the server of a key wait-free, whoever changes the list meanwhile, and
/// waits for no server but that one.
#[derive(Debug)]
pub(crate) struct Client {
    servers: OwnedRingReader<Servers, CLIENTS, BUFFERS>,
    /// That of the list for which there are connections.
    version: u64,
    connections: Connections,
}

impl Client {
    /// Asks for the value of a key.
    pub(crate) fn get(&mut self, key: Key<'_>) -> Reply {
        match self.server_of(key) {
            Some(server) => self.connections.get(server, key),
            None => Reply::Nobody,
        }
    }

    /// Puts a value in for so many seconds, as [`Connection::set`](crate::memcached::Connection::set) has it. Says
    /// whether a server has it now.
    pub(crate) fn set(&mut self, key: Key<'_>, value: &[u8], seconds: u32) -> bool {
        let server = self.server_of(key);
        server.is_some_and(|server| self.connections.set(&server, key, value, seconds))
    }

    /// The server of a key: its owner on the ring, if that is up or to be tried again; else the next that is up.
    fn server_of(&mut self, key: Key<'_>) -> Option<Arc<Server>> {
        // The guard ends with this method: nobody holds a ring while he waits for a server.
        let ring = self.servers.pin();
        let view = ring.view();
        if self.version != ring.version() {
            self.version = ring.version();
            let members = view.members().iter().map(|member| member.node());
            self.connections.keep(|address| members.clone().any(|node| node.address() == address));
        }
        let position = view.position(key.as_str());
        let owner = view.owner_at(position)?;
        let pause = self.connections.patience().pause;
        let server = if owner.is_up() || owner.is_to_be_tried(pause) {
            owner
        } else {
            view.owner_where_at(position, |server| server.is_up())?
        };
        Some(Arc::clone(server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, SocketAddr, TcpListener};
    use std::thread;
    use std::time::Duration;

    /// Nobody listens there.
    fn server(name: &str) -> Arc<Server> {
        Arc::new(Server::new(name, SocketAddr::from((Ipv4Addr::LOCALHOST, 1))))
    }

    fn cluster(names: &[&str]) -> (Cluster, Vec<Arc<Server>>) {
        let second = Duration::from_secs(1);
        let mut cluster = Cluster::new(Patience { timeout: second, pause: 1000 * second });
        let servers: Vec<_> = names.iter().map(|name| server(name)).collect();
        cluster.set_servers(&servers).unwrap();
        (cluster, servers)
    }

    fn name(client: &mut Client, key: &str) -> Option<String> {
        client.server_of(Key::new(key).unwrap()).map(|server| server.name().to_owned())
    }

    #[test]
    fn one_that_is_down_is_walked_past_by_all_clients() {
        let (cluster, servers) = cluster(&["a", "b", "c"]);
        let mut clients = [(); 2].map(|()| cluster.client().unwrap());
        let mut ring = HeapRing::<&str>::new();
        ring.insert_all(["a", "b", "c"]).unwrap();
        servers[1].mark_down(Duration::from_secs(1000));
        for number in 0..1000 {
            let key = format!("user:{number}");
            let living = ring.view().owner_where(&key, |name| *name != "b").copied();
            for client in &mut clients {
                assert_eq!(name(client, &key).as_deref(), living);
            }
        }
        for server in servers {
            server.mark_down(Duration::from_secs(1000));
        }
        assert!(matches!(clients[0].get(Key::new("k").unwrap()), Reply::Nobody));
        assert!(!clients[0].set(Key::new("k").unwrap(), b"v", 0));
    }

    #[test]
    fn a_list_is_seen_in_the_next_lookup_and_keeps_what_is_known() {
        let (mut cluster, servers) = cluster(&["a", "b"]);
        let mut client = cluster.client().unwrap();
        servers[0].mark_down(Duration::from_secs(1000));
        // The same servers as service discovery lists them anew, and one more.
        let changed = cluster.set_servers(&["c", "b", "a"].map(server)).unwrap();
        assert_eq!((changed.joined, changed.left, changed.replaced), (1, 0, 0));
        let mut names: Vec<_> =
            (0..1000).filter_map(|number| name(&mut client, &format!("user:{number}"))).collect();
        names.sort();
        names.dedup();
        assert_eq!(names, ["b", "c"]);
    }

    #[test]
    fn a_connection_ends_when_its_server_leaves_the_list() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (mut cluster, _) = cluster(&[]);
        let address = listener.local_addr().unwrap();
        cluster.set_servers(&[Arc::new(Server::new("a", address))]).unwrap();
        let mut client = cluster.client().unwrap();
        let serving = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            let _ = stream.read(&mut [0; 64]).unwrap();
            stream.write_all(b"END\r\n").unwrap();
            stream.read(&mut [0; 64]).unwrap()
        });
        let key = Key::new("k").unwrap();
        assert!(matches!(client.get(key), Reply::Miss(_)));
        cluster.set_servers(&[]).unwrap();
        assert!(matches!(client.get(key), Reply::Nobody));
        assert_eq!(serving.join().unwrap(), 0);
    }

    #[test]
    fn there_are_as_many_clients_as_there_is_room_for() {
        let (cluster, _) = cluster(&["a"]);
        let clients: Vec<_> = (0..CLIENTS).map(|_| cluster.client().unwrap()).collect();
        assert!(cluster.client().is_err());
        let threads: Vec<_> = clients
            .into_iter()
            .map(|mut client| thread::spawn(move || name(&mut client, "k")))
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap().as_deref(), Some("a"));
        }
        assert!(cluster.client().is_ok());
    }
}
