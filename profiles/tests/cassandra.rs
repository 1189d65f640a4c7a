//! Replicas of Cassandra, beyond the answers that were recorded.

use annulus::HeapRing;
use annulus_profiles::cassandra::{Cassandra, DataCenters, Hash, Strategy, position, replicas};
use annulus_profiles::{Refusal, Server, System};

/// Hosts on a ring of 1000 tokens: each letter of `order` is a host, with a token where it stands.
fn ring<'t>(
    order: &str,
    hosts: &[(&'t str, &'t str, &'t str)],
    tokens: &'t mut Vec<Vec<i64>>,
) -> HeapRing<Server<'t>, Cassandra, Hash> {
    let tokens_of = |name: &str| {
        let at = (0..).zip(order.chars()).filter(|(_, host)| name.contains(*host));
        at.map(|(at, _)| 10 * at).collect::<Vec<i64>>()
    };
    *tokens = hosts.iter().map(|(name, ..)| tokens_of(name)).collect();
    let servers = (0..).zip(hosts).zip(&*tokens).map(|((place, &(name, center, rack)), tokens)| {
        Server::new(name, place).with_tokens(tokens, center, rack)
    });
    let mut ring = HeapRing::with_hash((), Hash::default());
    ring.insert_all(servers).unwrap();
    ring
}

/// The names of the hosts that hold a token, in room for so many, when those of `down` are down.
fn held(
    ring: &HeapRing<Server<'_>, Cassandra, Hash>,
    strategy: &Strategy<'_>,
    token: i64,
    room: usize,
    down: &str,
) -> String {
    let view = ring.view();
    let name = |number: u32| view.member(number).unwrap().node().address;
    let mut out = vec![0; room];
    let alive = |number: u32| !down.contains(name(number));
    let found = Cassandra::owners_at(strategy, view, position(token), alive, &mut out);
    assert!(out[found..].iter().all(|&number| number == u32::MAX));
    out[..found].iter().map(|&number| name(number)).collect()
}

fn topology<'t>(centers: &[(&'t str, u32)]) -> Strategy<'t> {
    Strategy::NetworkTopology(DataCenters::new(centers).unwrap())
}

const ONE_CENTER: [(&str, &str, &str); 5] =
    [("a", "x", "1"), ("b", "x", "1"), ("c", "x", "1"), ("d", "x", "2"), ("e", "y", "1")];

#[test]
fn a_host_that_is_down_is_left_out_and_not_replaced() {
    let mut tokens = Vec::new();
    let ring = ring("abcde", &ONE_CENTER, &mut tokens);
    for strategy in [Strategy::Simple(3), topology(&[("x", 3)])] {
        let up = held(&ring, &strategy, 0, 9, "");
        assert_eq!(up.len(), 3);
        for down in up.chars().map(String::from) {
            assert_eq!(held(&ring, &strategy, 0, 9, &down), up.replace(&down, ""));
        }
    }
}

#[test]
fn hosts_set_aside_follow_when_every_rack_has_one() {
    let mut tokens = Vec::new();
    let ring = ring("aabbcedc", &ONE_CENTER, &mut tokens);
    for (factor, expected) in [(1, "a"), (2, "ad"), (3, "adb"), (4, "adbc"), (9, "adbc")] {
        assert_eq!(held(&ring, &topology(&[("x", factor)]), 0, 16, ""), expected);
    }
    // From there on the walk comes by `c`, which is of no new rack, before it ends at `a`.
    assert_eq!(held(&ring, &topology(&[("x", 3)]), 55, 16, ""), "dca");
}

#[test]
fn data_centers_follow_each_other_as_they_come_on_the_ring() {
    let mut tokens = Vec::new();
    let ring = ring("aebcd", &ONE_CENTER, &mut tokens);
    for token in [0, 5, 15, 45] {
        let held = held(&ring, &topology(&[("y", 1), ("z", 3), ("x", 1)]), token, 16, "");
        assert!(held.ends_with('e') && held.len() == 2, "{held}");
    }
}

