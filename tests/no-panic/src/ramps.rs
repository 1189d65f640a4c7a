//! The points of a node that comes in, at times and in numbers that the optimizer cannot see through.

use core::hint::black_box;
use core::time::Duration;

use annulus::{Curve, Ramp};

/// Asks ramps of each curve for points and for steps, and says whether the answers are right.
pub(crate) fn answer_rightly() -> bool {
    let answers = [(Curve::Linear, 75), (Curve::Quadratic, 37), (Curve::SquareRoot, 106)];
    let answers = answers.map(|(curve, half)| {
        let ramp = Ramp::new(black_box(Duration::from_secs(60)));
        let ramp = ramp.with_curve(black_box(curve)).with_start_percent(black_box(10));
        let steps = ramp.steps(black_box(150), black_box(6));
        ramp.points_at(black_box(Duration::from_secs(30)), black_box(150)) == half
            && steps.size_hint().1 == Some(7)
            && steps.last().map(|step| step.points) == Some(150)
    });
    answers == [true; 3]
}
