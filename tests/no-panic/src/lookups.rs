//! The lookups, on values that the optimizer cannot see through, so that it must keep them all.

use core::hint::black_box;

/// Calls every lookup and says whether each gave the right answer.
pub(crate) fn answer_rightly() -> bool {
    let points = black_box([1, 2, 3]);
    points.get(black_box(1)) == Some(&2)
}

/// A lookup that can panic: it indexes with a number that nobody has checked.
#[cfg(feature = "canary")]
pub(crate) fn canary() -> i32 {
    black_box([1, 2, 3])[black_box(1)]
}
