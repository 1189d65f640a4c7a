//! Rounds: in which order zones give their members to a key, and how many members each round has.
//!
//! The *r*-th member with points of each zone is of round *r*. A walk takes members in the order of
//! rounds, so it knows from these numbers alone when no member of an earlier round is left to be found.

use super::member::Member;

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

/// Whether the zones are so few that a byte has a bit for each.
pub(super) fn few_zones<N>(members: &[Member<N>]) -> bool {
    members.iter().all(|member| member.zone < u8::BITS)
}

/// How many members the first `rounds` rounds have. O(1).
#[inline]
pub(super) fn reach<N>(members: &[Member<N>], rounds: usize) -> usize {
    // Before the first round is nobody: no member comes after the last.
    let place = members.len() - rounds.min(members.len());
    members.get(place).map_or(0, |member| member.reach as usize)
}
