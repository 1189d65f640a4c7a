//! Rings that agree with those of other systems: any system with any options, any servers, any edits, each of which
//! leaves the ring that is built at once of the same servers; and any text as a profile.
//!
//! Each edit is made on a ring on the heap and on one in place, and through the writers of two publications. All four
//! take it or refuse it for the same reason, which is the one of a model.

use std::fmt::{Debug, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use annulus::publish::{Published, UpdateError};
use annulus::{
    BatchError, Change, EditError, HeapRing, KeyHash, MAX_IDENTITY_LEN, Node as _, Position,
    ReconcileError, Rejected, Ring, RingReader, RingRef, RingUpdateError, RingWriter,
};
use annulus_profiles::{Profile, Server, System, Visit};
use arbitrary::Arbitrary;

/// The most servers, and so the most nodes of a ring.
const SERVERS: usize = 6;

/// The most points of a ring: so many that another weight of one server is the smaller part of them, which edits move.
const POINTS: usize = 2_400;

/// More steps than these are not taken: what they would show, fewer show.
const MOST_STEPS: usize = 10;

/// The most changes of a batch.
const MOST_CHANGES: usize = 5;

/// The most servers of an answer.
const MOST_OWNERS: usize = 5;

/// A text, or a ring and what happens to it.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
#[derive(Arbitrary, Debug)]
pub enum Input<'a> {
    /// A profile, perhaps.
    Text(&'a str),
    /// A ring.
    Ring(Play<'a>),
}

/// A ring and what happens to it.
#[derive(Arbitrary, Debug)]
pub struct Play<'a> {
    profile: Drawn,
    servers: [Kind; SERVERS],
    steps: Vec<Step>,
    /// A bit for each place, 1 where the server is up.
    up: u8,
    /// A bit for each server, 1 where it joins before the steps.
    first: u8,
    key: &'a [u8],
}

/// A profile: the number of a system, and of each option with a number for its value.
#[derive(Arbitrary, Debug)]
struct Drawn {
    system: u8,
    options: [Option<(u8, u16)>; 3],
}

/// A server.
#[derive(Arbitrary, Debug)]
struct Kind {
    form: u8,
    number: u8,
    port: u16,
    weight: u8,
    place: u8,
    name: Option<u8>,
    id: Option<u32>,
    endpoint: Option<(bool, u8, u16)>,
    labels: Option<u8>,
    tokens: [Option<i64>; 3],
    data_center: u8,
    rack: u8,
}

/// An edit.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Edit {
    Insert(u8),
    Remove(u8),
    SetWeight(u8, u8),
    Replace(u8),
}

/// Edits that are made at once.
#[derive(Arbitrary, Debug)]
enum Step {
    One(Edit),
    Batch(Vec<Edit>),
    /// The list of the servers whose bits are 1, the last first if the flag is there.
    List(u8, bool),
}

const HASHES: &str =
    "one_at_a_time md5 crc fnv1_64 fnv1a_64 fnv1_32 fnv1a_32 murmur murmur3 jenkins";

/// Numbers of points from 1 to 300, and larger ones.
const SIZES: &str = "#";

/// The options of each system, each with its values: none, or those between spaces.
const OPTIONS: [(&str, &[(&str, &str)]); 15] = [
    ("native", &[]),
    ("nginx", &[]),
    ("pingora", &[]),
    ("pingora-v2", &[("points", SIZES)]),
    ("libmemcached", &[("hash", HASHES), ("weighted", ""), ("spy", "")]),
    (
        "twemproxy",
        &[
            (
                "hash",
                "one_at_a_time md5 crc16 crc32 crc32a fnv1_64 fnv1a_64 fnv1_32 fnv1a_32 hsieh murmur jenkins",
            ),
            ("hash_tag", "{} $$ ab"),
        ],
    ),
    ("envoy", &[("min", SIZES), ("max", SIZES), ("hash", "xxh64 murmur64A")]),
    ("grpc", &[("min", SIZES), ("max", SIZES), ("cap", SIZES)]),
    ("libketama", &[]),
    ("uhashring", &[("ketama", "")]),
    ("hash_ring", &[]),
    ("hashring", &[("vnodes", SIZES), ("default_port", SIZES), ("compatibility", "hash_ring")]),
    ("haproxy-2.6", &[("hash", "sdbm djb2 wt6 crc32"), ("avalanche", "yes no")]),
    (
        "haproxy-3.0",
        &[
            ("hash", "sdbm djb2 wt6 crc32"),
            ("avalanche", "yes no"),
            ("hash_key", "id addr addr-port"),
        ],
    ),
    ("cassandra", &[("simple", "1 2 5"), ("nts", "dc0:1 dc0:2+dc1:1 dc1:3+dc0:9+dc2:1")]),
];

