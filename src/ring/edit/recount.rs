//! Plans where the points of a member depend on the whole membership: a change of one node may
//! change the counts of others. The plan gets a step for each member whose count changes, if there
//! is room for the steps; otherwise the points are built anew.

use super::change::Change;
use super::counts::{points_of_next, rule, total, weighed_after};
use super::plan::{Membership, Plan, Steps};
use crate::point::PointsOf;
use crate::ring::basic::BasicRing;
use crate::ring::error::EditError;
use crate::ring::member::{Count, Member};
use crate::ring::storage::{Capacity, PackedStep, Parts, Step, Storage};
use crate::ring::view::RingRef;

/// The index of the change of a step that no change asks for.
const NO_CHANGE: u32 = u32::MAX;

impl<S: Storage, H> BasicRing<S, H> {
    /// What plans are judged by that do not know yet how many points there will be. Elsewhere it is
    /// `capacity`.
    pub(super) fn judged_by(capacity: Capacity) -> Capacity {
        if Self::RELATIVE { Capacity { points: usize::MAX, ..capacity } } else { capacity }
    }

    /// The plan with the counts of its outcome, out of a `plan` that knows weights alone. It is the
    /// plan of `changes` of `old`, or of this ring if `old` is `None`. `brought` says which node the change of
    /// this index brings.
    ///
    /// # Errors
    ///
    /// The outcome has too many points, or the allocator has no memory for the steps.
    pub(super) fn recount<'c>(
        &mut self,
        plan: Plan,
        old: Option<RingRef<'_, S::Node, S::Placement, H>>,
        changes: &'c [Change<'c, S::Node>],
        brought: impl Fn(usize) -> Option<&'c S::Node>,
    ) -> Result<Plan, EditError> {
        let (points, config, capacity) = (self.points, self.storage.config(), self.capacity());
        let (asked, kept) = match plan.steps {
            Steps::One(_) => (1, 0),
            Steps::Sorted(steps) => (steps, steps),
            Steps::Staged | Steps::Untold => (0, 0),
        };
        if matches!(plan.steps, Steps::Sorted(0)) {
            return capacity.check(plan.nodes, plan.points).map(|()| plan);
        }
        // The steps that changes ask for move behind the room for all others, so that they can be
        // read while the others are written.
        let all = plan.nodes_before + 2 * asked;
        // One change is in the order of members, whatever that is; several were sorted.
        let fits = asked > 0 && self.has_steps(all, plan.nodes_before)?;
        let room = if fits { all } else { kept };
        let Parts { members, steps, .. } = self.storage.parts(points, room, 0);
        let here = Membership::<_, S::Placement> { members, points, config };
        let before = old.map_or(here, |old| old.membership());
        if matches!(plan.steps, Steps::Untold) {
            let weighed = weighed_after::<S::Placement, _>(before.members, changes);
            let points = total::<S::Placement, _>(&before.config, weighed);
            capacity.check(plan.nodes, points)?;
            return Ok(Plan { points, ..plan });
        }
        let (room, asked) = if fits {
            steps.copy_within(..kept, all - asked);
            steps.split_at_mut(all - asked)
        } else {
            (&mut [][..], steps)
        };
        let alone;
        let asked = match plan.steps {
            Steps::One(step) => {
                alone = [S::Step::pack(step)];
                &alone[..]
            }
            _ => &*asked,
        };
        let mut counted = Plan::nothing(&before);
        let (mut told, mut others, mut last) = (0, 0, None);
        let asked = asked.iter().map(|step| step.unpack());
        let merged = merged(before.members, asked);
        for step in count::<S::Placement, _>(&before, merged, brought) {
            counted.add(&step);
            if step.change == NO_CHANGE {
                others += usize::from(step.before != step.after);
            } else {
                last = Some(step);
            }
            if (step.before != step.after || step.brings_node)
                && let Some(slot) = room.get_mut(told)
            {
                *slot = S::Step::pack(step);
                told += 1;
            }
        }
        capacity.check(counted.nodes, counted.points)?;
        counted.steps = match (plan.steps, last) {
            (Steps::One(_), Some(step)) if others == 0 => Steps::One(step),
            _ if fits => Steps::Sorted(told),
            (steps, _) => {
                counted.anew = true;
                steps
            }
        };
        Ok(counted)
    }
}

/// These steps, which are those of all members in their order, with the counts that follow from all
/// of them. `brought` says which node the change of a step brings.
fn count<'b, P: PointsOf<N>, N: 'b>(
    before: &Membership<'_, N, P>,
    steps: impl Iterator<Item = Step> + Clone,
    brought: impl Fn(usize) -> Option<&'b N>,
) -> impl Iterator<Item = Step> {
    let Membership { members, config, .. } = *before;
    let weights = steps.clone().filter_map(|step| step.after).map(|count| count.weight);
    let mut counts = rule::<P>(&config, weights);
    steps.map(move |step| {
        let after = step.after.and_then(|Count { weight, .. }| {
            let node = if step.brings_node {
                brought(step.change as usize)
            } else {
                members.get(step.number as usize).map(Member::node)
            };
            let points = points_of_next::<P, N>(&config, &mut counts, node?, weight);
            Some(Count { weight, points })
        });
        Step { after, ..step }
    })
}

/// `steps`, which are in the order of the members, and between them a step for each member that none
/// of them is about.
fn merged<N>(
    members: &[Member<N>],
    steps: impl Iterator<Item = Step> + Clone,
) -> impl Iterator<Item = Step> + Clone {
    let mut next = 0;
    let mut steps = steps.peekable();
    core::iter::from_fn(move || {
        if let Some(step) = steps.next_if(|step| step.number as usize <= next) {
            next += usize::from(step.before.is_some());
            return Some(step);
        }
        let count = Some(members.get(next)?.count());
        let number = next as u32;
        next += 1;
        Some(Step { number, change: NO_CHANGE, brings_node: false, before: count, after: count })
    })
}
