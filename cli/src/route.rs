//! `annulus route`: keys in, keys with their nodes out, in the order of the input.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use annulus::{HeapRing, Ruled};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::ValueEnum;

use crate::args::{Down, Membership, Replicas, bitmap};
use crate::error::{Error, STDIN};
use crate::keying::Keying;
use crate::keys::{Blocks, lines};
use crate::nodes::{Node, Origin, is_stdin};
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
/// With --field the key is a part of the line, and the answer is the line as it came, a tab and the
/// nodes. A line without that part ends the command with an error, after the answers before it.
///
/// With --format json a line is {"key":"...","nodes":["...",...]}; a key that is not UTF-8 comes
/// as "key_base64" (RFC 4648, with padding) instead of "key". With --field the line follows the key,
/// as "line" or "line_base64".
#[derive(Debug, clap::Args)]
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

/// How much output is gathered before it is written.
const OUTPUT: usize = 256 * 1024;

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
    let vnodes = args.membership.points.vnodes;
    let ring: HeapRing<Target> = nodes.ring(vnodes, |node| Target::new(node, format))?;
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
        out: Vec::with_capacity(2 * OUTPUT),
        sink: io::stdout().lock(),
        progress: Progress::of_stream(Unit::Bytes, total_len(&args.files)),
    };
    for file in files {
        if is_stdin(file) {
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

/// How far an input has been read.
struct Input<'n> {
    /// What it is called in messages.
    name: &'n str,
    /// How many lines have been routed.
    lines: u64,
}

impl Input<'_> {
    /// Something is wrong with the line after those that have been routed and `more`.
    fn error(&self, more: usize, cause: impl Display) -> Error {
        Error::at(self.name, self.lines + more as u64 + 1, cause)
    }
}

/// Routes keys to an output.
struct Router<'r, W> {
    ring: Ruled<'r, 'r, Target>,
    keying: Keying,
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
        let mut input = Input { name, lines: 0 };
        loop {
            let block = match blocks.next() {
                Ok(Some(block)) => block,
                Ok(None) => return Ok(()),
                Err(error) => return Err(input.error(0, error)),
            };
            let routed = self.block(block, &mut input);
            // What was answered before an error is written.
            self.flush()?;
            routed?;
            self.progress.advance(block.len() as u64);
        }
    }

    /// Routes the keys in the lines of a block.
    fn block(&mut self, block: &[u8], input: &mut Input<'_>) -> Result<(), Error> {
        if self.batches {
            return self.owners_of_block(block, input);
        }
        for line in lines(block) {
            let key = self.keying.key(line).map_err(|cause| input.error(0, cause))?;
            self.key(line, key);
            self.flush_if_full()?;
            input.lines += 1;
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
                    Ok(key) => *position = self.keying.position(key),
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
                self.out.extend_from_slice(line);
                self.out.extend_from_slice(owner.map_or(b"\t\n", |target: &Target| &target.rest));
            }
            match refused {
                Some(error) => return Err(error),
                None if len == 0 => return Ok(()),
                None => self.flush_if_full()?,
            }
            input.lines += len as u64;
        }
    }

    /// Routes the key of a line.
    fn key(&mut self, line: &[u8], key: &[u8]) {
        let found = self.ring.owners_at(self.keying.position(key), &mut self.owners);
        let out = &mut self.out;
        match self.format {
            Format::Tsv => {
                out.extend_from_slice(line);
                out.push(b'\t');
            }
            Format::Json => {
                out.push(b'{');
                json_bytes("key", key, out);
                if self.keying.is_field() {
                    out.push(b',');
                    json_bytes("line", line, out);
                }
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

/// The member of a JSON object that holds bytes.
fn json_bytes(name: &str, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            out.extend_from_slice(b"\":");
            // A string always has a JSON form, and a vector takes it.
            let _ = serde_json::to_writer(out, text);
        }
        Err(_) => {
            out.extend_from_slice(b"_base64\":\"");
            out.extend_from_slice(BASE64_STANDARD.encode(bytes).as_bytes());
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
            json_bytes("key", key, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), member);
        }
    }
}
