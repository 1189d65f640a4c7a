//! How a program ends: a line of text and an exit status, on a bare core and on a host alike.

use core::fmt::Display;

#[cfg(target_os = "none")]
use bare::end_with;
#[cfg(not(target_os = "none"))]
use host::end_with;

/// Ends the program with status 0 and what was found, or with status 1 and what was wrong.
pub fn finish(outcome: Result<impl Display, impl Display>) -> ! {
    match outcome {
        Ok(found) => end_with(true, found),
        Err(wrong) => end_with(false, wrong),
    }
}

/// The end on a bare core: semihosting, through the emulator or a debug probe.
#[cfg(target_os = "none")]
mod bare {
    use core::fmt::Display;
    // For its critical section.
    use cortex_m as _;
    use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, exit};
    use cortex_m_semihosting::hprintln;
    use panic_semihosting as _;

    pub(crate) fn end_with(success: bool, text: impl Display) -> ! {
        hprintln!("{}", text);
        exit(if success { EXIT_SUCCESS } else { EXIT_FAILURE });
        // A debug probe comes back from the exit; an emulator does not.
        loop {}
    }
}

/// The end on a host.
#[cfg(not(target_os = "none"))]
mod host {
    use core::fmt::Display;
    use std::println;

    pub(crate) fn end_with(success: bool, text: impl Display) -> ! {
        println!("{text}");
        std::process::exit(i32::from(!success))
    }
}
