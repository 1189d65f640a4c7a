//! Where a ring keeps its members and points: what the edits ask of a storage.
//!
//! | file | subject |
//! |---|---|
//! | `inline` | [`Inline`]: inside the ring itself |
//! | `heap` | `Heap`: allocated as it is needed |
//! | `memory` | memory of a ring on the heap: room in advance, and what is not needed given back |
//! | `lent` | [`Lent`]: slices that the caller lends |
//! | `rom` | [`RomRing`]: built by the compiler, never edited |
//! | `fixed` | what `inline` and `lent` share: words for the index and for an edit's scratch |
//! | `step` | a step of an edit's plan, and its packed form |

mod fixed;
#[cfg(feature = "alloc")]
mod heap;
mod inline;
mod lent;
#[cfg(feature = "alloc")]
mod memory;
mod rom;
mod step;

#[cfg(feature = "alloc")]
pub use heap::{Heap, HeapRing};
pub use inline::{Inline, Ring};
pub use lent::{Lent, LentMemory, LentOffsets, LentRing};
pub use rom::RomRing;
pub(super) use step::{PackedStep, Step};

use super::error::EditError;
use super::member::Member;
use super::points::{AnyArrays, Owners};
use crate::node::Node;
use crate::point::{PackedPoint, Placement, PointsOf};

/// Where a ring keeps its members and points. Sealed: [`Inline`], [`Lent`] and `Heap`.
///
/// ```
/// use annulus::{BasicRing, EditError, Ring, Storage};
///
/// /// Drains a node of any ring, wherever its memory is.
/// fn drain<S: Storage, H>(ring: &mut BasicRing<S, H>, name: &str) -> Result<(), EditError> {
///     ring.set_weight(name, 0).map(|_| ())
/// }
///
/// let mut ring = Ring::<&str, 2, 300>::new();
/// ring.insert_all(["a", "b"])?;
/// drain(&mut ring, "a")?;
/// assert_eq!(ring.owner("user:42"), Some(&"b"));
/// # Ok::<(), EditError>(())
/// ```
pub trait Storage: sealed::Store {}

impl<S: sealed::Store> Storage for S {}

/// The position type of a storage's placement.
pub(super) type PositionOf<S> = <<S as sealed::Store>::Placement as Placement>::Position;

/// The type of what a storage's placement is configured with.
pub(super) type ConfigOf<S> = <<S as sealed::Store>::Placement as Placement>::Config;

/// All of a storage that an edit works on, borrowed at once.
#[expect(missing_debug_implementations, reason = "nobody outside can name it")]
pub struct Parts<'a, S: sealed::Store + ?Sized> {
    pub(super) members: &'a mut [Member<S::Node>],
    pub(super) arrays: AnyArrays<'a, PositionOf<S>>,
    /// The words of the index.
    pub(super) words: &'a mut [u16],
    /// The steps of a plan, as many as were asked for.
    pub(super) steps: &'a mut [S::Step],
    /// Room for the new numbers of members, indexed by their old numbers.
    pub(super) numbers: &'a mut [S::Number],
    /// Room for packed points that leave or join: for at least one, not always for all.
    pub(super) packed: &'a mut [S::PackedPoint],
}

/// How many nodes and points a ring has room for.
///
/// ```
/// use annulus::{Capacity, EditError, Ring};
///
/// let mut ring = Ring::<&str, 8, 1_000>::new();
/// ring.insert("cache-a")?;
/// // How many more nodes of weight 1 may join: here points run out before slots do.
/// let Capacity { nodes, points } = ring.capacity();
/// let view = ring.view();
/// let by_points = (points - view.point_count()) / view.vnodes() as usize;
/// assert_eq!(by_points.min(nodes - view.len()), 5);
/// # Ok::<(), EditError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Capacity {
    /// The most nodes.
    pub nodes: usize,
    /// The most points.
    pub points: usize,
}

impl Capacity {
    /// Checks that so many nodes and points are within the capacity.
    pub(super) fn check(self, nodes: usize, points: u64) -> Result<(), EditError> {
        if nodes > self.nodes {
            return Err(self.too_many_nodes(nodes));
        }
        if points > self.points as u64 {
            return Err(self.too_many_points(points));
        }
        Ok(())
    }

