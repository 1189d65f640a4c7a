//! Tickets for units in flight: caps that hold in one thread and among many, and counters that stay with their
//! nodes as the membership changes.
#![cfg(target_has_atomic = "32")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use annulus::loads::{Counted, Load, Loads, Ticket};
use annulus::{BalanceFactor, Caps, Change, NamedNode, Node, Ring, RingRef};
use common::Random;

type Server = Counted<NamedNode<'static>, Arc<Load>>;
type Servers = Ring<Server, 8, 1_600>;

/// How often each thread asks, of several.
const ROUNDS: u32 = if cfg!(miri) {
    100
} else if cfg!(annulus_brief) {
    10_000
} else {
    40_000
};

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

fn server(name: &'static str, weight: u32) -> Server {
    Counted::new(NamedNode::new(name).with_weight(weight), Arc::default())
}

/// A ring of servers of these weights.
fn servers(weights: &[u32]) -> Box<Servers> {
    let mut ring = Box::new(Servers::with_vnodes(20));
    let names = NAMES.into_iter().zip(weights);
    ring.insert_all(names.map(|(name, &weight)| server(name, weight))).unwrap();
    ring
}

fn caps(ring: &Servers, percent: u32) -> Caps {
    ring.view().caps(BalanceFactor::percent(percent).unwrap())
}

/// The units of each server, in the order of their names.
fn units(ring: &Servers) -> Vec<u32> {
    ring.view().members().iter().map(|member| member.node().load.units()).collect()
}

/// A key for a random number.
fn key(random: &mut Random) -> String {
    format!("key:{}", random.below(50))
}

/// Asks, gives back and changes weights: each grant is what a lookup over the loads says, and the server that is
/// granted is not above its cap. With the total at its highest at the time, nobody is.
#[test]
fn in_one_thread_caps_are_exact() {
    let mut random = Random(7);
    for percent in [101, 125, 300] {
        let ring = servers(&[1, 2, 1, 0, 5, 1, 1, 3]);
        let (loads, caps) = (Loads::new(Arc::default()), caps(&ring, percent));
        let mut out: Vec<(u32, Ticket<Arc<Load>>)> = Vec::new();
        for step in 0..3_000 {
            // Up to a hundred, then down and up again.
            if random.below(100) >= out.len() && step % 1_000 < 900 {
                let (before, total) = (units(&ring), out.len() as u64);
                let key = key(&mut random);
                let load = |number| u64::from(before[number as usize]);
                let expected = ring.view().owner_number_bounded(&*key, &caps, total, load);
                let expected = expected.expect("a server with room");
                let (node, ticket) = loads.ticket(ring.view(), &caps, &*key).expect("a ticket");
                let number = ring.view().number_of(node.identity()).unwrap();
                assert_eq!(number, expected);
                let member = ring.view().member(number).unwrap();
                assert_eq!(node.load.units(), before[number as usize] + 1);
                assert!(u64::from(node.load.units()) <= caps.of(member.weight(), total));
                out.push((number, ticket));
            } else if !out.is_empty() {
                drop(out.swap_remove(random.below(out.len())));
            }
            let mut expected = vec![0; 8];
            out.iter().for_each(|&(number, _)| expected[number as usize] += 1);
            assert_eq!(units(&ring), expected);
            assert_eq!(loads.total() as usize, out.len());
        }
        drop(out);
        assert_eq!((units(&ring), loads.total()), (vec![0; 8], 0));
    }
}

/// While the number of tickets only grows, or stays, no server is ever above its cap.
#[test]
fn while_as_many_are_in_flight_nobody_is_above_the_cap() {
    let (ring, mut random) = (servers(&[1; 8]), Random(3));
    let (loads, caps) = (Loads::new(Arc::default()), caps(&ring, 125));
    let mut out = Vec::new();
    for _ in 0..2_000 {
        if out.len() == 64 {
            drop(out.swap_remove(random.below(64)));
        }
        let total = out.len() as u64;
        // One key alone, which has all its servers up to the cap.
        out.push(loads.ticket(ring.view(), &caps, "hot").expect("a ticket").1);
        assert!(units(&ring).iter().all(|&load| u64::from(load) <= caps.of(1, total)));
    }
    // ⌈1.25 × 64 / 8⌉.
    assert_eq!(units(&ring).into_iter().max(), Some(10));
    assert_eq!(units(&ring).into_iter().filter(|&load| load == 10).count(), 6);
}

