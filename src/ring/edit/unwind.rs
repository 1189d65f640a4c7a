//! What a panic of user code leaves behind.

use crate::ring::basic::BasicRing;
use crate::ring::storage::Storage;

/// An edit under way. Should user code panic in it, the ring is cleared rather than left half made.
pub(super) struct ClearOnUnwind<'r, S: Storage, H>(pub(super) &'r mut BasicRing<S, H>);

impl<S: Storage, H> ClearOnUnwind<'_, S, H> {
    /// The edit is complete.
    pub(super) fn finish(self) {
        core::mem::forget(self);
    }
}

impl<S: Storage, H> Drop for ClearOnUnwind<'_, S, H> {
    fn drop(&mut self) {
        self.0.clear();
    }
}
