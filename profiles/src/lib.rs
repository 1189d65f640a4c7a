//! Which rings of [`annulus`] agree with the consistent-hash rings of other systems.
//!
//! Clients of a cluster must agree on who owns a key. Where the others are nginx, pingora, libmemcached,
//! twemproxy, libketama, uhashring, hash_ring, hashring of npm, HAProxy, Envoy, gRPC or Cassandra, a ring must
//! hash keys as they do, and place servers as they do.
//!
//! What stands so far is the first half: [`hash`] has the hashes of keys, each as its system computes it. Where these
//! systems place servers is not here yet, so no ring agrees with theirs.
//!
//! ```
//! use annulus::KeyHash;
//! use annulus_profiles::hash::one_at_a_time::OneAtATime;
//!
//! // The hash is in the lower 32 bits.
//! assert_eq!(OneAtATime.hash("a"), 0xca2e_9442);
//! ```
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | none | everything but what follows; no allocator is needed |
//! | `crc32` | CRC-32: nginx, pingora, libmemcached, twemproxy, HAProxy |
//! | `md5` | MD5: libmemcached, twemproxy, libketama, uhashring, hash_ring, hashring, Cassandra |
//! | `xxhash` | XXH32 and XXH64: HAProxy, Envoy, gRPC |
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(
    missing_debug_implementations,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use
)]

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "crc32")]
mod chain;
mod counts;
#[cfg(feature = "xxhash")]
pub mod envoy;
pub mod hash;
#[cfg(feature = "md5")]
mod ketama;
#[cfg(any(feature = "crc32", feature = "md5", feature = "xxhash"))]
mod label;
#[cfg(all(feature = "crc32", feature = "md5"))]
pub mod libmemcached;
mod native;
#[cfg(feature = "crc32")]
pub mod nginx;
mod peer;
#[cfg(feature = "crc32")]
pub mod pingora;
#[cfg(all(feature = "crc32", feature = "md5", feature = "xxhash"))]
mod profile;
mod refusal;
mod system;
mod text;
#[cfg(all(feature = "crc32", feature = "md5"))]
pub mod twemproxy;

pub use counts::PerWeight;
pub use peer::{Peer, Server};
#[cfg(all(feature = "crc32", feature = "md5", feature = "xxhash"))]
pub use profile::{Profile, ProfileError, Visit};
pub use refusal::{Parameter, Refusal, Refused};
pub use system::{Down, System};

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