impl Drawn {
    fn text(&self) -> String {
        let (system, known) = OPTIONS[usize::from(self.system) % OPTIONS.len()];
        let mut text = system.to_owned();
        for &(option, value) in self.options.iter().flatten() {
            let Some((name, values)) = known.get(usize::from(option) % known.len().max(1)) else {
                break;
            };
            let values: Vec<_> = values.split_ascii_whitespace().collect();
            write!(text, ",{name}").unwrap();
            match values[..] {
                [] => {}
                [SIZES] if value % 8 == 7 => write!(text, "={value}").unwrap(),
                [SIZES] => write!(text, "={}", value % 300 + 1).unwrap(),
                _ => write!(text, "={}", values[usize::from(value) % values.len()]).unwrap(),
            }
        }
        text
    }
}

/// The texts of a server.
struct Texts {
    address: String,
    name: Option<String>,
    tokens: Vec<i64>,
    data_center: String,
    rack: String,
}

/// Weights: small ones, none, and such as no ring has room for.
fn weight(byte: u8) -> u32 {
    match byte {
        0xFF => u32::MAX,
        0xFE => u32::MAX / 160,
        0xC0.. => 1 << ((byte - 0xC0) % 32),
        _ => u32::from(byte % 5),
    }
}

impl Kind {
    fn texts(&self) -> Texts {
        let Self { form, number, port, .. } = *self;
        // Few ports, so that texts of different forms meet.
        let port = [port, 11_211, 80, 0][usize::from(port) % 4];
        let address = match form % 12 {
            0 | 1 => format!("10.0.0.{number}:{port}"),
            2 => format!("10.0.0.{number}"),
            3 => format!("cache-{number}:{port}"),
            4 => format!("[fd00::{number:x}]:{port}"),
            5 => format!("[fd00::{number:x}]"),
            6 => format!("fd00::{number:x}:{port}"),
            7 => format!("unix:/run/{number}.sock"),
            8 => format!("/run/{number}.sock:{port}"),
            9 => {
                ["", ":", "[", "]:", "[]:1", "a b", "-", "é:1"][usize::from(number) % 8].to_owned()
            }
            // At the longest identity, and at the end of what labels have room for.
            10 => "n".repeat(usize::from(number) + 1),
            _ => format!("{}:{port}", "n".repeat(usize::from(number))),
        };
        let name =
            |name: u8| ["a", "", "cache-1", "é", "10.0.0.1:80"][usize::from(name) % 5].to_owned();
        Texts {
            address,
            name: self.name.map(name),
            tokens: self.tokens.iter().flatten().copied().collect(),
            data_center: format!("dc{}", self.data_center % 3),
            rack: format!("r{}", self.rack % 3),
        }
    }

    fn server<'t>(&self, texts: &'t Texts) -> Server<'t> {
        let mut server = Server::new(&texts.address, u32::from(self.place % 16))
            .with_weight(weight(self.weight))
            .with_tokens(&texts.tokens, &texts.data_center, &texts.rack);
        (server.name, server.id) = (texts.name.as_deref(), self.id);
        server.endpoint = self.endpoint.map(|(new, number, port)| {
            let ip = match new {
                true => IpAddr::V6(Ipv6Addr::new(0xFD00, 0, 0, 0, 0, 0, 0, number.into())),
                false => IpAddr::V4(Ipv4Addr::new(10, 0, 0, number)),
            };
            SocketAddr::new(ip, port)
        });
        server.labels = self.labels.map(u32::from);
        server
    }
}

