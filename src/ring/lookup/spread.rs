//! [`Spread`]: collects members in rounds, whoever is alive.

use super::walk::{Answer, Candidate, Collect};
use crate::ring::rounds::Rounds;

/// Collects distinct members in rounds.
///
/// Whatever was found and had to make room for a member of an earlier round need not be remembered: the
/// next member of its zone comes in the same round or a later one, for which there is no room either.
pub(super) struct Spread<'o, 'a, N, T> {
    rounds: Rounds<'a, N>,
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
    pub(super) fn new(rounds: Rounds<'a, N>, max_per_zone: usize, out: &'o mut [T]) -> Self {
        let most = out.len().min(rounds.reach(max_per_zone));
        Self { rounds, max_per_zone, out, len: 0, most, round: 0, start: 0, settled: 0 }
    }

    /// The number of the zone of an answer.
    #[inline]
    fn zone(&self, answer: T) -> Option<u32> {
        answer.member(self.rounds.members).map(|member| member.zone)
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
        self.settled = self.rounds.reach(self.round - 1);
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use std::boxed::Box;
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::hash::splitmix::output;
    use crate::ring::rounds::Living;
    use crate::{Fx64, Native, Node, Ring};

    /// A node of a name, in a zone.
    struct Zoned([u8; 2], [u8; 2]);

    impl Node for Zoned {
        fn identity(&self) -> &[u8] {
            &self.0
        }

        fn zone(&self) -> &[u8] {
            &self.1
        }
    }

    /// Counts the points that a walk passes: before each it asks whether it may end.
    struct Counting<C> {
        found: C,
        asked: Cell<usize>,
    }

    impl<'a, N, C: Collect<'a, N>> Collect<'a, N> for Counting<C> {
        type Place = C::Place;

        fn is_full(&self) -> bool {
            self.asked.set(self.asked.get() + 1);
            self.found.is_full()
        }

        fn place(&self, member: Candidate<'a, N>) -> Option<C::Place> {
            self.found.place(member)
        }

        fn take(&mut self, member: Candidate<'a, N>, place: C::Place) {
            self.found.take(member, place);
        }
    }

    /// How many points walks to `k` owners pass on average, at most `max` of a zone, in a ring of zones of
    /// so many nodes: none past the one at which the last of the owners is found.
    fn passed(zones: &[usize], k: usize, max: usize) -> f64 {
        passed_with(zones, k, max, |_| false)
    }

    /// [`passed`], while every node of the zones for which `down` is true is down.
    fn passed_with(zones: &[usize], k: usize, max: usize, down: impl Fn(u16) -> bool) -> f64 {
        const KEYS: u32 = 200;
        let mut ring = Box::new(Ring::<Zoned, 301, 6_020, Native, Fx64>::with_hash(20, Fx64));
        let zones = (0..).zip(zones).flat_map(|(zone, &nodes)| vec![zone; nodes]);
        let nodes = (0..)
            .zip(zones)
            .map(|(number, zone)| Zoned(u16::to_be_bytes(number), u16::to_be_bytes(zone)));
        assert!(ring.insert_all(nodes).is_ok());
        // No walk waits for a node without points.
        assert!(ring.insert(Zoned([0xff; 2], [0; 2])).is_ok());
        assert!(ring.set_weight([0xff; 2], 0).is_ok());
        let view = ring.view();
        let mut sum = 0;
        for key in (0..KEYS).map(|r| output(1, r)) {
            let position = view.position(&key);
            let mut out = vec![u32::MAX; k];
            let alive = |number: u32| {
                let member = &view.members[number as usize];
                member.points > 0 && !down(u16::from_be_bytes(member.node.1))
            };
            let living = Living::count(view.members, alive);
            let living = living.filter(|_| (0..view.len() as u32 - 1).any(|n| !alive(n)));
            let rounds = Rounds { members: view.members, living };
            let found = Spread::new(rounds, max, &mut out);
            let mut counting = Counting { found, asked: Cell::new(0) };
            view.walk(view.start(position), |candidate| alive(candidate.number), &mut counting);
            let (len, passed) = (counting.found.len, counting.asked.get() - 1);
            let mut left: Vec<u32> = out[..len].to_vec();
            let settling = view.points_from(position).position(|point| {
                left.retain(|&number| number != point.member);
                left.is_empty()
            });
            assert_eq!(Some(passed), settling.map(|at| at + 1), "{k} owners, {max} a zone");
            sum += passed;
        }
        sum as f64 / f64::from(KEYS)
    }

    /// A walk to all zones once passes 5.5 points of three even zones on average, and 9.6 to all twice; a
    /// few more, since some are of nodes that it has met.
    #[test]
    fn a_walk_passes_no_point_past_the_one_that_settles_the_answer() {
        let any = usize::MAX;
        let even = [100; 3];
        assert!(passed(&even, 2, any) < 3.0);
        assert!(passed(&even, 3, any) < 6.5);
        assert!(passed(&even, 6, any) < 11.5);
        assert!(passed(&even, 3, 1) < 6.5);
        assert!(passed(&even, 40, 1) < 6.5);
        assert!(passed(&[150; 2], 3, any) < 5.0);
        assert!(passed(&[1; 300], 3, any) < 3.5);
        // Where it is known who is down, nobody waits for them.
        assert!(passed_with(&even, 2, any, |zone| zone == 0) < 5.0);
        assert!(passed_with(&even, 3, any, |zone| zone == 0) < 7.0);
        assert!(passed_with(&even, 3, 1, |zone| zone == 0) < 5.0);
        assert!(passed_with(&even, 8, any, |zone| zone > 0) < 40.0);
        passed_with(&[3, 2, 1], 6, any, |zone| zone == 1);
        // All nodes there are, and all of some rounds.
        assert!(passed(&[3, 2, 1], 6, any) < 60.0);
        passed(&[3, 2, 1], 5, any);
        passed(&[3, 2, 1], 40, 2);
        // The only node of a zone is one of 300.
        let uneven = passed(&[290, 9, 1], 3, any);
        assert!((150.0..450.0).contains(&uneven), "{uneven}");
    }
}
