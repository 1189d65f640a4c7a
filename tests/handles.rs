//! The verbs of a published ring: what they publish, and what they give back.

use annulus::publish::{Barrier, Published, UpdateError};
use annulus::{BatchError, EditError, NamedNode, Rejected, Ring, RingReader, RingRef, RingWriter};

/// Room for two nodes of four points each, in two buffers: one guard is enough to be `Busy`.
type Cell = Published<Ring<NamedNode<'static>, 2, 8>, 1, 2>;

const A: NamedNode<'static> = NamedNode::new("a");
const B: NamedNode<'static> = NamedNode::new("b");
const C: NamedNode<'static> = NamedNode::new("c");

fn cell() -> Cell {
    Published::new([const { Ring::with_vnodes(4) }; 2])
}

#[test]
fn a_node_that_is_not_taken_comes_back() {
    let mut cell = cell();
    let (writer, [reader]) = cell.split();
    let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    let held = reader.pin();
    assert_eq!(writer.insert(A), Ok(()));
    assert_eq!(writer.insert(B), Err(Rejected { node: B, error: UpdateError::Busy }));
    assert_eq!((held.view().len(), writer.view().len()), (0, 1));
    drop(held);
    let taken = UpdateError::Build(EditError::DuplicateIdentity);
    assert_eq!(writer.insert(A), Err(Rejected { node: A, error: taken }));
    assert_eq!(writer.insert(B), Ok(()));
    let full = EditError::TooManyNodes { needed: 3, capacity: 2 };
    assert_eq!(writer.insert(C), Err(Rejected { node: C, error: UpdateError::Build(full) }));
    let ring = reader.pin();
    assert_eq!((ring.version(), ring.view().len()), (2, 2));
}

#[test]
fn what_leaves_and_what_a_weight_was_are_returned() {
    let cell = cell();
    let mut writer = RingWriter::new(cell.writer().unwrap());
    writer.insert(A.with_zone("east")).unwrap();
    assert_eq!(writer.set_weight(b"a", 2), Ok(1));
    assert_eq!(writer.set_weight(b"a", 0), Ok(2));
    let room = EditError::TooManyPoints { needed: 12, capacity: 8 };
    assert_eq!(writer.set_weight(b"a", 3), Err(UpdateError::Build(room)));
    assert_eq!(writer.remove(b"a"), Ok(A.with_zone("east")));
    let unknown = UpdateError::Build(EditError::UnknownIdentity);
    assert_eq!(writer.remove(b"a"), Err(unknown));
    assert_eq!(writer.set_weight(b"a", 1), Err(unknown));
    assert_eq!((writer.version(), writer.view().len()), (4, 0));
}

#[test]
fn many_nodes_join_in_one_publication_or_none() {
    let cell = cell();
    let mut writer = RingWriter::new(cell.writer().unwrap());
    assert_eq!(writer.insert_all([A]), Ok(()));
    let twice = BatchError { at: Some(1), error: EditError::DuplicateIdentity };
    assert_eq!(writer.insert_all([B, A]), Err(UpdateError::Build(twice)));
    assert_eq!((writer.version(), writer.view().len()), (1, 1));
    assert_eq!(writer.insert_all([B]), Ok(()));
    assert_eq!((writer.version(), writer.view().len()), (2, 2));
}

#[test]
fn a_reader_answers_for_hashed_keys_with_or_without_a_fence() {
    let cell = cell();
    let mut writer = RingWriter::new(cell.writer().unwrap());
    writer.insert_all([A, B]).unwrap();
    let pays = cell.barrier() == Barrier::Fences;
    match RingReader::new(cell.reader().unwrap()).unfenced() {
        Ok(mut reader) => {
            assert!(!pays);
            assert_eq!(reader.owner_at(7).as_ref(), writer.view().owner_at(7));
        }
        Err(mut reader) => {
            assert!(pays);
            assert_eq!(reader.owner_at(7).as_ref(), writer.view().owner_at(7));
        }
    }
}

