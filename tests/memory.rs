//! What rings on the heap hold, by an allocator that counts.
#![cfg(feature = "alloc")]

#[path = "common/allocator.rs"]
mod allocator;

use allocator::{HELD, PEAK};
use annulus::publish::{Published, UpdateError};
use annulus::{Change, EditError, HeapRing, NamedNode, RingReader, RingWriter, Update};

type Node = NamedNode<'static>;

fn ring() -> HeapRing<Node> {
    let mut ring = HeapRing::with_vnodes(100);
    ring.insert_all(["a", "c", "e", "g"].map(NamedNode::new)).unwrap();
    ring
}

/// How many bytes are held once `make` has made something, and until it is dropped.
fn held_by<R>(make: impl FnOnce() -> R) -> isize {
    let before = HELD.get();
    let made = make();
    let held = HELD.get() - before;
    drop(made);
    held
}

/// How many bytes more than before and after `code` are held at some time in it.
fn needed_for<R>(code: impl FnOnce() -> R) -> isize {
    let before = HELD.get();
    PEAK.set(before);
    code();
    PEAK.get() - before.max(HELD.get())
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
    let mut ring = HeapRing::<[u8; 1]>::with_vnodes(1_000);
    PEAK.set(HELD.get());
    ring.insert_all(names).unwrap();
    let (more, points) = (PEAK.get() - HELD.get(), ring.view().point_count() as isize);
    assert!(more <= points / 4, "{more} bytes for {points} points");
}

#[test]
fn a_clone_holds_no_more_than_its_points_need() {
    let mut shrunk = ring();
    for name in ["a", "c", "e"] {
        shrunk.remove(name.as_bytes()).unwrap();
    }
    let mut small = HeapRing::<Node>::with_vnodes(100);
    small.insert(NamedNode::new("g")).unwrap();
    assert_eq!(held_by(|| shrunk.clone()), held_by(|| small.clone()));
}

/// Edits after which a ring holds more than it needs.
const SHRINKS: [Edit<'static>; 5] = [
    &|ring| {
        ring.set_weight("c", 1_000)?;
        ring.set_weight("c", 1).map(drop)
    },
    &|ring| ring.remove("g").map(drop),
    &|ring| Ok(ring.apply(&["a", "c", "e", "g"].map(|name| Change::SetWeight(name.as_bytes(), 0)))?),
    &|ring| Ok(ring.apply(&["a", "c", "e", "g"].map(|name| Change::Remove(name.as_bytes())))?),
    &|ring| {
        ring.clear();
        Ok(())
    },
];

/// Shrunk, a ring holds what one does that was built in one go, and is as good as that for what comes next.
#[test]
fn what_a_membership_does_not_need_is_given_back() {
    for (at, edit) in SHRINKS.into_iter().enumerate() {
        let before = HELD.get();
        let mut shrunk = ring().with_max_points(200_000);
        edit(&mut shrunk).unwrap();
        shrunk.shrink_to_fit();
        let held = HELD.get() - before;
        let mut built = HeapRing::<Node>::with_vnodes(100);
        built
            .insert_all(
                shrunk
                    .view()
                    .members()
                    .iter()
                    .map(|member| NamedNode::new(member.node().name).with_weight(member.weight())),
            )
            .unwrap();
        let clone = held_by(|| built.clone());
        assert!(held <= clone, "{held} after edit {at}, {clone} of a clone");
        assert_eq!(held == 0, built.view().is_empty(), "edit {at}");
        assert_eq!(shrunk.capacity().points, 200_000, "edit {at}");
        assert_eq!(
            needed_for(|| shrunk.shrink_to_fit()),
            0,
            "edit {at}: what fits stays where it is"
        );
        // All that edits find in a ring, they find in this one.
        for (next, edit) in NEXT.into_iter().enumerate() {
            let (mut shrunk, mut built) = (shrunk.clone(), built.clone());
            assert_eq!(edit(&mut shrunk), edit(&mut built), "edit {at}, then {next}");
            assert!(shrunk.same_membership(&built), "edit {at}, then {next}");
            let points = [&shrunk, &built].map(|ring| {
                let points = ring.view().points().map(|point| (point.position, point.node.name));
                points.collect::<Vec<_>>()
            });
            assert_eq!(points[0], points[1], "edit {at}, then {next}");
            let owner =
                |ring: &HeapRing<Node>, key| ring.view().owner_at(key).map(|node| node.name);
            let same = |i: u32| owner(&shrunk, i << 24) == owner(&built, i << 24);
            assert!((0..256).all(same), "edit {at}, then {next}");
        }
    }
}

