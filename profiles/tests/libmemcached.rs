//! Whole rings of libmemcached, point by point, how many points servers have by weight, and points that two have.
//!
//! `cargo test -p annulus-profiles --all-features --test libmemcached -- --nocapture` prints how many rows there are
//! of each.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod common;

use std::fmt::Write as _;

use annulus::{KeyHash, Position};
use annulus_profiles::{Server, System, Visit};
use common::{Case, Owned, Recorded, place, profile, ring, routes};
use sha2::{Digest, Sha256};

/// The points of a case in the order of the ring, each with the place of its server.
fn points(case: &Case) -> Vec<(u32, u32)> {
    struct Points<'c>(&'c Case);

    impl<'c> Visit<Server<'c>> for Points<'c> {
        type Answer = Vec<(u32, u32)>;

        fn visit<S: System<Server<'c>>, H: KeyHash<[u8]> + Clone>(
            self,
            config: S::Config,
            hash: H,
            _: S::Strategy<'_>,
        ) -> Vec<(u32, u32)> {
            let ring = ring::<S, H>(self.0, config, hash);
            let view = ring.view();
            let position = |position: S::Position| u32::try_from(position.to_u64()).unwrap();
            let points = view.points();
            points.map(|at| (position(at.position), place(view, at.member))).collect()
        }
    }

    profile(case).visit(Points(case))
}

/// How many points each server has, joined by blanks.
fn counts(case: &Case, points: &[(u32, u32)]) -> String {
    let of = |server: &Owned| points.iter().filter(|&&(_, place)| place == server.place).count();
    case.servers.iter().map(|server| of(server).to_string()).collect::<Vec<_>>().join(" ")
}

/// Servers of these addresses and weights, counted by weight.
fn weighted(name: &str, servers: impl Iterator<Item = (String, u32)>) -> Case {
    let servers = (0..).zip(servers).map(|(place, (address, weight))| Owned {
        address,
        weight,
        place,
        ..Owned::default()
    });
    Case {
        name: name.to_owned(),
        profile: "libmemcached,weighted".to_owned(),
        servers: servers.collect(),
        down: Vec::new(),
    }
}

/// Rows of a file that were compared.
struct Compared {
    file: &'static str,
    rows: usize,
    wrong: Vec<String>,
}

impl Compared {
    fn new(file: &'static str) -> Self {
        Self { file, rows: 0, wrong: Vec::new() }
    }

    fn row<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, expected: T) {
        self.rows += 1;
        if found != expected {
            self.wrong.push(format!("{what}: {found:?}, not {expected:?}"));
        }
    }

    fn end(self, rows: usize) {
        let Self { file, rows: found, wrong } = self;
        println!("libmemcached: {found} rows of {file}, {} mismatches", wrong.len());
        let shown: Vec<_> = wrong.iter().take(5).collect();
        assert!(wrong.is_empty(), "{} differ, such as {shown:#?}", wrong.len());
        assert_eq!(found, rows, "{file}");
    }
}

#[test]
fn rings() {
    let recorded = Recorded::of("libmemcached");
    let mut compared = Compared::new("rings.tsv");
    for row in recorded.rows("rings.tsv") {
        let [name, count, digest, of_each] = &row[..] else { panic!("{row:?}") };
        let case = recorded.case(name);
        let points = points(case);
        let mut sha = Sha256::new();
        for (position, place) in &points {
            sha.update(position.to_le_bytes());
            sha.update(place.to_le_bytes());
        }
        let hex = sha.finalize().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        let found = [points.len().to_string(), hex, counts(case, &points)];
        compared.row(name, found, [count.clone(), digest.clone(), of_each.clone()]);
    }
    compared.end(50);
}

#[test]
fn single_points() {
    let recorded = Recorded::of("libmemcached");
    let mut compared = Compared::new("points.tsv");
    let rows = recorded.rows("points.tsv");
    for of_case in rows.chunk_by(|a, b| a[0] == b[0]) {
        let name = &of_case[0][0];
        let points = points(recorded.case(name));
        assert_eq!(points.len(), of_case.len(), "{name}");
        for (&(position, place), row) in points.iter().zip(of_case) {
            let found = [position, place].map(|number| number.to_string());
            compared.row(name, found, [row[1].clone(), row[2].clone()]);
        }
    }
    compared.end(3_720);
}

#[test]
fn counts_by_weight() {
    let mut compared = Compared::new("counts.tsv");
    for row in Recorded::of("libmemcached").rows("counts.tsv") {
        let [weights, expected] = &row[..] else { panic!("{row:?}") };
        let servers = weights.split(' ').enumerate();
        let case = weighted(
            weights,
            servers.map(|(at, weight)| (format!("s{at}:11211"), weight.parse().unwrap())),
        );
        compared.row(weights, counts(&case, &points(&case)), expected.clone());
    }
    compared.end(174);
}

/// Keys at points that two of 100 servers have.
#[test]
fn ties() {
    let mut compared = Compared::new("ties.tsv");
    for row in Recorded::of("libmemcached").rows("ties.tsv") {
        let [seed, weight, key, expected] = &row[..] else { panic!("{row:?}") };
        let weight = weight.parse().unwrap();
        let case = weighted(seed, (0..100).map(|at| (format!("t{seed}-{at}.org:11211"), weight)));
        let key = common::unhex(key);
        compared.row(seed, routes(&case, &[&key], 1), vec![expected.clone()]);
    }
    compared.end(15);
}
