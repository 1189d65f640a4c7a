//! `annulus migrate`: which keys have another node in the ring of another system.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use annulus::{HeapRing, KeyHash};
use annulus_profiles::{Profile, System as Placing};
use serde::Serialize;

use crate::answers::Answers;
use crate::args::Points;
use crate::error::Error;
use crate::inputs;
use crate::keying::{Hashing, Keying};
use crate::keys::lines;
use crate::nodes::{Node, Nodes, Origin, is_stdin};
use crate::notes;
use crate::output::side::Side;
use crate::output::table::counted;
use crate::output::{self, Lines, Stdout};
use crate::profile::{self, Job, Named, Setup};
use crate::progress::{Progress, Unit};

/// Show which keys move when another system's ring takes over, from whom to whom.
///
/// Keys come one a line, as for `route`. The answer has a line for each key that moves, in the order of the
/// input: `key<TAB>old<TAB>new`, with "-" where no node has the key. A node is the same on both sides if its
/// address is. What moved from whom to whom follows on standard error, the most first. It is counted over
/// these keys: two systems that hash keys differently have no ranges in common, and so no exact share.
///
/// With --format json a key is {"kind":"key","key":"...","from":"a","to":"b"}, as `plan --keys` has it, and
/// the counts are the last line, of the kind "total": "keys", how many of them are "moved", the "share" of
/// these, and "moves", each with its "from", its "to" and how many "keys".
///
/// Under cassandra with more replicas than one a key moves where its set of nodes changes, and both sets are
/// shown: "before" and "after" in JSON. --vnodes and --hash-tag are about the native side.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  annulus migrate --from-profile nginx --from-nodes servers --to-nodes servers uris
  annulus migrate --from-nodes a:1,b:1 --to-profile hashring --to-nodes a:1,b:1 keys")]
pub(crate) struct Args {
    /// The system that has the keys, with its options, as --profile of `route` takes it
    #[arg(long, value_name = "NAME[,OPTION...]", default_value = "native",
        value_parser = Named::parse)]
    from_profile: Named,
    /// The nodes before: a file, "-" for standard input, or a list of names with a comma in it
    #[arg(long, value_name = "NODES", allow_hyphen_values = true)]
    from_nodes: OsString,
    /// Weights of nodes in a list of nodes before; those of other nodes are 1
    #[arg(long, value_name = "NAME=W,...", allow_hyphen_values = true)]
    from_weights: Vec<OsString>,
    /// The system that takes over
    #[arg(long, value_name = "NAME[,OPTION...]", default_value = "native",
        value_parser = Named::parse)]
    to_profile: Named,
    /// The nodes after, as those before
    #[arg(long, value_name = "NODES", allow_hyphen_values = true)]
    to_nodes: OsString,
    /// Weights of nodes in a list of nodes after
    #[arg(long, value_name = "NAME=W,...", allow_hyphen_values = true)]
    to_weights: Vec<OsString>,
    #[command(flatten)]
    points: Points,
    #[command(flatten)]
    keying: Keying,
    /// How answers are written
    #[arg(long, value_enum, default_value_t = Lines::Tsv)]
    format: Lines,
    /// Files of keys; "-", or none, is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let stdin = [PathBuf::from("-")];
    let files = if args.files.is_empty() { &stdin[..] } else { &args.files };
    let sides = [("--from-nodes", &args.from_nodes), ("--to-nodes", &args.to_nodes)];
    if sides.iter().all(|(_, nodes)| Origin::of(nodes) == Origin::Stdin) {
        let cause = "standard input cannot be the nodes before and the nodes after";
        return Err(Error::of("--to-nodes", cause));
    }
    for (option, nodes) in sides {
        if Origin::of(nodes) == Origin::Stdin && files.iter().any(|file| is_stdin(file)) {
            let cause = "standard input cannot be the nodes and the keys; name a file of keys";
            return Err(Error::of(option, cause));
        }
    }
    let profiles = [args.from_profile.profile(), args.to_profile.profile()];
    args.points.check(&profiles)?;
    args.keying.check(&profiles)?;
    let [from, to] = profiles;
    let old = Nodes::load("--from-nodes", &args.from_nodes, &from)?
        .weighed("--from-weights", &args.from_weights)?;
    let new = Nodes::load("--to-nodes", &args.to_nodes, &to)?
        .weighed("--to-weights", &args.to_weights)?;
    let own = (args.points.vnodes(), args.keying.hashing());
    profile::run(&from, own, First { args, files, own, old, new, to })
}

/// Who has a key, in the ring of whichever system.
trait Holders {
    /// The names of the nodes that have this key, the nearest first.
    fn of(&self, key: &[u8]) -> Vec<&str>;
    /// Whether a key may have more than one.
    fn are_sets(&self) -> bool;
}

impl<S: Placing<Node>, H: KeyHash<[u8]>> Holders for Answers<'_, '_, S, H> {
    fn of(&self, key: &[u8]) -> Vec<&str> {
        if !S::asks(key) {
            return Vec::new();
        }
        let mut room = vec![0; self.most()];
        let nodes = self.nodes_at(self.ring().position(key), &mut room);
        nodes.map(|node| &*node.identity).collect()
    }

    fn are_sets(&self) -> bool {
        self.rule().count() > 1
    }
}

