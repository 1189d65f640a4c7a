//! Hashes of keys, each as other systems compute it.
//!
//! A module has one family: functions over bytes, and types that are the key hash of a ring,
//! [`KeyHash`](annulus::KeyHash). All hash whatever is bytes or has bytes (`AsRef<[u8]>`), so strings, arrays,
//! vectors and references to them, but no integers: none of these systems has keys that are.
//!
//! **A hash of 32 bits or fewer is in the lower bits of the `u64`**, and its upper bits are zero. That is where
//! a placement of another system takes the position from. The placements of `annulus` itself take it from the upper
//! bits, so these hashes are not for them.
//!
//! | module | types | who hashes keys with it |
//! |---|---|---|
//! | `crc32` | `Crc32`, `Crc32Shifted` | nginx, pingora, twemproxy, libmemcached, HAProxy |
//! | [`crc16`] | [`Crc16`](crc16::Crc16) | twemproxy |
//! | `md5` | `Md5` | libketama, libmemcached, twemproxy, uhashring, hash_ring, hashring, Cassandra |
//! | [`one_at_a_time`] | [`OneAtATime`](one_at_a_time::OneAtATime) | libmemcached, twemproxy |
//! | [`fnv`] | [`Fnv64`](fnv::Fnv64), [`Fnv64a`](fnv::Fnv64a), [`Fnv32`](fnv::Fnv32), [`Fnv32a`](fnv::Fnv32a) | libmemcached, twemproxy |
//! | [`murmur2`] | [`Murmur2`](murmur2::Murmur2), [`Murmur64A`](murmur2::Murmur64A) | libmemcached, twemproxy; Envoy |
//! | [`murmur3`] | [`Murmur3`](murmur3::Murmur3), [`CassandraToken`](murmur3::CassandraToken) | libmemcached; Cassandra |
//! | [`lookup3`] | [`Lookup3`](lookup3::Lookup3) | libmemcached, twemproxy |
//! | [`hsieh`] | [`Hsieh`](hsieh::Hsieh) | twemproxy |
//! | [`sdbm`] | [`Sdbm`](sdbm::Sdbm) | HAProxy |
//! | [`djb2`] | [`Djb2`](djb2::Djb2) | HAProxy |
//! | [`wt6`] | [`Wt6`](wt6::Wt6) | HAProxy |
//! | [`avalanche`] | [`FullHash`](avalanche::FullHash) over one of these | HAProxy |
//! | `xxhash` | `Xxh32`, `Xxh64` | Envoy, gRPC; HAProxy's addresses |
//!
//! Three modules need a feature of their name: `crc32`, `md5` and `xxhash`.
//!
//! # Signed bytes
//!
//! `char` of C is signed on x86-64. So some of these systems take a byte of 0x80 or more for a negative number
//! there, and their hashes of such keys differ from the algorithm's textbook form. Modules of such hashes say so, and
//! hash as those systems do on x86-64, whatever the target here.
//!
//! All hashes are pure functions of the bytes: all targets agree. None withstands an attacker who chooses keys. They
//! allocate nothing, are wait-free, and take O(length of the key).

pub mod avalanche;
pub mod crc16;
#[cfg(feature = "crc32")]
pub mod crc32;
pub mod djb2;
pub mod fnv;
pub mod hsieh;
pub mod lookup3;
#[cfg(feature = "md5")]
pub mod md5;
pub mod murmur2;
pub mod murmur3;
pub mod one_at_a_time;
pub mod sdbm;
mod words;
pub mod wt6;
#[cfg(feature = "xxhash")]
pub mod xxhash;

/// Defines types of one value that hash keys by a function of their bytes.
macro_rules! key_hashes {
    ($($(#[$doc:meta])* $name:ident = $function:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
        pub struct $name;

        impl<K: AsRef<[u8]> + ?Sized> annulus::KeyHash<K> for $name {
            #[inline]
            fn hash(&self, key: &K) -> u64 {
                u64::from($function(key.as_ref()))
            }
        }
    )+};
}

use key_hashes;
