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

pub mod hash;

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