#[test]
fn less_room_is_for_the_first() {
    let mut tokens = Vec::new();
    let ring = ring("aabbcedc", &ONE_CENTER, &mut tokens);
    for strategy in [Strategy::Simple(4), topology(&[("x", 4), ("y", 1)])] {
        let all = held(&ring, &strategy, 0, 16, "");
        for room in 0..=all.len() {
            assert_eq!(held(&ring, &strategy, 0, room, ""), all[..room]);
        }
    }
}

#[test]
fn hosts_without_points_are_no_replicas_and_no_racks() {
    let mut tokens = Vec::new();
    let mut ring = ring("aabbcedc", &ONE_CENTER, &mut tokens);
    ring.set_weight("d", 0).unwrap();
    assert_eq!(held(&ring, &topology(&[("x", 9)]), 0, 16, ""), "abc");
    ring.clear();
    assert_eq!(held(&ring, &topology(&[("x", 9)]), 0, 16, ""), "");
    assert_eq!(held(&ring, &Strategy::Simple(3), 0, 16, ""), "");
}

#[test]
fn a_key_is_held_where_its_token_is() {
    let mut tokens = Vec::new();
    let ring = ring("aabbcedc", &ONE_CENTER, &mut tokens);
    let strategy = Strategy::Simple(2);
    for key in ["the", "one", "will"] {
        let token = annulus_profiles::hash::murmur3::cassandra_token(key.as_bytes());
        let (mut by_key, mut by_token) = ([0; 3], [0; 3]);
        let found = replicas(ring.view(), &strategy, key, &mut by_key);
        let view = ring.view();
        Cassandra::owners_at(&strategy, view, position(token), |_| true, &mut by_token);
        assert_eq!((found, by_key), (2, by_token));
    }
}

#[test]
fn the_fingerprint_is_of_all_that_answers_depend_on() {
    let fingerprint = |host: Server<'_>| {
        let mut ring = HeapRing::<_, Cassandra, Hash>::with_hash((), Hash::default());
        ring.insert(host).unwrap();
        ring.view().fingerprint()
    };
    let host = Server::new("h", 0);
    let all = [
        host.with_tokens(&[1, 2], "dc", "r"),
        host.with_tokens(&[2, 1], "dc", "r"),
        host.with_tokens(&[1, 3], "dc", "r"),
        host.with_tokens(&[1], "dc", "r"),
        host.with_tokens(&[1, 2], "r", "dc"),
        host.with_tokens(&[1, 2], "dc", "q"),
        host.with_tokens(&[1, 2], "d", "cr"),
    ]
    .map(fingerprint);
    assert!((1..all.len()).all(|at| !all[..at].contains(&all[at])), "{all:?}");
}

#[test]
fn a_weight_is_the_number_of_tokens() {
    #[derive(Debug)]
    struct Host(u32);
    impl annulus::Node for Host {
        fn identity(&self) -> &[u8] {
            b"h"
        }
        fn weight(&self) -> u32 {
            self.0
        }
    }
    impl annulus_profiles::Peer for Host {
        fn place(&self) -> u32 {
            0
        }
        fn tokens(&self) -> &[i64] {
            &[7, -3]
        }
    }
    assert_eq!(Cassandra::check(&(), &Host(2)), Ok(()));
    assert_eq!(Cassandra::check(&(), &Host(1)), Err(Refusal::WeightUnlikeTokens));
    // A ring takes it still, and has its tokens and no other positions.
    let mut ring = HeapRing::<Host, Cassandra, Hash>::with_hash((), Hash::default());
    ring.insert(Host(4)).unwrap();
    let points: Vec<_> = ring.view().points().map(|point| point.position).collect();
    assert_eq!(points, [-3, -3, -3, 7].map(position));
}
