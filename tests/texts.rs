//! What errors say and what `Debug` shows: numbers that help, and no secret.

use annulus::publish::{Published, ReadersExhausted, UpdateError, WriterTaken};
use annulus::{
    BatchError, BatchLengthError, EditError, KeyHash, KeyRange, NamedNode, Node, Rejected, Ring,
    RingReader, RingWriter, RoomError, SipHash13,
};
use std::error::Error;

#[test]
fn errors_name_what_was_exceeded() {
    let nodes = EditError::TooManyNodes { needed: 4, capacity: 3 };
    let points = EditError::TooManyPoints { needed: 1 << 40, capacity: 30 };
    let update = |error: EditError| UpdateError::Build(error);
    let texts: [(&dyn Error, &str); 15] = [
        (&nodes, "4 nodes exceed the capacity of 3"),
        (&points, "1099511627776 points exceed the capacity of 30"),
        (&EditError::DuplicateIdentity, "the identity is taken"),
        (&EditError::UnknownIdentity, "no member has this identity"),
        (
            &EditError::IdentityTooLong { len: 256 },
            "an identity of 256 bytes exceeds the limit of 255",
        ),
        (&EditError::OutOfMemory, "out of memory"),
        (&Rejected { node: "a", error: nodes }, "4 nodes exceed the capacity of 3"),
        (&BatchError { at: Some(2), error: nodes }, "change 2: 4 nodes exceed the capacity of 3"),
        (&BatchLengthError { positions: 2, out: 3 }, "2 positions with room for 3 owners"),
        (
            &RoomError::Shares { needed: 2, room: 3 },
            "room for the shares of 3 members, of which there are 2",
        ),
        (
            &RoomError::Owners { needed: 2, room: 1 },
            "room for 1 owners of a position, of which there may be 2",
        ),
        (
            &RoomError::Members { needed: 2, room: 1 },
            "room for bits of members in 1 words, of which 2 are needed",
        ),
        (&ReadersExhausted { readers: 5 }, "all 5 reader slots are in use"),
        (&WriterTaken, "the publication has a writer already"),
        (&update(points), "1099511627776 points exceed the capacity of 30"),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), text);
        assert!(error.source().is_none());
    }
    let busy = UpdateError::<EditError>::Busy;
    assert_eq!(busy.to_string(), "no buffer is free: readers may hold all but the current one");
    assert_eq!(BatchError { at: None, error: nodes }.to_string(), nodes.to_string());
    #[cfg(feature = "std")]
    assert_eq!(
        annulus::publish::TooFewSnapshots { given: 1 }.to_string(),
        "a publication needs at least 2 snapshots, not 1"
    );
}

#[test]
fn a_secret_is_not_shown() {
    let secret = SipHash13::new(*b"do not show this");
    assert_eq!(format!("{secret:?}"), "SipHash13 { .. }");
    let mut ring = Ring::<NamedNode, 2, 20, annulus::Native, SipHash13>::with_hash(10, secret);
    ring.insert(NamedNode::new("a")).unwrap();
    for text in [format!("{ring:?}"), format!("{:?}", ring.view())] {
        assert!(text.contains("\"a\"") && text.contains("points: 10"), "{text}");
        assert!(!text.contains("100, 111") && !text.contains("do not"), "{text}");
    }
    assert_ne!(secret.hash("key"), SipHash13::new(*b"do not show that").hash("key"));
}

#[test]
fn handles_show_what_they_are() {
    let mut published =
        Published::<Ring<NamedNode, 2, 20>, 1, 3>::new([const { Ring::with_vnodes(10) }; 3]);
    assert_eq!(format!("{published:?}"), "Published { readers: 1, buffers: 3, .. }");
    let (writer, [reader]) = published.split();
    assert_eq!(format!("{writer:?} {reader:?}"), "Writer { .. } Reader { .. }");
    let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    writer.insert(NamedNode::new("a")).unwrap();
    writer.set_weight(b"a", 2).unwrap();
    assert_eq!(writer.set_weight(b"b", 2), Err(UpdateError::Build(EditError::UnknownIdentity)));
    let shown = format!("{:?}", reader.pin());
    assert!(shown.contains("version: 2") && shown.contains("points: 20"), "{shown}");
    #[cfg(feature = "std")]
    {
        let shared = annulus::publish::SharedPublished::new([7, 7]).unwrap();
        assert_eq!(format!("{shared:?}"), "SharedPublished { snapshots: 2, .. }");
        assert_eq!(format!("{:?}", shared.pin()), "SharedGuard { version: 0, value: 7 }");
        assert_eq!(format!("{:?}", shared.writer().unwrap()), "SharedWriter { .. }");
    }
}

/// Whatever type holds a name, its bytes decide.
#[test]
fn every_kind_of_node_lies_where_its_name_says() {
    fn fingerprint<N: Node>(node: N) -> u64 {
        let mut ring = Ring::<N, 1, 150>::default();
        ring.insert(node).ok().unwrap();
        assert!(ring.view().owner("key").is_some());
        ring.view().fingerprint()
    }
    let expected = fingerprint("cache-a");
    assert_eq!(fingerprint(b"cache-a".as_slice()), expected);
    assert_eq!(fingerprint(*b"cache-a"), expected);
    assert_eq!(fingerprint(NamedNode::new("cache-a")), expected);
    #[cfg(feature = "heapless-0_9")]
    assert_eq!(fingerprint(heapless::String::<9>::try_from("cache-a").unwrap()), expected);
    #[cfg(feature = "alloc")]
    {
        assert_eq!(fingerprint(String::from("cache-a")), expected);
        let zoned = NamedNode::new("cache-a").with_zone("east").with_weight(1);
        assert_ne!(fingerprint(std::sync::Arc::new(zoned)), expected);
        assert_eq!(fingerprint(std::sync::Arc::new(zoned)), fingerprint(zoned));
        let mut heap = annulus::HeapRing::<&str>::default();
        heap.insert("cache-a").unwrap();
        assert_eq!(heap.view().fingerprint(), expected);
    }
}

#[test]
fn no_arc_is_empty() {
    for (start, end) in [(0u32, 1), (1, 0), (7, 7), (u32::MAX, 0)] {
        let range = KeyRange { start, end };
        assert!(!range.is_empty());
        assert_ne!(range.len(), 0);
    }
}
