//! The lookups, on values that the optimizer cannot see through, so that it must keep them all.

use core::hint::black_box;
use core::mem::ManuallyDrop;

use annulus::{
    BalanceFactor, ByIdentity, Fx32, Fx64, Generations, KeyHash, LentMemory, LentRing, NamedNode,
    Native, PinnedKeys, Probe, Ring, RingRef, RomRing, Rule, SipHash13, Tagged, Xxh3,
};

const NODES: [NamedNode<'static>; 3] = [
    NamedNode::new("a").with_zone("east"),
    NamedNode::new("b").with_zone("west"),
    NamedNode::new("c").with_zone("east"),
];

static ROM: RomRing<3, 48> = RomRing::with_vnodes(16, NODES);
static KEYED: RomRing<3, 48, SipHash13> =
    RomRing::with_hash(16, SipHash13::new(*b"a secret of ours"), NODES);
static TAGGED: RomRing<3, 48, Tagged<Xxh3>> = RomRing::with_hash(16, Tagged::new(Xxh3), NODES);
static FLOWS: RomRing<3, 48, Fx64> = RomRing::with_hash(16, Fx64, NODES);
static SMALL: RomRing<3, 48, Fx32> = RomRing::with_hash(16, Fx32, NODES);
static INLINE: Ring<NamedNode<'static>, 3, 48> = Ring::with_vnodes(16);
#[cfg(feature = "alloc")]
static HEAP: annulus::HeapRing<NamedNode<'static>> = annulus::HeapRing::with_vnodes(16);
static WIDE: Ring<NamedNode<'static>, 3, 48, Native<u64>> = Ring::with_vnodes(16);

/// Calls every lookup and says whether each gave the right answer.
pub(crate) fn answer_rightly() -> bool {
    let key = black_box(b"user:42".as_slice());
    // A long key, for the other half of the hash function.
    let long = black_box([7u8; 1_000].as_slice());
    every_lookup(black_box(ROM.view()), key, 3)
        & every_lookup(black_box(ROM.view()), long, 3)
        & every_lookup(black_box(KEYED.view()), key, 3)
        & every_lookup(black_box(TAGGED.view()), black_box(b"{user:42}:cart".as_slice()), 3)
        & every_lookup(black_box(FLOWS.view()), &black_box(42u64), 3)
        & every_lookup(black_box(SMALL.view()), &black_box(42u32), 3)
        & every_lookup(black_box(INLINE.view()), key, 0)
        & every_lookup(black_box(WIDE.view()), key, 0)
        & (black_box(&INLINE).view().owner(key).is_none())
        & in_lent_memory(key)
        & on_the_heap(key)
}

/// The same in memory of which the program cannot know how long its slices are.
fn in_lent_memory(key: &[u8]) -> bool {
    let memory: LentMemory<'_, NamedNode<'static>> = LentMemory {
        members: black_box(&mut []),
        positions: black_box(&mut []),
        owners: black_box(&mut []),
        words: black_box(&mut []),
    };
    // Dropping a ring is no lookup.
    let ring = ManuallyDrop::new(LentRing::with_vnodes(memory, 16));
    every_lookup(black_box(&ring).view(), key, 0) & every_lookup(black_box(ring.view()), key, 0)
}

/// The same on the heap. The program cannot know that this ring is empty, nor how wide its owners
/// are.
#[cfg(feature = "alloc")]
fn on_the_heap(key: &[u8]) -> bool {
    every_lookup(black_box(&HEAP).view(), key, 0) & every_lookup(black_box(HEAP.view()), key, 0)
}

#[cfg(not(feature = "alloc"))]
fn on_the_heap(_: &[u8]) -> bool {
    true
}

