//! Memberships: node files, lists of names, and the rings made of them.

use std::collections::{HashMap, HashSet, TryReserveError};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, is_separator};

use annulus::{Counts as _, HeapRing, MAX_IDENTITY_LEN, Placement};
use annulus_profiles::{Profile, System};

use crate::error::{Error, STDIN};
use crate::peers::{self, Traits};

/// The most points that a ring of this command has. Building it takes 1.5 GB.
const MAX_POINTS: u64 = 100_000_000;

/// How many bytes are free for each node before a ring is made, and after it: what becomes of nodes has no words
/// of its own for memory that is out.
const ROOM: usize = 768;

/// A node as its line describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) identity: String,
    pub(crate) weight: u32,
    pub(crate) zone: String,
    /// Its place in the file or the list, from 0.
    pub(crate) place: u32,
    /// What other systems know of it, if its line says more than an address and a weight.
    pub(crate) traits: Option<Box<Traits>>,
}

impl Node {
    /// A node of weight 1, of which only the name is known.
    pub(crate) const fn new(identity: String) -> Self {
        Self { identity, weight: 1, zone: String::new(), place: 0, traits: None }
    }
}

impl annulus::Node for Node {
    fn identity(&self) -> &[u8] {
        self.identity.as_bytes()
    }

    fn weight(&self) -> u32 {
        self.weight
    }

    fn zone(&self) -> &[u8] {
        self.zone.as_bytes()
    }
}

/// A membership and where it is from.
#[derive(Debug)]
pub(crate) struct Nodes {
    source: Source,
    /// At least one, of distinct identities.
    nodes: Vec<(u64, Node)>,
}

/// Where a membership is from.
#[derive(Clone, Debug)]
enum Source {
    /// The value of this option, a list.
    List(&'static str),
    /// A file of this name.
    File(String),
}

impl Source {
    /// Something is wrong with a line of the file or with a name of the list, both from 1.
    fn error(&self, line: u64, cause: String) -> Error {
        match self {
            Self::List(option) => Error::of(option, format!("name {line}: {cause}")),
            Self::File(file) => Error::at(file, line, cause),
        }
    }

    /// What it is called in messages.
    fn name(&self) -> &str {
        match self {
            Self::List(option) => option,
            Self::File(file) => file,
        }
    }

    /// What counts the nodes.
    fn unit(&self) -> &'static str {
        match self {
            Self::List(_) => "name",
            Self::File(_) => "line",
        }
    }
}

impl Nodes {
    /// The membership that the value of `option` describes, in which a file has the lines of `profile`.
    pub(crate) fn load(
        option: &'static str,
        value: &OsStr,
        profile: &Profile<'_>,
    ) -> Result<Self, Error> {
        match Origin::of(value) {
            _ if value.is_empty() => Err(Error::of(option, "empty")),
            Origin::List => {
                refuse_file(option, value)?;
                Self::list(option, value)
            }
            Origin::Stdin => {
                let mut text = Vec::new();
                let read = io::stdin().lock().read_to_end(&mut text);
                read.map_err(|error| Error::of(STDIN, error))?;
                Self::parse(STDIN.into(), &text, profile)
            }
            // A file may have such a name, but it is more likely that the value was left out.
            Origin::File(path) if value.as_encoded_bytes().starts_with(b"-") => {
                let name = path.display();
                let cause = format!("{name} has no comma and is no list; ./{name} is a file");
                Err(Error::of(option, cause))
            }
            Origin::File(path) => {
                let text = fs::read(path).map_err(|error| unread(path, error))?;
                Self::parse(path.display().to_string(), &text, profile)
            }
        }
    }

    /// The membership of the names in a list, the value of `option`.
    pub(crate) fn list(option: &'static str, list: &OsStr) -> Result<Self, Error> {
        let source = Source::List(option);
        let names = split_list(option, list)?;
        let nodes = names.into_iter().map(|(line, name)| {
            check_identity(name).map_err(|cause| source.error(line, cause))?;
            if has_weight(name) {
                let cause = format!("{name:?}: weights go to {}", weights_option(option));
                return Err(source.error(line, cause));
            }
            Ok((line, Node::new(name.into())))
        });
        let nodes = nodes.collect::<Result<_, Error>>()?;
        Self::new(source, nodes)
    }

