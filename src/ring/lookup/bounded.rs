//! Lookups of an owner that has room: consistent hashing with bounded loads.

use super::walk::Candidate;
use crate::point::Placement;
use crate::ring::caps::Caps;
use crate::ring::member::Member;
use crate::ring::points::Layout;
use crate::ring::view::{Key, RingRef};

/// # Owners with room
///
/// These methods walk clockwise from the point that owns the key, natively the first at or after the key's
/// position, to the first member whose load is below its [cap](Caps). So a key that many ask for is served by its
/// owner up to the owner's cap, and beyond that by the next nodes, the same ones for all. They implement
/// V. Mirrokni, M. Thorup and M. Zadimoghaddam, *Consistent Hashing with Bounded Loads* (2016).
///
/// The caller keeps the loads, by the [numbers](Self#numbers) of members, in any unit: requests in flight,
/// connections. `total` is their sum. The module [`loads`](crate::loads) keeps them for many threads.
///
/// All are wait-free, given that `load` is. `load` is asked once at each point that the walk stops at, about the
/// member of that point; after a whole round in vain, once about each member that has points, in the order of
/// numbers. So it is asked about a member as often as the walk comes by its points. Each answer counts by itself,
/// for that question alone: loads may change meanwhile. The answer is the member about which `load` was asked
/// last.
///
/// With loads that do not change, and with no more than `total` units on all members together, there is an answer
/// unless the ring has no points: the caps add up to more than `total`. The answer is `None` if all members were
/// at their caps as `load` was asked about them. That takes loads that change during the walk, a `total` that is
/// less than their sum, or the caps of another ring.
///
/// How many points a walk passes depends on how many members are at their caps. With random points and the factor
/// 1 + ε the paper expects O(1/ε²) members for ε up to 1, fewer above. It never passes more than all points once.
impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The first node at or after `key` whose load is below its cap, where all members together have `total`
    /// units, and `load` gives the units of the member of a number.
    ///
    /// ```
    /// use annulus::{BalanceFactor, BatchError, Ring};
    ///
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
    /// let view = ring.view();
    /// let caps = view.caps(BalanceFactor::percent(125).expect("above 100"));
    /// // Of 8 requests in flight the owner has 4, which is all that it may have: ⌈1.25 × 9 / 3⌉.
    /// let hot = view.owner_number("user:42").expect("the ring has points");
    /// let node = view.owner_bounded("user:42", &caps, 8, |number| if number == hot { 4 } else { 2 });
    /// assert_eq!(node, view.replicas::<2>("user:42").get(1).copied());
    /// # Ok::<(), BatchError>(())
    /// ```
    #[inline]
    pub fn owner_bounded(
        &self,
        key: &(impl Key<H> + ?Sized),
        caps: &Caps,
        total: u64,
        load: impl FnMut(u32) -> u64,
    ) -> Option<&'a N> {
        self.owner_bounded_at(self.position(key), caps, total, load)
    }

    /// The first node at or after `position` whose load is below its cap:
    /// [`owner_bounded`](Self::owner_bounded) of a key that is hashed already.
    #[inline]
    pub fn owner_bounded_at(
        &self,
        position: P::Position,
        caps: &Caps,
        total: u64,
        load: impl FnMut(u32) -> u64,
    ) -> Option<&'a N> {
        self.first_with_room(position, caps, total, load).map(|(_, member)| &member.node)
    }

    /// The [number](Self#numbers) of the first member at or after `key` whose load is below its cap, where all
    /// members together have `total` units, and `load` gives the units of the member of a number.
    ///
    /// ```
    /// # use annulus::{BalanceFactor, BatchError, Ring};
    /// # let mut ring = Ring::<&str, 3, 450>::new();
    /// # ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
    /// let view = ring.view();
    /// let caps = view.caps(BalanceFactor::percent(125).expect("above 100"));
    /// let mut loads = vec![0; view.len()];
    /// // Thirty requests for one key at once: each cache may have ⌈1.25 × 30 / 3⌉ = 13 of them.
    /// for total in 0..30 {
    ///     let number = view.owner_number_bounded("user:42", &caps, total, |n| loads[n as usize]);
    ///     loads[number.expect("some node has room") as usize] += 1;
    /// }
    /// assert_eq!(loads[view.owner_number("user:42").expect("the ring has points") as usize], 13);
    /// assert!(loads.iter().all(|&load| load <= 13));
    /// # Ok::<(), BatchError>(())
    /// ```
    #[inline]
    pub fn owner_number_bounded(
        &self,
        key: &(impl Key<H> + ?Sized),
        caps: &Caps,
        total: u64,
        load: impl FnMut(u32) -> u64,
    ) -> Option<u32> {
        self.owner_number_bounded_at(self.position(key), caps, total, load)
    }

    /// The [number](Self#numbers) of the first member at or after `position` whose load is below its cap:
    /// [`owner_number_bounded`](Self::owner_number_bounded) of a key that is hashed already.
    #[inline]
    pub fn owner_number_bounded_at(
        &self,
        position: P::Position,
        caps: &Caps,
        total: u64,
        load: impl FnMut(u32) -> u64,
    ) -> Option<u32> {
        self.first_with_room(position, caps, total, load).map(|(number, _)| number)
    }

    #[inline]
    fn first_with_room(
        &self,
        position: P::Position,
        caps: &Caps,
        total: u64,
        mut load: impl FnMut(u32) -> u64,
    ) -> Option<(u32, &'a Member<N>)> {
        self.first_granted(position, |number, member| {
            caps.admits(member.weight, load(number), total)
        })
    }

    /// The first member at or after `position` for which `grants` is true, with its number.
    ///
    /// It ends with the first grant: `grants` may have an effect then. It asks at each point that it stops at,
    /// then about each member that has points.
    #[inline]
    pub(crate) fn first_granted(
        &self,
        position: P::Position,
        mut grants: impl FnMut(u32, &'a Member<N>) -> bool,
    ) -> Option<(u32, &'a Member<N>)> {
        let mut last = None;
        for at in self.points.around(self.start(position)) {
            let Some(Candidate { member, number }) = self.candidate_at(at) else { break };
            if self.counts(at, &mut last) && grants(number, member) {
                return Some((number, member));
            }
        }
        // No walk comes by a member whose points all lie behind others, where equal points count once.
        let mut members = self.members.iter().zip(0..).map(|(member, number)| (number, member));
        members.find(|&(number, member)| member.points > 0 && grants(number, member))
    }
}
