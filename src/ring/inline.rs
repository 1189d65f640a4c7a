//! Inline storage: a ring of fixed capacity without an allocator.

use super::error::EditError;
use super::index::Shape;
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
pub struct Inline<N, P: Placement, const NODES: usize, const POINTS: usize> {
    members: heapless::Vec<Member<N>, NODES>,
    positions: [P::Position; POINTS],
    owners: [u16; POINTS],
    /// The index; behind it, during an edit, points on their way.
    words: [u16; POINTS],
    /// For points on their way where too few words are left for a single one.
    spare: [<P::Position as Sealed>::Words; 1],
}

impl<N: Clone, P: Placement, const NODES: usize, const POINTS: usize> Clone
    for Inline<N, P, NODES, POINTS>
{
    fn clone(&self) -> Self {
        Self {
            members: self.members.clone(),
            positions: self.positions,
            owners: self.owners,
            words: self.words,
            spare: self.spare,
        }
    }
}

impl<N, P: Placement, const NODES: usize, const POINTS: usize> Inline<N, P, NODES, POINTS> {
    /// The words that the index takes at most: as many buckets as leave a third of the words, or more,
    /// to points on their way. There are up to three points a bucket, or 2.25 where the number of
    /// buckets need not be a power of two.
    const INDEX_WORDS: usize = match POINTS - POINTS / 3 {
        0 => 0,
        most => Shape::buckets(most),
    };

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
    type PackedPoint = <P::Position as Sealed>::Words;
    const NODES: usize = NODES;
    const POINTS: usize = POINTS;

    #[inline]
    fn members(&self) -> &[Member<N>] {
        &self.members
    }

    fn members_mut(&mut self) -> &mut [Member<N>] {
        &mut self.members
    }

    fn make_room(&mut self, _: usize, _: usize, _: usize) -> Result<(), EditError> {
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

    fn parts(&mut self, points: usize) -> Parts<'_, N, P::Position, Self::PackedPoint> {
        let (words, rest) = self.words.split_at_mut(Self::INDEX_WORDS);
        let scratch = <P::Position as Sealed>::as_packed(rest);
        Parts {
            members: &mut self.members,
            arrays: AnyArrays::Narrow(Arrays {
                positions: &mut self.positions,
                owners: &mut self.owners,
                len: points,
            }),
            words,
            scratch: if scratch.is_empty() { &mut self.spare } else { scratch },
        }
    }

    fn index_words(_: usize) -> usize {
        Self::INDEX_WORDS
    }

    fn release_scratch(&mut self, _: usize) {}

    #[inline]
    fn arrays(&self, points: usize) -> (&[P::Position], Owners<'_>, &[u16]) {
        // Never more, and the compiler sees that both are of one length.
        let points = points.min(POINTS);
        (&self.positions[..points], Owners::Narrow(&self.owners[..points]), &self.words)
    }
}
