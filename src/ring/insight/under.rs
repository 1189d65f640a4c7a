//! What nodes hold under a rule, replicas counted: their ranges and effective shares.

use core::iter::FusedIterator;

use super::shares::Balance;
use crate::point::{KeyRange, Placement};
use crate::ring::member::Member;
use crate::ring::rule::{RoomError, Ruled};

/// # Insight
///
/// These methods look up the owners of every range between neighbouring points, O(points × a walk to K
/// nodes). Where walks have far to go, to the few nodes of a small zone, that is O(points × members) and more.
/// `room` has the numbers of the owners of one range meanwhile; it must be as long as the rule's
/// number of replicas, or as the ring has members if these are fewer.
impl<'a, 'd, N, P: Placement, H> Ruled<'a, 'd, N, P, H> {
    /// The ranges of positions that the member of this [number](crate::RingRef#numbers) holds, in the order
    /// of their ends. Neighbours are one range, except that the first and the last may touch where the
    /// circle wraps.
    ///
    /// # Errors
    ///
    /// [`RoomError::Owners`] if `room` is too short.
    pub fn ranges_of<'r>(
        &self,
        number: u32,
        room: &'r mut [u32],
    ) -> Result<
        impl FusedIterator<Item = KeyRange<P::Position>> + use<'a, 'd, 'r, N, P, H>,
        RoomError,
    > {
        let (ruled, room) = (*self, self.room(room)?);
        let held = ruled.ring.key_ranges().filter_map(move |(range, _)| {
            ruled.owner_numbers_at(range.end, room);
            room.contains(&number).then_some(range)
        });
        // Past the last member there is no room with its number, and answers end with it.
        let is_member = (number as usize) < self.ring.len();
        let mut held = held.take_while(move |_| is_member);
        let mut joined: Option<KeyRange<P::Position>> = None;
        let joined_ranges = core::iter::from_fn(move || {
            for next in &mut held {
                match &mut joined {
                    Some(range) if range.end == next.start => range.end = next.end,
                    _ => {
                        if let Some(range) = joined.replace(next) {
                            return Some(range);
                        }
                    }
                }
            }
            joined.take()
        });
        Ok(joined_ranges.fuse())
    }

    /// Counts the positions that each member holds into `out`, in the order of
    /// [`members`](crate::RingRef::members): their effective shares. A position that three members hold
    /// counts three times.
    ///
    /// The counts are exact. Where every position has K owners, they add up to K times
    /// [`Position::CIRCLE`](crate::Position::CIRCLE).
    ///
    /// ```
    /// # use annulus::{EditError, NamedNode, Position, Ring, Rule};
    /// let mut ring = Ring::<NamedNode, 5, 750>::new();
    /// ring.insert_all(["a", "b", "c", "d"].map(|name| NamedNode::new(name).with_zone("east")))?;
    /// ring.insert(NamedNode::new("e").with_zone("west"))?;
    /// let view = ring.view();
    /// let mut shares = [0; 5];
    /// view.under(Rule::over_zones(2)).shares(&mut [0; 2], &mut shares).unwrap();
    /// // The only node in the west has a replica of every key.
    /// let e = view.number_of(b"e").unwrap();
    /// assert_eq!(shares[e as usize], u32::CIRCLE);
    /// assert_eq!(shares.iter().sum::<u128>(), 2 * u32::CIRCLE);
    /// # Ok::<(), EditError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RoomError`], with `out` untouched, if `room` is too short, or unless `out` has one element for each
    /// member.
    pub fn shares(&self, room: &mut [u32], out: &mut [u128]) -> Result<(), RoomError> {
        let room = self.room(room)?;
        if out.len() != self.ring.len() {
            return Err(RoomError::Shares { needed: self.ring.len(), room: out.len() });
        }
        out.fill(0);
        for (range, _) in self.ring.key_ranges() {
            self.owner_numbers_at(range.end, room);
            for &owner in &*room {
                if let Some(share) = out.get_mut(owner as usize) {
                    *share += range.len();
                }
            }
        }
        Ok(())
    }

    /// How evenly `shares`, as [`shares`](Self::shares) counts them, follow the weights.
    ///
    /// The fair share of a node is its part of the sum of weights, times the sum of the shares. Nodes that
    /// are down do not count. `None` when no node has a weight and is up, or none holds anything. O(nodes).
    pub fn balance(&self, shares: &[u128]) -> Option<Balance> {
        let rule = self.rule;
        let up = |(number, _): &(u32, &Member<N>)| !rule.is_down(*number);
        let members = (0..).zip(self.ring.members).filter(up).map(|(_, member)| member.weight);
        let held = (0..).zip(shares).filter(|&(number, _)| !rule.is_down(number)).map(|(_, &s)| s);
        Balance::of(members.zip(held), shares.iter().sum())
    }
}
