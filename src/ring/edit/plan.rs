//! The plan of an edit: what happens to each member, in points, before anything is touched.
//!
//! [`transition`] is the one table of what may be asked of whom. A plan that was made can be carried out,
//! given room for what it says.

use super::anew;
use super::change::Request;
use crate::node::{MAX_IDENTITY_LEN, Node};
use crate::point::Placement;
use crate::ring::basic::BasicRing;
use crate::ring::error::EditError;
use crate::ring::member::{Member, find};
use crate::ring::points::MOST_NARROW;
use crate::ring::storage::{Capacity, Count, Room, Step, Storage};
use crate::ring::view::RingRef;

/// What an edit starts from: the members of a ring and their points.
#[derive(Debug)]
pub(super) struct Membership<'a, N> {
    pub(super) members: &'a [Member<N>],
    /// The number of points of all members.
    pub(super) points: usize,
    /// The points of a node of weight 1.
    pub(super) vnodes: u32,
}

/// What happens to the members of a ring, and what the ring has in the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) steps: Steps,
    /// The points of a node of weight 1.
    pub(super) vnodes: u32,
    /// The number of members before.
    pub(super) nodes_before: usize,
    /// The number of members after.
    pub(super) nodes: usize,
    /// The number of points after.
    pub(super) points: u64,
    /// The number of points that leave.
    pub(super) leaving: u64,
    /// The number of points that join.
    pub(super) joining: u64,
    /// How the members that stay are renumbered.
    pub(super) renumbering: Renumbering,
    /// Whether the points are built anew from the members of the outcome, rather than moved or merged.
    pub(super) anew: bool,
}

/// Where the steps of a plan are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Steps {
    /// There is one.
    One(Step),
    /// So many are in the scratch of the storage, in the order of identities.
    Sorted(usize),
    /// New members wait behind the old ones, in the order of identities.
    Staged,
    /// There was no room to sort them: the changes must be asked about each member.
    Unsorted,
}

/// How the members that stay are renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renumbering {
    /// Each keeps its number.
    None,
    /// One member arrives and gets this number.
    Arrival(u32),
    /// The member of this number departs.
    Departure(u32),
    /// Several arrive or depart.
    Many,
}

impl Plan {
    /// Nothing happens to these members.
    pub(super) fn nothing<N>(before: &Membership<'_, N>) -> Self {
        Self {
            steps: Steps::Sorted(0),
            vnodes: before.vnodes,
            nodes_before: before.members.len(),
            nodes: before.members.len(),
            points: before.points as u64,
            leaving: 0,
            joining: 0,
            renumbering: Renumbering::None,
            anew: false,
        }
    }

    /// The plan of one request, and its step.
    ///
    /// # Errors
    ///
    /// The request is refused, or the outcome exceeds `capacity`.
    pub(super) fn one<N: Node>(
        before: &Membership<'_, N>,
        capacity: Capacity,
        identity: &[u8],
        request: Request,
    ) -> Result<(Self, Step), EditError> {
        let step = judge(before, identity, request)?;
        let mut plan = Self { steps: Steps::One(step), ..Self::nothing(before) };
        plan.add(&step);
        capacity.check(plan.nodes, plan.points)?;
        plan.decide(capacity, before.points);
        Ok((plan, step))
    }

    /// Counts what a step does.
    pub(super) fn add(&mut self, step: &Step) {
        let (before, after) = (step.points_before(), step.points_after());
        self.points = self.points.saturating_sub(before).saturating_add(after);
        self.leaving = self.leaving.saturating_add(before.saturating_sub(after));
        self.joining = self.joining.saturating_add(after.saturating_sub(before));
        let renumbering = match (step.before, step.after) {
            (None, Some(_)) => {
                self.nodes += 1;
                Renumbering::Arrival(step.number)
            }
            (Some(_), None) => {
                self.nodes -= 1;
                Renumbering::Departure(step.number)
            }
            _ => return,
        };
        self.renumbering = match self.renumbering {
            Renumbering::None => renumbering,
            _ => Renumbering::Many,
        };
    }

