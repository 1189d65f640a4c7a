//! Which rings of [`annulus`] agree with the consistent-hash rings of other systems.
//!
//! Clients of a cluster must agree on who owns a key. Where the others are nginx, pingora, libmemcached,
//! twemproxy, libketama, uhashring, hash_ring, hashring of npm, HAProxy, Envoy, gRPC or Cassandra, a ring must
//! hash keys as they do, and place servers as they do.
//!
//! This crate has a placement, a key hash and the rules of each of these systems. A ring of one is a ring of
//! `annulus`: edited, published, looked up wait-free, with ranges, shares and differences.
//!
//! ```
//! # #[cfg(feature = "crc32")] {
//! use annulus_profiles::nginx::{self, Hash, Nginx};
//!
//! // upstream { hash $request_uri consistent; server 10.0.0.1:80 weight=3; server 10.0.0.2:80; }
//! let mut ring = annulus::Ring::<_, 2, 640, Nginx, Hash>::with_hash((), Hash::default());
//! ring.insert_all(nginx::servers(["10.0.0.1:80 weight=3", "10.0.0.2:80"])?)?;
//! assert_eq!(ring.owner("/index.html").map(|server| server.address), Some("10.0.0.1:80"));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | system | needs | recorded answers, none of which differs |
//! |---|---|---|---|
//! | `nginx` | nginx, `hash … consistent` | `crc32` | 12,629 |
//! | `pingora` | `pingora-ketama`, both versions | `crc32` | 25,272 |
//! | `libmemcached` | plain and weighted rings | `crc32`, `md5` | 63,310 |
//! | `twemproxy` | `distribution: ketama` | `crc32`, `md5` | 22,462 |
//! | `libketama` | the original | `md5` | 20,164 |
//! | `uhashring` | of Python, both rings | `md5` | 23,910 |
//! | `hash_ring` | of Python | `md5` | 11,334 |
//! | `hashring` | of npm | `md5` | 17,616 |
//! | `haproxy` | `hash-type consistent` of 2.6 and 3.0 | `crc32`, `xxhash` | 23,320 |
//! | `envoy` | Envoy's `RING_HASH`, gRPC's `ring_hash` | `xxhash` | 7,392 of gRPC, and 39 values of Envoy's own tests |
//! | [`cassandra`] | tokens, `SimpleStrategy` and `NetworkTopologyStrategy` | – | 4,200 |
//!
//! `cargo test -p annulus-profiles --all-features --test routes -- --nocapture` counts them: 231,609. Whole rings,
//! points and counts are compared by `--test rings` and `--test libmemcached`, edits with builds by `--test edits`,
//! `server` lines of HAProxy with 3,300 more answers by `--test haproxy`. The page of each module says what is not
//! promised.
//!
//! `Profile` names a system and its options by a text, for programs that are told which one when they run.
//!
//! # What differs from native rings
//!
//! - The place of a server in the list decides ties: [`Peer::place`]. Order matters where points collide.
//! - Where counts are shares of all weights (the ketama family, Envoy, gRPC), a server that comes, goes or changes its
//!   weight may move a few keys of others.
//! - A ring in place needs room for the most points that the system may have; each module says how many.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | none | hashes that need no other crate |
//! | `crc32`, `md5`, `xxhash` | these hashes, and the systems that need them; all three: `Profile` |
//! | `alloc` | aliases of rings on the heap |
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Systems share more than each of them uses.
#![cfg_attr(
    not(all(feature = "crc32", feature = "md5", feature = "xxhash")),
    allow(dead_code, unreachable_pub, unused_imports)
)]
#![warn(
    missing_debug_implementations,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod cassandra;
#[cfg(feature = "crc32")]
mod chain;
#[cfg(all(feature = "crc32", feature = "md5"))]
mod choice;
mod counts;
#[cfg(feature = "xxhash")]
pub mod envoy;
#[cfg(all(feature = "crc32", feature = "xxhash"))]
pub mod haproxy;
pub mod hash;
#[cfg(feature = "md5")]
pub mod hash_ring;
#[cfg(feature = "md5")]
pub mod hashring;
#[cfg(feature = "md5")]
mod ketama;
#[cfg(any(feature = "crc32", feature = "md5", feature = "xxhash"))]
mod label;
#[cfg(feature = "md5")]
pub mod libketama;
#[cfg(all(feature = "crc32", feature = "md5"))]
pub mod libmemcached;
#[cfg(any(feature = "crc32", feature = "md5", feature = "xxhash"))]
mod listed;
#[cfg(all(feature = "crc32", feature = "md5"))]
mod memcached;
mod native;
#[cfg(feature = "crc32")]
pub mod nginx;
mod peer;
#[cfg(feature = "crc32")]
pub mod pingora;
#[cfg(all(feature = "crc32", feature = "md5", feature = "xxhash"))]
mod profile;
mod refusal;
#[cfg(feature = "md5")]
mod share;
mod system;
mod text;
#[cfg(all(feature = "crc32", feature = "md5"))]
pub mod twemproxy;
#[cfg(feature = "md5")]
pub mod uhashring;

pub use counts::PerWeight;
pub use peer::{Peer, Server};
#[cfg(all(feature = "crc32", feature = "md5", feature = "xxhash"))]
pub use profile::{Profile, ProfileError, Visit};
pub use refusal::{Parameter, Refusal, Refused};
pub use system::{Down, System};

/// The example of the README, compiled and run.
#[cfg(all(doctest, feature = "crc32"))]
#[doc = include_str!("../README.md")]
struct Readme;