/// Edits of whatever ring.
const NEXT: [Edit<'static>; 8] = [
    &|_| Ok(()),
    &|ring| Ok(ring.insert(NamedNode::new("b"))?),
    &|ring| Ok(ring.insert(NamedNode::new("b").with_weight(0))?),
    &|ring| ring.remove("a").map(drop),
    &|ring| ring.set_weight("c", 3).map(drop),
    &|ring| ring.set_weight("c", 0).map(drop),
    &|ring| Ok(ring.apply(&[Change::Insert(NamedNode::new("b")), Change::Remove(b"e")])?),
    &|ring| {
        let mut next = HeapRing::with_vnodes(1);
        next.merge_from(ring.view(), &[Change::SetWeight(b"a", 0)])?;
        *ring = next;
        Ok(())
    },
];

/// Nothing is allocated for good, and the members do not move, by edits whose outcome there is room for.
#[test]
fn edits_within_the_room_made_in_advance_hold_nothing_more() {
    let node = |name, weight| NamedNode::new(name).with_weight(weight);
    let edits: [Edit<'_>; 7] = [
        &|ring| Ok(ring.insert(node("a", 3))?),
        &|ring| Ok(ring.insert_all([node("b", 2), node("d", 1), node("e", 0)])?),
        &|ring| ring.set_weight("d", 5).map(drop),
        &|ring| Ok(ring.apply(&[Change::Remove(b"a"), Change::Insert(node("c", 3))])?),
        &|ring| {
            ring.reconcile(&mut ["f", "g", "h", "i"].map(NamedNode::new))
                .map(drop)
                .map_err(|_| EditError::OutOfMemory)
        },
        &|ring| ring.set_weight("f", 7).map(drop),
        &|ring| Ok(ring.merge_from(self::ring().view(), &[])?),
    ];
    let mut reserved = HeapRing::with_vnodes(100).with_capacity(4, 1_000);
    let (room, members) = (HELD.get(), reserved.view().members().as_ptr());
    for (at, edit) in edits.into_iter().enumerate() {
        edit(&mut reserved).unwrap();
        assert_eq!(HELD.get(), room, "edit {at}");
        assert_eq!(reserved.view().members().as_ptr(), members, "edit {at}");
    }
    // All of it is used, so one node more, or one of more weight, takes memory.
    let beyond: [Edit<'_>; 2] =
        [&|ring| Ok(ring.insert(node("h", 0))?), &|ring| ring.set_weight("a", 8).map(drop)];
    for edit in beyond {
        let mut full = HeapRing::with_vnodes(100).with_capacity(4, 1_000);
        full.merge_from(reserved.view(), &[Change::SetWeight(b"a", 7)]).unwrap();
        let room = HELD.get();
        edit(&mut full).unwrap();
        assert!(HELD.get() > room);
    }
    // Room is of no use once it is given back, and it can be asked for again.
    reserved.shrink_to_fit();
    let fits = HELD.get();
    assert!(fits < room);
    let (nodes, points) = (reserved.len(), reserved.view().point_count());
    reserved.try_reserve(4 - nodes, 1_000 - points).unwrap();
    assert_eq!(HELD.get(), room);
    // Room that the ring has already asks for nothing.
    reserved.try_reserve(4 - nodes, 0).unwrap();
    reserved.try_reserve(0, 1_000 - points).unwrap();
    assert_eq!(HELD.get(), room);
}

/// A copy over another ring needs none but the memory that is there, of arrays and of nodes.
#[test]
fn a_copy_reuses_the_memory_of_what_it_overwrites() {
    let named = |names: &[&str]| {
        let mut ring = HeapRing::<String>::with_vnodes(100);
        ring.insert_all(names.iter().map(|&name| name.to_owned())).unwrap();
        ring
    };
    let (small, large) = (named(&["b", "d"]), named(&["long", "longer", "longest"]));
    let mut copy = large.clone();
    let before = HELD.get();
    assert_eq!(needed_for(|| copy.clone_from(&large)), 0);
    assert!(copy.same_membership(&large) && HELD.get() == before);
    // What there is of nodes more is dropped.
    assert_eq!(needed_for(|| copy.clone_from(&small)), 0);
    assert!(copy.same_membership(&small) && HELD.get() == before - "longest".len() as isize);
    // As soon as there is a node more, that node needs memory, and nothing else does.
    copy.clone_from(&large);
    assert!(copy.same_membership(&large) && HELD.get() == before);
    assert!(
        copy.view()
            .points()
            .zip(large.view().points())
            .all(|(a, b)| { (a.position, a.node, a.member) == (b.position, b.node, b.member) })
    );
}

/// Has some thousand times the points of the membership in each buffer that an update is given, now and then.
fn weigh<W: Update<Value = HeapRing<Node>>>(writer: &mut RingWriter<W>) {
    for weight in [1_000, 1_001, 1_002, 1] {
        writer.set_weight("c", weight).unwrap();
    }
}

/// A published ring comes down to the memory of one as soon as readers let it.
#[test]
fn a_publication_is_shrunk_buffer_by_buffer() {
    const FITS: isize = 10_000;
    let before = HELD.get();
    let empty = || HeapRing::with_vnodes(100).with_max_points(200_000);
    let mut published = Published::<HeapRing<Node>, 1, 3>::new([(); 3].map(|()| empty()));
    let (writer, [reader]) = published.split();
    let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    writer.insert_all(["a", "c", "e", "g"].map(NamedNode::new)).unwrap();
    weigh(&mut writer);
    writer.set_weight("c", 1_000).unwrap();
    let guard = reader.pin();
    weigh(&mut writer);
    let one = (HELD.get() - before) / 3;
    assert!(one > 700_000, "{one}");
    let (version, points) = (writer.version(), writer.view().point_count());
    assert_eq!((points, guard.view().point_count()), (400, 100_300));
    // The reader keeps the one that it holds, and no other.
    assert_eq!(writer.shrink_to_fit(), Ok(1));
    assert_eq!((writer.version(), writer.view().point_count()), (version + 1, points));
    let held = HELD.get() - before;
    assert!(held < one + one / 2, "{held} with that of the guard, of about {one}");
    assert_eq!(guard.view().points().count(), 100_300);
    // To come back costs no publication.
    assert_eq!(writer.shrink_to_fit(), Ok(1));
    drop(guard);
    assert_eq!(writer.shrink_to_fit(), Ok(0));
    assert_eq!(writer.version(), version + 1);
    assert!(HELD.get() - before < FITS);
    assert_eq!(reader.pin().view().point_count(), points);
    // Edits go on as ever, within the limit of every buffer.
    for _ in 0..4 {
        let needed = EditError::TooManyPoints { needed: 200_100, capacity: 200_000 };
        assert_eq!(writer.set_weight("c", 1_998), Err(UpdateError::Build(needed)));
        writer.set_weight("c", 2).unwrap();
        writer.set_weight("c", 1).unwrap();
    }
    assert_eq!(writer.view().point_count(), points);
}

/// Where nothing can be published, what is free is given back all the same, and nothing else changes.
#[test]
fn a_publication_that_cannot_be_shrunk_now() {
    let mut published =
        Published::<HeapRing<Node>, 1, 2>::new([(); 2].map(|()| HeapRing::with_vnodes(100)));
    let (writer, [reader]) = published.split();
    let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    writer.insert_all(["a", "c", "e", "g"].map(NamedNode::new)).unwrap();
    weigh(&mut writer);
    let guard = reader.pin();
    writer.set_weight("c", 2).unwrap();
    let (version, before) = (writer.version(), HELD.get());
    assert_eq!(writer.shrink_to_fit(), Err(UpdateError::Busy));
    #[cfg(feature = "std")]
    {
        let mut patient = writer.within(core::time::Duration::from_millis(1));
        assert_eq!(patient.shrink_to_fit(), Err(UpdateError::Busy));
    }
    assert_eq!((writer.version(), HELD.get()), (version, before));
    drop(guard);
    #[cfg(feature = "std")]
    let mut writer = writer.within(core::time::Duration::from_secs(60));
    assert_eq!(writer.shrink_to_fit(), Ok(0));
    assert_eq!((writer.version(), writer.view().point_count()), (version + 1, 500));
    assert!(HELD.get() < before - 1_000_000);
    // A buffer whose limit is lower than that of the current ring, which no edit could be merged into.
    let unlike = [HeapRing::with_vnodes(100), HeapRing::with_vnodes(100).with_max_points(300)];
    let unlike = Published::<HeapRing<Node>, 1, 2>::new(unlike.map(|mut ring| {
        ring.insert_all(["a", "c"].map(NamedNode::new)).unwrap();
        if ring.capacity().points > 300 {
            ring.set_weight("c", 3).unwrap();
        }
        ring
    }));
    let mut writer = RingWriter::new(unlike.writer().unwrap());
    let refused = EditError::TooManyPoints { needed: 400, capacity: 300 };
    assert_eq!(writer.shrink_to_fit(), Err(UpdateError::Build(refused)));
    assert_eq!((writer.version(), writer.view().point_count()), (0, 400));
}

#[cfg(feature = "std")]
#[test]
fn a_shared_ring_is_shrunk_snapshot_by_snapshot() {
    use annulus::SharedRing;
    use std::time::{Duration, Instant};

    let before = HELD.get();
    let ring = SharedRing::new(ring().with_max_points(200_000), 3).unwrap();
    let mut writer = ring.writer().unwrap();
    weigh(&mut writer);
    assert!(HELD.get() - before > 2_000_000);
    let guard = ring.pin();
    let held = writer.shrink_to_fit().unwrap();
    assert!(held >= 1, "a guard is held");
    drop(guard);
    // No other test here has a guard; but threads that are gone may leave the collector's epoch behind.
    let start = Instant::now();
    while writer.shrink_to_fit().unwrap() > 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "never shrunk");
    }
    let held = HELD.get() - before;
    assert!(held < 50_000, "{held}");
    assert_eq!(ring.pin().view().point_count(), 400);
    let refused = EditError::TooManyPoints { needed: 200_100, capacity: 200_000 };
    assert_eq!(writer.set_weight("c", 1_998), Err(UpdateError::Build(refused)));
}

