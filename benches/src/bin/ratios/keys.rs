//! Keys that each contender hashes in its own way, one after the other.

use annulus::{Fx64, HeapRing, Native};
use annulus_bench::peers;
use annulus_bench::rounds::Rounds;
use annulus_bench::workload::{self, Server, Size};
use jumphash::JumpHasher;
use std::hint::black_box;

pub(crate) const OWNER: &str = "owner of a 16-byte key";
pub(crate) const KETAMA: &str = "pingora-ketama `node`";
pub(crate) const HASHRING: &str = "hashring `get`";
pub(crate) const LFCHRING: &str = "lfchring `virtual_node_for_key` (key not hashed)";
pub(crate) const ANCHORHASH: &str = "anchorhash `get_resource`";
pub(crate) const JUMPHASH: &str = "jumphash `slot`";
pub(crate) const INTEGER: &str = "owner of a u64 key";
pub(crate) const JUMP: &str = "jump hash of the u64 itself";
pub(crate) const REPLICAS: &str = "3 replicas of a 16-byte key";
pub(crate) const KETAMA_REPLICAS: &str = "pingora-ketama `node_iter`, 3 distinct";
pub(crate) const LFCHRING_REPLICAS: &str = "lfchring `nodes_for_key` (3, settled at creation)";
pub(crate) const ALIVE: &str = "owner that is alive, a tenth being down";
pub(crate) const KETAMA_ALIVE: &str = "pingora-ketama `node_iter`, first alive";

/// How often everything takes its turn.
const ROUNDS: usize = 41;

/// The most points that lfchring is given: each takes it some hundred bytes.
const LFCHRING_POINTS: usize = 200_000;

pub(crate) fn measure(size: Size, rounds: &mut Rounds) {
    let keys = workload::keys(size.keys());
    let integers = workload::integers(size.keys());
    let down = workload::down(size);
    let ring = size.ring();
    let view = ring.view();
    let mut flows: HeapRing<Server, Native, Fx64> = HeapRing::with_hash(size.vnodes, Fx64);
    flows.insert_all(size.servers()).expect("room for all servers");
    let flows = flows.view();
    let ketama = peers::ketama(size);
    let hashring = peers::hashring(size);
    let small = size.points() <= LFCHRING_POINTS;
    let lfchring = small.then(|| [peers::lfchring(size, 1), peers::lfchring(size, 3)]);
    let anchorhash = peers::anchorhash(size);
    let (jump, jumphash) = (peers::jump(), JumpHasher::new_with_keys(1, 2));
    let (nodes, down) = (size.nodes, &*down);
    let (ketama, hashring, anchorhash) = (&ketama, &hashring, &anchorhash);
    for _ in 0..ROUNDS {
        rounds.each(OWNER, &keys, move |key| {
            black_box(view.owner(black_box(key)));
        });
        rounds.each(KETAMA, &keys, move |key| {
            black_box(ketama.node(black_box(key)));
        });
        rounds.each(HASHRING, &keys, move |key| {
            black_box(hashring.get(black_box(key)));
        });
        if let Some([one, three]) = &lfchring {
            rounds.each(LFCHRING, &keys, move |key| {
                black_box(one.virtual_node_for_key(black_box(key)).ok());
            });
            rounds.each(LFCHRING_REPLICAS, &keys, move |key| {
                black_box(three.nodes_for_key(black_box(key)).ok());
            });
        }
        rounds.each(ANCHORHASH, &keys, move |key| {
            black_box(anchorhash.get_resource(*black_box(key)));
        });
        rounds.each(JUMPHASH, &keys, move |key| {
            black_box(jumphash.slot(black_box(key), nodes));
        });
        rounds.each(INTEGER, &integers, move |key| {
            black_box(flows.owner(black_box(key)));
        });
        rounds.each(JUMP, &integers, move |key| {
            black_box(jump.slot(black_box(key), nodes));
        });
        rounds.each(REPLICAS, &keys, move |key| {
            let mut owners = [None; 3];
            view.owners(black_box(key), &mut owners);
            black_box(owners);
        });
        rounds.each(KETAMA_REPLICAS, &keys, move |key| {
            let mut owners = [None; 3];
            let mut found = 0;
            for owner in ketama.node_iter(black_box(key)) {
                if !owners[..found].contains(&Some(owner)) {
                    owners[found] = Some(owner);
                    found += 1;
                }
                if found == owners.len() {
                    break;
                }
            }
            black_box(owners);
        });
        rounds.each(ALIVE, &keys, move |key| {
            black_box(view.owner_where(black_box(key), |server| !down[server.number as usize]));
        });
        rounds.each(KETAMA_ALIVE, &keys, move |key| {
            let mut owners = ketama.node_iter(black_box(key));
            black_box(owners.find(|owner| !down[peers::number(owner)]));
        });
    }
}
