//! [`Visit`]: what is done with a ring of whichever system a profile names.

use annulus::{DEFAULT_VNODES, KeyHash, Native, Tagged, Xxh3};

use super::Profile;
use crate::cassandra::Cassandra;
use crate::envoy::{self, Envoy};
use crate::haproxy::Haproxy;
use crate::hash::crc32::Crc32;
use crate::hash::md5::Md5;
use crate::hash::murmur3::CassandraToken;
use crate::hash_ring::HashRing;
use crate::hashring::Hashring;
use crate::libketama::Libketama;
use crate::libmemcached::{Libmemcached, LibmemcachedWeighted};
use crate::nginx::Nginx;
use crate::peer::Peer;
use crate::pingora::{Pingora, PingoraV2};
use crate::system::System;
use crate::twemproxy::Twemproxy;
use crate::uhashring::{self, Uhashring, UhashringKetama};

/// What is done with a ring of whichever system a [`Profile`] names.
pub trait Visit<N: Peer> {
    /// What comes of it.
    type Answer;

    /// Called once, with what a ring of the system is made with, the hash of its keys, and how many servers
    /// hold a key where the system says that.
    ///
    /// All of it may go to other threads, so the ring can be published.
    fn visit<S: System<N>, H: KeyHash<[u8]> + Clone + Send + Sync + 'static>(
        self,
        config: S::Config,
        hash: H,
        strategy: S::Strategy<'_>,
    ) -> Self::Answer;
}

impl Profile<'_> {
    /// Calls `visit` with the placement of this profile.
    pub fn visit<N: Peer, V: Visit<N>>(&self, visit: V) -> V::Answer {
        match *self {
            Self::Native => visit.visit::<Native, _>(DEFAULT_VNODES, Xxh3, ()),
            Self::Nginx => visit.visit::<Nginx, _>((), Crc32, ()),
            Self::Pingora => visit.visit::<Pingora, _>((), Crc32, ()),
            Self::PingoraV2(points) => visit.visit::<PingoraV2, _>(points, Crc32, ()),
            Self::Libmemcached(config) => visit.visit::<Libmemcached, _>(config, config.hash(), ()),
            Self::LibmemcachedWeighted(labels, hash) => {
                visit.visit::<LibmemcachedWeighted, _>(labels, hash, ())
            }
            Self::Twemproxy(hash, None) => visit.visit::<Twemproxy, _>((), hash, ()),
            Self::Twemproxy(hash, Some([open, close])) => {
                visit.visit::<Twemproxy, _>((), Tagged::with_braces(hash, open, close), ())
            }
            Self::Envoy(config) | Self::Grpc(config) => {
                visit.visit::<Envoy, _>(config, envoy::Hash::default(), ())
            }
            Self::Libketama => visit.visit::<Libketama, _>((), Md5, ()),
            Self::Uhashring => visit.visit::<Uhashring, _>((), uhashring::Hash, ()),
            Self::UhashringKetama => visit.visit::<UhashringKetama, _>((), Md5, ()),
            Self::HashRing => visit.visit::<HashRing, _>((), Md5, ()),
            Self::Hashring(config) => visit.visit::<Hashring, _>(config, Md5, ()),
            Self::Haproxy(config, hash) => visit.visit::<Haproxy, _>(config, hash, ()),
            Self::Cassandra(strategy) => visit.visit::<Cassandra, _>((), CassandraToken, strategy),
        }
    }
}