/// With some of them down: each grant is the first in the walk that is up and below its cap, and by the caps of
/// those that are up nobody is refused, whatever is still in flight on the others.
#[test]
fn who_is_down_is_passed_over_and_the_rest_have_room() {
    let (ring, mut random) = (servers(&[1, 2, 1, 0, 5, 1, 1, 3]), Random(5));
    let loads = Loads::new(Arc::default());
    let factor = BalanceFactor::percent(125).unwrap();
    let mut out: Vec<(u32, Ticket<Arc<Load>>)> = Vec::new();
    for _ in 0..60 {
        // Up to all but one.
        let down: Vec<u64> = (0..random.below(7)).map(|_| random.below(8) as u64).collect();
        let alive = |server: &Server| {
            let number = ring.view().number_of(server.identity()).unwrap();
            number == 0 || !down.contains(&u64::from(number))
        };
        let caps = ring.view().caps_where(factor, alive);
        for _ in 0..40 {
            if out.len() > 60 {
                drop(out.swap_remove(random.below(out.len())));
            }
            let (before, total) = (units(&ring), out.len() as u64);
            let key = key(&mut random);
            let load = |number: u32| {
                let up = alive(ring.view().member(number).unwrap().node());
                if up { u64::from(before[number as usize]) } else { u64::MAX }
            };
            let expected = ring.view().owner_number_bounded(&*key, &caps, total, load).unwrap();
            let granted = loads.ticket_where(ring.view(), &caps, &*key, alive);
            let (node, ticket) = granted.expect("a server with room");
            assert_eq!(ring.view().number_of(node.identity()), Some(expected));
            out.push((expected, ticket));
        }
    }
    let caps = ring.view().caps_where(factor, |_| false);
    assert!(loads.ticket_where(ring.view(), &caps, "key", |_| false).is_none());
    assert_eq!(loads.total() as usize, out.len(), "what was asked in vain is given back");
}

#[test]
fn without_points_nobody_is_granted() {
    let loads = Loads::new(Arc::default());
    for weights in [&[][..], &[0, 0]] {
        let ring = servers(weights);
        assert!(loads.ticket(ring.view(), &caps(&ring, 125), "key").is_none());
        assert_eq!((loads.total(), units(&ring)), (0, vec![0; weights.len()]));
    }
}

/// With the caps of a ring of which the weights are far higher, all seem to be full, which ends.
#[test]
fn with_the_caps_of_another_ring_the_answer_is_none_in_the_end() {
    let (ring, heavy) = (servers(&[1, 1]), servers(&[1, 39]));
    let loads = Loads::new(Arc::default());
    let caps = caps(&heavy, 125);
    let tickets: Vec<_> = (0..2).filter_map(|_| loads.ticket(ring.view(), &caps, "key")).collect();
    assert_eq!((units(&ring), loads.total()), (vec![1, 1], 2));
    assert!(loads.ticket(ring.view(), &caps, "key").is_none());
    assert_eq!(
        (units(&ring), loads.total()),
        (vec![1, 1], 2),
        "what was asked in vain is given back"
    );
    drop(tickets);
    assert_eq!((units(&ring), loads.total()), (vec![0, 0], 0));
}

/// Members get other numbers, leave and come back while tickets are out.
#[test]
fn counters_stay_with_their_nodes() {
    let ring = servers(&[1, 1, 1]);
    let loads = Loads::new(Arc::default());
    let caps = caps(&ring, 125);
    let mut out: Vec<_> =
        (0..9).map(|_| loads.ticket(ring.view(), &caps, "key").unwrap().1).collect();
    // In the order in which they were granted: up to the caps.
    let before = units(&ring);
    assert_eq!(before.iter().sum::<u32>(), 9);
    assert!(before.iter().all(|&load| load > 0));
    // "A" comes before all others, so that these have higher numbers, in a ring that is another value.
    let mut next = Box::new(Servers::with_vnodes(20));
    let a = ring.view().get(b"a").unwrap().node().clone();
    let change = [Change::Insert(server("A", 1)), Change::Remove(b"b"), Change::SetWeight(b"c", 3)];
    next.merge_from(ring.view(), &change).unwrap();
    drop(ring);
    assert_eq!(units(&next), [0, before[0], before[2]]);
    assert_eq!(loads.total(), 9, "those of the server that is gone are in flight");

    // One that comes back begins anew, and old tickets do not change that.
    next.insert(server("b", 1)).unwrap();
    // One that comes back with its counter still has what is in flight.
    next.remove(b"a").unwrap();
    next.insert(a).unwrap();
    assert_eq!(units(&next), [0, before[0], 0, before[2]]);
    let caps = self::caps(&next, 125);
    out.extend((0..4).map(|_| loads.ticket(next.view(), &caps, "key").unwrap().1));
    assert_eq!(loads.total(), 13);
    let granted = units(&next);
    assert_eq!(granted.iter().sum::<u32>(), 13 - before[1]);
    // The old tickets go, those for the server that was removed with them.
    out.drain(..9);
    let [before, after] = [[0, before[0], 0, before[2]], units(&next).try_into().unwrap()];
    assert_eq!(after.iter().sum::<u32>(), 4);
    assert!((0..4).all(|i| after[i] == granted[i] - before[i]), "{granted:?}, {after:?}");
    drop(out);
    assert_eq!((units(&next), loads.total()), (vec![0; 4], 0));
}

