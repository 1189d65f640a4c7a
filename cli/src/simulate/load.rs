//! The load: reader threads at full speed, one writer at its pace, and what they measured.

use std::iter;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use annulus::publish::{self, UpdateError};
use annulus::{Change, HeapRing, Pinned, RingGuard, RingReader, RingWriter, SharedRing, Update};
use hdrhistogram::Histogram;

use super::script::{Edit, Pool, Script, Seat, mix};
use super::stop::{Signal, Stop};
use super::thread::{Switches, time_on_core};
use super::verify::{Sample, Seen, Wrong};
use crate::error::Error;

/// The ring that is published.
pub(crate) type Ring<'n> = HeapRing<Seat<'n>>;

/// One in so many lookups is timed and kept for the oracle.
pub(crate) const EVERY: u64 = 64;

/// The most lookups that all readers together keep for the oracle, 32 bytes each.
const KEPT: usize = 1 << 22;

/// How many wrong answers a reader describes; it counts all.
const DESCRIBED: usize = 8;

/// How long the writer waits for a free buffer before it looks whether the run is over.
const WAIT: Duration = Duration::from_millis(50);

/// The longest time that a histogram tells apart, in nanoseconds: a minute.
const LONGEST: u64 = 60_000_000_000;

/// What a run is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'n> {
    pub(crate) pool: &'n Pool,
    pub(crate) updates_per_second: u32,
    pub(crate) length: Duration,
    /// What may end it early.
    pub(crate) stop: &'n Stop,
}

/// What readers and the writer share besides the ring.
#[derive(Default)]
struct Common {
    /// The version that is published for certain. The writer stores it after the publication.
    known: Line<AtomicU64>,
    stop: Line<AtomicBool>,
}

/// Something on cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Line<T>(T);

/// A thread's way to look keys up.
pub(crate) trait Look {
    /// Looks one key up in the present ring.
    fn look(&mut self, key: &[u8; 8], timed: bool) -> Looked;
}

/// What one lookup saw.
pub(crate) struct Looked {
    pinned: u64,
    still: u64,
    member: bool,
    owner: Option<u32>,
    /// Nanoseconds of pin, lookup and unpin, if they were to be taken.
    nanos: u64,
}

impl Look for RingReader<publish::Reader<'_, HeapRing<Seat<'_>>>> {
    #[inline]
    fn look(&mut self, key: &[u8; 8], timed: bool) -> Looked {
        look(|| self.pin(), key, timed)
    }
}

impl Look for &SharedRing<Seat<'_>> {
    #[inline]
    fn look(&mut self, key: &[u8; 8], timed: bool) -> Looked {
        look(|| self.pin(), key, timed)
    }
}

#[inline]
fn look<'n, G: Pinned<Target = Ring<'n>>>(
    pin: impl FnOnce() -> RingGuard<G>,
    key: &[u8; 8],
    timed: bool,
) -> Looked {
    let now = || timed.then(Instant::now);
    let since = |start: Option<Instant>| start.map_or(0, |start| nanos(start.elapsed()));
    let start = now();
    let guard = pin();
    let pinned = guard.version();
    let owner = guard.view().owner(key);
    let until_answer = since(start);
    let member = match owner {
        Some(owner) => {
            let identity = annulus::Node::identity(owner);
            let member = guard.view().get(identity);
            member.is_some_and(|member| member.node().place == owner.place)
        }
        None => guard.view().point_count() == 0,
    };
    let owner = owner.map(|owner| owner.place);
    let still = guard.version();
    // What comes in between is the verification's, not the lookup's.
    let start = now();
    drop(guard);
    Looked { pinned, still, member, owner, nanos: until_answer + since(start) }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What one reader measured.
pub(crate) struct Read {
    pub(crate) lookups: u64,
    pub(crate) latency: Histogram<u64>,
    /// Of the time of a lookup, with its verification, what its thread spent on a core.
    pub(crate) on_core: Histogram<u64>,
    /// How often the thread left its core; none where that is not known.
    pub(crate) switches: Option<Switches>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) wrong: u64,
    /// The first of them.
    pub(crate) described: Vec<Wrong>,
}

/// What the writer measured.
pub(crate) struct Written {
    pub(crate) publications: u64,
    pub(crate) busy: u64,
    pub(crate) latency: Histogram<u64>,
}

/// What a run measured.
pub(crate) struct Measured {
    pub(crate) time: Duration,
    /// What ended it early.
    pub(crate) ended_by: Option<Signal>,
    pub(crate) reads: Vec<Read>,
    pub(crate) written: Written,
}

/// Runs the readers and the writer, and tells `progress` from time to time how many lookups and
/// publications there were.
pub(crate) fn run<'n, W, R>(
    plan: Plan<'n>,
    writer: RingWriter<W>,
    readers: Vec<R>,
    mut progress: impl FnMut(Duration, u64, u64),
) -> Result<Measured, Error>
where
    W: Update<Value = Ring<'n>> + Send,
    R: Look + Send,
{
    let common = &Common::default();
    let counts: Vec<Line<AtomicU64>> =
        iter::repeat_with(Line::default).take(readers.len()).collect();
    let kept = KEPT / readers.len().max(1);
    let start = Instant::now();
    thread::scope(|scope| {
        // However this ends, the threads do.
        let _stop = StopOnDrop(&common.stop.0);
        let mut reads = Vec::with_capacity(readers.len());
        for (number, (reader, count)) in (0..).zip(readers.into_iter().zip(&counts)) {
            let samples = samples(kept)?;
            let reading = move || read(reader, number, samples, common, count);
            reads.push(spawn(scope, "--readers", reading)?);
        }
        let writing = spawn(scope, "the writer", move || write(plan, writer, common))?;
        let mut ended_by = None;
        while start.elapsed() < plan.length && !writing.is_finished() {
            ended_by = plan.stop.signal();
            if ended_by.is_some() {
                break;
            }
            let left = plan.length.saturating_sub(start.elapsed());
            thread::sleep(left.min(Duration::from_millis(100)));
            let lookups = counts.iter().map(|count| count.0.load(Ordering::Relaxed)).sum();
            progress(start.elapsed(), lookups, common.known.0.load(Ordering::Relaxed));
        }
        common.stop.0.store(true, Ordering::Relaxed);
        let time = start.elapsed();
        let written = join(writing);
        let reads = reads.into_iter().map(join).collect();
        Ok(Measured { time, ended_by, reads, written: written? })
    })
}

