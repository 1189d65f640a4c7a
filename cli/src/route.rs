//! `annulus route`: keys in, keys with their nodes out, in the order of the input.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use annulus::KeyHash;
use annulus_profiles::{Down as DownRule, Profile, System as Placing};

use crate::answers::Answers;
use crate::args::{Down, Membership, Replicas, System, bitmap};
use crate::error::Error;
use crate::inputs::{self, Input};
use crate::keying::Keying;
use crate::keys::lines;
use crate::nodes::{Node, Nodes, Origin, is_stdin};
use crate::notes;
use crate::output::figure::Figure;
use crate::output::table::counted;
use crate::output::{self, Lines, Stdout};
use crate::profile::{self, Job, Setup};
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
///
/// With --profile answers are those of another system. In JSON "position" follows the key: its hash as that
/// system has it, signed for cassandra; a string where it has 64 bits, which not every reader of JSON has. Of
/// the 128 bits of uhashring it is the upper 64, by which it is placed here. nginx asks no ring about an empty
/// key, nor after 20 points whose servers are down: it takes any server in turn then. The answer has nothing
/// after the tab, and a note on standard error says how many there were.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  git ls-files | annulus route --nodes cache-a,cache-b,cache-c
  annulus route --nodes nodes --replicas 3 --spread-zones --field 2 keys
  annulus route --profile nginx --nodes 10.0.0.1:80,10.0.0.2:80 uris
  annulus route --profile cassandra,nts=dc1:3 --nodes hosts --format json keys")]
pub(crate) struct Args {
    #[command(flatten)]
    system: System,
    #[command(flatten)]
    membership: Membership,
    #[command(flatten)]
    replicas: Replicas,
    #[command(flatten)]
    down: Down,
    #[command(flatten)]
    keying: Keying,
    /// How answers are written
    #[arg(long, value_enum, default_value_t = Lines::Tsv)]
    format: Lines,
    /// Files of keys; "-", or none, is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
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
    let profile = args.system.profile();
    args.membership.points.check(&[profile])?;
    args.replicas.check(&profile)?;
    args.keying.check(&[profile])?;
    let nodes = args.membership.load(&profile)?;
    let own = (args.membership.points.vnodes(), args.keying.hashing());
    profile::run(&profile, own, Route { args, files, profile, nodes })
}

/// Keys that go through a ring of whichever system.
struct Route<'a> {
    args: &'a Args,
    files: &'a [PathBuf],
    profile: Profile<'a>,
    nodes: Nodes,
}

