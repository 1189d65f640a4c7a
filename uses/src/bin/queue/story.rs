//! The staging: workers come, leave, are killed and hang while tasks run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::slice;
use std::time::Duration;

use annulus_uses::{Checks, Options, Server, Table};
use anyhow::{Context, Result, ensure};
use redis::streams::{StreamPendingCountReply, StreamRangeReply};
use redis::{Client, Commands};

use super::Sabotage;
use super::assignment::{Assignment, BALANCE, shard_of};
use super::crew::{Crew, Fate, THREADS, body, client, wait};
use super::ledger::{Event, Ledger, Review, What};
use super::producer::Producer;
use super::shards::{GROUP, Shards, Take, stream};

/// How long the story waits for what must come.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long it waits for tasks that something might hold up for good.
const HELD_UP: Duration = Duration::from_secs(30);

/// How large the story is.
struct Size {
    shards: u32,
    /// How many workers there are before the first comes.
    workers: usize,
    entities: usize,
    /// How many tasks each entity has before something happens, and after it.
    rounds: usize,
    /// How many tasks of one entity wait.
    backlog: usize,
}

/// Tells it.
pub(crate) fn tell(options: &Options<Sabotage>, checks: &mut Checks) -> Result<()> {
    let size = options.size(
        Size { shards: 64, workers: 3, entities: 60, rounds: 2, backlog: 500 },
        Size { shards: 256, workers: 8, entities: 2_000, rounds: 2, backlog: 5_000 },
    );
    let folder = tempfile::tempdir()?;
    let redis = Server::redis(folder.path())?;
    let client = client(redis.address())?;
    let mut story = Story {
        crew: Crew::new(redis.address(), size.shards, options.sabotage),
        shards: Shards::open(&client, size.shards)?,
        ledger: Ledger::open(&client)?,
        producer: Producer::open(&client, size.shards)?,
        client,
        sabotage: options.sabotage,
        size,
        checks,
        table: Table::new(["", "workers", "shards that moved", "tasks", "run again"]),
        sent: BTreeMap::new(),
        events: Vec::new(),
        seen: Seen::default(),
    };
    story.start()?;
    story.join()?;
    story.leave()?;
    story.crash()?;
    story.hang()?;
    story.hot()?;
    story.end()
}

struct Story<'c> {
    // The workers end before the server does.
    crew: Crew,
    shards: Shards,
    ledger: Ledger,
    producer: Producer,
    client: Client,
    sabotage: Option<Sabotage>,
    size: Size,
    checks: &'c mut Checks,
    table: Table,
    /// How many tasks of each entity were sent.
    sent: BTreeMap<String, u64>,
    events: Vec<Event>,
    seen: Seen,
}

/// What was told already.
#[derive(Default)]
struct Seen {
    takes: usize,
    tasks: usize,
    again: usize,
}

