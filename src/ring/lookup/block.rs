//! Owners over zones from a block of points: most walks over zones end within the next few points, and
//! are answered here in a fraction of the time that a walk takes.

use super::walk::{Answer, Candidate};
use crate::point::Placement;
use crate::ring::points::{Cursor, Layout};
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
        // If zones are even, nine walks of ten or more are settled by three points for each member that is
        // wanted; nearly all others by the most points that are looked at.
        let few = out.len().div_ceil(3);
        let pays = target::BLOCKS_PAY && !P::EQUAL_POINTS_ONCE && !self.zone_bits.is_empty();
        pays && out.len() <= rounds.reach(2)
            && match self.try_points(start, few, rounds, &mut alive, out) {
                Tried::Short if few < WORDS => {
                    self.try_points(start, WORDS, rounds, &mut alive, out) == Tried::Settled
                }
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
        rounds: &Rounds<'a, N>,
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
        let (round, rest) = out.split_at_mut(out.len().min(rounds.reach(1)));
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
            let candidate = loop {
                let Some(candidate) = self.take_first(start, &mut points) else {
                    return Tried::Short;
                };
                if !round.iter().any(|answer| answer.is(candidate)) {
                    break candidate;
                }
                // The second point of the zone is of the same member as the first. The third may not be.
                points |= take_next(bits, bit(candidate.number as usize));
            };
            if !alive(candidate) {
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

/// The lowest bit of each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Which points are the first in their zones: a bit for each, from the lowest. Each byte of `zones` has the
/// bit of the zone of a point, or none where the point does not count. The points that are returned do not
/// count any more.
#[inline]
fn take_round(zones: &mut [u64]) -> u32 {
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
        let counts = ((firsts + (TOPS - ONES)) & TOPS) >> 7;
        points |= ((counts.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32) << place;
    }
    points
}

/// The first point that has the bit `zone` in its byte of `zones`, as one bit; none if none has it. It does
/// not count any more.
#[cold]
fn take_next(zones: &mut [u64], zone: u8) -> u32 {
    for (place, zones) in (0..).step_by(8).zip(zones) {
        let found = *zones & (u64::from(zone) * ONES);
        if found != 0 {
            *zones ^= found & found.wrapping_neg();
            return 1 << (place + found.trailing_zeros() / 8);
        }
    }
    0
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
