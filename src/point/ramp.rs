//! [`Ramp`]: how many of its points a node has while it comes in by steps, a slow start.

use core::iter::FusedIterator;
use core::num::NonZero;
use core::time::Duration;

/// How many of its points a node has while it comes in by steps: the *slow start* of load balancers.
///
/// A node that joins a ring with all its points at once owns its full share of the keys at once, with caches
/// that are still empty. Under a ramp it begins with a few points, and the caller gives it more as time goes by,
/// with [`set_points`](crate::BasicRing::set_points). A node's points are the first so many of a fixed sequence. So each step adds points
/// to those that are there, and keys move to that node alone.
///
/// After a time *t*, as a part of the duration, a node has ⌊`full` × max(*start*, *curve*(*t*))⌋ points, and
/// at least one. The start is 10 % unless [`with_start_percent`](Self::with_start_percent) says otherwise, and the
/// curve is linear unless [`with_curve`](Self::with_curve) does. Both are the defaults of the slow start of Envoy,
/// whose rule this is; those of nginx and HAProxy are linear too.
///
/// A ramp is a pure value: it reads no clock and knows no node. It answers exactly, in integers, without
/// floating point and without an allocator. It cannot panic.
///
/// ```
/// use annulus::{Curve, Ramp};
/// use core::time::Duration;
///
/// const RAMP: Ramp = Ramp::new(Duration::from_secs(60));
///
/// // A node of weight 1 in a ring of 150 vnodes has 150 points in the end.
/// assert_eq!(RAMP.points_at(Duration::ZERO, 150), 15);
/// assert_eq!(RAMP.points_at(Duration::from_secs(30), 150), 75);
/// assert_eq!(RAMP.points_at(Duration::from_secs(60), 150), 150);
///
/// let slow_first = RAMP.with_curve(Curve::Quadratic);
/// assert_eq!(slow_first.points_at(Duration::from_secs(30), 150), 37);
///
/// // A step each ten seconds. The node joins with the points of the first one: `Change::Insert` and
/// // `Change::SetPoints` in one batch. At the time of each further step, `set_points` gives it that step's points.
/// let steps: Vec<_> = RAMP.steps(150, 6).map(|step| (step.after.as_secs(), step.points)).collect();
/// assert_eq!(steps, [(0, 15), (10, 25), (20, 50), (30, 75), (40, 100), (50, 125), (60, 150)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ramp {
    /// The duration in nanoseconds. In 64 bits, so that all products of points and times fit into 128.
    nanos: u64,
    /// At most 100.
    start_percent: u8,
    curve: Curve,
}

/// How the points of a node grow under a [`Ramp`]: the part of its points that it has after a part *t* of the
/// duration.
///
/// ```
/// use annulus::{Curve, Ramp};
/// use core::time::Duration;
///
/// let ramp = Ramp::new(Duration::from_secs(60));
/// let half = Duration::from_secs(30);
/// let points = |curve| ramp.with_curve(curve).points_at(half, 150);
/// assert_eq!([Curve::Quadratic, Curve::Linear, Curve::SquareRoot].map(points), [37, 75, 106]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Curve {
    /// *t*: as many points in each second. The default, for nodes that have no reason for another curve.
    #[default]
    Linear,
    /// *t*²: slow first. For a node that is least able to serve at the beginning: its caches are empty, or its
    /// code is not compiled yet. It is Envoy's aggression of 0.5.
    Quadratic,
    /// √*t*: fast first. For a node that is needed soon and only has to be spared the very first rush: it has half of
    /// its points after a quarter of the duration. It is Envoy's aggression of 2.
    SquareRoot,
}

