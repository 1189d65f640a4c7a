//! Edits of the membership: what is to change is marked on the members, then the arrays follow.
//!
//! Each edit first checks everything that could refuse it and makes room; from then on nothing
//! can fail. Points that leave are taken out of the arrays, members come and go, points that join
//! are put in, and the index follows. Where much of a ring changes it is built anew instead.

use super::change::{self, Change, Totals, find, points_of};
use core::ops::Range;

use super::build;
use super::error::{BatchError, EditError, Rejected};
use super::index::{Builder, Index, Shape, Step, copy_starts, move_starts};
use super::member::Member;
use super::merge::{Arrays, OwnerWord, Shift, Source};
use super::owned::BasicRing;
use super::storage::{AnyArrays, Parts, PositionOf, Storage};
use super::view::RingRef;
use crate::node::{MAX_IDENTITY_LEN, Node};
use crate::point::sealed::Sealed as _;
use crate::point::{Placement, Position, Record};

/// How the places of members change, and with them the owners in the arrays.
#[derive(Clone, Copy)]
enum Rename {
    /// They stay, or one member comes or goes.
    Shift(Shift),
    /// Each goes where its member's `moves_to` says.
    Table,
}

impl Rename {
    /// They stay.
    const KEEP: Self = Self::Shift(Shift::KEEP);
}

/// Whether a batch that moves `moving` points and leaves `points` costs more than building anew.
fn builds_anew(moving: u64, points: u64) -> bool {
    moving >= points / 4
}

/// The records that such a batch asks room for.
fn records(moving: u64, points: u64) -> u64 {
    // What is built anew has pieces of the ring wait there, or, where points crowd, batches.
    if builds_anew(moving, points) { points / 32 } else { moving }
}

/// # Edits
///
/// None allocates on inline storage. Each moves the arrays about once, O(points), and sorts the
/// points that leave or join. A ring on the heap keeps its memory when it shrinks.
///
/// Should a node panic (in `clone`, `identity` or `weight`) while many changes are made, either
/// nothing has changed or the ring is left empty; it is never left half made.
impl<S: Storage, H> BasicRing<S, H> {
    /// Takes `node` in with the weight that it states.
    ///
    /// Only keys that the new node then owns change their owner.
    ///
    /// # Errors
    ///
    /// Gives the node back, with the ring as it was: identity taken or too long, too many nodes or
    /// points, out of memory.
    pub fn insert(&mut self, node: S::Node) -> Result<(), Rejected<S::Node>> {
        let weight = node.weight();
        let place = match self.admit(&node, weight) {
            Ok(place) => place,
            Err(error) => return Err(Rejected { node, error }),
        };
        self.place(node, weight, place);
        self.join(None, Rename::Shift(Shift::up(place as u32)));
        self.settle();
        Ok(())
    }

    /// Takes the node with this identity out and gives it back.
    ///
    /// Only keys that it owned change their owner.
    ///
    /// # Errors
    ///
    /// [`EditError::UnknownIdentity`]; on the heap also [`EditError::OutOfMemory`].
    pub fn remove(&mut self, identity: &[u8]) -> Result<S::Node, EditError> {
        let place = self.place_of(identity)?;
        let points = points_of(self.storage.members()[place].weight, self.vnodes);
        self.storage.reserve(self.storage.members().len(), self.points as u64, points)?;
        self.storage.members_mut()[place].target = 0;
        self.leave(None, Rename::Shift(Shift::down(place as u32)));
        let member = self.storage.take(place);
        self.settle();
        Ok(member.node)
    }

    /// Gives the node with this identity another weight and returns the one it had.
    ///
    /// The points for a smaller weight are a prefix of those for a larger one, so only keys from or
    /// to this node change their owner. Weight 0 drains it: still a member, but without points.
    ///
    /// # Errors
    ///
    /// With the ring as it was: unknown identity, too many points, out of memory.
    pub fn set_weight(&mut self, identity: &[u8], weight: u32) -> Result<u32, EditError> {
        let place = self.place_of(identity)?;
        let old = self.storage.members()[place].weight;
        let (before, after) = (points_of(old, self.vnodes), points_of(weight, self.vnodes));
        let points = self.points as u64 - before + after;
        self.storage.reserve(self.storage.members().len(), points, before.abs_diff(after))?;
        self.storage.members_mut()[place].target = weight;
        if weight < old {
            self.leave(None, Rename::KEEP);
        } else {
            self.join(None, Rename::KEEP);
        }
        self.settle();
        Ok(old)
    }

