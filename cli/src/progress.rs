//! Progress on standard error: only on a terminal, and only once the work has taken a while.

use std::io::{IsTerminal, stderr, stdout};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long the work goes on before a bar appears.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// Input that is answered as it comes.
    Bytes,
    /// Keys of a measurement whose results come at the end.
    Keys,
    /// The positions of the circle, walked in their order.
    Circle,
}

/// How far the work has come.
pub(crate) struct Progress {
    unit: Unit,
    total: Option<u64>,
    done: u64,
    /// Since when; `None` where nothing is to be shown.
    since: Option<Instant>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Work of `total` units, where that is known, whose answers come at the end.
    pub(crate) fn new(unit: Unit, total: Option<u64>) -> Self {
        let since = stderr().is_terminal().then(Instant::now);
        Self { unit, total, done: 0, since, bar: None }
    }

    /// The same, whose answers come meanwhile: on a terminal they would run through the bar.
    pub(crate) fn of_stream(unit: Unit, total: Option<u64>) -> Self {
        let mut progress = Self::new(unit, total);
        progress.since = progress.since.filter(|_| !stdout().is_terminal());
        progress
    }

    /// So many more units are done.
    pub(crate) fn advance(&mut self, units: u64) {
        self.reach(self.done + units);
    }

    /// So many units are done in all.
    pub(crate) fn reach(&mut self, done: u64) {
        let Some(since) = self.since else { return };
        self.done = done;
        if self.bar.is_none() && since.elapsed() >= PATIENCE {
            self.bar = Some(bar(self.unit, self.total).with_elapsed(since.elapsed()));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }
}

/// Leaves nothing on the screen.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(unit: Unit, total: Option<u64>) -> ProgressBar {
    let template = match (unit, total) {
        (Unit::Bytes, Some(_)) => {
            "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
        }
        (Unit::Bytes, None) => "{spinner} {bytes}, {bytes_per_sec}",
        (Unit::Keys, Some(_)) => "{wide_bar} {human_pos} of {human_len} keys, {eta} left",
        (Unit::Keys, None) => "{spinner} {human_pos} keys",
        (Unit::Circle, _) => "{wide_bar} {percent} % of the circle, {eta} left",
    };
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bar_has_its_own_style() {
        for unit in [Unit::Bytes, Unit::Keys, Unit::Circle] {
            for total in [Some(10), None] {
                bar(unit, total).finish_and_clear();
            }
        }
    }

    #[test]
    fn nothing_is_shown_without_a_terminal() {
        let mut progress =
            Progress { unit: Unit::Keys, total: None, done: 0, since: None, bar: None };
        progress.advance(5);
        assert!(progress.bar.is_none());
    }
}
