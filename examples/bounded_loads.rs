//! Requests in flight under a cap: a key goes to its owner as long as that has room, and to the next node with
//! room otherwise.
//!
//! `cargo run --example bounded_loads --features std`

use annulus::loads::{Counted, Load, Loads};
use annulus::{BalanceFactor, HeapRing, SharedRing};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A node with a counter, to which all clones of the node point.
type Server = Counted<String, Arc<Load>>;

fn server(number: u32) -> Server {
    Counted::new(format!("web-{number}"), Arc::default())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ring = SharedRing::new(HeapRing::<Server>::new(), 16)?;
    ring.writer()?.insert_all((1..=4).map(server))?;
    // The total of all nodes: a clone for whoever asks.
    let loads = Loads::new(Arc::<Load>::default());
    // No node gets more than 1.25 times its fair share of what is in flight.
    let factor = BalanceFactor::percent(125).expect("above 100");

    // One key is asked for all the time, and many once each.
    let tickets: Vec<_> = {
        let pinned = ring.pin();
        let view = pinned.view();
        // Caps are computed once for each version of the ring.
        let caps = view.caps(factor);
        let hot = (0..40).map(|_| "session-7".to_owned());
        let cold = (0..40).map(|user| format!("user:{user}"));
        let keys = hot.chain(cold);
        let tickets = keys.map(|key| loads.ticket(view, &caps, &key).expect("there are nodes").1);
        tickets.collect()
        // The guard ends here; tickets borrow nothing of the ring.
    };
    let owner = ring.owner("session-7").expect("there are nodes");
    println!("{} owns the hot key and has {} of 80 in flight", owner.node, owner.load.units());
    // 80 in flight on 4 nodes of equal weight: a fair share is 20, the cap 25. Without it the owner had 40 and more.
    for member in ring.pin().view().members() {
        assert!((1..=25).contains(&member.node().load.units()));
    }
    assert_eq!(loads.total(), 80);

    // A node leaves with requests in flight: they end there, and keep counting until then.
    ring.writer()?.remove(&owner.node)?;
    assert!(owner.load.units() > 0 && loads.total() == 80);
    drop(tickets);
    assert_eq!((owner.load.units(), loads.total()), (0, 0));

    // Many threads: none is refused, and all units come back.
    let handles: Vec<_> = (0..3)
        .map(|thread| {
            let (ring, loads) = (ring.clone(), loads.clone());
            thread::spawn(move || {
                for request in 0..1_000_u32 {
                    let pinned = ring.pin();
                    let caps = pinned.view().caps(factor);
                    let key = format!("user:{thread}:{request}");
                    let granted = loads.ticket(pinned.view(), &caps, &key);
                    let (server, ticket) = granted.expect("somebody has room");
                    assert!(ticket.load().units() >= 1);
                    let name = server.node.clone();
                    // While the request is in flight, the ticket is held and the guard is not.
                    drop(pinned);
                    assert!(name.starts_with("web-"));
                    drop(ticket);
                }
            })
        })
        .collect();
    for number in 5..8 {
        ring.writer()?.within(Duration::from_secs(1)).insert(server(number))?;
    }
    handles.into_iter().for_each(|thread| thread.join().expect("no assertion failed"));
    assert_eq!(loads.total(), 0);
    println!("3,000 requests granted under caps while servers joined");
    Ok(())
}
