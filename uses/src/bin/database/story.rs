//! What happens to the database, and what must hold.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use annulus_uses::{Checks, Options, Table};
use anyhow::{Context, Result, anyhow};
use redis::{Client, Connection};
use tempfile::TempDir;

use crate::Sabotage;
use crate::layout::{Layout, Layouts, Membership, Server};
use crate::ledger::{Counts, Ledger, REST, traffic};
use crate::mover::{Mover, Transfer, intervals, share};
use crate::record::Record;
use crate::servers::{Scripts, Servers, fenced};
use crate::store::Store;

/// The servers at first; the first letter is the zone.
const NAMES: [&str; 6] = ["a-1", "a-2", "b-1", "b-2", "c-1", "c-2"];

/// How many threads read and write.
const CLIENTS: usize = 4;

/// Long enough that only what is dead does not answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Of so many batches that the mover copies, one has a key written between the read and the write.
const RACED: usize = 8;

pub(crate) fn tell(options: Options<Sabotage>, checks: &mut Checks) -> Result<()> {
    let keys = options.size(400, 10_000);
    let mut story = Story::start(options, Ledger::new(keys, keys / 50))?;
    story.load(checks)?;
    story.one_stale(checks)?;
    story.a_zone_gone(checks)?;
    println!("\n{}", story.reads);

    let mut moves = Table::new([
        "change",
        "ranges",
        "share of a copy",
        "that share of the bytes",
        "bytes in the ranges",
        "bytes sent",
        "sent ÷ in the ranges",
        "keys deleted",
    ]);
    story.zone_refilled(&mut moves, checks)?;
    story.two_moves(&mut moves, checks)?;
    println!("\n{moves}");
    Ok(())
}

/// A server with the folder of its data.
struct Machine {
    server: annulus_uses::Server,
    folder: TempDir,
}

struct Story {
    sabotage: Option<Sabotage>,
    ledger: Ledger,
    machines: BTreeMap<String, Machine>,
    layouts: Arc<Layouts>,
    mover: Mover,
    clients: Vec<Store>,
    /// How many writers there are.
    writers: u32,
    reads: Table,
}

impl Story {
    fn start(options: Options<Sabotage>, ledger: Ledger) -> Result<Self> {
        let (mut machines, mut servers) = (BTreeMap::new(), Membership::new());
        for name in NAMES {
            servers.insert(start(&mut machines, name)?)?;
        }
        let first = Arc::new(Layout::first(servers));
        let layouts = Arc::new(Layouts::new(vec![first; 16])?);
        let mut scripts = Scripts::default();
        match options.sabotage {
            Some(Sabotage::Overwrite) => {
                scripts.store =
                    fenced(&include_str!("lua/store.lua").replace("if older then", "if true then"));
            }
            Some(Sabotage::StaleRing) => {
                let kept =
                    include_str!("lua/drop.lua").replace("redis.call('SET', FENCE, ARGV[1])", "");
                (scripts.raise, scripts.drop) = (fenced("return refusal(ARGV[1])"), fenced(&kept));
            }
            Some(Sabotage::LostKey) | None => {}
        }
        let mut mover =
            Mover::new(&layouts, Servers::new(scripts, TIMEOUT)).context("one mover")?;
        mover.found()?;
        let reads =
            Table::new(["what is dead", "keys read", "not available", "wrong", "copies repaired"]);
        let (sabotage, clients, writers) = (options.sabotage, Vec::new(), 0);
        let mut story =
            Self { sabotage, ledger, machines, layouts, mover, clients, writers, reads };
        story.clients = (0..CLIENTS).map(|_| story.client()).collect();
        Ok(story)
    }

    /// Another client of this process.
    fn client(&mut self) -> Store {
        self.writers += 1;
        let servers = Servers::new(Scripts::default(), TIMEOUT);
        Store::new(Arc::clone(&self.layouts), servers, self.writers)
    }

