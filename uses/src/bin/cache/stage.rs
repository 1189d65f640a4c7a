//! [`Stage`]: servers, clients in threads of their own, and what each answer must be.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use annulus::HeapRing;
use annulus_uses::{Checks, Server as Process};
use anyhow::{Context, Result, ensure};

use crate::client::Cluster;
use crate::connections::{Patience, Reply};
use crate::memcached::{Connection, Key};
use crate::modulo::{ByModulo, place};
use crate::server::Server;
use crate::tally::Tally;
use crate::worker::{Cache, Database, Entry, Requests, Worker};

/// How many threads ask.
pub(crate) const THREADS: usize = 4;

/// So patient that no server is given up on a busy machine, nor tried again within the story.
pub(crate) const PATIENT: Patience =
    Patience { timeout: Duration::from_secs(60), pause: Duration::from_secs(3600) };

/// A date that memcached takes for one, and which is long past.
const LONG_PAST: u32 = 31 * 24 * 60 * 60;

/// Enough for the values of a full run.
const MEBIBYTES: u32 = 128;

/// What gives a key its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The ring.
    Ring,
    /// `hash(key) % N`.
    Modulo,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ring => "ring",
            Self::Modulo => "hash % N",
        })
    }
}

/// A server's process, and how clients know it.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) process: Process,
    pub(crate) server: Arc<Server>,
}

impl Machine {
    fn start(number: usize) -> Result<Self> {
        let process = Process::memcached(MEBIBYTES)?;
        let server = Arc::new(Server::new(format!("cache-{number}"), process.address()));
        Ok(Self { process, server })
    }

    fn connection(&self) -> Result<Connection> {
        Ok(Connection::open(self.process.address(), PATIENT.timeout)?)
    }

    /// How many requests it had a value for, and how many it had none for, as it counts.
    fn counted(&self) -> Result<[u64; 2]> {
        let counts = self.connection()?.stats()?;
        let count = |name| counts.iter().filter(|(of, _)| of == name).map(|(_, count)| count).sum();
        Ok(["get_hits", "get_misses"].map(count))
    }

    /// Has it forget a key.
    pub(crate) fn forget(&self, key: &str) -> Result<()> {
        ensure!(self.connection()?.set(Key::new(key)?, b"", LONG_PAST)?, "{key} is still there");
        Ok(())
    }
}

/// The list of servers that clients of either kind follow.
#[derive(Debug)]
pub(crate) enum List {
    Ring(Cluster),
    Modulo(Arc<RwLock<Vec<Arc<Server>>>>),
}

impl List {
    fn new(by: By, patience: Patience) -> Self {
        match by {
            By::Ring => Self::Ring(Cluster::new(patience)),
            By::Modulo => Self::Modulo(Arc::default()),
        }
    }

    pub(crate) fn set(&mut self, servers: Vec<Arc<Server>>) -> Result<()> {
        match self {
            Self::Ring(cluster) => drop(cluster.set_servers(&servers)?),
            Self::Modulo(list) => *list.write().unwrap_or_else(PoisonError::into_inner) = servers,
        }
        Ok(())
    }

    fn client(&self) -> Result<Cache> {
        Ok(match self {
            Self::Ring(cluster) => Cache::Ring(cluster.client()?),
            Self::Modulo(list) => Cache::Modulo(ByModulo::new(Arc::clone(list), PATIENT)),
        })
    }
}

/// Servers, clients in threads of their own, and what is behind.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) machines: Vec<Machine>,
    by: By,
    list: List,
    workers: Vec<Worker>,
    database: Database,
    /// What claims begin with.
    title: String,
}

impl Stage {
    /// Starts `all` servers, of which clients know the first few.
    pub(crate) fn new(
        by: By,
        [known, all]: [usize; 2],
        keys: usize,
        title: String,
    ) -> Result<Self> {
        let machines = (1..=all).map(Machine::start).collect::<Result<Vec<_>>>()?;
        let mut list = List::new(by, PATIENT);
        list.set(servers(&machines[..known]))?;
        let worker = |thread: usize| {
            let entry = |number| Entry { number, key: format!("user:{number}"), held: 0 };
            let entries = (thread..keys).step_by(THREADS).map(entry).collect();
            Ok(Worker { cache: list.client()?, entries, random: thread as u64 })
        };
        let workers = (0..THREADS).map(worker).collect::<Result<_>>()?;
        Ok(Self { machines, by, list, workers, database: Database::default(), title })
    }

    /// The server that each key has among these.
    pub(crate) fn owners(&self, among: impl Iterator<Item = usize>) -> Result<Vec<usize>> {
        let among: Vec<usize> = among.collect();
        let mut ring = HeapRing::<&str>::new();
        ring.insert_all(among.iter().map(|&number| self.machines[number].server.name()))?;
        let named =
            |name| among.iter().position(|&number| self.machines[number].server.name() == name);
        let mut owners = vec![0; self.workers.iter().map(|worker| worker.entries.len()).sum()];
        for entry in self.workers.iter().flat_map(|worker| &worker.entries) {
            let at = match self.by {
                By::Ring => ring.owner(&entry.key).copied().and_then(named).context("no server")?,
                By::Modulo => place(&entry.key, among.len()),
            };
            owners[entry.number] = among[at];
        }
        Ok(owners)
    }

