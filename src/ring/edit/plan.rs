//! The plan of an edit: what happens to each member and to its number of points, decided before any
//! member or point changes.
//!
//! [`transition`] alone decides which request is allowed for which identity. Every plan can be
//! carried out once there is room for it.

use super::anew;
use super::change::Request;
use crate::node::{MAX_IDENTITY_LEN, Node};
use crate::point::{Counts as _, Placement, PointsOf};
use crate::ring::basic::BasicRing;
use crate::ring::error::EditError;
use crate::ring::member::{Count, Member, find, place};
use crate::ring::points::{Layout, MOST_NARROW};
use crate::ring::storage::{Capacity, Room, Step, Storage};
use crate::ring::view::RingRef;

/// What an edit starts from: the members of a ring and their points.
#[derive(Debug)]
pub(super) struct Membership<'a, N, P: Placement> {
    pub(super) members: &'a [Member<N>],
    /// The number of points of all members.
    pub(super) points: usize,
    /// What the ring was made with.
    pub(super) config: P::Config,
}

/// What happens to the members of a ring, and how many nodes and points it has afterwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) steps: Steps,
    /// Whether a node takes the place of another with its identity.
    pub(super) replaces: bool,
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
    /// Whether the points are built anew from the members of the outcome, rather than moved or
    /// merged.
    pub(super) anew: bool,
}

/// Where the steps of a plan are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Steps {
    /// There is one step, this one.
    One(Step),
    /// This number of steps is in the scratch of the storage, in the order of members.
    Sorted(usize),
    /// There are no steps: the new members are staged behind the old ones, in the order of
    /// identities.
    Staged,
    /// There are no steps, for want of room or of need. Whoever carries the plan out knows what happens to the
    /// members, and all points are built anew.
    Untold,
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
    /// The plan in which nothing happens to these members.
    pub(super) fn nothing<N, P: Placement>(before: &Membership<'_, N, P>) -> Self {
        Self {
            steps: Steps::Sorted(0),
            replaces: false,
            nodes_before: before.members.len(),
            nodes: before.members.len(),
            points: before.points as u64,
            leaving: 0,
            joining: 0,
            renumbering: Renumbering::None,
            anew: false,
        }
    }

    /// The plan of one request, and its step. `node` is the node that the request brings, if it does.
    ///
    /// Where counts of points are relative, the plan does not know them: see `recount`.
    ///
    /// # Errors
    ///
    /// The request is refused, or the outcome exceeds `capacity`.
    pub(super) fn one<N: Node, P: PointsOf<N>>(
        before: &Membership<'_, N, P>,
        capacity: Capacity,
        identity: &[u8],
        request: Request,
        node: Option<&N>,
    ) -> Result<(Self, Step), EditError> {
        let step = judge(before, identity, request, node)?;
        let mut plan = Self { steps: Steps::One(step), ..Self::nothing(before) };
        plan.add(&step);
        capacity.check(plan.nodes, plan.points)?;
        plan.decide(capacity, before.points);
        Ok((plan, step))
    }

    /// Adds what a step does to the totals of the plan.
    pub(super) fn add(&mut self, step: &Step) {
        self.replaces |= step.brings_node && step.before.is_some();
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

    /// Decides whether the points are built anew. They are if moving them would cost more, if there
    /// are no steps to tell which points move, if the ring before exceeds the capacity of the ring
    /// after, and if owners change from 32 to 16 bits.
    ///
    /// `capacity` is that of the ring after, `points_before` the points of the ring before.
    pub(super) fn decide(&mut self, capacity: Capacity, points_before: usize) {
        let moving = self.leaving.saturating_add(self.joining);
        // Owners would become 16 bits wide before they are renumbered, and old numbers may not fit.
        let narrows = self.nodes_before > MOST_NARROW && self.nodes <= MOST_NARROW;
        self.anew |= matches!(self.steps, Steps::Untold)
            || moving >= self.points / 4
            || points_before > capacity.points
            || self.nodes_before > capacity.nodes
            || narrows;
    }

    /// The number of steps in the scratch of the storage, and the number of members whose new
    /// numbers are written there.
    pub(super) fn scratch(&self) -> (usize, usize) {
        let steps = if let Steps::Sorted(steps) = self.steps { steps } else { 0 };
        let renumbers = self.renumbering == Renumbering::Many && !self.anew;
        (steps, if renumbers { self.nodes_before } else { 0 })
    }

    /// What the plan needs room for.
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
    /// Whether nodes that take the places of others may have other points, so that all are built anew.
    pub(super) fn moves_points(plan: &Plan) -> bool {
        plan.replaces && !S::Placement::BY_IDENTITY
    }

    /// What edits of this ring start from.
    pub(super) fn membership(&self) -> Membership<'_, S::Node, S::Placement> {
        let members = self.storage.members();
        Membership { members, points: self.points, config: self.storage.config() }
    }
}

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// What edits of this ring start from.
    pub(super) fn membership(&self) -> Membership<'a, N, P> {
        Membership { members: self.members, points: self.points.len(), config: self.config }
    }
}

