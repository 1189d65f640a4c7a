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
///
/// ```
/// use annulus::loads::{Counted, Load, Loads};
/// use annulus::{BalanceFactor, BatchError, Ring};
///
/// static COUNTERS: [Load; 3] = [const { Load::new() }; 3];
/// let [first, second, all] = &COUNTERS;
/// let mut ring = Ring::<Counted<&str>, 2, 300>::new();
/// ring.insert_all([Counted::new("web-1", first), Counted::new("web-2", second)])?;
/// let caps = ring.view().caps(BalanceFactor::percent(125).expect("above 100"));
/// let loads = Loads::new(all);
/// // Ten requests for one key at once. Its owner has ⌈1.25 × 10 / 2⌉ of them, the other the rest.
/// let tickets: Vec<_> =
///     (0..10).filter_map(|_| loads.ticket(ring.view(), &caps, "user:42")).collect();
/// let owner = ring.owner("user:42").expect("the ring has points");
/// assert_eq!((owner.load.units(), loads.total()), (7, 10));
/// drop(tickets);
/// assert_eq!(loads.total(), 0);
/// # Ok::<(), BatchError>(())
/// ```
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
        self.ticket_where_at(ring, caps, position, |_| true)
    }

    /// A ticket for the first node at or after `key` that is `alive` and whose load is below its cap.
    ///
    /// `caps` must be [those of the nodes that are alive](RingRef::caps_where): by those of all there may be no room.
    /// `alive` is asked at each point that a walk stops at; as to progress, and to `None`,
    /// it is as with [`ticket`](Self::ticket), and `None` also where no node with points is alive.
    ///
    /// What is in flight on nodes that are down counts in the total until it is given back.
    ///
    /// ```
    /// use annulus::loads::{Counted, Load, Loads};
    /// use annulus::{BalanceFactor, BatchError, Ring};
    ///
    /// static COUNTERS: [Load; 4] = [const { Load::new() }; 4];
    /// let [a, b, c, all] = &COUNTERS;
    /// let mut ring = Ring::<Counted<&str>, 3, 450>::new();
    /// ring.insert_all([Counted::new("a", a), Counted::new("b", b), Counted::new("c", c)])?;
    /// let (ring, loads) = (ring.view(), Loads::new(all));
    /// let down = ring.owner("user:42").expect("the ring has points").node;
    /// let alive = |server: &Counted<&str>| server.node != down;
    /// let caps = ring.caps_where(BalanceFactor::percent(125).expect("above 100"), alive);
    /// // Twenty requests for one key: each of the two has up to ⌈1.25 × 20 / 2⌉.
    /// let tickets: Vec<_> =
    ///     (0..20).filter_map(|_| loads.ticket_where(ring, &caps, "user:42", alive)).collect();
    /// assert_eq!(tickets.len(), 20);
    /// assert!(tickets.iter().all(|(server, ticket)| server.node != down && ticket.load().units() <= 13));
    /// # Ok::<(), BatchError>(())
    /// ```
    pub fn ticket_where<'a, N, P, H>(
        &self,
        ring: RingRef<'a, N, P, H>,
        caps: &Caps,
        key: &(impl Key<H> + ?Sized),
        alive: impl FnMut(&N) -> bool,
    ) -> Option<(&'a N, Ticket<L>)>
    where
        N: Loaded<Pointer = L>,
        P: Placement,
    {
        self.ticket_where_at(ring, caps, ring.position(key), alive)
    }

    /// A ticket for the first node at or after `position` that is `alive` and whose load is below its cap:
    /// [`ticket_where`](Self::ticket_where) of a key that is hashed already.
    pub fn ticket_where_at<'a, N, P, H>(
        &self,
        ring: RingRef<'a, N, P, H>,
        caps: &Caps,
        position: P::Position,
        mut alive: impl FnMut(&N) -> bool,
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
                alive(member.node()) && member.node().load().add_if(admits)
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
///
/// ```
/// use annulus::loads::{Counted, Load, Loads, Ticket};
/// use annulus::{BalanceFactor, EditError, Ring};
///
/// /// A request on its way, which has its ticket.
/// struct Request {
///     to: &'static str,
///     ticket: Ticket,
/// }
///
/// static WEB_1: Load = Load::new();
/// static ALL: Load = Load::new();
/// let loads = Loads::new(&ALL);
/// let mut ring = Ring::<Counted<&str>, 1, 150>::new();
/// ring.insert(Counted::new("web-1", &WEB_1)).map_err(|rejected| rejected.error)?;
/// let caps = ring.view().caps(BalanceFactor::percent(125).expect("above 100"));
/// let (server, ticket) = loads.ticket(ring.view(), &caps, "user:42").expect("a node");
/// let request = Request { to: server.node, ticket };
/// assert_eq!((request.to, request.ticket.load().units()), ("web-1", 1));
/// // It may end in another thread, and gives the unit back however it ends.
/// std::thread::spawn(move || drop(request)).join().expect("it does not panic");
/// assert_eq!(loads.total(), 0);
/// # Ok::<(), EditError>(())
/// ```
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
