//! `annulus plan`: which part of the key space moves when one membership becomes another.

mod totals;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};

use annulus::{Diff, KeyRange, Native, Position, ReplicaMoves, Ruled, Xxh3};
use clap::ValueEnum;
use serde::Serialize;

use crate::args::{Points, Replicas};
use crate::balance::Shares;
use crate::error::Error;
use crate::nodes::{Node, Nodes, Origin};
use crate::notes;
use crate::progress::{Progress, Unit};
use crate::table::{self, Align, percent};
use totals::{Moved, Totals};

/// Show which share of the key space moves between two memberships, from whom to whom.
///
/// Then comes what each node that gives or takes has before and after, gives and takes. Its ideal is how
/// much its fair share, as `balance` has it, grows, or shrinks with a minus; with --replicas above 1
/// there is none. Last come the fingerprints of both memberships.
///
/// With --format json, one object for every range of positions that moves, in the order of their
/// ends: {"start":S,"end":E,"from":"a","to":"b"}. A range has the positions after S up to and
/// including E, clockwise on a circle of 2^32; the whole circle where S equals E. "from" or "to"
/// is null where that membership has no points. With --replicas above 1 the ranges are those
/// whose set of nodes changes, and have "before" and "after", lists of nodes as `route` gives them.
///
/// Objects with a "kind" follow the ranges, with figures in positions: a "node" for every node, with
/// what it has "before" and "after", "gives", "takes", and its "ideal", if it has one; a "total" of all,
/// in which "moves" is the length of all ranges; and a "fingerprint" of both memberships, "from" and "to".
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The nodes before: a file, "-" for standard input, or a list of names with a comma in it
    #[arg(long, value_name = "NODES")]
    from: OsString,
    /// The nodes after, likewise
    #[arg(long, value_name = "NODES")]
    to: OsString,
    #[command(flatten)]
    points: Points,
    #[command(flatten)]
    replicas: Replicas,
    /// A table of who gives how much to whom, or every range
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// How far a walk around it goes.
const CIRCLE: Option<u64> = Some(u32::CIRCLE as u64);

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    if [&args.from, &args.to].iter().all(|value| Origin::of(value) == Origin::Stdin) {
        let cause = "standard input cannot be the nodes before and the nodes after";
        return Err(Error::of("--to", cause));
    }
    let old = Nodes::load("--from", &args.from)?.ring(args.points.vnodes, |node| node)?;
    let new = Nodes::load("--to", &args.to)?.ring(args.points.vnodes, |node| node)?;
    let rule = args.replicas.rule();
    let (old, new) = (old.view().under(rule), new.view().under(rule));
    let plan = Plan { old, new };
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match args.format {
        Format::Table => plan.table(&mut out),
        Format::Json => plan.json(&mut out),
    }
    .and_then(|()| out.flush())
    .map_err(Error::output)?;
    notes::write_both(old, new);
    Ok(())
}

/// What is to be shown of which change, under one rule.
struct Plan<'a> {
    old: Ruled<'a, 'a, Node>,
    new: Ruled<'a, 'a, Node>,
}

/// A range whose owner changes, as JSON has it.
#[derive(Serialize)]
struct OwnerRange<'a> {
    start: u32,
    end: u32,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

/// The fingerprints of both memberships, as JSON has them.
#[derive(Serialize)]
struct Fingerprints {
    kind: &'static str,
    from: String,
    to: String,
}

/// A range whose replicas change, as JSON has it.
#[derive(Serialize)]
struct ReplicaRange<'a> {
    start: u32,
    end: u32,
    before: Vec<&'a str>,
    after: Vec<&'a str>,
}

type Owners<'a> = [Option<&'a Node>];

impl<'a> Plan<'a> {
    fn diff(&self) -> Diff<'a, 'a, Node, Native, Xxh3> {
        Diff::under(self.old, self.new)
    }

    /// Whether owners are all that is asked for.
    fn of_owners(&self) -> bool {
        self.old.rule().count() == 1
    }

    /// Calls `visit` with each range whose replicas change.
    fn replica_moves(
        &self,
        mut progress: Progress,
        mut visit: impl FnMut(KeyRange<u32>, &Owners<'a>, &Owners<'a>),
    ) -> io::Result<ReplicaMoves> {
        let room = |ring: Ruled<'a, 'a, Node>| vec![None; ring.most_owners()];
        let (mut before, mut after) = (room(self.old), room(self.new));
        let moves = self.diff().visit_replica_moves(&mut before, &mut after, |range, old, new| {
            progress.reach(range.end.into());
            visit(range, old, new);
        });
        // Each room is as long as a set can be.
        moves.map_err(io::Error::other)
    }

