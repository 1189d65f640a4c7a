//! Changing the members as a plan says: in place, or while they are copied from a ring in another
//! buffer.

use core::mem;

use super::change::Brought;
use super::plan::{Plan, Steps};
use crate::node::Node;
use crate::point::PointsOf;
use crate::ring::basic::BasicRing;
use crate::ring::member::{Count, Member, compare};
use crate::ring::storage::{PackedStep, Step, Storage};

impl<S: Storage, H> BasicRing<S, H> {
    /// Inserts a new member, which gets this number.
    pub(super) fn put_in(&mut self, number: usize, node: S::Node, count: Count) {
        self.push(node, count);
        self.storage.members_mut()[number..].rotate_right(1);
    }

    /// Puts `node` in the place of that of the member of this number, which is returned.
    pub(super) fn replace_node(&mut self, number: usize, node: S::Node) -> S::Node {
        let config = self.storage.config();
        let Some(member) = self.storage.members_mut().get_mut(number) else { return node };
        let before = mem::replace(&mut member.node, node);
        if !S::Placement::BY_IDENTITY {
            member.seed = S::Placement::seed(&config, &member.node);
        }
        before
    }

    /// Adds a new member behind the others.
    pub(super) fn push(&mut self, node: S::Node, Count { weight, points }: Count) {
        let config = self.storage.config();
        self.storage.push(Member::new::<S::Placement>(&config, node, weight, points as u32));
    }

    /// Puts the members in their order.
    pub(super) fn sort_members(&mut self) {
        sort::<S::Placement, _>(self.storage.members_mut());
    }

    /// Step `index` of `plan`; `None` past the last.
    fn step(&self, plan: &Plan, index: usize) -> Option<Step> {
        match plan.steps {
            Steps::One(step) => (index == 0).then_some(step),
            Steps::Sorted(len) => (index < len).then(|| self.storage.step(index).unpack()),
            Steps::Staged | Steps::Untold => None,
        }
    }

    /// Changes the members in place as the steps of `plan` say. `brought` gives the node that a step brings.
    pub(super) fn change_members<B: Brought<S::Node>>(
        &mut self,
        plan: &Plan,
        mut brought: impl FnMut(&Step) -> Option<B>,
    ) {
        let config = self.storage.config();
        // Members that depart are swapped behind those that stay.
        let (mut read, mut write) = (0, 0);
        let members = self.storage.members().len();
        for index in 0.. {
            let step = self.step(plan, index);
            let end = step.map_or(members, |step| step.number as usize);
            while read < end {
                self.storage.members_mut().swap(read, write);
                (read, write) = (read + 1, write + 1);
            }
            let Some(step) = step else { break };
            if step.before.is_some() {
                self.storage.members_mut().swap(read, write);
                if let Some(after) = step.after {
                    let member = &mut self.storage.members_mut()[write];
                    change::<S::Placement, _>(&config, member, after, brought(&step));
                    write += 1;
                }
                read += 1;
            }
        }
        self.storage.truncate(write);
        for index in 0.. {
            let Some(step) = self.step(plan, index) else { break };
            if let (None, Some(count)) = (step.before, step.after)
                && let Some(node) = brought(&step)
            {
                self.push(node.into_node(), count);
            }
        }
        if self.storage.members().len() > write {
            self.sort_members();
        }
    }

    /// Makes the members what `old`, those of a ring in another buffer, become by the steps of `plan`.
    /// `brought` gives the node that a step brings.
    pub(super) fn copy_members<'n>(
        &mut self,
        old: &[Member<S::Node>],
        plan: &Plan,
        mut brought: impl FnMut(&Step) -> Option<&'n S::Node>,
    ) where
        S::Node: Clone + 'n,
    {
        let config = self.storage.config();
        let mut len = 0;
        let mut read = 0;
        for index in 0.. {
            let step = self.step(plan, index);
            let end = step.map_or(old.len(), |step| step.number as usize);
            for member in &old[read..end] {
                self.copy_member(len, member);
                len += 1;
            }
            read = end;
            let Some(step) = step else { break };
            let Some(after) = step.after else {
                read += 1;
                continue;
            };
            match (step.before, brought(&step)) {
                (Some(_), node) => {
                    self.copy_member(len, &old[read]);
                    let member = &mut self.storage.members_mut()[len];
                    change::<S::Placement, _>(&config, member, after, node);
                    read += 1;
                }
                (None, Some(node)) => {
                    let Count { weight, points } = after;
                    let (node, points) = (node.clone(), points as u32);
                    self.put(len, Member::new::<S::Placement>(&config, node, weight, points));
                }
                (None, None) => continue,
            }
            len += 1;
        }
        self.storage.truncate(len);
    }

    /// Makes the member of this number a copy of `member`, or adds a copy behind the last.
    // Not inlined where code must be small: the compiler knows of the arguments of a function that
    // the two members do not overlap, which saves the code of `memmove`.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn copy_member(&mut self, number: usize, member: &Member<S::Node>)
    where
        S::Node: Clone,
    {
        match self.storage.members_mut().get_mut(number) {
            Some(to) => to.clone_from(member),
            None => self.storage.push(member.clone()),
        }
    }

    /// Makes `member` the member of this number, or puts it behind the last.
    pub(super) fn put(&mut self, number: usize, member: Member<S::Node>) {
        match self.storage.members_mut().get_mut(number) {
            Some(to) => *to = member,
            None => self.storage.push(member),
        }
    }
}

/// Gives a member that stays the weight and the number of points in `after`, and another node if
/// there is one in `node`.
pub(super) fn change<P: PointsOf<N>, N>(
    config: &P::Config,
    member: &mut Member<N>,
    after: Count,
    node: Option<impl Brought<N>>,
) {
    if let Some(node) = node {
        node.put(&mut member.node);
        if !P::BY_IDENTITY {
            member.seed = P::seed(config, &member.node);
        }
    }
    set_count(member, after);
}

/// Gives a member that stays another weight and number of points.
pub(super) fn set_count<N>(member: &mut Member<N>, Count { weight, points }: Count) {
    (member.weight, member.points) = (weight, points as u32);
}

/// Puts members in their order.
pub(super) fn sort<P: PointsOf<N>, N: Node>(members: &mut [Member<N>]) {
    members.sort_unstable_by(|a, b| compare::<P, N>(&a.node, &b.node));
}
