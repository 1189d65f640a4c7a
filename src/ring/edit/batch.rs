//! The plan of many changes.
//!
//! Each change is judged as if those before it had been made; capacities are judged by the outcome.
//! Where the storage has room for a step of each change, the changes are sorted by identity, with
//! O(n log n) comparisons. Where it has no room, each change is compared with all others.

use super::change::{Change, Request};
use super::excess::Excess;
use super::plan::{Membership, Plan, Steps, judge, transition};
use super::unsorted::unsorted;
use crate::node::Node;
use crate::point::PointsOf;
use crate::ring::basic::BasicRing;
use crate::ring::error::{BatchError, EditError};
use crate::ring::points::Layout;
use crate::ring::storage::{Capacity, PackedStep, Parts, Step, Storage};
use crate::ring::view::RingRef;
use crate::target;

impl<S: Storage, H> BasicRing<S, H> {
    /// Plans `changes` of `old`, or of this ring if `old` is `None`, and makes room for the plan.
    pub(super) fn plan_batch(
        &mut self,
        old: Option<RingRef<'_, S::Node, S::Placement, H>>,
        changes: &[Change<'_, S::Node>],
    ) -> Result<Plan, BatchError> {
        let refused = |error| BatchError { at: None, error };
        let (points, config, capacity) = (self.points, self.storage.config(), self.capacity());
        let members = old.map_or(self.storage.members().len(), |old| old.members.len());
        let sorts = changes.len() > 1 && self.sorts(changes.len(), members).map_err(refused)?;
        let room = if sorts { changes.len() } else { 0 };
        let Parts { members, steps, .. } = self.storage.parts(points, room, 0);
        let before = old.map_or(Membership { members, points, config }, |old| old.membership());
        let points_before = before.points;
        let judged_by = Self::judged_by(capacity);
        let planned = match changes {
            [] => {
                let plan = Plan::nothing(&before);
                capacity.check(plan.nodes, plan.points).map(|()| plan).map_err(refused)
            }
            [change] if !S::Placement::ORDERS || change.request() != Request::Replace => {
                let (identity, request, node) = change.asked();
                Plan::one(&before, judged_by, identity, request, node)
                    .map(|(plan, _)| plan)
                    .map_err(|error| BatchError { at: Some(0), error })
            }
            _ if sorts => sorted(&before, judged_by, changes, steps),
            _ => unsorted(&before, judged_by, changes),
        };
        match planned {
            Ok(mut plan) => {
                if Self::RELATIVE {
                    plan = match self.recount(plan, old, changes, |at| changes.get(at)?.node()) {
                        Ok(plan) => plan,
                        Err(error) => {
                            self.release_scratch();
                            return Err(refused(error));
                        }
                    };
                }
                plan.decide(capacity, points_before);
                plan.anew |= target::CODE_MUST_BE_SMALL;
                // The points that leave are not those that a plan in numbers of points knows of.
                plan.anew |= Self::moves_points(&plan);
                // There are no sorted arrays to copy points from.
                plan.anew |= old.is_some_and(|old| old.points.sorted().is_none());
                self.reserve(&plan).map(|()| plan).map_err(refused)
            }
            Err(refusal) => {
                self.release_scratch();
                Err(refusal)
            }
        }
    }

    /// Whether `changes` changes of `members` members are sorted. If they are, room for their steps
    /// has been made. They are sorted by identity, which says nothing where members have an order of their own.
    pub(super) fn sorts(&mut self, changes: usize, members: usize) -> Result<bool, EditError> {
        if <S::Placement as PointsOf<S::Node>>::ORDERS {
            Ok(false)
        } else {
            self.has_steps(changes, members)
        }
    }

    /// Whether there is room for `steps` steps of `members` members, which has been made then. Where code must be
    /// small there is none, because what goes by steps takes much code.
    pub(super) fn has_steps(&mut self, steps: usize, members: usize) -> Result<bool, EditError> {
        if target::CODE_MUST_BE_SMALL {
            Ok(false)
        } else {
            self.storage.reserve_steps(steps, members)
        }
    }
}

/// Plans `changes` in `steps`, which has exactly one element for each change.
///
/// # Errors
///
/// Names the first change that cannot be made.
fn sorted<N: Node, P: PointsOf<N>, T: PackedStep>(
    before: &Membership<'_, N, P>,
    capacity: Capacity,
    changes: &[Change<'_, N>],
    steps: &mut [T],
) -> Result<Plan, BatchError> {
    for (at, step) in (0..).zip(&mut *steps) {
        let nothing = Step { number: 0, change: at, brings_node: false, before: None, after: None };
        *step = PackedStep::pack(nothing);
    }
    let change = |step: &T| step.unpack().change as usize;
    let identity = |step: &T| changes[change(step)].identity();
    steps.sort_unstable_by(|a, b| {
        identity(a).cmp(identity(b)).then_with(|| change(a).cmp(&change(b)))
    });
    let refused = judge_each(before, changes, steps);

    let excess = |steps: &[T]| {
        let mut excess = Excess::new(before, capacity);
        for step in steps.iter().map(|step| step.unpack()) {
            excess.add(step.change as usize, step.before, step.after);
        }
        excess.refusal()
    };
    if refused.is_some() || excess(steps).is_some() {
        // From which change on a capacity is exceeded depends on the order of the batch. Changes
        // after one that cannot be made do not count.
        steps.sort_unstable_by_key(change);
        let judged = refused.and_then(|refused| refused.at).unwrap_or(steps.len());
        if let Some(refusal) = excess(&steps[..judged]).or(refused) {
            return Err(refusal);
        }
    }

    let mut plan = Plan::nothing(before);
    let (mut next, mut kept) = (0, 0);
    while let Some(first) = steps.get(next) {
        let (mut net, this) = (first.unpack(), identity(first));
        next += 1;
        while let Some(step) = steps.get(next).filter(|step| identity(step) == this) {
            let step = step.unpack();
            next += 1;
            net.after = step.after;
            // Of several changes that bring a node, the last brings the node that stays.
            if step.brings_node || !net.brings_node {
                (net.change, net.brings_node) = (step.change, step.brings_node);
            }
        }
        net.brings_node &= net.after.is_some();
        if net.before != net.after || net.brings_node {
            plan.add(&net);
            steps[kept] = PackedStep::pack(net);
            kept += 1;
        }
    }
    plan.steps = Steps::Sorted(kept);
    Ok(plan)
}

/// Writes into each of `steps` what its change does after the earlier changes of its identity.
/// `steps` are in the order of identities, then of changes. Returns the refusal of the first change
/// that cannot be made. Capacities are not checked.
fn judge_each<N: Node, P: PointsOf<N>, T: PackedStep>(
    before: &Membership<'_, N, P>,
    changes: &[Change<'_, N>],
    steps: &mut [T],
) -> Option<BatchError> {
    let mut refused: Option<BatchError> = None;
    let mut last: Option<Step> = None;
    for step in steps {
        let at = step.unpack().change;
        let change = &changes[at as usize];
        let earlier =
            last.filter(|last| changes[last.change as usize].identity() == change.identity());
        let judged = match earlier {
            Some(earlier) => follow(before, earlier, change),
            None => {
                let (identity, request, node) = change.asked();
                judge(before, identity, request, node)
            }
        };
        match judged {
            Ok(judged) => {
                let judged = Step { change: at, ..judged };
                *step = PackedStep::pack(judged);
                last = Some(judged);
            }
            Err(error) if refused.is_none_or(|refused| Some(at as usize) < refused.at) => {
                refused = Some(BatchError { at: Some(at as usize), error });
            }
            Err(_) => {}
        }
    }
    refused
}

/// The step of `change` after the step `earlier` of the same identity.
fn follow<N: Node, P: PointsOf<N>>(
    before: &Membership<'_, N, P>,
    earlier: Step,
    change: &Change<'_, N>,
) -> Result<Step, EditError> {
    Ok(Step {
        brings_node: change.node().is_some(),
        before: earlier.after,
        after: transition::<P>(&before.config, earlier.after, change.request())?,
        ..earlier
    })
}
