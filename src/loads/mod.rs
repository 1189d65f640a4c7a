//! Bounded loads for many threads: units in flight, counted for each node, and tickets that give them back.
//!
//! A load balancer sends a request to the node that owns its key, so that caches behind it stay warm, but never
//! lets a node have much more than its fair share of what is in flight. It asks for a [`Ticket`] and holds it
//! while the request is in flight. Where the owner is at its [cap](crate::Caps), the ticket is for the next node
//! clockwise that is not.
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use annulus::loads::{Counted, Load, Loads};
//! use annulus::{BalanceFactor, HeapRing, SharedRing};
//! use std::sync::Arc;
//!
//! type Server = Counted<String, Arc<Load>>;
//!
//! let ring = SharedRing::new(HeapRing::<Server>::new(), 16)?;
//! let names = ["web-1", "web-2", "web-3", "web-4"];
//! let servers = names.map(|name| Counted::new(name.to_owned(), Arc::default()));
//! ring.writer()?.insert_all(servers)?;
//!
//! let loads = Loads::new(Arc::<Load>::default());
//! let pinned = ring.pin();
//! // Once for each version of the ring.
//! let caps = pinned.view().caps(BalanceFactor::percent(125).expect("above 100"));
//! let (server, ticket) =
//!     loads.ticket(pinned.view(), &caps, "session-7").expect("the ring has points");
//! println!("forward to {}", server.node);
//! drop(pinned);
//! // The ring may change meanwhile; the ticket gives its unit back to this server.
//! ring.writer()?.remove("web-1")?;
//! assert_eq!((ticket.load().units(), loads.total()), (1, 1));
//! drop(ticket);
//! assert_eq!(loads.total(), 0);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where the counters are
//!
//! Each node has a pointer to its own counter, a [`Load`]: an `Arc<Load>`, or a `&'static Load` where there is no
//! allocator. [`Counted`] is a node with such a pointer; a node type of your own has one and says so by
//! [`Loaded`]. Rings clone nodes as they change and keep clones in several buffers, but all clones of a node
//! point to one counter. So a counter stays with its node, whatever numbers members have, and nothing has to be
//! carried over as the membership changes:
//!
//! - A ticket has a pointer of its own, and gives its unit back to the counter that it was taken from.
//! - When a node leaves, its counter stays for the tickets that are out, and nobody else sees it. They count in
//!   [`Loads::total`] until they are given back, for they are in flight.
//! - A node that comes back with a new counter begins with no units, and no old ticket changes that. One that
//!   comes back with its old counter still has the units that are out.
//! - A `&'static Load` should be given to another node only when its [`units`](Load::units) are 0. Until then the
//!   other node seems to have the units that are out.
//!
//! # What is guaranteed
//!
//! | | |
//! |---|---|
//! | the cap | a grant never lifts the load of a node above ⌈c × w × (total + 1) / W⌉, where `total` is how many units were in flight when the ticket was asked for, those included that other threads were asking for or giving back at the same moment |
//! | in one thread | so the cap is exact |
//! | among threads | with *k* others that ask or give back at the same moment, `total` is at most *k* above the number of tickets that are out. So a node is at most ⌈k × c × w / W⌉ above the cap that these would give it: at most *k* units, unless it has more than 1/c of the weight |
//! | room | a node that has room for as long as one asks is granted, or one before it in the walk; nobody is refused while there is one |
//! | [`Loads::ticket`] | lock-free: an exchange is tried again only if another thread changed the same load meanwhile; else at most eight walks. Without contention for one counter it is the lookup, and two atomic operations that write |
//! | giving a ticket back | wait-free: two atomic operations that write |
//! | memory | nothing is allocated; a counter has a cache line of its own |
//!
//! All threads count in one total, whose cache line goes from core to core with each ticket. That is the price of
//! a cap that follows the total.
//!
//! A unit of a ticket that is forgotten ([`core::mem::forget`]) is in flight for good.
//!
//! This module is there on targets that have 32-bit atomics with compare-and-swap. Elsewhere, as on `thumbv6m`,
//! count in a table of your own and ask by
//! [`owner_number_bounded`](crate::RingRef::owner_number_bounded).
#![doc = include_str!("protocol.md")]

mod load;
mod node;
mod ticket;

pub use load::Load;
pub use node::{Counted, Loaded};
pub use ticket::{Loads, Ticket};
