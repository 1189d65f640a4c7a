//! Inline storage: a ring of fixed capacity without an allocator.

use core::fmt;

use super::fixed::{self, Words};
use super::sealed::Store;
use super::{Capacity, Parts, Room};
use crate::hash::Xxh3;
use crate::node::Node;
use crate::point::sealed::Sealed;
use crate::point::{Native, Placement, PointsOf, Position};
use crate::ring::basic::{BasicRing, DEFAULT_VNODES};
use crate::ring::error::EditError;
use crate::ring::member::Member;
use crate::ring::points::{AnyArrays, Arrays, Owners};
use crate::ring::rounds::zone_bits;

/// Room for `NODES` nodes and `POINTS` points inside the ring itself.
///
/// Takes, besides the nodes, 8 bytes a point: 4 for its position, 2 for its owner and 2 for the
/// index. On a 64-bit circle it takes 12.
///
/// ```
/// use annulus::{BasicRing, Inline, Native, Ring};
///
/// /// What a `Ring<[u8; 4], 16, 2_400>` has in it.
/// type Memory = Inline<[u8; 4], Native, 16, 2_400>;
///
/// // Known before the program runs: 8 bytes a point, and the nodes.
/// const _: () = assert!(size_of::<Memory>() < 8 * 2_400 + 1_024);
///
/// let mut ring: BasicRing<Memory> = Ring::new();
/// ring.insert([10, 0, 0, 1])?;
/// assert_eq!(ring.owner("user:42"), Some(&[10, 0, 0, 1]));
/// # Ok::<(), annulus::EditError>(())
/// ```
pub struct Inline<N, P: Placement, const NODES: usize, const POINTS: usize> {
    members: heapless::Vec<Member<N>, NODES>,
    /// The bits of the members' zones, if these are few.
    zone_bits: heapless::Vec<u8, NODES>,
    positions: [P::Position; POINTS],
    owners: [u16; POINTS],
    /// The index. Behind it lies the scratch of an edit: steps, numbers of members, packed points.
    words: [u16; POINTS],
    /// Room for one packed point, used if the words behind the index have none.
    spare: [<P::Position as Sealed>::Words; 1],
    config: P::Config,
}

impl<N: Clone, P: Placement, const NODES: usize, const POINTS: usize> Clone
    for Inline<N, P, NODES, POINTS>
{
    fn clone(&self) -> Self {
        Self {
            members: self.members.clone(),
            zone_bits: self.zone_bits.clone(),
            positions: self.positions,
            owners: self.owners,
            words: self.words,
            spare: self.spare,
            config: self.config,
        }
    }
}

/// Shows how much room there is.
impl<N, P: Placement, const NODES: usize, const POINTS: usize> fmt::Debug
    for Inline<N, P, NODES, POINTS>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capacity = Capacity { nodes: NODES, points: POINTS };
        f.debug_struct("Inline").field("capacity", &capacity).finish_non_exhaustive()
    }
}

impl<N, P: Placement, const NODES: usize, const POINTS: usize> Inline<N, P, NODES, POINTS> {
    /// Empty storage of a ring that is made with `config`.
    pub(crate) const fn new(config: P::Config) -> Self {
        const {
            assert!(NODES <= 1 << 16, "an inline ring has at most 65,536 nodes");
            assert!(POINTS as u64 <= u32::MAX as u64, "a ring has at most 2^32 - 1 points");
        }
        Self {
            members: heapless::Vec::new(),
            zone_bits: heapless::Vec::new(),
            positions: [P::Position::MAX; POINTS],
            owners: [0; POINTS],
            words: [0; POINTS],
            spare: [<P::Position as Sealed>::NO_WORDS; 1],
            config,
        }
    }
}

