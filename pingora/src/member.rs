//! [`Member`]: a backend as a node of a ring.

use std::collections::BTreeSet;

use annulus::Node;
use annulus_profiles::Peer;
use pingora_load_balancing::Backend;

/// A backend as a node of a ring.
pub(crate) struct Member {
    pub(crate) backend: Backend,
    /// Its address as text, by which rings know it.
    address: String,
    place: u32,
}

impl Node for Member {
    fn identity(&self) -> &[u8] {
        self.address.as_bytes()
    }

    fn weight(&self) -> u32 {
        u32::try_from(self.backend.weight).unwrap_or(u32::MAX)
    }
}

impl Peer for Member {
    fn place(&self) -> u32 {
        self.place
    }
}

/// The members of a ring of these backends. Of those of one address there is one, of the greatest weight: what has less
/// has a part of its points.
pub(crate) fn members(backends: &BTreeSet<Backend>) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::with_capacity(backends.len());
    // The set is in the order of addresses, and then of weights.
    for backend in backends {
        match members.last_mut() {
            Some(last) if last.backend.addr == backend.addr => last.backend = backend.clone(),
            _ => members.push(Member {
                address: backend.addr.to_string(),
                backend: backend.clone(),
                place: members.len() as u32,
            }),
        }
    }
    members
}
