//! Clearing a ring when user code panics during an edit.

use crate::ring::basic::BasicRing;
use crate::ring::storage::Storage;

/// Guards a ring during an edit: if user code panics, the ring is cleared rather than left half
/// changed.
pub(super) struct ClearOnUnwind<'r, S: Storage, H>(pub(super) &'r mut BasicRing<S, H>);

impl<S: Storage, H> ClearOnUnwind<'_, S, H> {
    /// Ends the guard once the edit is complete.
    pub(super) fn finish(self) {
        core::mem::forget(self);
    }
}

impl<S: Storage, H> Drop for ClearOnUnwind<'_, S, H> {
    fn drop(&mut self) {
        self.0.clear();
    }
}
