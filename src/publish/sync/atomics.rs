//! Atomics, and macros for values made of them: `core`'s own atomics, or loom's under
//! `annulus_loom`.

#[cfg(all(not(annulus_loom), target_has_atomic = "32"))]
pub(crate) use core::sync::atomic::AtomicU32;
#[cfg(not(annulus_loom))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[cfg(annulus_loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

/// Orders the accesses of the compiler alone.
pub(crate) use core::sync::atomic::compiler_fence;

/// Makes a function `const`, except under loom, whose types cannot be made in a constant.
macro_rules! const_fn {
    ($(#[$attr:meta])* $vis:vis const $($rest:tt)*) => {
        #[cfg(not(annulus_loom))]
        $(#[$attr])*
        $vis const $($rest)*

        #[cfg(annulus_loom)]
        $(#[$attr])*
        $vis $($rest)*
    };
}
pub(crate) use const_fn;

/// An array of `$n` times the value of `$value`, which is a constant expression except under loom.
macro_rules! repeat {
    ($value:expr, $n:expr) => {{
        #[cfg(not(annulus_loom))]
        let array = [const { $value }; $n];
        #[cfg(annulus_loom)]
        let array = core::array::from_fn(|_| $value);
        array
    }};
}
pub(crate) use repeat;
