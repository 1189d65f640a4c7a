//! Clearing a ring when user code panics during an edit, or when what was restored into it is not what was stored.

use core::mem;

use crate::ring::basic::BasicRing;
use crate::ring::storage::{ConfigOf, Storage};

/// Guards a ring during an edit: if user code panics, the ring is cleared rather than left half
/// changed, and is made with what it was made with before.
pub(in crate::ring) struct ClearOnUnwind<'r, S: Storage, H> {
    pub(in crate::ring) ring: &'r mut BasicRing<S, H>,
    config_before: ConfigOf<S>,
}

impl<'r, S: Storage, H> ClearOnUnwind<'r, S, H> {
    /// Begins an edit after which `ring` will be one that is made with `config`.
    pub(super) fn new(ring: &'r mut BasicRing<S, H>, config: ConfigOf<S>) -> Self {
        let config_before = ring.storage.config();
        ring.storage.set_config(config);
        Self { ring, config_before }
    }

    /// Guards `ring`, which was empty and made with `config`, until what has joined it since is verified.
    #[cfg(feature = "serde")]
    pub(in crate::ring) fn back_to(ring: &'r mut BasicRing<S, H>, config: ConfigOf<S>) -> Self {
        Self { ring, config_before: config }
    }

    /// Ends the guard once the edit is complete.
    pub(in crate::ring) fn finish(self) {
        mem::forget(self);
    }
}

impl<S: Storage, H> Drop for ClearOnUnwind<'_, S, H> {
    fn drop(&mut self) {
        self.ring.storage.set_config(self.config_before);
        self.ring.clear();
    }
}
