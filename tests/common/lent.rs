//! Memory to lend to rings.

use std::sync::Mutex;
use std::sync::atomic::AtomicPtr;

use annulus::{LentMemory, LentRing, Member, Node, PointsOf, Position};

/// What was lent: found from here, it is no leak.
static LENT: Mutex<Vec<AtomicPtr<()>>> = Mutex::new(Vec::new());

/// Lends a slice for ever.
fn lend<T>(slice: Vec<T>) -> &'static mut [T] {
    let slice = slice.leak();
    LENT.lock().unwrap().push(AtomicPtr::new(slice.as_mut_ptr().cast()));
    slice
}

/// Memory for so many nodes and points, with so many words for the index; there is rubbish in it.
pub(crate) fn memory<N: Node + Default + Clone, P: PointsOf<N>>(
    (nodes, points): (usize, usize),
    words: usize,
) -> LentMemory<'static, N, P> {
    LentMemory {
        members: lend((0..nodes).map(|_| rubbish()).collect()),
        positions: lend((0..points).map(|_| P::Position::MAX).collect()),
        owners: lend(vec![0xdead; points]),
        words: lend(vec![0xdead; words]),
    }
}

/// A member with a node that once was in another ring.
fn rubbish<N: Node + Default + Clone>() -> Member<N> {
    let mut members = [Member::default()];
    let (mut positions, mut owners) = ([0; 9], [0; 9]);
    let memory = LentMemory {
        members: &mut members,
        positions: &mut positions,
        owners: &mut owners,
        words: &mut [],
    };
    let mut ring = LentRing::<N>::with_vnodes(memory, 9);
    assert!(ring.insert(N::default()).is_ok());
    ring.view().members()[0].clone()
}

/// A ring in such memory.
pub(crate) fn ring<N: Node + Default + Clone, P: PointsOf<N>, H>(
    room: (usize, usize),
    words: usize,
    config: P::Config,
    hash: H,
) -> LentRing<'static, N, P, H> {
    LentRing::with_hash(memory(room, words), config, hash)
}
