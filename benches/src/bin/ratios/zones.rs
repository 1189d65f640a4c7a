//! Replicas over zones, beside replicas wherever they come.

use annulus::Rule;
use annulus_bench::rounds::Rounds;
use annulus_bench::workload::{self, Size, Zoned};
use std::hint::black_box;

pub(crate) const TWO: &str = "2 replicas of a 16-byte key";
pub(crate) const TWO_OVER: &str = "2 replicas over 3 zones";
pub(crate) const THREE: &str = "3 replicas of a 16-byte key, among those of zones";
pub(crate) const THREE_OVER: &str = "3 replicas over 3 zones";
pub(crate) const THREE_STRICT: &str = "3 replicas over 3 zones, one of each";
pub(crate) const THREE_NUMBERS: &str = "numbers of 3 replicas over 3 zones, under a rule";
pub(crate) const SIX: &str = "6 replicas of a 16-byte key";
pub(crate) const SIX_OVER: &str = "6 replicas over 3 zones";
pub(crate) const SIX_CHAINED: &str = "6 replicas of a key that depends on the last replica";
pub(crate) const SIX_OVER_CHAINED: &str =
    "6 replicas over 3 zones of a key that depends on the last replica";
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
        rounds.parts(SIX_CHAINED, &keys, move |part| {
            chain(part, |key, owners| zoned.owners(key, owners));
        });
        rounds.parts(SIX_OVER_CHAINED, &keys, move |part| {
            chain(part, |key, owners| zoned.owners_over_zones(key, usize::MAX, |_| true, owners));
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

/// Has each key depend on the last of the owners before it, whose address alters the lowest bits.
#[inline(always)]
fn chain<'r>(keys: &[[u8; 16]], owners: impl Fn(&[u8; 16], &mut [Option<&'r Zoned>; 6]) -> usize) {
    let address = |server: Option<&Zoned>| server.map_or(0, |server| &raw const *server as usize);
    let last = keys.iter().fold(0, |last, key| {
        let (mut key, mut found) = (*key, [None; 6]);
        key[0] ^= last as u8;
        owners(&key, &mut found);
        address(found[5])
    });
    black_box(last);
}
