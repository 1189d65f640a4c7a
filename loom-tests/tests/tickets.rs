//! Models of tickets: caps hold, nobody is refused while a node has room, and counts say what they say.
#![cfg(annulus_loom)]

use annulus::loads::{Counted, Load, Loads, Ticket};
use annulus::{BalanceFactor, Caps, Ring};
use loom::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};
use loom_tests::check;
use std::sync::Arc;

/// Nodes of one point each, their caps with a factor of next to 1, and the total.
struct Nodes {
    ring: Ring<Counted<&'static str, Arc<Load>>, 3, 3>,
    caps: Caps,
    loads: Loads<Arc<Load>>,
}

impl Nodes {
    fn new(names: &[&'static str]) -> Arc<Self> {
        let mut ring = Ring::with_vnodes(1);
        let nodes = names.iter().map(|name| Counted::new(*name, Arc::default()));
        ring.insert_all(nodes).unwrap();
        let caps = ring.view().caps(BalanceFactor::percent(101).unwrap());
        Arc::new(Self { ring, caps, loads: Loads::new(Arc::default()) })
    }

    /// A ticket for the first node with room from the node of this number on.
    fn ask(&self, first: u32) -> Option<Ticket<Arc<Load>>> {
        let point = self.ring.view().points().find(|point| point.member == first)?;
        let (_, ticket) = self.loads.ticket_at(self.ring.view(), &self.caps, point.position)?;
        Some(ticket)
    }

    /// The units of the nodes, then the total.
    fn units(&self) -> (Vec<u32>, u32) {
        let members = self.ring.view().members().iter();
        (members.map(|member| member.node().load.units()).collect(), self.loads.total())
    }
}

/// Two threads that ask for one node at once, where the caps let each node have one unit: each node has one at most.
#[test]
fn no_grant_passes_the_cap() {
    check(3, || {
        let nodes = Nodes::new(&["a", "b", "c"]);
        assert_eq!([0, 1].map(|total| nodes.caps.of(1, total)), [1, 1]);
        let theirs = Arc::clone(&nodes);
        let thread = thread::spawn(move || theirs.ask(0));
        let here = nodes.ask(0);
        let there = thread.join().unwrap();
        assert!(here.is_some() && there.is_some(), "refused");
        let (units, total) = nodes.units();
        assert!(units.iter().all(|&units| units <= 1), "a node above its cap: {units:?}");
        assert_eq!((units.iter().sum::<u32>(), total), (2, 2));
        drop((here, there));
        assert_eq!(nodes.units(), (vec![0; 3], 0));
    });
}

/// One asks while two others give back what has all nodes at the cap that there is without it: whatever of that is
/// seen, some node has room.
#[test]
fn nobody_is_refused_while_tickets_are_given_back() {
    check(3, || {
        let nodes = Nodes::new(&["a", "b"]);
        let tickets = [0, 1].map(|number| nodes.ask(number));
        assert_eq!((nodes.units(), nodes.caps.of(1, 0)), ((vec![1, 1], 2), 1));
        let threads = tickets.map(|ticket| thread::spawn(move || drop(ticket)));
        assert!(nodes.ask(0).is_some(), "refused");
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(nodes.units(), (vec![0; 2], 0));
    });
}

/// One asks while another is granted a unit on each node: the total that it has read is too low by then, and it
/// may see all nodes at the caps.
#[test]
fn nobody_is_refused_while_others_are_granted() {
    check(3, || {
        let nodes = Nodes::new(&["a", "b"]);
        let theirs = Arc::clone(&nodes);
        let thread = thread::spawn(move || [0, 1].map(|number| theirs.ask(number)));
        let here = nodes.ask(0);
        assert!(here.is_some(), "refused");
        assert!(thread.join().unwrap().iter().all(Option::is_some), "refused");
        drop(here);
        assert_eq!(nodes.units(), (vec![0; 2], 0));
    });
}

/// Who sees that a node has no units left has behind it what was done under its tickets.
#[test]
fn without_units_all_work_is_done() {
    check(3, || {
        let nodes = Nodes::new(&["a", "b"]);
        let done = Arc::new(AtomicBool::new(false));
        let (ticket, theirs) = (nodes.ask(0).expect("a ticket"), Arc::clone(&done));
        let thread = thread::spawn(move || {
            theirs.store(true, Ordering::Relaxed);
            drop(ticket);
        });
        // Another unit comes between.
        drop(nodes.ask(0));
        if nodes.units().0 == [0, 0] {
            assert!(done.load(Ordering::Relaxed), "no units, but work to do");
        }
        thread.join().unwrap();
    });
}