/// With the time at hand the edit goes through once the guard is dropped; without, it is `Busy`.
#[cfg(feature = "std")]
#[test]
fn an_edit_waits_for_a_buffer() {
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    let mut cell = cell();
    let (writer, [reader]) = cell.split();
    let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    std::thread::scope(|scope| {
        let (pinned, wait_for_pin) = channel();
        let (unpin, wait_for_unpin) = channel();
        let holder = scope.spawn(move || {
            let held = reader.pin();
            pinned.send(()).unwrap();
            wait_for_unpin.recv().unwrap();
            drop(held);
        });
        wait_for_pin.recv().unwrap();
        writer.insert(A).unwrap();
        let start = Instant::now();
        let short = Duration::from_millis(5);
        let busy = Rejected { node: B, error: UpdateError::Busy };
        assert_eq!(writer.within(short).insert(B), Err(busy));
        assert!(start.elapsed() >= short, "it did not wait");
        unpin.send(()).unwrap();
        let mut patient = writer.within(Duration::from_secs(60));
        assert_eq!(patient.insert(B), Ok(()));
        assert_eq!((patient.version(), patient.view().len()), (2, 2));
        holder.join().unwrap();
    });
    assert_eq!((writer.version(), writer.view().len()), (2, 2));
    // One that waits is a writer like any other, and may be given less time, or more.
    let mut patient = writer.within(Duration::from_secs(60));
    assert_eq!((patient.version(), patient.view().len()), (2, 2));
    patient.within(Duration::ZERO).remove(b"a").unwrap();
    assert_eq!((patient.version(), patient.view().len()), (3, 1));
}

/// While a guard is held, a number is one and the same member's, whatever is published meanwhile: here a
/// member before all others, which comes and goes, so that each ring numbers the others differently from
/// the ring before it.
#[test]
fn numbers_hold_for_as_long_as_a_guard_does() {
    let mut cell: Published<Ring<NamedNode<'static>, 3, 12>, 1, 2> =
        Published::new([const { Ring::with_vnodes(4) }; 2]);
    let (writer, [reader]) = cell.split();
    let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    writer.insert_all([B, C]).unwrap();
    for with_a in [0, 1, 0, 1] {
        let guard = reader.pin();
        let ring = guard.view();
        let everywhere = || (0..64u32).map(|i| i << 26);
        let owners: Vec<_> = everywhere().map(|at| ring.owner_number_at(at).unwrap()).collect();
        // The first finds a free buffer, the second none.
        let publications = [(); 2].map(|()| match writer.view().number_of(b"a") {
            Some(_) => writer.remove(b"a").map(drop),
            None => writer.insert(A).map_err(|rejected| rejected.error),
        });
        assert_eq!((ring.number_of(b"b"), ring.number_of(b"c")), (Some(with_a), Some(with_a + 1)));
        assert!(everywhere().filter_map(|at| ring.owner_number_at(at)).eq(owners.iter().copied()));
        let named = |&number: &u32| ring.member(number).unwrap().node();
        assert!(owners.iter().map(named).eq(everywhere().filter_map(|at| ring.owner_at(at))));
        assert_eq!(publications, [Ok(()), Err(UpdateError::Busy)]);
        assert_eq!(writer.view().number_of(b"b"), Some(1 - with_a));
    }
}

/// The verbs that need no view say what the view says.
#[test]
fn a_ring_answers_for_itself() {
    let mut ring = Ring::<NamedNode, 8, 64>::with_vnodes(8);
    assert_eq!((ring.len(), ring.is_empty(), ring.owner("key")), (0, true, None));
    ring.insert_all([A, B, C]).unwrap();
    ring.set_weight("b", 2).unwrap();
    let view = RingRef::from(&ring);
    assert_eq!((ring.len(), ring.is_empty()), (3, false));
    assert_eq!(ring.get("b").map(|member| member.weight()), Some(2));
    assert!(ring.get("d").is_none());
    let owners: Vec<_> = (0..99u32).map(|key| ring.owner(&key.to_le_bytes())).collect();
    assert!((0..99u32).map(|key| view.owner(&key.to_le_bytes())).eq(owners.iter().copied()));
    assert!(
        [A, B, C].iter().all(|node| owners.iter().any(|owner| owner.unwrap().name == node.name))
    );
    for position in [0, 1 << 30, u32::MAX] {
        assert_eq!(ring.owner_at(position), view.owner_at(position));
    }
    #[cfg(feature = "std")]
    {
        let mut heap = annulus::HeapRing::<NamedNode>::with_vnodes(8);
        heap.insert_all([A, B.with_weight(2), C]).unwrap();
        let empty = annulus::HeapRing::<NamedNode>::with_vnodes(8);
        let shared = annulus::SharedRing::new(empty, 4).unwrap();
        assert_eq!((shared.len(), shared.is_empty(), shared.owner("key")), (0, true, None));
        shared.writer().unwrap().reconcile(&mut [A, B.with_weight(2), C]).unwrap();
        assert_eq!((shared.len(), shared.is_empty()), (3, false));
        for key in 0..99u32 {
            let at = heap.view().position(&key.to_le_bytes());
            let owner = heap.owner_at(at).copied();
            assert_eq!(shared.owner(&key.to_le_bytes()), owner);
            assert_eq!(shared.owner_at(at), owner);
        }
    }
}
