//! Signals that end a run early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::Error;

/// A signal that ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signal(i32);

impl Signal {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        if self.0 == SIGINT { "SIGINT" } else { "SIGTERM" }
    }

    /// The exit status of a command that it ended, as shells have it.
    pub(crate) fn status(self) -> u8 {
        128 + self.0 as u8
    }
}

/// Whether a signal came.
#[derive(Debug)]
pub(crate) struct Stop {
    /// The number of the last one; none is 0.
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// From now on the first of these signals is noted, and the second ends the process.
    pub(crate) fn on_signals() -> Result<Self, Error> {
        let (signal, once) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for number in [SIGINT, SIGTERM] {
            let status = Signal(number).status().into();
            // In this order, so that the first signal finds nothing that it has done itself.
            let done = flag::register_conditional_shutdown(number, status, Arc::clone(&once))
                .and_then(|_| flag::register(number, Arc::clone(&once)))
                .and_then(|_| flag::register_usize(number, Arc::clone(&signal), number as usize));
            done.map_err(|error| Error::of("signals", error))?;
        }
        Ok(Self { signal })
    }

    /// The signal that came.
    pub(crate) fn signal(&self) -> Option<Signal> {
        // Relaxed, with the handler's store: the number is all that there is to see.
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            number => Some(Signal(number as i32)),
        }
    }
}
