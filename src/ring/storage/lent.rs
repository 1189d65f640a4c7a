//! Lent storage: a ring in slices that the caller lends, whose lengths need not be known before the
//! program runs.

use core::alloc::Layout;
use core::fmt;
use core::mem;

use super::fixed::{self, Words};
use super::sealed::Store;
use super::{Capacity, Parts, Room};
use crate::hash::Xxh3;
use crate::node::Node;
use crate::point::sealed::Sealed;
use crate::point::{Native, Placement, PointsOf};
use crate::ring::basic::{BasicRing, DEFAULT_VNODES};
use crate::ring::error::EditError;
use crate::ring::member::Member;
use crate::ring::points::{AnyArrays, Arrays, Owners};

/// The memory of a [`LentRing`]: four slices that the caller lends.
///
/// There is room for as many nodes as `members` has slots, at most 65,536, and for as many points
/// as the shorter of `positions` and `owners` has elements, at most 2³² − 1. What the slices
/// contain at first does not matter.
///
/// There should be as many `words` as points. With fewer, the index is coarser, and more lookups
/// bisect the points, in O(log points); without words all do. A third of the words is also the room
/// for points that leave or join in an edit. An edit that moves more points than there is room for
/// takes O(points × (1 + moved points ÷ room)). The room is at least one point, even without words.
///
/// Lend all buffers of one publication slices of the same lengths: an edit is judged by the
/// capacity of whichever buffer is free.
///
/// ```
/// use annulus::{Capacity, LentMemory, LentRing, Member};
///
/// // Numbers that a configuration says as the program runs.
/// let (nodes, vnodes) = (6, 100);
/// let mut members: Vec<Member<&str>> = (0..nodes).map(|_| Member::default()).collect();
/// let mut positions = vec![0; nodes * vnodes];
/// let (mut owners, mut words) = (vec![0; nodes * vnodes], vec![0; nodes * vnodes]);
/// let memory = LentMemory {
///     members: &mut members,
///     positions: &mut positions,
///     owners: &mut owners,
///     words: &mut words,
/// };
/// assert_eq!(memory.capacity(), Capacity { nodes: 6, points: 600 });
/// let ring = LentRing::<&str>::with_vnodes(memory, vnodes as u32);
/// assert!(ring.is_empty());
/// ```
#[expect(clippy::exhaustive_structs, reason = "callers make it")]
pub struct LentMemory<'m, N, P: Placement = Native> {
    /// Slots for the nodes. A vacant slot holds [`Member::default`].
    pub members: &'m mut [Member<N>],
    /// Room for the positions of points.
    pub positions: &'m mut [P::Position],
    /// Room for the owners of points, which are numbers of members.
    pub owners: &'m mut [u16],
    /// Room for the index, and for what an edit needs besides.
    pub words: &'m mut [u16],
}

/// The offsets in bytes of the slices of a [`LentMemory`] in one block of memory; see
/// [`LentMemory::layout`].
///
/// ```
/// use annulus::{Capacity, LentMemory, NamedNode};
///
/// let capacity = Capacity { nodes: 8, points: 1_200 };
/// let (block, offsets) = LentMemory::<NamedNode>::layout(capacity).expect("it is small");
/// // The slices follow each other in the order of the fields.
/// assert_eq!(offsets.members, 0);
/// assert_eq!(offsets.owners - offsets.positions, 1_200 * size_of::<u32>());
/// assert_eq!(offsets.words - offsets.owners, 1_200 * size_of::<u16>());
/// assert!(block.size() >= offsets.words + 1_200 * size_of::<u16>());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LentOffsets {
    /// Where [`LentMemory::members`] begin.
    pub members: usize,
    /// Where [`LentMemory::positions`] begin.
    pub positions: usize,
    /// Where [`LentMemory::owners`] begin.
    pub owners: usize,
    /// Where [`LentMemory::words`] begin.
    pub words: usize,
}

/// Shows how much room there is.
impl<N, P: Placement> fmt::Debug for LentMemory<'_, N, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentMemory").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

