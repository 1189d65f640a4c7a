//! What the ring takes in flash: this program with the features `reader`, `writer` and `batch`, less
//! the same program without them.
#![cfg_attr(target_os = "none", no_std)]
#![no_main]
#![cfg_attr(not(feature = "batch"), allow(unused))]

use core::hint::black_box;

use annulus::publish::{self, Published};
use annulus::{Change, Fx32, NamedNode, Native, Ring, RingReader, RingWriter};
use cortex_m_rt::entry;

/// A ring of device ids.
type Collectors = Ring<NamedNode<'static>, 8, 128, Native, Fx32>;

type Shared = Published<Collectors, 1, 2>;

type Writer<'p> = RingWriter<annulus::publish::Writer<'p, Collectors, 1, 2>>;

type Reader<'p> = RingReader<publish::Reader<'p, Collectors>>;

#[entry]
fn main() -> ! {
    static mut CELL: Shared = Shared::new([const { Collectors::with_hash(16, Fx32) }; 2]);

    #[cfg(feature = "reader")]
    {
        let (writer, [reader]) = CELL.split();
        let mut reader = RingReader::new(reader);
        #[cfg(feature = "writer")]
        {
            let mut writer = RingWriter::new(writer);
            write(&mut writer, black_box("collector"));
            #[cfg(feature = "batch")]
            batch(&mut writer, black_box("collector"));
        }
        black_box(read(&mut reader, black_box(1)));
    }
    // With or without the ring this firmware has an index out of bounds to report.
    black_box(EXCUSES[black_box(0)]);
    firmware::finish(Ok::<_, &str>("this program is there to be looked at"))
}

static EXCUSES: [&str; 2] = ["none", "some"];

/// Pin, look a device up, unpin.
#[cfg(feature = "reader")]
#[inline(never)]
fn read(reader: &mut Reader<'_>, device: u32) -> Option<u32> {
    let ring = reader.pin();
    ring.view().owner(&device).map(|node| node.weight)
}

/// A node joins, gets another weight and leaves.
#[cfg(feature = "writer")]
#[inline(never)]
fn write(writer: &mut Writer<'_>, name: &'static str) {
    black_box(writer.insert(NamedNode::new(name)).is_ok());
    black_box(writer.set_weight(name.as_bytes(), black_box(2)).is_ok());
    black_box(writer.remove(name.as_bytes()).is_ok());
}

/// Many changes at once.
#[cfg(feature = "batch")]
#[inline(never)]
fn batch(writer: &mut Writer<'_>, name: &'static str) {
    let changes = [Change::Insert(NamedNode::new(name)), Change::Remove(name.as_bytes())];
    black_box(writer.apply(&changes).is_ok());
}
