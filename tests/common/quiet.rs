//! Panics that a test expects.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether panics of this thread are expected.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `code`, with nothing written about a panic; an error if it panicked.
pub(crate) fn quietly<R>(code: impl FnOnce() -> R) -> Result<R, ()> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !EXPECTED.get() {
                hook(panic);
            }
        }));
    });
    EXPECTED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(code));
    EXPECTED.set(false);
    result.map_err(drop)
}