impl<N, P: Placement> LentMemory<'_, N, P> {
    /// The size and alignment of one block of memory for slices of this capacity, with as many
    /// words as points, and where in the block the slices begin. `None` if the size exceeds
    /// `isize::MAX` bytes. O(1).
    ///
    /// This is for callers that have one block of bytes rather than four slices. To make slices of
    /// the block, they need `unsafe` code of their own.
    #[must_use]
    pub fn layout(capacity: Capacity) -> Option<(Layout, LentOffsets)> {
        let Capacity { nodes, points } = capacity;
        let members = Layout::array::<Member<N>>(nodes).ok()?;
        let (block, positions) = members.extend(Layout::array::<P::Position>(points).ok()?).ok()?;
        let (block, owners) = block.extend(Layout::array::<u16>(points).ok()?).ok()?;
        let (block, words) = block.extend(Layout::array::<u16>(points).ok()?).ok()?;
        Some((block.pad_to_align(), LentOffsets { members: 0, positions, owners, words }))
    }

    /// How many nodes and points there is room for. O(1).
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        Capacity {
            // Owners have 16 bits, and a member's number of points has 32.
            nodes: self.members.len().min(1 << 16),
            points: self.positions.len().min(self.owners.len()).min(u32::MAX as usize),
        }
    }
}

/// Storage in slices that the caller lends until the ring is dropped.
///
/// The default value of `N` fills slots without a node; its identity may be empty. If `N::default`
/// panics while the stack unwinds from another panic, the program aborts, as it does for a panic in
/// `drop`.
///
/// ```
/// use annulus::{BasicRing, BatchError, Lent, LentMemory, LentRing, Member, Native};
///
/// let mut members: [Member<&str>; 2] = Default::default();
/// let (mut positions, mut owners, mut words) = ([0; 300], [0; 300], [0; 300]);
/// // One ring after the other in the same memory: each gives it back when it is dropped.
/// for names in [["a", "b"], ["c", "d"]] {
///     let mut ring: BasicRing<Lent<&str, Native>> = LentRing::new(LentMemory {
///         members: &mut members,
///         positions: &mut positions,
///         owners: &mut owners,
///         words: &mut words,
///     });
///     ring.insert_all(names)?;
///     assert!(ring.owner("user:42").is_some_and(|owner| names.contains(owner)));
/// }
/// assert_eq!(*members[0].node(), "");
/// # Ok::<(), BatchError>(())
/// ```
pub struct Lent<'m, N: Default, P: Placement> {
    memory: LentMemory<'m, N, P>,
    /// The number of members.
    len: usize,
    /// Room for one packed point, used if the words behind the index have none.
    spare: [<P::Position as Sealed>::Words; 1],
    config: P::Config,
}

/// A ring in memory that the caller lends, which needs no allocator.
///
/// Edits and the common lookups are methods of [`BasicRing`], all lookups those of the
/// [`RingRef`](crate::RingRef) that [`view`](BasicRing::view) gives, and where it is published, edits are those of
/// [`RingWriter`](crate::RingWriter).
///
/// It works like a [`Ring`](crate::Ring), but the lengths of the slices are its capacity:
///
/// ```
/// use annulus::{LentRing, Member, LentMemory, NamedNode};
///
/// let mut members: [Member<NamedNode>; 8] = core::array::from_fn(|_| Member::default());
/// let (mut positions, mut owners, mut words) = ([0; 1_000], [0; 1_000], [0; 1_000]);
/// let mut ring = LentRing::<NamedNode>::with_vnodes(
///     LentMemory {
///         members: &mut members,
///         positions: &mut positions,
///         owners: &mut owners,
///         words: &mut words,
///     },
///     100,
/// );
/// ring.insert(NamedNode::new("a"))?;
/// assert_eq!(ring.view().owner("key").map(|node| node.name), Some("a"));
/// # Ok::<(), annulus::Rejected<NamedNode>>(())
/// ```
pub type LentRing<'m, N, P = Native, H = Xxh3> = BasicRing<Lent<'m, N, P>, H>;

impl<'m, N: Default, P: Placement<Config = u32>> LentRing<'m, N, P> {
    /// An empty ring in this memory with [`DEFAULT_VNODES`] points for each unit of weight. O(1).
    #[must_use]
    pub const fn new(memory: LentMemory<'m, N, P>) -> Self {
        Self::with_vnodes(memory, DEFAULT_VNODES)
    }

    /// An empty ring in this memory with `vnodes` points for each unit of weight. O(1).
    #[must_use]
    pub const fn with_vnodes(memory: LentMemory<'m, N, P>, vnodes: u32) -> Self {
        Self::with_hash(memory, vnodes, Xxh3)
    }
}

