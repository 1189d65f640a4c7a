//! What the target is good at.

/// Whether the target is an application processor rather than a microcontroller: it computes with
/// vectors, so that copying a few words more costs less than a branch; it multiplies words of 64
/// bits as quickly as it shifts them; and the size of the code is of little account.
///
/// The width of a pointer says so near enough. A 32-bit application processor is taken for a
/// microcontroller: it gives the same answers in as many steps, in code that would suit it less.
pub(crate) const APPLICATION: bool = cfg!(target_pointer_width = "64");
