//! Placements: where the points of a node and the positions of keys lie.

use core::marker::PhantomData;
use core::ops::Range;

use super::{Config, Counts, PerWeight, Position};
use crate::hash::{splitmix, xxh3};
use crate::node::Node;

/// A rule that places keys on the circle. A placement that implements `PointsOf` places nodes
/// too.
///
/// A placement must be a pure function of its arguments, with the same results on every platform.
/// [`Native`] is the placement of this crate. To write another is unstable: what a placement must have
/// may change until those of other systems stand on it.
///
/// ```
/// use annulus::{EditError, Native, Placement, Ring, RingRef};
///
/// /// The owner of a packet that its network card has hashed, on whatever circle the ring is.
/// fn owner_of_hash<'r, N, P: Placement>(ring: RingRef<'r, N, P>, hash: u64) -> Option<&'r N> {
///     ring.owner_at(P::key(hash))
/// }
///
/// let (mut narrow, mut wide) = (Ring::<&str, 1, 150>::new(), Ring::<&str, 1, 150, Native<u64>>::new());
/// narrow.insert("worker-a")?;
/// wide.insert("worker-a")?;
/// assert_eq!(owner_of_hash(narrow.view(), 0xdead_beef << 32), Some(&"worker-a"));
/// assert_eq!(owner_of_hash(wide.view(), 0xdead_beef << 32), Some(&"worker-a"));
/// assert_eq!((Native::<u32>::key(7 << 32), Native::<u64>::key(7 << 32)), (7, 7 << 32));
/// # Ok::<(), EditError>(())
/// ```
pub trait Placement: 'static {
    /// The type of positions on the circle: `u32` or `u64`.
    type Position: Position;

    /// What a ring of this placement is made with. For [`Native`] it is the number of points of a
    /// node of weight 1.
    type Config: Config;

    /// How many points each member has.
    #[doc(hidden)]
    type Counts: Counts<Self::Config>;

    /// A name that tells this placement from all others; it enters the fingerprint of a ring.
    const NAME: &'static str;

    /// Whether a position is owned by the point nearest to it in either direction, rather than by
    /// the next one clockwise. Of two points equally near, the one before the position owns it.
    #[doc(hidden)]
    const NEAREST: bool = false;

    /// Whether of several points on one position only the first counts: walks skip the others. It
    /// cannot be combined with [`NEAREST`](Self::NEAREST): that does not compile.
    #[doc(hidden)]
    const EQUAL_POINTS_ONCE: bool = false;

    /// The position of the key with this hash. Each lookup of a key calls it once, and is wait-free
    /// only if it is.
    fn key(hash: u64) -> Self::Position;
}

/// A placement that computes the points of nodes of type `N`, from their identities or from
/// whatever else that type offers. Every [`ByIdentity`] placement is one. Unstable: this trait may
/// change until placements of other systems have been built on it.
///
/// Neither the seed nor the points may depend on other members, nor on when they are computed.
#[doc(hidden)]
pub trait PointsOf<N: ?Sized>: Placement {
    /// Whether nodes of one identity have the same seed, the same order key and the same points. If
    /// nodes of one identity may differ, a batch that replaces one by another builds all points anew.
    const BY_IDENTITY: bool = false;

    /// Whether members are in the order of [`order`](Self::order), rather than of their identities
    /// alone. Finding a member by its identity takes O(nodes) then, and batches are not sorted.
    const ORDERS: bool = false;

    /// Whether computing a point costs more than sorting it. If it does, a build computes each point
    /// once and sorts them all; otherwise it computes each point twice, to count and to place it. A ring
    /// on the heap takes 8 bytes a point more while it is built so (16 on a 64-bit circle); inline and
    /// lent rings take no more memory, and sort by heapsort.
    const COSTLY: bool = false;

    /// Whether [`points`](Self::points) is known to yield as many points as it must, so that they
    /// are not counted. Counting takes 20 % of the instructions of a build. It is known of
    /// [`ByIdentity`] placements; where it is claimed wrongly, rings are wrong without an error.
    const EXACT: bool = false;

    /// The seed of `node`, from which its points are computed. A ring computes it when the node
    /// joins and keeps it, so that later edits need not compute it again.
    ///
    /// Nodes with the same identity and the same seed must have the same points: the fingerprint of
    /// a ring relies on it.
    fn seed(config: &Self::Config, node: &N) -> u64;

