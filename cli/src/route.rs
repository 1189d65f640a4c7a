//! `annulus route`: keys in, keys with their nodes out, in the order of the input.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::args::{Down, Membership, Replicas, bitmap};
use crate::error::Error;
use crate::inputs::{self, Input};
use crate::keying::{Keying, RuledRing};
use crate::keys::lines;
use crate::nodes::{Node, Origin, is_stdin};
use crate::notes;
use crate::output::{self, Stdout};
use crate::progress::{Progress, Unit};

/// Write the node, or the replicas, of every key.
///
/// Keys come one a line, any bytes but newline; a carriage return before the newline is part of
/// the key, and an empty line is an empty key. The answers come in the order of the keys:
/// `key<TAB>node[,node...]`, with nothing after the tab where no node is alive or has points.
/// Replicas come nearest first; with --spread-zones the first node of each zone, nearest first, then
/// the second of each, and so on.
///
/// With --field the key is a part of the line, and the answer is the line as it came, a tab and the
/// nodes. A line without that part ends the command with an error, after the answers before it.
///
/// With --format json a line is {"key":"...","nodes":["...",...]}; a key that is not UTF-8 comes
/// as "key_base64" (RFC 4648, with padding) instead of "key". With --field the line follows the key,
/// as "line" or "line_base64".
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  git ls-files | annulus route --nodes cache-a,cache-b,cache-c
  annulus route --nodes nodes --replicas 3 --spread-zones --field 2 keys")]
pub(crate) struct Args {
    #[command(flatten)]
    membership: Membership,
    #[command(flatten)]
    replicas: Replicas,
    #[command(flatten)]
    down: Down,
    #[command(flatten)]
    keying: Keying,
    /// How answers are written
    #[arg(long, value_enum, default_value_t = Format::Tsv)]
    format: Format,
    /// Files of keys; "-", or none, is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Tsv,
    Json,
}

/// How many keys are looked up together.
const BATCH: usize = 256;

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let stdin = [PathBuf::from("-")];
    let files = if args.files.is_empty() { &stdin[..] } else { &args.files };
    if args.membership.origin() == Origin::Stdin && files.iter().any(|file| is_stdin(file)) {
        let cause = "standard input cannot be the nodes and the keys; name a file of keys";
        return Err(Error::of("--nodes", cause));
    }
    let nodes = args.membership.load()?;
    let down = args.down.names(&nodes)?;
    let format = args.format;
    let (vnodes, hashing) = (args.membership.points.vnodes, args.keying.hashing());
    let ring = nodes.ring(vnodes, hashing, |node| Target::new(node, format))?;
    let ring = ring.view();
    let bits = bitmap(ring, &down);
    let ring = ring.under(args.replicas.rule().with_down(&bits));
    let wanted = ring.most_owners();
    let mut router = Router {
        ring,
        keying: args.keying,
        batches: wanted == 1 && down.is_empty() && format == Format::Tsv,
        format,
        owners: vec![None; wanted],
        out: output::stdout(),
    };
    let hint = args.space_in_list();
    let unopened = |file: &Path, error| match &hint {
        Some(hint) => Error::file(file, format!("{error}; {hint}")),
        None => Error::file(file, error),
    };
    let mut progress = Progress::of_stream(Unit::Bytes, inputs::total_len(&args.files));
    inputs::visit(files, unopened, |block, input| {
        let routed = router.block(block, input);
        // What was answered is written before there is more to read, and before an error.
        router.out.flush().map_err(Error::output)?;
        routed?;
        progress.advance(block.len() as u64);
        Ok(())
    })?;
    // Takes the progress from the screen, and lets go of standard output.
    drop((progress, router));
    notes::write(ring);
    if let Some(hint) = &hint {
        notes::write_line(hint);
    }
    Ok(())
}

impl Args {
    /// What to say where a space in a list may have made a file of a name: one list ends in a comma, and files
    /// follow.
    fn space_in_list(&self) -> Option<String> {
        if !self.files.iter().any(|file| !is_stdin(file)) {
            return None;
        }
        let (option, list) = self.membership.open_list().or_else(|| self.down.open_list())?;
        Some(format!("`{option} {}` ends in a comma: a space in the list?", list.display()))
    }
}

