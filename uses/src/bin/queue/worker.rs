//! [`Worker`]: runs the tasks of the shards that the ring gives it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use redis::Client;

use super::assignment::Assignment;
use super::held::{Held, Turn};
use super::lanes::Id;
use super::shards::{Begun, Fetched, Shards};

/// How often new tasks are asked for: one may wait for so long before it starts.
const POLL: Duration = Duration::from_millis(20);

/// How often a lease is renewed while it lasts.
const BEATS: u32 = 10;

/// How many tasks of a shard a worker knows ahead. They cost it their numbers alone. An entity holds up the others of
/// its shard only when it alone has as many waiting.
const AHEAD: usize = 65_536;

/// How many tasks of a shard one question brings at most.
const AT_ONCE: usize = 250;

/// A task as the handler sees it.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// Whose task it is.
    pub entity: String,
    /// What the producer has put in.
    pub body: Vec<u8>,
    /// The shard of the entity.
    pub shard: u32,
    /// The number of the task in the stream of its shard: it grows.
    pub id: Id,
    /// The fencing token. Whatever the task changes should refuse a token that is below one that it has seen for this
    /// entity: it is of a worker that has lost the shard, and does not know it yet.
    pub token: u64,
}

/// What has become of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done.
    Done,
    /// It has failed, and has to run again.
    Again,
}

/// Runs the tasks of the shards that the ring gives it.
///
/// Each entity's tasks run one after the other, in the order in which they were sent; those of different entities run
/// side by side. A task runs at least once: again, if it fails, or its worker ends before it is done.
///
/// A shard that is to go to another worker is first closed: no task of it starts, and when the last one has ended the
/// shard is given back, and the other worker takes it. If a worker is not heard of while its lease lasts, the others
/// take its shards under new tokens, with the tasks that it has left, before any that are new.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    /// Redis.
    pub client: Client,
    /// A name that no other worker has at the same time. One that comes back under its name has its shards again.
    pub name: String,
    /// How many shards it takes, compared with other workers.
    pub weight: u32,
    /// How many shards the queue has.
    pub shards: u32,
    /// How many tasks it runs side by side. An entity whose task blocks keeps one of these threads.
    pub threads: usize,
    /// After how long without a sign of life others may take its shards. The same for all workers.
    pub lease: Duration,
}

impl Worker {
    /// Runs tasks until `leave` is set; then ends those that run, and gives its shards back.
    ///
    /// A task that has failed, or panicked, runs again within a tenth of the lease, before any other of its entity.
    /// One that can never succeed is for the handler to put aside, and to call done.
    ///
    /// # Errors
    ///
    /// Those of Redis, after the tasks that run have ended. The shards go to others when the lease ends.
    pub(crate) fn run(
        &self,
        leave: &AtomicBool,
        handler: &(impl Fn(&Task) -> Outcome + Sync),
    ) -> Result<()> {
        let open = || Shards::open(&self.client, self.shards);
        let mut control = open()?;
        let runners = (0..self.threads).map(|_| open()).collect::<Result<Vec<_>>>()?;
        let desk = Desk::default();
        let run = |mut shards| desk.until_stopped(|| run_tasks(&mut shards, &desk, handler));
        thread::scope(|scope| {
            let run = &run;
            let runners: Vec<_> =
                runners.into_iter().map(|shards| scope.spawn(move || run(shards))).collect();
            let outcome = desk.until_stopped(|| self.keep_shards(&mut control, &desk, leave));
            let ends = runners.into_iter().map(|runner| {
                runner.join().unwrap_or_else(|_| Err(anyhow!("a thread of the worker panicked")))
            });
            ends.fold(outcome, Result::and)
        })
    }

    /// Renews the lease, takes shards and gives them back, and fetches tasks.
    fn keep_shards(&self, shards: &mut Shards, desk: &Desk, leave: &AtomicBool) -> Result<()> {
        let mut beaten: Option<Instant> = None;
        while !desk.lock().stopped {
            if beaten.is_none_or(|last| last.elapsed() >= self.lease / BEATS) {
                beaten = Some(Instant::now());
                self.beat(shards, desk, leave.load(Ordering::Relaxed))?;
            }
            let idle = desk.lock().held.idle();
            for (shard, token) in idle {
                shards.give(shard, token)?;
                desk.lock().held.remove(shard);
            }
            if leave.load(Ordering::Relaxed) && desk.lock().held.is_empty() {
                return shards.leave(&self.name);
            }
            self.fetch(shards, desk)?;
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Shows that the worker lives, and follows the ring.
    fn beat(&self, shards: &mut Shards, desk: &Desk, leaving: bool) -> Result<()> {
        let weight = if leaving { 0 } else { self.weight };
        let workers = shards.beat(&self.name, weight, self.lease)?;
        let assignment = Assignment::new(&workers, self.shards)?;
        let mut missing: Vec<u32> = assignment.shards_of(&self.name).collect();
        {
            let held = &mut desk.lock().held;
            held.close_others(|shard| assignment.owner(shard) == Some(&self.name));
            held.wake();
            missing.retain(|&shard| !held.has(shard));
        }
        // Others hold some of them until they have seen the same ring.
        for (shard, token) in shards.take(&self.name, &missing)? {
            desk.lock().held.insert(shard, token);
        }
        desk.changed.notify_all();
        Ok(())
    }

    fn fetch(&self, shards: &mut Shards, desk: &Desk) -> Result<()> {
        let fetches = desk.lock().held.fetches(AHEAD);
        let answers = shards.fetch(&self.name, &fetches, AT_ONCE)?;
        let held = &mut desk.lock().held;
        for (fetch, answer) in fetches.into_iter().zip(answers) {
            match answer {
                Fetched::Tasks(cursor, tasks) => held.add(fetch.shard, cursor, tasks),
                Fetched::Lost => held.close(fetch.shard, fetch.token),
            }
        }
        desk.changed.notify_all();
        Ok(())
    }
}

/// Runs tasks, one at a time, until the worker stops.
fn run_tasks(shards: &mut Shards, desk: &Desk, handler: &impl Fn(&Task) -> Outcome) -> Result<()> {
    while let Some(turn) = desk.next() {
        let Turn { shard, token, id, ref entity } = turn;
        let held = match shards.begin(shard, token, id)? {
            Begun::Lost => false,
            // Somebody has taken it out of the stream, and left it pending.
            Begun::Gone => shards.finish(shard, token, id)?,
            Begun::Body(body) => {
                let task = Task { entity: entity.clone(), body, shard, id, token };
                let outcome = catch_unwind(AssertUnwindSafe(|| handler(&task)));
                if outcome.unwrap_or(Outcome::Again) == Outcome::Again {
                    desk.lock().held.failed(turn);
                    continue;
                }
                shards.finish(shard, token, id)?
            }
        };
        let state = &mut *desk.lock();
        if !held {
            state.held.close(shard, token);
        }
        state.held.done(turn);
        desk.changed.notify_one();
    }
    Ok(())
}

/// What the threads of a worker share.
#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    held: Held,
    stopped: bool,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the lock")
    }

    /// Waits for the next task; `None`, when the worker stops.
    fn next(&self) -> Option<Turn> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(turn) = state.held.next() {
                return Some(turn);
            }
            state = self.changed.wait(state).expect("nothing panics while it holds the lock");
        }
    }

    /// Does something, and stops the worker when that has ended, however it has.
    fn until_stopped<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Stop<'a>(&'a Desk);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.lock().stopped = true;
                self.0.changed.notify_all();
            }
        }
        let _stop = Stop(self);
        work()
    }
}
