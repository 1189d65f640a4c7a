//! [`Ketama`]: the rings that pingora has.

use std::collections::BTreeSet;
use std::sync::Arc;

use annulus::HeapRing;
use annulus_profiles::pingora::{Hash, PingoraV2};
use pingora_load_balancing::Backend;
pub use pingora_load_balancing::selection::consistent::KetamaConfig;
use pingora_load_balancing::selection::{BackendIter, BackendSelection};

use crate::member::{Member, members};

/// How many points a backend has for each unit of weight where nobody says.
const POINTS: u32 = 160;

/// The selection of pingora's own [`KetamaHashing`]: the same keys go to the same backends, and on to the same
/// others.
///
/// It is made with the same configuration. A `point_multiple` is that of version 2, which pingora has behind its
/// feature `v2`; without that feature pingora ignores it, and this does not. Where two backends have a point on one
/// position, the lower address has it, as in version 2; version 1 leaves open which.
///
/// Lookups are wait-free. Making one is O(p log p) for p points.
///
/// ```
/// use std::collections::BTreeSet;
/// use std::sync::Arc;
///
/// use annulus_pingora::{Ketama, KetamaConfig};
/// use pingora_load_balancing::Backend;
/// use pingora_load_balancing::selection::{BackendIter, BackendSelection};
///
/// let backends = BTreeSet::from([Backend::new("10.0.0.1:80")?, Backend::new("10.0.0.2:80")?]);
/// let config = KetamaConfig { point_multiple: Some(40) };
/// let selection = Arc::new(Ketama::build_with_config(&backends, &config));
/// assert!(selection.iter(b"user:42").next().is_some_and(|backend| backends.contains(backend)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`KetamaHashing`]: pingora_load_balancing::selection::consistent::KetamaHashing
pub struct Ketama {
    ring: HeapRing<Member, PingoraV2, Hash>,
}

impl BackendSelection for Ketama {
    type Iter = KetamaIter;
    type Config = KetamaConfig;

    /// # Panics
    ///
    /// Panics if the weights are too much for a ring: above 2³² points in all.
    fn build_with_config(backends: &BTreeSet<Backend>, config: &KetamaConfig) -> Self {
        let points = config.point_multiple.unwrap_or(POINTS);
        let mut ring = HeapRing::with_hash(points, Hash::default());
        // Rings of pingora have no sockets of Unix.
        let members = members(backends).into_iter();
        let members = members.filter(|member| member.backend.addr.as_inet().is_some());
        if let Err(error) = ring.insert_all(members) {
            panic!("no ring of these backends: {error}");
        }
        Self { ring }
    }

    fn build(backends: &BTreeSet<Backend>) -> Self {
        Self::build_with_config(backends, &KetamaConfig::default())
    }

    fn iter(self: &Arc<Self>, key: &[u8]) -> KetamaIter {
        KetamaIter { position: self.ring.view().position(key), selection: Arc::clone(self) }
    }
}

/// The backends of point after point, from a key on and around without end: so the same backend comes again and again,
/// as it does in pingora.
///
/// Each step is a lookup, wait-free.
pub struct KetamaIter {
    selection: Arc<Ketama>,
    position: u32,
}

impl BackendIter for KetamaIter {
    fn next(&mut self) -> Option<&Backend> {
        let view = self.selection.ring.view();
        let point = view.points_from(self.position).next()?;
        self.position = point.position.wrapping_add(1);
        Some(&view.member(point.member)?.node().backend)
    }
}