/// Every lookup of one view, whose ring has this many nodes.
fn every_lookup<K: ?Sized, P: ByIdentity, H: KeyHash<K> + Probe>(
    ring: RingRef<'_, NamedNode<'static>, P, H>,
    key: &K,
    nodes: usize,
) -> bool {
    let position = ring.position(key);
    let (mut two, mut three, mut four) = ([None; 2], [None; 3], [None; 4]);
    let owner = ring.owner(key).map(|node| node.name);
    let batch = ring.owners_batch(&[position, position], &mut two);
    let number = ring.owner_number(key);
    let mut numbers = [0; 2];
    let numbered = ring.owner_numbers_batch(&[position, position], &mut numbers);
    let alive = |node: &NamedNode<'_>| node.name != black_box("b");
    let spread = ring.owners_over_zones(key, usize::MAX, |_| true, &mut three);
    owner == ring.owner_at(position).map(|node| node.name)
        && batch.is_ok()
        && two[1].map(|node| node.name) == owner
        && number.is_some() == (nodes > 0)
        && number == ring.owner_number_at(position)
        && number.and_then(|number| ring.member(number)).map(|member| member.node().name) == owner
        && numbered.is_ok()
        && numbers[1] == number.unwrap_or(u32::MAX)
        && ring.number_of(b"b") == (nodes > 0).then_some(1)
        && ring.owner_where(key, alive).is_some_and(alive) == (nodes > 0)
        && ring.owner_where_at(position, alive).is_some_and(alive) == (nodes > 0)
        && ring.owner_number_where(key, |number| number != black_box(1)).is_some() == (nodes > 0)
        && ring.owner_number_where_at(position, |number| number != black_box(1)).is_some()
            == (nodes > 0)
        && ring.owners_where(key, alive, &mut two) == nodes.min(2)
        && ring.owners_where_at(position, alive, &mut two) == nodes.min(2)
        && ring.owner_numbers_where(key, |number| number != black_box(1), &mut numbers)
            == nodes.min(2)
        && ring.owner_numbers_where_at(position, |number| number != black_box(1), &mut numbers)
            == nodes.min(2)
        && spread == nodes
        && ring.owners_over_zones_at(position, usize::MAX, |_| true, &mut three) == nodes
        && ring.owners(key, &mut four) == nodes
        && ring.owners_at(position, &mut four) == nodes
        && ring.replicas::<2>(key).len() == nodes.min(2)
        && ring.replicas_at::<2>(position).len() == nodes.min(2)
        && ring.points_from(position).count() == nodes * 16
        && ring.points_from(position).next().map(|point| point.member) == number
        && ring.points().count() == nodes * 16
        && ring.ranges().count() == nodes * 16
        && ring.get(b"b").is_some() == (nodes > 0)
        && ring.share(b"b").is_some() == (nodes > 0)
        && ring.fingerprint() != 0
        && ring.routing_fingerprint() != 0
        && every_lookup_of_room(ring, key, nodes)
        && every_lookup_under_a_rule(ring, key, nodes)
}

/// Every lookup of a member that has room. Member 1 has none: all that the others have is on it.
fn every_lookup_of_room<K: ?Sized, P: ByIdentity, H: KeyHash<K>>(
    ring: RingRef<'_, NamedNode<'static>, P, H>,
    key: &K,
    nodes: usize,
) -> bool {
    let Some(factor) = BalanceFactor::percent(black_box(125)) else { return false };
    let (position, caps, total) = (ring.position(key), ring.caps(factor), black_box(9));
    let load = |number| if number == black_box(1) { total } else { 0 };
    let number = ring.owner_number_bounded(key, &caps, total, load);
    let owner = ring.owner_bounded(key, &caps, total, load).map(|node| node.name);
    number.is_some_and(|number| number != 1) == (nodes > 0)
        && number == ring.owner_number_bounded_at(position, &caps, total, load)
        && owner == ring.owner_bounded_at(position, &caps, total, load).map(|node| node.name)
        && owner == number.and_then(|number| ring.member(number)).map(|member| member.node().name)
        && ring.owner_number_bounded(key, &caps, total, |_| u64::MAX).is_none()
        && (caps.of(1, total) == 5) == (nodes > 0)
}