    /// Does something with each of these keys: all clients at once, each with its part.
    fn each(
        &mut self,
        keys: &[usize],
        what: impl Fn(&Ledger, &mut Store, usize, &mut Counts) + Sync,
    ) -> Counts {
        let (ledger, what) = (&self.ledger, &what);
        let parts = keys.chunks(keys.len().div_ceil(CLIENTS).max(1));
        thread::scope(|scope| {
            let threads: Vec<_> = parts
                .zip(&mut self.clients)
                .map(|(part, store)| {
                    scope.spawn(move || {
                        let mut counts = Counts::default();
                        part.iter().for_each(|&at| what(ledger, store, at, &mut counts));
                        counts
                    })
                })
                .collect();
            let mut counts = Counts::default();
            threads
                .into_iter()
                .for_each(|thread| counts.add(&thread.join().expect("no client panics")));
            counts
        })
    }

    fn load(&mut self, checks: &mut Checks) -> Result<()> {
        let all: Vec<_> = (0..self.ledger.old).collect();
        self.write_some(&all, "at first", checks);
        self.census("after the first writes", checks)?;
        Ok(())
    }

    /// A server is dead for a while, and misses writes.
    fn one_stale(&mut self, checks: &mut Checks) -> Result<()> {
        let all = self.ledger.old as u64;
        self.save_and_kill("a-1")?;
        self.read_all("a-1", [all, 0], 0, checks);
        let written: Vec<_> = (0..self.ledger.old).step_by(3).collect();
        self.write_some(&written, "one dead", checks);

        self.readdress(&["a-1"])?;
        let layout = Arc::clone(self.mover.layout());
        let missed = written.iter().filter(|&&at| self.holds(&layout, at, "a-1")).count();
        self.read_all("none; a-1 is back with what it had", [all, 0], missed as u64, checks);
        self.read_all("none", [all, 0], 0, checks);
        self.census("after a-1 was repaired", checks)
    }

    /// A whole zone dies, and its servers come back empty.
    fn a_zone_gone(&mut self, checks: &mut Checks) -> Result<()> {
        let all = self.ledger.old as u64;
        for name in ["b-1", "b-2"] {
            self.machine(name)?.server.kill()?;
        }
        self.read_all("zone b", [all, 0], 0, checks);
        let written: Vec<_> = (0..self.ledger.old).step_by(4).collect();
        self.write_some(&written, "a zone dead", checks);

        // With a server of another zone dead too, its keys have one server left.
        self.save_and_kill("c-1")?;
        let layout = Arc::clone(self.mover.layout());
        let out = (0..self.ledger.old).filter(|&at| self.holds(&layout, at, "c-1")).count() as u64;
        checks.check(
            out > 0 && out < all,
            format_args!("{out} of {all} keys are in zone b and on c-1"),
        );
        self.read_all("zone b and c-1", [all - out, out], 0, checks);
        self.readdress(&["c-1"])?;
        self.read_all("zone b; c-1 is back", [all, 0], 0, checks);

        // They are not believed: they would say that there are no such keys.
        self.readdress(&["b-1", "b-2"])?;
        self.read_all("zone b is back, and empty", [all, 0], 0, checks);
        Ok(())
    }

    /// The empty servers are filled from the other zones.
    fn zone_refilled(&mut self, table: &mut Table, checks: &mut Checks) -> Result<()> {
        let transfers = self.mover.refill(&["b-1", "b-2"], |_| Ok::<_, String>(()))?;
        let copied = self.mover.copy(&transfers, |_| {})?;
        self.mover.cut_over()?;
        let bytes: u64 = (0..self.ledger.old).map(|at| self.ledger.bytes(at)).sum();
        checks.equal(copied.records, self.ledger.old as u64, "zone b was sent each key once");
        checks.equal(copied.bytes, bytes, "and no byte more");
        let share = share(&transfers);
        table.row([
            &"zone b is filled" as &dyn std::fmt::Display,
            &transfers.len(),
            &format_args!("{share:.4}"),
            &format_args!("{:.0}", share * bytes as f64),
            &bytes,
            &copied.bytes,
            &format_args!("{:.3}", copied.bytes as f64 / bytes as f64),
            &0,
        ]);
        self.census("after zone b was filled", checks)
    }