    /// The refusal of so many nodes.
    pub(super) const fn too_many_nodes(self, needed: usize) -> EditError {
        EditError::TooManyNodes { needed, capacity: self.nodes }
    }

    /// The refusal of so many points.
    pub(super) const fn too_many_points(self, needed: u64) -> EditError {
        EditError::TooManyPoints { needed, capacity: self.points }
    }
}

/// What an edit needs room for.
// Inline and lent storage make no room: they have all that they will ever have.
#[cfg_attr(not(feature = "alloc"), allow(dead_code))]
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    /// The number of members after the edit.
    pub(super) nodes: usize,
    /// The number of points after the edit.
    pub(super) points: u64,
    /// The number of packed points for which the edit would best have room at once.
    pub(super) packed: u64,
    /// The number of members that are renumbered.
    pub(super) numbers: usize,
}

pub(super) mod sealed {
    use super::super::points::OwnerWord;
    use super::{
        Capacity, ConfigOf, EditError, Member, Node, Owners, PackedPoint, PackedStep, Parts,
        PointsOf, PositionOf, Room,
    };

    /// What edits need of a storage. The first `points` elements of its arrays are the points of
    /// the ring.
    pub trait Store {
        /// The type of nodes.
        type Node: Node;
        /// The placement of nodes and keys.
        type Placement: PointsOf<Self::Node>;
        /// The packed form of points that leave or join.
        type PackedPoint: PackedPoint<PositionOf<Self>>;
        /// The packed form of a plan's steps.
        type Step: PackedStep;
        /// A number of a member, as wide as the storage needs it.
        type Number: OwnerWord;

        /// What the ring was made with, as its placement needs it.
        fn config(&self) -> ConfigOf<Self>;
        /// Makes this what the ring was made with. The ring has no members, or will have none of those
        /// that it has.
        fn set_config(&mut self, config: ConfigOf<Self>);
        /// The most members and points.
        fn capacity(&self) -> Capacity;
        /// The members.
        fn members(&self) -> &[Member<Self::Node>];
        /// The members, to be changed in place.
        fn members_mut(&mut self) -> &mut [Member<Self::Node>];
        /// Makes the room that an edit within the capacity needs, or changes nothing.
        fn reserve(&mut self, room: Room) -> Result<(), EditError>;
        /// Makes room for one more member, which is within the capacity, or changes nothing.
        fn reserve_member(&mut self) -> Result<(), EditError>;
        /// Makes room for this number of steps, or changes nothing. `false` where the storage has
        /// no room for them beside the numbers of this many members.
        fn reserve_steps(&mut self, steps: usize, members: usize) -> Result<bool, EditError>;
        /// The planned step of this index.
        fn step(&self, index: usize) -> Self::Step;
        /// Adds a member at the end. Room for it was made.
        fn push(&mut self, member: Member<Self::Node>);
        /// Takes out the member of this number, and closes the gap.
        fn take(&mut self, number: usize) -> Member<Self::Node>;
        /// Keeps the members for which `stay` is true.
        fn retain(&mut self, stay: impl FnMut(&Member<Self::Node>) -> bool);
        /// Drops the members from number `len` on.
        fn truncate(&mut self, len: usize);
        /// Everything at once, with `points` points in the arrays, and with `steps` steps and
        /// `numbers` numbers, for which room was made.
        fn parts(&mut self, points: usize, steps: usize, numbers: usize) -> Parts<'_, Self>;
        /// The greatest number of words that the index of `points` points may take.
        fn index_words(&self, points: usize) -> usize;
        /// Gives back what the edit alone needed, now that the ring has `points` points.
        fn release_scratch(&mut self, points: usize);
        /// The bits of the members' zones, if the storage keeps them: one of eight for each, or none at all.
        #[inline]
        fn zone_bits(&self) -> &[u8] {
            &[]
        }
        /// Takes the bits of the members' zones anew, if the storage keeps them. There is room for them.
        fn keep_zone_bits(&mut self) {}
        /// The positions and the owners of the `points` points, and the words of their index.
        fn arrays(&self, points: usize) -> (&[PositionOf<Self>], Owners<'_>, &[u16]);
    }
}
