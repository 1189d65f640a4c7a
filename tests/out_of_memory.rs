//! An allocator that fails: an edit of a ring on the heap then is an error, and the ring as it was.
#![cfg(feature = "alloc")]

#[path = "common/allocator.rs"]
mod allocator;

use allocator::LEFT;
use annulus::{
    BalanceFactor, BatchError, Change, EditError, Generations, HeapRing, NamedNode, PinnedKeys,
    ReconcileError, Rule,
};

type Node = NamedNode<'static>;

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
    // Nor is any lost where there is no memory for narrow words again.
    ring.remove(more).unwrap();
    with(0, || ring.shrink_to_fit());
    assert_eq!((ring.view().fingerprint(), ring.view().point_count()), (fingerprint, 65_536));
    assert!(ring.view().ranges().count() > 60_000);
}

/// Room in advance is had or refused; what is had of it by then does no harm.
#[test]
fn room_in_advance() {
    fail_in_turn(&ring(), |ring| ring.try_reserve(100, 10_000));
    fail_in_turn(&HeapRing::new(), |ring| ring.try_reserve(70_000, 70_000));
    let mut limited = ring().with_max_points(500);
    let refused = EditError::TooManyPoints { needed: 501, capacity: 500 };
    // It has four nodes and 400 points.
    assert_eq!(with(0, || limited.try_reserve(0, 101)), Err(refused));
    #[cfg(target_pointer_width = "64")]
    {
        let nodes = (1 << 32) - 1;
        let refused = EditError::TooManyNodes { needed: nodes + 1, capacity: nodes };
        assert_eq!(with(0, || limited.try_reserve(nodes - 3, 0)), Err(refused));
        let refused = EditError::TooManyNodes { needed: usize::MAX, capacity: nodes };
        assert_eq!(with(0, || limited.try_reserve(usize::MAX, usize::MAX)), Err(refused));
    }
    assert_eq!(with(0, || limited.try_reserve(0, 0)), Ok(()));
}

/// What there is no memory to move stays where it is.
#[test]
fn a_ring_that_shrinks() {
    for allocations in 0..6 {
        let mut ring = ring();
        ring.set_weight("c", 100).unwrap();
        ring.set_weight("c", 1).unwrap();
        let before = contents(&ring);
        with(allocations, || ring.shrink_to_fit());
        assert_eq!(contents(&ring), before, "after {allocations} allocations");
        ring.insert(NamedNode::new("b")).unwrap();
        ring.remove("b").unwrap();
        assert_eq!(contents(&ring), before, "after {allocations} allocations");
    }
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