    /// A server joins and another leaves, while clients read and write.
    fn two_moves(&mut self, table: &mut Table, checks: &mut Checks) -> Result<()> {
        // A process that does not hear of the moves.
        let layout = Arc::clone(self.mover.layout());
        let asleep = Arc::new(Layouts::new(vec![Arc::clone(&layout); 2])?);
        self.writers += 1;
        let servers = Servers::new(Scripts::default(), TIMEOUT);
        let mut sleeper = Store::new(Arc::clone(&asleep), servers, self.writers);

        let (stop, operations) = (AtomicBool::new(false), AtomicU64::new(0));
        let mut clients = std::mem::take(&mut self.clients);
        let mut racer = self.client();
        // Threads borrow it; the rest of the story is this thread's.
        let ledger = std::mem::replace(&mut self.ledger, Ledger::new(0, 0));
        let mut moved = Vec::new();
        let outcome = thread::scope(|scope| {
            let threads: Vec<_> = (0..)
                .zip(&mut clients)
                .map(|(seed, store)| {
                    let (ledger, stop, operations) = (&ledger, &stop, &operations);
                    scope.spawn(move || traffic(store, ledger, seed, stop, operations))
                })
                .collect();
            let mut told = || {
                let joins = start(&mut self.machines, "a-3")?;
                let joining = |servers: &mut Membership| {
                    servers.insert(joins).map_err(|error| error.to_string())
                };
                moved.extend(self.one_move(
                    "a-3 joins",
                    joining,
                    &ledger,
                    &operations,
                    &mut racer,
                    table,
                    checks,
                )?);
                let leaving = |servers: &mut Membership| servers.remove("b-1").map(drop);
                moved.extend(self.one_move(
                    "b-1 leaves",
                    leaving,
                    &ledger,
                    &operations,
                    &mut racer,
                    table,
                    checks,
                )?);
                anyhow::Ok(())
            };
            let told = told();
            stop.store(true, Ordering::Relaxed);
            let mut counts = Counts::default();
            for thread in threads {
                counts.add(&thread.join().map_err(|_| anyhow!("a client panicked"))?);
            }
            told.map(|()| counts)
        });
        (self.ledger, self.clients) = (ledger, clients);
        let counts = outcome?;
        let again: u64 = self.clients.iter().map(Store::again).sum();
        let mut traffic = Table::new([
            "clients",
            "reads",
            "writes",
            "wrong",
            "failed",
            "again in a later layout",
        ]);
        let failed = counts.unavailable + counts.behind;
        traffic.row([
            &CLIENTS as &dyn std::fmt::Display,
            &counts.read,
            &counts.written,
            &counts.wrong,
            &failed,
            &again,
        ]);
        println!("\n{traffic}");
        checks.check(
            counts.read > 0 && counts.written > 0,
            "clients read and wrote while data moved",
        );
        checks.equal(counts.wrong, 0, "no read or write came before one that was acknowledged");
        checks.equal(failed, 0, "no read or write failed");

        // The process wakes, and knows the ring as it was two moves ago.
        let at = moved.into_iter().find(|&at| at < self.ledger.old).context("no key moved")?;
        let mut counts = Counts::default();
        self.ledger.write(&mut sleeper, at, "one who slept", &mut counts);
        self.ledger.read(&mut sleeper, at, &mut counts);
        checks.equal(
            counts.behind,
            2,
            "who knows the old ring alone neither writes a key that moved nor reads it",
        );
        let mut writer = asleep.writer()?;
        writer.update(|_, place| {
            *place = Arc::clone(self.mover.layout());
            Ok::<_, std::convert::Infallible>(())
        })?;
        let mut counts = Counts::default();
        self.ledger.write(&mut sleeper, at, "one who slept", &mut counts);
        self.ledger.read(&mut sleeper, at, &mut counts);
        checks.equal(
            counts.written + counts.read,
            2,
            "it does both once it has heard of the new one",
        );

        self.census("after both moves", checks)?;
        let out = self.content("b-1")?;
        checks.equal(out.records.len(), 0, "b-1 has nothing left");
        let all =
            (0..self.ledger.keys.len()).filter(|&at| self.ledger.newest(at).is_some()).count();
        checks.check(
            all > self.ledger.old,
            format_args!("{} keys came meanwhile", all - self.ledger.old),
        );
        let keys: Vec<_> = (0..self.ledger.keys.len()).collect();
        let counts = self.each(&keys, Ledger::read);
        checks.equal(counts.read, keys.len() as u64, "every key is read as it was written last");
        Ok(())
    }

