//! What the target is good at. Each constant is named after the reason for which code asks it.
//!
//! The width of a pointer decides all of them, which is an approximation: a 32-bit application
//! processor is taken for a microcontroller. It gives the same answers with the same complexity, by
//! code that suits it less.

/// A whole block of words is handled in less time than a branch takes that says how many of them
/// count: the processor has vectors, and pays dearly for a branch that it predicts wrongly.
pub(crate) const BLOCKS_PAY: bool = cfg!(target_pointer_width = "64");

/// Words of 64 bits are multiplied about as fast as they are shifted.
pub(crate) const WIDE_MULTIPLY_IS_FAST: bool = cfg!(target_pointer_width = "64");

/// Flash is scarce: of two algorithms with one result the one in less code is used, even where it
/// is slower.
pub(crate) const CODE_MUST_BE_SMALL: bool = !cfg!(target_pointer_width = "64");
