//! [`Loads`]: what is in flight on all nodes, and who asks for more. [`Ticket`]: a unit that was granted.

use core::mem;
use core::ops::Deref;

use super::load::Load;
use super::node::Loaded;
use crate::point::Placement;
use crate::ring::{Caps, Key, RingRef};

/// How often one who asks walks before it is refused.
const WALKS: usize = 8;

/// The units in flight on all nodes of a ring together.
///
/// A clone counts in the same total, so that each thread can have one, as can tickets. `L` is a pointer of the
/// same kind as those of the nodes: `Arc<Load>`, `&'static Load`.
#[derive(Clone, Debug, Default)]
pub struct Loads<L = &'static Load> {
    total: L,
}

impl<L> Loads<L> {
    /// Counts the total there, where nothing else may be counted.
    pub const fn new(total: L) -> Self {
        Self { total }
    }
}

impl<L: Deref<Target = Load> + Clone> Loads<L> {
    /// How many tickets are out; those included that other threads are asking for, or giving back, at this
    /// moment. Wait-free.
    pub fn total(&self) -> u32 {
        self.total.units()
    }

    /// A ticket for the first node at or after `key` whose load is below its cap.
    ///
    /// `caps` must be those of `ring`. Lock-free: see [the module](super#what-is-guaranteed).
    ///
    /// `None` where the ring has no points. While other threads ask at the same time, it is possible that all nodes
    /// are seen at their caps: a unit that moves from one to another may be seen on both, and units that were
    /// granted since the total was read are too many for it. Then the total is read again, and another walk is
    /// made. After eight walks in vain the answer is `None`; it is soon so with caps of another ring, or with
    /// a load that is counted in another total.
    pub fn ticket<'a, N, P, H>(
        &self,
        ring: RingRef<'a, N, P, H>,
        caps: &Caps,
        key: &(impl Key<H> + ?Sized),
    ) -> Option<(&'a N, Ticket<L>)>
    where
        N: Loaded<Pointer = L>,
        P: Placement,
    {
        self.ticket_at(ring, caps, ring.position(key))
    }

    /// A ticket for the first node at or after `position` whose load is below its cap:
    /// [`ticket`](Self::ticket) of a key that is hashed already.
    pub fn ticket_at<'a, N, P, H>(
        &self,
        ring: RingRef<'a, N, P, H>,
        caps: &Caps,
        position: P::Position,
    ) -> Option<(&'a N, Ticket<L>)>
    where
        N: Loaded<Pointer = L>,
        P: Placement,
    {
        if ring.point_count() == 0 {
            return None;
        }
        (0..WALKS).find_map(|_| {
            // First the total, then a node: see `add`.
            let asking = Asking(&self.total);
            let total = u64::from(self.total.add());
            let (_, member) = ring.first_granted(position, |_, member| {
                let admits = |units| caps.admits(member.weight(), u64::from(units), total);
                member.node().load().add_if(admits)
            })?;
            let ticket = Ticket { load: member.node().load().clone(), total: self.total.clone() };
            mem::forget(asking);
            Some((member.node(), ticket))
        })
    }
}

/// A unit of the total that is given back unless it becomes that of a ticket.
struct Asking<'l>(&'l Load);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

/// A unit in flight on a node, until it is dropped.
///
/// It borrows nothing from the ring that it was asked of: the ring may change, and its guard be dropped, as long as
/// the ticket is out.
#[derive(Debug)]
#[must_use = "a ticket that is dropped gives its unit back"]
pub struct Ticket<L: Deref<Target = Load> = &'static Load> {
    load: L,
    total: L,
}

impl<L: Deref<Target = Load>> Ticket<L> {
    /// The counter of the node that this is a ticket for.
    pub fn load(&self) -> &Load {
        &self.load
    }
}

/// Gives the unit back. Wait-free.
impl<L: Deref<Target = Load>> Drop for Ticket<L> {
    fn drop(&mut self) {
        // First the node, then the total, so that who asks meanwhile finds no node fuller than its total says.
        self.load.give_back();
        self.total.give_back();
    }
}
