//! [`Producer`]: puts tasks into the queue.

use anyhow::{Result, ensure};
use redis::{Client, Connection, Pipeline};

use super::assignment::shard_of;
use super::shards::{Shards, stream};

/// How many tasks are sent before the answers are read.
const BATCH: usize = 1_000;

/// Puts tasks into the queue. It need not know the workers: an entity has the same shard always.
///
/// The order of an entity's tasks is the order in which Redis takes them. If a call fails, its tasks may be there or
/// not, and whoever sends them again may have them run twice.
pub(crate) struct Producer {
    connection: Connection,
    shards: u32,
}

impl Producer {
    /// Opens the queue.
    ///
    /// # Errors
    ///
    /// Those of [`Shards::open`].
    pub(crate) fn open(client: &Client, shards: u32) -> Result<Self> {
        Shards::open(client, shards)?;
        Ok(Self { connection: client.get_connection()?, shards })
    }

    /// Puts tasks into the queue: entities and bodies, in this order.
    ///
    /// # Errors
    ///
    /// An entity without a name; or those of Redis.
    pub(crate) fn send(&mut self, tasks: &[(&str, &[u8])]) -> Result<()> {
        for tasks in tasks.chunks(BATCH) {
            let mut all = Pipeline::with_capacity(tasks.len());
            for &(entity, body) in tasks {
                ensure!(!entity.is_empty(), "a task of an entity without a name");
                // Workers read the fields by their places.
                let stream = stream(shard_of(entity, self.shards));
                all.xadd(stream, "*", &[("entity", entity.as_bytes()), ("body", body)]).ignore();
            }
            all.query::<()>(&mut self.connection)?;
        }
        Ok(())
    }
}
