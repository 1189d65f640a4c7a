//! A node, with what the ring keeps of it.

use core::cmp::Ordering;
use core::iter;
use core::ops::Range;

use crate::node::Node;
use crate::point::{Counts as _, Placement, PointsOf};

/// A node of a ring and the weight in force.
///
/// ```
/// use annulus::{EditError, NamedNode, Ring};
///
/// let mut ring = Ring::<NamedNode, 4, 900>::new();
/// ring.insert_all(["cache-a", "cache-b"].map(NamedNode::new))?;
/// ring.set_weight("cache-b", 3)?;
/// for member in ring.view().members() {
///     println!("{}: {} points", member.node().name, member.point_count());
/// }
/// let member = ring.get("cache-b").expect("a member");
/// // What the node stated as it joined, and what is in force.
/// assert_eq!((member.node().weight, member.weight(), member.point_count()), (1, 3, 450));
/// # Ok::<(), EditError>(())
/// ```
#[derive(Debug)]
pub struct Member<N> {
    pub(crate) node: N,
    /// The [`PointsOf::seed`] of the node.
    pub(crate) seed: u64,
    /// The weight in force.
    pub(crate) weight: u32,
    /// How many points the node has: the first ones of its stream.
    pub(crate) points: u32,
    /// The number of the zone of this node, so that zones are compared without their names. Zones are
    /// numbered from 0 in the order of their first members.
    pub(crate) zone: u32,
    /// Belongs to the place of the member, not to the node: the last member but *i* has how many members
    /// the first *i* + 1 rounds have. See `rounds`.
    pub(crate) reach: u32,
}

impl<N: Clone> Clone for Member<N> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), ..*self }
    }

    /// Reuses the memory of the node here, if [`clone_from`](Clone::clone_from) of the node does.
    fn clone_from(&mut self, other: &Self) {
        let Self { node, seed, weight, points, zone, reach } = self;
        node.clone_from(&other.node);
        (*seed, *weight, *points) = (other.seed, other.weight, other.points);
        (*zone, *reach) = (other.zone, other.reach);
    }
}

/// A slot without a node in the [memory](crate::LentMemory) of a ring.
impl<N: Default> Default for Member<N> {
    fn default() -> Self {
        Self { node: N::default(), seed: 0, weight: 0, points: 0, zone: 0, reach: 0 }
    }
}

impl<N: Node> Member<N> {
    /// A member of this weight with this number of points, whose zone has no number yet.
    pub(crate) fn new<P: PointsOf<N>>(
        config: &P::Config,
        node: N,
        weight: u32,
        points: u32,
    ) -> Self {
        let seed = P::seed(config, &node);
        Self { node, seed, weight, points, zone: 0, reach: 0 }
    }
}

impl<N> Member<N> {
    /// The node.
    #[inline]
    pub fn node(&self) -> &N {
        &self.node
    }

    /// The weight in force: the one with which the node joined, or the one set last.
    #[inline]
    pub fn weight(&self) -> u32 {
        self.weight
    }

    /// How many points the node has: as many as follow from its weight, or as were set last.
    #[inline]
    pub fn point_count(&self) -> u32 {
        self.points
    }

    /// The weight in force and the number of points.
    pub(crate) fn count(&self) -> Count {
        Count { weight: self.weight, points: self.points.into() }
    }

    /// The number of points, if it does not follow from the weight.
    pub(crate) fn count_set<P: Placement>(&self, config: &P::Config) -> Option<u32> {
        let follows = P::Counts::RELATIVE || Count::of::<P>(config, self.weight) == self.count();
        (!follows).then_some(self.points)
    }
}

impl<N: Node> Member<N> {
    /// The points of this member whose indices in its stream are in `range`.
    ///
    /// # Panics
    ///
    /// The iterator panics if the placement yields fewer points, or more.
    #[inline]
    pub(crate) fn points<P: PointsOf<N>>(
        &self,
        config: &P::Config,
        range: Range<u32>,
    ) -> impl Iterator<Item = P::Position> {
        let mut missing = range.len();
        let mut points = P::points(config, &self.node, self.seed, range);
        iter::from_fn(move || {
            let point = points.next();
            if !P::EXACT {
                assert!(
                    point.is_some() == (missing > 0),
                    "the placement yields too few points or too many"
                );
                missing = missing.saturating_sub(1);
            }
            point
        })
    }
}

/// The weight and the number of points of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) weight: u32,
    /// The number of points. It fits in 32 bits once the capacity of the ring was checked.
    pub(crate) points: u64,
}

impl Count {
    /// The weight and the points of a member of this weight, in a placement where they depend on
    /// nothing else. Elsewhere no points.
    #[inline]
    pub(crate) fn of<P: Placement>(config: &P::Config, weight: u32) -> Self {
        let points = match weight {
            0 => 0,
            // A plan counts them later, when it knows all weights.
            _ if P::Counts::RELATIVE => 0,
            weight => P::Counts::new(config, iter::empty()).next(weight),
        };
        Self { weight, points }
    }
}

/// The order of members: of the order keys that the placement gives, if it gives any, then of
/// identities.
#[inline]
pub(crate) fn compare<P: PointsOf<N>, N: Node>(a: &N, b: &N) -> Ordering {
    let by_key = if P::ORDERS { P::order(a).cmp(&P::order(b)) } else { Ordering::Equal };
    by_key.then_with(|| a.identity().cmp(b.identity()))
}

/// The number of the member with this identity. If there is none, the error is the number that such
/// a member would get; where the placement orders members, only [`place`] knows it.
///
/// O(log nodes), or O(nodes) where the placement orders members.
pub(crate) fn find<P: PointsOf<N>, N: Node>(
    members: &[Member<N>],
    identity: &[u8],
) -> Result<usize, usize> {
    if P::ORDERS {
        members.iter().position(|member| member.node.identity() == identity).ok_or(members.len())
    } else {
        members.binary_search_by(|member| member.node.identity().cmp(identity))
    }
}

/// The number that `node`, which is not a member, would get. O(log nodes).
pub(crate) fn place<P: PointsOf<N>, N: Node>(members: &[Member<N>], node: &N) -> usize {
    members.partition_point(|member| compare::<P, N>(&member.node, node).is_lt())
}