/// Has `with` done with the answers of a ring of `nodes`.
fn answered<S: Placing<Node>, H: KeyHash<[u8]>>(
    setup: Setup<'_, S, H>,
    nodes: Nodes,
    with: impl FnOnce(&dyn Holders) -> Result<(), Error>,
) -> Result<(), Error> {
    let is_own = setup.vnodes.is_some();
    let ring: HeapRing<Node, S, H> = nodes.ring(setup.config, setup.vnodes, setup.hash)?;
    let rule = annulus::Rule::replicas(S::holders(&setup.strategy).unwrap_or(1));
    with(&Answers::new(ring.view(), rule, setup.strategy, is_own))
}

/// Makes the ring that has the keys.
struct First<'a> {
    args: &'a Args,
    files: &'a [PathBuf],
    own: (u32, Hashing),
    old: Nodes,
    new: Nodes,
    to: Profile<'a>,
}

impl Job for First<'_> {
    type Answer = Result<(), Error>;

    fn run<S: Placing<Node>, H: KeyHash<[u8]> + Clone>(
        self,
        setup: Setup<'_, S, H>,
    ) -> Result<(), Error> {
        let Self { args, files, own, old, new, to } = self;
        answered(setup, old, |old| profile::run(&to, own, Second { args, files, old, new }))
    }
}

/// Makes the ring that takes over.
struct Second<'a> {
    args: &'a Args,
    files: &'a [PathBuf],
    old: &'a dyn Holders,
    new: Nodes,
}

impl Job for Second<'_> {
    type Answer = Result<(), Error>;

    fn run<S: Placing<Node>, H: KeyHash<[u8]> + Clone>(
        self,
        setup: Setup<'_, S, H>,
    ) -> Result<(), Error> {
        let Self { args, files, old, new } = self;
        answered(setup, new, |new| migrate(args, files, old, new))
    }
}

/// How many keys there were, and how many of them move from whom to whom.
#[derive(Serialize)]
struct Total<'a> {
    kind: &'static str,
    keys: u64,
    moved: u64,
    share: f64,
    moves: Vec<Move<'a>>,
}

/// How many keys move from the same to the same.
#[derive(Serialize)]
struct Move<'a> {
    from: Side<'a>,
    to: Side<'a>,
    keys: u64,
}

/// Writes the keys in `files` that move, and counts them.
fn migrate(
    args: &Args,
    files: &[PathBuf],
    old: &dyn Holders,
    new: &dyn Holders,
) -> Result<(), Error> {
    let sets = old.are_sets() || new.are_sets();
    let side = |names: Vec<_>| match sets {
        true => Side::Set(names),
        false => Side::Owner(names.first().copied()),
    };
    let mut out = output::stdout();
    let mut progress = Progress::of_stream(Unit::Bytes, inputs::total_len(&args.files));
    let (mut keys, mut moved) = (0, 0);
    let mut pairs: HashMap<[Side<'_>; 2], u64> = HashMap::new();
    inputs::visit(
        files,
        |file: &Path, error| Error::file(file, error),
        |block, input| {
            let mut some = || {
                for line in lines(block) {
                    let key = args.keying.key(line).map_err(|cause| input.error(0, cause))?;
                    let (before, after) = (old.of(key), new.of(key));
                    let is_same = before.len() == after.len()
                        && before.iter().all(|name| after.contains(name));
                    if !is_same {
                        let sides = [side(before), side(after)];
                        written(&mut out, args, line, key, &sides).map_err(Error::output)?;
                        *pairs.entry(sides.map(Side::in_order)).or_default() += 1;
                        moved += 1;
                    }
                    keys += 1;
                    input.advance(1);
                }
                Ok(())
            };
            let done = some();
            // What was found is written before there is more to read, and before an error.
            out.flush().map_err(Error::output)?;
            done?;
            progress.advance(block.len() as u64);
            Ok(())
        },
    )?;
    drop(progress);
    let moves = pairs.into_iter().map(|([from, to], keys)| Move { from, to, keys });
    let mut moves: Vec<_> = moves.collect();
    moves.sort_by(|a, b| b.keys.cmp(&a.keys).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
    let share = if keys > 0 { moved as f64 / keys as f64 } else { 0.0 };
    let total = Total { kind: "total", keys, moved, share, moves };
    if args.format == Lines::Json {
        serde_json::to_writer(&mut out, &total).map_err(|error| Error::output(error.into()))?;
        return out.write_all(b"\n").and_then(|()| out.flush()).map_err(Error::output);
    }
    drop(out);
    let per_cent = crate::output::table::percent(share);
    let keys = counted(keys as usize, "key");
    notes::write_line(&format!("{moved} of {keys} move, {per_cent}, counted over these keys"));
    for Move { from, to, keys } in &total.moves {
        notes::write_line(&format!("{from} -> {to}: {}", counted(*keys as usize, "key")));
    }
    Ok(())
}

/// Writes a key that moves.
fn written(
    out: &mut Stdout,
    args: &Args,
    line: &[u8],
    key: &[u8],
    sides: &[Side<'_>; 2],
) -> std::io::Result<()> {
    match args.format {
        Lines::Json => args.keying.moving(out, line, key, sides),
        Lines::Tsv => {
            let [from, to] = sides;
            out.write_all(line)?;
            writeln!(out, "\t{from}\t{to}")
        }
    }
}
