//! What the target is good at: each constant is named after the reason for which code asks it.
//!
//! The width of a pointer tells near enough. A 32-bit application processor is taken for a
//! microcontroller: it gives equal answers in as many steps, in code that would suit it less.

/// Handling a whole block of words, however few of them count, costs less than a branch that says how
/// many do: the processor computes with vectors and guesses ahead.
pub(crate) const BLOCKS_PAY: bool = cfg!(target_pointer_width = "64");

/// Words of 64 bits are multiplied about as fast as they are shifted.
pub(crate) const WIDE_MULTIPLY_IS_FAST: bool = cfg!(target_pointer_width = "64");

/// Flash is scarce: of two ways to one result the one in less code is taken, even where it is slower.
pub(crate) const CODE_MUST_BE_SMALL: bool = !cfg!(target_pointer_width = "64");
