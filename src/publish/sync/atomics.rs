//! Atomics and what is made of them in constants: `core`'s own, or loom's under `annulus_loom`.

#[cfg(not(annulus_loom))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[cfg(annulus_loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What holds the compiler back, and nothing else.
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

/// An array of `$n` values of the constant expression `$value`, which under loom is no constant.
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
