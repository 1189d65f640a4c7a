//! What the operating system knows of a thread: its time on a core, and how often it left one.

use std::ops::{Add, Sub};
use std::time::Duration;

/// The time that the calling thread has spent on a core so far; 0 where nobody knows.
#[cfg(target_os = "linux")]
pub(crate) fn time_on_core() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// The time that the calling thread has spent on a core so far; 0 where nobody knows.
#[cfg(not(target_os = "linux"))]
pub(crate) fn time_on_core() -> Duration {
    Duration::ZERO
}

/// How often a thread has left its core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Switches {
    /// To wait for something: another thread, memory from disk, time.
    pub(crate) waited: u64,
    /// Because the core was given to another thread.
    pub(crate) preempted: u64,
}

impl Switches {
    /// Those of the calling thread so far; none where nobody knows.
    pub(crate) fn so_far() -> Option<Self> {
        Self::of_status(&std::fs::read_to_string("/proc/thread-self/status").ok()?)
    }

    /// Those in the text of a thread's status.
    fn of_status(status: &str) -> Option<Self> {
        let count = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse().ok()
        };
        let waited = count("voluntary_ctxt_switches:")?;
        Some(Self { waited, preempted: count("nonvoluntary_ctxt_switches:")? })
    }
}

impl Add for Switches {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let Self { waited, preempted } = other;
        Self { waited: self.waited + waited, preempted: self.preempted + preempted }
    }
}

impl Sub for Switches {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let Self { waited, preempted } = other;
        Self { waited: self.waited - waited, preempted: self.preempted - preempted }
    }
}

#[cfg(test)]
mod tests {
    use super::Switches;

    #[test]
    fn a_status_is_read() {
        let status = "Name:\ta\nvoluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t12\n";
        let switches = Switches { waited: 3, preempted: 12 };
        assert_eq!(Switches::of_status(status), Some(switches));
        assert_eq!(Switches::of_status("Name:\ta\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn sleep_is_a_wait_and_takes_no_time_on_a_core() {
        let (time, switches) = (super::time_on_core(), Switches::so_far().expect("a status"));
        std::thread::sleep(std::time::Duration::from_millis(50));
        let slept = Switches::so_far().expect("a status") - switches;
        assert!(slept.waited >= 1, "{slept:?}");
        assert!((super::time_on_core() - time).as_millis() < 50);
    }
}
