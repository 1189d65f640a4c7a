//! Whole rings of other systems, point by point, and how many points servers of many weights have.
//!
//! `cargo test -p annulus-profiles --all-features --test rings -- --nocapture` prints how many rows there are of
//! each.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod common;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use annulus::{KeyHash, Position};
use annulus_profiles::hash::md5;
use annulus_profiles::{Server, System, Visit};
use common::{Case, Owned, Recorded, place, profile, ring, routes};
use sha2::{Digest, Sha256};

/// The points of a case in their order, each with the place of the server that owns it; and how many each has.
struct Whole {
    points: Vec<(u64, u32)>,
    counts: Vec<u32>,
}

fn whole(case: &Case) -> Whole {
    struct Points<'c>(&'c Case);

    impl<'c> Visit<Server<'c>> for Points<'c> {
        type Answer = Whole;

        fn visit<S: System<Server<'c>>, H: KeyHash<[u8]> + Clone>(
            self,
            config: S::Config,
            hash: H,
            _: S::Strategy<'_>,
        ) -> Whole {
            let ring = ring::<S, H>(self.0, config, hash);
            let view = ring.view();
            let mut points: Vec<_> = view
                .points()
                .map(|point| (point.position.to_u64(), place(view, point.member)))
                .collect();
            if S::EQUAL_POINTS_ONCE {
                // The system has all of them, of one owner.
                for at in 1..points.len() {
                    if points[at].0 == points[at - 1].0 {
                        points[at].1 = points[at - 1].1;
                    }
                }
            }
            let count = |server: &Owned| view.get(&*server.address).unwrap().point_count();
            Whole { points, counts: self.0.servers.iter().map(count).collect() }
        }
    }

    profile(case).visit(Points(case))
}

/// What the first line of `rings.tsv` says of the digest that each row has.
fn form(system: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(system);
    let text = fs::read_to_string(folder.join("rings.tsv")).unwrap();
    text.lines().next().and_then(|line| line.split('\t').nth(2)).unwrap().to_owned()
}

/// The form of digests of a system that keeps one of several points on one position, and of that the owner alone.
const ONE_OF_EQUAL: &str = "fnv1a_64_of_places_in_ring_order";

