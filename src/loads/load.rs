//! [`Load`]: a counter of units in flight.

use core::fmt;

use crate::publish::line::Line;
use crate::publish::sync::{AtomicU32, Ordering, const_fn};

/// A counter of units in flight, on one node or on all of them.
///
/// It is on a cache line of its own. It has room for [`u32::MAX`] units.
///
/// ```
/// use annulus::loads::{Counted, Load, Loads};
/// use annulus::{BalanceFactor, EditError, Ring};
///
/// static WEB_1: Load = Load::new();
/// static ALL: Load = Load::new();
///
/// let mut ring = Ring::<Counted<&str>, 2, 300>::new();
/// ring.insert(Counted::new("web-1", &WEB_1)).map_err(|rejected| rejected.error)?;
/// let caps = ring.view().caps(BalanceFactor::percent(125).expect("above 100"));
/// let (_, ticket) = Loads::new(&ALL).ticket(ring.view(), &caps, "user:42").expect("a node");
/// ring.remove("web-1")?;
/// // The server is stopped once nothing is in flight on it any more.
/// assert_eq!(WEB_1.units(), 1);
/// drop(ticket);
/// assert_eq!(WEB_1.units(), 0);
/// # Ok::<(), EditError>(())
/// ```
pub struct Load(Line<AtomicU32>);

impl Load {
    const_fn! {
        /// A counter without units.
        pub const fn new() -> Self {
            Self(Line(AtomicU32::new(0)))
        }
    }

    /// How many units are in flight. Wait-free.
    ///
    /// What threads did while they had tickets that were given back before this count happens before the return
    /// of this call: when a node that has left the ring has 0 units, all that was done under its tickets is done.
    #[inline]
    pub fn units(&self) -> u32 {
        // Acquire, with the Release in `give_back`: each give-back before this value synchronizes with this
        // load, for all changes between are read-modify-writes.
        self.0.load(Ordering::Acquire)
    }

    /// Adds a unit in any case; how many there were before. Wait-free.
    #[inline]
    pub(super) fn add(&self) -> u32 {
        // Acquire, with the Release in `give_back` of the total: a ticket that this total has no more has left
        // its node's load before, so that the walk after this call reads a load without it. Otherwise nodes would
        // seem to have more units than the total has, and all might seem to be full.
        self.0.fetch_add(1, Ordering::Acquire)
    }

    /// Adds a unit if `admits` is true of the units that there are. Lock-free: tries again only where another
    /// thread has changed the count meanwhile.
    #[inline]
    pub(super) fn add_if(&self, admits: impl Fn(u32) -> bool) -> bool {
        // Relaxed: what must be seen of other threads is seen since the total was read (see `add`). An old value
        // that was changed at the same moment is either refused, as it might have been a moment ago, or found out
        // by the exchange.
        let mut units = self.0.load(Ordering::Relaxed);
        while let Some(more) = units.checked_add(1)
            && admits(units)
        {
            // Relaxed, both ways: the atomicity of the exchange alone keeps the load within the cap. As a
            // read-modify-write it lets a give-back before it be seen by `units` after it.
            let relaxed = Ordering::Relaxed;
            match self.0.compare_exchange_weak(units, more, relaxed, relaxed) {
                Ok(_) => return true,
                Err(now) => units = now,
            }
        }
        false
    }

    /// Takes a unit off. Wait-free.
    #[inline]
    pub(super) fn give_back(&self) {
        // Release, with the Acquire in `add` and in `units`: what came before is behind whoever reads this value
        // or one after it.
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl Default for Load {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Load").field(&self.units()).finish()
    }
}
