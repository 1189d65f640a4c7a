//! [`Ledger`]: what the tasks of the story change, and all that happened, in the order in which it did. [`Review`]:
//! what is to be said of that.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result};
use redis::{Client, Commands, Connection, Script};

use super::assignment::shard_of;
use super::shards::Take;
use super::worker::Task;

/// The highest token that has written, of each entity.
const TOKENS: &str = "ledger:tokens";
/// All that happened.
const EVENTS: &str = "ledger:events";

/// Writes, unless a higher token has written for this entity.
const WRITE: &str = "
    local tokens, events, entity, token, line = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
    local last = redis.call('HGET', tokens, entity)
    if last and tonumber(token) < tonumber(last) then
        redis.call('RPUSH', events, 'refused ' .. line)
        return 0
    end
    redis.call('HSET', tokens, entity, token)
    redis.call('RPUSH', events, 'wrote ' .. line)
    return 1
";

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A task started to run.
    Started,
    /// It wrote, and ended.
    Wrote,
    /// It ended, and what it wrote was refused.
    Refused,
    /// It ended and failed.
    Failed,
    /// The worker was killed.
    Killed,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// What.
    pub what: What,
    /// To whose task. Of a worker that was killed this and all that follows stands for nothing, but its name.
    pub entity: String,
    /// The number of the task among those of its entity, from 1.
    pub number: u64,
    /// The token under which it ran.
    pub token: u64,
    /// The worker that ran it.
    pub worker: String,
}

impl Event {
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let what = match words.next()? {
            "started" => What::Started,
            "wrote" => What::Wrote,
            "refused" => What::Refused,
            "failed" => What::Failed,
            "killed" => What::Killed,
            _ => return None,
        };
        let entity = words.next()?.to_owned();
        let (number, token) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { what, entity, number, token, worker: words.next()?.to_owned() })
    }
}

/// What the tasks of the story change: a ledger that notes each task, and refuses tokens of old.
pub(crate) struct Ledger {
    connection: Connection,
    write: Script,
}

impl Ledger {
    /// Opens it.
    pub(crate) fn open(client: &Client) -> Result<Self> {
        Ok(Self { connection: client.get_connection()?, write: Script::new(WRITE) })
    }

    /// A task starts.
    pub(crate) fn started(&mut self, task: &Task, number: u64, worker: &str) -> Result<()> {
        self.note("started", &task.entity, number, task.token, worker)
    }

    /// A task fails.
    pub(crate) fn failed(&mut self, task: &Task, number: u64, worker: &str) -> Result<()> {
        self.note("failed", &task.entity, number, task.token, worker)
    }

    /// A worker was killed: whatever it ran runs no longer.
    pub(crate) fn killed(&mut self, worker: &str) -> Result<()> {
        self.note("killed", "-", 0, 0, worker)
    }

    /// A task writes under this token, and ends. Answers whether the ledger took it.
    pub(crate) fn write(
        &mut self,
        task: &Task,
        number: u64,
        worker: &str,
        token: u64,
    ) -> Result<bool> {
        let mut call = self.write.key(TOKENS);
        let line = format!("{} {number} {} {worker}", task.entity, task.token);
        call.key(EVENTS).arg(&task.entity).arg(token).arg(line);
        Ok(call.invoke(&mut self.connection)?)
    }

    fn note(&mut self, what: &str, entity: &str, n: u64, token: u64, worker: &str) -> Result<()> {
        Ok(self.connection.rpush(EVENTS, format!("{what} {entity} {n} {token} {worker}"))?)
    }

    /// A task waits at the gate of its entity.
    pub(crate) fn holds(&mut self, entity: &str, worker: &str) -> Result<()> {
        Ok(self.connection.set(format!("ledger:holds:{entity}"), worker)?)
    }

    /// The worker whose task came to the gate of an entity last.
    pub(crate) fn holder(&mut self, entity: &str) -> Result<Option<String>> {
        Ok(self.connection.get(format!("ledger:holds:{entity}"))?)
    }

    /// Opens the gate of an entity, for good.
    pub(crate) fn open_gate(&mut self, entity: &str) -> Result<()> {
        Ok(self.connection.set(format!("ledger:gate:{entity}"), 1)?)
    }

    /// Whether it is open.
    pub(crate) fn gate_is_open(&mut self, entity: &str) -> Result<bool> {
        Ok(self.connection.exists(format!("ledger:gate:{entity}"))?)
    }

