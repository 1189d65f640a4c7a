//! The points of a ring: sorted arrays of positions and owners, the index over them, and the
//! search.
//!
//! Two numbers are told apart throughout: the *rank* of a point is its index among all points in
//! their order, and the *number* of a member is its index among the members in the order of their
//! identities. Owners are numbers of members.
//!
//! | file | subject |
//! |---|---|
//! | `owners` | the owner of each point, in words of 16 or 32 bits |
//! | `sorted` | [`Sorted`]: the points of a ring, to be read |
//! | `arrays` | [`Arrays`]: the points of a ring under construction |
//! | `index` | from a position to the rank where its bucket starts |
//! | `search` | from a position to the rank of its successor, and to its owner |

mod arrays;
mod index;
mod owners;
mod search;
mod sorted;

pub(super) use arrays::{AnyArrays, Arrays, set};
pub(super) use index::{
    Builder, Direction, Filler, Index, Shape, build as build_index, copy_starts, move_starts,
};
pub(super) use owners::{MOST_NARROW, OwnerWord, Owners};
pub(super) use sorted::Sorted;
