//! What other systems answered, row by row: routes and keys at the edges of points.
//!
//! `cargo test -p annulus-profiles --test routes -- --nocapture` prints how many rows there are of each.

mod common;

use annulus_profiles::Profile;
use common::{Recorded, routes, unhex};

/// Compares every route and every edge of a system.
fn routes_and_edges(system: &str) {
    let recorded = Recorded::of(system);
    let mut rows = 0;
    let mut wrong = Vec::new();
    let mut compare = |case: &str, key: &[u8], found: &str, expected: &str| {
        rows += 1;
        if found != expected {
            wrong.push(format!(
                "{case}: {:?} gives {found}, not {expected}",
                key.escape_ascii().to_string()
            ));
        }
    };
    for group in recorded.groups() {
        let keys: Vec<&[u8]> = group.keys.iter().map(Vec::as_slice).collect();
        for (column, name) in group.cases.iter().enumerate() {
            let (name, asked) = name.split_once('/').unwrap_or((name, "1"));
            let case = recorded.case(name);
            // Where the system says how many, all of them are recorded.
            let wanted = if system == "cassandra" { 16 } else { asked.parse().unwrap() };
            let found = routes(case, &keys, wanted);
            assert_eq!(found.len(), group.answers.len(), "{name}: a row for each key");
            for ((found, key), answers) in found.iter().zip(&keys).zip(&group.answers) {
                compare(name, key, found, &answers[column]);
            }
        }
    }
    if recorded.has("edges.tsv") {
        for row in recorded.rows("edges.tsv") {
            let [case, _, key, expected] = &row[..] else { panic!("{row:?}") };
            let key = unhex(key);
            let found = routes(recorded.case(case), &[&key], 1);
            compare(case, &key, &found[0], expected);
        }
    }
    println!("{system}: {rows} rows, {} mismatches", wrong.len());
    assert!(rows > 1_000, "{system}: {rows} rows");
    let shown: Vec<_> = wrong.iter().take(10).collect();
    assert!(wrong.is_empty(), "{} of {rows} differ, such as {shown:#?}", wrong.len());
}

#[test]
fn nginx() {
    routes_and_edges("nginx");
}

#[test]
fn pingora() {
    routes_and_edges("pingora");
}

#[test]
fn grpc() {
    routes_and_edges("grpc");
}

#[test]
fn libmemcached() {
    routes_and_edges("libmemcached");
}

#[test]
fn twemproxy() {
    routes_and_edges("twemproxy");
}

#[test]
fn libketama() {
    routes_and_edges("libketama");
}

#[test]
fn uhashring() {
    routes_and_edges("uhashring");
}

#[test]
fn hash_ring() {
    routes_and_edges("hash_ring");
}

#[test]
fn hashring() {
    routes_and_edges("hashring");
}

#[test]
fn haproxy_2_6() {
    routes_and_edges("haproxy-2.6");
}

#[test]
fn haproxy_3_0() {
    routes_and_edges("haproxy-3.0");
}

#[test]
fn cassandra() {
    routes_and_edges("cassandra");
}

/// The profile of every recorded case, and sizes that a cap changes.
#[test]
fn profiles_are_written_back_as_they_are_read() {
    let folders = ["nginx", "pingora", "libmemcached", "twemproxy", "libketama", "uhashring"];
    let others = ["hash_ring", "hashring", "haproxy-2.6", "haproxy-3.0", "grpc", "cassandra"];
    let recorded = folders.into_iter().chain(others).flat_map(|system| Recorded::of(system).cases);
    let texts = recorded.map(|case| case.profile).chain(
        [
            "native",
            "envoy",
            "envoy,min=3,max=9",
            "envoy,hash=murmur64A",
            "grpc,min=5000",
            "grpc,cap=100",
            "grpc,max=100000,cap=9000",
        ]
        .map(String::from),
    );
    for text in texts {
        let profile = Profile::parse(&text).unwrap();
        let written = profile.to_string();
        assert_eq!(Profile::parse(&written), Ok(profile), "{text} is written as {written}");
    }
}
