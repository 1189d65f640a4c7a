//! [`Native`]: the rings of `annulus` itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use annulus::{DEFAULT_VNODES, HeapRing, Xxh3};
use pingora_load_balancing::Backend;
use pingora_load_balancing::selection::{BackendIter, BackendSelection};

use crate::member::{Member, members};

/// How many others are looked for together, when the first backend will not do.
const OTHERS: usize = 4;

/// The selection of a ring of `annulus`, whose nodes are the addresses of backends: keys go where any other program
/// sends them that has such a ring.
///
/// Its [iterator](NativeIter) gives each backend once, nearest first, so that `max_iterations` is a number of
/// backends. Sockets of Unix are backends as others are.
///
/// Lookups are wait-free. Making one is O(p log p) for p points.
///
/// ```
/// use annulus_pingora::Native;
/// use pingora_load_balancing::LoadBalancer;
///
/// let balancer = LoadBalancer::<Native>::try_from_iter(["10.0.0.1:80", "10.0.0.2:80"])?;
/// let ring = {
///     let mut ring = annulus::HeapRing::<_, annulus::Native, _>::with_hash(160, annulus::Xxh3);
///     ring.insert_all(["10.0.0.1:80", "10.0.0.2:80"]).expect("two nodes are few");
///     ring
/// };
/// let backend = balancer.select(b"user:42", 2).expect("all are up");
/// assert_eq!(ring.owner(&b"user:42"[..]), Some(&&*backend.addr.to_string()));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Native {
    ring: HeapRing<Member, annulus::Native, Xxh3>,
}

/// What a [`Native`] is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is written down as pingora's is")]
pub struct NativeConfig {
    /// How many points a backend has for each unit of weight.
    pub vnodes: u32,
}

impl Default for NativeConfig {
    fn default() -> Self {
        Self { vnodes: DEFAULT_VNODES }
    }
}

impl BackendSelection for Native {
    type Iter = NativeIter;
    type Config = NativeConfig;

    /// # Panics
    ///
    /// Panics if the weights are too much for a ring: above 2³² points in all.
    fn build_with_config(backends: &BTreeSet<Backend>, config: &NativeConfig) -> Self {
        let mut ring = HeapRing::with_hash(config.vnodes, Xxh3);
        if let Err(error) = ring.insert_all(members(backends)) {
            panic!("no ring of these backends: {error}");
        }
        Self { ring }
    }

    fn build(backends: &BTreeSet<Backend>) -> Self {
        Self::build_with_config(backends, &NativeConfig::default())
    }

    fn iter(self: &Arc<Self>, key: &[u8]) -> NativeIter {
        NativeIter {
            position: self.ring.view().position(key),
            selection: Arc::clone(self),
            found: Vec::new(),
            given: 0,
        }
    }
}

/// The backends from a key on, each once, nearest first.
///
/// The first is one lookup, wait-free. Others are looked for when they are asked for, in ever greater numbers, which
/// takes memory.
pub struct NativeIter {
    selection: Arc<Native>,
    position: u32,
    /// The numbers of the nearest backends, if more than one was asked for.
    found: Vec<u32>,
    given: usize,
}

impl BackendIter for NativeIter {
    fn next(&mut self) -> Option<&Backend> {
        let view = self.selection.ring.view();
        let number = if self.given == 0 {
            view.owner_number_at(self.position)?
        } else {
            if self.given >= self.found.len() {
                let room = (self.given * 2).max(OTHERS).min(view.len());
                self.found.resize(room, u32::MAX);
                let found = view.owner_numbers_where_at(self.position, |_| true, &mut self.found);
                self.found.truncate(found);
            }
            *self.found.get(self.given)?
        };
        self.given += 1;
        Some(&view.member(number)?.node().backend)
    }
}
