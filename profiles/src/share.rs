//! Counts of ketama rings: of all labels, each server has its share by weight.

use annulus::Counts;

/// The labels that a server has in a ketama ring if all servers have the same weight.
pub(crate) const LABELS: u32 = 40;

/// As many of [`LABELS`] × servers labels as the weight is of all weights, rounded down in integers; each of `PARTS`
/// points.
#[derive(Clone, Copy, Debug)]
pub struct Share<const PARTS: u64> {
    labels: u128,
    total: u128,
}

impl<C, const PARTS: u64> Counts<C> for Share<PARTS> {
    const RELATIVE: bool = true;

    fn new(_: &C, weights: impl Iterator<Item = u32> + Clone) -> Self {
        let (servers, total) = count_and_total(weights);
        Self { labels: u128::from(servers) * u128::from(LABELS), total: total.into() }
    }

    fn next(&mut self, weight: u32) -> u64 {
        // At most 2^32 servers with weights below 2^32: the product is below 2^70. With a total there is a weight.
        let labels = (self.labels * u128::from(weight)).checked_div(self.total).unwrap_or_default();
        (labels as u64).saturating_mul(PARTS)
    }
}

/// How many weights there are, and their sum.
pub(crate) fn count_and_total(weights: impl Iterator<Item = u32>) -> (u64, u64) {
    weights.fold((0, 0), |(count, total), weight| (count + 1, total + u64::from(weight)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_down_and_do_not_overflow() {
        let weights = [1, u32::MAX, u32::MAX];
        let mut share = <Share<4> as Counts<()>>::new(&(), weights.into_iter());
        // 120 × (2³² − 1) ÷ (2 × (2³² − 1) + 1) is a little less than 60.
        let points = weights.map(|weight| Counts::<()>::next(&mut share, weight));
        assert_eq!(points, [0, 4 * 59, 4 * 59]);
        assert_eq!(Counts::<()>::next(&mut Share::<4> { labels: 40, total: 0 }, 1), 0);
    }
}