impl Curve {
    /// ⌊`full` × *curve*(`passed` / `whole`)⌋, where `passed` is less than `whole`. So it is at most `full`.
    fn points(self, full: u32, passed: u64, whole: u64) -> u32 {
        let (full, passed, whole) = (u128::from(full), u128::from(passed), u128::from(whole));
        // full × t = linear + rest / whole.
        let (linear, rest) = (full * passed / whole, full * passed % whole);
        let points = match self {
            Self::Linear => linear,
            Self::Quadratic => {
                // full × t² = linear × t + rest / whole × t = points + more / whole + rest × passed / whole².
                // Each of the two fractions is below 1; together they may come to a point more.
                let (points, more) = (linear * passed / whole, linear * passed % whole);
                points + u128::from(rest * passed >= (whole - more) * whole)
            }
            // (full × √t)² = full × linear + full × rest / whole, which is below 2^64.
            Self::SquareRoot => ((full * linear + full * rest / whole) as u64).isqrt().into(),
        };
        points as u32
    }
}

impl Ramp {
    /// A linear ramp of this duration, which starts at 10 %, as Envoy's slow start does by default.
    ///
    /// With a duration of zero a node has all its points at once. A duration of 2⁶⁴ nanoseconds or more, which
    /// is 584 years, is taken as 2⁶⁴ − 1 nanoseconds.
    #[must_use]
    pub const fn new(duration: Duration) -> Self {
        let nanos = duration.as_nanos();
        let nanos = if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 };
        Self { nanos, start_percent: 10, curve: Curve::Linear }
    }

    /// This ramp, with another curve.
    #[must_use]
    pub const fn with_curve(self, curve: Curve) -> Self {
        Self { curve, ..self }
    }

    /// This ramp, with another start: a node has at least so many percent of its points, rounded down, from the
    /// beginning, until the curve is above that.
    ///
    /// With 0 a node begins with one point. More than 100 is taken as 100: a node has all its points at once.
    #[must_use]
    pub const fn with_start_percent(self, percent: u8) -> Self {
        let start_percent = match percent {
            0..=100 => percent,
            _ => 100,
        };
        Self { start_percent, ..self }
    }

    /// How many points a node has after `elapsed`, if it has `full` in the end. O(1), exact.
    ///
    /// It is at most `full`, and it is `full` once the duration of the ramp has passed. It is at least 1, unless `full` is 0. It
    /// never falls as `elapsed` or `full` grows.
    #[must_use]
    pub fn points_at(&self, elapsed: Duration, full: u32) -> u32 {
        match u64::try_from(elapsed.as_nanos()) {
            Ok(elapsed) if elapsed < self.nanos => {
                let start = u64::from(full) * u64::from(self.start_percent) / 100;
                let curve = self.curve.points(full, elapsed, self.nanos);
                curve.max(start as u32).max(full.min(1))
            }
            _ => full,
        }
    }

    /// The steps of a node that has `full` points in the end: what [`points_at`](Self::points_at) says after *i* /
    /// `parts` of the duration, for *i* from 0 to `parts`, without those that would change nothing.
    ///
    /// The first step is at zero, and each has more points than the one before; the last has `full`. If `full` is 0
    /// there is none. Times are rounded up to nanoseconds. There are never more steps than points: `parts` above
    /// `full` is taken as `full`. Where `parts` is 0, the only step is all points at zero.
    ///
    /// The iterator takes O(1) memory, and O(min(`parts`, `full`)) time for all steps together.
    pub fn steps(&self, full: u32, parts: u32) -> RampSteps {
        let nanos = if parts == 0 { 0 } else { self.nanos };
        let parts = NonZero::new(parts.min(full)).unwrap_or(NonZero::<u32>::MIN);
        RampSteps { ramp: Self { nanos, ..*self }, full, parts, next: 0, points: 0 }
    }
}

