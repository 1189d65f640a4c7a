//! Rings that are edited have the points of rings that are built at once.

#[expect(dead_code, reason = "answers are compared elsewhere")]
mod common;

use annulus::{Change, HeapRing, KeyHash};
use annulus_profiles::{Server, System, Visit};

use common::{Case, Recorded, profile};

/// The most servers of a case that is edited, the most points, and the most cases of a system.
const MOST_SERVERS: usize = 12;
const MOST_POINTS: usize = 20_000;
const MOST_CASES: usize = 6;

/// The position of each point, and the place of the server that has it.
type Points = Vec<(u64, u32)>;

fn points<'c, S: System<Server<'c>>, H>(ring: &HeapRing<Server<'c>, S, H>) -> Points {
    let points = ring.view().points();
    points.map(|point| (annulus::Position::to_u64(point.position), point.node.place)).collect()
}

/// Edits the ring of a case in all ways. Answers with the number of edits, 0 if the case is too large.
struct Edit<'c> {
    case: &'c Case,
}

impl<'c> Visit<Server<'c>> for Edit<'c> {
    type Answer = usize;

    fn visit<S: System<Server<'c>>, H: KeyHash<[u8]> + Clone>(
        self,
        config: S::Config,
        hash: H,
        _: S::Strategy<'_>,
    ) -> usize {
        let name = &self.case.name;
        let empty = || HeapRing::<Server<'c>, S, H>::with_hash(config, hash.clone());
        let build = |servers: &[Server<'c>]| {
            let mut ring = empty();
            ring.insert_all(servers.iter().copied()).unwrap();
            ring
        };
        let servers: Vec<_> = self.case.servers.iter().map(common::Owned::server).collect();
        let mut ring = build(&servers);
        let whole = points(&ring);
        if whole.len() > MOST_POINTS {
            return 0;
        }
        let mut edits = 0;
        let mut same = |ring: &HeapRing<Server<'c>, S, H>, servers: &[Server<'c>], what: &str| {
            edits += 1;
            assert!(points(ring) == points(&build(servers)), "{name}: {what}");
        };

        let mut grown = empty();
        for server in servers.iter().rev() {
            grown.insert(*server).unwrap();
        }
        same(&grown, &servers, "one by one, from the last on");

        for (at, server) in servers.iter().enumerate() {
            let mut others = servers.clone();
            others.remove(at);
            ring.remove(server.address).unwrap();
            same(&ring, &others, "one has left");
            ring.insert(*server).unwrap();
            same(&ring, &servers, "it is back");

            let mut changed = servers.clone();
            // Servers that have tokens have as many points as tokens, of which the first stay.
            let weight = if server.tokens.is_empty() {
                server.weight + 1
            } else {
                let kept = server.tokens.len().div_ceil(2);
                changed[at].tokens = &server.tokens[..kept];
                kept as u32
            };
            changed[at].weight = weight;
            let before = ring.set_weight(server.address, weight).unwrap();
            same(&ring, &changed, "one has another weight");
            ring.set_weight(server.address, before).unwrap();
            same(&ring, &servers, "it has its weight again");
        }

        if let [first, middle @ .., last] = &servers[..] {
            let mut batched = build(&servers[..servers.len() - 1]);
            let leaves = Change::Remove(first.address.as_bytes());
            batched.apply(&[leaves, Change::Insert(*last)]).unwrap();
            same(&batched, &[middle, &[*last]].concat(), "a batch");
            let comes = middle.first().map(|server| Change::Replace(*server));
            batched
                .apply(&comes.into_iter().chain([Change::Insert(*first)]).collect::<Vec<_>>())
                .unwrap();
            same(&batched, &servers, "a batch that replaces");
        }
        edits
    }
}

fn edits(system: &str) {
    let recorded = Recorded::of(system);
    let mut edits = 0;
    let mut seen = Vec::new();
    for case in recorded.cases.iter().filter(|case| case.servers.len() <= MOST_SERVERS) {
        // Cases that differ in nothing but the keys, or how many servers hold them, have one ring.
        let profile = profile(case);
        let ring = profile.visit(Fingerprint { case });
        if seen.contains(&ring) || seen.len() == MOST_CASES {
            continue;
        }
        edits += profile.visit(Edit { case });
        seen.push(ring);
    }
    println!("{system}: {edits} edits of {} rings", seen.len());
    assert!(edits > 30, "{system}: {edits} edits");
}

/// The fingerprint of a case's ring.
struct Fingerprint<'c> {
    case: &'c Case,
}

impl<'c> Visit<Server<'c>> for Fingerprint<'c> {
    type Answer = u64;

    fn visit<S: System<Server<'c>>, H: KeyHash<[u8]> + Clone>(
        self,
        config: S::Config,
        hash: H,
        _: S::Strategy<'_>,
    ) -> u64 {
        common::ring::<S, H>(self.case, config, hash).view().fingerprint()
    }
}

/// A test for each system.
macro_rules! systems {
    ($($test:ident = $system:literal;)+) => {$(
        #[test]
        fn $test() {
            edits($system);
        }
    )+};
}

systems! {
    nginx = "nginx";
    pingora = "pingora";
    grpc = "grpc";
    haproxy_2_6 = "haproxy-2.6";
    haproxy_3_0 = "haproxy-3.0";
    cassandra = "cassandra";
}
