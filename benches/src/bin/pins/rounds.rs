//! Rounds in which everything that is compared takes its turn, and what they come to: ratios are
//! taken within a round, so that whatever slows the machine down slows both sides.

use std::fmt;
use std::time::Instant;

/// How often something is done in one turn.
const TURN: usize = 1 << 14;

/// The times of all rounds.
#[derive(Default)]
pub(crate) struct Rounds {
    /// Under each name a time for every round, in nanoseconds for doing it once.
    times: Vec<(&'static str, Vec<f64>)>,
}

impl Rounds {
    /// One turn of what has this name.
    #[inline(always)]
    pub(crate) fn time(&mut self, name: &'static str, mut once: impl FnMut(usize)) {
        let start = Instant::now();
        for turn in 0..TURN {
            once(turn);
        }
        let time = start.elapsed().as_nanos() as f64 / TURN as f64;
        match self.times.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(time),
            None => self.times.push((name, vec![time])),
        }
    }

    /// The times under each name.
    pub(crate) fn times(&self) -> impl Iterator<Item = (&'static str, Spread)> + '_ {
        self.times.iter().map(|(name, times)| (*name, Spread::of(times.clone())))
    }

    /// How many times as long one takes as the other.
    pub(crate) fn ratio(&self, over: &str, under: &str) -> Spread {
        Spread::of(self.of(over).iter().zip(self.of(under)).map(|(a, b)| a / b).collect())
    }

    fn of(&self, name: &str) -> &[f64] {
        self.times.iter().find(|(known, _)| *known == name).map_or(&[], |(_, times)| times)
    }
}

/// The middle of many figures and the half of them around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    low: f64,
    high: f64,
}

impl Spread {
    fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let at = |quarter| figures.get(figures.len() * quarter / 4).copied().unwrap_or(f64::NAN);
        Self { median: at(2), low: at(1), high: at(3) }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.2} {:8.2} {:8.2}", self.median, self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_half_is_found() {
        let spread = Spread::of(vec![5.0, 1.0, 3.0, 2.0, 4.0]);
        assert_eq!(spread, Spread { median: 3.0, low: 2.0, high: 4.0 });
    }

    #[test]
    fn ratios_are_those_of_each_round() {
        let times = vec![("a", vec![2.0, 40.0, 6.0]), ("b", vec![1.0, 10.0, 2.0])];
        assert_eq!(Rounds { times }.ratio("a", "b").median, 3.0);
    }
}
