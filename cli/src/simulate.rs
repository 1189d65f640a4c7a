//! `annulus simulate`: lookups at full speed while the membership changes, measured and verified.

mod load;
mod report;
mod script;
mod stop;
mod thread;
mod verify;

use std::time::Duration;

use annulus::publish::Published;
use annulus::{HeapRing, Native, RingReader, RingWriter, SharedRing, Xxh3};
use annulus_profiles::Profile;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::{Membership, whole};
use crate::error::Error;
use crate::output::table::thousands;
use crate::output::{self, Format, Output, Records};
use load::{Measured, Plan, Ring};
use report::Report;
use script::Pool;
use stop::Stop;
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
/// SIGINT (Ctrl-C) and SIGTERM end the run early, with its results; a second one ends the command at once,
/// without.
///
/// The exit status is 1 if an answer was wrong; else 130 where SIGINT ended the run early, 143 where SIGTERM
/// did.
///
/// With --format json there is an object for each row, times in nanoseconds; with --format tsv a line for
/// each figure: the row's "kind", the figure's name, its value.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    membership: Membership,
    /// Threads that look keys up, 64 at most
    #[arg(long, value_name = "R", default_value_t = 2,
        allow_negative_numbers = true, value_parser = whole::<u8>(1..=READERS as u64))]
    readers: u8,
    /// Edits to publish every second
    #[arg(long, value_name = "U", default_value_t = 1_000,
        allow_negative_numbers = true, value_parser = whole::<u32>(0..=1_000_000))]
    updates_per_second: u32,
    /// How long the run takes, an hour at most
    #[arg(long, value_name = "S", default_value_t = 10,
        allow_negative_numbers = true, value_parser = whole::<u32>(1..=3_600))]
    seconds: u32,
    /// What publishes the ring: slots for registered readers, or epochs shared by all threads
    #[arg(long, value_enum, default_value_t = Publisher::Slots)]
    publisher: Publisher,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Publisher {
    Slots,
    Shared,
}

/// Runs the subcommand and tells the exit status.
pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let vnodes = args.membership.points.vnodes();
    let nodes = args.membership.load(&Profile::Native)?;
    let membership = nodes.ring::<Native, _>(vnodes, Some(vnodes), Xxh3)?;
    let nodes = membership.view().members().iter().map(|member| member.node().clone());
    let pool = Pool::new(nodes, vnodes);
    drop(membership);
    if pool.most_points() > MAX_POINTS {
        let points = pool.most_points();
        let cause = format!("the ring may come to have {points} points, at most {MAX_POINTS} fit");
        return Err(Error::of("--nodes", cause));
    }
    let stop = Stop::on_signals()?;
    let mut measured = measure(args, &pool, &stop)?;
    let verdict = verify(&pool, &mut measured);
    let report = Report { args, pool: &pool, measured: &measured, verdict: &verdict };
    match args.output.format() {
        Format::Table => output::print(|out| report.table(out))?,
        format => report.records(Records::figures(format)?)?,
    }
    Ok(match measured.ended_by {
        _ if verdict.wrong > 0 => 1,
        Some(signal) => signal.status(),
        None => 0,
    })
}

/// Publishes the ring as `args` say and runs readers and writer.
fn measure(args: &Args, pool: &Pool, stop: &Stop) -> Result<Measured, Error> {
    let length = Duration::from_secs(args.seconds.into());
    let plan = Plan { pool, updates_per_second: args.updates_per_second, length, stop };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_has_its_own_style() {
        bar(Duration::from_secs(3)).finish_and_clear();
    }
}
