//! [`Line`]: what one core stores to, apart from what other cores use.

use core::ops::{Deref, DerefMut};

/// Something on a cache line of its own: no reader's pin touches the line of another reader, nor that
/// of the head.
///
/// The line is twice as long where the hardware fetches pairs, and no line at all on cores that have
/// no compare-and-swap, nor on Arm cores without an operating system: memory is short there, and the
/// microcontrollers have no caches to keep in step with another core.
#[cfg_attr(
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "powerpc64"),
    repr(align(128))
)]
#[cfg_attr(
    all(
        target_has_atomic = "8",
        not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "powerpc64")),
        not(all(target_arch = "arm", target_os = "none")),
    ),
    repr(align(64))
)]
pub(crate) struct Line<T>(pub(crate) T);

impl<T> Deref for Line<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Line<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