/// The digest of a ring's points in this form.
fn described(form: &str, case: &Case, whole: &Whole) -> String {
    if form == ONE_OF_EQUAL {
        let places = whole.points.iter().map(|&(_, place)| u64::from(place));
        let step = |hash: u64, place: u64| (hash ^ place).wrapping_mul(0x0100_0000_01b3);
        return format!("{:016x}", places.fold(0xcbf2_9ce4_8422_2325, step));
    }
    let mut sha = Sha256::new();
    match form {
        "sha256_of_points" => {
            for &(value, place) in &whole.points {
                sha.update(u32::try_from(value).unwrap().to_le_bytes());
                sha.update(place.to_le_bytes());
            }
        }
        "sha256_of_value:place_joined_by_blanks" => {
            let wide = if case.profile == "uhashring" { wide(case, whole) } else { HashMap::new() };
            for (at, (value, place)) in whole.points.iter().enumerate() {
                let value = wide.get(value).copied().unwrap_or_else(|| u128::from(*value));
                let blank = if at == 0 { "" } else { " " };
                sha.update(format!("{blank}{value}:{place}"));
            }
        }
        _ => panic!("{form:?}"),
    }
    sha.finalize().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The points of 128 bits by their upper 64, of which a ring consists.
fn wide(case: &Case, whole: &Whole) -> HashMap<u64, u128> {
    let labels = case.servers.iter().zip(&whole.counts).flat_map(|(server, &count)| {
        (0..count).map(|number| format!("{}-{number}", server.address))
    });
    let values = labels.map(|label| md5::integer(md5::digest(label.as_bytes())));
    values.map(|value| ((value >> 64) as u64, value)).collect()
}

fn joined(counts: &[u32]) -> String {
    let texts: Vec<_> = counts.iter().map(u32::to_string).collect();
    texts.join(" ")
}

/// Compares the rings of `rings.tsv` and the numbers of points of `counts.tsv`.
fn rings_and_counts(system: &str, rows: usize) {
    let recorded = Recorded::of(system);
    let mut compared = 0;
    let mut wrong = Vec::new();
    let mut compare = |what: &str, found: &str, expected: &str| {
        if found != expected {
            wrong.push(format!("{what}: {found}, not {expected}"));
        }
    };
    let form = form(system);
    for row in recorded.rows("rings.tsv") {
        let [name, points, digest, counts @ ..] = &row[..] else { panic!("{row:?}") };
        let case = recorded.case(name);
        let mut whole = whole(case);
        if form == ONE_OF_EQUAL {
            whole.points.dedup_by_key(|&mut (position, _)| position);
        }
        compare(name, &whole.points.len().to_string(), points);
        if let [counts] = counts {
            compare(name, &joined(&whole.counts), counts);
        }
        compare(name, &described(&form, case, &whole), digest);
        compared += 1;
    }
    if recorded.has("counts.tsv") {
        for row in recorded.rows("counts.tsv") {
            let [weights, counts] = &row[..] else { panic!("{row:?}") };
            let servers = weights.split(' ').enumerate().map(|(at, weight)| Owned {
                address: format!("s{at}:11211"),
                weight: weight.parse().unwrap(),
                place: at as u32,
                ..Owned::default()
            });
            let (name, profile) = (weights.clone(), system.to_owned());
            let case = Case { name, profile, servers: servers.collect(), down: Vec::new() };
            compare(weights, &joined(&whole(&case).counts), counts);
            compared += 1;
        }
    }
    println!("{system}: {compared} rows of rings and counts, {} mismatches", wrong.len());
    assert!(
        wrong.is_empty(),
        "{} differ, such as {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(5)]
    );
    assert_eq!(compared, rows, "{system}");
}

#[test]
fn pingora() {
    rings_and_counts("pingora", 16);
}

#[test]
fn libketama() {
    rings_and_counts("libketama", 16 + 174);
}

#[test]
fn uhashring() {
    rings_and_counts("uhashring", 16);
}

#[test]
fn hash_ring() {
    rings_and_counts("hash_ring", 8);
}

#[test]
fn hashring() {
    rings_and_counts("hashring", 13 + 174);
}

/// A case of these servers, whose weights are equal.
fn equal(profile: &str, addresses: &[&str]) -> Case {
    let servers = addresses.iter().enumerate().map(|(at, &address)| Owned {
        address: address.to_owned(),
        weight: 1,
        place: at as u32,
        ..Owned::default()
    });
    let (name, profile) = (addresses.join(" "), profile.to_owned());
    Case { name, profile, servers: servers.collect(), down: Vec::new() }
}

/// The places of all servers, in the order in which they follow a position.
fn following(case: &Case, position: u32) -> Vec<u32> {
    struct Following<'c>(&'c Case, u32);

    impl<'c> Visit<Server<'c>> for Following<'c> {
        type Answer = Vec<u32>;

        fn visit<S: System<Server<'c>>, H: KeyHash<[u8]> + Clone>(
            self,
            config: S::Config,
            hash: H,
            strategy: S::Strategy<'_>,
        ) -> Vec<u32> {
            let Self(case, position) = self;
            let ring = ring::<S, H>(case, config, hash);
            let view = ring.view();
            let at = view.points().find(|point| point.position.to_u64() == u64::from(position));
            let at = at.expect("a point is there").position;
            let mut out = vec![0; case.servers.len()];
            let found = S::owners_at(&strategy, view, at, |_| true, &mut out);
            out[..found].iter().map(|&number| place(view, number)).collect()
        }
    }

    profile(case).visit(Following(case, position))
}

/// The first two have a point here. The next point is one of the third.
const TIE: (u32, [&str; 3]) = (3_643_922_434, ["s294:11211", "s315:11211", "c0:11211"]);

/// What uhashring 2.5 answers too, whose recorded rings have no such points.
#[test]
fn of_equal_points_the_last_listed_counts_where_they_count_once() {
    let (position, [a, b, c]) = TIE;
    for system in ["uhashring,ketama", "hash_ring"] {
        for servers in [[a, b, c], [b, a, c]] {
            assert_eq!(following(&equal(system, &servers), position), [1, 2, 0], "{system}");
        }
    }
}

#[test]
fn of_equal_points_the_first_listed_owns_where_all_count() {
    let (position, [a, b, c]) = TIE;
    for system in ["libketama", "hashring"] {
        for servers in [[a, b, c], [b, a, c]] {
            assert_eq!(following(&equal(system, &servers), position), [0, 1, 2], "{system}");
        }
    }
}

/// A key that is a label lies on a point.
#[test]
fn a_key_on_a_point_is_of_that_point_or_of_the_next() {
    for (system, after) in [
        ("libketama", false),
        ("hashring", false),
        ("uhashring", true),
        ("uhashring,ketama", true),
        ("hash_ring", true),
    ] {
        let case = equal(system, &["a:1", "b:1", "c:1"]);
        let points = whole(&case).points;
        for (at, server) in case.servers.iter().enumerate() {
            for label in (0..40).map(|number| format!("{}-{number}", server.address)) {
                let digest = md5::digest(label.as_bytes());
                let value = match system {
                    "uhashring" => (md5::integer(digest) >> 64) as u64,
                    _ => md5::words(digest)[0].into(),
                };
                let here = points.iter().position(|&(point, _)| point == value).expect("a point");
                assert_eq!(points[here].1, at as u32);
                let owner = if after { points[(here + 1) % points.len()] } else { points[here] };
                let found = routes(&case, &[label.as_bytes()], 1);
                assert_eq!(found, [owner.1.to_string()], "{system}: {label}");
            }
        }
    }
}