    /// Takes many nodes in at once: the way to build a ring.
    ///
    /// Where the new nodes bring a quarter of the points or more, the ring is built anew from its
    /// members by a counting sort: O(points). Otherwise their points are sorted and merged in.
    ///
    /// # Errors
    ///
    /// As for [`insert`](Self::insert), naming the node by its place in the order given; none of
    /// them is taken in then.
    pub fn insert_all(
        &mut self,
        nodes: impl IntoIterator<Item = S::Node>,
    ) -> Result<(), BatchError> {
        let old = self.storage.members().len();
        let staging = Staging { ring: self, old };
        let mut joining = 0;
        for (at, node) in nodes.into_iter().enumerate() {
            let weight = node.weight();
            staging
                .ring
                .stage(old, node, weight, &mut joining)
                .map_err(|error| BatchError { at: Some(at), error })?;
        }
        staging.ring.admit_staged(old)?;
        staging.finish();
        let unfinished = Unfinished(self);
        unfinished.0.take_staged(old);
        unfinished.finish();
        Ok(())
    }

    /// Makes many changes in one pass, each as if those before it had been made; or none.
    ///
    /// The same as making them one by one, except that capacities need only suffice for the
    /// outcome, and that the arrays are moved once or twice altogether. Compares identities
    /// O(changes²) times: to build a ring use [`insert_all`](Self::insert_all).
    ///
    /// # Errors
    ///
    /// Names the first change that cannot be made and why. The ring is as it was.
    pub fn apply(&mut self, changes: &[Change<'_, S::Node>]) -> Result<(), BatchError>
    where
        S::Node: Clone,
    {
        let members = self.storage.members();
        let totals = change::check(members, self.points, self.vnodes, changes)?;
        self.storage
            .reserve(totals.nodes, totals.points, records(totals.moving, totals.points))
            .map_err(|error| BatchError { at: None, error })?;
        let unfinished = Unfinished(self);
        unfinished.0.make(None, changes, totals);
        unfinished.finish();
        Ok(())
    }

    /// Makes this ring what `old` would be after `changes`, whatever it was before: an edit that
    /// merges one ring into another and leaves the old one to its readers.
    ///
    /// Copies the arrays of `old` once, as good as a single change does in place. Takes over
    /// vnodes and key hash.
    ///
    /// # Errors
    ///
    /// As for [`apply`](Self::apply); and this ring must have room for the nodes of `old` as well
    /// as for those of the outcome.
    pub fn merge_from(
        &mut self,
        old: RingRef<'_, S::Node, S::Placement, H>,
        changes: &[Change<'_, S::Node>],
    ) -> Result<(), BatchError>
    where
        S::Node: Clone,
        H: Clone,
    {
        let totals = change::check(old.members, old.positions.len(), old.vnodes, changes)?;
        let nodes = totals.nodes.max(old.members.len());
        self.storage
            .reserve(nodes, totals.points, records(totals.moving, totals.points))
            .map_err(|error| BatchError { at: None, error })?;
        let unfinished = Unfinished(self);
        let ring = &mut *unfinished.0;
        ring.copy_members(old.members.iter());
        ring.vnodes = old.vnodes;
        ring.hash = old.hash.clone();
        let source = Source { positions: old.positions, owners: old.owners, index: old.index };
        ring.make(Some(source), changes, totals);
        unfinished.finish();
        Ok(())
    }

    /// Makes the members copies of `members`, for which there is room.
    pub(super) fn copy_members<'m>(&mut self, members: impl Iterator<Item = &'m Member<S::Node>>)
    where
        S::Node: Clone + 'm,
    {
        let mut len = 0;
        for member in members {
            self.copy_member(len, member);
            len += 1;
        }
        self.storage.truncate(len);
    }

    /// Makes the member at `place`, or that behind the last one, a copy of `member`.
    // Not inline where code must be little: that they do not overlap is known here only, and saves
    // `memmove`.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn copy_member(&mut self, place: usize, member: &Member<S::Node>)
    where
        S::Node: Clone,
    {
        match self.storage.members_mut().get_mut(place) {
            Some(to) => to.clone_from(member),
            None => self.storage.push(member.clone()),
        }
    }

    /// Removes all nodes.
    pub fn clear(&mut self) {
        self.storage.truncate(0);
        (self.points, self.shape) = (0, Shape::NONE);
        self.settle();
    }

    /// The place of the member with this identity.
    fn place_of(&self, identity: &[u8]) -> Result<usize, EditError> {
        find(self.storage.members(), identity).map_err(|_| EditError::UnknownIdentity)
    }

    /// Checks that `node` can join with `weight`, makes room for it, and finds its place.
    fn admit(&mut self, node: &S::Node, weight: u32) -> Result<usize, EditError> {
        let identity = node.identity();
        if identity.len() > MAX_IDENTITY_LEN {
            return Err(EditError::IdentityTooLong { len: identity.len() });
        }
        let members = self.storage.members();
        let Err(place) = find(members, identity) else {
            return Err(EditError::DuplicateIdentity);
        };
        let points = points_of(weight, self.vnodes);
        let all = points.saturating_add(self.points as u64);
        self.storage.reserve(members.len() + 1, all, points)?;
        Ok(place)
    }

    /// Puts `node` behind the first `old` members, where it waits to be taken in; `joining` counts
    /// the points of all that wait.
    pub(crate) fn stage(
        &mut self,
        old: usize,
        node: S::Node,
        weight: u32,
        joining: &mut u64,
    ) -> Result<(), EditError> {
        let identity = node.identity();
        if identity.len() > MAX_IDENTITY_LEN {
            return Err(EditError::IdentityTooLong { len: identity.len() });
        }
        let members = self.storage.members();
        if find(&members[..old], identity).is_ok() {
            return Err(EditError::DuplicateIdentity);
        }
        let staged = members.len() - old;
        *joining = joining.saturating_add(points_of(weight, self.vnodes));
        let all = joining.saturating_add(self.points as u64);
        S::check(old + staged + 1, all)?;
        // Their points get room when all are known.
        self.storage.make_room(old + staged + 1, self.points, 0)?;
        let mut member = Member::joining::<S::Placement>(node, weight);
        member.moves_to = staged as u32;
        self.storage.push(member);
        Ok(())
    }

    /// Sorts the members behind the first `old`, checks that they can join together, and makes
    /// room for their points.
    pub(crate) fn admit_staged(&mut self, old: usize) -> Result<(), BatchError> {
        let staged = &mut self.storage.members_mut()[old..];
        // Twins stay in the order given, so that the first of all is named.
        staged.sort_unstable_by(|a, b| {
            a.node.identity().cmp(b.node.identity()).then(a.moves_to.cmp(&b.moves_to))
        });
        let twins = staged.windows(2).filter(|w| w[0].node.identity() == w[1].node.identity());
        if let Some(at) = twins.map(|twins| twins[1].moves_to).min() {
            let error = EditError::DuplicateIdentity;
            return Err(BatchError { at: Some(at as usize), error });
        }
        let points = staged.iter().map(|member| points_of(member.target, self.vnodes));
        let joining = points.fold(0, u64::saturating_add);
        let all = joining.saturating_add(self.points as u64);
        self.storage
            .reserve(self.storage.members().len(), all, records(joining, all))
            .map_err(|error| BatchError { at: None, error })
    }

    /// Takes in the members behind the first `old`, which can join.
    pub(crate) fn take_staged(&mut self, old: usize) {
        let staged = self.storage.members()[old..].iter();
        let joining = staged.map(|member| points_of(member.target, self.vnodes)).sum();
        let anew = builds_anew(joining, self.points as u64 + joining);
        self.mark_arrivals(old);
        if self.points > 0 && !anew {
            self.leave(None, Rename::Table);
        }
        sort(self.storage.members_mut());
        if anew {
            self.empty();
        }
        self.join(None, Rename::KEEP);
        self.settle();
    }

    /// Writes down where each of the first `old` members goes once those behind them, which are
    /// in order, are sorted in.
    fn mark_arrivals(&mut self, old: usize) {
        let (members, staged) = self.storage.members_mut().split_at_mut(old);
        let mut arrived = 0;
        for (place, member) in members.iter_mut().enumerate() {
            let before = |staged: &Member<S::Node>| staged.node.identity() < member.node.identity();
            arrived += staged[arrived..].iter().take_while(|staged| before(staged)).count();
            member.moves_to = (place + arrived) as u32;
        }
    }

    /// Makes changes that were checked, for which there is room.
    fn make(
        &mut self,
        source: Option<Source<'_, PositionOf<S>>>,
        changes: &[Change<'_, S::Node>],
        totals: Totals,
    ) where
        S::Node: Clone,
    {
        let mut source = source;
        let (arrivals, arrival) = self.mark(changes);
        let members = self.storage.members();
        let departures = members.iter().filter(|member| member.leaves).count();
        let shrinks = members.iter().any(|member| member.target < member.weight);
        // Points that leave another ring go a few at a time: the others must fit meanwhile.
        let fits = source.is_none_or(|source| source.positions.len() <= S::POINTS);
        let anew = builds_anew(totals.moving, totals.points) || !fits;
        let rename = match (departures, arrivals) {
            (0, 0) => Rename::KEEP,
            (1, 0) => {
                let place = members.iter().take_while(|member| !member.leaves).count();
                Rename::Shift(Shift::down(place as u32))
            }
            _ => Rename::Table,
        };
        // A single arrival, the common case, is renamed for while its points are put in.
        let single = departures == 0 && arrivals == 1 && !shrinks;
        if (shrinks || departures + arrivals > 0) && !single && !anew {
            self.leave(source.take(), rename);
        }
        if departures > 0 {
            self.storage.retain(|member| !member.leaves);
        }
        if arrivals > 0 {
            for outcome in change::outcomes(changes) {
                let (Some(node), Some(weight)) = (outcome.node, outcome.weight) else { continue };
                let Err(place) = find(self.storage.members(), outcome.identity) else { continue };
                self.place(node.clone(), weight, place);
            }
        }
        if anew {
            source = None;
            self.empty();
        }
        self.join(source, if single { Rename::Shift(Shift::up(arrival)) } else { Rename::KEEP });
        self.settle();
    }

    /// Makes `node` the member at `place`; its points have yet to join.
    fn place(&mut self, node: S::Node, weight: u32, place: usize) {
        self.storage.push(Member::joining::<S::Placement>(node, weight));
        self.storage.members_mut()[place..].rotate_right(1);
    }

    /// Empties the arrays: all points of the members have yet to join.
    fn empty(&mut self) {
        self.points = 0;
        for member in self.storage.members_mut() {
            member.weight = 0;
        }
    }

    /// Marks on the members what `changes` come to, and where each then goes; returns how many
    /// new members arrive, and where the last of them does.
    fn mark(&mut self, changes: &[Change<'_, S::Node>]) -> (usize, u32)
    where
        S::Node: Clone,
    {
        let members = self.storage.members_mut();
        let (mut arrivals, mut arrival) = (0, 0);
        members.iter_mut().for_each(|member| member.moves_to = 0);
        for outcome in change::outcomes(changes) {
            match (find(members, outcome.identity), outcome.weight) {
                (Ok(place), weight) => {
                    let member = &mut members[place];
                    if let Some(node) = outcome.node {
                        member.node = node.clone();
                    }
                    member.target = weight.unwrap_or(0);
                    member.leaves = weight.is_none();
                }
                (Err(place), Some(_)) => {
                    (arrivals, arrival) = (arrivals + 1, place as u32);
                    if let Some(next) = members.get_mut(place) {
                        next.moves_to += 1;
                    }
                }
                (Err(_), None) => {}
            }
        }
        let mut place = 0;
        for member in members {
            place += member.moves_to;
            member.moves_to = place;
            place += u32::from(!member.leaves);
        }
        (arrivals, arrival)
    }

    /// Takes out the points of members whose target is below their weight, and renames owners.
    /// Owners are the members' present places.
    fn leave(&mut self, source: Option<Source<'_, PositionOf<S>>>, rename: Rename) {
        self.pass(source, rename, |member| member.target..member.weight, false);
    }

    /// Renames owners, and puts in the points of members whose target is above their weight.
    /// Owners of those are the members' present places.
    fn join(&mut self, source: Option<Source<'_, PositionOf<S>>>, rename: Rename) {
        self.pass(source, rename, |member| member.weight..member.target, true);
    }

    /// Takes out or puts in the points between the weights that `span` gives, as many at a time
    /// as there is room to sort, and renames owners once.
    fn pass(
        &mut self,
        source: Option<Source<'_, PositionOf<S>>>,
        rename: Rename,
        span: impl Fn(&Member<S::Node>) -> Range<u32> + Copy,
        joining: bool,
    ) {
        let vnodes = self.vnodes;
        let moving = move |member: &Member<S::Node>| {
            let span = span(member);
            points_of(span.end.saturating_sub(span.start), vnodes) as usize
        };
        let moving: usize = self.storage.members().iter().map(moving).sum();
        let before = source.map_or(self.points, |source| source.positions.len());
        let points = if joining { before + moving } else { before - moving };
        let Parts { members, arrays, words, records } = self.storage.parts(self.points);
        let pass = Pass::<S> {
            members,
            vnodes,
            words,
            records,
            shape: self.shape,
            before,
            points,
            joining,
        };
        self.shape = match arrays {
            AnyArrays::Narrow(arrays) => pass.run(arrays, source, rename, span),
            AnyArrays::Wide(arrays) => pass.run(arrays, source, rename, span),
        };
        self.points = points;
        for member in self.storage.members_mut() {
            let span = span(member);
            if !span.is_empty() {
                member.weight = member.target;
            }
        }
    }

    /// Gives back what the edit alone needed.
    pub(super) fn settle(&mut self) {
        self.storage.settle(self.points);
    }
}

/// Points on their way into the arrays or out of them.
struct Pass<'a, S: Storage> {
    members: &'a [Member<S::Node>],
    vnodes: u32,
    words: &'a mut [u16],
    records: &'a mut [S::Record],
    /// The shape of the index in `words`.
    shape: Shape,
    /// How many points there are before the pass, and after it.
    before: usize,
    points: usize,
    joining: bool,
}

impl<S: Storage> Pass<'_, S> {
    /// Makes the pass; returns the shape of the index after it.
    fn run<O: OwnerWord>(
        self,
        mut arrays: Arrays<'_, PositionOf<S>, O>,
        mut source: Option<Source<'_, PositionOf<S>>>,
        rename: Rename,
        span: impl Fn(&Member<S::Node>) -> Range<u32>,
    ) -> Shape {
        let Self { members, vnodes, words, records, mut shape, before, points, joining } = self;
        let most = S::index_words(points).min(words.len());
        if joining && before == 0 {
            let words = &mut words[..most];
            let built = build::fill::<S::Placement, _, _, _>(
                members,
                vnodes,
                points,
                &mut arrays,
                words,
                records,
            );
            if let Some(shape) = built {
                return shape;
            }
            (arrays.len, shape) = (0, Shape::NONE);
        }
        let (mut shift, table) = match rename {
            Rename::Shift(shift) => (shift, false),
            Rename::Table => (Shift::KEEP, true),
        };
        let settled = Shape::of(points, PositionOf::<S>::BITS, most);
        let follows = source.map_or(shape, |source| source.index.parts().1) == settled;
        let mut follows = follows && settled != Shape::NONE;
        let unmoved = source.is_none() && before == points;
        let step = if joining { Step::Up } else { Step::Down };
        let mut joined = members
            .iter()
            .enumerate()
            .flat_map(|(place, member)| {
                let span = span(member);
                // Both ends fit in 32 bits, or the edit would have been refused.
                let numbers =
                    points_of(span.start, vnodes) as u32..points_of(span.end, vnodes) as u32;
                numbers.map(move |r| {
                    S::Record::pack(S::Placement::point(member.seed, r), place as u32)
                })
            })
            .peekable();
        loop {
            let mut count = 0;
            for (record, point) in records.iter_mut().zip(&mut joined) {
                *record = point;
                count += 1;
            }
            let batch = &mut records[..count];
            if batch.is_empty() && source.is_none() && shift == Shift::KEEP {
                break;
            }
            super::sort::sort(batch);
            let batch = &*batch;
            // Points that leave are known by the old names of their owners, so these are renamed
            // with the last batch; points that join by the new names, so with the first.
            let now = joining || joined.peek().is_none();
            let shift = if now { core::mem::replace(&mut shift, Shift::KEEP) } else { Shift::KEEP };
            let bucket = |point: S::Record| point.position().bucket(settled.shift);
            match source.take() {
                Some(source) => {
                    arrays.merge(source, batch, joining, shift);
                    let (from, _) = source.index.parts();
                    let len = from.len();
                    follows = follows && copy_starts(from, &mut words[..len], batch, bucket, step);
                }
                None => {
                    let index = Index::new(words, shape);
                    let len = index.parts().0.len();
                    if joining {
                        arrays.insert(index, batch, shift);
                    } else {
                        arrays.remove(index, batch, shift);
                    }
                    let buckets = batch.iter().copied().map(bucket);
                    follows = follows && move_starts(&mut words[..len], buckets, step);
                }
            }
            shape = if follows { settled } else { Shape::NONE };
        }
        if table {
            arrays.rename(|owner| members[owner as usize].moves_to);
        }
        if follows || unmoved {
            return shape;
        }
        build_index(&arrays.positions[..points], &mut words[..most])
    }
}

/// Builds the index of `positions`, which are in order, in `words`.
pub(super) fn build_index<P: Position>(positions: &[P], words: &mut [u16]) -> Shape {
    let mut builder = Builder::new(positions.len(), P::BITS, words);
    let shift = builder.shape().shift;
    for position in positions {
        builder.point(position.bucket(shift));
    }
    builder.finish(positions.len())
}

/// Sorts members by identity.
fn sort<N: Node>(members: &mut [Member<N>]) {
    members.sort_unstable_by(|a, b| a.node.identity().cmp(b.node.identity()));
}

/// Nodes that wait behind the members. Unless they are admitted, an error or a panic drops them.
pub(crate) struct Staging<'r, S: Storage, H> {
    pub(crate) ring: &'r mut BasicRing<S, H>,
    /// The number of members before them.
    pub(crate) old: usize,
}

impl<S: Storage, H> Staging<'_, S, H> {
    /// They are admitted.
    pub(crate) fn finish(self) {
        core::mem::forget(self);
    }
}

impl<S: Storage, H> Drop for Staging<'_, S, H> {
    fn drop(&mut self) {
        self.ring.storage.truncate(self.old);
        // Gives back what was reserved in vain.
        self.ring.settle();
    }
}

