//! Owners over zones from a block of points: most walks over zones end within the next few points, and
//! are answered here in a fraction of the time that a walk takes.

use super::walk::{Answer, Candidate};
use crate::point::Placement;
use crate::ring::member::Member;
use crate::ring::points::{Cursor, Layout, Look, OwnerWord};
use crate::ring::rounds::Rounds;
use crate::ring::view::RingRef;
use crate::target;

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// Fills `out` with the members from `start` on in their rounds, of which there must be so many. `false` if
    /// the storage keeps no bits of zones, if that takes more than two rounds, if the points next to `start` do
    /// not settle it, or if a member is not alive. Then `out` may hold anything.
    ///
    /// This answers most walks.
    pub(super) fn fill_rounds<T: Answer<'a, N>>(
        &self,
        start: Cursor<'a, P::Position>,
        rounds: &Rounds<'a, N>,
        mut alive: impl FnMut(Candidate<'a, N>) -> bool,
        out: &mut [T],
    ) -> bool {
        let pays = target::BLOCKS_PAY && !P::EQUAL_POINTS_ONCE && !self.zone_bits.is_empty();
        if !pays || out.len() > rounds.reach(2) {
            return false;
        }
        // If zones are even, some nine walks of ten are settled by eight points for up to three members and by
        // sixteen for up to six, and nearly all others by twice as many.
        let mut tried = Tried::Short;
        if out.len() <= 3 {
            tried = self.try_points::<_, 1>(start, rounds, &mut alive, out);
        }
        if tried == Tried::Short && out.len() <= 6 {
            tried = self.try_points::<_, 2>(start, rounds, &mut alive, out);
        }
        if tried == Tried::Short {
            tried = self.try_points::<_, MOST_GROUPS>(start, rounds, &mut alive, out);
        }
        tried == Tried::Settled
    }

    /// [`fill_rounds`](Self::fill_rounds) from the next points alone, eight times as many as `GROUPS`.
    #[inline]
    fn try_points<T: Answer<'a, N>, const GROUPS: usize>(
        &self,
        start: Cursor<'a, P::Position>,
        rounds: &Rounds<'a, N>,
        alive: &mut impl FnMut(Candidate<'a, N>) -> bool,
        out: &mut [T],
    ) -> Tried {
        let attempt = Attempt {
            members: self.members,
            zone_bits: self.zone_bits,
            first_round: rounds.reach(1),
            alive,
            out,
        };
        self.points.look_ahead::<GROUPS, _>(start, attempt).unwrap_or(Tried::Failed)
    }
}

/// Fills `out` with the members that own a few points, in their rounds.
struct Attempt<'r, 'a, N, A, T> {
    members: &'a [Member<N>],
    zone_bits: &'a [u8],
    /// How many members the first round has.
    first_round: usize,
    alive: &'r mut A,
    out: &'r mut [T],
}

