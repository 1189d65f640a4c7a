//! What the target is.

/// Whether the target is an application processor and no microcontroller: it computes with
/// vectors, so that copying a few words more costs less than a branch; it multiplies words of 64
/// bits as quickly as it shifts them; and the size of the code is of little account.
pub(crate) const APPLICATION: bool = cfg!(target_pointer_width = "64");
