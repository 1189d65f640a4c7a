//! SysTick, the timer that every Cortex-M has: instructions counted, and interrupts.
//!
//! The emulator is told that every instruction takes 128 ns, so that a time is a number of
//! instructions: the same on any machine, however busy. Instructions are not cycles.

use cortex_m::asm::nop;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;

/// The clock of the LM3S6965 as the emulator has it.
#[cfg(target_has_atomic = "32")]
const HERTZ: u64 = 12_500_000;
/// The clock of the nRF51822.
#[cfg(not(target_has_atomic = "32"))]
const HERTZ: u64 = 16_000_000;

/// Instructions in a second of the emulator, at 128 ns each.
const PER_SECOND: u64 = 7_812_500;

/// The counter is this many bits wide.
const LAST: u32 = (1 << 24) - 1;

/// Counts the instructions of pieces of work.
pub struct Counter(SYST);

impl Counter {
    /// A counter, or `None` where a known piece of work does not come out right: the emulator has
    /// not been told how long an instruction takes, or this is another machine.
    pub fn new(mut clock: SYST) -> Option<Self> {
        clock.set_clock_source(SystClkSource::Core);
        clock.set_reload(LAST);
        clock.clear_current();
        clock.enable_counter();
        let mut counter = Self(clock);
        let nothing = counter.instructions(|| ());
        let hundred = counter.instructions(hundred);
        (hundred.abs_diff(nothing + 100) <= 2).then_some(counter)
    }

    /// The instructions that `work` takes, and the few of looking at the clock: at most some seven
    /// millions.
    #[inline(never)]
    pub fn instructions(&mut self, work: impl FnOnce()) -> u32 {
        self.0.clear_current();
        // The count begins at the reload value with the next tick.
        let before = SYST::get_current();
        work();
        let after = SYST::get_current();
        let ticks = before.wrapping_sub(after) & LAST;
        (u64::from(ticks) * PER_SECOND / HERTZ) as u32
    }
}

/// A hundred instructions.
fn hundred() {
    macro_rules! ten {
        ($($work:tt)*) => {
            $($work)* $($work)* $($work)* $($work)* $($work)*
            $($work)* $($work)* $($work)* $($work)* $($work)*
        };
    }
    ten!(ten!(nop();););
}