    /// The points of `node` whose indices *r* in its stream, counted from 0, are in `range`. `seed`
    /// is the [`seed`](Self::seed) of the node.
    ///
    /// The iterator must yield one point for each index in `range`, and no more. If it does not, the
    /// edit panics and leaves the ring empty.
    fn points(
        config: &Self::Config,
        node: &N,
        seed: u64,
        range: Range<u32>,
    ) -> impl Iterator<Item = Self::Position>;

    /// The number of points of `node`, if the node itself says it: they are as many then, whatever its weight and
    /// whatever [`Counts`] says. It is asked of members whose weight is not 0, and only where counts are
    /// [`RELATIVE`](Counts::RELATIVE). The rule is told the weight of such a member all the same, and asked about it.
    ///
    /// The [`seed`](Self::seed) must tell nodes apart that have the same identity and differ in this number, and
    /// [`BY_IDENTITY`](Self::BY_IDENTITY) must be false where they may differ.
    #[must_use]
    #[inline]
    fn stated(_: &Self::Config, _: &N) -> Option<u64> {
        None
    }

    /// What members are ordered by before their identities, if [`ORDERS`](Self::ORDERS) is true. The
    /// order of members decides which of several points on one position owns it, and in which order
    /// [`Counts`] is asked. It is called in each comparison of members, so it must be cheap.
    #[must_use]
    fn order(_: &N) -> impl Ord {}
}

/// A placement that computes the seed of a node from its identity alone, and each of its points
/// from the seed and the index of the point alone, with `weight × vnodes` points for each node.
/// Unstable: this trait may change together with [`PointsOf`].
#[doc(hidden)]
pub trait ByIdentity: Placement<Config = u32, Counts = PerWeight> {
    /// The seed of the node with this identity: all that its points depend on.
    fn seed(identity: &[u8]) -> u64;

    /// Point *r* of the node with this seed, where *r* is the index in the node's stream, from 0.
    fn point(seed: u64, r: u32) -> Self::Position;
}

impl<N: Node + ?Sized, P: ByIdentity> PointsOf<N> for P {
    const BY_IDENTITY: bool = true;
    const EXACT: bool = true;

    #[inline]
    fn seed(_: &u32, node: &N) -> u64 {
        <P as ByIdentity>::seed(node.identity())
    }

    #[inline]
    fn points(_: &u32, _: &N, seed: u64, range: Range<u32>) -> impl Iterator<Item = P::Position> {
        range.map(move |r| P::point(seed, r))
    }
}

/// The placement of this crate, frozen from its first release.
///
/// Positions are of type `P`. A node's seed is XXH3-64 (Y. Collet) of its identity; its point *r*
/// is the upper bits of output *r* of SplitMix64 (Steele, Lea, Flood, 2014) from that seed. A key's
/// position is the upper bits of its hash. O(1) a point.
///
/// ```
/// use annulus::{BatchError, Native, Ring};
///
/// // On the circle of 2⁶⁴ positions, for rings with so many points that some of 2³² would coincide.
/// let mut ring = Ring::<&str, 3, 450, Native<u64>>::new();
/// ring.insert_all(["a", "b", "c"])?;
/// let position: u64 = ring.view().position("user:42");
/// assert_eq!(ring.owner_at(position), ring.owner("user:42"));
/// // A key's position on the smaller circle is its upper half.
/// let smaller = Ring::<&str, 3, 450>::new();
/// assert_eq!(smaller.view().position("user:42"), (position >> 32) as u32);
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Native<P = u32>(PhantomData<P>);

impl Placement for Native<u32> {
    type Position = u32;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "annulus-32";

    #[inline]
    fn key(hash: u64) -> u32 {
        u32::from_hash(hash)
    }
}

impl ByIdentity for Native<u32> {
    #[inline]
    fn seed(identity: &[u8]) -> u64 {
        xxh3::xxh3_identity(identity)
    }

    #[inline]
    fn point(seed: u64, r: u32) -> u32 {
        native_point(seed, r)
    }
}

impl Placement for Native<u64> {
    type Position = u64;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "annulus-64";

    #[inline]
    fn key(hash: u64) -> u64 {
        hash
    }
}

impl ByIdentity for Native<u64> {
    #[inline]
    fn seed(identity: &[u8]) -> u64 {
        xxh3::xxh3_identity(identity)
    }

    #[inline]
    fn point(seed: u64, r: u32) -> u64 {
        splitmix::output(seed, r)
    }
}

/// Point *r* of the node with this seed on the 32-bit circle. Usable at compile time.
#[inline]
pub(crate) const fn native_point(seed: u64, r: u32) -> u32 {
    (splitmix::output(seed, r) >> 32) as u32
}