    /// The membership that the text of a node file with the lines of `profile` describes.
    pub(crate) fn parse(file: String, text: &[u8], profile: &Profile<'_>) -> Result<Self, Error> {
        let source = Source::File(file);
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut nodes = Vec::new();
        for (line, bytes) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            if let Some(node) =
                parse_line(bytes, profile).map_err(|cause| source.error(line, cause))?
            {
                let room = nodes.try_reserve(1);
                room.map_err(|error| source.error(line, no_memory(error)))?;
                nodes.push((line, node));
            }
        }
        let mut nodes = Self::new(source, nodes)?;
        peers::complete(&mut nodes.nodes, profile)
            .map_err(|(line, cause)| nodes.source.error(line, cause))?;
        peers::check_strategy(&nodes.nodes, profile)
            .map_err(|cause| Error::of(nodes.source.name(), cause))?;
        Ok(nodes)
    }

    fn new(source: Source, mut nodes: Vec<(u64, Node)>) -> Result<Self, Error> {
        for (place, (_, node)) in (0..).zip(&mut nodes) {
            node.place = place;
        }
        if nodes.is_empty() {
            return Err(Error::of(source.name(), "there is no node"));
        }
        let mut seen = HashMap::new();
        let room = seen.try_reserve(nodes.len());
        room.map_err(|error| Error::of(source.name(), no_memory(error)))?;
        for (line, node) in &nodes {
            if let Some(first) = seen.insert(&*node.identity, line) {
                let (identity, unit) = (&node.identity, source.unit());
                let cause = format!("duplicate identity {identity:?}, first on {unit} {first}");
                return Err(source.error(*line, cause));
            }
        }
        Ok(Self { source, nodes })
    }

    /// Gives nodes of a list the weights in `lists`, the values of `option`: `name=weight`, with commas between.
    pub(crate) fn weighed(
        mut self,
        option: &'static str,
        lists: &[impl AsRef<OsStr>],
    ) -> Result<Self, Error> {
        if let (Source::File(file), [_, ..]) = (&self.source, lists) {
            let cause = format!("it is for a list of names; {file} has weights of its own");
            return Err(Error::of(option, cause));
        }
        let mut weights = HashMap::new();
        for list in lists {
            for (number, part) in split_list(option, list.as_ref())? {
                let refuse = |cause| Error::of(option, format!("name {number}: {cause}"));
                let (name, weight) = match part.rsplit_once('=') {
                    Some((name @ "", _)) | Some((name, "")) => {
                        let missing = if name.is_empty() { "name" } else { "weight" };
                        return Err(refuse(format!("there is no {missing} in {part:?}")));
                    }
                    Some(both) => both,
                    None => return Err(refuse(format!("{part:?} is not name=weight"))),
                };
                let weight = parse_weight(weight).map_err(refuse)?;
                if weights.insert(name, weight).is_some() {
                    return Err(refuse(format!("a second weight of {name:?}")));
                }
            }
        }
        for (_, node) in &mut self.nodes {
            if let Some(weight) = weights.remove(&*node.identity) {
                node.weight = weight;
            }
        }
        match weights.into_keys().min() {
            Some(name) => Err(self.unknown(option, name)),
            None => Ok(self),
        }
    }

    /// This node has so many points of its own, too many with those of the nodes before it: the error is at what
    /// makes them that many, `vnodes` among it if there are such.
    fn too_many_points(
        &self,
        line: u64,
        node: &Node,
        vnodes: Option<u32>,
        own: u64,
        before: u64,
    ) -> Error {
        let Node { identity, weight, .. } = node;
        let product = match vnodes {
            Some(vnodes) => format!("weight {weight} x {vnodes} vnodes = {own} points"),
            None => format!("{own} points of weight {weight}"),
        };
        let sum = match before {
            0 => String::new(),
            _ => format!(" after {before} of nodes before it"),
        };
        let most = format!("{sum}, at most {MAX_POINTS} fit");
        match (&self.source, vnodes) {
            (Source::File(_), _) => {
                let mend = if vnodes.is_some() { "--vnodes or the weights" } else { "the weights" };
                self.source.error(line, format!("too many points: {product}{most}; lower {mend}"))
            }
            (Source::List(option), _) => {
                let weights = weights_option(option);
                let (place, mend) = match (weight, vnodes) {
                    (0 | 1, Some(_)) => ("--vnodes", "--vnodes".to_owned()),
                    (_, Some(_)) => (weights, format!("--vnodes or {weights}")),
                    (0 | 1, None) => ("--profile", "them by its options".to_owned()),
                    (_, None) => (weights, weights.to_owned()),
                };
                let node = format!("node {identity:?} of {option}");
                Error::of(place, format!("too many points: {node}: {product}{most}; lower {mend}"))
            }
        }
    }

    /// No node has this name, which is in the value of `option`.
    fn unknown(&self, option: &str, name: &str) -> Error {
        Error::of(option, format!("unknown node {name:?}, not in {}", self.source.name()))
    }

    /// Tells which of the nodes `lists`, the values of `option`, names.
    pub(crate) fn select<'l>(
        &self,
        option: &str,
        lists: &'l [impl AsRef<OsStr>],
    ) -> Result<HashSet<&'l str>, Error> {
        let known: HashSet<&str> = self.nodes.iter().map(|(_, node)| &*node.identity).collect();
        let mut selected = HashSet::new();
        for list in lists {
            for (_, name) in split_list(option, list.as_ref())? {
                if !known.contains(name) {
                    return Err(self.unknown(option, name));
                }
                selected.insert(name);
            }
        }
        Ok(selected)
    }

    /// Takes out the nodes of these names.
    pub(crate) fn take(&mut self, names: &HashSet<&str>) -> Vec<Node> {
        let taken = self.nodes.extract_if(.., |(_, node)| names.contains(&*node.identity));
        taken.map(|(_, node)| node).collect()
    }

    /// A ring of these nodes in the system `S`, whose keys go through `hash`. Points are counted by `vnodes`, if the
    /// system does so.
    pub(crate) fn ring<S: System<Node>, H>(
        self,
        config: S::Config,
        vnodes: Option<u32>,
        hash: H,
    ) -> Result<HeapRing<Node, S, H>, Error> {
        for (line, node) in &self.nodes {
            S::check(&config, node)
                .map_err(|why| self.source.error(*line, format!("{:?}: {why}", node.identity)))?;
        }
        let mut points = 0u64;
        let weights = self.nodes.iter().map(|(_, node)| node.weight);
        let mut counts = <S as Placement>::Counts::new(&config, weights);
        for (line, node) in &self.nodes {
            let counted = counts.next(node.weight);
            let own = S::stated(&config, node).unwrap_or(counted);
            if check_points(points.saturating_add(own)).is_err() {
                return Err(self.too_many_points(*line, node, vnodes, own, points));
            }
            points += own;
        }
        let mut lines: Vec<u64> = Vec::new();
        let room = lines.try_reserve_exact(self.nodes.len());
        room.map_err(|error| Error::of(self.source.name(), no_memory(error)))?;
        lines.extend(self.nodes.iter().map(|&(line, _)| line));
        check_room(lines.len()).map_err(|cause| Error::of(self.source.name(), cause))?;
        let nodes = self.nodes.into_iter().map(|(_, node)| node);
        let mut ring = HeapRing::with_hash(config, hash);
        match ring.insert_all(nodes) {
            Ok(()) => {
                let room = check_room(lines.len());
                room.map_err(|cause| Error::of(self.source.name(), cause))?;
                Ok(ring)
            }
            Err(refused) => Err(match refused.at.and_then(|at| lines.get(at)) {
                Some(&line) => self.source.error(line, refused.error.to_string()),
                None => Error::of(self.source.name(), refused.error),
            }),
        }
    }
}

