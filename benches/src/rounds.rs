//! Rounds in which everything that is compared takes its turn, and what they come to: ratios are
//! taken within a round, so that whatever slows the machine down slows both sides.

use std::fmt;
use std::time::{Duration, Instant};

/// The most items of a turn that are timed.
const TIMED: usize = 1 << 14;

/// The times of all rounds.
#[derive(Default)]
pub struct Rounds {
    /// Under each name a time for every round, in nanoseconds for doing it once.
    times: Vec<(&'static str, Vec<f64>)>,
}

impl Rounds {
    /// One turn of what has this name, over `items` in two parts: the first brings what it reads into
    /// the caches, the second, of at most `TIMED` items, counts.
    ///
    /// Compiled apart from all others, so that none pays for the registers that another needs.
    #[inline(never)]
    pub fn parts<T>(&mut self, name: &'static str, items: &[T], pass: impl FnMut(&[T])) {
        self.turn(name, items, pass);
    }

    /// One turn of what has this name, item by item. What `once` needs for each, it should own, as a
    /// loop of a user would.
    #[inline(never)]
    pub fn each<T>(&mut self, name: &'static str, items: &[T], mut once: impl FnMut(&T)) {
        self.turn(name, items, |part| part.iter().for_each(&mut once));
    }

    #[inline(always)]
    fn turn<T>(&mut self, name: &'static str, items: &[T], mut pass: impl FnMut(&[T])) {
        let (warm, timed) = items.split_at(items.len() - TIMED.min(items.len() / 2));
        pass(warm);
        let start = Instant::now();
        pass(timed);
        self.record(name, start.elapsed(), timed.len());
    }

    /// One turn of what has this name, done once.
    pub fn once<R>(&mut self, name: &'static str, work: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = work();
        self.record(name, start.elapsed(), 1);
        result
    }

    /// A turn that was timed elsewhere: this many times the work in this time.
    pub fn record(&mut self, name: &'static str, time: Duration, times: usize) {
        let time = time.as_nanos() as f64 / times as f64;
        match self.times.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(time),
            None => self.times.push((name, vec![time])),
        }
    }

    /// The times under each name.
    pub fn times(&self) -> impl Iterator<Item = (&'static str, Spread)> + '_ {
        self.times.iter().map(|(name, times)| (*name, Spread::of(times.clone())))
    }

    /// How many times as long one takes as the other, if both took turns.
    pub fn ratio(&self, over: &str, under: &str) -> Option<Spread> {
        let of = |name| Some(&self.times.iter().find(|(known, _)| *known == name)?.1);
        Some(Spread::of(of(over)?.iter().zip(of(under)?).map(|(a, b)| a / b).collect()))
    }
}

/// The middle of many figures and the half of them around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of the figures are below.
    pub median: f64,
    /// A quarter of the figures is below.
    pub low: f64,
    /// A quarter of the figures is above.
    pub high: f64,
}

impl Spread {
    /// The spread of these figures.
    pub fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let at = |quarter| figures.get(figures.len() * quarter / 4).copied().unwrap_or(f64::NAN);
        Self { median: at(2), low: at(1), high: at(3) }
    }
}

/// As tables show it: the median, and the quarters around it where they differ.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, low, high } = self;
        if low == high {
            write!(f, "{median:.2}")
        } else if *median < 10.0 {
            write!(f, "{median:.2} ({low:.2}–{high:.2})")
        } else {
            write!(f, "{median:.0} ({low:.0}–{high:.0})")
        }
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
        let rounds = Rounds { times };
        assert_eq!(rounds.ratio("a", "b").map(|spread| spread.median), Some(3.0));
        assert_eq!(rounds.ratio("a", "c"), None);
    }

    #[test]
    fn only_the_second_part_is_timed() {
        let mut rounds = Rounds::default();
        let mut seen = Vec::new();
        rounds.each("all", &[1, 2, 3, 4], |item| seen.push(*item));
        assert_eq!(seen, [1, 2, 3, 4]);
        let slow = |part: &[u8]| {
            if part[0] == 0 {
                std::thread::sleep(Duration::from_millis(50));
            }
        };
        rounds.parts("second", &[0, 1], slow);
        let (_, spread) = rounds.times().nth(1).expect("two names");
        assert!(spread.median < 50e6);
        let mut parts = Vec::new();
        rounds.parts("many", &[0; 5 * TIMED], |part| parts.push(part.len()));
        assert_eq!(parts, [4 * TIMED, TIMED]);
    }
}