/// A step of a [`Ramp`]: from when on a node has how many points.
///
/// ```
/// use annulus::{Change, EditError, Ramp, Ring};
/// use core::time::Duration;
///
/// let mut ring = Ring::<&str, 3, 450>::new();
/// ring.insert_all(["a", "b"])?;
/// let mut steps = Ramp::new(Duration::from_secs(60)).steps(150, 6);
/// // The node joins with the points of the first step.
/// let first = steps.next().expect("it is to have points");
/// ring.apply(&[Change::Insert("c"), Change::SetPoints(b"c", first.points)])?;
/// assert_eq!(ring.view().point_count(), 150 + 150 + 15);
/// for step in steps {
///     // Wait until `step.after` has passed since the node joined.
///     ring.set_points("c", step.points)?;
/// }
/// assert_eq!(ring.view().point_count(), 450);
/// # Ok::<(), EditError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct RampStep {
    /// The time since the node began to come in.
    pub after: Duration,
    /// How many points it has from then on.
    pub points: u32,
}

/// The steps of a [`Ramp`], in the order of time. Made by [`Ramp::steps`].
///
/// ```
/// use annulus::Ramp;
/// use core::time::Duration;
///
/// let mut steps = Ramp::new(Duration::from_secs(60)).steps(150, 6).peekable();
/// // A timer comes late: of all steps whose time has come, the last counts.
/// let elapsed = Duration::from_secs(25);
/// let mut points = None;
/// while let Some(step) = steps.next_if(|step| step.after <= elapsed) {
///     points = Some(step.points);
/// }
/// assert_eq!(points, Some(50));
/// assert_eq!(steps.peek().map(|step| step.after), Some(Duration::from_secs(30)));
/// ```
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless they are consumed"]
pub struct RampSteps {
    ramp: Ramp,
    full: u32,
    /// Into how many parts the duration is divided.
    parts: NonZero<u32>,
    /// How many of them have passed at the next step. In 64 bits, as it is one more than `parts` at the end.
    next: u64,
    /// The points of the last step; 0 before the first.
    points: u32,
}

impl Iterator for RampSteps {
    type Item = RampStep;