/// A node with what is written of it.
struct Target {
    node: Node,
    /// The node's name in the format.
    name: Vec<u8>,
    /// Tab, name and newline: the rest of a TSV line when this node is the whole answer.
    rest: Vec<u8>,
}

impl Target {
    fn new(node: Node, format: Format) -> Self {
        let name = match format {
            Format::Tsv => node.identity.clone().into_bytes(),
            Format::Json => serde_json::Value::from(&*node.identity).to_string().into_bytes(),
        };
        let rest = [b"\t", &name[..], b"\n"].concat();
        Self { node, name, rest }
    }
}

impl annulus::Node for Target {
    fn identity(&self) -> &[u8] {
        self.node.identity()
    }

    fn weight(&self) -> u32 {
        self.node.weight()
    }

    fn zone(&self) -> &[u8] {
        self.node.zone()
    }
}

/// Routes keys to an output.
struct Router<'r> {
    ring: RuledRing<'r, Target>,
    keying: Keying,
    /// Whether answers are owners in TSV, with every node up.
    batches: bool,
    format: Format,
    /// Room for the answer to one key.
    owners: Vec<Option<&'r Target>>,
    /// What is larger than its buffer goes through without a copy.
    out: Stdout,
}

impl Router<'_> {
    /// Routes the keys in the lines of a block.
    fn block(&mut self, block: &[u8], input: &mut Input<'_>) -> Result<(), Error> {
        if self.batches {
            return self.owners_of_block(block, input);
        }
        for line in lines(block) {
            let key = self.keying.key(line).map_err(|cause| input.error(0, cause))?;
            self.key(line, key).map_err(Error::output)?;
            input.advance(1);
        }
        Ok(())
    }

    /// Routes the keys of a block to their owners, which is the most common case, in batches.
    fn owners_of_block(&mut self, block: &[u8], input: &mut Input<'_>) -> Result<(), Error> {
        let ring = self.ring.ring();
        let mut rest = lines(block);
        let mut lines = [&block[..0]; BATCH];
        let mut positions = [0; BATCH];
        let mut owners = [None; BATCH];
        loop {
            let mut len = 0;
            let mut refused = None;
            for ((place, position), line) in lines.iter_mut().zip(&mut positions).zip(&mut rest) {
                match self.keying.key(line) {
                    Ok(key) => *position = ring.position(key),
                    Err(cause) => {
                        refused = Some(input.error(len, cause));
                        break;
                    }
                }
                *place = line;
                len += 1;
            }
            let (lines, owners) = (&lines[..len], &mut owners[..len]);
            // Both slices have one length.
            let _ = ring.owners_batch(&positions[..len], owners);
            for (line, owner) in lines.iter().zip(owners) {
                let rest = owner.map_or(&b"\t\n"[..], |target: &Target| &target.rest);
                let written = self.out.write_all(line).and_then(|()| self.out.write_all(rest));
                written.map_err(Error::output)?;
            }
            match refused {
                Some(error) => return Err(error),
                None if len == 0 => return Ok(()),
                None => input.advance(len),
            }
        }
    }

    /// Routes the key of a line.
    fn key(&mut self, line: &[u8], key: &[u8]) -> io::Result<()> {
        let found = self.ring.owners(key, &mut self.owners);
        let out = &mut self.out;
        match self.format {
            Format::Tsv => {
                out.write_all(line)?;
                out.write_all(b"\t")?;
            }
            Format::Json => {
                out.write_all(b"{")?;
                self.keying.members(out, line, key)?;
                out.write_all(b",\"nodes\":[")?;
            }
        }
        for (place, target) in self.owners[..found].iter().flatten().enumerate() {
            if place > 0 {
                out.write_all(b",")?;
            }
            out.write_all(&target.name)?;
        }
        out.write_all(match self.format {
            Format::Tsv => b"\n",
            Format::Json => b"]}\n",
        })
    }
}
