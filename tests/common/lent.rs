//! Memory to lend to rings.

use std::sync::Mutex;
use std::sync::atomic::AtomicPtr;

use annulus::{ByIdentity, LentRing, Member, Memory, Node, Position};

/// What was lent: found from here, it is no leak.
static LENT: Mutex<Vec<AtomicPtr<()>>> = Mutex::new(Vec::new());

/// Lends a slice for ever.
fn lend<T>(slice: Vec<T>) -> &'static mut [T] {
    let slice = slice.leak();
    LENT.lock().unwrap().push(AtomicPtr::new(slice.as_mut_ptr().cast()));
    slice
}

/// Memory for so many nodes and points, with so many words for the index; there is rubbish in it.
pub(crate) fn memory<N: Default, P: ByIdentity>(
    (nodes, points): (usize, usize),
    words: usize,
) -> Memory<'static, N, P> {
    Memory {
        members: lend((0..nodes).map(|_| Member::default()).collect()),
        positions: lend((0..points).map(|_| P::Position::MAX).collect()),
        owners: lend(vec![0xdead; points]),
        words: lend(vec![0xdead; words]),
    }
}

/// A ring in such memory.
pub(crate) fn ring<N: Node + Default, P: ByIdentity, H>(
    room: (usize, usize),
    words: usize,
    vnodes: u32,
    hash: H,
) -> LentRing<'static, N, P, H> {
    LentRing::with_hash(memory(room, words), vnodes, hash)
}
