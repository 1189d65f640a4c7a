//! `route` and `points` against what other systems answered: every recorded answer, through the command.
//!
//! `cargo test -p annulus-cli --test vectors -- --nocapture` prints how many rows there are of each.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use annulus_profiles::hash::md5;
use common::{bytes, run, text};
use sha2::{Digest, Sha256};

/// The recorded answers of a system.
struct Recorded {
    folder: PathBuf,
    cases: BTreeMap<String, Case>,
}

/// A membership of a system, with the arguments that make a ring of it.
struct Case {
    profile: String,
    arguments: Vec<String>,
    /// The addresses, by place.
    addresses: Vec<String>,
}

impl Recorded {
    fn of(system: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../profiles/vectors").join(system);
        let case = |row: Vec<String>| {
            let [name, profile, nodes, arguments] = &row[..] else { panic!("{row:?}") };
            let nodes = folder.join(nodes);
            let lines = read(&nodes);
            let lines = lines.lines().map(|line| line.split('#').next().unwrap_or_default());
            let addresses = lines.filter_map(|line| Some(line.split_whitespace().next()?.into()));
            let mut all = vec!["--profile", profile, "--nodes", nodes.to_str().unwrap()];
            all.extend(arguments.split_whitespace());
            let case = Case {
                profile: profile.clone(),
                addresses: addresses.collect(),
                arguments: all.into_iter().map(str::to_owned).collect(),
            };
            (name.clone(), case)
        };
        let cases = rows(&folder.join("cases.tsv")).into_iter().map(case).collect();
        Self { folder, cases }
    }

    fn rows(&self, file: &str) -> Vec<Vec<String>> {
        let path = self.folder.join(file);
        if path.exists() { rows(&path) } else { Vec::new() }
    }

    /// Files of keys with the tables of their answers.
    fn groups(&self) -> Vec<(PathBuf, Vec<Vec<String>>)> {
        let files = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|end| end == "keys")).collect();
        files.sort();
        let table = |keys: PathBuf| {
            let table = read(&keys.with_extension("csv"));
            let rows = table.lines().map(|line| line.split(',').map(str::to_owned).collect());
            let rows = rows.collect();
            (keys, rows)
        };
        files.into_iter().map(table).collect()
    }
}

impl Case {
    /// An answer of places as one of addresses.
    fn named(&self, places: &str) -> String {
        let places = places.split(';').filter(|place| !place.is_empty());
        let names = places.map(|place| &*self.addresses[place.parse::<usize>().unwrap()]);
        names.collect::<Vec<_>>().join(",")
    }

    fn arguments<'c>(&'c self, verb: &'c str, more: &[&'c str]) -> Vec<&'c str> {
        let own = self.arguments.iter().map(|argument| &**argument);
        [verb].into_iter().chain(own).chain(more.iter().copied()).collect()
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = read(path);
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("two hexadecimal digits");
    (0..text.len()).step_by(2).map(digits).collect()
}

/// What the command answers for each of the keys, which are its input or in a file.
fn routed(arguments: &[&str], input: &[u8], keys: &[&[u8]]) -> Vec<String> {
    let output = bytes(arguments, input);
    let lines = output.strip_suffix(b"\n").expect("a last line").split(|&byte| byte == b'\n');
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), keys.len(), "{arguments:?}");
    let answer = |(line, key): (&[u8], &&[u8])| {
        let rest = line.strip_prefix(*key).and_then(|rest| rest.strip_prefix(b"\t"));
        String::from_utf8(rest.expect("the key and a tab").to_vec()).unwrap()
    };
    lines.into_iter().zip(keys).map(answer).collect()
}

