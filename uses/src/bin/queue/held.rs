//! [`Held`]: the shards that a worker holds.

use std::collections::BTreeMap;

use super::lanes::{Id, Lanes};
use super::shards::Fetch;

/// The shards that a worker holds, with their tasks.
///
/// A shard that is closing starts no task. When its last one has ended it is [idle](Self::idle), and may be given to
/// another worker. One that was lost to another worker is held, closing, until its last task has ended: so a worker
/// never runs an entity twice at a time either.
#[derive(Debug, Default)]
pub(crate) struct Held {
    shards: BTreeMap<u32, Shard>,
    /// Whose turn it was.
    last: u32,
}

#[derive(Debug)]
struct Shard {
    token: u64,
    /// Where the next tasks are fetched.
    cursor: String,
    lanes: Lanes,
    closing: bool,
}

/// A task that a worker has to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The shard.
    pub shard: u32,
    /// The token under which the worker holds it.
    pub token: u64,
    /// The entity.
    pub entity: String,
    /// The number of the task.
    pub id: Id,
}

impl Held {
    /// Whether the worker holds a shard, closing or not.
    #[must_use]
    pub(crate) fn has(&self, shard: u32) -> bool {
        self.shards.contains_key(&shard)
    }

    /// Whether the worker holds no shard.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }

    /// Adds a shard that was taken under a token.
    pub(crate) fn insert(&mut self, shard: u32, token: u64) {
        let cursor = Fetch::START.to_owned();
        self.shards.insert(shard, Shard { token, cursor, lanes: Lanes::default(), closing: false });
    }

    /// Closes a shard, if it is held under this token.
    pub(crate) fn close(&mut self, shard: u32, token: u64) {
        if let Some(held) = self.shards.get_mut(&shard).filter(|held| held.token == token) {
            held.closing = true;
        }
    }

    /// Closes the shards that are not `wanted`.
    pub(crate) fn close_others(&mut self, wanted: impl Fn(u32) -> bool) {
        for (&shard, held) in &mut self.shards {
            held.closing |= !wanted(shard);
        }
    }

    /// The shards that are closing and run nothing, with their tokens.
    #[must_use]
    pub(crate) fn idle(&self) -> Vec<(u32, u64)> {
        let idle = self.shards.iter().filter(|(_, held)| held.closing && held.lanes.running() == 0);
        idle.map(|(&shard, held)| (shard, held.token)).collect()
    }

    /// Holds a shard no longer.
    pub(crate) fn remove(&mut self, shard: u32) {
        self.shards.remove(&shard);
    }

    /// Where to fetch tasks: of the shards that are open and have fewer than `ahead` of them.
    #[must_use]
    pub(crate) fn fetches(&self, ahead: usize) -> Vec<Fetch> {
        let open = self.shards.iter().filter(|(_, held)| !held.closing && held.lanes.len() < ahead);
        open.map(|(&shard, held)| Fetch { shard, token: held.token, cursor: held.cursor.clone() })
            .collect()
    }

    /// Adds the tasks that were fetched, in the order of their stream, and notes where to go on.
    pub(crate) fn add(&mut self, shard: u32, cursor: String, tasks: Vec<(Id, String)>) {
        let Some(held) = self.shards.get_mut(&shard) else { return };
        held.cursor = cursor;
        for (id, entity) in tasks {
            held.lanes.push(entity, id);
        }
    }

    /// The next task to run. Shards take turns, and so do the entities of each. O(shards).
    pub(crate) fn next(&mut self) -> Option<Turn> {
        let after = next_of(self.shards.range_mut(self.last.saturating_add(1)..));
        let turn = after.or_else(|| next_of(self.shards.range_mut(..=self.last)))?;
        self.last = turn.shard;
        Some(turn)
    }

    /// A task that was given out is done.
    pub(crate) fn done(&mut self, turn: Turn) {
        if let Some(held) = self.shards.get_mut(&turn.shard) {
            held.lanes.done(turn.entity);
        }
    }

    /// A task that was given out has failed.
    pub(crate) fn failed(&mut self, turn: Turn) {
        if let Some(held) = self.shards.get_mut(&turn.shard) {
            held.lanes.failed(turn.entity);
        }
    }

    /// Lets tasks that failed run again.
    pub(crate) fn wake(&mut self) {
        self.shards.values_mut().for_each(|held| held.lanes.wake());
    }
}

/// The next task of the first of these shards that has one to start.
fn next_of<'a>(shards: impl Iterator<Item = (&'a u32, &'a mut Shard)>) -> Option<Turn> {
    let mut open = shards.filter(|(_, held)| !held.closing);
    open.find_map(|(&shard, held)| {
        let (entity, id) = held.lanes.next()?;
        Some(Turn { shard, token: held.token, entity, id })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held() -> Held {
        let mut held = Held::default();
        for (shard, token) in [(3, 10), (7, 11)] {
            held.insert(shard, token);
            let id = |n| format!("{n}-{shard}").parse().unwrap();
            let tasks = vec![(id(1), format!("a{shard}")), (id(2), format!("b{shard}"))];
            held.add(shard, ">".into(), tasks);
        }
        held
    }

    #[test]
    fn shards_take_turns() {
        let mut held = held();
        let turns: Vec<String> = std::iter::from_fn(|| held.next()).map(|t| t.entity).collect();
        assert_eq!(turns, ["a3", "a7", "b3", "b7"]);
    }

    #[test]
    fn a_shard_is_given_up_when_its_last_task_has_ended() {
        let mut held = held();
        let turn = held.next().unwrap();
        assert_eq!((turn.shard, turn.token), (3, 10));
        held.close_others(|shard| shard != 3);
        assert_eq!(held.idle(), []);
        assert_eq!(held.next().map(|turn| turn.shard), Some(7));
        assert_eq!(held.fetches(10).iter().map(|fetch| fetch.shard).collect::<Vec<_>>(), [7]);
        held.done(turn);
        assert_eq!(held.idle(), [(3, 10)]);
        held.remove(3);
        assert!(!held.has(3) && held.has(7) && !held.is_empty());
    }

    #[test]
    fn a_token_of_before_closes_nothing() {
        let mut held = held();
        held.close(3, 9);
        assert_eq!(held.idle(), []);
        held.close(3, 10);
        assert_eq!(held.idle(), [(3, 10)]);
    }

    #[test]
    fn a_full_shard_fetches_nothing() {
        assert_eq!(held().fetches(2), []);
        assert_eq!(held().fetches(3).len(), 2);
    }
}