    /// What all nodes have, give and take.
    fn totals(&self, moved: Moved<'a>) -> io::Result<Totals<'a>> {
        let shares = |ring| Shares::new(ring).map_err(|error| io::Error::other(error.to_string()));
        Ok(Totals::new(&shares(self.old)?, &shares(self.new)?, moved, self.of_owners()))
    }

    /// The fingerprints of both memberships, in hexadecimal.
    fn fingerprints(&self) -> [String; 2] {
        [self.old, self.new].map(|ring| format!("{:016x}", ring.ring().fingerprint()))
    }

    fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let share = |positions: f64| percent(positions / u32::CIRCLE as f64);
        let mut pairs: HashMap<(String, String), u128> = HashMap::new();
        let mut moved = Moved::default();
        let totals = if self.of_owners() {
            let mut moves = 0;
            for change in self.diff().moves() {
                let [from, to] = [change.from, change.to].map(name);
                let len = change.range.len();
                let pair = [from, to].map(|name| name.unwrap_or("-").to_owned());
                *pairs.entry(pair.into()).or_default() += len;
                moved.add(from, to, len);
                moves += len;
            }
            let totals = self.totals(moved)?;
            let moves = share(moves as f64);
            writeln!(out, "{moves} of the key space moves")?;
            if let Some(ideal) = totals.ideal().map(share) {
                writeln!(out, "{ideal} would move if shares were fair before and after")?;
            }
            totals
        } else {
            let progress = Progress::new(Unit::Circle, CIRCLE);
            let moves = self.replica_moves(progress, |range, before, after| {
                let (from, to) = (missing(before, after), missing(after, before));
                let pair = [&from, &to].map(|names| joined(names));
                *pairs.entry(pair.into()).or_default() += range.len();
                moved.add(from, to, range.len());
            })?;
            let totals = self.totals(moved)?;
            let ReplicaMoves { changed, gained, lost, .. } = moves;
            let [changed, gained, lost] = [changed, gained, lost].map(|len| share(len as f64));
            writeln!(out, "{changed} of the key space changes its replicas")?;
            writeln!(out, "{gained} of it to copy to new nodes")?;
            writeln!(out, "{lost} of it to drop from old ones")?;
            totals
        };
        if !pairs.is_empty() {
            let mut pairs: Vec<_> = pairs.into_iter().collect();
            pairs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            let rows: Vec<Vec<String>> = pairs
                .into_iter()
                .map(|((from, to), moved)| vec![from, "->".into(), to, share(moved as f64)])
                .collect();
            let header = [
                ("from", Align::Left),
                ("", Align::Left),
                ("to", Align::Left),
                ("share", Align::Right),
            ];
            writeln!(out)?;
            table::write(out, &header, &rows)?;
        }
        totals.table(out)?;
        let [from, to] = self.fingerprints();
        writeln!(out, "\nfingerprint {from} before, {to} after")
    }

    fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let mut moved = Moved::default();
        let moves = if self.of_owners() {
            let mut moves = 0;
            for change in self.diff().moves() {
                let KeyRange { start, end } = change.range;
                let [from, to] = [change.from, change.to].map(name);
                line(out, &OwnerRange { start, end, from, to })?;
                moved.add(from, to, change.range.len());
                moves += change.range.len();
            }
            moves
        } else {
            self.replica_ranges(out, &mut moved)?
        };
        self.totals(moved)?.json(out, moves)?;
        let [from, to] = self.fingerprints();
        line(out, &Fingerprints { kind: "fingerprint", from, to })
    }

    /// Writes the ranges whose replicas change, and returns how many positions they have.
    fn replica_ranges(&self, out: &mut impl Write, moved: &mut Moved<'a>) -> io::Result<u128> {
        // Neighbours with the same sets become one range.
        let mut last: Option<ReplicaRange<'a>> = None;
        let mut written = Ok(());
        let progress = Progress::of_stream(Unit::Circle, CIRCLE);
        let moves = self.replica_moves(progress, |range, before, after| {
            moved.add(missing(before, after), missing(after, before), range.len());
            let KeyRange { start, end } = range;
            let (before, after) = (names(before), names(after));
            if let Some(last) = &mut last
                && (last.end, &last.before, &last.after) == (start, &before, &after)
            {
                last.end = end;
                return;
            }
            let done = last.replace(ReplicaRange { start, end, before, after });
            if let (Ok(()), Some(done)) = (&written, done) {
                written = line(out, &done);
            }
        })?;
        written?;
        last.map_or(Ok(()), |last| line(out, &last))?;
        Ok(moves.changed)
    }
}

/// Writes an object on a line of its own.
fn line(out: &mut impl Write, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    out.write_all(b"\n")
}

/// The name of a node, if there is one.
fn name(node: Option<&Node>) -> Option<&str> {
    node.map(|node| &*node.identity)
}

fn names<'a>(owners: &Owners<'a>) -> Vec<&'a str> {
    owners.iter().flatten().map(|node| &*node.identity).collect()
}

/// The names of `owners` that are not among `others`, in their own order.
fn missing<'a>(owners: &Owners<'a>, others: &Owners<'a>) -> Vec<&'a str> {
    let others = names(others);
    let mut names = names(owners);
    names.retain(|name| !others.contains(name));
    names.sort_unstable();
    names
}

/// Names as a table has them; a dash for none.
fn joined(names: &[&str]) -> String {
    if names.is_empty() { "-".into() } else { names.join(",") }
}