impl Job for Route<'_> {
    type Answer = Result<(), Error>;

    fn run<S: Placing<Node>, H: KeyHash<[u8]> + Clone>(
        self,
        setup: Setup<'_, S, H>,
    ) -> Result<(), Error> {
        let Self { args, files, profile, mut nodes } = self;
        let down = args.down.names(&nodes)?;
        if S::DOWN == DownRule::Leaves {
            nodes.take(&down);
        }
        let is_own = profile == Profile::Native;
        let ring = nodes.ring::<S, H>(setup.config, setup.vnodes, setup.hash)?;
        let bits = bitmap(ring.view(), &down);
        let rule = args.replicas.rule(S::holders(&setup.strategy)).with_down(&bits);
        let answers = Answers::new(ring.view(), rule, setup.strategy, is_own);
        let format = args.format;
        let nodes = answers.ring().members().iter();
        let mut router = Router {
            answers,
            targets: nodes.map(|member| Target::new(&member.node().identity, format)).collect(),
            keying: args.keying,
            batches: answers.most() == 1
                && answers.are_by_rule()
                && down.is_empty()
                && format == Lines::Tsv,
            format,
            has_position: !is_own,
            numbers: vec![0; answers.most()],
            unanswered: 0,
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
        let unanswered = router.unanswered;
        // Takes the progress from the screen, and lets go of standard output.
        drop((progress, router));
        notes::write(answers.ruled());
        if let (1.., Some(why)) = (unanswered, S::IN_TURN) {
            let keys = counted(unanswered, "key");
            let name = profile.name();
            notes::write_line(&format!("{keys} without a node: {name} takes any in turn {why}"));
        }
        if let Some(hint) = &hint {
            notes::write_line(hint);
        }
        Ok(())
    }
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

/// What is written of a node.
struct Target {
    /// The node's name in the format.
    name: Vec<u8>,
    /// Tab, name and newline: the rest of a TSV line when this node is the whole answer.
    rest: Vec<u8>,
}

impl Target {
    fn new(name: &str, format: Lines) -> Self {
        let name = match format {
            Lines::Tsv => name.as_bytes().to_vec(),
            Lines::Json => serde_json::Value::from(name).to_string().into_bytes(),
        };
        let rest = [b"\t", &name[..], b"\n"].concat();
        Self { name, rest }
    }
}

/// Routes keys to an output.
struct Router<'r, 't, S: Placing<Node>, H> {
    answers: Answers<'r, 't, S, H>,
    /// What is written of each node, by numbers.
    targets: Vec<Target>,
    keying: Keying,
    /// Whether answers are owners in TSV, with every node up.
    batches: bool,
    format: Lines,
    /// Whether JSON has the positions of keys.
    has_position: bool,
    /// Room for the answer to one key.
    numbers: Vec<u32>,
    /// How many keys have no node.
    unanswered: usize,
    /// What is larger than its buffer goes through without a copy.
    out: Stdout,
}

impl<S: Placing<Node>, H: KeyHash<[u8]>> Router<'_, '_, S, H> {
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
        let ring = self.answers.ring();
        let mut rest = lines(block);
        let mut lines = [&block[..0]; BATCH];
        let mut positions = [S::Position::default(); BATCH];
        let mut asked = [true; BATCH];
        let mut numbers = [u32::MAX; BATCH];
        loop {
            let mut len = 0;
            let mut refused = None;
            for ((place, position), line) in lines.iter_mut().zip(&mut positions).zip(&mut rest) {
                match self.keying.key(line) {
                    Ok(key) => {
                        *position = ring.position(key);
                        asked[len] = S::asks(key);
                    }
                    Err(cause) => {
                        refused = Some(input.error(len, cause));
                        break;
                    }
                }
                *place = line;
                len += 1;
            }
            let (lines, numbers) = (&lines[..len], &mut numbers[..len]);
            // Both slices have one length.
            let _ = ring.owner_numbers_batch(&positions[..len], numbers);
            for ((line, number), asked) in lines.iter().zip(numbers).zip(asked) {
                let target = self.targets.get(*number as usize).filter(|_| asked);
                let rest = target.map_or(&b"\t\n"[..], |target| &target.rest);
                self.unanswered += usize::from(target.is_none());
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
        let position = self.answers.ring().position(key);
        let found = match S::asks(key) {
            true => self.answers.numbers_at(position, &mut self.numbers),
            false => 0,
        };
        self.unanswered += usize::from(found == 0);
        let out = &mut self.out;
        match self.format {
            Lines::Tsv => {
                out.write_all(line)?;
                out.write_all(b"\t")?;
            }
            Lines::Json => {
                out.write_all(b"{")?;
                self.keying.members(out, line, key)?;
                if self.has_position {
                    out.write_all(b",\"position\":")?;
                    serde_json::to_writer(&mut *out, &Figure::key_position::<S>(position))?;
                }
                out.write_all(b",\"nodes\":[")?;
            }
        }
        let numbers = self.numbers[..found].iter();
        let targets = numbers.filter_map(|&number| self.targets.get(number as usize));
        for (place, target) in targets.enumerate() {
            if place > 0 {
                out.write_all(b",")?;
            }
            out.write_all(&target.name)?;
        }
        out.write_all(match self.format {
            Lines::Tsv => b"\n",
            Lines::Json => b"]}\n",
        })
    }
}
