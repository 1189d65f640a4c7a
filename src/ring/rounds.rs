//! Rounds: in which order zones give their members to a key, and how many members each round has.
//!
//! The *r*-th member with points of each zone is of round *r*. A walk takes members in the order of
//! rounds, so it knows from these numbers alone when no member of an earlier round is left to be found.

use super::member::Member;
use crate::target;

/// Counts how many members the rounds have, once the members have their points and the numbers of
/// their zones. O(members).
pub(super) const fn count_rounds<N>(members: &mut [Member<N>]) {
    let len = members.len();
    let mut number = 0;
    while number < len {
        members[number].reach = 0;
        number += 1;
    }
    // Members of zone 0 are counted here, those of zone z in `reach` of member z - 1. The members of round r
    // are counted in that of the last member but r - 1. There is room for both: if there are r rounds, one
    // zone has r members, and each other zone has one at least.
    let (mut first_zone, mut rounds) = (0, 0);
    number = 0;
    while number < len {
        let member = &members[number];
        if member.points > 0 {
            let round = match member.zone.checked_sub(1) {
                Some(counter) if (counter as usize) < len => {
                    let counter = &mut members[counter as usize].reach;
                    *counter += 1;
                    *counter as usize
                }
                _ => {
                    first_zone += 1;
                    first_zone
                }
            };
            members[len - round].reach += 1;
            if rounds < round {
                rounds = round;
            }
        }
        number += 1;
    }
    let (mut round, mut reach) = (1, 0);
    while round <= len {
        let member = &mut members[len - round];
        if round <= rounds {
            reach += member.reach;
        }
        member.reach = reach;
        round += 1;
    }
}

/// A bit for the zone of each member; of none where there are more zones than bits in a byte, a single zone,
/// or where lookups do not read them.
pub(super) fn zone_bits<N>(members: &[Member<N>]) -> impl Iterator<Item = u8> {
    let zones = members.iter().map(|member| member.zone).max();
    let kept = target::BLOCKS_PAY && zones.is_some_and(|zones| (1..u8::BITS).contains(&zones));
    members.iter().filter(move |_| kept).map(|member| 1 << member.zone)
}

/// How many members the rounds of a ring have, as far as that is known.
pub(super) struct Rounds<'a, N> {
    pub(super) members: &'a [Member<N>],
    /// Those that are alive, if they were counted.
    pub(super) living: Option<Living>,
}

impl<N> Clone for Rounds<'_, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N> Copy for Rounds<'_, N> {}

impl<N> Rounds<'_, N> {
    /// The most members that the first `rounds` rounds may have. O(1).
    #[inline]
    pub(super) fn reach(&self, rounds: usize) -> usize {
        match &self.living {
            None => reach(self.members, rounds),
            Some(living) => living.reach(self.members, rounds),
        }
    }
}

/// How many members that are alive the first rounds have.
#[derive(Clone, Copy)]
pub(super) struct Living {
    reach: [u32; ROUNDS],
    /// The members of all rounds.
    all: u32,
}

/// The rounds whose living members are counted. Of later ones all members are.
const ROUNDS: usize = 8;

/// The most zones whose living members are counted.
const ZONES: usize = 64;

impl Living {
    /// Counts the members for whose numbers `alive` is true. O(members). `None` if there are too many zones.
    pub(super) fn count<N>(members: &[Member<N>], alive: impl Fn(u32) -> bool) -> Option<Self> {
        let (mut zones, mut reach, mut all) = ([0; ZONES], [0; ROUNDS], 0);
        for (number, member) in (0..).zip(members) {
            let zone = zones.get_mut(member.zone as usize)?;
            if member.points > 0 && alive(number) {
                if let Some(round) = reach.get_mut(*zone) {
                    *round += 1;
                }
                *zone += 1;
                all += 1;
            }
        }
        let mut sum = 0;
        for round in &mut reach {
            sum += *round;
            *round = sum;
        }
        Some(Self { reach, all })
    }

    /// How many members the first `rounds` rounds may have, of `members`. O(1).
    #[inline]
    fn reach<N>(&self, members: &[Member<N>], rounds: usize) -> usize {
        match rounds.checked_sub(1).map(|last| self.reach.get(last)) {
            None => 0,
            Some(Some(&counted)) => counted as usize,
            Some(None) => reach(members, rounds).min(self.all as usize),
        }
    }
}

/// How many members the first `rounds` rounds have. O(1).
#[inline]
pub(super) fn reach<N>(members: &[Member<N>], rounds: usize) -> usize {
    // Before the first round is nobody: no member comes after the last.
    let place = members.len() - rounds.min(members.len());
    members.get(place).map_or(0, |member| member.reach as usize)
}