    /// What happened after the first `seen` events.
    pub(crate) fn events(&mut self, seen: usize) -> Result<Vec<Event>> {
        let lines: Vec<String> = self.connection.lrange(EVENTS, isize::try_from(seen)?, -1)?;
        let event = |line: &String| Event::read(line).with_context(|| format!("no event: {line}"));
        lines.iter().map(event).collect()
    }
}

/// What is to be said of all that happened.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Review {
    /// The numbers of the tasks that wrote, by entity.
    pub written: BTreeMap<String, BTreeSet<u64>>,
    /// How often a task wrote that was neither the next of its entity nor the last one again.
    pub out_of_order: usize,
    /// How often a task wrote that had been written.
    pub repeated: usize,
    /// How often a task started while another of its entity ran, on a worker that nobody had given up.
    pub at_once: usize,
    /// How often one did while a worker that had lost its lease ran another.
    pub fenced: usize,
    /// How often what a task wrote was refused.
    pub refused: usize,
    /// How often a task failed.
    pub failed: usize,
    /// How often a task started.
    pub started: usize,
}

impl Review {
    /// Goes through all events.
    pub(crate) fn new(events: &[Event], takes: &[Take], shards: u32) -> Self {
        let mut review = Self::default();
        // What runs, by entity: workers and tokens.
        let mut running: HashMap<&str, Vec<(&str, u64)>> = HashMap::new();
        let mut last: HashMap<&str, u64> = HashMap::new();
        for Event { what, entity, number, token, worker } in events {
            let own = (worker.as_str(), *token);
            if *what == What::Killed {
                running.values_mut().for_each(|runs| runs.retain(|&(of, _)| of != worker));
                continue;
            }
            let runs = running.entry(entity).or_default();
            if *what == What::Started {
                review.started += 1;
                let shard = shard_of(entity, shards);
                for &(other, since) in runs.iter() {
                    // Its shard was taken from a worker whose lease had ended.
                    let lost = takes.iter().any(|take| {
                        (take.shard == shard && take.from.as_deref() == Some(other))
                            && (take.worker != other && since < take.token && take.token <= *token)
                    });
                    *if lost { &mut review.fenced } else { &mut review.at_once } += 1;
                }
                runs.push(own);
                continue;
            }
            if let Some(at) = runs.iter().position(|&run| run == own) {
                runs.swap_remove(at);
            }
            match what {
                What::Wrote => {
                    let new = review.written.entry(entity.clone()).or_default().insert(*number);
                    let last = last.entry(entity).or_default();
                    review.repeated += usize::from(!new);
                    review.out_of_order += usize::from(*number != *last && *number != *last + 1);
                    *last = *number;
                }
                What::Refused => review.refused += 1,
                _ => review.failed += 1,
            }
        }
        review
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(lines: &[&str], takes: &[Take]) -> Review {
        let events: Vec<_> = lines.iter().map(|line| Event::read(line).unwrap()).collect();
        Review::new(&events, takes, 1)
    }

    fn take(worker: &str, token: u64, from: Option<&str>) -> Take {
        Take { shard: 0, worker: worker.into(), token, from: from.map(Into::into) }
    }

    #[test]
    fn a_worker_that_was_given_up_may_still_run() {
        let lines = ["started e 1 1 a", "started e 1 2 b", "wrote e 1 2 b", "refused e 1 1 a"];
        let lost = review(&lines, &[take("a", 1, None), take("b", 2, Some("a"))]);
        assert_eq!((lost.at_once, lost.fenced, lost.refused), (0, 1, 1));
        let given = review(&lines, &[take("a", 1, None), take("b", 2, None)]);
        assert_eq!((given.at_once, given.fenced), (1, 0));
        let killed = ["started e 1 1 a", "killed - 0 0 a", "started e 1 2 b"];
        assert_eq!(review(&killed, &[]).at_once, 0);
    }

    #[test]
    fn a_task_may_write_again_until_the_next_has() {
        let wrote = |numbers: &[u64]| {
            let lines: Vec<_> = numbers.iter().map(|n| format!("wrote e {n} 1 a")).collect();
            review(&lines.iter().map(String::as_str).collect::<Vec<_>>(), &[])
        };
        assert_eq!((wrote(&[1, 2, 2, 3]).out_of_order, wrote(&[1, 2, 2, 3]).repeated), (0, 1));
        assert_eq!(wrote(&[1, 2, 1, 2]).out_of_order, 1);
        assert_eq!(wrote(&[1, 3]).out_of_order, 1);
        assert_eq!(wrote(&[1, 2, 2]).written["e"].len(), 2);
    }
}