/// Compares every route and every edge of a system, of which there are `rows`. So many edges `with_newline` are
/// left out: a key comes as a line.
fn routes_and_edges(system: &str, rows: usize, with_newline: usize) {
    let recorded = Recorded::of(system);
    let (mut compared, mut wrong) = (0, Vec::new());
    let mut compare = |case: &Case, keys: &[&[u8]], found: &[String], expected: &[&str]| {
        for ((key, found), expected) in keys.iter().zip(found).zip(expected) {
            compared += 1;
            let expected = case.named(expected);
            if *found != expected {
                let key = key.escape_ascii();
                wrong.push(format!("{}: {key} has {found}, not {expected}", case.profile));
            }
        }
    };
    for (file, table) in recorded.groups() {
        let text = fs::read(&file).unwrap();
        let lines = text.strip_suffix(b"\n").unwrap_or(&text);
        let keys: Vec<&[u8]> = lines.split(|&byte| byte == b'\n').collect();
        for (column, name) in table[0].iter().enumerate() {
            let (name, asked) = name.split_once('/').unwrap_or((name, ""));
            let replicas = if asked.is_empty() { &[][..] } else { &["--replicas", asked] };
            let case = &recorded.cases[name];
            let arguments = case.arguments("route", replicas);
            let file = file.to_str().unwrap();
            let found = routed(&[&arguments[..], &[file]].concat(), b"", &keys);
            let expected: Vec<_> = table[1..].iter().map(|row| &*row[column]).collect();
            assert_eq!(found.len(), expected.len(), "{name}: a row for each key");
            compare(case, &keys, &found, &expected);
        }
    }
    let edges = recorded.rows("edges.tsv");
    let mut left_out = 0;
    let mut by_case: BTreeMap<&str, Vec<(Vec<u8>, &str)>> = BTreeMap::new();
    for row in &edges {
        let [case, _, key, expected] = &row[..] else { panic!("{row:?}") };
        let key = unhex(key);
        if key.contains(&b'\n') {
            left_out += 1;
        } else {
            by_case.entry(case).or_default().push((key, expected));
        }
    }
    for (name, edges) in by_case {
        let case = &recorded.cases[name];
        let keys: Vec<&[u8]> = edges.iter().map(|(key, _)| &key[..]).collect();
        let input: Vec<u8> = keys.iter().flat_map(|key| [key, &b"\n"[..]].concat()).collect();
        let found = routed(&case.arguments("route", &[]), &input, &keys);
        let expected: Vec<_> = edges.iter().map(|&(_, expected)| expected).collect();
        compare(case, &keys, &found, &expected);
    }
    println!("{system}: {compared} rows, {} mismatches; {left_out} keys are no lines", wrong.len());
    let shown = &wrong[..wrong.len().min(10)];
    assert!(wrong.is_empty(), "{} of {compared} differ, such as {shown:#?}", wrong.len());
    assert_eq!((compared, left_out), (rows, with_newline), "{system}");
}

macro_rules! systems {
    ($($name:ident = $folder:literal, $rows:literal, $left_out:literal;)+) => {
        $(#[test]
        fn $name() {
            routes_and_edges($folder, $rows, $left_out);
        })+

        /// No folder of answers is left out.
        #[test]
        fn all_systems_are_compared() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../profiles/vectors");
            let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
            let with_cases = folders.filter(|folder| folder.path().join("cases.tsv").exists());
            let mut found: Vec<_> =
                with_cases.map(|folder| folder.file_name().into_string().unwrap()).collect();
            found.sort();
            let mut compared = [$($folder),+];
            compared.sort();
            assert_eq!(found, compared);
            assert_eq!([$($rows + $left_out),+].iter().sum::<usize>(), 231_609);
        }
    };
}

systems! {
    nginx = "nginx", 12_629, 0;
    pingora = "pingora", 25_272, 0;
    grpc = "grpc", 7_392, 0;
    libmemcached = "libmemcached", 63_263, 47;
    twemproxy = "twemproxy", 22_462, 0;
    libketama = "libketama", 20_164, 0;
    uhashring = "uhashring", 23_910, 0;
    hash_ring = "hash_ring", 11_334, 0;
    hashring = "hashring", 17_616, 0;
    haproxy_2_6 = "haproxy-2.6", 10_090, 0;
    haproxy_3_0 = "haproxy-3.0", 13_230, 0;
    cassandra = "cassandra", 4_200, 0;
}

/// The points that the command writes for a case, with the place of the node of each.
fn points(case: &Case) -> Vec<(u64, u32)> {
    let output = text(&case.arguments("points", &[]), b"");
    let point = |line: &str| {
        let (position, address) = line.split_once('\t').expect("a tab");
        let place = case.addresses.iter().position(|other| other == address);
        (position.parse().unwrap(), place.expect("a node") as u32)
    };
    output.lines().map(point).collect()
}

