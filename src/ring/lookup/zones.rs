//! Owners spread over zones, in rounds.

use super::spread::Spread;
use super::walk::{Answer, Candidate, Distinct};
use crate::point::Placement;
use crate::ring::points::{Cursor, Layout};
use crate::ring::rounds::reach;
use crate::ring::view::{Key, RingRef};
use crate::target;

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
        mut alive: impl FnMut(Candidate<'a, N>) -> bool,
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
        if target::BLOCKS_PAY && !self.zone_bits.is_empty() && !P::EQUAL_POINTS_ONCE {
            let most = out.len().min(reach(self.members, max_per_zone));
            let (wanted, _) = out.split_at_mut(most);
            if self.fill_rounds(start, &mut alive, wanted) {
                return most;
            }
        }
        out.fill(nobody);
        let mut owners = Spread::new(self.members, max_per_zone, out);
        self.walk(start, alive, &mut owners);
        owners.len
    }

    /// Fills `out` with the members from `start` on in their rounds, of which there must be so many. `false` if
    /// that takes more than two rounds, if the points next to `start` do not settle it, or if a member is not
    /// alive. Then `out` may hold anything.
    ///
    /// This answers most walks.
    fn fill_rounds<T: Answer<'a, N>>(
        &self,
        start: Cursor<'a, P::Position>,
        mut alive: impl FnMut(Candidate<'a, N>) -> bool,
        out: &mut [T],
    ) -> bool {
        // If zones are even, nine walks of ten or more are settled by three points for each member that is
        // wanted; nearly all others by the most points that are looked at.
        let few = out.len().div_ceil(3);
        out.len() <= reach(self.members, 2)
            && match self.try_points(start, few, &mut alive, out) {
                Tried::Short => self.try_points(start, WORDS, &mut alive, out) == Tried::Settled,
                tried => tried == Tried::Settled,
            }
    }

    /// [`fill_rounds`](Self::fill_rounds) from the next points alone, eight times as many as `words`.
    ///
    /// All of them are looked at without a branch that depends on their zones, which no processor predicts.
    // Not inlined: it needs all registers.
    #[inline(never)]
    fn try_points<T: Answer<'a, N>>(
        &self,
        start: Cursor<'a, P::Position>,
        words: usize,
        alive: &mut impl FnMut(Candidate<'a, N>) -> bool,
        out: &mut [T],
    ) -> Tried {
        let mut bits = [0; WORDS];
        let Some(bits) = bits.get_mut(..words) else { return Tried::Failed };
        let bit = |owner: usize| self.zone_bits.get(owner).copied().unwrap_or(0);
        if !self.points.marks(start, bit, bits) {
            return Tried::Failed;
        }
        let mut points = take_round(bits);
        let (round, rest) = out.split_at_mut(out.len().min(reach(self.members, 1)));
        for out in &mut *round {
            let Some(candidate) = self.take_first(start, &mut points) else { return Tried::Short };
            if !alive(candidate) {
                return Tried::Failed;
            }
            *out = T::of(candidate);
        }
        if !rest.is_empty() {
            points = take_round(bits);
        }
        for out in rest {
            let Some(candidate) = self.take_first(start, &mut points) else { return Tried::Short };
            // The second point of a zone may be of the same member as the first.
            if round.iter().any(|answer| answer.is(candidate)) || !alive(candidate) {
                return Tried::Failed;
            }
            *out = T::of(candidate);
        }
        Tried::Settled
    }

    /// The member that owns the first of these points, which are told by their distances from `start`. The
    /// point is taken out of them.
    #[inline]
    fn take_first(
        &self,
        start: Cursor<'a, P::Position>,
        points: &mut u32,
    ) -> Option<Candidate<'a, N>> {
        let place = points.trailing_zeros();
        if place == u32::BITS {
            return None;
        }
        *points &= points.wrapping_sub(1);
        self.candidate_at(self.points.ahead(start, place as usize))
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

/// The most words of eight points that are looked at.
const WORDS: usize = 4;

/// Which points are the first in their zones: a bit for each, from the lowest. Each byte of `zones` has the
/// bit of the zone of a point, or none where the point does not count. The points that are returned do not
/// count any more.
#[inline]
fn take_round(zones: &mut [u64]) -> u32 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = ONES << 7;
    let (mut points, mut before) = (0, 0);
    for (place, zones) in (0..).step_by(8).zip(zones) {
        // In each byte the zones of all points up to this one.
        let mut met = *zones;
        met |= met << 8;
        met |= met << 16;
        met |= met << 32;
        let earlier = met << 8 | before;
        before |= (met >> 56) * ONES;
        let firsts = *zones & !earlier;
        *zones &= earlier;
        // No byte has more than one bit, so that no sum carries into the next byte. The product gathers the
        // lowest bits of all bytes in the highest byte.
        let counts = (firsts + (TOPS - ONES) & TOPS) >> 7;
        points |= ((counts.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32) << place;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::splitmix::output;

    #[test]
    fn rounds_are_taken_of_any_points() {
        for seed in 0..2_000 {
            let marks: [u8; 8 * WORDS] = core::array::from_fn(|i| {
                let number = output(seed, i as u32);
                let zone = (number % (1 + seed % 8)) as u8;
                if number >> 60 == 0 { 0 } else { 1 << zone }
            });
            let mut words: [u64; WORDS] = core::array::from_fn(|word| {
                u64::from_le_bytes(core::array::from_fn(|byte| marks[8 * word + byte]))
            });
            for round in 0..5 {
                let mut expected = 0;
                for (place, mark) in marks.iter().enumerate().filter(|(_, mark)| **mark != 0) {
                    let earlier = marks[..place].iter().filter(|earlier| *earlier == mark);
                    expected |= u32::from(earlier.count() == round) << place;
                }
                assert_eq!(take_round(&mut words), expected, "round {round} of {marks:?}");
            }
        }
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
        const KEYS: u32 = 200;
        let mut ring = Box::new(Ring::<Zoned, 301, 6_020, Native, Fx64>::with_hash(20, Fx64));
        let zones = (0..).zip(zones).flat_map(|(zone, &nodes)| vec![zone; nodes]);
        let nodes = (0..)
            .zip(zones)
            .map(|(number, zone)| Zoned(u16::to_be_bytes(number), u16::to_be_bytes(zone)));
        assert!(ring.insert_all(nodes).is_ok());
        // No walk waits for a node without points.
        assert!(ring.insert(Zoned([0xff; 2], [0; 2])).is_ok());
        assert!(ring.set_weight(&[0xff; 2], 0).is_ok());
        let view = ring.view();
        let mut sum = 0;
        for key in (0..KEYS).map(|r| output(1, r)) {
            let position = view.position(&key);
            let mut out = vec![u32::MAX; k];
            let found = Spread::new(view.members, max, &mut out);
            let mut counting = Counting { found, asked: Cell::new(0) };
            view.walk(view.start(position), |_| true, &mut counting);
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
        // All nodes there are, and all of some rounds.
        assert!(passed(&[3, 2, 1], 6, any) < 60.0);
        passed(&[3, 2, 1], 5, any);
        passed(&[3, 2, 1], 40, 2);
        // The only node of a zone is one of 300.
        let uneven = passed(&[290, 9, 1], 3, any);
        assert!((150.0..450.0).contains(&uneven), "{uneven}");
    }
}