/// What the value of an option says where nodes are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin<'v> {
    /// The value itself: there is a comma in it.
    List,
    /// Standard input: the value is a dash, or another of [its names](is_stdin).
    Stdin,
    /// This file. Where its name begins with `./` or `../`, a comma in it makes no list.
    File(&'v Path),
}

impl<'v> Origin<'v> {
    pub(crate) fn of(value: &'v OsStr) -> Self {
        let bytes = value.as_encoded_bytes();
        let dots = bytes.iter().take_while(|&&byte| byte == b'.').count();
        let separator = bytes.get(dots).is_some_and(|&byte| is_separator(byte.into()));
        let relative = matches!(dots, 1 | 2) && separator;
        match bytes {
            _ if is_stdin(Path::new(value)) => Self::Stdin,
            _ if bytes.contains(&b',') && !relative => Self::List,
            _ => Self::File(Path::new(value)),
        }
    }
}

/// Whether a file of this name is standard input: a dash, or a name that systems give it.
pub(crate) fn is_stdin(path: &Path) -> bool {
    ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|name| path == Path::new(name))
}

/// Refuses a list, the value of `option`, that is the name of a file too.
fn refuse_file(option: &str, list: &OsStr) -> Result<(), Error> {
    let path = Path::new(list);
    if !fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir()) {
        return Ok(());
    }
    let list = path.display();
    let file = if path.is_relative() {
        format!("\"./{list}\" is the file")
    } else {
        "\"-\" reads the file on standard input".into()
    };
    // A comma more ends the list and is no part of a name; two would be.
    let names = if list.to_string().ends_with(',') {
        String::new()
    } else {
        format!(", \"{list},\" is the list")
    };
    Err(Error::of(
        option,
        format!("{list} is a list of names and the name of a file: {file}{names}"),
    ))
}

