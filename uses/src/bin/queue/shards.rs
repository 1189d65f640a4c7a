//! [`Shards`]: the queue as it is in Redis: streams of tasks, and who holds which of them.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use redis::{Client, Commands, Connection, Script};

use super::assignment::Workers;
use super::lanes::Id;

/// The consumer group of every stream. Its consumers are the workers, by name.
pub(crate) const GROUP: &str = "workers";

/// How many shards the queue has.
const COUNT: &str = "queue:shards";
/// Until when each worker's lease lasts, in milliseconds of Redis' clock.
const LEASES: &str = "queue:leases";
/// The weight of each worker.
const WEIGHTS: &str = "queue:weights";
/// The last token that was given out.
const FENCE: &str = "queue:fence";
/// The worker that holds each shard.
const OWNERS: &str = "queue:owners";
/// The token under which it holds it.
const TOKENS: &str = "queue:tokens";
/// A stream of the last shards that changed hands.
const TAKES: &str = "queue:takes";

/// The stream of a shard.
#[must_use]
pub(crate) fn stream(shard: u32) -> String {
    format!("queue:tasks:{shard}")
}

/// Makes the queue if it is not there. Answers with how many shards it has.
const OPEN: &str = "
    local count, group, shards = KEYS[1], ARGV[1], ARGV[2]
    if redis.call('EXISTS', count) == 0 then
        for i = 2, #KEYS do
            redis.call('XGROUP', 'CREATE', KEYS[i], group, '0', 'MKSTREAM')
        end
        redis.call('SET', count, shards)
    end
    return redis.call('GET', count)
";

/// Renews a worker's lease, forgets the workers whose leases have ended, and answers with all that are left.
const BEAT: &str = "
    local leases, weights, worker, weight, lease = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    for _, gone in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now)) do
        redis.call('ZREM', leases, gone)
        redis.call('HDEL', weights, gone)
    end
    redis.call('ZADD', leases, now + lease, worker)
    redis.call('HSET', weights, worker, weight)
    return redis.call('HGETALL', weights)
";

/// Takes the shards that nobody holds, or whose holder has no lease, each under a new token. Answers with the tokens;
/// 0 stands for a shard that somebody holds. A worker that takes what it holds already fences off what it was before.
const TAKE: &str = "
    local leases, owners, tokens, fence, takes = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
    local worker = ARGV[1]
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local answer = {}
    for i = 2, #ARGV do
        local shard = ARGV[i]
        local owner = redis.call('HGET', owners, shard)
        local lease = owner and redis.call('ZSCORE', leases, owner)
        if owner and owner ~= worker and lease and tonumber(lease) > now then
            answer[i - 1] = 0
        else
            local token = redis.call('INCR', fence)
            redis.call('HSET', owners, shard, worker)
            redis.call('HSET', tokens, shard, token)
            redis.call('XADD', takes, 'MAXLEN', '~', 100000, '*',
                'shard', shard, 'worker', worker, 'token', token, 'from', owner or '')
            answer[i - 1] = token
        end
    end
    return answer
";

/// Gives a shard back, if it is held under this token.
const GIVE: &str = "
    local owners, tokens, shard, token = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
    if redis.call('HGET', tokens, shard) ~= token then return 0 end
    redis.call('HDEL', owners, shard)
    redis.call('HDEL', tokens, shard)
    return 1
";

