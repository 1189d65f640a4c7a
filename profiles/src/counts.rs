//! How many points servers have, where it does not take a page of its own.

use annulus::Counts;

/// `POINTS` for each unit of weight.
#[derive(Clone, Copy, Debug)]
pub struct PerWeight<const POINTS: u32>(());

impl<C, const POINTS: u32> Counts<C> for PerWeight<POINTS> {
    const RELATIVE: bool = false;

    fn new(_: &C, _: impl Iterator<Item = u32> + Clone) -> Self {
        Self(())
    }

    fn next(&mut self, weight: u32) -> u64 {
        u64::from(weight) * u64::from(POINTS)
    }
}
