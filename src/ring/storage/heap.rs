//! Heap storage: a ring that grows with its membership.

use alloc::vec::Vec;
use core::fmt;

use super::sealed::Store;
use super::step::Step;
use super::{Capacity, Parts, Room};
use crate::hash::Xxh3;
use crate::node::Node;
use crate::point::sealed::Sealed;
use crate::point::{Native, PackedPoint, Placement, PointsOf, Position};
use crate::ring::basic::{BasicRing, DEFAULT_VNODES};
use crate::ring::error::EditError;
use crate::ring::member::Member;
use crate::ring::points::{AnyArrays, Arrays, MOST_NARROW, Owners, Shape};
use crate::ring::rounds::zone_bits;
use crate::target;

/// Storage on the heap, which grows as it is needed. An edit is refused where the allocator has no
/// memory for it.
///
/// Lookups read, besides the nodes, 7 to 8 bytes a point on a 32-bit circle; owners need 2 more
/// once there are over 65,536 nodes. Like a vector, the storage holds up to twice as much after
/// growing bit by bit, and keeps its memory when the ring shrinks, until
/// [`shrink_to_fit`](HeapRing::shrink_to_fit) gives it back. [`try_reserve`](HeapRing::try_reserve)
/// makes room in advance.
///
/// A ring has at most 2³² − 1 points, or as many as [`with_max_points`](HeapRing::with_max_points)
/// says.
///
/// Over 65,536 nodes, whose owners have 32 bits, a ring of 10⁶ nodes with 100 points each takes 9.3
/// bytes a point, besides its nodes. While it is built it needs another quarter of a byte a point.
/// Where the points of a node depend on other nodes, an edit takes 64 bytes a node for its time.
///
/// ```
/// use annulus::{BasicRing, BatchError, Heap, HeapRing, Native};
///
/// /// What a `HeapRing<&str>` has in it.
/// type Memory = Heap<&'static str, Native>;
///
/// // In place it is a few words, so that rings are moved cheaply, however large they are.
/// assert!(size_of::<Memory>() < 300);
///
/// let mut ring: BasicRing<Memory> = HeapRing::new();
/// ring.insert_all(["cache-a", "cache-b"])?;
/// // 4 bytes for each position, 2 for each owner, and an index.
/// assert!((6 * 300..8 * 300 + 16).contains(&ring.view().lookup_bytes()));
/// # Ok::<(), BatchError>(())
/// ```
pub struct Heap<N, P: Placement> {
    pub(super) members: Vec<Member<N>>,
    /// The bits of the members' zones, if these are few.
    pub(super) zone_bits: Vec<u8>,
    pub(super) positions: Vec<P::Position>,
    pub(super) owners: OwnerVec,
    pub(super) words: Vec<u16>,
    config: P::Config,
    /// The most points.
    pub(super) limit: u32,
    /// What an edit needs besides the rings; empty between edits.
    scratch: Scratch<<P::Position as Sealed>::Packed>,
}

/// Shows how much there is, and the most points.
impl<N, P: Placement> fmt::Debug for Heap<N, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap")
            .field("nodes", &self.members.len())
            .field("points", &self.positions.len())
            .field("max_points", &self.limit)
            .finish_non_exhaustive()
    }
}

/// What an edit needs besides the ring before it and the ring after it.
struct Scratch<R> {
    /// The steps of the plan.
    steps: Vec<Step>,
    /// The new numbers of members, indexed by their old numbers.
    numbers: Vec<u32>,
    /// Packed points that leave or join.
    packed: Vec<R>,
}

impl<R> Scratch<R> {
    const NONE: Self = Self { steps: Vec::new(), numbers: Vec::new(), packed: Vec::new() };
}

