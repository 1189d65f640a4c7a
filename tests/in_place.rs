//! A large inline publication is made where it lies: its threads need no large stacks.

use std::thread::Builder;

use annulus::publish::Published;
use annulus::{Change, Ring, RingReader, RingWriter};

/// Some 2 MB a ring.
type Large = Ring<[u8; 4], 256, 256_000>;

/// Three rings and what publishes them, made by the compiler.
static PUBLISHED: Published<Large, 1, 3> = Published::new([const { Large::with_vnodes(700) }; 3]);

#[test]
fn a_static_of_five_megabytes_needs_no_stack() {
    assert!(size_of_val(&PUBLISHED) > 5_000_000);
    let edits = || {
        let mut writer = RingWriter::new(PUBLISHED.writer().unwrap());
        let mut reader = RingReader::new(PUBLISHED.reader().unwrap());
        writer.insert_all((0..200u32).map(u32::to_be_bytes)).unwrap();
        writer.remove(7u32.to_be_bytes()).unwrap();
        writer.set_weight(8u32.to_be_bytes(), 2).unwrap();
        let batch = [200u32, 201].map(|node| Change::Insert(node.to_be_bytes()));
        writer.apply(&batch).unwrap();
        let mut list: [_; 256] = std::array::from_fn(|node| (node as u32).to_be_bytes());
        writer.reconcile(&mut list).unwrap();
        let guard = reader.pin();
        assert_eq!((guard.view().len(), guard.view().point_count()), (256, 256 * 700));
        assert!(guard.view().owner("user:42").is_some());
    };
    Builder::new().stack_size(64 << 10).spawn(edits).unwrap().join().unwrap();
}