/// Tells the threads to end.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Room for so many samples.
fn samples(kept: usize) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    samples.try_reserve_exact(kept).map_err(|error| Error::of("--readers", error))?;
    Ok(samples)
}

/// Starts a thread, if the system has room for one more.
fn spawn<'s, T: Send + 's>(
    scope: &'s thread::Scope<'s, '_>,
    what: &str,
    run: impl FnOnce() -> T + Send + 's,
) -> Result<thread::ScopedJoinHandle<'s, T>, Error> {
    let thread = thread::Builder::new().spawn_scoped(scope, run);
    thread.map_err(|error| Error::of(what, format!("no thread: {error}")))
}

/// What a thread came to; a panic goes on in this one.
fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A reader's thread.
fn read(
    mut reader: impl Look,
    number: u64,
    samples: Vec<Sample>,
    common: &Common,
    count: &Line<AtomicU64>,
) -> Read {
    let mut read = Read {
        lookups: 0,
        latency: histogram(),
        on_core: histogram(),
        switches: None,
        samples,
        wrong: 0,
        described: Vec::new(),
    };
    // The keys are those of no other reader.
    let first = mix(number) & !0xffff_ffff;
    let mut last = 0;
    // One in so many lookups is kept; twice as many whenever there is no more room.
    let mut stride = EVERY;
    let kept = read.samples.capacity();
    let switches = Switches::so_far();
    while !common.stop.0.load(Ordering::Relaxed) {
        let key = mix(first + read.lookups);
        let timed = read.lookups.is_multiple_of(EVERY);
        // Acquire: the publication of that version comes before all that follows.
        let before = common.known.0.load(Ordering::Acquire);
        let start = timed.then(time_on_core);
        let looked = reader.look(&key.to_le_bytes(), timed);
        let on_core = start.map(|start| time_on_core().saturating_sub(start));
        let after = common.known.0.load(Ordering::Acquire);
        let Looked { pinned, still, member, owner, nanos } = looked;
        if let Err(wrong) = (Seen { before, last, pinned, still, member, after }).judge() {
            read.wrong += 1;
            if read.described.len() < DESCRIBED {
                read.described.push(wrong);
            }
        }
        last = pinned;
        if let Some(on_core) = on_core {
            read.latency.saturating_record(nanos);
            read.on_core.saturating_record(self::nanos(on_core));
            count.0.store(read.lookups, Ordering::Relaxed);
        }
        if read.lookups.is_multiple_of(stride) {
            if read.samples.len() == kept {
                thin(&mut read.samples);
                stride *= 2;
            }
            read.samples.push(Sample { version: pinned, key, owner });
        }
        read.lookups += 1;
    }
    let since = |before| Some(Switches::so_far()? - before);
    read.switches = switches.and_then(since);
    read
}

/// Leaves every second sample.
fn thin(samples: &mut Vec<Sample>) {
    let mut stays = false;
    samples.retain(|_| {
        stays = !stays;
        stays
    });
}

/// The writer's thread.
fn write<'n, W>(
    plan: Plan<'n>,
    mut writer: RingWriter<W>,
    common: &Common,
) -> Result<Written, Error>
where
    W: Update<Value = Ring<'n>>,
{
    let mut written = Written { publications: 0, busy: 0, latency: histogram() };
    if plan.updates_per_second == 0 {
        while !common.stop.0.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(50));
        }
        return Ok(written);
    }
    let pace = Duration::from_secs(1) / plan.updates_per_second;
    let mut script = Script::new(plan.pool);
    let mut due = Instant::now();
    let stopped = || common.stop.0.load(Ordering::Relaxed);
    while !stopped() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        due += pace;
        let edit = script.next();
        let identity = |place| annulus::Node::identity(plan.pool.node(place));
        let change = match edit {
            Edit::Join(place) => Change::Insert(plan.pool.seat(place)),
            Edit::Leave(place) => Change::Remove(identity(place)),
            Edit::Reweigh(place, weight) => Change::SetWeight(identity(place), weight),
        };
        let start = Instant::now();
        let mut outcome = writer.apply(&[change]);
        if outcome == Err(UpdateError::Busy) {
            written.busy += 1;
        }
        while outcome == Err(UpdateError::Busy) {
            if stopped() {
                return Ok(written);
            }
            outcome = writer.within(WAIT).apply(&[change]);
        }
        if let Err(UpdateError::Build(refused)) = outcome {
            return Err(Error::of("an update", refused));
        }
        written.latency.saturating_record(nanos(start.elapsed()));
        script.make(edit);
        // Release: who loads this version has its publication behind it.
        common.known.0.store(script.version(), Ordering::Release);
        written.publications += 1;
    }
    Ok(written)
}

/// An empty histogram of nanoseconds, three digits of which count.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 3).expect("the bounds are in order")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_leaves_every_second_sample() {
        let sample = |key| Sample { version: 0, key, owner: None };
        let mut samples: Vec<Sample> = (0..5).map(sample).collect();
        thin(&mut samples);
        assert_eq!(samples, [sample(0), sample(2), sample(4)]);
    }
}
