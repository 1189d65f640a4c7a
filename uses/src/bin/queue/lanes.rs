//! [`Lanes`]: the tasks of one shard, a lane for each entity.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error};

/// The number of a task in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(u64, u64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl FromStr for Id {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once('-').with_context(|| format!("{text:?} is no id"))?;
        Ok(Self(parts.0.parse()?, parts.1.parse()?))
    }
}

/// The tasks of one shard, a lane for each entity that has any. In a lane they run one after the other, in the order
/// in which they came; lanes take turns. A task that waits costs its [`Id`] alone.
///
/// Every verb but [`wake`](Self::wake) takes O(1) time.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    lanes: HashMap<String, VecDeque<Id>>,
    /// The lanes whose first task may run, in the order of their turns.
    ready: VecDeque<String>,
    /// The lanes whose first task has failed.
    resting: Vec<String>,
    /// How many lanes have a task that runs.
    running: usize,
    /// How many tasks there are in all lanes, those that run included.
    len: usize,
}

impl Lanes {
    /// Adds a task behind the others of its entity.
    pub(crate) fn push(&mut self, entity: String, id: Id) {
        self.len += 1;
        if let Some(lane) = self.lanes.get_mut(&entity) {
            lane.push_back(id);
        } else {
            self.lanes.insert(entity.clone(), VecDeque::from([id]));
            self.ready.push_back(entity);
        }
    }

    /// The next task to run. Its lane has no other until it is [done](Self::done) or [failed](Self::failed).
    pub(crate) fn next(&mut self) -> Option<(String, Id)> {
        let entity = self.ready.pop_front()?;
        let id = *self.lanes.get(&entity)?.front()?;
        self.running += 1;
        Some((entity, id))
    }

    /// The entity's task that ran is done: its lane goes to the end of the turns.
    pub(crate) fn done(&mut self, entity: String) {
        self.running -= 1;
        let Some(lane) = self.lanes.get_mut(&entity) else { return };
        lane.pop_front();
        self.len -= 1;
        if lane.is_empty() {
            self.lanes.remove(&entity);
        } else {
            self.ready.push_back(entity);
        }
    }

    /// The entity's task that ran has failed: it stays the first of its lane, and runs again after the next
    /// [`wake`](Self::wake).
    pub(crate) fn failed(&mut self, entity: String) {
        self.running -= 1;
        self.resting.push(entity);
    }

    /// Lets tasks that failed run again. O(their number).
    pub(crate) fn wake(&mut self) {
        self.ready.extend(self.resting.drain(..));
    }

    /// How many tasks run.
    #[must_use]
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// How many tasks there are, those that run included.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(tasks: &[(&str, u64)]) -> Lanes {
        let mut lanes = Lanes::default();
        for &(entity, id) in tasks {
            lanes.push(entity.into(), Id(id, 0));
        }
        lanes
    }

    fn next(lanes: &mut Lanes) -> Option<(String, u64)> {
        lanes.next().map(|(entity, id)| (entity, id.0))
    }

    #[test]
    fn an_entity_runs_one_task_at_a_time_and_lanes_take_turns() {
        let mut lanes = lanes(&[("hot", 1), ("hot", 2), ("hot", 3), ("cold", 4), ("cold", 5)]);
        assert_eq!(next(&mut lanes), Some(("hot".into(), 1)));
        assert_eq!(next(&mut lanes), Some(("cold".into(), 4)));
        assert_eq!(next(&mut lanes), None);
        assert_eq!((lanes.running(), lanes.len()), (2, 5));
        lanes.done("cold".into());
        assert_eq!(next(&mut lanes), Some(("cold".into(), 5)));
        lanes.done("hot".into());
        lanes.done("cold".into());
        assert_eq!(next(&mut lanes), Some(("hot".into(), 2)));
        assert_eq!((lanes.running(), lanes.len()), (1, 2));
    }

    #[test]
    fn a_task_that_failed_stays_the_first_of_its_lane() {
        let mut lanes = lanes(&[("a", 1), ("a", 2)]);
        assert_eq!(next(&mut lanes), Some(("a".into(), 1)));
        lanes.failed("a".into());
        assert_eq!((next(&mut lanes), lanes.running(), lanes.len()), (None, 0, 2));
        lanes.wake();
        assert_eq!(next(&mut lanes), Some(("a".into(), 1)));
        lanes.done("a".into());
        assert_eq!(next(&mut lanes), Some(("a".into(), 2)));
        lanes.done("a".into());
        assert_eq!((next(&mut lanes), lanes.len()), (None, 0));
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        assert_eq!("12-3".parse::<Id>().unwrap().to_string(), "12-3");
        assert!("12".parse::<Id>().is_err());
    }
}