    /// Makes these the servers that clients know.
    pub(crate) fn know(&mut self, among: impl Iterator<Item = usize>) -> Result<()> {
        let list = among.map(|number| Arc::clone(&self.machines[number].server)).collect();
        self.list.set(list)
    }

    /// Gives all threads clients of such patience, who know all servers and nothing of which is up.
    pub(crate) fn renew_clients(&mut self, patience: Patience) -> Result<()> {
        self.list = List::new(self.by, patience);
        for Machine { process, server } in &mut self.machines {
            *server = Arc::new(Server::new(server.name(), process.address()));
        }
        self.know(0..self.machines.len())?;
        for worker in &mut self.workers {
            worker.cache = self.list.client()?;
        }
        Ok(())
    }

    /// One thread's client calls the servers by their addresses.
    pub(crate) fn rename_for_one(&mut self) -> Result<()> {
        let mut list = List::new(self.by, PATIENT);
        let renamed = |machine: &Machine| {
            let address = machine.process.address();
            Arc::new(Server::new(address.to_string(), address))
        };
        list.set(self.machines.iter().map(renamed).collect())?;
        self.workers[0].cache = list.client()?;
        Ok(())
    }

    /// Asks for a key, in the first thread's place.
    pub(crate) fn ask(&mut self, key: &str) -> Result<Reply> {
        Ok(self.workers[0].cache.get(Key::new(key)?))
    }

    /// A client of its own.
    pub(crate) fn client(&self) -> Result<Cache> {
        self.list.client()
    }

    /// The first key of this server, and its number.
    pub(crate) fn key_of(&self, server: usize, owners: &[usize]) -> Result<(usize, String)> {
        let mut entries = self.workers.iter().flat_map(|worker| &worker.entries);
        let entry = entries.find(|entry| owners[entry.number] == server);
        let entry = entry.context("a server without a key")?;
        Ok((entry.number, entry.key.clone()))
    }

    /// All threads work at the same time, while this one does something else.
    pub(crate) fn together(
        &mut self,
        work: impl Fn(&mut Worker, &[Machine], &Database) -> Result<Tally> + Sync,
        meanwhile: impl FnOnce(&mut List, &[Machine]) -> Result<()>,
    ) -> Result<Tally> {
        let Self { machines, database, workers, list, .. } = self;
        let (work, machines, database) = (&work, &*machines, &*database);
        let mut tally = Tally::default();
        thread::scope(|scope| {
            let start = |worker| scope.spawn(move || work(worker, machines, database));
            let threads: Vec<_> = workers.iter_mut().map(start).collect();
            let outcome = meanwhile(list, machines);
            for thread in threads {
                tally += thread.join().expect("no thread panics")?;
            }
            outcome
        })?;
        Ok(tally)
    }

    /// All threads ask for keys and, if they are told so, put in what is not there. Claims that each answer is that
    /// of the key's server, and that the servers and the database count the same.
    pub(crate) fn pass(
        &mut self,
        checks: &mut Checks,
        what: &str,
        owners: &[usize],
        requests: Requests,
        put: bool,
    ) -> Result<Tally> {
        let (counted, fetched) = (self.counted(owners)?, self.database.fetched());
        let work = |worker: &mut Worker, machines: &[Machine], database: &Database| {
            worker.work(requests, put, owners, machines, database)
        };
        let mut tally = self.together(work, |_, _| Ok(()))?;
        tally.fetches = self.database.fetched() - fetched;
        let Tally { asked, hits, misses, failed, wrong, fetches } = tally;
        let title = format!("{}, {what}", self.title);
        let right = asked - failed - wrong;
        checks.equal(
            right,
            asked,
            format_args!("{title}: {asked} answers are those of the key's server"),
        );
        let after = self.counted(owners)?;
        let counted = [0, 1].map(|of| (after[of] - counted[of]) as usize);
        let same = counted == [hits, misses] && (!put || misses == fetches);
        let claim = format_args!(
            "{title}: servers count {} hits and {} misses, clients {hits} and {misses}; {fetches} fetches",
            counted[0], counted[1]
        );
        checks.check(same, claim);
        Ok(tally)
    }

    /// What the servers that have keys count: hits and misses.
    fn counted(&self, owners: &[usize]) -> Result<[u64; 2]> {
        let mut sum = [0; 2];
        for (number, machine) in self.machines.iter().enumerate() {
            if owners.contains(&number) {
                let counted = machine.counted()?;
                sum = [sum[0] + counted[0], sum[1] + counted[1]];
            }
        }
        Ok(sum)
    }

    /// What claims begin with.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }
}

/// Waits until something is so.
///
/// # Errors
///
/// It is not so after a minute.
pub(crate) fn wait_until(mut so: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    while !so()? {
        ensure!(started.elapsed() < PATIENT.timeout, "nothing changes any more");
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn servers(machines: &[Machine]) -> Vec<Arc<Server>> {
    machines.iter().map(|machine| Arc::clone(&machine.server)).collect()
}
