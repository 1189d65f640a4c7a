//! Edits: how one ring becomes the next.
//!
//! Every edit takes three stages. First it is planned: the plan says which members arrive, depart
//! or change and how many points each has afterwards, or the edit is refused, before any member or
//! point changes. Then room is made for the plan. Last, the plan is carried out. This stage cannot
//! fail unless user code panics, which leaves the ring empty.
//!
//! | file | subject |
//! |---|---|
//! | `verbs` | the public methods that edit a ring |
//! | `change` | one change of a batch, and its request |
//! | `plan` | the plan of an edit, and which requests are refused |
//! | `batch`, `unsorted` | batches whose changes are sorted, and those without room for that |
//! | `reconcile` | becoming the membership that a list says |
//! | `copy` | becoming a copy of another ring |
//! | `counts` | how many points members have, by the rule of the placement |
//! | `recount` | plans where the points of a member depend on the whole membership |
//! | `excess` | from which change on a batch exceeds a capacity |
//! | `staging` | nodes kept behind the members until all of them are known to fit |
//! | `carry_out`, `unwind` | carrying a plan out, and clearing the ring on a panic |
//! | `members` | changing the members as a plan says |
//! | `zones` | the numbers of zones after an edit |
//! | `anew` | building the points from the members alone |
//! | `pass`, `spans` | a pass in which points leave or join, and which points these are |
//! | `merge` | points leave or join while those of another ring are copied |
//! | `in_place` | points leave or join within the arrays of one ring |
//! | `seek`, `shift` | the rank of a point while owners are renumbered |
//! | `rewrite` | an edit of one node, for targets where code must be small |
//! | `sort` | the standard library's sort, or heapsort where code must be small |

mod anew;
mod batch;
mod carry_out;
mod change;
mod copy;
mod counts;
mod excess;
mod in_place;
mod members;
mod merge;
mod pass;
mod plan;
mod reconcile;
mod recount;
mod rewrite;
mod seek;
mod shift;
mod sort;
mod spans;
mod staging;
mod unsorted;
mod unwind;
mod verbs;
mod zones;

pub use change::Change;
pub use reconcile::Reconciled;
pub(crate) use reconcile::settle;
#[cfg(feature = "serde")]
pub(super) use staging::Staging;
#[cfg(feature = "serde")]
pub(super) use unwind::ClearOnUnwind;