/// Plays the input; panics on the first answer that is wrong.
pub fn check(input: &Input<'_>) {
    match input {
        Input::Text(text) => drop(parse(text)),
        Input::Ring(play) => {
            let text = play.profile.text();
            if let Some(profile) = parse(&text) {
                let texts: Vec<_> = play.servers.iter().map(Kind::texts).collect();
                let kinds = play.servers.iter().zip(&texts);
                let servers = kinds.map(|(kind, texts)| kind.server(texts)).collect();
                profile.visit(Playing { play, servers });
            }
        }
    }
}

/// The profile of a text, if it is one; then it is written back as one that is read alike.
fn parse(text: &str) -> Option<Profile<'_>> {
    match Profile::parse(text) {
        Ok(profile) => {
            let written = profile.to_string();
            assert_eq!(Profile::parse(&written), Ok(profile), "{text:?} is written as {written:?}");
            assert_eq!(Profile::parse(&written).unwrap().to_string(), written, "{text:?}");
            let name = written.split(',').next();
            assert_eq!((name, Some(profile.name())), (text.split(',').next(), name), "{text:?}");
            Some(profile)
        }
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control), "{error}");
            None
        }
    }
}

/// A play with the servers that take part.
struct Playing<'p, 't> {
    play: &'p Play<'p>,
    servers: Vec<Server<'t>>,
}

/// What a step asks for.
enum Asked<'t> {
    One(Change<'t, Server<'t>>),
    Batch(Vec<Change<'t, Server<'t>>>),
    List(Vec<Server<'t>>),
}

impl<'t> Playing<'_, 't> {
    fn server(&self, number: u8) -> Server<'t> {
        self.servers[usize::from(number) % SERVERS]
    }

    fn change(&self, edit: Edit) -> Change<'t, Server<'t>> {
        let identity = |number| self.server(number).address.as_bytes();
        match edit {
            Edit::Insert(number) => Change::Insert(self.server(number)),
            Edit::Remove(number) => Change::Remove(identity(number)),
            Edit::SetWeight(number, to) => Change::SetWeight(identity(number), weight(to)),
            Edit::Replace(number) => Change::Replace(self.server(number)),
        }
    }

    fn asked(&self, step: &Step) -> Asked<'t> {
        match step {
            Step::One(edit) => Asked::One(self.change(*edit)),
            Step::Batch(edits) => {
                let edits = edits.iter().take(MOST_CHANGES);
                Asked::Batch(edits.map(|&edit| self.change(edit)).collect())
            }
            Step::List(set, reversed) => {
                let chosen = (0..SERVERS).filter(|at| set >> at & 1 == 1);
                let mut list: Vec<_> = chosen.map(|at| self.servers[at]).collect();
                if *reversed {
                    list.reverse();
                }
                Asked::List(list)
            }
        }
    }
}

/// Servers with the weights in force.
type Model<'t> = Vec<(Server<'t>, u32)>;

/// The servers after a change, if it can be made but for its points.
fn after<'t>(mut model: Model<'t>, change: &Change<'t, Server<'t>>) -> Option<Model<'t>> {
    let here = model.iter().position(|(server, _)| server.address.as_bytes() == change.identity());
    match (change, here) {
        (Change::Insert(server), None) if server.address.len() <= MAX_IDENTITY_LEN => {
            model.push((*server, server.weight()));
        }
        (Change::Remove(_), Some(at)) => drop(model.remove(at)),
        (Change::SetWeight(_, weight), Some(at)) => model[at].1 = *weight,
        (Change::Replace(server), Some(at)) => model[at].0 = *server,
        _ => return None,
    }
    Some(model)
}

/// The servers after what was asked for, if it can be done but for its points.
fn settle<'t>(model: &Model<'t>, asked: &Asked<'t>) -> Option<Model<'t>> {
    match asked {
        Asked::One(change) => after(model.clone(), change),
        Asked::Batch(changes) => changes.iter().try_fold(model.clone(), after),
        Asked::List(list) => {
            let mut model = Model::new();
            for &server in list {
                let here = model.iter().find(|(other, _)| other.address == server.address);
                match here {
                    Some((other, _)) if *other == server => {}
                    Some(_) => return None,
                    None if server.address.len() > MAX_IDENTITY_LEN => return None,
                    None => model.push((server, server.weight())),
                }
            }
            Some(model)
        }
    }
}

/// What a refusal says.
trait Refusal {
    fn reason(self) -> String;
}

impl<N> Refusal for Rejected<N> {
    fn reason(self) -> String {
        self.error.reason()
    }
}

