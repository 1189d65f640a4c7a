//! What the integration tests and the fuzz targets share: the naive ring, the model of a membership,
//! and placements that make points collide.
#![allow(dead_code)]

pub(crate) mod check;
pub(crate) mod edit;
pub(crate) mod holders;
pub(crate) mod lent;
pub(crate) mod membership;
pub(crate) mod names;
pub(crate) mod oracle;
pub(crate) mod pair;
pub(crate) mod placements;
pub(crate) mod places;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod subjects;

/// A small generator (SplitMix64) for positions and orders that need not be random, only varied.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}