impl<'a, N, A, T, const GROUPS: usize> Look<GROUPS> for Attempt<'_, 'a, N, A, T>
where
    A: FnMut(Candidate<'a, N>) -> bool,
    T: Answer<'a, N>,
{
    type Answer = Tried;

    /// All points are looked at without a branch that depends on their zones, which no processor predicts.
    // Not inlined: it needs all registers.
    #[inline(never)]
    fn at<O: OwnerWord>(self, owners: &[[O; 8]; GROUPS]) -> Tried {
        let bit = |owner: O| self.zone_bits.get(owner.get() as usize).copied().unwrap_or(0);
        let zones = owners.map(|owners| u64::from_le_bytes(owners.map(bit)));
        let (round, rest) = self.out.split_at_mut(self.out.len().min(self.first_round));
        let firsts = Firsts::of(zones, owners, !rest.is_empty());
        for (mut points, out) in [(firsts.of_round, round), (firsts.of_next, rest)] {
            for out in out {
                if points == 0 {
                    return Tried::Short;
                }
                let Some(number) = owner(owners, points) else { return Tried::Failed };
                points &= points - 1;
                let number = number.get();
                let Some(member) = self.members.get(number as usize) else { return Tried::Failed };
                let candidate = Candidate { member, number };
                if !(self.alive)(candidate) {
                    return Tried::Failed;
                }
                *out = T::of(candidate);
            }
        }
        Tried::Settled
    }
}

/// What came of looking at a few points.
#[derive(PartialEq, Eq)]
enum Tried {
    /// They settled the answer.
    Settled,
    /// More points may settle it.
    Short,
    /// Only a walk can settle it.
    Failed,
}

/// The most groups of eight points that are looked at.
const MOST_GROUPS: usize = 4;

/// The lowest bit of each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Where members of a round are met for the first time: a bit for each point, from the lowest.
#[derive(Debug, Default, PartialEq, Eq)]
struct Firsts {
    /// Those of the first round.
    of_round: u32,
    /// Those of the second round, if they were asked for.
    of_next: u32,
}

impl Firsts {
    /// The firsts among points of which these are the owners. Each byte of `zones` has the bit of the zone
    /// of a point, or none if the point does not count.
    #[inline]
    fn of<const GROUPS: usize, O: OwnerWord>(
        mut zones: [u64; GROUPS],
        owners: &[[O; 8]; GROUPS],
        both: bool,
    ) -> Self {
        let mut firsts = Self::default();
        while zones.iter().fold(0, |all, zones| all | zones) != 0 {
            // The points of one zone, whose bit is the lowest one now.
            let mut points = 0;
            for (place, zones) in (0..).step_by(8).zip(&mut zones) {
                let ones = *zones & ONES;
                *zones = (*zones ^ ones) >> 1;
                // No sum carries into the highest byte, in which the product gathers all ones.
                points |= ((ones.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32) << place;
            }
            let first = points & points.wrapping_neg();
            firsts.of_round |= first;
            if both {
                points ^= first;
                // Points of the first member are passed. There is seldom one.
                while points != 0 && owner(owners, points) == owner(owners, first) {
                    points &= points - 1;
                }
                firsts.of_next |= points & points.wrapping_neg();
            }
        }
        firsts
    }
}

/// The owner of the first of these points.
#[inline]
fn owner<const GROUPS: usize, O: OwnerWord>(owners: &[[O; 8]; GROUPS], points: u32) -> Option<O> {
    // There are 2^n groups. So the compiler sees that this is one of the points.
    let place = points.trailing_zeros() as usize & (8 * GROUPS - 1);
    owners.as_flattened().get(place).copied()
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::hash::splitmix::output;

    #[test]
    fn members_are_met_in_rounds() {
        for seed in 0..4_000 {
            // A few members in up to eight zones, of which some do not count.
            let (members, zones) = (1 + output(seed, 1) % 20, 1 + output(seed, 2) % 8);
            let mut owners = [[0_u16; 8]; MOST_GROUPS];
            for (point, owner) in (0..).zip(owners.as_flattened_mut()) {
                *owner = (output(seed, 3 + point) % members) as u16;
            }
            let zone = |owner: u16| match owner % 11 {
                10 => 0,
                _ => 1 << (u64::from(owner) % zones),
            };
            let marks = owners.map(|owners| u64::from_le_bytes(owners.map(zone)));
            let (mut met, mut rounds): (Vec<u16>, [u32; 2]) = Default::default();
            for (point, &owner) in (0..).zip(owners.as_flattened()) {
                if zone(owner) != 0 && !met.contains(&owner) {
                    let earlier = met.iter().filter(|met| zone(**met) == zone(owner)).count();
                    if let Some(round) = rounds.get_mut(earlier) {
                        *round |= 1 << point;
                    }
                    met.push(owner);
                }
            }
            let [of_round, of_next] = rounds;
            assert_eq!(Firsts::of(marks, &owners, true), Firsts { of_round, of_next });
            assert_eq!(Firsts::of(marks, &owners, false), Firsts { of_round, of_next: 0 });
        }
    }
}
