//! [`Crew`]: the workers of the story, a process each; and what those processes do.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, str, thread};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use redis::Client;
use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};

use super::Sabotage;
use super::ledger::Ledger;
use super::shards::Shards;
use super::worker::{Outcome, Task, Worker};

/// After how long without a sign of life others take a worker's shards.
const LEASE: Duration = Duration::from_secs(6);

/// How long a task waits at its gate, or a worker for its last tasks, before the story has gone wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tasks of a worker that run side by side.
pub(crate) const THREADS: usize = 4;

/// What a process is told that is a worker.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    redis: SocketAddr,
    #[arg(long)]
    name: String,
    #[arg(long)]
    shards: u32,
    #[arg(long)]
    sabotage: Option<Sabotage>,
}

/// The client of a server.
pub(crate) fn client(redis: SocketAddr) -> Result<Client> {
    Ok(Client::open(format!("redis://{redis}/"))?)
}

/// What a task is told: its number among those of its entity, and what happens to it.
pub(crate) fn body(number: u64, fate: Fate) -> String {
    let fate = match fate {
        Fate::Runs => "runs",
        Fate::Waits => "waits",
        Fate::FailsOnce => "fails",
    };
    format!("{number} {fate}")
}

/// What happens to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It writes.
    Runs,
    /// It waits at the gate of its entity first.
    Waits,
    /// It fails when a worker first runs it.
    FailsOnce,
}

/// A process that is a worker. It leaves at the end of its standard input.
pub(crate) fn work(arguments: &Arguments) -> Result<()> {
    // However the story ends, its workers do too.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let client = client(arguments.redis)?;
    let breaks = |what: Sabotage| arguments.sabotage == Some(what);
    let worker = Worker {
        client: client.clone(),
        name: arguments.name.clone(),
        weight: 1,
        shards: arguments.shards,
        threads: if breaks(Sabotage::OneThread) { 1 } else { THREADS },
        lease: LEASE,
    };
    // A ledger for each task that runs, made when it first does.
    let ledgers = Mutex::new(Vec::new());
    let failed = Mutex::new(HashSet::new());
    let handle = |task: &Task| -> Result<Outcome> {
        if breaks(Sabotage::AckFirst) {
            Shards::open(&client, worker.shards)?.finish(task.shard, task.token, task.id)?;
        }
        let spare = ledgers.lock().expect("nothing panics while it holds the lock").pop();
        let mut ledger = spare.map_or_else(|| Ledger::open(&client), Ok)?;
        let (number, fate) = str::from_utf8(&task.body)?.split_once(' ').context("no task")?;
        let number = number.parse()?;
        ledger.started(task, number, &worker.name)?;
        if fate == "waits" {
            ledger.holds(&task.entity, &worker.name)?;
            let open = wait(|| ledger.gate_is_open(&task.entity), PATIENCE)?;
            ensure!(open, "the gate of {} did not open", task.entity);
        }
        let fails = || failed.lock().expect("nothing panics").insert((task.shard, task.id));
        let outcome = if fate == "fails" && fails() {
            ledger.failed(task, number, &worker.name)?;
            Outcome::Again
        } else {
            let token = if breaks(Sabotage::NoFence) { u64::MAX } else { task.token };
            let taken = ledger.write(task, number, &worker.name, token)?;
            if taken { Outcome::Done } else { Outcome::Again }
        };
        ledgers.lock().expect("nothing panics while it holds the lock").push(ledger);
        Ok(outcome)
    };
    let leave = Arc::new(AtomicBool::new(false));
    let left = Arc::clone(&leave);
    // It ends with the process, which may not wait for it.
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        left.store(true, Ordering::Relaxed);
    });
    worker.run(&leave, &|task| {
        handle(task).unwrap_or_else(|error| {
            eprintln!("{}: a task of {}: {error:#}", worker.name, task.entity);
            Outcome::Again
        })
    })
}

/// Asks until the answer is yes. Answers whether it was before the time was over.
pub(crate) fn wait(mut ask: impl FnMut() -> Result<bool>, at_most: Duration) -> Result<bool> {
    let started = Instant::now();
    while !ask()? {
        if started.elapsed() > at_most {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(true)
}

/// The workers of the story. They end with it.
pub(crate) struct Crew {
    redis: SocketAddr,
    shards: u32,
    sabotage: Option<Sabotage>,
    workers: BTreeMap<String, Child>,
}

impl Crew {
    /// Nobody yet.
    pub(crate) fn new(redis: SocketAddr, shards: u32, sabotage: Option<Sabotage>) -> Self {
        Self { redis, shards, sabotage, workers: BTreeMap::new() }
    }

    /// Starts a worker.
    pub(crate) fn start(&mut self, name: &str) -> Result<()> {
        let mut command = Command::new(env::current_exe()?);
        let redis = self.redis.to_string();
        command.args(["worker", "--redis", &redis, "--name", name]);
        command.args(["--shards", &self.shards.to_string()]);
        if let Some(value) = self.sabotage.as_ref().and_then(ValueEnum::to_possible_value) {
            command.args(["--sabotage", value.get_name()]);
        }
        let child = command.stdin(Stdio::piped()).spawn().context("a worker")?;
        self.workers.insert(name.to_owned(), child);
        Ok(())
    }

    /// Tells a worker to leave.
    pub(crate) fn dismiss(&mut self, name: &str) -> Result<()> {
        self.worker(name)?.stdin = None;
        Ok(())
    }

    /// Waits for the end of a worker that was dismissed.
    pub(crate) fn part(&mut self, name: &str) -> Result<ExitStatus> {
        let worker = self.worker(name)?;
        let mut status = None;
        wait(
            || {
                Ok({
                    status = worker.try_wait()?;
                    status.is_some()
                })
            },
            PATIENCE,
        )?;
        let Some(status) = status else { bail!("{name} does not leave") };
        self.workers.remove(name);
        Ok(status)
    }

    /// Kills a worker, and sees it gone.
    pub(crate) fn kill(&mut self, name: &str) -> Result<()> {
        let mut worker = self.workers.remove(name).context("no such worker")?;
        worker.kill()?;
        worker.wait()?;
        Ok(())
    }

    /// Stops a worker: as far as others can see, it hangs.
    pub(crate) fn stop(&mut self, name: &str) -> Result<()> {
        Ok(kill_process(Pid::from_child(self.worker(name)?), Signal::STOP)?)
    }

    /// Lets it go on, as if no time had passed.
    pub(crate) fn go_on(&mut self, name: &str) -> Result<()> {
        Ok(kill_process(Pid::from_child(self.worker(name)?), Signal::CONT)?)
    }

    /// The names of the workers.
    pub(crate) fn names(&self) -> Vec<String> {
        self.workers.keys().cloned().collect()
    }

    fn worker(&mut self, name: &str) -> Result<&mut Child> {
        self.workers.get_mut(name).with_context(|| format!("no worker {name}"))
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for (name, worker) in &mut self.workers {
            if worker.kill().and_then(|()| worker.wait()).is_err() {
                eprintln!("{name} could not be ended");
            }
        }
    }
}
