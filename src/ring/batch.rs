//! Many changes at once: what they come to is marked on the members, then the arrays follow.

use super::build::{builds_anew, scratch_points};
use super::change::{self, Change, Totals, find};
use super::edit::ClearOnUnwind;
use super::error::BatchError;
use super::member::Member;
use super::merge::{Shift, Source};
use super::owned::BasicRing;
use super::pass::Rename;
use super::storage::{PositionOf, Storage};
use super::view::RingRef;

impl<S: Storage, H> BasicRing<S, H> {
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
            .reserve(totals.nodes, totals.points, scratch_points(totals.moving, totals.points))
            .map_err(|error| BatchError { at: None, error })?;
        let unfinished = ClearOnUnwind(self);
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
            .reserve(nodes, totals.points, scratch_points(totals.moving, totals.points))
            .map_err(|error| BatchError { at: None, error })?;
        let unfinished = ClearOnUnwind(self);
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
            for outcome in change::net_changes(changes) {
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
        self.release_scratch();
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
        for outcome in change::net_changes(changes) {
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
}