/// A ring of at most `NODES` nodes and `POINTS` points that lies wherever its owner puts it (a
/// `static`, a field, a box) and needs no allocator.
///
/// Edits and the common lookups are methods of [`BasicRing`], all lookups those of the
/// [`RingRef`](crate::RingRef) that [`view`](BasicRing::view) gives, and where it is published, edits are those of
/// [`RingWriter`](crate::RingWriter).
///
/// ```
/// use annulus::{EditError, Ring};
///
/// // Room for 3 nodes, and for 4 units of weight at 150 points each.
/// let mut ring = Ring::<&str, 3, 600>::new();
/// ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
/// ring.set_weight("cache-a", 2)?;
/// let full = EditError::TooManyPoints { needed: 750, capacity: 600 };
/// assert_eq!(ring.set_weight("cache-b", 2), Err(full));
/// assert_eq!(ring.view().owner("user:42"), ring.owner("user:42"));
/// # Ok::<(), EditError>(())
/// ```
///
/// A node of weight 1 has [`DEFAULT_VNODES`] points (150) unless the ring is made
/// [`with_vnodes`](Ring::with_vnodes): `POINTS` is that number times the most nodes, or more. Room for fewer points than
/// one node has makes a ring that no node fits into.
///
/// Takes 8 bytes a point on a 32-bit circle, and the nodes. `NODES` is at most 65,536; larger
/// numbers do not compile:
///
/// ```compile_fail,E0080
/// let too_many = Box::new(annulus::Ring::<&str, 65_537, 1>::new());
/// ```
pub type Ring<N, const NODES: usize, const POINTS: usize, P = Native, H = Xxh3> =
    BasicRing<Inline<N, P, NODES, POINTS>, H>;

impl<N, P: Placement<Config = u32>, const NODES: usize, const POINTS: usize>
    Ring<N, NODES, POINTS, P>
{
    /// An empty ring with [`DEFAULT_VNODES`] points for each unit of weight.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_vnodes(DEFAULT_VNODES)
    }

    /// An empty ring with `vnodes` points for each unit of weight.
    #[must_use]
    pub const fn with_vnodes(vnodes: u32) -> Self {
        Self::with_hash(vnodes, Xxh3)
    }
}

impl<N, P: Placement, H, const NODES: usize, const POINTS: usize> Ring<N, NODES, POINTS, P, H> {
    /// An empty ring that is made with `config`, whose keys go through `hash`. With [`Native`],
    /// `config` is the number of points for each unit of weight.
    pub const fn with_hash(config: P::Config, hash: H) -> Self {
        Self::over(Inline::new(config), hash)
    }
}

impl<N, P: Placement<Config = u32>, const NODES: usize, const POINTS: usize> Default
    for Ring<N, NODES, POINTS, P>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Node, P: PointsOf<N>, const NODES: usize, const POINTS: usize> Store
    for Inline<N, P, NODES, POINTS>
{
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

    #[inline]
    fn capacity(&self) -> Capacity {
        Capacity { nodes: NODES, points: POINTS }
    }

    #[inline]
    fn members(&self) -> &[Member<N>] {
        &self.members
    }

    fn members_mut(&mut self) -> &mut [Member<N>] {
        &mut self.members
    }

    fn reserve(&mut self, _: Room) -> Result<(), EditError> {
        Ok(())
    }

    fn reserve_member(&mut self) -> Result<(), EditError> {
        Ok(())
    }

    fn reserve_steps(&mut self, steps: usize, members: usize) -> Result<bool, EditError> {
        Ok(fixed::fits(POINTS, NODES, steps, members))
    }

    fn step(&self, index: usize) -> Self::Step {
        fixed::step(&self.words, index)
    }

    fn push(&mut self, member: Member<N>) {
        let pushed = self.members.push(member);
        debug_assert!(pushed.is_ok(), "room was made for the member");
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
        // There is a place for each.
        self.zone_bits.extend(zone_bits(&self.members));
    }

    fn parts(&mut self, points: usize, steps: usize, numbers: usize) -> Parts<'_, Self> {
        let Words { index, steps, numbers, packed } =
            fixed::take_apart::<P::Position>(&mut self.words, &mut self.spare, steps, numbers);
        Parts {
            members: &mut self.members,
            arrays: AnyArrays::Narrow(Arrays {
                positions: &mut self.positions,
                owners: &mut self.owners,
                len: points,
            }),
            words: index,
            steps,
            numbers,
            packed,
        }
    }

    fn index_words(&self, _: usize) -> usize {
        fixed::index_words(POINTS)
    }

    fn release_scratch(&mut self, _: usize) {}

    #[inline]
    fn arrays(&self, points: usize) -> (&[P::Position], Owners<'_>, &[u16]) {
        // `points` is never greater than `POINTS`. The compiler learns here that both slices have
        // the same length.
        let points = points.min(POINTS);
        (&self.positions[..points], Owners::Narrow(&self.owners[..points]), &self.words)
    }
}
