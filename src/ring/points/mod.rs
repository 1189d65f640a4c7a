//! The points of a ring: sorted arrays of positions and owners, the index over them, and the
//! search.
//!
//! Lookups and insight ask for points through the trait [`Layout`] alone, so that points may lie in
//! memory otherwise. [`Points`] is the layout in force. Edits and storages know that it is made of
//! sorted arrays.
//!
//! Two numbers are told apart throughout: the *rank* of a point is its index among all points in
//! their order, and the *number* of a member is its index among the members in their order. Owners
//! are numbers of members.
//!
//! | file | subject |
//! |---|---|
//! | `owners` | the owner of each point, in words of 16 or 32 bits |
//! | `layout` | [`Layout`]: what lookups ask of points, by cursors |
//! | `sorted` | [`Sorted`]: the points of a ring, to be read |
//! | `ranks` | [`Sorted`] as a layout whose cursors are ranks |
//! | `plain` | `Plain`: a second layout, which holds lookups to what `Layout` says |
//! | `arrays` | [`Arrays`]: the points of a ring under construction |
//! | `index` | from a position to the rank where its bucket starts |
//! | `search` | from a position to the rank of its successor, and to its owner |

mod arrays;
mod index;
mod layout;
mod owners;
#[cfg(any(test, annulus_plain_layout))]
mod plain;
mod ranks;
mod search;
mod sorted;

pub(super) use arrays::{AnyArrays, Arrays, set};
pub(super) use index::{
    Builder, Direction, Filler, Index, Shape, build as build_index, copy_starts, move_starts,
};
pub(super) use layout::{Layout, Look};
pub(super) use owners::{MOST_NARROW, NOBODY, OwnerWord, Owners};
pub(super) use sorted::Sorted;

/// The layout in force: that of the points which a ring shows to lookups.
#[cfg(not(annulus_plain_layout))]
pub(super) type Points<'a, P> = Sorted<'a, P>;
#[cfg(annulus_plain_layout)]
pub(super) type Points<'a, P> = plain::Plain<'a, P>;

/// A point of the layout in force.
pub(super) type Cursor<'a, P> = <Points<'a, P> as Layout<P>>::Cursor;