/// Room for so many nodes that owners need 32 bits is there before they do; without such nodes 16 bits do.
#[test]
fn wide_owners_have_room_and_become_narrow() {
    const NARROW: u32 = 65_536;
    let names = |range: core::ops::Range<u32>| range.map(u32::to_be_bytes);
    let mut ring = HeapRing::<[u8; 4]>::with_vnodes(2);
    let more = NARROW as usize + 10;
    ring.insert_all(names(0..NARROW)).unwrap();
    ring.try_reserve(more, 2 * more).unwrap();
    let room = HELD.get();
    ring.insert_all(names(NARROW..NARROW + 10)).unwrap();
    assert_eq!(HELD.get(), room);
    let fingerprint = ring.view().fingerprint();
    ring.shrink_to_fit();
    assert_eq!(ring.view().fingerprint(), fingerprint);
    let last = (NARROW + 9).to_be_bytes();
    assert!(ring.view().points().any(|point| *point.node == last));
    // Copied over narrow owners, wide ones stay what they are, and the other way about.
    let mut small = HeapRing::<[u8; 4]>::with_vnodes(2);
    small.insert(last).unwrap();
    let (mut to_wide, mut to_narrow) = (small.clone(), ring.clone());
    to_wide.clone_from(&ring);
    to_narrow.clone_from(&small);
    assert!(to_wide.view().points().any(|point| *point.node == last));
    assert_eq!(
        to_wide.view().number_of(last),
        to_wide.view().owner_number_at(
            ring.view().points().find(|point| *point.node == last).unwrap().position
        )
    );
    assert!(to_narrow.view().points().all(|point| *point.node == last));
    // With as many nodes as 16 bits tell apart, and room for no more.
    let leaving: Vec<_> = names(NARROW..NARROW + 10).collect();
    let changes: Vec<_> = leaving.iter().map(|name| Change::Remove(&name[..])).collect();
    ring.apply(&changes).unwrap();
    let before = HELD.get();
    ring.shrink_to_fit();
    let points = ring.view().point_count() as isize;
    assert!(before - HELD.get() >= 2 * points, "{} bytes of {points} points", before - HELD.get());
    let mut built = HeapRing::<[u8; 4]>::with_vnodes(2);
    built.insert_all(names(0..NARROW)).unwrap();
    let [shrunk, built] = [&ring, &built].map(|ring| {
        let points = ring.view().points().map(|point| (point.position, *point.node));
        points.collect::<Vec<_>>()
    });
    assert!(shrunk == built);
}

#[test]
#[should_panic(expected = "no room in advance: 501 points exceed the capacity of 500")]
fn a_constructor_panics_where_room_is_refused() {
    _ = HeapRing::<Node>::new().with_max_points(500).with_capacity(1, 501);
}
