//! `annulus impact`: how many keys move when a server leaves or joins, measured on keys.

use std::fmt::Write as _;
use std::io::{self, Write};

use annulus::{HeapRing, KeyHash, Native, Placement, Xxh3};
use serde::Serialize;

use crate::args::whole;
use crate::error::Error;
use crate::nodes::check_points;
use crate::output::table::{self, Align, thousands};
use crate::output::{self, Format, Output, Records};
use crate::progress::{Progress, Unit};

/// Measure which share of keys moves when one server leaves or joins: hash % N against the ring.
///
/// Routes the keys key-0, key-1, ... among the servers server-1 ... server-N. How many move on a
/// ring depends on which server leaves or joins, so several are tried, each on its own: "ring" is
/// their mean, "min" and "max" are the extremes. "ideal" is what has to move for even shares.
///
/// With --format tsv or json there is a record for each change, of the kind "change": how many "servers"
/// there were, whether the "change" was to "remove" or to "add" one, and the shares as parts of 1, by hash %
/// N as "modulo".
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Numbers of servers to begin with
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "4,10,100",
        allow_negative_numbers = true, value_parser = whole::<u32>(2..=u32::MAX.into()))]
    servers: Vec<u32>,
    /// Keys to route
    #[arg(long, value_name = "KEYS", default_value_t = 1_000_000,
        allow_negative_numbers = true, value_parser = whole::<u64>(1..=u64::MAX))]
    keys: u64,
    /// Points of a server
    #[arg(long, value_name = "V", default_value_t = annulus::DEFAULT_VNODES,
        allow_negative_numbers = true, value_parser = whole::<u32>(1..=u32::MAX.into()))]
    vnodes: u32,
    #[command(flatten)]
    output: Output,
}

/// How many servers are tried, where there are as many.
const TRIALS: u64 = 8;

/// How many keys are hashed together.
const BATCH: usize = 1024;

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    // All rings are held at once.
    let points = args.servers.iter().map(|&servers| Case::points(servers, args.vnodes));
    let points = points.fold(0, u64::saturating_add);
    check_points(points).map_err(|cause| {
        let rings = "counted over all rings of all numbers of servers";
        Error::of("--servers", format!("{cause}, {rings}; lower --servers or --vnodes"))
    })?;
    let mut cases = Vec::new();
    for &servers in &args.servers {
        cases.push(Case::new(servers, args.vnodes)?);
    }
    measure(args.keys, &mut cases);
    match args.output.format() {
        Format::Table => output::print(|out| table(out, args, &cases)),
        format => records(Records::stdout(format, COLUMNS)?, args, &cases),
    }
}

/// A ring of servers that are known by their numbers.
type Servers = HeapRing<Server>;

/// One server.
struct Server {
    name: String,
    number: u64,
}

impl annulus::Node for Server {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

/// Some servers, before and after a change of one.
struct Case {
    servers: u64,
    /// The ring before.
    ring: Servers,
    /// One server fewer, and one more.
    changes: [Change; 2],
}

/// A change of one server, and how many keys it moves.
struct Change {
    what: &'static str,
    servers: u64,
    moved_by_modulo: u64,
    /// The ring after for each server that is tried, and how many keys then moved.
    trials: Vec<(Servers, u64)>,
    /// The share of keys that has to move.
    ideal: f64,
}

impl Case {
    /// The points of all its rings together, or a few more.
    fn points(servers: u32, vnodes: u32) -> u64 {
        let points = (u64::from(servers) + 1).saturating_mul(u64::from(vnodes));
        points.saturating_mul(2 * TRIALS + 1)
    }

    fn new(servers: u32, vnodes: u32) -> Result<Self, Error> {
        let servers = u64::from(servers);
        let fewer = servers.min(TRIALS);
        let leaving = (0..fewer).map(|trial| 1 + trial * servers / fewer);
        let left = leaving.map(|one| ring((1..=servers).filter(|&number| number != one), vnodes));
        let joining = (1..=TRIALS).map(|trial| servers + trial);
        let joined = joining.map(|one| ring((1..=servers).chain([one]), vnodes));
        let changes = [
            Change::new("remove", servers - 1, 1.0 / servers as f64, left)?,
            Change::new("add", servers + 1, 1.0 / (servers + 1) as f64, joined)?,
        ];
        Ok(Self { servers, ring: ring(1..=servers, vnodes)?, changes })
    }
}

impl Change {
    fn new(
        what: &'static str,
        servers: u64,
        ideal: f64,
        rings: impl Iterator<Item = Result<Servers, Error>>,
    ) -> Result<Self, Error> {
        let trials = rings.map(|ring| Ok((ring?, 0))).collect::<Result<_, Error>>()?;
        Ok(Self { what, servers, moved_by_modulo: 0, trials, ideal })
    }

