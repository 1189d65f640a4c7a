//! Replicas over zones, beside replicas wherever they come.

use annulus::Rule;
use annulus_bench::rounds::Rounds;
use annulus_bench::workload::{self, Size};
use std::hint::black_box;

pub(crate) const TWO: &str = "2 replicas of a 16-byte key";
pub(crate) const TWO_OVER: &str = "2 replicas over 3 zones";
pub(crate) const THREE: &str = "3 replicas of a 16-byte key, among those of zones";
pub(crate) const THREE_OVER: &str = "3 replicas over 3 zones";
pub(crate) const THREE_STRICT: &str = "3 replicas over 3 zones, one of each";
pub(crate) const THREE_NUMBERS: &str = "numbers of 3 replicas over 3 zones, under a rule";
pub(crate) const SIX: &str = "6 replicas of a 16-byte key";
pub(crate) const SIX_OVER: &str = "6 replicas over 3 zones";
pub(crate) const UNNAMED: &str = "3 replicas over zones, where none is named";
pub(crate) const MANY: &str = "3 replicas over as many zones as there are nodes";

/// How often everything takes its turn.
const ROUNDS: usize = 81;

pub(crate) fn measure(size: Size, rounds: &mut Rounds) {
    let keys = workload::keys(size.keys());
    let (zoned, many, unnamed) =
        (size.ring_in_zones(3), size.ring_in_zones(size.nodes), size.ring());
    let (zoned, many, unnamed) = (zoned.view(), many.view(), unnamed.view());
    let rule = zoned.under(Rule::over_zones(3));
    for _ in 0..ROUNDS {
        rounds.each(TWO, &keys, move |key| {
            let mut owners = [None; 2];
            zoned.owners(black_box(key), &mut owners);
            black_box(owners);
        });
        rounds.each(TWO_OVER, &keys, move |key| {
            let mut owners = [None; 2];
            zoned.owners_over_zones(black_box(key), usize::MAX, |_| true, &mut owners);
            black_box(owners);
        });
        rounds.each(THREE, &keys, move |key| {
            let mut owners = [None; 3];
            zoned.owners(black_box(key), &mut owners);
            black_box(owners);
        });
        rounds.each(THREE_OVER, &keys, move |key| {
            let mut owners = [None; 3];
            zoned.owners_over_zones(black_box(key), usize::MAX, |_| true, &mut owners);
            black_box(owners);
        });
        rounds.each(THREE_STRICT, &keys, move |key| {
            let mut owners = [None; 3];
            zoned.owners_over_zones(black_box(key), 1, |_| true, &mut owners);
            black_box(owners);
        });
        rounds.each(THREE_NUMBERS, &keys, move |key| {
            let mut owners = [0; 3];
            rule.owner_numbers(black_box(key), &mut owners);
            black_box(owners);
        });
        rounds.each(SIX, &keys, move |key| {
            let mut owners = [None; 6];
            zoned.owners(black_box(key), &mut owners);
            black_box(owners);
        });
        rounds.each(SIX_OVER, &keys, move |key| {
            let mut owners = [None; 6];
            zoned.owners_over_zones(black_box(key), usize::MAX, |_| true, &mut owners);
            black_box(owners);
        });
        rounds.each(UNNAMED, &keys, move |key| {
            let mut owners = [None; 3];
            unnamed.owners_over_zones(black_box(key), usize::MAX, |_| true, &mut owners);
            black_box(owners);
        });
        rounds.each(MANY, &keys, move |key| {
            let mut owners = [None; 3];
            many.owners_over_zones(black_box(key), usize::MAX, |_| true, &mut owners);
            black_box(owners);
        });
    }
}
