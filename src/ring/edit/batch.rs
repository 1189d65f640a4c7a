//! The plan of many changes.
//!
//! Each change is judged as if those before it had been made; capacities are judged by the outcome.
//! Where the storage has room for a step of each change, the changes are sorted by identity: O(n log n)
//! comparisons of identities. Where it has not, each change is compared with all others.

use super::change::Change;
use super::excess::Excess;
use super::plan::{Membership, Plan, Steps, check_identity, judge, transition};
use crate::node::Node;
use crate::ring::error::{BatchError, EditError};
use crate::ring::member::find;
use crate::ring::storage::{Count, PackedStep, Step, Storage};

/// Plans `changes` in `steps`, which has room for exactly one a change.
///
/// # Errors
///
/// Names the first change that cannot be made.
pub(super) fn sorted<S: Storage>(
    before: &Membership<'_, S::Node>,
    changes: &[Change<'_, S::Node>],
    steps: &mut [S::Step],
) -> Result<Plan, BatchError> {
    for (at, step) in (0..).zip(&mut *steps) {
        let nothing = Step { number: 0, change: at, brings_node: false, before: None, after: None };
        *step = PackedStep::pack(nothing);
    }
    let change = |step: &S::Step| step.unpack().change as usize;
    let identity = |step: &S::Step| changes[change(step)].identity();
    steps.sort_unstable_by(|a, b| {
        identity(a).cmp(identity(b)).then_with(|| change(a).cmp(&change(b)))
    });
    let refused = judge_each(before, changes, steps);

    let excess = |steps: &[S::Step]| {
        let mut excess = Excess::<S>::new(before);
        for step in steps.iter().map(|step| step.unpack()) {
            excess.add(step.change as usize, step.before, step.after);
        }
        excess.refusal()
    };
    if refused.is_some() || excess(steps).is_some() {
        // Which change there is too much since depends on their order. Behind one that cannot be made
        // no change counts.
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
            // The last change that brings a node brings the one that is there in the end.
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

/// Writes into each of `steps`, which are in the order of identities and changes, what its change does
/// after those before it; the refusal of the first change that cannot be made, capacities apart.
fn judge_each<N: Node, T: PackedStep>(
    before: &Membership<'_, N>,
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
            None => judge(before, change.identity(), change.request()),
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

/// What `change` does to an identity to which `earlier` was done.
fn follow<N: Node>(
    before: &Membership<'_, N>,
    earlier: Step,
    change: &Change<'_, N>,
) -> Result<Step, EditError> {
    let weight = transition(earlier.after.map(|count| count.weight), change.request())?;
    Ok(Step {
        brings_node: change.node().is_some(),
        before: earlier.after,
        after: weight.map(|weight| Count::new(weight, before.vnodes)),
        ..earlier
    })
}

/// Plans `changes` without room to sort them. O(changes²) comparisons of identities.
///
/// # Errors
///
/// Names the first change that cannot be made.
pub(super) fn unsorted<S: Storage>(
    before: &Membership<'_, S::Node>,
    changes: &[Change<'_, S::Node>],
) -> Result<Plan, BatchError> {
    let mut excess = Excess::<S>::new(before);
    for (at, change) in changes.iter().enumerate() {
        let identity = change.identity();
        let weight = match changes[..at].iter().rfind(|earlier| earlier.identity() == identity) {
            Some(earlier) => earlier.request().weight(),
            None => find(before.members, identity).ok().map(|n| before.members[n].weight),
        };
        let judged = check_identity(identity).and_then(|()| transition(weight, change.request()));
        let after = judged
            .map_err(|error| excess.refusal().unwrap_or(BatchError { at: Some(at), error }))?;
        let count = |weight| Count::new(weight, before.vnodes);
        excess.add(at, weight.map(count), after.map(count));
    }
    match excess.refusal() {
        Some(refusal) => Err(refusal),
        None => Ok(Plan {
            steps: Steps::Unsorted,
            nodes: excess.nodes(),
            points: excess.points(),
            ..Plan::nothing(before)
        }),
    }
}

/// What a batch comes to for one identity.
pub(super) struct NetChange<'c, N> {
    pub(super) identity: &'c [u8],
    /// The node to take in, where the batch brings one.
    pub(super) node: Option<&'c N>,
    /// The weight in the end; `None` when no such node stays.
    pub(super) weight: Option<u32>,
}

/// What a batch that was planned comes to for each identity, in no particular order. O(changes²)
/// comparisons of identities.
pub(super) fn net_changes<'c, N: Node>(
    changes: &'c [Change<'_, N>],
) -> impl Iterator<Item = NetChange<'c, N>> {
    changes.iter().enumerate().filter_map(|(at, change)| {
        let identity = change.identity();
        if changes[at + 1..].iter().any(|later| later.identity() == identity) {
            return None;
        }
        let weight = change.request().weight();
        let mut insertions = changes[..=at].iter().rev().filter_map(Change::node);
        let node = insertions.find(|node| node.identity() == identity);
        Some(NetChange { identity, node: node.filter(|_| weight.is_some()), weight })
    })
}