    fn next(&mut self) -> Option<RampStep> {
        // It ends: once all parts have passed, the ramp gives all points.
        while self.points < self.full {
            let passed = u128::from(self.ramp.nanos) * u128::from(self.next);
            let nanos = passed.div_ceil(self.parts.get().into());
            let after = Duration::from_nanos(nanos as u64);
            let points = self.ramp.points_at(after, self.full);
            self.next += 1;
            if points > self.points {
                self.points = points;
                return Some(RampStep { after, points });
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (points, times) =
            (self.full - self.points, u64::from(self.parts.get()) + 1 - self.next);
        (usize::from(points > 0), usize::try_from(times.min(points.into())).ok())
    }
}

impl FusedIterator for RampSteps {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const CURVES: [Curve; 3] = [Curve::Linear, Curve::Quadratic, Curve::SquareRoot];
    const NS: Duration = Duration::from_nanos(1);

    /// The most points of `full` that are no more than the curve gives: counted, with both sides of each
    /// comparison multiplied by what they are divided by.
    fn counted(curve: Curve, full: u32, passed: u64, whole: u64) -> u32 {
        let (all, t, d) = (u64::from(full), passed, whole);
        let fits = |p: &u64| match curve {
            Curve::Linear => p * d <= all * t,
            Curve::Quadratic => p * d * d <= all * t * t,
            Curve::SquareRoot => p * p * d <= all * all * t,
        };
        (1..=all).filter(fits).count() as u32
    }

    /// All curves, durations up to `whole` nanoseconds, times before they are over, and points up to `full`.
    fn cases(whole: u64, full: u32) -> impl Iterator<Item = (Curve, u64, u64, u32)> {
        let times = (1..=whole).flat_map(|whole| (0..whole).map(move |passed| (passed, whole)));
        let times = times.flat_map(move |(t, d)| (0..=full).map(move |full| (t, d, full)));
        times.flat_map(|(t, d, full)| CURVES.map(|curve| (curve, t, d, full)))
    }

    #[test]
    fn small_ramps_are_what_counting_gives() {
        for (curve, passed, whole, full) in cases(12, 20) {
            let expected = counted(curve, full, passed, whole);
            let ramp = Ramp::new(NS * whole as u32).with_curve(curve);
            for percent in [0, 1, 10, 50, 99, 100, 101, 255] {
                let started =
                    (1..=full).filter(|p| p * 100 <= full * percent.min(100)).count() as u32;
                let points =
                    ramp.with_start_percent(percent as u8).points_at(NS * passed as u32, full);
                assert_eq!(
                    points,
                    expected.max(started).max(full.min(1)),
                    "{curve:?} {passed}/{whole} of {full} from {percent} %"
                );
            }
        }
        let plain = Ramp::new(NS);
        assert_eq!(plain, plain.with_curve(Curve::default()).with_start_percent(10));
    }

    #[test]
    fn long_ramps_are_what_short_ones_are() {
        for (curve, passed, whole, full) in cases(9, 12) {
            // As long as can be: products reach 128 bits.
            let unit = u64::MAX / whole;
            let long = Ramp::new(Duration::from_nanos(unit * whole)).with_curve(curve);
            let points =
                long.with_start_percent(0).points_at(Duration::from_nanos(unit * passed), full);
            let expected = counted(curve, full, passed, whole).max(full.min(1));
            assert_eq!(points, expected, "{curve:?} {passed}/{whole} of {full}");
        }
    }

    #[test]
    fn extremes_overflow_nothing() {
        let all = u32::MAX;
        let longest = Duration::from_nanos(u64::MAX);
        assert_eq!(Ramp::new(Duration::MAX), Ramp::new(longest));
        assert_eq!(Ramp::new(longest + NS), Ramp::new(longest));
        assert_ne!(Ramp::new(longest - NS), Ramp::new(longest));
        for curve in CURVES {
            let ramp = Ramp::new(Duration::MAX).with_curve(curve).with_start_percent(0);
            assert_eq!(ramp.points_at(Duration::ZERO, all), 1);
            assert_eq!(ramp.points_at(longest - NS, all), all - 1);
            assert_eq!(ramp.points_at(longest, all), all);
            assert_eq!(ramp.points_at(Duration::MAX, all), all);
            assert_eq!(ramp.points_at(longest - NS, 1), 1);
            assert_eq!(ramp.points_at(longest - NS, 0), 0);
            let shortest = Ramp::new(NS).with_curve(curve);
            assert_eq!(shortest.points_at(Duration::ZERO, all), all / 10);
            assert_eq!(shortest.points_at(NS, all), all);
            let none = Ramp::new(Duration::ZERO).with_curve(curve);
            assert_eq!(none.points_at(Duration::ZERO, all), all);
            // Half of the longest ramp: √½, ½ and ¼ of all points, rounded down.
            let half = ramp.points_at(longest / 2, all);
            let expected = match curve {
                Curve::Linear => all / 2,
                Curve::Quadratic => all / 4,
                Curve::SquareRoot => 3_037_000_499,
            };
            assert_eq!(half, expected, "{curve:?}");
        }
    }

    #[test]
    fn points_never_fall_as_time_or_the_whole_grows() {
        // Numbers without common factors, whose fractions are rounded every time.
        let (whole, fulls) =
            (u64::MAX / 7 - 12, [1, 2, 3, 149, 150, 151, 65_521, u32::MAX - 1, u32::MAX]);
        for curve in CURVES {
            let ramp = Ramp::new(Duration::from_nanos(whole)).with_curve(curve);
            let mut before = [0; 9];
            for time in (0..=200).map(|i| Duration::from_nanos(whole / 199 * i)) {
                let now = fulls.map(|full| ramp.points_at(time, full));
                assert!(now.is_sorted(), "{curve:?} {time:?} {now:?}");
                for (((full, then), now), i) in fulls.into_iter().zip(before).zip(now).zip(0..) {
                    assert!((1..=full).contains(&now) && then <= now, "{curve:?} {time:?} {i}");
                }
                before = now;
            }
            assert_eq!(before, fulls);
        }
    }

    #[test]
    fn steps_are_all_changes_at_their_times() {
        for (curve, steps, whole, full) in cases(12, 12) {
            let ramp = Ramp::new(NS * whole as u32).with_curve(curve);
            let parts = (steps as u32).min(full).max(1);
            let mut expected = Vec::new();
            for i in 0..=parts {
                // The first whole nanosecond that is not before i / parts of the duration.
                let time = (0..).find(|ns| ns * u64::from(parts) >= whole * u64::from(i)).unwrap();
                let after = NS * if steps == 0 { 0 } else { time as u32 };
                let points = if steps == 0 { full } else { ramp.points_at(after, full) };
                if points > expected.last().map_or(0, |last: &RampStep| last.points) {
                    expected.push(RampStep { after, points });
                }
            }
            let mut iterator = ramp.steps(full, steps as u32);
            for left in (0..=expected.len()).rev() {
                let (least, most) = iterator.size_hint();
                assert!(least <= left && left <= most.unwrap(), "{iterator:?} {left}");
                assert_eq!(iterator.clone().count(), left);
                assert_eq!(iterator.next(), expected.get(expected.len() - left).copied());
            }
            assert_eq!((iterator.next(), iterator.size_hint()), (None, (0, Some(0))));
        }
    }

    #[test]
    fn steps_are_as_few_as_points_and_reach_the_end() {
        let second = Duration::from_secs(1);
        for curve in CURVES {
            let ramp = Ramp::new(second).with_curve(curve).with_start_percent(0);
            // So many steps as nobody could wait for.
            let steps: Vec<_> = ramp.steps(10, u32::MAX).collect();
            assert_eq!(steps, ramp.steps(10, 10).collect::<Vec<_>>());
            assert_eq!(steps[0], RampStep { after: Duration::ZERO, points: 1 });
            assert_eq!(steps[steps.len() - 1], RampStep { after: second, points: 10 });
            // As many points as nobody has, over the longest time.
            let ramp = Ramp::new(Duration::MAX).with_curve(curve);
            let last = ramp.steps(u32::MAX, 1_000).last().unwrap();
            assert_eq!(last, RampStep { after: Duration::from_nanos(u64::MAX), points: u32::MAX });
        }
        // Linearly each third of the time brings a third of the points, though the times are rounded.
        let mut thirds = Ramp::new(second).with_start_percent(0).steps(6, 3);
        for (points, left) in [(1, 3), (2, 2), (4, 1), (6, 0)] {
            assert_eq!(thirds.next().map(|step| step.points), Some(points));
            assert_eq!(thirds.size_hint(), (left.min(1), Some(left)));
        }
        // Fewer points are left than times.
        assert_eq!(Ramp::new(second).steps(150, 150).size_hint(), (1, Some(150)));
        // All at once.
        let whole = [RampStep { after: Duration::ZERO, points: 150 }];
        assert_eq!(Ramp::new(second).steps(150, 0).collect::<Vec<_>>(), whole);
        assert_eq!(Ramp::new(Duration::ZERO).steps(150, 9).collect::<Vec<_>>(), whole);
        assert_eq!(
            Ramp::new(second).with_start_percent(100).steps(150, 9).collect::<Vec<_>>(),
            whole
        );
        assert_eq!(Ramp::new(second).steps(0, 9).next(), None);
    }

    #[test]
    fn the_end_of_the_most_steps_there_can_be_is_reached() {
        let mut steps = Ramp::new(Duration::from_secs(1)).steps(u32::MAX, u32::MAX);
        (steps.next, steps.points) = (u32::MAX.into(), u32::MAX - 1);
        let last = RampStep { after: Duration::from_secs(1), points: u32::MAX };
        assert_eq!((steps.next(), steps.next()), (Some(last), None));
    }
}