/// Fetches tasks of several shards: what other workers have left behind first, in the order of the stream, then what
/// is new. Answers for each shard with the next cursor, then ids and entities; with nothing, if the token is of old.
const FETCH: &str = "
    local tokens, group, worker, count = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
    local answer = {}
    for i = 2, #KEYS do
        local stream, at = KEYS[i], 3 * i - 2
        local shard, token, cursor = ARGV[at], ARGV[at + 1], ARGV[at + 2]
        local found = {}
        if redis.call('HGET', tokens, shard) == token then
            local entries
            if cursor == '>' then
                local read = redis.call('XREADGROUP', 'GROUP', group, worker, 'COUNT', count, 'STREAMS', stream, '>')
                entries = read and read[1][2] or {}
            else
                local claimed = redis.call('XAUTOCLAIM', stream, group, worker, 0, cursor, 'COUNT', count)
                cursor, entries = claimed[1], claimed[2]
                if cursor == '0-0' then cursor = '>' end
            end
            found[1] = cursor
            for _, entry in ipairs(entries) do
                found[#found + 1] = entry[1]
                found[#found + 1] = entry[2][2]
            end
        end
        answer[i - 1] = found
    end
    return answer
";

/// The body of a task; an empty list, if the task is no longer there; nil, if the token is of old.
const BEGIN: &str = "
    local tokens, stream, shard, token, id = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
    if redis.call('HGET', tokens, shard) ~= token then return false end
    local entry = redis.call('XRANGE', stream, id, id)[1]
    return entry and { entry[2][4] } or {}
";

/// Takes a task that is done out of its stream, unless the token is of old.
const FINISH: &str = "
    local tokens, stream, group, shard, token, id = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
    if redis.call('HGET', tokens, shard) ~= token then return 0 end
    redis.call('XACK', stream, group, id)
    redis.call('XDEL', stream, id)
    return 1
";

/// Where to fetch tasks of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetch {
    /// The shard.
    pub shard: u32,
    /// The token under which it is held.
    pub token: u64,
    /// [`START`](Self::START), or what the last fetch has answered.
    pub cursor: String,
}

impl Fetch {
    /// The cursor of a shard that was just taken: it fetches what other workers have left behind.
    pub(crate) const START: &str = "0-0";
}

/// What a fetch has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// Tasks with their entities, in the order of the stream, and the next cursor.
    Tasks(String, Vec<(Id, String)>),
    /// Somebody else has taken the shard.
    Lost,
}

/// What there is of a task that is about to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// Its body.
    Body(Vec<u8>),
    /// It is no longer in the stream.
    Gone,
    /// Somebody else has taken the shard.
    Lost,
}

/// A shard that a worker took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Take {
    /// The shard.
    pub shard: u32,
    /// Who took it.
    pub worker: String,
    /// The token.
    pub token: u64,
    /// The worker that held it until its lease ended; `None`, if nobody held it.
    pub from: Option<String>,
}

/// The queue as it is in Redis, through one connection.
///
/// Each verb is one script, and so happens at once. Every verb about a shard that is held names the token under which
/// it was taken, and does nothing when another worker has taken the shard meanwhile. Tokens only grow.
///
/// Verbs wait for an answer without a time-out: reading from a socket that has one fails on Linux when the process
/// goes on after it was stopped. Others take the shards of a worker that waits for long.
///
/// All keys are on one server. What that server loses is lost: let it keep what it has been told (`appendonly yes`).
pub(crate) struct Shards {
    connection: Connection,
    count: u32,
    scripts: Scripts,
}

struct Scripts {
    beat: Script,
    take: Script,
    give: Script,
    fetch: Script,
    begin: Script,
    finish: Script,
}

impl Shards {
    /// Opens the queue, and makes it if it is not there.
    ///
    /// # Errors
    ///
    /// The queue has another number of shards; or Redis does not do what it was told, as with all verbs.
    pub(crate) fn open(client: &Client, count: u32) -> Result<Self> {
        ensure!(count > 0, "a queue of no shards");
        let mut connection = client.get_connection().context("no connection to Redis")?;
        let open = Script::new(OPEN);
        let mut call = open.key(COUNT);
        call.key((0..count).map(stream).collect::<Vec<_>>()).arg(GROUP).arg(count);
        let found: u32 = call.invoke(&mut connection)?;
        ensure!(found == count, "the queue has {found} shards, not {count}");
        let scripts = Scripts {
            beat: Script::new(BEAT),
            take: Script::new(TAKE),
            give: Script::new(GIVE),
            fetch: Script::new(FETCH),
            begin: Script::new(BEGIN),
            finish: Script::new(FINISH),
        };
        Ok(Self { connection, count, scripts })
    }

