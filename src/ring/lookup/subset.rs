//! [`Subset`]: the members that are chosen for one tenant, within which its keys are looked up.

use crate::hash::splitmix::output;
use crate::hash::xxh3::xxh3_identity;
use crate::node::Node;
use crate::point::{Placement, Position};
use crate::ring::rule::{RoomError, Ruled, Subset};
use crate::ring::view::Key;

/// # Subsets
///
/// Where tenants share a ring, each can be given a few members, so that it disturbs few other tenants and no two
/// disturb all of each other's: shuffle sharding (MacCárthaigh, *Workload isolation using shuffle-sharding*,
/// 2019). The tenant's keys are then looked up [within](crate::Rule::within) these members.
///
/// Members are chosen as Grafana's dskit does it (`ring.ShuffleShard`). Each is the first member that has not been
/// chosen yet, in a walk from a position of its own, which the tenant and the number of the choice give. Under a
/// rule over zones each zone has choices of its own, the zones take turns in [rounds](crate::Rule#rounds), and
/// the tenant says in which order. Heavy members are chosen more often, members without points never. Unlike
/// dskit this does not round the number of members up to a multiple of the zones.
///
/// Choice *r* in a zone, from 0, is made from the position of a key whose hash is output *r* of SplitMix64. Its seed
/// is the first output from the tenant's position ⊕ XXH3-64 of the zone's name, or of the empty name under a rule
/// that is not over zones. Zones take turns in the order of their seeds. Choices are frozen, as placements are.
///
/// A member that joins takes the place of one that was chosen at most, and one that leaves makes room for one:
/// all others stay, and where a member that was not chosen leaves, all do. A change of weight replaces one at
/// most. That holds where points of a node do not depend on others, as natively. A larger number of members
/// includes those that a smaller one would choose.
///
/// The successors of the tenant's position, which would hold it as replicas, are not chosen, since there are no
/// more such sets than points. Of 10,000 tenants that had 8 of 100 nodes with 150 points each so, two thirds had the
/// same eight as another one. Chosen one by one, none have; in both ways two tenants share 0.64 members on
/// average, as any 8 of 100 do.
impl<'a, 'd, N: Node, P: Placement, H> Ruled<'a, 'd, N, P, H> {
    /// Chooses members for `tenant`, as many as the rule has replicas: of each zone in turn if it is over zones,
    /// no more than its maximum of each, and of those that are up.
    ///
    /// `room` becomes a bitmap of all members. Two rings of the same membership and placement choose alike.
    /// Wait-free; K walks to members that were not chosen. Under a rule over zones it looks at all members besides
    /// for each of the K, for each round and for each zone that has nobody left: O((K + zones) × members) in all.
    /// With more than 64 zones that is O(K × zones × members) where most zones have far fewer members than the
    /// largest. Choose once for a tenant and a snapshot, rather than for every key.
    ///
    /// ```
    /// # use annulus::{BatchError, NamedNode, Ring, Rule};
    /// let mut ring = Ring::<NamedNode, 8, 1_200>::new();
    /// ring.insert_all(["a", "b", "c", "d"].map(|name| NamedNode::new(name).with_zone("east")))?;
    /// ring.insert_all(["e", "f", "g", "h"].map(|name| NamedNode::new(name).with_zone("west")))?;
    /// let view = ring.view();
    /// let mut room = [0; 1];
    /// // Two members in each zone, and of these one in each for every key.
    /// let subset = view.under(Rule::over_zones(4)).subset("tenant-7", &mut room).unwrap();
    /// let tenant = view.under(Rule::over_zones(2).within(subset));
    /// let mut owners = [0; 2];
    /// assert_eq!(tenant.owner_numbers("user:42", &mut owners), 2);
    /// assert!(owners.iter().all(|&owner| subset.contains(owner)));
    /// # Ok::<(), BatchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RoomError::Members`], with `room` untouched, unless it has a bit for each member: ⌈members ÷ 64⌉ words.
    pub fn subset<'m>(
        &self,
        tenant: &(impl Key<H> + ?Sized),
        room: &'m mut [u64],
    ) -> Result<Subset<'m>, RoomError> {
        self.subset_at(self.ring.position(tenant), room)
    }

    /// Chooses members for the tenant at this position: [`subset`](Self::subset) of a tenant whose name is hashed
    /// already. Tenants at one position have the same members.
    ///
    /// # Errors
    ///
    /// [`RoomError::Members`], as for [`subset`](Self::subset).
    pub fn subset_at<'m>(
        &self,
        tenant: P::Position,
        room: &'m mut [u64],
    ) -> Result<Subset<'m>, RoomError> {
        let (needed, len) = (self.ring.len().div_ceil(64), room.len());
        let outside = room.get_mut(..needed).ok_or(RoomError::Members { needed, room: len })?;
        outside.fill(u64::MAX);
        let (count, mut chosen) = (self.rule.count(), 0);
        let Some(max_per_zone) = self.rule.max_per_zone() else {
            let seed = seed(tenant, &[]);
            while chosen < count && self.choose(seed, chosen, |_| true, outside) {
                chosen += 1;
            }
            return Ok(Subset::new(outside));
        };
        // The bits of zones without anybody left, as far as there are bits.
        let mut empty = 0u64;
        for round in 0..max_per_zone {
            let (before, mut last) = (chosen, None);
            while chosen < count
                && let Some((seed, zone)) = self.zone_after(tenant, last, empty)
            {
                last = Some((seed, zone));
                if self.choose(seed, round, |other| other == zone, outside) {
                    chosen += 1;
                } else {
                    empty |= 1u64.checked_shl(zone).unwrap_or(0);
                }
            }
            if chosen == before {
                break;
            }
        }
        Ok(Subset::new(outside))
    }

    /// Takes the first member that is outside out of there, in the walk from the position of this choice, of
    /// those that are up and in a zone for whose number `zone` is true. Returns whether there is one.
    fn choose(
        &self,
        seed: u64,
        choice: usize,
        zone: impl Fn(u32) -> bool,
        outside: &mut [u64],
    ) -> bool {
        let position = P::key(output(seed, choice as u32));
        let up = self.up();
        let first = self.ring.first(position, |candidate| {
            let is_left = !Subset::new(outside).contains(candidate.number);
            zone(candidate.member.zone) && is_left && up(candidate)
        });
        let Some(number) = first.map(|candidate| candidate.number) else { return false };
        if let Some(word) = outside.get_mut(number as usize / 64) {
            *word &= !(1 << (number % 64));
        }
        true
    }

    /// The seed and the number of the zone that has its turn after `last`, or first, of those whose bits are not
    /// in `empty`; `None` behind the last.
    fn zone_after(
        &self,
        tenant: P::Position,
        last: Option<(u64, u32)>,
        empty: u64,
    ) -> Option<(u64, u32)> {
        // Zones are numbered in the order of their first members.
        let mut zones = 0;
        let firsts = self.ring.members.iter().filter(|member| {
            let is_first = member.zone == zones;
            zones += u32::from(is_first);
            is_first && empty.checked_shr(member.zone).unwrap_or(0) & 1 == 0
        });
        let turns = firsts.map(|member| (seed(tenant, member.node.zone()), member.zone));
        turns.filter(|&turn| last.is_none_or(|last| turn > last)).min()
    }
}

/// What the positions of the choices follow from that a tenant makes in a zone of this name.
fn seed(tenant: impl Position, zone: &[u8]) -> u64 {
    output(tenant.to_u64() ^ xxh3_identity(zone), 0)
}