/// The step that `request` takes for this identity, which need not be a member's. `node` is the node
/// that the request brings, if it does. As the index of its change the step has 0.
///
/// # Errors
///
/// [`EditError::IdentityTooLong`], and those of [`transition`].
pub(super) fn judge<N: Node, P: PointsOf<N>>(
    before: &Membership<'_, N, P>,
    identity: &[u8],
    request: Request,
    node: Option<&N>,
) -> Result<Step, EditError> {
    check_identity(identity)?;
    let (number, present) = match find::<P, N>(before.members, identity) {
        Ok(number) => (number, before.members.get(number)),
        Err(number) => match node {
            Some(node) if P::ORDERS => (place::<P, N>(before.members, node), None),
            _ => (number, None),
        },
    };
    let count = present.map(Member::count);
    Ok(Step {
        number: number as u32,
        change: 0,
        brings_node: matches!(request, Request::Insert(_) | Request::Replace),
        before: count,
        after: transition::<P>(&before.config, count, request)?,
    })
}

/// The weight and the number of points after `request` of the identity that has those in `before`. `None`
/// means in both cases that no member has the identity.
///
/// # Errors
///
/// [`EditError::DuplicateIdentity`] if a member is to join, [`EditError::UnknownIdentity`] if a node that
/// is no member is to do anything else. If a number of points is to be set, [`EditError::RelativeCounts`] where
/// these depend on other members, and [`EditError::Drained`] where the weight is 0.
pub(super) fn transition<P: Placement>(
    config: &P::Config,
    before: Option<Count>,
    request: Request,
) -> Result<Option<Count>, EditError> {
    let joins = matches!(request, Request::Insert(_));
    if joins == before.is_some() {
        return Err(if joins { EditError::DuplicateIdentity } else { EditError::UnknownIdentity });
    }
    let count = before.unwrap_or(Count { weight: 0, points: 0 });
    Ok(match request {
        Request::Insert(weight) | Request::SetWeight(weight) => {
            Some(Count::of::<P>(config, weight))
        }
        Request::Remove => None,
        Request::Replace => Some(count),
        Request::SetPoints(_) if P::Counts::RELATIVE => return Err(EditError::RelativeCounts),
        Request::SetPoints(1..) if count.weight == 0 => return Err(EditError::Drained),
        Request::SetPoints(points) => Some(Count { points: points.into(), ..count }),
    })
}

/// Checks that an identity is not too long.
pub(super) fn check_identity(identity: &[u8]) -> Result<(), EditError> {
    match identity.len() {
        0..=MAX_IDENTITY_LEN => Ok(()),
        len => Err(EditError::IdentityTooLong { len }),
    }
}
