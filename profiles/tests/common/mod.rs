//! Recorded answers of other systems, and the rings that must give them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use annulus::{HeapRing, KeyHash, Node, Placement, RingRef};
use annulus_profiles::{Down, Peer, Profile, Server, System, Visit};

/// The recorded answers of a system.
pub(crate) struct Recorded {
    folder: PathBuf,
    pub(crate) cases: Vec<Case>,
}

/// A membership of a system, with its options.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) profile: String,
    pub(crate) servers: Vec<Owned>,
    /// The places of the servers that are down.
    pub(crate) down: Vec<u32>,
}

/// A server that owns its texts, and so can outlive the file that it was read from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owned {
    pub(crate) address: String,
    pub(crate) weight: u32,
    pub(crate) place: u32,
    pub(crate) name: Option<String>,
    pub(crate) id: Option<u32>,
    pub(crate) endpoint: Option<std::net::SocketAddr>,
    pub(crate) labels: Option<u32>,
    pub(crate) tokens: Vec<i64>,
    pub(crate) data_center: String,
    pub(crate) rack: String,
}

impl Owned {
    /// The server of a line `ADDRESS [weight] [field=value …]`, at this place.
    fn read(line: &str, place: u32) -> Self {
        let mut words = line.split_ascii_whitespace();
        let address = words.next().expect("a line has an address").to_owned();
        let mut server = Self { address, weight: 1, place, ..Self::default() };
        for word in words {
            match word.split_once('=') {
                None => server.weight = word.parse().expect("a weight"),
                Some(("name", name)) => server.name = Some(name.to_owned()),
                Some(("id", id)) => server.id = Some(id.parse().expect("an id")),
                Some(("addr", addr)) => server.endpoint = Some(addr.parse().expect("an address")),
                Some(("vnodes", labels)) => server.labels = Some(labels.parse().expect("a number")),
                Some(("dc", dc)) => server.data_center = dc.to_owned(),
                Some(("rack", rack)) => server.rack = rack.to_owned(),
                Some(("tokens", tokens)) => {
                    let tokens = tokens.split(',').map(|token| token.parse().expect("a token"));
                    server.tokens = tokens.collect();
                }
                Some(other) => panic!("{other:?} in {line:?}"),
            }
        }
        server
    }

    pub(crate) fn server(&self) -> Server<'_> {
        let Self { address, weight, place, name, id, endpoint, labels, tokens, data_center, rack } =
            self;
        let mut server = Server::new(address, *place).with_weight(*weight);
        (server.name, server.id, server.endpoint) = (name.as_deref(), *id, *endpoint);
        server.labels = *labels;
        server.with_tokens(tokens, data_center, rack)
    }
}

impl Recorded {
    /// What was recorded of this system.
    pub(crate) fn of(system: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(system);
        let cases = rows(&folder.join("cases.tsv")).map(|row| {
            let [name, profile, nodes, arguments] = &row[..] else { panic!("{row:?}") };
            let text = read(&folder.join(nodes));
            let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
            let lines = lines.filter(|line| !line.is_empty());
            let servers: Vec<_> =
                (0..).zip(lines).map(|(place, line)| Owned::read(line, place)).collect();
            let down = match arguments.split_once(' ') {
                None if arguments.is_empty() => Vec::new(),
                Some(("--down", names)) => names
                    .split(',')
                    .map(|name| {
                        let server = servers.iter().find(|server| server.address == name);
                        server.expect("a server that is down is listed").place
                    })
                    .collect(),
                _ => panic!("{arguments}"),
            };
            Case { name: name.clone(), profile: profile.clone(), servers, down }
        });
        let cases = cases.collect();
        Self { folder, cases }
    }

    pub(crate) fn case(&self, name: &str) -> &Case {
        let case = self.cases.iter().find(|case| case.name == name);
        case.unwrap_or_else(|| panic!("{name} is no case"))
    }

    /// The rows of a file behind its first line, split at tabs.
    pub(crate) fn rows(&self, file: &str) -> Vec<Vec<String>> {
        rows(&self.folder.join(file)).collect()
    }

