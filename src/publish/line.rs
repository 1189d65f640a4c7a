//! [`Line`]: a value on a cache line of its own.

use core::ops::{Deref, DerefMut};

/// A value on a cache line of its own, so that a pin stores to no line that other readers use.
///
/// The alignment is 128 bytes where cache lines have that length or are fetched in pairs, else 64.
/// There is none on cores without compare-and-swap, nor on Arm cores without an operating system:
/// those are microcontrollers, which are short of memory and have no caches to keep coherent.
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