impl<N> Refusal for Rejected<N, RingUpdateError> {
    fn reason(self) -> String {
        self.error.reason()
    }
}

impl<E: Refusal> Refusal for RingUpdateError<E> {
    fn reason(self) -> String {
        match self {
            UpdateError::Build(error) => error.reason(),
            UpdateError::Busy => panic!("nobody holds a ring"),
        }
    }
}

impl Refusal for EditError {
    fn reason(self) -> String {
        format!("{self:?}")
    }
}

impl Refusal for BatchError {
    fn reason(self) -> String {
        format!("{self:?}")
    }
}

impl Refusal for ReconcileError {
    fn reason(self) -> String {
        format!("{self:?}")
    }
}

/// Asks a ring or a writer; what it refuses, and why.
macro_rules! ask {
    ($ring:expr, $asked:expr) => {
        match $asked {
            Asked::One(change) => match change {
                Change::Insert(server) => $ring.insert(*server).map_err(Refusal::reason),
                Change::Remove(identity) => {
                    $ring.remove(identity).map(drop).map_err(Refusal::reason)
                }
                Change::SetWeight(identity, weight) => {
                    $ring.set_weight(identity, *weight).map(drop).map_err(Refusal::reason)
                }
                Change::Replace(server) => {
                    $ring.replace(*server).map(drop).map_err(Refusal::reason)
                }
                other => panic!("{other:?}"),
            },
            Asked::Batch(changes) => $ring.apply(changes).map_err(Refusal::reason),
            Asked::List(list) => {
                $ring.reconcile(&mut list.clone()).map(drop).map_err(Refusal::reason)
            }
        }
    };
}

impl<'t> Visit<Server<'t>> for Playing<'_, 't> {
    type Answer = ();

    fn visit<S: System<Server<'t>>, H: KeyHash<[u8]> + Clone>(
        self,
        config: S::Config,
        hash: H,
        strategy: S::Strategy<'_>,
    ) {
        for server in &self.servers {
            let _ = S::check(&config, server);
        }
        let empty =
            HeapRing::<_, S, _>::with_hash(config, hash.clone()).with_max_points(POINTS as u32);
        let in_place = || Ring::<_, SERVERS, POINTS, S, _>::with_hash(config, hash.clone());
        let mut heap = empty.clone();
        let mut inline = in_place();
        let mut heaps: Published<_, 1, 2> = Published::new([empty.clone(), empty.clone()]);
        let mut inlines: Published<_, 1, 2> = Published::new([in_place(), in_place()]);
        let (writer, [reader]) = heaps.split();
        let (mut heap_writer, mut heap_reader) = (RingWriter::new(writer), RingReader::new(reader));
        let (writer, [reader]) = inlines.split();
        let (mut inline_writer, mut inline_reader) =
            (RingWriter::new(writer), RingReader::new(reader));

        let mut model = Model::new();
        let mut built = empty.clone();
        let first = (0..SERVERS as u8).filter(|at| self.play.first >> at & 1 == 1);
        let first: Vec<_> = first.map(|at| Step::One(Edit::Insert(at))).collect();
        for step in first.iter().chain(self.play.steps.iter().take(MOST_STEPS)) {
            let asked = self.asked(step);
            let taken = [
                ask!(heap, &asked),
                ask!(inline, &asked),
                ask!(heap_writer, &asked),
                ask!(inline_writer, &asked),
            ];
            let built_after = settle(&model, &asked).and_then(|after| {
                let build = build::<S, H>(empty.clone(), &after)?;
                Some((after, build))
            });
            for other in &taken {
                assert_eq!(*other, taken[0], "of {taken:?}");
                assert_eq!(other.is_ok(), built_after.is_some(), "{step:?}: {other:?}");
            }
            if let Some(after) = built_after {
                (model, built) = after;
            }
            let (heap_pin, inline_pin) = (heap_reader.pin(), inline_reader.pin());
            for view in [heap.view(), inline.view(), heap_pin.view(), inline_pin.view()] {
                same(view, built.view());
                self.ask::<S, H>(&strategy, view, built.view());
            }
            naive::<S, H>(built.view(), self.play.key);
        }
    }
}

