//! Rounds: in which order zones give their members to a key, and how many members each round has.
//!
//! The *r*-th member with points of each zone is of round *r*. A walk takes members in the order of
//! rounds, so it knows from these numbers alone when no member of an earlier round is left to be found.

use super::member::Member;

/// Counts how many members the rounds have, once the members have their points and the numbers of
/// their zones. O(members).
pub(super) const fn count_rounds<N>(members: &mut [Member<N>]) {
    let len = members.len();
    // The number of a zone is that of its first member. Meanwhile that member has there, above its own
    // number, how many members of its zone with points were counted. They are no more than the members
    // from it on, so the sum is a number that fits; and no other member has its own number or a greater
    // one there.
    let mut number = 0;
    while number < len {
        let member = &mut members[number];
        member.reach = 0;
        let first = if member.zone as usize > number { number } else { member.zone as usize };
        if member.points > 0 {
            let before = (members[first].zone as usize).saturating_sub(first);
            members[first].zone += 1;
            // It is greater only if the names of zones changed while they were compared.
            if before <= number {
                members[before].reach += 1;
            }
        }
        number += 1;
    }
    number = 0;
    let mut reach = 0;
    while number < len {
        let member = &mut members[number];
        reach += member.reach;
        member.reach = reach;
        if member.zone as usize > number {
            member.zone = number as u32;
        }
        number += 1;
    }
}

/// How many members the first `rounds` rounds have. O(1).
#[inline]
pub(super) fn reach<N>(members: &[Member<N>], rounds: usize) -> usize {
    match rounds.min(members.len()).checked_sub(1) {
        Some(last) => members.get(last).map_or(0, |member| member.reach as usize),
        None => 0,
    }
}