/// The points of 128 bits by their upper 64, which the command has.
fn wide(addresses: &[String], counts: &str) -> BTreeMap<u64, u128> {
    let counts = counts.split(' ').map(|count| count.parse::<u32>().unwrap());
    let labels = addresses
        .iter()
        .zip(counts)
        .flat_map(|(address, count)| (0..count).map(move |number| format!("{address}-{number}")));
    let values = labels.map(|label| md5::integer(md5::digest(label.as_bytes())));
    values.map(|value| ((value >> 64) as u64, value)).collect()
}

fn hex(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whole rings, by the digests that were recorded of them.
#[test]
fn points_are_those_of_whole_rings() {
    let mut compared = 0;
    for (system, rings) in
        [("pingora", 16), ("libketama", 16), ("uhashring", 16), ("hash_ring", 8), ("hashring", 13)]
    {
        let recorded = Recorded::of(system);
        let header = read(&recorded.folder.join("rings.tsv"));
        let form = header.lines().next().unwrap().split('\t').nth(2).unwrap().to_owned();
        let rows = recorded.rows("rings.tsv");
        assert_eq!(rows.len(), rings, "{system}");
        for row in rows {
            let case = &recorded.cases[&row[0]];
            let points = points(case);
            let found = match &*form {
                "fnv1a_64_of_places_in_ring_order" => {
                    let step = |hash: u64, place: u64| (hash ^ place).wrapping_mul(0x100_0000_01b3);
                    let places = points.iter().map(|&(_, place)| u64::from(place));
                    format!("{:016x}", places.fold(0xcbf2_9ce4_8422_2325, step))
                }
                "sha256_of_points" => {
                    let bytes = points.iter().flat_map(|&(position, place)| {
                        let position = u32::try_from(position).unwrap();
                        [position.to_le_bytes(), place.to_le_bytes()].concat()
                    });
                    hex(Sha256::digest(bytes.collect::<Vec<_>>()))
                }
                "sha256_of_value:place_joined_by_blanks" => {
                    let is_wide = case.profile == "uhashring";
                    let wide =
                        if is_wide { wide(&case.addresses, &row[3]) } else { BTreeMap::new() };
                    let points = points.iter().map(|&(position, place)| {
                        let value = wide.get(&position).copied().unwrap_or(position.into());
                        format!("{value}:{place}")
                    });
                    hex(Sha256::digest(points.collect::<Vec<_>>().join(" ")))
                }
                _ => panic!("{form}"),
            };
            assert_eq!(
                (points.len().to_string(), found),
                (row[1].clone(), row[2].clone()),
                "{row:?}"
            );
            compared += points.len();
        }
    }
    assert!(compared > 200_000, "{compared}");
}

/// Points as libmemcached's own program printed them.
#[test]
fn points_are_those_of_lists() {
    let recorded = Recorded::of("libmemcached");
    let mut expected: BTreeMap<String, Vec<(u64, u32)>> = BTreeMap::new();
    for row in recorded.rows("points.tsv") {
        let [case, value, place] = &row[..] else { panic!("{row:?}") };
        let point = (value.parse().unwrap(), place.parse().unwrap());
        expected.entry(case.clone()).or_default().push(point);
    }
    assert_eq!(expected.values().map(Vec::len).sum::<usize>(), 3_720);
    for (name, expected) in expected {
        assert_eq!(points(&recorded.cases[&name]), expected, "{name}");
    }
}

/// A vector that the command does not take would not be noticed in its answers.
#[test]
fn every_case_is_taken_by_balance() {
    let mut cases = 0;
    for system in ["nginx", "grpc", "haproxy-2.6", "haproxy-3.0", "twemproxy", "cassandra"] {
        for case in Recorded::of(system).cases.values() {
            let arguments = case.arguments("balance", &["--format", "json"]);
            let output = run(&arguments, b"");
            assert_eq!(output.status.code(), Some(0), "{arguments:?}");
            cases += 1;
        }
    }
    assert_eq!(cases, 9 + 7 + 16 + 21 + 19 + 40);
}
