//! Owners spread over zones, in rounds.

use super::walk::{Answer, Candidate, Collect, Distinct};
use crate::point::Placement;
use crate::ring::member::Member;
use crate::ring::rounds::reach;
use crate::ring::view::{Key, RingRef};

/// # Owners over zones
///
/// These methods take nodes in [rounds](crate::Rule#rounds): the first of each zone, then the second of
/// each, and so on. They compare numbers of zones, never names, and know how many nodes each round has.
/// So they go no further than the point that settles the answer, if all nodes are alive: for K nodes
/// over Z even zones, O((K + Z) × log Z) points expected.
///
/// All are wait-free, given that `alive` is. Each point that is passed costs up to K comparisons, and each
/// node that is taken up to K² more. Where a zone has fewer nodes alive than it has members, a walk may
/// pass as many points as there are members without finding a node; then it looks at every member once,
/// to see whether any could still be found.
impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The first distinct nodes at or after `key` that are `alive`, as many as `out` has room for, spread
    /// over zones in [rounds](crate::Rule#rounds), with at most `max_per_zone` of each zone.
    ///
    /// With [`usize::MAX`] there is no such limit; with 1, no zone has two. Returns how many nodes there
    /// are; the rest of `out` becomes `None`.
    pub fn owners_over_zones(
        &self,
        key: &(impl Key<H> + ?Sized),
        max_per_zone: usize,
        mut alive: impl FnMut(&N) -> bool,
        out: &mut [Option<&'a N>],
    ) -> usize {
        let alive = |candidate: Candidate<'a, N>| alive(candidate.node());
        self.spread(self.position(key), max_per_zone, alive, out, None)
    }

    /// The [numbers](Self#numbers) of the first distinct members at or after `key` for whose numbers
    /// `alive` is true, as many as `out` has room for, spread over zones in
    /// [rounds](crate::Rule#rounds), with at most `max_per_zone` of each zone.
    ///
    /// With [`usize::MAX`] there is no such limit; with 1, no zone has two. Returns how many numbers there
    /// are; the rest of `out` becomes [`u32::MAX`], which no member has.
    pub fn owner_numbers_over_zones(
        &self,
        key: &(impl Key<H> + ?Sized),
        max_per_zone: usize,
        mut alive: impl FnMut(u32) -> bool,
        out: &mut [u32],
    ) -> usize {
        let alive = |candidate: Candidate<'a, N>| alive(candidate.number);
        self.spread(self.position(key), max_per_zone, alive, out, u32::MAX)
    }

    /// Fills `out` with the members at or after `position` that are `alive`, in rounds, and with `nobody`.
    /// Returns how many they are.
    pub(super) fn spread<T: Answer<'a, N>>(
        &self,
        position: P::Position,
        max_per_zone: usize,
        alive: impl FnMut(Candidate<'a, N>) -> bool,
        out: &mut [T],
        nobody: T,
    ) -> usize {
        out.fill(nobody);
        let start = self.start(position);
        if reach(self.members, 1) <= 1 {
            // In a single zone, rounds are the order of the walk.
            let most = out.len().min(max_per_zone);
            let mut owners = Distinct::new(out.get_mut(..most).unwrap_or_default(), nobody);
            self.walk(start, alive, &mut owners);
            return owners.len;
        }
        let mut owners = Spread::new(self.members, max_per_zone, out);
        self.walk(start, alive, &mut owners);
        owners.len
    }
}

/// Collects distinct members in rounds.
///
/// Whatever was found and had to make room for a member of an earlier round need not be remembered: the
/// next member of its zone comes in the same round or a later one, for which there is no room either.
struct Spread<'o, 'a, N, T> {
    members: &'a [Member<N>],
    max_per_zone: usize,
    /// The members found, in their order. The rest has room for others.
    out: &'o mut [T],
    /// How many were found.
    len: usize,
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
    fn new(members: &'a [Member<N>], max_per_zone: usize, out: &'o mut [T]) -> Self {
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
