//! An allocator that fails: an edit of a ring on the heap then is an error, and the ring as it was.
//! And one that counts: what only the edit needed is given back.
#![allow(unsafe_code)]
#![cfg(feature = "alloc")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use annulus::{
    BalanceFactor, BatchError, Change, EditError, Generations, HeapRing, NamedNode, PinnedKeys,
    ReconcileError, Rule,
};

type Node = NamedNode<'static>;

/// The system's allocator, until a thread has had as many allocations as it may.
struct Failing;

thread_local! {
    /// How many allocations this thread may still make.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
    /// How many bytes this thread has allocated and not given back.
    static HELD: Cell<usize> = const { Cell::new(0) };
    /// The most that there have been of them.
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

fn held(more: usize, less: usize) {
    HELD.set(HELD.get().wrapping_add(more).wrapping_sub(less));
    PEAK.set(PEAK.get().max(HELD.get()));
}

fn granted() -> bool {
    LEFT.with(|left| match left.get() {
        0 => false,
        usize::MAX => true,
        some => {
            left.set(some - 1);
            true
        }
    })
}

// SAFETY: every call goes on to the system's allocator with the caller's arguments, or gives a null
// pointer, which an allocator may at any time.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !granted() {
            return std::ptr::null_mut();
        }
        held(layout.size(), 0);
        // SAFETY: the caller's promises are the system's demands.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        held(0, layout.size());
        // SAFETY: as above; all memory comes from there.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !granted() {
            return std::ptr::null_mut();
        }
        held(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;

/// Runs `edit` with so many allocations to be had.
fn with<R>(allocations: usize, edit: impl FnOnce() -> R) -> R {
    LEFT.set(allocations);
    let result = edit();
    LEFT.set(usize::MAX);
    result
}

/// Members by name and weight, points by position and name: what a refused edit must not have changed.
type Contents = (Vec<(&'static str, u32)>, Vec<(u32, &'static str)>);

fn contents(ring: &HeapRing<Node>) -> Contents {
    let view = ring.view();
    let members = view.members().iter().map(|member| (member.node().name, member.weight()));
    let points = view.points().map(|point| (point.position, point.node.name));
    (members.collect(), points.collect())
}

/// Lets each allocation of the edit fail in turn, until there is none left that could.
fn fail_in_turn(
    ring: &HeapRing<Node>,
    edit: impl Fn(&mut HeapRing<Node>) -> Result<(), EditError>,
) {
    let before = contents(ring);
    let mut failures = 0;
    loop {
        let mut ring = ring.clone();
        let result = with(failures, || edit(&mut ring));
        if result.is_ok() {
            break;
        }
        assert_eq!(result, Err(EditError::OutOfMemory));
        assert_eq!(contents(&ring), before, "after failure {failures}");
        // Nothing is lost: the edit can be made once there is memory.
        edit(&mut ring).unwrap();
        failures += 1;
        assert!(failures < 100, "the edit never gets through");
    }
    assert!(failures > 0, "the edit allocates nothing: this proves nothing");
}

fn ring() -> HeapRing<Node> {
    let mut ring = HeapRing::with_vnodes(100);
    let nodes = ["a", "c", "e", "g"].map(NamedNode::new);
    ring.insert_all(nodes).unwrap();
    ring
}

#[test]
fn every_edit_of_a_ring_on_the_heap() {
    let heavy = |name| NamedNode::new(name).with_weight(20);
    fail_in_turn(&ring(), |ring| Ok(ring.insert(heavy("b"))?));
    fail_in_turn(&ring(), |ring| ring.remove(b"c").map(drop));
    fail_in_turn(&ring(), |ring| Ok(ring.replace(heavy("c")).map(drop)?));
    fail_in_turn(&ring(), |ring| ring.set_weight(b"e", 30).map(drop));
    fail_in_turn(&ring(), |ring| ring.set_weight(b"e", 0).map(drop));
    fail_in_turn(&ring(), |ring| ring.set_points(b"e", 150).map(drop));
    fail_in_turn(&ring(), |ring| Ok(ring.insert_all(["b", "d", "f", "h", "i"].map(heavy))?));
    let changes = [Change::Insert(heavy("b")), Change::Remove(b"c"), Change::SetWeight(b"a", 7)];
    fail_in_turn(&ring(), |ring| Ok(ring.apply(&changes)?));
    fail_in_turn(&HeapRing::new(), |empty| Ok(empty.insert(heavy("b"))?));
    for list in [&["a", "b", "c", "e"][..], &["b", "d", "f", "h", "i"]] {
        fail_in_turn(&ring(), |ring| {
            // The list is the caller's, whose memory is not in doubt.
            let mut list: heapless::Vec<Node, 5> = list.iter().copied().map(heavy).collect();
            match ring.reconcile(&mut list) {
                Ok(_) => Ok(()),
                Err(ReconcileError::List(error)) => Err(error),
                Err(error) => panic!("{error}"),
            }
        });
    }
}

#[test]
fn a_ring_that_another_is_merged_into() {
    let old = ring();
    let changes = [Change::Insert(NamedNode::new("b")), Change::Remove(b"c")];
    fail_in_turn(&HeapRing::new(), |new| Ok(new.merge_from(old.view(), &changes)?));
}

/// Memory runs out for all changes together: none of them is named.
#[test]
fn no_change_is_to_blame() {
    type Batch<'b> = &'b dyn Fn(&mut HeapRing<Node>) -> Result<(), BatchError>;
    let old = ring();
    let more = [NamedNode::new("b"), NamedNode::new("d").with_weight(20)];
    let changes = more.map(Change::Insert);
    let batches: [Batch<'_>; 3] =
        [&|ring| ring.insert_all(more), &|ring| ring.apply(&changes), &|ring| {
            ring.merge_from(old.view(), &changes)
        }];
    for (at, batch) in batches.into_iter().enumerate() {
        let mut failures = 0;
        loop {
            let mut ring = ring();
            // Without memory to spare for the first of them.
            ring = ring.clone();
            let Err(error) = with(failures, || batch(&mut ring)) else { break };
            let expected = BatchError { at: None, error: EditError::OutOfMemory };
            assert_eq!(error, expected, "batch {at} after {failures} allocations");
            failures += 1;
        }
        assert!(failures > 1, "batch {at} allocates too little: this proves nothing");
    }
}

/// A ring may have 2^32 - 1 points and not one more: as many are asked for, though nobody grants them.
#[test]
fn as_many_points_as_can_be_numbered() {
    let largest = NamedNode::new("b").with_weight(u32::MAX - 1);
    let too_large = NamedNode::new("b").with_weight(u32::MAX);
    let needed = 1 << 32;
    let exceeded = EditError::TooManyPoints { needed, capacity: u32::MAX as usize };
    let mut ring = HeapRing::with_vnodes(1);
    ring.insert(NamedNode::new("a")).unwrap();
    let before = contents(&ring);
    for (node, error) in [(largest, EditError::OutOfMemory), (too_large, exceeded)] {
        let refused = with(0, || ring.insert(node)).unwrap_err();
        assert_eq!((refused.node, refused.error), (node, error));
        let refused = with(0, || ring.insert_all([node])).unwrap_err();
        assert_eq!(refused.error, error);
        let refused = with(0, || ring.apply(&[Change::Insert(node)])).unwrap_err();
        assert_eq!(refused.error, error);
        assert_eq!(contents(&ring), before);
    }
    // All of the points are the one node's.
    assert_eq!(with(0, || ring.set_weight(b"a", u32::MAX)), Err(EditError::OutOfMemory));
    assert_eq!(contents(&ring), before);
}

/// The one node that makes the owners' words wide has all of them copied.
#[test]
#[cfg_attr(miri, ignore = "too many nodes")]
fn owners_that_become_wide() {
    let mut ring = HeapRing::<[u8; 4]>::with_vnodes(1);
    ring.insert_all((0..65_536u32).map(u32::to_be_bytes)).unwrap();
    let fingerprint = ring.view().fingerprint();
    let more = [0xff; 4];
    let mut failures = 0;
    while let Err(rejected) = with(failures, || ring.insert(more)) {
        assert_eq!((rejected.node, rejected.error), (more, EditError::OutOfMemory));
        assert_eq!((ring.view().fingerprint(), ring.view().point_count()), (fingerprint, 65_536));
        failures += 1;
    }
    assert!(failures > 0 && failures < 100);
    assert_eq!(ring.view().point_count(), 65_537);
    assert!(ring.view().points().any(|point| *point.node == more));
}

type Edit<'e> = &'e dyn Fn(&mut HeapRing<Node>) -> Result<(), EditError>;

/// An edit that needs no more room than the ring has leaves it with the memory it had.
#[test]
fn what_an_edit_alone_needs_is_given_back() {
    let (mut ring, old) = (ring(), ring());
    let node = |name| NamedNode::new(name).with_weight(2);
    let edits: [Edit<'_>; 8] = [
        &|ring| ring.set_weight(b"e", 0).map(drop),
        &|ring| ring.remove(b"c").map(drop),
        // Refused when the first of the two waits to be taken in.
        &|ring| Ok(ring.insert_all(["b", "a"].map(node))?),
        &|ring| Ok(ring.insert(node("b"))?),
        &|ring| ring.set_weight(b"b", 1).map(drop),
        &|ring| Ok(ring.apply(&[Change::Remove(b"b"), Change::SetWeight(b"e", 2)])?),
        &|ring| ring.remove(b"g").map(drop),
        &|ring| Ok(ring.merge_from(old.view(), &[])?),
    ];
    let before = HELD.get();
    for (at, edit) in edits.into_iter().enumerate() {
        let expected = if at == 2 { Err(EditError::DuplicateIdentity) } else { Ok(()) };
        assert_eq!(edit(&mut ring), expected, "edit {at}");
        assert_eq!(HELD.get(), before, "edit {at}");
    }
}

/// As `Heap` says: while a ring is built it needs a fourth of a byte a point more than it holds then.
#[test]
fn a_build_needs_little_more_than_the_ring() {
    let names: Vec<[u8; 1]> = (0..100).map(|name| [name]).collect();
    let mut ring = HeapRing::<[u8; 1]>::with_vnodes(if cfg!(miri) { 100 } else { 1_000 });
    PEAK.set(HELD.get());
    ring.insert_all(names).unwrap();
    let (more, points) = (PEAK.get() - HELD.get(), ring.view().point_count());
    assert!(more <= points / 4, "{more} bytes for {points} points");
}

#[test]
fn a_clone_holds_no_more_than_its_points_need() {
    let held_by_clone = |ring: &HeapRing<Node>| {
        let before = HELD.get();
        let clone = ring.clone();
        let held = HELD.get() - before;
        drop(clone);
        held
    };
    let mut shrunk = ring();
    for name in ["a", "c", "e"] {
        shrunk.remove(name.as_bytes()).unwrap();
    }
    let mut small = HeapRing::with_vnodes(100);
    small.insert(NamedNode::new("g")).unwrap();
    assert_eq!(held_by_clone(&shrunk), held_by_clone(&small));
}

#[test]
fn lookups_and_inline_edits_allocate_nothing() {
    let heap = ring();
    let mut inline = annulus::Ring::<Node, 4, 400>::with_vnodes(100);
    let result: Result<_, BatchError> = with(0, || {
        inline.insert_all(["a", "c"].map(NamedNode::new))?;
        inline.apply(&[Change::Remove(b"a"), Change::Insert(NamedNode::new("b"))])?;
        let view = heap.view();
        let mut out = [None; 3];
        let found = view.owners("key", &mut out);
        let zones = view.owners_over_zones("key", usize::MAX, |_| true, &mut out);
        let (down, mut numbers, mut room) = ([1], [0; 3], [0; 1]);
        let ruled = view.under(Rule::over_zones(3).with_max_per_zone(2).with_down(&down));
        assert_eq!(ruled.owners("key", &mut out), ruled.owner_numbers("key", &mut numbers));
        let subset = ruled.subset("tenant", &mut room).expect("a bit for each member");
        let within = view.under(Rule::over_zones(2).within(subset));
        assert_eq!(within.owners("key", &mut out), 2);
        let mut pins = [(7, "a"), (view.position("key"), "b")];
        let pins = PinnedKeys::new(&mut pins);
        assert_eq!(pins.owner(&within, "key"), within.owner("key"));
        let generations = Generations::under(ruled, ruled);
        assert_eq!(generations.owners("key", &mut [None; 6]).expect("enough room").1, 0);
        ruled.shares(&mut numbers, &mut [0; 4]).expect("enough room");
        assert_eq!(ruled.ranges_of(0, &mut numbers).expect("enough room").count(), 0);
        assert_eq!(ruled.check().count(), 1);
        view.owner_numbers_batch(&[0; 3], &mut [0; 3]).expect("equal lengths");
        assert!(view.owner_number("key").is_some());
        let caps = view.caps(BalanceFactor::percent(125).expect("above 100"));
        assert!(view.owner_bounded("key", &caps, 0, |_| 0).is_some());
        Ok((found, zones, view.replicas::<2>("key").len(), view.ranges().count()))
    });
    assert_eq!(result, Ok((3, 3, 2, 400)));
}
