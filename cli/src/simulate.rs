//! `annulus simulate`: lookups at full speed while the membership changes, measured and verified.

mod load;
mod script;
mod thread;
mod verify;

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use annulus::publish::Published;
use annulus::{HeapRing, RingReader, RingWriter, SharedRing};
use clap::ValueEnum;
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::Membership;
use crate::error::Error;
use crate::table::thousands;
use load::{EVERY, Measured, Plan, Ring};
use script::Pool;
use thread::Switches;
use verify::{Oracle, Wrong};

/// The most readers that a run has.
const READERS: usize = 64;

/// The rings of a shared publication. The collector behind it frees many at a time, and late: with few of
/// them the writer waits.
const SNAPSHOTS: usize = 66;

/// The most points that the ring may come to have; every buffer has room for a ring of its own.
const MAX_POINTS: u64 = 4_000_000;

/// Look keys up at full speed while nodes join, leave and change weight; measure and verify.
///
/// The node file is the membership to begin with. A writer publishes one edit after another:
/// further nodes join and leave, all change their weights. Every lookup pins the ring anew.
///
/// Every answer is checked to come from a whole ring that was published during that lookup, with a
/// member of it as the owner, and never from an older one than before. One lookup in 64 or more is
/// also compared with the owner in a plain ring that replays the edits up to that version.
///
/// What can keep a lookup from its answer shows in three rows, on Linux: the time it took, the part of
/// it that its thread spent on a core, and how often reader threads left their core. A thread that
/// waits leaves its core by itself, so that a reader that waited 0 times was delayed by nobody but
/// the system's scheduler (the longest lookups) and its interrupts (the longest on a core, to compare
/// with a run of 0 updates a second).
///
/// The exit status is 1 if an answer was wrong.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    membership: Membership,
    /// Threads that look keys up, 64 at most
    #[arg(long, value_name = "R", default_value_t = 2,
        value_parser = clap::value_parser!(u8).range(1..=READERS as i64))]
    readers: u8,
    /// Edits to publish every second
    #[arg(long, value_name = "U", default_value_t = 1_000,
        value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    updates_per_second: u32,
    /// How long the run takes, an hour at most
    #[arg(long, value_name = "S", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,
    /// What publishes the ring: slots for registered readers, or epochs shared by all threads
    #[arg(long, value_enum, default_value_t = Publisher::Slots)]
    publisher: Publisher,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Publisher {
    Slots,
    Shared,
}

/// Runs the subcommand and tells whether all answers were right.
pub(crate) fn run(args: &Args) -> Result<bool, Error> {
    let vnodes = args.membership.points.vnodes;
    let membership = args.membership.load()?.ring(vnodes, |node| node)?;
    let nodes = membership.view().members().iter().map(|member| member.node().clone());
    let pool = Pool::new(nodes, vnodes);
    drop(membership);
    if pool.most_points() > MAX_POINTS {
        let points = pool.most_points();
        let cause = format!("the ring may come to have {points} points, at most {MAX_POINTS} fit");
        return Err(Error::of("--nodes", cause));
    }
    let mut measured = measure(args, &pool)?;
    let verdict = verify(&pool, &mut measured);
    let mut out = BufWriter::new(io::stdout().lock());
    print(&mut out, args, &pool, &measured, &verdict)
        .and_then(|()| out.flush())
        .map_err(Error::output)?;
    Ok(verdict.wrong == 0)
}

/// Publishes the ring as `args` say and runs readers and writer.
fn measure(args: &Args, pool: &Pool) -> Result<Measured, Error> {
    let length = Duration::from_secs(args.seconds.into());
    let plan = Plan { pool, updates_per_second: args.updates_per_second, length };
    let mut ring = Ring::with_vnodes(pool.vnodes);
    ring.insert_all(pool.beginning().map(|place| pool.seat(place)))
        .map_err(|refused| Error::of("--nodes", refused.error))?;
    let readers = usize::from(args.readers);
    let bar = bar(length);
    let progress = |time: Duration, lookups, publications| {
        bar.set_position(time.as_secs().min(length.as_secs()));
        let (lookups, publications) = (thousands(lookups), thousands(publications));
        bar.set_message(format!("{lookups} lookups, {publications} publications"));
    };
    let measured = match args.publisher {
        Publisher::Slots => {
            // A publication's slots and buffers are numbers that the compiler must know.
            match readers {
                0..=2 => slots::<2, 4>(plan, ring, readers, progress),
                3..=4 => slots::<4, 6>(plan, ring, readers, progress),
                5..=16 => slots::<16, 18>(plan, ring, readers, progress),
                _ => slots::<READERS, { READERS + 2 }>(plan, ring, readers, progress),
            }
        }
        Publisher::Shared => {
            let shared = SharedRing::new(ring, SNAPSHOTS);
            let shared = shared.map_err(|error| Error::of("the ring", error))?;
            let writer = shared.writer().map_err(|error| Error::of("the writer", error))?;
            load::run(plan, writer, vec![&shared; readers], progress)
        }
    };
    bar.finish_and_clear();
    measured
}