    /// A move from its beginning to its end. Returns some keys that moved.
    #[expect(clippy::too_many_arguments, reason = "the stage and those on it")]
    fn one_move<E: std::fmt::Display>(
        &mut self,
        what: &str,
        edit: impl FnOnce(&mut Membership) -> Result<(), E>,
        ledger: &Ledger,
        operations: &AtomicU64,
        racer: &mut Store,
        table: &mut Table,
        checks: &mut Checks,
    ) -> Result<Vec<usize>> {
        let transfers = self.mover.begin(edit)?;
        let layout = Arc::clone(self.mover.layout());
        let inside = inside(&transfers, ledger, &layout);
        let mut copies = transfers.clone();
        if self.sabotage == Some(Sabotage::LostKey) {
            let largest =
                (0..copies.len()).max_by_key(|&at| inside[at].len()).context("no range")?;
            copies.remove(largest);
        }

        let places: HashMap<_, _> =
            (0..).zip(&ledger.keys).map(|(at, entry)| (&*entry.key, at)).collect();
        let (mut batches, mut raced, mut counts, mut sent) = (0, 0, Counts::default(), Vec::new());
        let copied = self.mover.copy(&copies, |keys| {
            batches += 1;
            sent.extend(keys.iter().map(|key| places[key]));
            if batches % RACED == 0 {
                raced += 1;
                ledger.write(racer, places[keys[0]], "one between", &mut counts);
            }
            // Clients get their turn.
            let (before, started) = (operations.load(Ordering::Relaxed), Instant::now());
            while operations.load(Ordering::Relaxed) < before + 2 && started.elapsed() < TIMEOUT {
                thread::sleep(REST / 2);
            }
        })?;
        checks.check(
            raced > 0,
            format_args!("{what}: {raced} writes came between the mover's reads and writes"),
        );
        checks.equal(counts.written, raced, "they were acknowledged");

        // Old and new at once: what was acknowledged is with the new owners by now.
        let floors: Vec<_> = (0..ledger.keys.len()).map(|at| ledger.acknowledged(at)).collect();
        let contents = self.contents(&layout)?;
        let (mut gained, mut missing, mut behind) = (0, 0, 0);
        for (entry, floor) in ledger.keys.iter().zip(floors) {
            let Some(floor) = floor else { continue };
            let holders = layout.holders(layout.position(&entry.key));
            for (at, server) in holders.servers.iter().enumerate() {
                if holders.new.contains(at) && !holders.old.contains(at) {
                    gained += 1;
                    match contents[&server.name].records.get(&entry.key) {
                        None => missing += 1,
                        Some(record) if record.version < floor => behind += 1,
                        Some(_) => {}
                    }
                }
            }
        }
        checks.check(gained > 0, format_args!("{what}: {gained} copies change hands"));
        checks.equal(
            missing,
            0,
            format_args!("{what}: before the cut-over no new owner lacks a key"),
        );
        checks.equal(
            behind,
            0,
            format_args!("{what}: nor has an older value than was acknowledged"),
        );

        self.mover.cut_over()?;
        let dropped = self.mover.clean_up(&transfers)?;
        let layout = self.mover.layout();
        checks.check(
            !layout.is_moving(),
            format_args!("{what}: the move is over, in epoch {}", layout.epoch),
        );

        // Exactly those that were in the ranges, and of those that came meanwhile some.
        sent.sort_unstable();
        let (sent, new): (Vec<_>, Vec<_>) = sent.into_iter().partition(|&at| at < ledger.old);
        let mut inside: Vec<_> =
            inside.into_iter().flatten().filter(|&at| at < ledger.old).collect();
        inside.sort_unstable();
        checks.check(
            sent == inside,
            format_args!(
                "{what}: of the old keys those in the ranges were sent, once each, and no others"
            ),
        );
        let bytes = |keys: &[usize]| keys.iter().map(|&at| ledger.bytes(at)).sum::<u64>();
        checks.equal(
            copied.bytes,
            bytes(&sent) + bytes(&new),
            format_args!("{what}: bytes sent are theirs and those of {} new keys", new.len()),
        );
        let said = bytes(&inside);
        let ratio = copied.bytes as f64 / said as f64;
        checks.between(
            ratio,
            [1.0, 1.05],
            format_args!("{what}: bytes sent ÷ bytes in the ranges of `Diff`"),
        );
        let share = share(&transfers);
        let stored: u64 = (0..ledger.old).map(|at| ledger.bytes(at)).sum();
        table.row([
            &what as &dyn std::fmt::Display,
            &transfers.len(),
            &format_args!("{share:.4}"),
            &format_args!("{:.0}", share * stored as f64),
            &said,
            &copied.bytes,
            &format_args!("{ratio:.3}"),
            &dropped,
        ]);
        Ok(inside)
    }

