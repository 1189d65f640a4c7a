//! Full builds, and edits merged beside the ring that readers still have.

use annulus::{Change, HeapRing};
use annulus_bench::peers;
use annulus_bench::rounds::Rounds;
use annulus_bench::workload::{Server, Size};
use pingora_ketama::Continuum;
use std::hint::black_box;

pub(crate) const BUILD: &str = "full build";
pub(crate) const INSERT: &str = "one node inserted";
pub(crate) const REMOVE: &str = "one node removed";
pub(crate) const INSERT_HERE: &str = "one node inserted, in place";
pub(crate) const REMOVE_HERE: &str = "one node removed, in place";
pub(crate) const BATCH: &str = "16 nodes inserted at once";
pub(crate) const MEMCPY: &str = "`memcpy` of the snapshot";
pub(crate) const KETAMA: &str = "pingora-ketama `Continuum::new`";
pub(crate) const HASHRING: &str = "hashring `batch_add`";
pub(crate) const LFCHRING: &str = "lfchring `with_nodes`";

/// The points that all rounds together build anew, more or less.
const POINTS: usize = 20_000_000;

/// The most points that the slow builders are given.
const SLOW_POINTS: usize = 20_000;

/// How often they take their turn: lfchring never frees a ring.
const SLOW_ROUNDS: usize = 11;

pub(crate) fn measure(size: Size, rounds: &mut Rounds) {
    let servers = size.servers();
    let buckets = peers::buckets(size);
    let old = size.ring();
    let view = old.view();
    let newcomers: Vec<Server> = (size.nodes..).take(16).map(Server::new).collect();
    let joins: Vec<_> = newcomers.iter().cloned().map(Change::Insert).collect();
    let middle = view.members()[servers.len() / 2].node().clone();
    let name = annulus::Node::identity(&middle);
    let mut new = HeapRing::<Server>::new();
    let mut here = old.clone();
    let snapshot = vec![1u8; view.lookup_bytes()];
    let mut copy = snapshot.clone();
    for round in 0..(POINTS / size.points()).clamp(SLOW_ROUNDS, 301) {
        let built = rounds.once(BUILD, || {
            let mut ring = HeapRing::<Server>::with_vnodes(size.vnodes);
            ring.insert_all(servers.iter().cloned()).expect("room for all servers");
            ring
        });
        drop(black_box(built));
        drop(black_box(rounds.once(KETAMA, || Continuum::new(&buckets))));
        let removal = [Change::Remove(name)];
        for (name, changes) in [(INSERT, &joins[..1]), (REMOVE, &removal), (BATCH, &joins)] {
            // Once before, so that its buffers are in the caches as those of the copy are.
            new.merge_from(black_box(view), changes).expect("changes that fit");
            let merge = || new.merge_from(black_box(view), changes);
            rounds.once(name, merge).expect("changes that fit");
        }
        copy.copy_from_slice(black_box(&snapshot));
        rounds.once(MEMCPY, || copy.copy_from_slice(black_box(&snapshot)));
        black_box(&mut copy);
        rounds.once(INSERT_HERE, || here.insert(newcomers[0].clone())).expect("a new name");
        rounds
            .once(REMOVE_HERE, || here.remove(annulus::Node::identity(&newcomers[0])))
            .expect("the node just inserted");
        if size.points() <= SLOW_POINTS && round < SLOW_ROUNDS {
            black_box(rounds.once(HASHRING, || peers::hashring(size)));
            black_box(rounds.once(LFCHRING, || peers::lfchring(size, 1)));
        }
    }
}
