//! A ring built by the compiler, in flash: no start-up code, no RAM, the host's answers.
#![cfg_attr(target_os = "none", no_std)]
#![no_main]

use core::hint::black_box;

use annulus::{Fx32, NamedNode, RomRing};
use cortex_m_rt::entry;
use firmware::plan::{self, COLLECTORS, DEVICES, VNODES};

/// The gateway's collectors with all links up.
static RING: RomRing<8, 128, Fx32> = RomRing::with_hash(VNODES, Fx32, {
    let mut nodes = [NamedNode::new(""); 8];
    let mut i = 0;
    while i < nodes.len() {
        nodes[i] = NamedNode::new(COLLECTORS[i]);
        i += 1;
    }
    nodes
});

#[entry]
fn main() -> ! {
    // The compiler is not to answer by itself.
    let view = black_box(&RING).view();
    let right =
        |&i: &usize| view.owner(&plan::device(i)).map(|node| node.name) == plan::owner(0, i);
    let wrong = (0..DEVICES).find(|i| !right(i));
    match wrong {
        None => {
            firmware::finish(Ok::<_, &str>("every device has the collector that the host found"))
        }
        Some(_) => {
            firmware::finish(Err::<&str, _>("a device has another collector than on the host"))
        }
    }
}
