//! Inline storage: a ring of fixed capacity without an allocator.

use super::error::EditError;
use super::member::Member;
use super::merge::Arrays;
use super::storage::sealed::Store;
use super::storage::{AnyArrays, Parts};
use super::view::Owners;
use crate::node::Node;
use crate::point::sealed::Sealed;
use crate::point::{Placement, Position};

/// Room for `NODES` nodes and `POINTS` points inside the ring itself.
///
/// Takes, besides the nodes, 8 bytes a point: 4 for its position, 2 for its owner and 2 for the
/// index (12 on a 64-bit circle).
#[derive(Clone)]
pub struct Inline<N, P: Placement, const NODES: usize, const POINTS: usize> {
    members: heapless::Vec<Member<N>, NODES>,
    positions: [P::Position; POINTS],
    owners: [u16; POINTS],
    /// The index; during an edit, points on their way.
    words: [u16; POINTS],
    /// For points on their way where `words` is too short for a single one.
    spare: [<P::Position as Sealed>::Words; 1],
}

impl<N, P: Placement, const NODES: usize, const POINTS: usize> Inline<N, P, NODES, POINTS> {
    /// Empty storage.
    pub(crate) const fn new() -> Self {
        const {
            assert!(NODES <= 1 << 16, "an inline ring has at most 65,536 nodes");
        }
        Self {
            members: heapless::Vec::new(),
            positions: [P::Position::MAX; POINTS],
            owners: [0; POINTS],
            words: [0; POINTS],
            spare: [<P::Position as Sealed>::NO_WORDS; 1],
        }
    }
}

impl<N: Node, P: Placement, const NODES: usize, const POINTS: usize> Store
    for Inline<N, P, NODES, POINTS>
{
    type Node = N;
    type Placement = P;
    type Record = <P::Position as Sealed>::Words;

    #[inline]
    fn members(&self) -> &[Member<N>] {
        &self.members
    }

    fn members_mut(&mut self) -> &mut [Member<N>] {
        &mut self.members
    }

    fn reserve(&mut self, nodes: usize, points: u64, _: u64) -> Result<(), EditError> {
        if nodes > NODES {
            return Err(EditError::TooManyNodes { needed: nodes, capacity: NODES });
        }
        if points > POINTS as u64 {
            return Err(EditError::TooManyPoints { needed: points, capacity: POINTS });
        }
        Ok(())
    }

    fn push(&mut self, member: Member<N>) {
        let pushed = self.members.push(member);
        debug_assert!(pushed.is_ok(), "room was made for the member");
    }

    fn take(&mut self, place: usize) -> Member<N> {
        self.members.remove(place)
    }

    fn retain(&mut self, stay: impl FnMut(&Member<N>) -> bool) {
        self.members.retain(stay);
    }

    fn truncate(&mut self, len: usize) {
        self.members.truncate(len);
    }

    fn parts(&mut self, points: usize) -> Parts<'_, N, P::Position, Self::Record> {
        let records = <P::Position as Sealed>::records(&mut self.words);
        Parts {
            members: &mut self.members,
            arrays: AnyArrays::Narrow(Arrays {
                positions: &mut self.positions,
                owners: &mut self.owners,
                len: points,
            }),
            records: if records.is_empty() { &mut self.spare } else { records },
        }
    }

    fn settle(&mut self, points: usize) -> (&[P::Position], &mut [u16]) {
        (&self.positions[..points], &mut self.words)
    }

    #[inline]
    fn arrays(&self, points: usize) -> (&[P::Position], Owners<'_>, &[u16]) {
        // Never more, and the compiler sees that both are of one length.
        let points = points.min(POINTS);
        (&self.positions[..points], Owners::Narrow(&self.owners[..points]), &self.words)
    }
}