    /// The shares of keys that move: by modulo, and by the ring in the mean, at least and at most.
    fn shares(&self, keys: u64) -> [f64; 4] {
        let share = |moved: u64| moved as f64 / keys as f64;
        let ring = || self.trials.iter().map(|&(_, moved)| share(moved));
        let mean = ring().sum::<f64>() / self.trials.len() as f64;
        let (min, max) = (ring().fold(1.0, f64::min), ring().fold(0.0, f64::max));
        [share(self.moved_by_modulo), mean, min, max]
    }
}

/// The ring of the servers with these numbers.
fn ring(numbers: impl Iterator<Item = u64>, vnodes: u32) -> Result<Servers, Error> {
    let mut ring = Servers::with_vnodes(vnodes);
    let servers = numbers.map(|number| Server { name: format!("server-{number}"), number });
    ring.insert_all(servers).map_err(|refused| Error::of("--servers", refused.error))?;
    Ok(ring)
}

/// Routes keys and counts in `cases` those that move.
fn measure(keys: u64, cases: &mut [Case]) {
    let mut progress = Progress::new(Unit::Keys, Some(keys));
    let mut key = String::new();
    let mut hashes = Vec::with_capacity(BATCH);
    let mut next = 0;
    while next < keys {
        let end = keys.min(next + BATCH as u64);
        hashes.clear();
        for number in next..end {
            key.clear();
            // A string takes everything.
            let _ = write!(key, "key-{number}");
            hashes.push(Xxh3.hash(&*key));
        }
        for Case { servers, ring, changes } in &mut *cases {
            for &hash in &hashes {
                let before = owner(ring, hash);
                for change in &mut *changes {
                    change.moved_by_modulo += u64::from(hash % *servers != hash % change.servers);
                    for (ring, moved) in &mut change.trials {
                        *moved += u64::from(owner(ring, hash) != before);
                    }
                }
            }
        }
        progress.advance(end - next);
        next = end;
    }
}

/// The number of the server that owns the key with this hash.
fn owner(ring: &Servers, hash: u64) -> Option<u64> {
    ring.view().owner_at(Native::<u32>::key(hash)).map(|server| server.number)
}

/// Writes a table for people.
fn table(out: &mut impl Write, args: &Args, cases: &[Case]) -> io::Result<()> {
    let percent = |part: f64| format!("{:.2} %", 100.0 * part);
    let rows: Vec<Vec<String>> = changes(cases)
        .map(|(case, change)| {
            let mut row = vec![thousands(case.servers), format!("{} one", change.what)];
            row.extend(change.shares(args.keys).map(percent));
            row.push(percent(change.ideal));
            row
        })
        .collect();
    let (keys, vnodes) = (thousands(args.keys), thousands(u64::from(args.vnodes)));
    writeln!(out, "keys that move, out of {keys}; ring of {vnodes} points a server\n")?;
    let header = [
        ("servers", Align::Right),
        ("change", Align::Left),
        ("hash % N", Align::Right),
        ("ring", Align::Right),
        ("min", Align::Right),
        ("max", Align::Right),
        ("ideal", Align::Right),
    ];
    table::write(out, &header, &rows)
}

/// Writes records for programs.
fn records<W: Write>(mut records: Records<W>, args: &Args, cases: &[Case]) -> Result<(), Error> {
    for (case, change) in changes(cases) {
        let [modulo, ring, min, max] = change.shares(args.keys);
        records.write(&ChangeRecord {
            kind: "change",
            servers: case.servers,
            change: change.what,
            modulo,
            ring,
            min,
            max,
            ideal: change.ideal,
            keys: args.keys,
            vnodes: args.vnodes,
        })?;
    }
    records.finish()
}

/// All changes with the case that each belongs to.
fn changes(cases: &[Case]) -> impl Iterator<Item = (&Case, &Change)> {
    cases.iter().flat_map(|case| case.changes.iter().map(move |change| (case, change)))
}

/// The columns of records that are lines.
const COLUMNS: &[&str] =
    &["kind", "servers", "change", "modulo", "ring", "min", "max", "ideal", "keys", "vnodes"];

/// The shares of keys that a change moves.
#[derive(Serialize)]
struct ChangeRecord {
    kind: &'static str,
    servers: u64,
    change: &'static str,
    modulo: f64,
    ring: f64,
    min: f64,
    max: f64,
    ideal: f64,
    keys: u64,
    vnodes: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_table_comes_out() {
        let mut cases = [Case::new(4, 150).unwrap(), Case::new(100, 150).unwrap()];
        let keys = 50_000;
        measure(keys, &mut cases);
        let expected = [[(0.75, 0.25), (0.80, 0.20)], [(0.99, 0.01), (0.99, 0.01)]];
        for (case, expected) in cases.iter().zip(expected) {
            for (change, (modulo, ring)) in case.changes.iter().zip(expected) {
                let [by_modulo, by_ring, min, max] = change.shares(keys);
                assert!((by_modulo - modulo).abs() < 0.01, "{by_modulo}");
                assert!((by_ring - ring).abs() < 0.02, "{by_ring}");
                assert!(min <= by_ring && by_ring <= max);
            }
        }
    }
}
