//! A ring built at compile time, to lie in flash or in a program's read-only data.

use crate::hash::{Xxh3, xxh3};
use crate::node::{MAX_IDENTITY_LEN, NamedNode};
use crate::point::{Native, PerWeight, native_point};
use crate::ring::basic::DEFAULT_VNODES;
use crate::ring::member::Member;
use crate::ring::points::{Builder, Index, Owners, Points, Shape};
use crate::ring::rounds::count_rounds;
use crate::ring::view::RingRef;

/// A ring of fixed membership that a `const fn` builds: a `static` of this type needs no start-up
/// code and no RAM.
///
/// `POINTS` must be at least the sum of the weights times vnodes. A ring takes 8 bytes for each of
/// `POINTS`, and its nodes. A mistake in the membership (a name that comes twice or is too long,
/// too many points) is a compile error. Where the compiler finds that the evaluation takes long
/// (thousands of points), allow `long_running_const_eval`.
///
/// ```
/// use annulus::{NamedNode, RomRing};
///
/// static RING: RomRing<3, 64> = RomRing::with_vnodes(
///     16,
///     [
///         NamedNode::new("gateway-a"),
///         NamedNode::new("gateway-b").with_weight(2),
///         NamedNode::new("gateway-c"),
///     ],
/// );
/// assert!(RING.view().owner(b"sensor-7").is_some());
/// ```
///
/// ```compile_fail
/// # use annulus::{NamedNode, RomRing};
/// static RING: RomRing<2, 300> = RomRing::new([NamedNode::new("twin"), NamedNode::new("twin")]);
/// assert!(RING.view().owner(b"sensor-7").is_some());
/// ```
#[derive(Clone, Debug)]
pub struct RomRing<const NODES: usize, const POINTS: usize, H = Xxh3> {
    members: [Member<NamedNode<'static>>; NODES],
    positions: [u32; POINTS],
    owners: [u16; POINTS],
    words: [u16; POINTS],
    points: usize,
    shape: Shape,
    vnodes: u32,
    hash: H,
}

impl<const NODES: usize, const POINTS: usize> RomRing<NODES, POINTS> {
    /// The ring of `nodes` with [`DEFAULT_VNODES`] points for each unit of weight.
    ///
    /// # Panics
    ///
    /// If the membership is not valid: a name comes twice or is too long, or there are more points
    /// than `POINTS`. In a `static` or a `const` that is a compile error.
    #[must_use]
    pub const fn new(nodes: [NamedNode<'static>; NODES]) -> Self {
        Self::with_vnodes(DEFAULT_VNODES, nodes)
    }

    /// The ring of `nodes` with `vnodes` points for each unit of weight.
    ///
    /// # Panics
    ///
    /// If the membership is not valid: a name comes twice or is too long, or there are more points
    /// than `POINTS`. In a `static` or a `const` that is a compile error.
    #[must_use]
    pub const fn with_vnodes(vnodes: u32, nodes: [NamedNode<'static>; NODES]) -> Self {
        Self::with_hash(vnodes, Xxh3, nodes)
    }
}

impl<const NODES: usize, const POINTS: usize, H> RomRing<NODES, POINTS, H> {
    /// The ring of `nodes` with `vnodes` points for each unit of weight, whose keys go through
    /// `hash`.
    ///
    /// # Panics
    ///
    /// If the membership is not valid: a name comes twice or is too long, or there are more points
    /// than `POINTS`. In a `static` or a `const` that is a compile error.
    pub const fn with_hash(vnodes: u32, hash: H, nodes: [NamedNode<'static>; NODES]) -> Self {
        assert!(NODES <= 1 << 16, "a ring in flash has at most 65,536 nodes");
        let members = sorted_members(nodes, vnodes);
        let (packed, points) = sorted_points::<NODES, POINTS>(&members);
        let (mut positions, mut owners) = ([u32::MAX; POINTS], [0; POINTS]);
        let mut words = [0; POINTS];
        let mut builder = Builder::new(points, u32::BITS, &mut words);
        let shape = builder.shape();
        let mut i = 0;
        while i < points {
            positions[i] = (packed[i] >> 16) as u32;
            owners[i] = packed[i] as u16;
            builder.point(shape.bucket_of_u32(positions[i]));
            i += 1;
        }
        let shape = builder.finish(points);
        Self { members, positions, owners, words, points, shape, vnodes, hash }
    }

    /// The view that answers lookups. Wait-free, constant time.
    #[inline]
    pub fn view(&self) -> RingRef<'_, NamedNode<'static>, Native, H> {
        // `points` is never greater than `POINTS`. The compiler learns here that both slices have
        // the same length.
        let points = self.points.min(POINTS);
        RingRef {
            members: &self.members,
            points: Points::new(
                &self.positions[..points],
                Owners::Narrow(&self.owners[..points]),
                Index::new(&self.words, self.shape),
            ),
            zone_bits: &[],
            config: self.vnodes,
            hash: &self.hash,
        }
    }
}

/// Members for `nodes` in the order of their identities, sorted by insertion.
const fn sorted_members<const NODES: usize>(
    mut nodes: [NamedNode<'static>; NODES],
    vnodes: u32,
) -> [Member<NamedNode<'static>>; NODES] {
    let mut sorted = 1;
    while sorted < NODES {
        let mut i = sorted;
        while i > 0 {
            match compare(nodes[i - 1].name.as_bytes(), nodes[i].name.as_bytes()) {
                core::cmp::Ordering::Greater => nodes.swap(i - 1, i),
                core::cmp::Ordering::Equal => panic!("a name stands for two nodes"),
                core::cmp::Ordering::Less => break,
            }
            i -= 1;
        }
        sorted += 1;
    }
    let mut members = [const { vacant() }; NODES];
    let (mut number, mut zones) = (0, 0);
    while number < NODES {
        let node = nodes[number];
        assert!(node.name.len() <= MAX_IDENTITY_LEN, "a name is too long");
        let points = PerWeight::points(node.weight, vnodes);
        assert!(points <= u32::MAX as u64, "a node has more points than a ring can have");
        let seed = xxh3::xxh3_const(node.name.as_bytes());
        // The first node in this zone, which may be this one.
        let mut first = 0;
        while !same(nodes[first].zone.as_bytes(), node.zone.as_bytes()) {
            first += 1;
        }
        let zone = if first < number { members[first].zone } else { zones };
        if first == number {
            zones += 1;
        }
        members[number] =
            Member { node, seed, weight: node.weight, points: points as u32, zone, reach: 0 };
        number += 1;
    }
    count_rounds(&mut members);
    members
}

/// A member that will be overwritten.
const fn vacant() -> Member<NamedNode<'static>> {
    Member { node: NamedNode::new(""), seed: 0, weight: 0, points: 0, zone: 0, reach: 0 }
}

/// Whether two byte strings are equal.
const fn same(a: &[u8], b: &[u8]) -> bool {
    matches!(compare(a, b), core::cmp::Ordering::Equal)
}

/// The order of two byte strings.
const fn compare(a: &[u8], b: &[u8]) -> core::cmp::Ordering {
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return if a[i] < b[i] {
                core::cmp::Ordering::Less
            } else {
                core::cmp::Ordering::Greater
            };
        }
        i += 1;
    }
    if a.len() == b.len() {
        core::cmp::Ordering::Equal
    } else if a.len() < b.len() {
        core::cmp::Ordering::Less
    } else {
        core::cmp::Ordering::Greater
    }
}

/// The points of `members` in order, each with its position above its owner, and how many there
/// are.
const fn sorted_points<const NODES: usize, const POINTS: usize>(
    members: &[Member<NamedNode<'static>>; NODES],
) -> ([u64; POINTS], usize) {
    let mut packed = [0; POINTS];
    let mut points = 0;
    let mut number = 0;
    while number < NODES {
        let member = &members[number];
        let room = POINTS - points;
        assert!(member.points as usize <= room, "the membership has more points than POINTS");
        let mut r = 0;
        while r < member.points {
            packed[points] = (native_point(member.seed, r) as u64) << 16 | number as u64;
            points += 1;
            r += 1;
        }
        number += 1;
    }
    heap_sort(&mut packed, points);
    (packed, points)
}

/// Sorts the first `len` of `packed` (J. W. J. Williams, 1964): in place and in bounded time, as
/// the compiler's evaluator needs it.
const fn heap_sort<const POINTS: usize>(packed: &mut [u64; POINTS], len: usize) {
    let mut root = len / 2;
    while root > 0 {
        root -= 1;
        sift_down(packed, root, len);
    }
    let mut end = len;
    while end > 1 {
        end -= 1;
        packed.swap(0, end);
        sift_down(packed, 0, end);
    }
}

/// Restores the heap below `root`.
const fn sift_down<const POINTS: usize>(packed: &mut [u64; POINTS], mut root: usize, len: usize) {
    loop {
        let mut child = 2 * root + 1;
        if child >= len {
            return;
        }
        if child + 1 < len && packed[child] < packed[child + 1] {
            child += 1;
        }
        if packed[root] >= packed[child] {
            return;
        }
        packed.swap(root, child);
        root = child;
    }
}