impl<N: Clone, P: Placement> Clone for Heap<N, P> {
    fn clone(&self) -> Self {
        Self {
            members: self.members.clone(),
            zone_bits: self.zone_bits.clone(),
            positions: self.positions.clone(),
            owners: self.owners.clone(),
            words: self.words.clone(),
            config: self.config,
            limit: self.limit,
            scratch: Scratch::NONE,
        }
    }

    /// Reuses all memory. User code is called for the members alone; if it panics, these are some from here
    /// and some from there, and nothing else has changed.
    fn clone_from(&mut self, other: &Self) {
        let Self { members, zone_bits, positions, owners, words, config, limit, scratch } = self;
        members.clone_from(&other.members);
        zone_bits.clone_from(&other.zone_bits);
        positions.clone_from(&other.positions);
        owners.clone_from(&other.owners);
        words.clone_from(&other.words);
        (*config, *limit, *scratch) = (other.config, other.limit, Scratch::NONE);
    }
}

/// The owners of the points in words as wide as the number of members needs.
pub(super) enum OwnerVec {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl Clone for OwnerVec {
    fn clone(&self) -> Self {
        match self {
            Self::Narrow(owners) => Self::Narrow(owners.clone()),
            Self::Wide(owners) => Self::Wide(owners.clone()),
        }
    }

    /// Reuses the memory, if the words have one width.
    fn clone_from(&mut self, other: &Self) {
        match (self, other) {
            (Self::Narrow(owners), Self::Narrow(other)) => owners.clone_from(other),
            (Self::Wide(owners), Self::Wide(other)) => owners.clone_from(other),
            (owners, other) => *owners = other.clone(),
        }
    }
}

/// Makes `vec` at least `len` long, or changes nothing.
fn grow<T: Clone>(vec: &mut Vec<T>, len: usize, filler: T) -> Result<(), EditError> {
    if len > vec.len() {
        vec.try_reserve(len - vec.len()).map_err(|_| EditError::OutOfMemory)?;
        vec.resize(len, filler);
    }
    Ok(())
}

impl OwnerVec {
    /// Has `points` owners at least, in words that are wide enough for the numbers of `nodes` members.
    pub(super) fn grow(&mut self, nodes: usize, points: usize) -> Result<(), EditError> {
        match self {
            Self::Narrow(narrow) if nodes > MOST_NARROW => {
                let mut wide = Vec::new();
                grow(&mut wide, points.max(narrow.len()), 0)?;
                for (wide, &narrow) in wide.iter_mut().zip(&*narrow) {
                    *wide = u32::from(narrow);
                }
                *self = Self::Wide(wide);
                Ok(())
            }
            Self::Narrow(owners) => grow(owners, points, 0),
            Self::Wide(owners) => grow(owners, points, 0),
        }
    }