    /// Reads every key, and checks how many are read, how many are not available, and how many copies are repaired.
    fn read_all(&mut self, dead: &str, expected: [u64; 2], repairs: u64, checks: &mut Checks) {
        let repaired = |story: &Self| story.clients.iter().map(Store::repaired).sum::<u64>();
        let (all, before): (Vec<_>, _) = ((0..self.ledger.old).collect(), repaired(self));
        let counts = self.each(&all, Ledger::read);
        let repaired = repaired(self) - before;
        let Counts { read, unavailable, wrong, .. } = counts;
        self.reads.row([&dead as &dyn std::fmt::Display, &read, &unavailable, &wrong, &repaired]);
        checks.equal(
            read,
            expected[0],
            format_args!("dead: {dead}: {read} keys are read as written last"),
        );
        checks.equal(
            unavailable,
            expected[1],
            format_args!("dead: {dead}: {unavailable} are not available"),
        );
        checks.equal(
            repaired,
            repairs,
            format_args!("dead: {dead}: {repaired} copies were repaired"),
        );
    }

    fn write_some(&mut self, keys: &[usize], when: &str, checks: &mut Checks) {
        let counts =
            self.each(keys, |ledger, store, at, counts| ledger.write(store, at, when, counts));
        checks.equal(
            counts.written,
            keys.len() as u64,
            format_args!("{when}: {} keys were written", keys.len()),
        );
    }

    /// Whether a server holds a key.
    fn holds(&self, layout: &Layout, at: usize, name: &str) -> bool {
        let holders = layout.holders(layout.position(&self.ledger.keys[at].key));
        holders.servers.iter().any(|server| server.name == name)
    }

    fn machine(&mut self, name: &str) -> Result<&mut Machine> {
        self.machines.get_mut(name).with_context(|| format!("no server {name}"))
    }

    /// Kills a server after it has written down all that it has, as one does that writes before it acknowledges.
    fn save_and_kill(&mut self, name: &str) -> Result<()> {
        redis::cmd("SAVE").exec(&mut self.raw(name)?)?;
        Ok(self.machine(name)?.server.kill()?)
    }

    /// Starts servers again, with what they have written down, at other addresses. No data moves.
    fn readdress(&mut self, names: &[&str]) -> Result<()> {
        let servers: Vec<_> =
            names.iter().map(|name| start(&mut self.machines, name)).collect::<Result<_>>()?;
        let moves = self.mover.begin(|members| {
            servers
                .into_iter()
                .try_for_each(|server| members.replace(server).map(drop))
                .map_err(|error| error.to_string())
        })?;
        anyhow::ensure!(moves.is_empty(), "an address moves keys");
        Ok(self.mover.cut_over()?)
    }

    /// A connection that goes past the store.
    fn raw(&self, name: &str) -> Result<Connection> {
        let machine = self.machines.get(name).with_context(|| format!("no server {name}"))?;
        let client = Client::open(format!("redis://{}/", machine.server.address()))?;
        let raw = client.get_connection_with_timeout(TIMEOUT)?;
        raw.set_read_timeout(Some(TIMEOUT))?;
        Ok(raw)
    }