/// A file of nodes could not be read; one that is not there may be meant as a name.
fn unread(path: &Path, error: io::Error) -> Error {
    match path.to_str() {
        Some(name)
            if error.kind() == io::ErrorKind::NotFound
                && !name.is_empty()
                && !name.contains(|c: char| is_separator(c) || c.is_whitespace())
                && check_identity(name).is_ok() =>
        {
            Error::file(path, format!("{error}; a list of one name ends in a comma: \"{name},\""))
        }
        _ => Error::file(path, error),
    }
}

/// Refuses more points than a ring of this command has.
pub(crate) fn check_points(points: u64) -> Result<(), String> {
    if points > MAX_POINTS {
        return Err(format!("too many points: {points}, at most {MAX_POINTS} fit"));
    }
    Ok(())
}

/// The option that gives weights to the nodes of a list, the value of `option`.
fn weights_option(option: &str) -> &'static str {
    match option {
        "--from" | "--from-nodes" => "--from-weights",
        "--to" | "--to-nodes" => "--to-weights",
        _ => "--weights",
    }
}

/// Whether a name in a list looks like a name with its weight: a number follows an equals sign.
fn has_weight(name: &str) -> bool {
    let number = |weight: &str| {
        weight.contains(|c: char| c.is_ascii_digit()) && weight.parse::<f64>().is_ok()
    };
    name.rsplit_once('=').is_some_and(|(_, weight)| number(weight))
}

/// The names in a list with their numbers, from 1. A comma may follow the last.
fn split_list<'l>(option: &str, list: &'l OsStr) -> Result<Vec<(u64, &'l str)>, Error> {
    let Some(text) = list.to_str() else {
        return Err(Error::of(option, "the list is not UTF-8"));
    };
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let names = (1..).zip(text.split(','));
    names
        .map(|(number, name)| match name {
            "" => Err(Error::of(option, format!("name {number} is empty"))),
            _ if name.contains(char::is_whitespace) => {
                let cause = format!("name {number} has white space in it: {name:?}");
                Err(Error::of(option, format!("{cause}; only commas part the names of a list")))
            }
            _ if name.contains(is_invisible) => {
                let cause = format!("name {number} has invisible characters in it:");
                Err(Error::of(option, format!("{cause} \"{}\"", shown(name))))
            }
            _ => Ok((number, name)),
        })
        .collect()
}

