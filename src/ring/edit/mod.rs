//! Edits: what turns one ring into the next.
//!
//! An edit goes one way. Its verb plans it; a plan says in points what happens to each member, or why it
//! is refused, before any member or point is touched. Then room is made for it. Then it is carried out, and from there
//! on nothing can fail but user code that panics, after which the ring is empty.
//!
//! | file | subject |
//! |---|---|
//! | `verbs` | insert, remove, set the weight, insert many, apply many |
//! | `change` | one change, and what it asks for |
//! | `plan` | what may be asked of whom, and what it comes to |
//! | `batch`, `unsorted` | the plan of many changes: sorted, and where there is no room for that |
//! | `excess` | from which change on there is too much |
//! | `staging` | nodes that wait until all of them are known to fit |
//! | `carry_out`, `unwind` | which way the points take, and what a panic leaves behind |
//! | `members` | the members follow a plan |
//! | `anew` | points built from the members alone |
//! | `pass`, `spans` | points leave or join: which, and what follows |
//! | `merge` | while those of another ring are copied |
//! | `in_place` | while those of the ring itself are moved |
//! | `seek`, `shift` | where a point is while owners are renumbered |
//! | `rewrite` | the small form for one node, where code must be small |
//! | `sort` | sorting, in much code and in little |

mod anew;
mod batch;
mod carry_out;
mod change;
mod excess;
mod in_place;
mod members;
mod merge;
mod pass;
mod plan;
mod rewrite;
mod seek;
mod shift;
mod sort;
mod spans;
mod staging;
mod unsorted;
mod unwind;
mod verbs;

pub use change::Change;
#[cfg(feature = "serde")]
pub(super) use staging::Staging;
