//! Waiting without spinning hot.

use core::time::Duration;
use std::{thread, time::Instant};

/// The number of yields before the first sleep.
const YIELDS: u32 = 8;
/// The first sleep; each later one is twice as long.
const SHORTEST: Duration = Duration::from_micros(16);
/// The longest sleep.
const LONGEST: Duration = Duration::from_millis(1);

/// Calls `ask` until it answers or `timeout` has passed, with growing pauses in between. Blocking.
///
/// Asks at least once.
pub(crate) fn until<A>(timeout: Duration, mut ask: impl FnMut() -> Option<A>) -> Option<A> {
    let start = Instant::now();
    let mut yields = 0;
    let mut pause = SHORTEST;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        let left = timeout.checked_sub(start.elapsed()).filter(|left| !left.is_zero())?;
        if yields < YIELDS {
            yields += 1;
            thread::yield_now();
        } else {
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::until;
    use core::time::Duration;
    use std::time::Instant;

    #[test]
    fn an_answer_needs_no_time() {
        assert_eq!(until(Duration::ZERO, || Some(1)), Some(1));
    }

    #[test]
    fn no_answer_ends_with_the_timeout_after_few_questions() {
        let timeout = Duration::from_millis(30);
        let start = Instant::now();
        let mut asked = 0;
        let answer = until(timeout, || {
            asked += 1;
            None::<()>
        });
        assert_eq!(answer, None);
        assert!(start.elapsed() >= timeout);
        // 8 yields, 6 sleeps that grow, one sleep a millisecond after them, and one question to
        // spare.
        assert!((2..=50).contains(&asked), "asked {asked} times");
    }

    #[test]
    fn a_late_answer_is_found() {
        let mut asked = 0;
        let answer = until(Duration::from_secs(60), || {
            asked += 1;
            (asked == 12).then_some(asked)
        });
        assert_eq!(answer, Some(12));
    }
}