/// An edit under way. Should a node panic in it, the ring is cleared rather than left half made.
pub(super) struct Unfinished<'r, S: Storage, H>(pub(super) &'r mut BasicRing<S, H>);

impl<S: Storage, H> Unfinished<'_, S, H> {
    /// The edit is complete.
    pub(super) fn finish(self) {
        core::mem::forget(self);
    }
}

impl<S: Storage, H> Drop for Unfinished<'_, S, H> {
    fn drop(&mut self) {
        self.0.clear();
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::{HeapRing, NamedNode, Ring};

    const NAMES: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    fn node(i: usize) -> NamedNode<'static> {
        NamedNode::new(&NAMES[i..=i]).with_weight(1 + i as u32 % 3)
    }

    /// That two rings are the same, word for word.
    fn assert_same<S: Storage, T: Storage<Placement = S::Placement>>(
        ring: &BasicRing<S>,
        wanted: &BasicRing<T>,
    ) {
        let (ring, wanted) = (ring.view(), wanted.view());
        assert_eq!(ring.positions, wanted.positions);
        let owners = |i| (ring.owners.get(i), wanted.owners.get(i));
        assert!((0..ring.positions.len()).map(owners).all(|(a, b)| a == b));
        assert_eq!(ring.index.parts(), wanted.index.parts());
    }

    /// Long runs and short ones, across the sizes at which the index changes its shape: each edit
    /// gives what a build of the outcome gives.
    #[test]
    fn edits_of_large_rings_equal_builds() {
        // 37 and 23 have no factor in common with any of these numbers of nodes.
        for (vnodes, nodes) in [(40, 62), (150, 30), (600, 62), (7, 60)] {
            let ring = |nodes: &[usize]| {
                let mut ring = HeapRing::<NamedNode>::with_vnodes(vnodes);
                ring.insert_all(nodes.iter().map(|&i| node(i))).unwrap();
                ring
            };
            let mut inline =
                std::boxed::Box::new(Ring::<NamedNode, 62, 75_000>::with_vnodes(vnodes));
            let (mut place, mut other) = (ring(&[]), ring(&[]));
            let mut members: Vec<usize> = Vec::new();
            for i in (0..nodes).map(|i| i * 37 % nodes) {
                members.push(i);
                members.sort_unstable();
                let wanted = ring(&members);
                other.merge_from(place.view(), &[Change::Insert(node(i))]).unwrap();
                place.insert(node(i)).unwrap();
                assert_same(&other, &wanted);
                assert_same(&place, &wanted);
                inline.insert(node(i)).unwrap();
                assert!(inline.view().positions == place.view().positions);
            }
            for i in (0..nodes).map(|i| i * 23 % nodes) {
                members.retain(|&member| member != i);
                let wanted = ring(&members);
                other.merge_from(place.view(), &[Change::Remove(node(i).name.as_bytes())]).unwrap();
                place.remove(node(i).name.as_bytes()).unwrap();
                assert_same(&other, &wanted);
                assert_same(&place, &wanted);
                inline.remove(node(i).name.as_bytes()).unwrap();
                assert!(inline.view().positions == place.view().positions);
            }
        }
    }
}