/// Counters that live for ever need no allocator, and node types of one's own have them too.
#[test]
fn counters_may_be_static() {
    static TOTAL: Load = Load::new();
    static COUNTERS: [Load; 2] = [const { Load::new() }; 2];
    static POINTERS: [&Load; 2] = [&COUNTERS[0], &COUNTERS[1]];
    static LOADS: Loads = Loads::new(&TOTAL);
    #[derive(Clone)]
    struct Mine(u8);
    impl Node for Mine {
        fn identity(&self) -> &[u8] {
            std::slice::from_ref(&self.0)
        }
    }
    impl annulus::loads::Loaded for Mine {
        type Pointer = &'static Load;
        fn load(&self) -> &&'static Load {
            &POINTERS[usize::from(self.0)]
        }
    }
    let mut ring = Ring::<Mine, 2, 40>::with_vnodes(20);
    ring.insert_all([Mine(0), Mine(1)]).map_err(|error| error.error).unwrap();
    let caps = ring.view().caps(BalanceFactor::percent(150).unwrap());
    let ask = || LOADS.ticket(ring.view(), &caps, "key").unwrap();
    let (tickets, total) = ([ask().1, ask().1, ask().1, ask().1], LOADS.total());
    assert_eq!((total, COUNTERS[0].units() + COUNTERS[1].units()), (4, 4));
    assert_eq!(tickets[0].load().units(), 3, "⌈1.5 × 4 / 2⌉");
    drop(tickets);
    assert_eq!((TOTAL.units(), COUNTERS[0].units(), COUNTERS[1].units()), (0, 0, 0));
}

/// Gives the turn away at some of the questions, so that threads meet in the middle of asking.
fn ask<'a>(
    loads: &Loads<Arc<Load>>,
    ring: RingRef<'a, Server>,
    caps: &Caps,
    key: &str,
    random: &mut Random,
) -> (&'a Server, Ticket<Arc<Load>>) {
    if random.below(8) == 0 {
        thread::yield_now();
    }
    loads.ticket(ring, caps, key).expect("a server with room")
}

/// Threads that ask and give back at the same time lift no server above the cap but by as many units as there are
/// threads, refuse nobody, and leave nothing behind.
#[test]
fn among_threads_a_cap_is_passed_by_no_more_than_they_are() {
    // With so many tickets out all the time, those of the threads raise the cap by one; and not at all.
    among_threads(48, 1);
    among_threads(52, 0);
}

/// Threads that ask for one key, while so many tickets are out all the time: a cap by all the tickets that there
/// may be is `more` than the one by these. No load is above it.
fn among_threads(held: u32, more: u64) {
    const THREADS: u32 = 4;
    let (rounds, ring) = (ROUNDS, servers(&[1; 8]));
    let (loads, caps) = (Loads::new(Arc::<Load>::default()), caps(&ring, 125));
    let out: Vec<_> = (0..held).map(|_| loads.ticket(ring.view(), &caps, "hot").unwrap()).collect();
    // Each thread has one ticket at most: no total is above this when it is read.
    let most = caps.of(1, u64::from(held + THREADS - 1));
    assert_eq!(most, caps.of(1, u64::from(held)) + more);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking: Vec<_> = (0..THREADS)
            .map(|seed| {
                let (loads, view) = (loads.clone(), ring.view());
                scope.spawn(move || {
                    let mut random = Random(seed.into());
                    for _ in 0..rounds {
                        let (node, ticket) = ask(&loads, view, &caps, "hot", &mut random);
                        assert!((1..=most).contains(&node.load.units().into()));
                        drop(ticket);
                    }
                })
            })
            .collect();
        let (watched, over) = (&ring, &over);
        scope.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                assert!(units(watched).iter().all(|&load| u64::from(load) <= most));
            }
        });
        let ends: Vec<_> = asking.into_iter().map(|thread| thread.join()).collect();
        over.store(true, Ordering::Relaxed);
        assert!(ends.iter().all(Result::is_ok));
    });
    assert_eq!((loads.total(), units(&ring).iter().sum::<u32>()), (held, held));
    drop(out);
    assert_eq!((units(&ring), loads.total()), (vec![0; 8], 0));
}

/// Where next to nothing is in flight and caps are tight, units that move while one looks do not refuse it.
#[test]
fn among_threads_nobody_is_refused() {
    let (rounds, ring) = (ROUNDS, servers(&[1; 2]));
    let (loads, caps) = (Loads::new(Arc::<Load>::default()), caps(&ring, 101));
    thread::scope(|scope| {
        for seed in 0..4 {
            let (loads, view) = (loads.clone(), ring.view());
            scope.spawn(move || {
                let mut random = Random(seed);
                for _ in 0..rounds {
                    let keys = [key(&mut random), key(&mut random)];
                    drop(keys.map(|key| ask(&loads, view, &caps, &key, &mut random)));
                }
            });
        }
    });
    assert_eq!((units(&ring), loads.total()), (vec![0; 2], 0));
}
