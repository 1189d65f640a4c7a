//! Tests of how many comparisons of positions a lookup makes, in rings with even points and in
//! rings whose points crowd one bucket or one position.

use core::cell::Cell;
use core::cmp::Ordering;
use std::boxed::Box;
use std::thread_local;

use crate::Ring;
use crate::point::{ByIdentity, Native, PackedPoint, PerWeight, Placement, Position, sealed};

thread_local! {
    static COMPARISONS: Cell<u32> = const { Cell::new(0) };
}

/// A position that counts how often it is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Counted(u32);

impl Ord for Counted {
    fn cmp(&self, other: &Self) -> Ordering {
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Counted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Position for Counted {
    const BITS: u32 = u32::BITS;
    const MAX: Self = Self(u32::MAX);

    fn from_hash(hash: u64) -> Self {
        Self(u32::from_hash(hash))
    }

    fn to_u64(self) -> u64 {
        self.0.into()
    }

    fn steps_to(self, other: Self) -> u64 {
        self.0.steps_to(other.0)
    }
}

impl sealed::Sealed for Counted {
    type Packed = u64;
    type Words = [u16; 3];
    const NO_WORDS: Self::Words = [0; 3];

    fn as_packed(words: &mut [u16]) -> &mut [Self::Words] {
        <u32 as sealed::Sealed>::as_packed(words)
    }

    fn shifted(self, shift: u32) -> usize {
        self.0.shifted(shift)
    }

    fn part(self, parts: usize) -> usize {
        self.0.part(parts)
    }

    fn plus(self, steps: u64) -> Self {
        Self(self.0.plus(steps))
    }
}

impl<R: PackedPoint<u32>> PackedPoint<Counted> for R {
    fn pack(position: Counted, owner: u32) -> Self {
        R::pack(position.0, owner)
    }

    fn position(self) -> Counted {
        Counted(PackedPoint::<u32>::position(self))
    }

    fn owner(self) -> u32 {
        PackedPoint::<u32>::owner(self)
    }
}

/// A placement that crowds points: point *r* of each node is *r* / `STEP` positions after a fixed
/// one. If `STEP` is 0, points are even.
struct Placed<const STEP: u32>;

impl<const STEP: u32> Placement for Placed<STEP> {
    type Position = Counted;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "placed";

    fn key(hash: u64) -> Counted {
        Counted(<Native>::key(hash))
    }
}

impl<const STEP: u32> ByIdentity for Placed<STEP> {
    fn seed(identity: &[u8]) -> u64 {
        <Native>::seed(identity)
    }

    fn point(seed: u64, r: u32) -> Counted {
        let crowded = r.checked_div(STEP).map(|step| 0x7654_3210 + step);
        Counted(crowded.unwrap_or_else(|| <Native>::point(seed, r)))
    }
}

const POINTS: usize = if cfg!(miri) { 400 } else { 10_000 };

/// The most and the mean comparisons of a lookup at or near a point.
fn comparisons<const STEP: u32>() -> (u32, f64) {
    let mut ring =
        Box::new(Ring::<[u8; 1], 4, POINTS, Placed<STEP>>::with_vnodes(POINTS as u32 / 4));
    ring.insert_all([[0], [1], [2], [3]]).unwrap();
    let view = ring.view();
    let positions = view.points().map(|point| point.position.0);
    let near = positions.flat_map(|at| [at.wrapping_sub(1), at, at.wrapping_add(1)]);
    let (mut most, mut all, mut count) = (0, 0, 0);
    for at in near.chain([0, u32::MAX]) {
        COMPARISONS.set(0);
        assert!(view.owner_at(Counted(at)).is_some());
        let made = COMPARISONS.get();
        (most, all, count) = (most.max(made), all + made, count + 1);
    }
    (most, f64::from(all) / f64::from(count))
}

/// Four points, then twelve, then a bisection of everything.
const BOUND: u32 = 4 + 12 + POINTS.ilog2() + 2;

// Without an index, points are found by a bisection wherever they lie.
#[cfg(not(annulus_plain_layout))]
#[test]
fn even_points_are_found_in_a_window() {
    let (most, mean) = comparisons::<0>();
    assert!(most <= BOUND, "{most}");
    assert!(mean < 6.0, "{mean}");
}

#[test]
fn crowded_points_take_no_more_than_a_bisection() {
    // All points on one position; 4 points on each of many neighbouring positions; 16 on each.
    let (_, even) = comparisons::<0>();
    for (most, mean) in [comparisons::<{ u32::MAX }>(), comparisons::<1>(), comparisons::<4>()] {
        assert!(most <= BOUND, "{most}");
        let harder = mean > even + 2.0 || cfg!(annulus_plain_layout);
        assert!(harder, "{mean} after {even}: this should not be an easy ring");
    }
}
