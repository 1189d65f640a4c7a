//! `server` lines of HAProxy: the ids that it gave to servers, and where it sent keys.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod common;

use annulus_profiles::haproxy::{Config, Hash, HashKey, HeapRing, servers};
use common::Recorded;

/// The lines of a case, each with the id that HAProxy says its server has.
fn lines<'r>(rows: &'r [Vec<String>], case: &str) -> Vec<(&'r str, u32)> {
    let rows = rows.iter().filter(|row| row[0] == case);
    rows.map(|row| (row[1].as_str(), row[2].parse().expect("an id"))).collect()
}

/// Compares a case of so many lines: its ids, then its routes, which are counted.
fn compare<const N: usize>(recorded: &Recorded, config: Config, case: &str) -> usize {
    let rows = recorded.rows("lines.tsv");
    let lines: [(&str, u32); N] = lines(&rows, case).try_into().expect("as many lines");
    let servers = servers(&config, lines.map(|(line, _)| line)).expect("lines that HAProxy took");
    let ids = servers.map(|server| server.id.expect("an id"));
    assert_eq!(ids, lines.map(|(_, id)| id), "{case}");
    let mut ring = HeapRing::with_hash(config, Hash::default());
    ring.insert_all(servers).expect("room for all");
    let mut count = 0;
    for row in recorded.rows("lines.routes.tsv").iter().filter(|row| row[0] == case) {
        let owner = ring.owner(&row[1]).expect("a server").place.to_string();
        assert_eq!(owner, row[2], "{case}: {}", row[1]);
        count += 1;
    }
    assert_eq!(count, 300, "{case}");
    count
}

#[test]
fn lines_are_read_as_haproxy_2_6_reads_them() {
    let recorded = Recorded::of("haproxy-2.6");
    let compared = compare::<4>(&recorded, Config::V2_6, "defaults")
        + compare::<4>(&recorded, Config::V2_6, "next")
        + compare::<8>(&recorded, Config::V2_6, "gap")
        + compare::<6>(&recorded, Config::V2_6, "far")
        + compare::<6>(&recorded, Config::V2_6, "first")
        + compare::<4>(&recorded, Config::V2_6, "behind");
    println!("HAProxy 2.6: {compared} rows");
}

#[test]
fn lines_are_read_as_haproxy_3_0_reads_them() {
    let recorded = Recorded::of("haproxy-3.0");
    let [id, addr, addr_port] = [HashKey::Id, HashKey::Addr, HashKey::AddrPort].map(Config::V3_0);
    let compared = compare::<4>(&recorded, id, "defaults")
        + compare::<8>(&recorded, id, "gap")
        + compare::<4>(&recorded, addr, "addr")
        + compare::<6>(&recorded, addr_port, "addr-port")
        + compare::<10>(&recorded, addr_port, "addr-port-10");
    println!("HAProxy 3.0: {compared} rows");
}
