//! Keys that are hashed already: what the search alone takes.

use annulus_bench::peers::{Maglev, Sorted};
use annulus_bench::rounds::Rounds;
use annulus_bench::workload::{self, Server, Size};
use std::hint::black_box;

pub(crate) const SINGLE: &str = "owner of a position";
pub(crate) const CHAINED: &str = "owner of a position that depends on the last owner";
pub(crate) const BATCH: &str = "owners of 32 positions, each";
pub(crate) const REPLICAS: &str = "3 replicas of a position";
pub(crate) const SORTED: &str = "std binary search, and the owner";
pub(crate) const SORTED_PLACE: &str = "std binary search, without the owner";
pub(crate) const SORTED_CHAINED: &str = "std binary search, and the owner, chained";
pub(crate) const MAGLEV: &str = "Maglev table of 65,537, `key % M`";

/// How often everything takes its turn.
const ROUNDS: usize = 81;

/// The size of a batch.
const AT_ONCE: usize = 32;

pub(crate) fn measure(size: Size, rounds: &mut Rounds) {
    let positions = workload::positions(size.keys());
    let ring = size.ring();
    let view = ring.view();
    let sorted = Sorted::new(&ring);
    let sorted = sorted.view();
    // Its number of slots is data to whoever divides by it.
    let maglev = black_box(Maglev::new(size));
    let maglev = maglev.view();
    let servers = &*size.servers();
    for _ in 0..ROUNDS {
        rounds.each(SINGLE, &positions, move |&position| {
            black_box(view.owner_at(black_box(position)));
        });
        rounds.each(SORTED, &positions, move |&position| {
            black_box(sorted.owner(black_box(position)));
        });
        rounds.each(SORTED_PLACE, &positions, move |&position| {
            black_box(sorted.place(black_box(position)));
        });
        rounds.each(MAGLEV, &positions, move |&position| {
            black_box(&servers[usize::from(maglev.server(black_box(position)))]);
        });
        rounds.parts(BATCH, &positions, move |part| {
            let mut owners = [None; AT_ONCE];
            for batch in part.as_chunks::<AT_ONCE>().0 {
                view.owners_batch(black_box(batch), &mut owners).expect("equal lengths");
                black_box(&mut owners);
            }
        });
        rounds.parts(CHAINED, &positions, move |part| {
            chain(part, |position| view.owner_at(position));
        });
        rounds.parts(SORTED_CHAINED, &positions, move |part| {
            chain(part, |position| Some(sorted.owner(position)));
        });
        rounds.each(REPLICAS, &positions, move |&position| {
            let mut owners = [None; 3];
            view.owners_at(black_box(position), &mut owners);
            black_box(owners);
        });
    }
}

/// Has each position depend on the owner before it, whose address alters the lowest bits.
#[inline(always)]
fn chain<'r>(positions: &[u32], owner: impl Fn(u32) -> Option<&'r Server>) {
    let address = |server: Option<&Server>| server.map_or(0, |server| &raw const *server as usize);
    let last =
        positions.iter().fold(0, |last, position| address(owner(position ^ (last as u32 & 0xff))));
    black_box(last);
}
