//! `annulus impact`: how many keys move when a server leaves or joins, measured on keys.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use annulus::{HeapRing, KeyHash, Xxh3};

use crate::error::Error;
use crate::nodes::check_points;
use crate::progress::{Progress, Unit};
use crate::table::{self, Align, thousands};

/// Measure which share of keys moves when one server leaves or joins: hash % N against the ring.
///
/// Routes the keys key-0, key-1, ... among the servers server-1 ... server-N. The last one leaves,
/// or another one joins. "least" is what has to move for even shares.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Numbers of servers to begin with
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_values_t = [4, 10, 100],
        value_parser = clap::value_parser!(u32).range(2..))]
    servers: Vec<u32>,
    /// Keys to route
    #[arg(long, value_name = "KEYS", default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    keys: u64,
    /// Points of a server
    #[arg(long, value_name = "V", default_value_t = annulus::DEFAULT_VNODES,
        value_parser = clap::value_parser!(u32).range(1..))]
    vnodes: u32,
}

/// How many keys are hashed together.
const BATCH: usize = 1024;

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let mut cases = Vec::new();
    for &servers in &args.servers {
        cases.push(Case::new(servers, args.vnodes)?);
    }
    measure(args.keys, &mut cases);
    let mut out = BufWriter::new(io::stdout().lock());
    print(&mut out, args, &cases).and_then(|()| out.flush()).map_err(Error::output)
}

/// A ring of servers that are known by their numbers.
type Servers = HeapRing<Server>;

/// One server.
struct Server {
    name: String,
    number: u32,
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
    ring: Servers,
    moved_by_modulo: u64,
    moved_by_ring: u64,
    /// The share of keys that has to move.
    least: f64,
}

impl Case {
    fn new(servers: u32, vnodes: u32) -> Result<Self, Error> {
        let before = u64::from(servers);
        let change = |what, after: u64| {
            Ok(Change {
                what,
                servers: after,
                ring: ring(after, vnodes)?,
                moved_by_modulo: 0,
                moved_by_ring: 0,
                least: 1.0 / before.max(after) as f64,
            })
        };
        let changes = [change("remove one", before - 1)?, change("add one", before + 1)?];
        Ok(Self { servers: before, ring: ring(before, vnodes)?, changes })
    }
}

fn ring(servers: u64, vnodes: u32) -> Result<Servers, Error> {
    check_points(servers * u64::from(vnodes)).map_err(|cause| Error::of("--servers", cause))?;
    let mut ring = Servers::with_vnodes(vnodes);
    let names = (1..=servers).map(|number| format!("server-{number}"));
    let servers = names.zip(1..).map(|(name, number)| Server { name, number });
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
            for change in changes {
                for &hash in &hashes {
                    let owner = |ring: &Servers| {
                        let position = <annulus::Native as annulus::Placement>::key(hash);
                        ring.view().owner_at(position).map(|server| server.number)
                    };
                    change.moved_by_modulo += u64::from(hash % *servers != hash % change.servers);
                    change.moved_by_ring += u64::from(owner(ring) != owner(&change.ring));
                }
            }
        }
        progress.advance(end - next);
        next = end;
    }
}

fn print(out: &mut impl Write, args: &Args, cases: &[Case]) -> io::Result<()> {
    let share = |part: u64| format!("{:.2} %", 100.0 * part as f64 / args.keys as f64);
    let rows: Vec<Vec<String>> = cases
        .iter()
        .flat_map(|case| case.changes.iter().map(move |change| (case, change)))
        .map(|(case, change)| {
            vec![
                thousands(case.servers),
                change.what.into(),
                share(change.moved_by_modulo),
                share(change.moved_by_ring),
                format!("{:.2} %", 100.0 * change.least),
            ]
        })
        .collect();
    let (keys, vnodes) = (thousands(args.keys), thousands(u64::from(args.vnodes)));
    writeln!(out, "keys that move, out of {keys}; ring of {vnodes} points a server\n")?;
    let header = [
        ("servers", Align::Right),
        ("change", Align::Left),
        ("hash % N", Align::Right),
        ("ring", Align::Right),
        ("least", Align::Right),
    ];
    table::write(out, &header, &rows)
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
                let share = |moved: u64| moved as f64 / keys as f64;
                assert!((share(change.moved_by_modulo) - modulo).abs() < 0.01);
                assert!((share(change.moved_by_ring) - ring).abs() < 0.04);
            }
        }
    }
}
