//! Serialized memberships: what the ring was made with (its vnodes), and each node with its weight in
//! force, and with the number of its points where that does not follow from the weight; beside them what
//! they are verified by.
//!
//! The arrays are not serialized: they follow from the membership, on every machine alike.
//!
//! | file | subject |
//! |---|---|
//! | `form` | the number of the form, the names of its fields, and the values that texts have otherwise than bytes |
//! | `entry` | a node with what is stored of it |
//! | `write` | memberships out |
//! | `read` | memberships in |
//! | `form.md` | the form as users see it: a part of the page of [`BasicRing::restore`](super::BasicRing::restore) |

mod entry;
mod form;
mod read;
mod write;

#[cfg(test)]
mod tests;
