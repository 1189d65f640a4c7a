//! [`Spread`]: collects members in rounds, whoever is alive.

use super::walk::{Answer, Candidate, Collect};
use crate::ring::member::Member;
use crate::ring::rounds::reach;

/// Collects distinct members in rounds.
///
/// Whatever was found and had to make room for a member of an earlier round need not be remembered: the
/// next member of its zone comes in the same round or a later one, for which there is no room either.
pub(super) struct Spread<'o, 'a, N, T> {
    members: &'a [Member<N>],
    max_per_zone: usize,
    /// The members found, in their order. The rest has room for others.
    out: &'o mut [T],
    /// How many were found.
    pub(super) len: usize,
    /// How many there may be in the end.
    most: usize,
    /// The last round of which a member was found, from 1.
    round: usize,
    /// Where in `out` this round starts.
    start: usize,
    /// Where in `out` it starts once nobody of an earlier round is left to be found.
    settled: usize,
}

impl<'o, 'a, N, T: Answer<'a, N>> Spread<'o, 'a, N, T> {
    /// Begins without members. None of `out` stands for a member.
    pub(super) fn new(members: &'a [Member<N>], max_per_zone: usize, out: &'o mut [T]) -> Self {
        let most = out.len().min(reach(members, max_per_zone));
        Self { members, max_per_zone, out, len: 0, most, round: 0, start: 0, settled: 0 }
    }

    /// The number of the zone of an answer.
    #[inline]
    fn zone(&self, answer: T) -> Option<u32> {
        answer.member(self.members).map(|member| member.zone)
    }

    /// Where in `out` this round starts, which must be one of which a member was found, or the next.
    fn start_of(&self, round: usize) -> usize {
        let taken = self.out.get(..self.len).unwrap_or_default();
        let mut start = 0;
        for _ in 1..round {
            // Within a round all zones differ. The first of the next round is in one that had its turn.
            let mut end = start + 1;
            while let Some(&next) = taken.get(end)
                && let Some(round) = taken.get(start..end)
                && !round.iter().any(|&member| self.zone(member) == self.zone(next))
            {
                end += 1;
            }
            start = end;
        }
        start
    }
}

impl<'a, N, T: Answer<'a, N>> Collect<'a, N> for Spread<'_, 'a, N, T> {
    /// The round in which a member is found.
    type Place = usize;

    #[inline]
    fn is_full(&self) -> bool {
        self.len >= self.most && self.start == self.settled
    }

    #[inline]
    fn place(&self, candidate: Candidate<'a, N>) -> Option<usize> {
        let mut round = 1;
        for &taken in self.out.get(..self.len).unwrap_or_default() {
            if taken.is(candidate) {
                return None;
            }
            round += usize::from(self.zone(taken) == Some(candidate.member.zone));
        }
        let has_room = self.len < self.out.len() || round < self.round;
        (has_room && round <= self.max_per_zone).then_some(round)
    }

    #[inline]
    fn take(&mut self, candidate: Candidate<'a, N>, round: usize) {
        let at = if round >= self.round {
            self.len
        } else if round + 1 == self.round {
            self.start
        } else {
            self.start_of(round + 1)
        };
        let mut last = T::of(candidate);
        for slot in self.out.iter_mut().take(self.len + 1).skip(at) {
            core::mem::swap(slot, &mut last);
        }
        if round > self.round {
            (self.round, self.start) = (round, self.len);
        } else if round < self.round {
            self.start += 1;
        }
        self.len = self.out.len().min(self.len + 1);
        if self.start >= self.len {
            // The only member of the last round had to make room.
            self.round -= 1;
            self.start = self.start_of(self.round);
        }
        self.settled = reach(self.members, self.round - 1);
    }
}