impl Story<'_> {
    /// The first workers come.
    fn start(&mut self) -> Result<()> {
        for n in 1..=self.size.workers {
            self.crew.start(&format!("worker-{n}"))?;
        }
        let assignment = self.settle()?;
        self.seen.takes = self.shards.takes()?.len();
        let workers = self.crew.names();
        let most = workers.iter().map(|name| assignment.shards_of(name).count()).max();
        let (most, percent) = (most.unwrap_or_default(), u64::from(BALANCE.get()));
        let cap = (percent * u64::from(self.size.shards)).div_ceil(100 * workers.len() as u64);
        let claim = format!("no worker has more shards than its cap: {most} of {cap} at most");
        self.checks.check(most as u64 <= cap, claim);
        Ok(())
    }

    /// A worker comes while a task runs in a shard that is to be its.
    fn join(&mut self) -> Result<()> {
        let before = self.assignment(&[], &[])?;
        let name = format!("worker-{}", self.size.workers + 1);
        let after = self.assignment(&[&name], &[])?;
        let (shard, _) = before.moves(&after).next().context("no shard moves")?;
        let old = before.owner(shard).context("no owner")?.to_owned();
        let entity = self.entities("joining", &[shard]).remove(0);
        self.batch()?;
        self.send(&entity, &[Fate::Waits, Fate::Runs, Fate::Runs])?;
        self.arrives(&entity, &old)?;
        self.crew.start(&name)?;
        self.batch()?;
        if self.sabotage == Some(Sabotage::NoHandover) {
            wait(|| Ok(self.shards.workers()?.contains_key(&name)), PATIENCE)?;
            let token = self.shards.tokens()?[&shard];
            self.shards.give(shard, token)?;
            self.arrives(&entity, &name)?;
        }
        self.settle_but(&after, Some(shard))?;
        self.stays(shard, &old, &entity)?;
        self.ledger.open_gate(&entity)?;
        self.settle()?;
        self.drain()?;
        self.review()?;
        let next: Vec<&str> = self.ran(&entity, 2).collect();
        let next = next.join(", ");
        self.checks.equal(
            next.as_str(),
            name.as_str(),
            "the next task then runs on the worker that came",
        );
        let moved = self.moved(&before, &after, "a worker came")?;
        let half = self.size.shards as usize / 2;
        self.checks.check(moved <= half, format!("no more than {half} shards moved: {moved}"));
        Ok(())
    }

    /// A worker leaves while one of its tasks runs.
    fn leave(&mut self) -> Result<()> {
        let before = self.assignment(&[], &[])?;
        let name = "worker-2";
        let after = self.assignment(&[], &[name])?;
        let (shard, entity) = self.busy("leaving", name, &before)?;
        self.crew.dismiss(name)?;
        self.batch()?;
        self.settle_but(&after, Some(shard))?;
        self.stays(shard, name, &entity)?;
        self.ledger.open_gate(&entity)?;
        let status = self.crew.part(name)?;
        self.checks.check(status.success(), format!("{name} left: {status}"));
        self.settle()?;
        self.drain()?;
        self.moved(&before, &after, "one left").map(drop)
    }

    /// A worker is killed while one of its tasks runs and more wait.
    fn crash(&mut self) -> Result<()> {
        let before = self.assignment(&[], &[])?;
        let name = "worker-3";
        let after = self.assignment(&[], &[name])?;
        let (shard, entity) = self.busy("crashing", name, &before)?;
        self.crew.kill(name)?;
        self.ledger.killed(name)?;
        self.send(&entity, &[Fate::Runs])?;
        if self.sabotage == Some(Sabotage::Requeue) {
            self.requeue(name)?;
        }
        self.batch()?;
        self.settle()?;
        let new = after.owner(shard).context("no owner")?;
        self.goes_on(shard, &entity, new, "when it was killed")?;
        self.ledger.open_gate(&entity)?;
        self.drain()?;
        self.moved(&before, &after, "one was killed").map(drop)
    }

    /// A worker hangs while one of its tasks runs, and goes on when others have run it and the next.
    fn hang(&mut self) -> Result<()> {
        let before = self.assignment(&[], &[])?;
        let name = "worker-1";
        let after = self.assignment(&[], &[name])?;
        let (shard, entity) = self.busy("hanging", name, &before)?;
        self.crew.stop(name)?;
        self.batch()?;
        self.settle_but(&after, None)?;
        let new = after.owner(shard).context("no owner")?;
        self.goes_on(shard, &entity, new, "when it hung")?;
        self.ledger.open_gate(&entity)?;
        self.drain()?;
        self.moved(&before, &after, "one hung")?;
        self.crew.go_on(name)?;
        self.settle()?;
        let late = |event: &&Event| {
            (event.entity == entity && event.worker == name)
                && matches!(event.what, What::Wrote | What::Refused)
        };
        let mut refused = 0;
        let ended = || {
            let events = self.ledger.events(0)?;
            let mut ends = events.iter().filter(late).peekable();
            let ended = ends.peek().is_some();
            refused = ends.filter(|event| event.what == What::Refused).count();
            Ok(ended)
        };
        wait(ended, PATIENCE)?;
        self.checks.equal(refused, 1, "what it wrote after that was refused");
        self.drain()?;
        self.moved(&after, &before, "it went on").map(drop)
    }

    /// A task of an entity blocks, and many wait behind it.
    fn hot(&mut self) -> Result<()> {
        let assignment = self.assignment(&[], &[])?;
        let name = "worker-1";
        let own: Vec<u32> = assignment.shards_of(name).collect();
        let (&shard, others) = own.split_first().context("a worker without shards")?;
        let hot = self.entities("hot", &[shard]).remove(0);
        let near = self.entities("near", &[shard; 20]);
        let beside = self.entities("beside", others);
        let backlog = self.size.backlog;
        let mut fates = vec![Fate::Runs; backlog];
        fates[0] = Fate::Waits;
        self.send(&hot, &fates)?;
        self.arrives(&hot, name)?;
        let turns = [Fate::Runs; 5];
        for entity in near.iter().chain(&beside) {
            self.send(entity, &turns)?;
        }
        wait(|| Ok(self.left()? == backlog), HELD_UP)?;
        let review = self.review()?;
        let done = |of: &[String]| -> usize {
            of.iter().filter_map(|entity| review.written.get(entity)).map(|done| done.len()).sum()
        };
        let waiting = backlog - done(slice::from_ref(&hot));
        println!("while a task of {hot} blocks on {name}, with {} behind it:", backlog - 1);
        self.checks.equal(waiting, backlog, "none of them is done");
        for (place, entities) in [("of its shard", near), ("of the worker's other shards", beside)]
        {
            let all = entities.len() * turns.len();
            let claim = format!("all {all} tasks of {} others {place} are done", entities.len());
            self.checks.equal(done(&entities), all, claim);
        }
        self.ledger.open_gate(&hot)?;
        self.drain()?;
        self.moved(&assignment, &assignment, "a task blocked").map(drop)
    }

    /// All workers leave, and everything is counted.
    fn end(mut self) -> Result<()> {
        let names = self.crew.names();
        for name in &names {
            self.crew.dismiss(name)?;
        }
        for name in &names {
            let status = self.crew.part(name)?;
            self.checks.check(status.success(), format!("{name} left: {status}"));
        }
        let review = self.review()?;
        let (owners, left) = (self.shards.owners()?.len(), self.left()?);
        println!("\n{}", self.table);
        let checks = self.checks;
        checks.equal(owners, 0, "no shard is held any more");
        checks.equal(left, 0, "no task is left in the streams");
        let sent: u64 = self.sent.values().sum();
        let written =
            |entity: &String| review.written.get(entity).map_or(0, |done| done.len() as u64);
        let lost: u64 = self.sent.iter().map(|(entity, &sent)| sent - written(entity)).sum();
        checks.equal(lost, 0, format!("of {sent} tasks none is lost"));
        let entities = self.sent.len();
        let claim = format!("no task of {entities} entities wrote out of order");
        checks.equal(review.out_of_order, 0, claim);
        checks.equal(review.at_once, 0, "no task started while another of its entity ran");
        let claim =
            format!("but on a worker that hung, whose shards were taken: {}", review.fenced);
        checks.check(review.fenced > 0, claim);
        let claim = format!("tasks failed and ran again: {}", review.failed);
        checks.check(review.failed > 0, claim);
        let (again, most) = (self.seen.again, 2 * THREADS);
        let claim =
            format!("no more than ran on the two workers ran again: {again} of {most} at most");
        checks.check(again <= most, claim);
        Ok(())
    }

    /// Sends tasks of an entity.
    fn send(&mut self, entity: &str, fates: &[Fate]) -> Result<()> {
        let sent = self.sent.entry(entity.to_owned()).or_default();
        let bodies: Vec<String> =
            (*sent + 1..).zip(fates).map(|(n, &fate)| body(n, fate)).collect();
        *sent += fates.len() as u64;
        let tasks: Vec<_> = bodies.iter().map(|body| (entity, body.as_bytes())).collect();
        self.producer.send(&tasks)
    }

    /// Sends tasks of all entities, mixed; some fail once.
    fn batch(&mut self) -> Result<()> {
        let mut tasks = Vec::new();
        for round in 0..self.size.rounds {
            for n in 0..self.size.entities {
                let entity = format!("entity-{n}");
                let sent = self.sent.entry(entity.clone()).or_default();
                *sent += 1;
                let fails = round == 0 && n % 20 == 0;
                tasks.push((entity, body(*sent, if fails { Fate::FailsOnce } else { Fate::Runs })));
            }
        }
        let tasks: Vec<_> =
            tasks.iter().map(|(entity, body)| (entity.as_str(), body.as_bytes())).collect();
        self.producer.send(&tasks)
    }

    /// Has a worker run a task that waits at its gate, with two behind it, among many others.
    fn busy(&mut self, what: &str, worker: &str, assignment: &Assignment) -> Result<(u32, String)> {
        let shard = assignment.shards_of(worker).next().context("a worker without shards")?;
        let entity = self.entities(what, &[shard]).remove(0);
        self.batch()?;
        self.send(&entity, &[Fate::Waits, Fate::Runs, Fate::Runs])?;
        self.arrives(&entity, worker)?;
        Ok((shard, entity))
    }

    /// A new entity in each of these shards.
    fn entities(&self, what: &str, shards: &[u32]) -> Vec<String> {
        let mut names = (0..).map(|n| format!("{what}-{n}"));
        let mut name = |&shard| names.find(|name| shard_of(name, self.size.shards) == shard);
        shards.iter().filter_map(&mut name).collect()
    }

    /// Waits until a task of an entity has come to its gate, on this worker.
    fn arrives(&mut self, entity: &str, worker: &str) -> Result<()> {
        let holder = wait(|| Ok(self.ledger.holder(entity)?.as_deref() == Some(worker)), PATIENCE)?;
        ensure!(holder, "no task of {entity} waits on {worker}");
        Ok(())
    }

    /// Notes that what a worker ran when it went runs on the next owner of the shard.
    fn goes_on(&mut self, shard: u32, entity: &str, new: &str, when: &str) -> Result<()> {
        // It arrives, or it was lost and nothing is left.
        let arrives = || {
            let arrived = self.ledger.holder(entity)?.as_deref() == Some(new);
            Ok(arrived || self.shards.lens()?[shard as usize] == 0)
        };
        wait(arrives, PATIENCE)?;
        let holder = self.ledger.holder(entity)?.unwrap_or_default();
        let claim = format!("what a worker ran {when} runs on the next owner of the shard");
        self.checks.equal(holder.as_str(), new, claim);
        Ok(())
    }

    /// Notes that a shard is where it was, and that only the first task of an entity has started.
    fn stays(&mut self, shard: u32, worker: &str, entity: &str) -> Result<()> {
        let owner = self.shards.owners()?.remove(&shard).unwrap_or_default();
        self.checks.equal(owner.as_str(), worker, "a shard stays while a task of it runs");
        self.review()?;
        let started = (1..=3).map(|number| self.ran(entity, number).count()).sum::<usize>();
        self.checks.equal(started, 1, "and the next of the entity does not start");
        Ok(())
    }

    /// On which workers a task has started.
    fn ran<'a>(&'a self, entity: &'a str, number: u64) -> impl Iterator<Item = &'a str> {
        let started = self.events.iter().filter(|event| event.what == What::Started);
        started
            .filter(move |event| event.entity == entity && event.number == number)
            .map(|event| event.worker.as_str())
    }

    /// The assignment to the workers that there are, with some more and without some.
    fn assignment(&self, more: &[&str], less: &[&str]) -> Result<Assignment> {
        let mut names = self.crew.names();
        names.extend(more.iter().map(|&name| name.to_owned()));
        names.retain(|name| !less.contains(&name.as_str()));
        let workers = names.into_iter().map(|name| (name, 1)).collect();
        Ok(Assignment::new(&workers, self.size.shards)?)
    }

    /// Waits until the workers that there are hold what the ring gives them.
    fn settle(&mut self) -> Result<Assignment> {
        let assignment = self.assignment(&[], &[])?;
        self.settle_but(&assignment, None)?;
        Ok(assignment)
    }

    /// Waits until each shard is with its owner, this one apart.
    fn settle_but(&mut self, assignment: &Assignment, apart: Option<u32>) -> Result<()> {
        let settled = || {
            let owners = self.shards.owners()?;
            let mut shards = (0..self.size.shards).filter(|&shard| Some(shard) != apart);
            Ok(shards
                .all(|shard| owners.get(&shard).map(String::as_str) == assignment.owner(shard)))
        };
        ensure!(wait(settled, PATIENCE)?, "the shards do not go to their owners");
        Ok(())
    }

    /// Waits until no task is left.
    fn drain(&mut self) -> Result<()> {
        loop {
            let left = self.left()?;
            if left == 0 {
                return Ok(());
            }
            let fewer = wait(|| Ok(self.left()? < left), PATIENCE)?;
            ensure!(fewer, "{left} tasks do not get done");
        }
    }

    /// How many tasks are not done.
    fn left(&mut self) -> Result<usize> {
        Ok(self.shards.lens()?.iter().sum())
    }

    /// Goes through all that has happened.
    fn review(&mut self) -> Result<Review> {
        self.events.extend(self.ledger.events(self.events.len())?);
        Ok(Review::new(&self.events, &self.shards.takes()?, self.size.shards))
    }

    /// Notes that those shards changed hands that the ring moves, and tells what there was since the last time.
    fn moved(&mut self, before: &Assignment, after: &Assignment, what: &str) -> Result<usize> {
        let takes = self.shards.takes()?.split_off(self.seen.takes);
        self.seen.takes += takes.len();
        let mut found: Vec<(u32, &str)> =
            takes.iter().map(|Take { shard, worker, .. }| (*shard, worker.as_str())).collect();
        found.sort_unstable();
        let expected: Vec<_> = before.moves(after).collect();
        let moved = found.len();
        let claim =
            format!("{what}: the {} shards moved that the ring moves, once", expected.len());
        self.checks.check(found == expected, claim);
        let review = self.review()?;
        let tasks = review.written.values().map(|done| done.len()).sum::<usize>();
        let again = (review.started - review.failed).saturating_sub(tasks);
        let new = (tasks - self.seen.tasks, again.saturating_sub(self.seen.again));
        (self.seen.tasks, self.seen.again) = (tasks, again);
        let workers = (0..self.size.shards).filter_map(|shard| after.owner(shard));
        let workers = workers.collect::<BTreeSet<_>>().len();
        self.table.row([&what as &dyn Display, &workers, &moved, &new.0, &new.1]);
        Ok(moved)
    }

    /// Puts the tasks that a worker has left at the end of their streams.
    fn requeue(&mut self, worker: &str) -> Result<()> {
        let mut connection = self.client.get_connection()?;
        for stream in (0..self.size.shards).map(stream) {
            let left: StreamPendingCountReply =
                connection.xpending_consumer_count(&stream, GROUP, "-", "+", 1_000_000, worker)?;
            for id in left.ids.into_iter().map(|left| left.id) {
                let task: StreamRangeReply = connection.xrange(&stream, &id, &id)?;
                for task in task.ids {
                    let (entity, body): (Option<String>, Option<String>) =
                        (task.get("entity"), task.get("body"));
                    let (entity, body) = entity.zip(body).context("no task")?;
                    let _: String =
                        connection.xadd(&stream, "*", &[("entity", entity), ("body", body)])?;
                }
                let _: usize = connection.xack(&stream, GROUP, &[&id])?;
                let _: usize = connection.xdel(&stream, &[&id])?;
            }
        }
        Ok(())
    }
}