/// Every lookup under rules, of which the program cannot know what they ask for. Member 1 is down.
fn every_lookup_under_a_rule<K: ?Sized, P: ByIdentity, H: KeyHash<K>>(
    ring: RingRef<'_, NamedNode<'static>, P, H>,
    key: &K,
    nodes: usize,
) -> bool {
    let position = ring.position(key);
    let (mut owners, mut numbers, mut shares) = ([None; 4], [0; 4], [0; 3]);
    let mut both = [None; 6];
    let down = [black_box(2)];
    let [two, one] = [2, 1].map(|owners| nodes.min(owners));
    let up = |number| number != black_box(1);
    let lenient = ring.owner_numbers_over_zones(key, black_box(2), up, &mut numbers);
    let strict = ring.owner_numbers_over_zones_at(position, black_box(1), up, &mut numbers);
    // The members that are up are in one zone.
    let answers = [
        (Rule::owner(), one),
        (Rule::replicas(3), two),
        (Rule::over_zones(3), two),
        (Rule::over_zones(3).with_max_per_zone(1), one),
    ];
    let answers = answers.map(|(rule, expected)| {
        let ring = ring.under(black_box(rule.with_down(&down)));
        let owner = ring.owner(key).map(|node| node.name);
        expected == ring.owners(key, &mut owners)
            && expected == ring.owners_at(position, &mut owners)
            && expected == ring.owner_numbers(key, &mut numbers)
            && expected == ring.owner_numbers_at(position, &mut numbers)
            && owner == owners[0].map(|node| node.name)
            && owner == ring.owner_at(position).map(|node| node.name)
            && Generations::under(ring, ring).owner(key).0.map(|node| node.name) == owner
            && Generations::under(ring, ring).owners(key, &mut both) == Ok((expected, 0))
            && shares.get_mut(..nodes).is_some_and(|out| ring.shares(&mut numbers, out).is_ok())
    });
    (lenient, strict) == (two, one)
        && answers == [true; 4]
        && every_lookup_of_a_tenant(ring, key, nodes)
        && every_lookup_of_a_pinned_key(ring, key, nodes)
}

/// The choice of two members for a tenant, and lookups within these.
fn every_lookup_of_a_tenant<K: ?Sized, P: ByIdentity, H: KeyHash<K>>(
    ring: RingRef<'_, NamedNode<'static>, P, H>,
    key: &K,
    nodes: usize,
) -> bool {
    let mut room = [0; 1];
    let answers = [Rule::replicas(2), Rule::over_zones(2)].map(|rule| {
        let Ok(subset) = ring.under(black_box(rule)).subset(key, &mut room) else { return false };
        let within = ring.under(black_box(Rule::owner()).within(subset));
        let number = within.owner_number(key);
        number.is_none_or(|number| subset.contains(number))
            && number == within.owner_number_at(ring.position(key))
            && subset.len() == nodes.min(2)
            && subset.numbers().count() == nodes.min(2)
    });
    answers == [true; 2]
}

/// A key that is pinned to member 1.
fn every_lookup_of_a_pinned_key<K: ?Sized, P: ByIdentity, H: KeyHash<K>>(
    ring: RingRef<'_, NamedNode<'static>, P, H>,
    key: &K,
    nodes: usize,
) -> bool {
    let (position, pinned) = (ring.position(key), (nodes > 0).then_some("b"));
    let table = black_box([(position, "b")]);
    let ring = ring.under(Rule::owner());
    PinnedKeys::from_sorted(&table).is_some_and(|pins| {
        pins.owner(&ring, key).map(|node| node.name) == pinned
            && pins.owner_at(&ring, position).map(|node| node.name) == pinned
            && pins.owner_number(&ring, key) == pinned.map(|_| 1)
            && pins.owner_number_at(&ring, position) == pinned.map(|_| 1)
    })
}

/// A lookup that can panic: it indexes with a number that nobody has checked.
#[cfg(feature = "canary")]
pub(crate) fn canary() -> i32 {
    black_box([1, 2, 3])[black_box(1)]
}
