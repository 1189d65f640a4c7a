//! A ring built at compile time, to lie in flash or in a program's read-only data.

use super::index::{Builder, Index, Shape};
use super::member::Member;
use super::owned::DEFAULT_VNODES;
use super::view::{Owners, RingRef};
use crate::hash::{Xxh3, xxh3};
use crate::node::{MAX_IDENTITY_LEN, NamedNode};
use crate::point::{Native, native_point};

/// A ring of fixed membership that a `const fn` builds: a `static` of this type needs no start-up
/// code and no RAM.
///
/// `POINTS` must be at least the sum of weights times vnodes. A mistake in the membership (a name
/// twice or too long, too many points) is a compile error. Where the compiler finds that the
/// evaluation takes long (thousands of points), allow `long_running_const_eval`.
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
    /// At compile time, when the membership is not valid.
    pub const fn new(nodes: [NamedNode<'static>; NODES]) -> Self {
        Self::with_vnodes(DEFAULT_VNODES, nodes)
    }

    /// The ring of `nodes` with `vnodes` points for each unit of weight.
    ///
    /// # Panics
    ///
    /// At compile time, when the membership is not valid.
    pub const fn with_vnodes(vnodes: u32, nodes: [NamedNode<'static>; NODES]) -> Self {
        Self::with_hash(vnodes, Xxh3, nodes)
    }
}

impl<const NODES: usize, const POINTS: usize, H> RomRing<NODES, POINTS, H> {
    /// The ring of `nodes` with `vnodes` points for each unit of weight whose keys go through
    /// `hash`.
    ///
    /// # Panics
    ///
    /// At compile time, when the membership is not valid.
    pub const fn with_hash(vnodes: u32, hash: H, nodes: [NamedNode<'static>; NODES]) -> Self {
        assert!(NODES <= 1 << 16, "a ring in flash has at most 65,536 nodes");
        let members = sorted_members(nodes);
        let (records, points) = sorted_points::<NODES, POINTS>(&members, vnodes);
        let (mut positions, mut owners) = ([u32::MAX; POINTS], [0; POINTS]);
        let mut words = [0; POINTS];
        let mut builder = Builder::new(points, u32::BITS, &mut words);
        let shape = builder.shape();
        let mut i = 0;
        while i < points {
            positions[i] = (records[i] >> 16) as u32;
            owners[i] = records[i] as u16;
            builder.point(shape.bucket_of_u32(positions[i]));
            i += 1;
        }
        let shape = builder.finish(points);
        Self { members, positions, owners, words, points, shape, vnodes, hash }
    }

    /// The view that answers lookups. Constant time.
    #[inline]
    pub fn view(&self) -> RingRef<'_, NamedNode<'static>, Native, H> {
        // Never more, and the compiler sees that both are of one length.
        let points = self.points.min(POINTS);
        RingRef {
            members: &self.members,
            positions: &self.positions[..points],
            owners: Owners::Narrow(&self.owners[..points]),
            index: Index::new(&self.words, self.shape),
            vnodes: self.vnodes,
            hash: &self.hash,
        }
    }
}

/// Members for `nodes` in the order of their identities.
const fn sorted_members<const NODES: usize>(
    mut nodes: [NamedNode<'static>; NODES],
) -> [Member<NamedNode<'static>>; NODES] {
    let mut sorted = 1;
    while sorted < NODES {
        let mut place = sorted;
        while place > 0 {
            match compare(nodes[place - 1].name.as_bytes(), nodes[place].name.as_bytes()) {
                core::cmp::Ordering::Greater => nodes.swap(place - 1, place),
                core::cmp::Ordering::Equal => panic!("a name stands for two nodes"),
                core::cmp::Ordering::Less => break,
            }
            place -= 1;
        }
        sorted += 1;
    }
    let mut members = [const { vacant() }; NODES];
    let mut place = 0;
    while place < NODES {
        let node = nodes[place];
        assert!(node.name.len() <= MAX_IDENTITY_LEN, "a name is too long");
        members[place] = Member {
            node,
            seed: xxh3::xxh3_const(node.name.as_bytes()),
            weight: node.weight,
            ..vacant()
        };
        members[place].target = node.weight;
        place += 1;
    }
    members
}

/// A member to be overwritten.
const fn vacant() -> Member<NamedNode<'static>> {
    Member { node: NamedNode::new(""), seed: 0, weight: 0, target: 0, leaves: false, moves_to: 0 }
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

/// The points of `members`, position above owner, in order, and how many there are.
const fn sorted_points<const NODES: usize, const POINTS: usize>(
    members: &[Member<NamedNode<'static>>; NODES],
    vnodes: u32,
) -> ([u64; POINTS], usize) {
    let mut records = [0; POINTS];
    let mut points = 0;
    let mut place = 0;
    while place < NODES {
        let member = &members[place];
        let count = member.weight as u64 * vnodes as u64;
        assert!(count <= (POINTS - points) as u64, "the membership has more points than POINTS");
        let mut r = 0;
        while r < count {
            records[points] = (native_point(member.seed, r as u32) as u64) << 16 | place as u64;
            points += 1;
            r += 1;
        }
        place += 1;
    }
    heap_sort(&mut records, points);
    (records, points)
}

/// Sorts the first `len` of `records` (J. W. J. Williams, 1964): in place and in bounded time, as
/// the compiler's evaluator needs it.
const fn heap_sort<const POINTS: usize>(records: &mut [u64; POINTS], len: usize) {
    let mut root = len / 2;
    while root > 0 {
        root -= 1;
        sift_down(records, root, len);
    }
    let mut end = len;
    while end > 1 {
        end -= 1;
        records.swap(0, end);
        sift_down(records, 0, end);
    }
}

/// Restores the heap below `root`.
const fn sift_down<const POINTS: usize>(records: &mut [u64; POINTS], mut root: usize, len: usize) {
    loop {
        let mut child = 2 * root + 1;
        if child >= len {
            return;
        }
        if child + 1 < len && records[child] < records[child + 1] {
            child += 1;
        }
        if records[root] >= records[child] {
            return;
        }
        records.swap(root, child);
        root = child;
    }
}