    fn truncate(&mut self, points: usize) {
        match self {
            Self::Narrow(owners) => owners.truncate(points),
            Self::Wide(owners) => owners.truncate(points),
        }
    }
}

/// The words that the index of `points` points takes: buckets of one to two points on average, or of 1.14
/// to 1.71 where the number of buckets need not be a power of two.
pub(super) fn index_words(points: usize) -> usize {
    if target::WIDE_MULTIPLY_IS_FAST {
        Shape::buckets((points - points / 8).max(2))
    } else {
        (points.next_power_of_two() / 2).max(2)
    }
}

impl<N: Node, P: Placement> Heap<N, P> {
    /// Grows whatever is too short, up to the first allocation that fails.
    fn try_reserve(&mut self, room: Room) -> Result<(), EditError> {
        let points = room.points as usize;
        let more = room.nodes.saturating_sub(self.members.len());
        self.members.try_reserve(more).map_err(|_| EditError::OutOfMemory)?;
        let more = room.nodes.saturating_sub(self.zone_bits.len());
        self.zone_bits.try_reserve(more).map_err(|_| EditError::OutOfMemory)?;
        let packed = (room.packed as usize).max(1);
        grow(&mut self.scratch.packed, packed, PackedPoint::pack(P::Position::MAX, 0))?;
        grow(&mut self.scratch.numbers, room.numbers, 0)?;
        grow(&mut self.positions, points, P::Position::MAX)?;
        self.owners.grow(room.nodes, points)?;
        grow(&mut self.words, index_words(points), 0)
    }
}

impl<N, P: Placement> Heap<N, P> {
    /// Empty storage of a ring that is made with `config`. Allocates nothing.
    pub(crate) const fn new(config: P::Config) -> Self {
        Self {
            members: Vec::new(),
            zone_bits: Vec::new(),
            positions: Vec::new(),
            owners: OwnerVec::Narrow(Vec::new()),
            words: Vec::new(),
            config,
            // Ranks of points are 32 bits wide.
            limit: u32::MAX,
            scratch: Scratch::NONE,
        }
    }
}

/// A ring on the heap that grows with its membership. [`Heap`] says how much memory it takes.
///
/// Edits and the common lookups are methods of [`BasicRing`], all lookups those of the
/// [`RingRef`](crate::RingRef) that [`view`](BasicRing::view) gives, and where it is published, edits are those of
/// [`RingWriter`](crate::RingWriter).
///
/// ```
/// use annulus::{BatchError, HeapRing};
///
/// // As many nodes as a list has, whatever their number.
/// let names: Vec<String> = (0..100).map(|number| format!("cache-{number}")).collect();
/// let mut ring = HeapRing::<String>::new();
/// ring.insert_all(names)?;
/// assert_eq!(ring.view().point_count(), 100 * 150);
/// assert!(ring.owner("user:42").is_some_and(|name| name.starts_with("cache-")));
/// # Ok::<(), BatchError>(())
/// ```
pub type HeapRing<N, P = Native, H = Xxh3> = BasicRing<Heap<N, P>, H>;

impl<N, P: Placement<Config = u32>> HeapRing<N, P> {
    /// An empty ring with [`DEFAULT_VNODES`] points for each unit of weight. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_vnodes(DEFAULT_VNODES)
    }

    /// An empty ring with `vnodes` points for each unit of weight. Allocates nothing.
    #[must_use]
    pub const fn with_vnodes(vnodes: u32) -> Self {
        Self::with_hash(vnodes, Xxh3)
    }
}

impl<N, P: Placement, H> HeapRing<N, P, H> {
    /// An empty ring that is made with `config`, whose keys go through `hash`. With [`Native`],
    /// `config` is the number of points for each unit of weight. Allocates nothing.
    pub const fn with_hash(config: P::Config, hash: H) -> Self {
        Self::over(Heap::new(config), hash)
    }

    /// This ring with room for `points` points at most, or for those that it has if they are more.
    ///
    /// For memberships that somebody else writes: an edit that comes to more points is refused before
    /// memory for them is asked for. To limit a serialized one, have such a ring `restore` it. Nodes are
    /// not limited; those of weight 0 take memory without having points.
    ///
    /// Clones have the limit too, and so have all snapshots of a `SharedRing` that is made of this ring. A
    /// ring that is [merged](Self::merge_from) from another keeps its own, so each buffer of a publication
    /// should have the same. Without a limit there may be 2³² − 1 points.
    ///
    /// ```
    /// use annulus::{EditError, HeapRing};
    ///
    /// let mut ring = HeapRing::<&str>::with_vnodes(100).with_max_points(250);
    /// ring.insert("a")?;
    /// ring.insert("b")?;
    /// let refused = EditError::TooManyPoints { needed: 300, capacity: 250 };
    /// assert_eq!(ring.insert("c").map_err(|rejected| rejected.error), Err(refused));
    /// # Ok::<(), annulus::Rejected<&str>>(())
    /// ```
    #[must_use]
    pub fn with_max_points(mut self, points: u32) -> Self {
        self.storage.limit = points.max(self.points as u32);
        self
    }
}