/// Whether a character has no width, so that a name with it looks like another: what joins and parts letters,
/// sets directions, marks an order of bytes or a place to break a line.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// `name` with its invisible characters escaped.
fn shown(name: &str) -> String {
    let mut shown = String::new();
    for c in name.chars() {
        if is_invisible(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// The node on a line of `profile`, `identity [weight] [zone]` if that is this library's own; `None` on one that is
/// blank or a comment.
fn parse_line(line: &[u8], profile: &Profile<'_>) -> Result<Option<Node>, String> {
    let line = std::str::from_utf8(line).map_err(|_| "not UTF-8")?;
    let mut fields = line.split_ascii_whitespace().take_while(|field| !field.starts_with('#'));
    let Some(identity) = fields.next() else { return Ok(None) };
    check_identity(identity)?;
    if *profile != Profile::Native {
        return peers::parse(owned(identity)?, fields, profile).map(Some);
    }
    let weight = match fields.next() {
        Some(weight) => parse_weight(weight)?,
        None => 1,
    };
    let zone = owned(fields.next().unwrap_or(""))?;
    if let Some(field) = fields.next() {
        return Err(format!("{field:?} follows the zone; a line is: identity [weight] [zone]"));
    }
    Ok(Some(Node { weight, zone, ..Node::new(owned(identity)?) }))
}

/// A string of its own, if there is memory for it.
fn owned(text: &str) -> Result<String, String> {
    let mut owned = String::new();
    owned.try_reserve_exact(text.len()).map_err(no_memory)?;
    owned.push_str(text);
    Ok(owned)
}

/// Refuses so many nodes unless there is room for what becomes of them.
fn check_room(nodes: usize) -> Result<(), String> {
    let bytes = nodes.saturating_mul(ROOM).saturating_add(1 << 20);
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(no_memory)
}

/// What is wrong where nodes have no room.
fn no_memory(_: TryReserveError) -> String {
    "no memory for so many nodes".into()
}

/// Refuses identities that the ring does not take or that could not be told from two in a list.
fn check_identity(identity: &str) -> Result<(), String> {
    let len = identity.len();
    if len > MAX_IDENTITY_LEN {
        return Err(format!("the identity has {len} bytes, more than {MAX_IDENTITY_LEN}"));
    }
    if identity.contains(',') {
        return Err(format!("the identity {identity:?} has a comma in it"));
    }
    if identity.contains(char::is_control) {
        return Err(format!("the identity {identity:?} has a control character in it"));
    }
    Ok(())
}

pub(crate) fn parse_weight(field: &str) -> Result<u32, String> {
    let digits = field.bytes().all(|byte| byte.is_ascii_digit());
    field
        .parse()
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| format!("bad weight {field:?}, not a whole number from 0 to {}", u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<Node>, String> {
        let nodes = Nodes::parse("f".into(), text.as_bytes(), &Profile::Native)
            .map_err(|error| error.to_string())?;
        Ok(nodes.nodes.into_iter().map(|(_, node)| node).collect())
    }

    fn node(place: u32, identity: &str, weight: u32, zone: &str) -> Node {
        Node { weight, zone: zone.into(), place, ..Node::new(identity.into()) }
    }

    #[test]
    fn lines_have_up_to_three_fields() {
        let text = "\u{feff}# all\n\n a\r\nb 2\n\tc\t0\teast # old\n#d";
        assert_eq!(
            parse(text).unwrap(),
            [node(0, "a", 1, ""), node(1, "b", 2, ""), node(2, "c", 0, "east")]
        );
        assert_eq!(parse("a#1 1 z#2").unwrap(), [node(0, "a#1", 1, "z#2")]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, error) in [
            ("", "f: there is no node"),
            ("# a\n\n", "f: there is no node"),
            ("a\nb\na 2", "f:3: duplicate identity \"a\", first on line 1"),
            ("a -1", "f:1: bad weight \"-1\", not a whole number from 0 to 4294967295"),
            ("\na +1", "f:2: bad weight \"+1\", not a whole number from 0 to 4294967295"),
            (
                "a 4294967296",
                "f:1: bad weight \"4294967296\", not a whole number from 0 to 4294967295",
            ),
            ("a 1 z q", "f:1: \"q\" follows the zone; a line is: identity [weight] [zone]"),
            ("a,b", "f:1: the identity \"a,b\" has a comma in it"),
        ] {
            assert_eq!(parse(text).unwrap_err(), error);
        }
        let long = "x".repeat(256);
        assert_eq!(parse(&long).unwrap_err(), "f:1: the identity has 256 bytes, more than 255");
        let bytes = Nodes::parse("f".into(), b"a\n\xff", &Profile::Native).unwrap_err();
        assert_eq!(bytes.to_string(), "f:2: not UTF-8");
    }

    fn list(text: &str) -> Result<Vec<String>, String> {
        let nodes = Nodes::list("--nodes", OsStr::new(text)).map_err(|error| error.to_string())?;
        Ok(nodes.nodes.into_iter().map(|(_, node)| node.identity).collect())
    }

    #[test]
    fn a_comma_makes_a_list() {
        assert_eq!(list("a,").unwrap(), ["a"]);
        assert_eq!(list("b,a,").unwrap(), ["b", "a"]);
        assert_eq!(list(",").unwrap_err(), "--nodes: there is no node");
        assert_eq!(list("a,,b").unwrap_err(), "--nodes: name 2 is empty");
        let twice = "--nodes: name 3: duplicate identity \"a\", first on name 1";
        assert_eq!(list("a,b,a").unwrap_err(), twice);
    }

    #[test]
    fn white_space_parts_no_names() {
        for (text, number, name) in [
            ("a, b", 2, "\" b\""),
            ("a ,b", 1, "\"a \""),
            ("a,b c", 2, "\"b c\""),
            ("a,b\n", 2, "\"b\\n\""),
            ("a, ", 2, "\" \""),
            ("a,\u{a0}b", 2, "\"\\u{a0}b\""),
        ] {
            let cause = format!("name {number} has white space in it: {name}");
            let end = "only commas part the names of a list";
            assert_eq!(list(text).unwrap_err(), format!("--nodes: {cause}; {end}"));
        }
    }

    #[test]
    fn characters_that_nobody_sees_are_shown() {
        for c in ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{202e}']
        {
            let code = c.escape_unicode();
            let cause = format!("--nodes: name 2 has invisible characters in it: \"b{code}c\"");
            assert_eq!(list(&format!("a,b{c}c")).unwrap_err(), cause);
        }
        // Letters of any script, and their accents, are seen.
        assert_eq!(list("\u{e4},a\u{308},\u{4e2d},\u{1f600}").unwrap().len(), 4);
    }

    #[test]
    fn values_are_lists_files_or_standard_input() {
        let file = |name| Origin::File(Path::new(name));
        for (value, origin) in [
            ("a,", Origin::List),
            ("/a,/b", Origin::List),
            (".a,.b", Origin::List),
            (".../a,b", Origin::List),
            ("-,", Origin::List),
            ("-", Origin::Stdin),
            ("./-", file("./-")),
            ("./a,b", file("./a,b")),
            ("../a,b", file("../a,b")),
            ("nodes", file("nodes")),
        ] {
            assert_eq!(Origin::of(OsStr::new(value)), origin, "{value}");
        }
    }

    #[test]
    fn more_points_than_fit_are_refused_before_they_are_made() {
        let nodes = Nodes::parse("f".into(), b"a\nb 4294967295", &Profile::Native).unwrap();
        let error = nodes.ring::<annulus::Native, _>(150, Some(150), annulus::Xxh3).unwrap_err();
        let product =
            "weight 4294967295 x 150 vnodes = 644245094250 points after 150 of nodes before it";
        let end = "at most 100000000 fit; lower --vnodes or the weights";
        assert_eq!(error.to_string(), format!("f:2: too many points: {product}, {end}"));
    }
}