    /// Whether there is this file.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.folder.join(file).exists()
    }

    /// The groups of keys: each has its keys, and the answers of some cases to all of them.
    pub(crate) fn groups(&self) -> Vec<Group> {
        let mut files: Vec<_> = fs::read_dir(&self.folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|end| end == "keys"))
            .collect();
        files.sort();
        files
            .into_iter()
            .map(|keys| {
                let bytes = fs::read(&keys).expect("keys");
                let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
                let lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
                let table = read(&keys.with_extension("csv"));
                let mut rows = table.lines().map(|line| line.split(',').map(str::to_owned));
                let cases = rows.next().expect("a header").collect();
                Group { keys: lines, cases, answers: rows.map(Iterator::collect).collect() }
            })
            .collect()
    }
}

/// Keys, and the answers of some cases to all of them.
pub(crate) struct Group {
    pub(crate) keys: Vec<Vec<u8>>,
    /// The names of the cases; behind a `/` how many servers are asked for.
    pub(crate) cases: Vec<String>,
    pub(crate) answers: Vec<Vec<String>>,
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rows(path: &Path) -> impl Iterator<Item = Vec<String>> + use<> {
    let text = read(path);
    let rows = text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect());
    rows.collect::<Vec<_>>().into_iter()
}

/// The answers of a case to `keys`: the places of up to `wanted` servers each, joined by `;`.
pub(crate) fn routes(case: &Case, keys: &[&[u8]], wanted: usize) -> Vec<String> {
    struct Routes<'c, 'k> {
        case: &'c Case,
        keys: &'k [&'k [u8]],
        wanted: usize,
    }

    impl<'c> Visit<Server<'c>> for Routes<'c, '_> {
        type Answer = Vec<String>;

        fn visit<S: System<Server<'c>>, H: KeyHash<[u8]> + Clone>(
            self,
            config: S::Config,
            hash: H,
            strategy: S::Strategy<'_>,
        ) -> Vec<String> {
            let Self { case, keys, wanted } = self;
            let ring = ring::<S, H>(case, config, hash);
            let view = ring.view();
            let down = |number: u32| {
                case.down.contains(&view.member(number).expect("a member").node().place())
            };
            let mut out = vec![0; wanted];
            let answer = |key: &&[u8]| {
                let found =
                    S::owners_at(&strategy, view, view.position(*key), |n| !down(n), &mut out);
                let places = out[..found].iter().map(|&number| place(view, number));
                let mut text = String::new();
                for (at, place) in places.enumerate() {
                    write!(text, "{}{place}", if at == 0 { "" } else { ";" }).unwrap();
                }
                text
            };
            keys.iter().map(answer).collect()
        }
    }

    profile(case).visit(Routes { case, keys, wanted })
}

/// The ring of a case.
pub(crate) fn ring<'c, S: System<Server<'c>>, H: Clone>(
    case: &'c Case,
    config: S::Config,
    hash: H,
) -> HeapRing<Server<'c>, S, H> {
    let mut ring = HeapRing::with_hash(config, hash);
    let up = |server: &&Owned| S::DOWN != Down::Leaves || !case.down.contains(&server.place);
    let servers = case.servers.iter().filter(up).map(Owned::server);
    for server in servers.clone() {
        S::check(&config, &server).unwrap_or_else(|why| panic!("{}: {why}", server.address));
    }
    ring.insert_all(servers).unwrap();
    ring
}

pub(crate) fn profile(case: &Case) -> Profile<'_> {
    Profile::parse(&case.profile).unwrap_or_else(|error| panic!("{}: {error}", case.profile))
}

/// The place of the member of this number.
pub(crate) fn place<N: Node + Peer, P: Placement, H>(
    view: RingRef<'_, N, P, H>,
    number: u32,
) -> u32 {
    view.member(number).expect("a member").node().place()
}

/// The bytes that are written in hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("two hexadecimal digits");
    (0..text.len()).step_by(2).map(digits).collect()
}