    /// All that a server has.
    fn content(&self, name: &str) -> Result<Content> {
        let mut raw = self.raw(name)?;
        let mut content = Content::default();
        let mut cursor = 0_u64;
        loop {
            let (next, keys): (u64, Vec<String>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg(&["MATCH", "k:*", "COUNT", "500"])
                .query(&mut raw)?;
            let records: Vec<Vec<u8>> = if keys.is_empty() {
                Vec::new()
            } else {
                redis::cmd("MGET").arg(&keys).query(&mut raw)?
            };
            for (key, record) in keys.into_iter().zip(records) {
                let record = Record::decode(&record)
                    .with_context(|| format!("{name}: {key} is no record"))?;
                content.records.insert(key["k:".len()..].to_owned(), record);
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        let index: Vec<(String, u32)> =
            redis::cmd("ZRANGE").arg(&["index", "0", "-1", "WITHSCORES"]).query(&mut raw)?;
        content.index =
            index.into_iter().map(|(key, at)| (key["k:".len()..].to_owned(), at)).collect();
        Ok(content)
    }

    fn contents(&self, layout: &Layout) -> Result<HashMap<String, Content>> {
        let members = layout.servers.view().members();
        let names = members.iter().map(|member| member.node().name.clone());
        names.map(|name| Ok((name.clone(), self.content(&name)?))).collect()
    }

    /// Looks at every key on every server: each is on its owners, as it was written last, and nowhere else.
    fn census(&self, when: &str, checks: &mut Checks) -> Result<()> {
        let layout = self.mover.layout();
        let mut contents = self.contents(layout)?;
        let (mut found, mut missing, mut behind, mut index) = (0, 0, 0, 0);
        for (at, entry) in self.ledger.keys.iter().enumerate() {
            let Some(newest) = self.ledger.newest(at) else { continue };
            let position = layout.position(&entry.key);
            for server in &layout.holders(position).servers {
                let content = contents.get_mut(&server.name).context("a member")?;
                match content.records.remove(&entry.key) {
                    Some(record) if record == newest => found += 1,
                    Some(_) => behind += 1,
                    None => missing += 1,
                }
                index += usize::from(content.index.remove(&entry.key) != Some(position));
            }
        }
        let elsewhere: usize = contents.values().map(|content| content.records.len()).sum();
        index += contents.values().map(|content| content.index.len()).sum::<usize>();
        checks.check(
            missing + behind + elsewhere + index == 0,
            format_args!(
                "{when}: {found} copies are as written last, {missing} are missing, {behind} are behind, \
                 {elsewhere} are elsewhere, {index} are at wrong positions"
            ),
        );
        Ok(())
    }
}

/// What a server has.
#[derive(Default)]
struct Content {
    records: HashMap<String, Record>,
    /// The positions that it knows keys by.
    index: HashMap<String, u32>,
}

/// Starts a server with what is in its folder, in place of one that is dead.
fn start(machines: &mut BTreeMap<String, Machine>, name: &str) -> Result<Arc<Server>> {
    let folder = match machines.remove(name) {
        Some(dead) => dead.folder,
        None => TempDir::new()?,
    };
    let server = annulus_uses::Server::redis(folder.path())?;
    let address = server.address();
    machines.insert(name.to_owned(), Machine { server, folder });
    Ok(Arc::new(Server { name: name.to_owned(), zone: name[..1].to_owned(), address }))
}

/// Which keys are in each range.
fn inside(transfers: &[Transfer], ledger: &Ledger, layout: &Layout) -> Vec<Vec<usize>> {
    let mut positions = BTreeMap::<u32, Vec<usize>>::new();
    for (at, entry) in ledger.keys.iter().enumerate() {
        positions.entry(layout.position(&entry.key)).or_default().push(at);
    }
    let keys = |transfer: &Transfer| {
        let ranges = intervals(transfer.range).into_iter();
        ranges
            .flat_map(|range| positions.range(range).flat_map(|(_, keys)| keys))
            .copied()
            .collect()
    };
    transfers.iter().map(keys).collect()
}