impl<'m, N: Default, P: Placement, H> LentRing<'m, N, P, H> {
    /// An empty ring in this memory that is made with `config`, whose keys go through `hash`. With
    /// [`Native`], `config` is the number of points for each unit of weight. O(1).
    pub const fn with_hash(memory: LentMemory<'m, N, P>, config: P::Config, hash: H) -> Self {
        let spare = [<P::Position as Sealed>::NO_WORDS; 1];
        Self::over(Lent { memory, len: 0, spare, config }, hash)
    }
}

impl<N: Default, P: Placement> Lent<'_, N, P> {
    /// Drops the members from number `len` on. If a node's `drop` or `N::default` panics, the ring
    /// is without these members nevertheless, and some of their nodes stay in the caller's memory.
    fn vacate(&mut self, len: usize) {
        let len = len.min(self.len);
        let end = mem::replace(&mut self.len, len);
        self.memory.members[len..end].fill_with(Member::default);
    }
}

/// Drops the nodes, and gives the memory back to the caller.
impl<N: Default, P: Placement> Drop for Lent<'_, N, P> {
    fn drop(&mut self) {
        self.vacate(0);
    }
}

/// Shows how much room there is.
impl<N: Default, P: Placement> fmt::Debug for Lent<'_, N, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").field("capacity", &self.memory.capacity()).finish_non_exhaustive()
    }
}

impl<N: Node + Default, P: PointsOf<N>> Store for Lent<'_, N, P> {
    type Node = N;
    type Placement = P;
    type PackedPoint = <P::Position as Sealed>::Words;
    type Step = fixed::PackedStep;
    type Number = u16;

    #[inline]
    fn config(&self) -> P::Config {
        self.config
    }

    fn set_config(&mut self, config: P::Config) {
        self.config = config;
    }

    fn capacity(&self) -> Capacity {
        self.memory.capacity()
    }

    #[inline]
    fn members(&self) -> &[Member<N>] {
        // There are always so many slots. A lookup must not contain the code of a panic.
        self.memory.members.get(..self.len).unwrap_or(&[])
    }

    fn members_mut(&mut self) -> &mut [Member<N>] {
        &mut self.memory.members[..self.len]
    }

    fn reserve(&mut self, _: Room) -> Result<(), EditError> {
        Ok(())
    }

    fn reserve_member(&mut self) -> Result<(), EditError> {
        Ok(())
    }

    fn reserve_steps(&mut self, steps: usize, members: usize) -> Result<bool, EditError> {
        let LentMemory { words, .. } = &self.memory;
        Ok(fixed::fits(words.len(), self.capacity().nodes, steps, members))
    }

    fn step(&self, index: usize) -> Self::Step {
        fixed::step(self.memory.words, index)
    }

    fn push(&mut self, member: Member<N>) {
        self.memory.members[self.len] = member;
        self.len += 1;
    }

    fn take(&mut self, number: usize) -> Member<N> {
        self.members_mut()[number..].rotate_left(1);
        self.len -= 1;
        mem::take(&mut self.memory.members[self.len])
    }

    fn retain(&mut self, mut stay: impl FnMut(&Member<N>) -> bool) {
        let mut kept = 0;
        for number in 0..self.len {
            if stay(&self.memory.members[number]) {
                self.memory.members.swap(kept, number);
                kept += 1;
            }
        }
        self.vacate(kept);
    }

    fn truncate(&mut self, len: usize) {
        self.vacate(len);
    }

    fn parts(&mut self, points: usize, steps: usize, numbers: usize) -> Parts<'_, Self> {
        let Self { memory: LentMemory { members, positions, owners, words }, len, spare, .. } =
            self;
        let Words { index, steps, numbers, packed } =
            fixed::take_apart::<P::Position>(words, spare, steps, numbers);
        Parts {
            members: &mut members[..*len],
            arrays: AnyArrays::Narrow(Arrays { positions, owners, len: points }),
            words: index,
            steps,
            numbers,
            packed,
        }
    }

    fn index_words(&self, _: usize) -> usize {
        fixed::index_words(self.memory.words.len())
    }

    fn release_scratch(&mut self, _: usize) {}

    #[inline]
    fn arrays(&self, points: usize) -> (&[P::Position], Owners<'_>, &[u16]) {
        let LentMemory { positions, owners, words, .. } = &self.memory;
        let points = points.min(positions.len()).min(owners.len());
        (&positions[..points], Owners::Narrow(&owners[..points]), words)
    }
}