    /// Decides whether the points are built anew: where moving them about costs more, where the steps are
    /// not known one by one, and where the ring before does not fit the memory of the ring after.
    ///
    /// `capacity` is that of the ring after, `points_before` the points of the ring before.
    pub(super) fn decide(&mut self, capacity: Capacity, points_before: usize) {
        let moving = self.leaving.saturating_add(self.joining);
        // Owners of 32 bits are narrowed before they are renumbered.
        let narrows = self.nodes_before > MOST_NARROW && self.nodes <= MOST_NARROW;
        self.anew = matches!(self.steps, Steps::Unsorted)
            || moving >= self.points / 4
            || points_before > capacity.points
            || self.nodes_before > capacity.nodes
            || narrows;
    }

    /// How many steps it has in the scratch of the storage, and how many members are renumbered there.
    pub(super) fn scratch(&self) -> (usize, usize) {
        let steps = if let Steps::Sorted(steps) = self.steps { steps } else { 0 };
        let renumbers = self.renumbering == Renumbering::Many && !self.anew;
        (steps, if renumbers { self.nodes_before } else { 0 })
    }

    /// What it needs room for.
    pub(super) fn room(&self) -> Room {
        let packed = match self.anew {
            true => anew::packed(self.points),
            false => self.leaving.max(self.joining),
        };
        let (_, numbers) = self.scratch();
        Room { nodes: self.nodes, points: self.points, packed, numbers }
    }
}

impl<S: Storage, H> BasicRing<S, H> {
    /// What edits of this ring start from.
    pub(super) fn membership(&self) -> Membership<'_, S::Node> {
        let members = self.storage.members();
        Membership { members, points: self.points, vnodes: self.vnodes }
    }
}

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// What edits of this ring start from.
    pub(super) fn membership(&self) -> Membership<'a, N> {
        Membership { members: self.members, points: self.points.len(), vnodes: self.vnodes }
    }
}

/// What `request` does to the member with this identity, or to a newcomer; as change 0.
///
/// # Errors
///
/// [`EditError::IdentityTooLong`], and those of [`transition`].
pub(super) fn judge<N: Node>(
    before: &Membership<'_, N>,
    identity: &[u8],
    request: Request,
) -> Result<Step, EditError> {
    check_identity(identity)?;
    let (number, present) = match find(before.members, identity) {
        Ok(number) => (number, before.members.get(number)),
        Err(number) => (number, None),
    };
    let weight = transition(present.map(|member| member.weight), request)?;
    let count = |member: &Member<N>| Count { weight: member.weight, points: member.points.into() };
    Ok(Step {
        number: number as u32,
        change: 0,
        brings_node: matches!(request, Request::Insert(_)),
        before: present.map(count),
        after: weight.map(|weight| Count::new(weight, before.vnodes)),
    })
}

/// What becomes of a member of weight `before`, or of no member, when this is asked for its identity:
/// its weight after, or no member.
///
/// # Errors
///
/// [`EditError::DuplicateIdentity`] and [`EditError::UnknownIdentity`].
pub(super) fn transition(before: Option<u32>, request: Request) -> Result<Option<u32>, EditError> {
    match (request, before) {
        (Request::Insert(_), None) | (Request::SetWeight(_) | Request::Remove, Some(_)) => {
            Ok(request.weight())
        }
        (Request::Insert(_), Some(_)) => Err(EditError::DuplicateIdentity),
        (Request::SetWeight(_) | Request::Remove, None) => Err(EditError::UnknownIdentity),
    }
}

/// Checks that an identity is not too long.
pub(super) fn check_identity(identity: &[u8]) -> Result<(), EditError> {
    match identity.len() {
        0..=MAX_IDENTITY_LEN => Ok(()),
        len => Err(EditError::IdentityTooLong { len }),
    }
}