/// Runs through slots for registered readers, with one buffer for each, the current one, and one that is
/// always free.
fn slots<'n, const SLOTS: usize, const BUFFERS: usize>(
    plan: Plan<'n>,
    ring: Ring<'n>,
    readers: usize,
    progress: impl FnMut(Duration, u64, u64),
) -> Result<Measured, Error> {
    let mut first = Some(ring);
    let buffers = std::array::from_fn(|_| {
        first.take().unwrap_or_else(|| HeapRing::with_vnodes(plan.pool.vnodes))
    });
    let published = Box::new(Published::<Ring<'_>, SLOTS, BUFFERS>::new(buffers));
    let handles = (0..readers).map(|_| published.reader().map(RingReader::new));
    let handles = handles.collect::<Result<_, _>>();
    let handles = handles.map_err(|error| Error::of("--readers", error))?;
    let writer = published.writer().map_err(|error| Error::of("the writer", error))?;
    load::run(plan, RingWriter::new(writer), handles, progress)
}

/// The live line on standard error, which shows on a terminal only.
fn bar(length: Duration) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length.as_secs()), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{wide_bar} {pos} of {len} s, {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What the verification came to.
struct Verdict {
    /// Lookups that were compared with the oracle.
    compared: usize,
    wrong: u64,
    /// Some of the wrong answers.
    described: Vec<Wrong>,
}

/// Takes the samples out of `measured` and judges them.
fn verify(pool: &Pool, measured: &mut Measured) -> Verdict {
    let mut samples = Vec::new();
    let mut verdict = Verdict { compared: 0, wrong: 0, described: Vec::new() };
    for read in &mut measured.reads {
        samples.append(&mut read.samples);
        verdict.wrong += read.wrong;
        verdict.described.append(&mut read.described);
    }
    verdict.compared = samples.len();
    let wrong = Oracle::new(pool).judge(&mut samples, measured.written.publications);
    verdict.wrong += wrong.len() as u64;
    verdict.described.extend(wrong.into_iter().take(8));
    verdict
}

fn print(
    out: &mut impl Write,
    args: &Args,
    pool: &Pool,
    measured: &Measured,
    verdict: &Verdict,
) -> io::Result<()> {
    let Measured { time, reads, written } = measured;
    let seconds = time.as_secs_f64();
    let lookups: u64 = reads.iter().map(|read| read.lookups).sum();
    let (mut latency, mut on_core) = (load::histogram(), load::histogram());
    for read in reads {
        // All histograms have the same bounds.
        let _ = latency.add(&read.latency);
        let _ = on_core.add(&read.on_core);
    }
    let publisher = args.publisher.to_possible_value();
    let publisher = publisher.as_ref().map_or("", |value| value.get_name());
    let (count, rate) = (thousands(lookups), thousands((lookups as f64 / seconds) as u64));
    writeln!(out, "publisher     {publisher}, {} readers, {seconds:.1} s", args.readers)?;
    writeln!(out, "lookups       {count}, {rate} a second")?;
    write!(out, "latency       ")?;
    percentiles(out, &latency, &[50.0, 99.0, 99.99])?;
    writeln!(out, " (1 lookup in {EVERY}: pin, lookup, unpin, reading the clock)")?;
    let switches = reads.iter().map(|read| read.switches);
    let switches = switches.reduce(|sum, switches| Some(sum? + switches?)).flatten();
    if let Some(Switches { waited, preempted }) = switches {
        write!(out, "on a core     ")?;
        percentiles(out, &on_core, &[50.0, 99.0, 99.99])?;
        writeln!(out, " (the same with its verification, while not preempted)")?;
        let (waited, preempted) = (thousands(waited), thousands(preempted));
        writeln!(out, "readers       waited {waited} times, were preempted {preempted} times")?;
    }
    let (count, busy) = (thousands(written.publications), thousands(written.busy));
    let rate = written.publications as f64 / seconds;
    writeln!(out, "publications  {count}, {rate:.0} a second; {busy} times busy")?;
    write!(out, "latency       ")?;
    percentiles(out, &written.latency, &[50.0, 99.0])?;
    writeln!(out)?;
    let (all, compared) = (thousands(lookups), thousands(verdict.compared as u64));
    let wrong = thousands(verdict.wrong);
    writeln!(out, "verified      {all} versions and members, {compared} owners: {wrong} wrong")?;
    for wrong in &verdict.described {
        writeln!(out, "wrong         {}", wrong.describe(pool))?;
    }
    Ok(())
}

/// Some percentiles of times, and the longest.
fn percentiles(
    out: &mut impl Write,
    histogram: &Histogram<u64>,
    percentiles: &[f64],
) -> io::Result<()> {
    for &percentile in percentiles {
        write!(out, "p{percentile} {}, ", time(histogram.value_at_percentile(percentile)))?;
    }
    write!(out, "max {}", time(histogram.max()))
}

/// Nanoseconds as people read them.
fn time(nanos: u64) -> String {
    match nanos {
        0..10_000 => format!("{nanos} ns"),
        10_000..10_000_000 => format!("{:.1} us", nanos as f64 / 1e3),
        _ => format!("{:.1} ms", nanos as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_be_read() {
        let times = [0, 9_999, 12_345, 12_345_678].map(time);
        assert_eq!(times, ["0 ns", "9999 ns", "12.3 us", "12.3 ms"]);
    }

    #[test]
    fn the_bar_has_its_own_style() {
        bar(Duration::from_secs(3)).finish_and_clear();
    }
}