/// The ring that is built at once of these servers, if there is room.
fn build<'t, S: System<Server<'t>>, H: Clone>(
    mut ring: HeapRing<Server<'t>, S, H>,
    model: &Model<'t>,
) -> Option<HeapRing<Server<'t>, S, H>> {
    // Weights in force are those of the nodes, but for a node with tokens.
    let weighed = |&(server, weight): &(Server<'t>, u32)| match server.tokens {
        [] => server.with_weight(weight),
        _ => server,
    };
    let changes = model.iter().map(|server| Change::Insert(weighed(server)));
    let weights =
        model.iter().filter(|(server, weight)| weighed(&(*server, *weight)).weight() != *weight);
    let weights =
        weights.map(|(server, weight)| Change::SetWeight(server.address.as_bytes(), *weight));
    let changes: Vec<_> = changes.chain(weights).collect();
    ring.apply(&changes).ok()?;
    Some(ring)
}

/// Panics where two rings differ.
fn same<'t, S: System<Server<'t>>, H>(
    edited: RingRef<'_, Server<'t>, S, H>,
    built: RingRef<'_, Server<'t>, S, H>,
) {
    assert_eq!(edited.len(), built.len());
    for (edited, built) in edited.members().iter().zip(built.members()) {
        let of = |member: &annulus::Member<Server<'t>>| {
            (member.node().address, member.node().place, member.weight(), member.point_count())
        };
        assert_eq!(of(edited), of(built));
    }
    assert!(edited.same_membership(built));
    let of = |ring: RingRef<'_, Server<'t>, S, H>| -> Vec<_> {
        ring.points().map(|point| (point.position.to_u64(), point.member)).collect()
    };
    assert_eq!(of(edited), of(built));
    assert_eq!(edited.fingerprint(), built.fingerprint());
}

/// The owner of a key is that of the next point, or of the nearest, by a scan of all points; and so it is at a point.
fn naive<'t, S: System<Server<'t>>, H: KeyHash<[u8]>>(
    ring: RingRef<'_, Server<'t>, S, H>,
    key: &[u8],
) {
    let points: Vec<_> = ring.points().map(|point| (point.position, point.member)).collect();
    let at = points.get(key.len() % points.len().max(1)).map(|point| point.0);
    let around = u64::MAX >> (64 - S::Position::BITS);
    for position in [Some(ring.position(key)), at].into_iter().flatten() {
        // How far each is, and whether it lies ahead. Of several on one position the first counts, or the last if
        // the nearest is behind.
        let distances = points.iter().zip(0i64..).map(|(&(point, member), at)| {
            let ahead = point.to_u64().wrapping_sub(position.to_u64()) & around;
            let behind = position.to_u64().wrapping_sub(point.to_u64()) & around;
            let nearer_behind = S::NEAREST && behind != 0 && behind <= ahead;
            (if nearer_behind { (behind, false, -at) } else { (ahead, true, at) }, member)
        });
        let owner = distances.min().map(|(_, member)| member);
        assert_eq!(ring.owner_number_at(position), owner, "at {position:?}");
    }
}

impl<'t> Playing<'_, 't> {
    /// Compares what an edited ring answers with what a built one does.
    fn ask<S: System<Server<'t>>, H: KeyHash<[u8]>>(
        &self,
        strategy: &S::Strategy<'_>,
        edited: RingRef<'_, Server<'t>, S, H>,
        built: RingRef<'_, Server<'t>, S, H>,
    ) {
        let position = edited.position(self.play.key);
        assert_eq!(position, built.position(self.play.key));
        let answer = |ring: RingRef<'_, Server<'t>, S, H>, room: usize| {
            let alive = |number| {
                let server = ring.member(number).expect("numbers are those of members").node();
                self.play.up >> (server.place % 8) & 1 == 1
            };
            let mut out = [0; MOST_OWNERS];
            let found = S::owners_at(strategy, ring, position, alive, &mut out[..room]);
            assert!(
                found <= room && out[found..room].iter().all(|&rest| rest == u32::MAX),
                "{out:?}"
            );
            for (at, number) in out[..found].iter().enumerate() {
                assert!(!out[..at].contains(number) && ring.member(*number).is_some(), "{out:?}");
            }
            (found, out)
        };
        for room in 0..=MOST_OWNERS {
            assert_eq!(answer(edited, room), answer(built, room));
        }
    }
}