    /// Renews a worker's lease and says with which weight it takes part. Answers with all that take part.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn beat(&mut self, worker: &str, weight: u32, lease: Duration) -> Result<Workers> {
        let mut call = self.scripts.beat.key(LEASES);
        let lease = u64::try_from(lease.as_millis())?;
        call.key(WEIGHTS).arg(worker).arg(weight).arg(lease);
        Ok(call.invoke(&mut self.connection)?)
    }

    /// Ends a worker's lease.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn leave(&mut self, worker: &str) -> Result<()> {
        let mut all = redis::pipe();
        all.atomic().zrem(LEASES, worker).ignore().hdel(WEIGHTS, worker).ignore();
        Ok(all.query(&mut self.connection)?)
    }

    /// Takes those of these shards that nobody holds, or whose holder's lease has ended. Answers with them and their
    /// tokens.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn take(&mut self, worker: &str, shards: &[u32]) -> Result<Vec<(u32, u64)>> {
        if shards.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.scripts.take.key(LEASES);
        call.key(OWNERS).key(TOKENS).key(FENCE).key(TAKES).arg(worker).arg(shards);
        let tokens: Vec<u64> = call.invoke(&mut self.connection)?;
        Ok(shards.iter().copied().zip(tokens).filter(|&(_, token)| token > 0).collect())
    }

    /// Gives a shard back. Answers whether it was still held under this token.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn give(&mut self, shard: u32, token: u64) -> Result<bool> {
        let mut call = self.scripts.give.key(OWNERS);
        call.key(TOKENS).arg(shard).arg(token);
        Ok(call.invoke(&mut self.connection)?)
    }

    /// Fetches at most `most` tasks of each of these shards, to which the answers are in the same order.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn fetch(
        &mut self,
        worker: &str,
        from: &[Fetch],
        most: usize,
    ) -> Result<Vec<Fetched>> {
        if from.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.scripts.fetch.key(TOKENS);
        call.arg(GROUP).arg(worker).arg(most);
        for Fetch { shard, token, cursor } in from {
            call.key(stream(*shard)).arg(shard).arg(token).arg(cursor);
        }
        let answers: Vec<Vec<String>> = call.invoke(&mut self.connection)?;
        answers.into_iter().map(fetched).collect()
    }

    /// The body of a task that is about to run.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn begin(&mut self, shard: u32, token: u64, id: Id) -> Result<Begun> {
        let mut call = self.scripts.begin.key(TOKENS);
        call.key(stream(shard)).arg(shard).arg(token).arg(id.to_string());
        let answer: Option<Vec<Vec<u8>>> = call.invoke(&mut self.connection)?;
        Ok(answer
            .map_or(Begun::Lost, |found| found.into_iter().next().map_or(Begun::Gone, Begun::Body)))
    }

    /// Takes a task that is done out of its stream. Answers whether the shard was still held under this token.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn finish(&mut self, shard: u32, token: u64, id: Id) -> Result<bool> {
        let mut call = self.scripts.finish.key(TOKENS);
        call.key(stream(shard)).arg(GROUP).arg(shard).arg(token).arg(id.to_string());
        Ok(call.invoke(&mut self.connection)?)
    }

    /// The workers that take part, as of their last beats.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn workers(&mut self) -> Result<Workers> {
        Ok(self.connection.hgetall(WEIGHTS)?)
    }

    /// The shards that are held, with their workers.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn owners(&mut self) -> Result<BTreeMap<u32, String>> {
        Ok(self.connection.hgetall(OWNERS)?)
    }

    /// The shards that are held, with their tokens.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn tokens(&mut self) -> Result<BTreeMap<u32, u64>> {
        Ok(self.connection.hgetall(TOKENS)?)
    }

    /// The last shards that changed hands, the oldest first: about 100,000 are kept.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn takes(&mut self) -> Result<Vec<Take>> {
        let found: redis::streams::StreamRangeReply = self.connection.xrange_all(TAKES)?;
        let take = |entry: redis::streams::StreamId| {
            let from = entry.get::<String>("from").filter(|from| !from.is_empty());
            let (shard, token) = (entry.get("shard")?, entry.get("token")?);
            Some(Take { shard, worker: entry.get("worker")?, token, from })
        };
        found.ids.into_iter().map(|entry| take(entry).context("no take")).collect()
    }

    /// How many tasks are not done, of each shard.
    ///
    /// # Errors
    ///
    /// Those of Redis.
    pub(crate) fn lens(&mut self) -> Result<Vec<usize>> {
        let mut all = redis::pipe();
        for shard in 0..self.count {
            all.xlen(stream(shard));
        }
        Ok(all.query(&mut self.connection)?)
    }
}

/// Reads what `FETCH` answers about a shard.
fn fetched(answer: Vec<String>) -> Result<Fetched> {
    let mut answer = answer.into_iter();
    let Some(cursor) = answer.next() else { return Ok(Fetched::Lost) };
    let mut tasks = Vec::with_capacity(answer.len() / 2);
    while let (Some(id), Some(entity)) = (answer.next(), answer.next()) {
        tasks.push((id.parse()?, entity));
    }
    Ok(Fetched::Tasks(cursor, tasks))
}
