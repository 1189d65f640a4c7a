//! `annulus route`: keys in, keys with their nodes out, in the order of the input.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use annulus::{HeapRing, Ruled};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::ValueEnum;

use crate::args::{Down, Membership, Replicas, bitmap};
use crate::error::{Error, STDIN};
use crate::keys::{Blocks, lines};
use crate::nodes::{Node, Origin};
use crate::notes;
use crate::progress::{Progress, Unit};

/// Write the node, or the replicas, of every key.
///
/// Keys come one a line, any bytes but newline; a carriage return before the newline is part of
/// the key, and an empty line is an empty key. The answers come in the order of the keys:
/// `key<TAB>node[,node...]`, with nothing after the tab where no node is alive or has points.
/// Replicas come nearest first; with --spread-zones the first node of each zone, nearest first, then
/// the second of each, and so on.
///
/// With --format json a line is {"key":"...","nodes":["...",...]}; a key that is not UTF-8 comes
/// as "key_base64" (RFC 4648, with padding) instead of "key".
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    membership: Membership,
    #[command(flatten)]
    replicas: Replicas,
    #[command(flatten)]
    down: Down,
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

/// How much output is gathered before it is written.
const OUTPUT: usize = 256 * 1024;

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let stdin = [PathBuf::from("-")];
    let files = if args.files.is_empty() { &stdin[..] } else { &args.files };
    if args.membership.origin() == Origin::Stdin && files.contains(&stdin[0]) {
        let cause = "standard input cannot be the nodes and the keys; name a file of keys";
        return Err(Error::of("--nodes", cause));
    }
    let nodes = args.membership.load()?;
    let down = args.down.names(&nodes)?;
    let format = args.format;
    let vnodes = args.membership.points.vnodes;
    let ring: HeapRing<Target> = nodes.ring(vnodes, |node| Target::new(node, format))?;
    let ring = ring.view();
    let bits = bitmap(ring, &down);
    let ring = ring.under(args.replicas.rule().with_down(&bits));
    let wanted = ring.most_owners();
    let mut router = Router {
        ring,
        batches: wanted == 1 && down.is_empty() && format == Format::Tsv,
        format,
        owners: vec![None; wanted],
        out: Vec::with_capacity(2 * OUTPUT),
        sink: io::stdout().lock(),
        progress: Progress::of_stream(Unit::Bytes, total_len(&args.files)),
    };
    for file in files {
        if *file == stdin[0] {
            router.route(STDIN, io::stdin().lock())?;
        } else {
            let opened = File::open(file).map_err(|error| Error::file(file, error))?;
            router.route(&file.display().to_string(), opened)?;
        }
    }
    // Takes the progress from the screen.
    drop(router);
    notes::write(ring);
    Ok(())
}

/// The length of all `files`, where it can be known.
fn total_len(files: &[PathBuf]) -> Option<u64> {
    let lens = files.iter().map(|file| {
        let metadata = fs::metadata(file).ok()?;
        metadata.is_file().then_some(metadata.len())
    });
    lens.sum::<Option<u64>>().filter(|_| !files.is_empty())
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
struct Router<'r, W> {
    ring: Ruled<'r, 'r, Target>,
    /// Whether answers are owners in TSV, with every node up.
    batches: bool,
    format: Format,
    /// Room for the answer to one key.
    owners: Vec<Option<&'r Target>>,
    /// What is to be written.
    out: Vec<u8>,
    sink: W,
    progress: Progress,
}

impl<W: Write> Router<'_, W> {
    /// Routes all keys of `reader`, which is called `name`. Answers are written as soon as there
    /// is no more to read at once.
    fn route(&mut self, name: &str, reader: impl Read) -> Result<(), Error> {
        let mut blocks = Blocks::new(reader);
        let mut keys = 0;
        loop {
            let block = match blocks.next() {
                Ok(Some(block)) => block,
                Ok(None) => return Ok(()),
                Err(error) => return Err(Error::at(name, keys + 1, error)),
            };
            keys += self.block(block)?;
            self.flush()?;
            self.progress.advance(block.len() as u64);
        }
    }

    /// Routes the keys of a block and returns how many there are.
    fn block(&mut self, block: &[u8]) -> Result<u64, Error> {
        if self.batches {
            return self.owners_of_block(block);
        }
        let mut keys = 0;
        for key in lines(block) {
            self.key(key);
            self.flush_if_full()?;
            keys += 1;
        }
        Ok(keys)
    }

    /// Routes the keys of a block to their owners, which is the most common case, in batches.
    fn owners_of_block(&mut self, block: &[u8]) -> Result<u64, Error> {
        let ring = self.ring.ring();
        let mut lines = lines(block);
        let mut keys = [&block[..0]; BATCH];
        let mut positions = [0; BATCH];
        let mut owners = [None; BATCH];
        let mut routed = 0;
        loop {
            let mut len = 0;
            for ((key, position), line) in keys.iter_mut().zip(&mut positions).zip(&mut lines) {
                *position = ring.position(line);
                *key = line;
                len += 1;
            }
            if len == 0 {
                return Ok(routed);
            }
            let (keys, owners) = (&keys[..len], &mut owners[..len]);
            // Both slices have one length.
            let _ = ring.owners_batch(&positions[..len], owners);
            for (key, owner) in keys.iter().zip(owners) {
                self.out.extend_from_slice(key);
                self.out.extend_from_slice(owner.map_or(b"\t\n", |target: &Target| &target.rest));
            }
            self.flush_if_full()?;
            routed += len as u64;
        }
    }

    /// Routes one key.
    fn key(&mut self, key: &[u8]) {
        let found = self.ring.owners(key, &mut self.owners);
        let out = &mut self.out;
        match self.format {
            Format::Tsv => {
                out.extend_from_slice(key);
                out.push(b'\t');
            }
            Format::Json => {
                out.push(b'{');
                json_key(key, out);
                out.extend_from_slice(b",\"nodes\":[");
            }
        }
        for (place, target) in self.owners[..found].iter().flatten().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&target.name);
        }
        out.extend_from_slice(match self.format {
            Format::Tsv => b"\n",
            Format::Json => b"]}\n",
        });
    }

    fn flush_if_full(&mut self) -> Result<(), Error> {
        if self.out.len() >= OUTPUT { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.sink.write_all(&self.out).map_err(Error::output)?;
        self.out.clear();
        Ok(())
    }
}

/// The member of a JSON object that holds a key.
fn json_key(key: &[u8], out: &mut Vec<u8>) {
    match std::str::from_utf8(key) {
        Ok(key) => {
            out.extend_from_slice(b"\"key\":");
            // A string always has a JSON form, and a vector takes it.
            let _ = serde_json::to_writer(out, key);
        }
        Err(_) => {
            out.extend_from_slice(b"\"key_base64\":\"");
            out.extend_from_slice(BASE64_STANDARD.encode(key).as_bytes());
            out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_json_can_be_had_back() {
        for (key, member) in [
            (&b"user:1"[..], r#""key":"user:1""#),
            (b"a\"\\\t\r", r#""key":"a\"\\\t\r""#),
            ("ä".as_bytes(), r#""key":"ä""#),
            (b"\xff\0", r#""key_base64":"/wA=""#),
            (b"", r#""key":"""#),
        ] {
            let mut out = Vec::new();
            json_key(key, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), member);
        }
    }
}
