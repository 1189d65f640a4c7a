//! What a run came to, as a table and as records.

use std::io::{self, Write};

use clap::ValueEnum;
use hdrhistogram::Histogram;
use serde::Serialize;

use super::load::{self, EVERY, Measured};
use super::script::Pool;
use super::thread::Switches;
use super::{Args, Verdict};
use crate::error::Error;
use crate::output::Records;
use crate::output::table::thousands;

/// A run and what it came to.
pub(super) struct Report<'a> {
    pub(super) args: &'a Args,
    pub(super) pool: &'a Pool,
    pub(super) measured: &'a Measured,
    pub(super) verdict: &'a Verdict,
}

/// How it was run.
#[derive(Serialize)]
struct RunRecord<'a> {
    kind: &'static str,
    publisher: &'a str,
    readers: u8,
    seconds: f64,
    /// The signal that ended it early.
    ended_by: Option<&'static str>,
}

/// How often something was done.
#[derive(Serialize)]
struct RateRecord {
    kind: &'static str,
    count: u64,
    per_second: f64,
    /// How often there was no free buffer, of publications.
    #[serde(skip_serializing_if = "Option::is_none")]
    busy: Option<u64>,
}

/// Times in nanoseconds.
#[derive(Serialize)]
struct TimesRecord {
    kind: &'static str,
    p50: u64,
    p99: u64,
    #[serde(rename = "p99.99")]
    p9999: u64,
    max: u64,
}

/// How often reader threads left their core.
#[derive(Serialize)]
struct ReadersRecord {
    kind: &'static str,
    waited: u64,
    preempted: u64,
}

/// What was verified.
#[derive(Serialize)]
struct VerifiedRecord {
    kind: &'static str,
    versions: u64,
    owners: usize,
    wrong: u64,
}

/// A wrong answer in words.
#[derive(Serialize)]
struct WrongRecord {
    kind: &'static str,
    answer: String,
}

impl Report<'_> {
    fn publisher(&self) -> String {
        let publisher = self.args.publisher.to_possible_value();
        publisher.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn ended_by(&self) -> Option<&'static str> {
        self.measured.ended_by.map(|signal| signal.name())
    }

    fn lookups(&self) -> u64 {
        self.measured.reads.iter().map(|read| read.lookups).sum()
    }

    /// So many in a second.
    fn rate(&self, count: u64) -> f64 {
        // A run may end before it has begun.
        count as f64 / self.measured.time.as_secs_f64().max(1e-9)
    }

    /// The times of lookups: from pin to unpin, and on a core.
    fn times(&self) -> [Histogram<u64>; 2] {
        let (mut latency, mut on_core) = (load::histogram(), load::histogram());
        for read in &self.measured.reads {
            // All histograms have the same bounds.
            let _ = latency.add(&read.latency);
            let _ = on_core.add(&read.on_core);
        }
        [latency, on_core]
    }

    /// How often readers left their core, if that is known of all.
    fn switches(&self) -> Option<Switches> {
        let switches = self.measured.reads.iter().map(|read| read.switches);
        switches.reduce(|sum, switches| Some(sum? + switches?)).flatten()
    }

    /// Writes a table for people.
    pub(super) fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { args, pool, measured, verdict } = self;
        let (seconds, lookups) = (measured.time.as_secs_f64(), self.lookups());
        let [latency, on_core] = self.times();
        write!(out, "publisher     {}, {} readers, ", self.publisher(), args.readers)?;
        match self.ended_by() {
            Some(signal) => writeln!(out, "{seconds:.1} s, ended by {signal}")?,
            None => writeln!(out, "{seconds:.1} s")?,
        }
        let (count, rate) = (thousands(lookups), thousands(self.rate(lookups) as u64));
        writeln!(out, "lookups       {count}, {rate} a second")?;
        write!(out, "latency       ")?;
        percentiles(out, &latency, &[50.0, 99.0, 99.99])?;
        writeln!(out, " (1 lookup in {EVERY}: pin, lookup, unpin, reading the clock)")?;
        if let Some(Switches { waited, preempted }) = self.switches() {
            write!(out, "on a core     ")?;
            percentiles(out, &on_core, &[50.0, 99.0, 99.99])?;
            writeln!(out, " (the same with its verification, while not preempted)")?;
            let (waited, preempted) = (thousands(waited), thousands(preempted));
            writeln!(out, "readers       waited {waited} times, were preempted {preempted} times")?;
        }
        let written = &measured.written;
        let (count, busy) = (thousands(written.publications), thousands(written.busy));
        let rate = self.rate(written.publications);
        writeln!(out, "publications  {count}, {rate:.0} a second; {busy} times busy")?;
        write!(out, "latency       ")?;
        percentiles(out, &written.latency, &[50.0, 99.0])?;
        writeln!(out)?;
        let (all, compared) = (thousands(lookups), thousands(verdict.compared as u64));
        let wrong = thousands(verdict.wrong);
        writeln!(
            out,
            "verified      {all} versions and members, {compared} owners: {wrong} wrong"
        )?;
        for wrong in &verdict.described {
            writeln!(out, "wrong         {}", wrong.describe(pool))?;
        }
        Ok(())
    }

    /// Writes records for programs.
    pub(super) fn records<W: Write>(&self, mut records: Records<W>) -> Result<(), Error> {
        let Self { args, pool, measured, verdict } = self;
        records.write(&RunRecord {
            kind: "run",
            publisher: &self.publisher(),
            readers: args.readers,
            seconds: measured.time.as_secs_f64(),
            ended_by: self.ended_by(),
        })?;
        let rate = |kind, count, busy| {
            let per_second = self.rate(count);
            RateRecord { kind, count, per_second, busy }
        };
        let lookups = self.lookups();
        records.write(&rate("lookups", lookups, None))?;
        let [latency, on_core] = self.times();
        records.write(&times("lookup_ns", &latency))?;
        if let Some(Switches { waited, preempted }) = self.switches() {
            records.write(&times("on_core_ns", &on_core))?;
            records.write(&ReadersRecord { kind: "readers", waited, preempted })?;
        }
        let written = &measured.written;
        records.write(&rate("publications", written.publications, Some(written.busy)))?;
        records.write(&times("publication_ns", &written.latency))?;
        records.write(&VerifiedRecord {
            kind: "verified",
            versions: lookups,
            owners: verdict.compared,
            wrong: verdict.wrong,
        })?;
        for wrong in &verdict.described {
            records.write(&WrongRecord { kind: "wrong", answer: wrong.describe(pool) })?;
        }
        records.finish()
    }
}

/// The times in a histogram.
fn times(kind: &'static str, histogram: &Histogram<u64>) -> TimesRecord {
    let [p50, p99, p9999] = [50.0, 99.0, 99.99].map(|part| histogram.value_at_percentile(part));
    TimesRecord { kind, p50, p99, p9999, max: histogram.max() }
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
}