impl<N, P: Placement<Config = u32>> Default for HeapRing<N, P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Node, P: PointsOf<N>> Store for Heap<N, P> {
    type Node = N;
    type Placement = P;
    type PackedPoint = <P::Position as Sealed>::Packed;
    type Step = Step;
    type Number = u32;

    #[inline]
    fn config(&self) -> P::Config {
        self.config
    }

    fn set_config(&mut self, config: P::Config) {
        self.config = config;
    }

    #[inline]
    fn capacity(&self) -> Capacity {
        // Owners have 32 bits.
        Capacity { nodes: u32::MAX as usize, points: self.limit as usize }
    }

    #[inline]
    fn members(&self) -> &[Member<N>] {
        &self.members
    }

    fn members_mut(&mut self) -> &mut [Member<N>] {
        &mut self.members
    }

    fn reserve(&mut self, room: Room) -> Result<(), EditError> {
        let before = self.positions.len();
        let made = self.try_reserve(room);
        if made.is_err() {
            self.release_scratch(before);
        }
        made
    }

    fn reserve_member(&mut self) -> Result<(), EditError> {
        self.members.try_reserve(1).map_err(|_| EditError::OutOfMemory)
    }

    fn reserve_steps(&mut self, steps: usize, _: usize) -> Result<bool, EditError> {
        if u32::try_from(steps).is_err() {
            return Err(EditError::OutOfMemory);
        }
        let nothing = Step { number: 0, change: 0, brings_node: false, before: None, after: None };
        let more = steps.saturating_sub(self.scratch.steps.len());
        self.scratch.steps.try_reserve_exact(more).map_err(|_| EditError::OutOfMemory)?;
        self.scratch.steps.resize(steps, nothing);
        Ok(true)
    }

    fn step(&self, index: usize) -> Step {
        self.scratch.steps[index]
    }

    fn push(&mut self, member: Member<N>) {
        self.members.push(member);
    }

    fn take(&mut self, number: usize) -> Member<N> {
        self.members.remove(number)
    }

    fn retain(&mut self, stay: impl FnMut(&Member<N>) -> bool) {
        self.members.retain(stay);
    }

    fn truncate(&mut self, len: usize) {
        self.members.truncate(len);
    }

    #[inline]
    fn zone_bits(&self) -> &[u8] {
        &self.zone_bits
    }

    fn keep_zone_bits(&mut self) {
        self.zone_bits.clear();
        self.zone_bits.extend(zone_bits(&self.members));
    }

    fn parts(&mut self, points: usize, steps: usize, _: usize) -> Parts<'_, Self> {
        let positions = &mut self.positions[..];
        let Scratch { steps: planned, numbers, packed } = &mut self.scratch;
        Parts {
            members: &mut self.members,
            arrays: match &mut self.owners {
                OwnerVec::Narrow(owners) => {
                    AnyArrays::Narrow(Arrays { positions, owners, len: points })
                }
                OwnerVec::Wide(owners) => {
                    AnyArrays::Wide(Arrays { positions, owners, len: points })
                }
            },
            words: &mut self.words,
            steps: &mut planned[..steps],
            numbers,
            packed,
        }
    }

    fn index_words(&self, points: usize) -> usize {
        index_words(points)
    }

    fn release_scratch(&mut self, points: usize) {
        self.positions.truncate(points);
        self.owners.truncate(points);
        self.words.truncate(index_words(points));
        self.scratch = Scratch::NONE;
    }

    #[inline]
    fn arrays(&self, points: usize) -> (&[P::Position], Owners<'_>, &[u16]) {
        let positions = self.positions.get(..points).unwrap_or(&[]);
        let owners = match &self.owners {
            OwnerVec::Narrow(owners) => Owners::Narrow(owners.get(..points).unwrap_or(&[])),
            OwnerVec::Wide(owners) => Owners::Wide(owners.get(..points).unwrap_or(&[])),
        };
        (positions, owners, &self.words)
    }
}
