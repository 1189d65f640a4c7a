//! Becoming a given membership: a list and the members, both in order, are compared side by side.

use core::cmp::Ordering;

use super::counts::total;
use super::members::change;
use super::plan::{Membership, Plan, Steps, check_identity};
use crate::node::Node;
use crate::point::PointsOf;
use crate::ring::basic::BasicRing;
use crate::ring::error::ReconcileError;
use crate::ring::member::{Count, Member, compare};
use crate::ring::points::Layout;
use crate::ring::storage::{PackedStep, Parts, Step, Storage};
use crate::ring::view::RingRef;
use crate::target;

/// What [`reconcile`](BasicRing::reconcile) changed: how many nodes.
///
/// A node that has both another weight in force and another node in its place counts for both. Where a placement
/// orders members, a node that has another place in the order has left and joined.
///
/// ```
/// use annulus::{NamedNode, ReconcileError, Ring};
///
/// let node = NamedNode::new;
/// let mut ring = Ring::<NamedNode, 4, 600>::new();
/// ring.reconcile(&mut [node("a"), node("b")])?;
/// let changed = ring.reconcile(&mut [node("b").with_weight(2), node("c")])?;
/// if !changed.is_nothing() {
///     println!("{} joined, {} left", changed.joined, changed.left);
/// }
/// assert_eq!((changed.joined, changed.left, changed.reweighted), (1, 1, 1));
/// # Ok::<(), ReconcileError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Reconciled {
    /// The nodes that joined.
    pub joined: usize,
    /// The nodes that left.
    pub left: usize,
    /// The nodes that stayed with another weight in force.
    pub reweighted: usize,
    /// The nodes in whose place another one of the same identity is now, which is not equal.
    pub replaced: usize,
}

impl Reconciled {
    /// Whether nothing differed, so that nothing was changed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, step: &Step) {
        match (step.before, step.after) {
            (None, _) => self.joined += 1,
            (_, None) => self.left += 1,
            (Some(before), Some(after)) => {
                self.reweighted += usize::from(before.weight != after.weight);
                self.replaced += usize::from(step.brings_node);
            }
        }
    }
}

impl<S: Storage, H> BasicRing<S, H>
where
    S::Node: Clone + Eq,
{
    /// Makes `nodes` the members, each with the weight that it states, and says what that changed.
    ///
    /// For whole lists, as service discovery gives them. It is idempotent: where nothing differs, nothing is
    /// done. A member whose node is equal to that of the list stays as it is; where it is not equal, the node
    /// of the list takes its place. A weight that was [set](Self::set_weight) gives way to the one that the node
    /// of the list states. A number of points that was [set](Self::set_points) stays where the weight does, so
    /// that lists can come in while a node comes in by steps.
    ///
    /// A node that joins by a list joins with all its points. Where it is to come in by steps, have it join first:
    /// those nodes of the list that [`get`](Self::get) does not find, by a batch of
    /// [`Change::Insert`](crate::Change::Insert) and [`Change::SetPoints`](crate::Change::SetPoints) for each.
    ///
    /// The list is put in the order of members. Equal nodes may come more than once: they count once, and are
    /// moved behind the others.
    ///
    /// O(nodes × log nodes) comparisons of identities for the list, and O(nodes + members) of identities and of
    /// nodes beside the members. Points are moved as by [`apply`](Self::apply). They are built anew, O(points),
    /// where a quarter of them or more leave or join, and wherever a batch of as many changes would build them anew.
    /// What `eq` says of two nodes must not change meanwhile.
    ///
    /// ```
    /// # use annulus::{ReconcileError, Ring};
    /// let mut ring = Ring::<&str, 4, 600>::new();
    /// let changed = ring.reconcile(&mut ["b", "a", "b"])?;
    /// assert_eq!((changed.joined, ring.view().len()), (2, 2));
    /// assert!(ring.reconcile(&mut ["a", "b"])?.is_nothing());
    /// let changed = ring.reconcile(&mut ["c", "a"])?;
    /// assert_eq!((changed.joined, changed.left), (1, 1));
    /// # Ok::<(), ReconcileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReconcileError`], if two nodes of the list have one identity and are not equal, if an identity is too
    /// long, if there would be too many nodes or points, or if the allocator has no memory. The ring stays
    /// as it was. The list may be in another order.
    pub fn reconcile(&mut self, nodes: &mut [S::Node]) -> Result<Reconciled, ReconcileError> {
        let list = settle::<S::Placement, _>(nodes)?;
        let (plan, changed) = self.plan_list(None, list)?;
        if !changed.is_nothing() {
            let config = self.storage.config();
            self.carry_out_batch(&plan, config, None, |ring| match plan.steps {
                Steps::Untold => ring.become_list(list),
                _ => ring.change_members(&plan, |step| brought(step, list)),
            });
        }
        Ok(changed)
    }

    /// [`reconcile`](Self::reconcile) of what `old` is with a list that is [settled](settle), into this ring,
    /// whatever it was before.
    ///
    /// # Errors
    ///
    /// Those of `reconcile`. This ring stays as it was.
    pub(crate) fn reconcile_from(
        &mut self,
        old: RingRef<'_, S::Node, S::Placement, H>,
        list: &[S::Node],
    ) -> Result<Reconciled, ReconcileError>
    where
        H: Clone,
    {
        let hash = old.hash.clone();
        let (plan, changed) = self.plan_list(Some(old), list)?;
        self.carry_out_batch(&plan, old.config, Some(old), |ring| match plan.steps {
            Steps::Untold => ring.copy_list(old.members, list),
            _ => ring.copy_members(old.members, &plan, |step| brought(step, list)),
        });
        self.hash = hash;
        Ok(changed)
    }

    /// Plans that `old`, or this ring if `old` is `None`, becomes `list`, and makes room for the plan. Where the
    /// members are to be made from the list alone, there are no steps.
    fn plan_list(
        &mut self,
        old: Option<RingRef<'_, S::Node, S::Placement, H>>,
        list: &[S::Node],
    ) -> Result<(Plan, Reconciled), ReconcileError> {
        let capacity = self.capacity();
        let before = old.map_or_else(|| self.membership(), |old| old.membership());
        let (mut plan, mut changed, mut count) = (Plan::nothing(&before), Reconciled::default(), 0);
        for step in steps(&before, list) {
            plan.add(&step);
            changed.add(&step);
            count += 1;
        }
        if count == 0 && old.is_none() {
            return Ok((plan, changed));
        }
        if Self::RELATIVE {
            let weighed = list.iter().map(|node| (node, node.weight()));
            plan.points = total::<S::Placement, _>(&before.config, weighed);
        }
        capacity.check(plan.nodes, plan.points)?;
        let (members, points_before) = (before.members.len(), before.points);
        plan.decide(capacity, points_before);
        plan.anew |= target::CODE_MUST_BE_SMALL
            || Self::RELATIVE
            || S::Placement::ORDERS
            || Self::moves_points(&plan)
            || old.is_some_and(|old| old.points.sorted().is_none());
        if plan.anew || !self.sorts(count, members)? {
            (plan.steps, plan.anew) = (Steps::Untold, true);
        } else {
            let (points, config) = (self.points, self.storage.config());
            let Parts { members, steps: room, .. } = self.storage.parts(points, count, 0);
            let here = Membership::<_, S::Placement> { members, points, config };
            let before = old.map_or(here, |old| old.membership());
            let mut told = steps(&before, list);
            let steps = room.iter_mut().zip(&mut told);
            let written = steps.map(|(to, step)| *to = PackedStep::pack(step)).count();
            // Nothing was changed yet.
            assert!(written == count && told.next().is_none(), "a node changed amid an edit");
            plan.steps = Steps::Sorted(count);
        }
        self.reserve(&plan)?;
        Ok((plan, changed))
    }

    /// Makes the members the nodes of `list`.
    fn become_list(&mut self, list: &[S::Node]) {
        let config = self.storage.config();
        let mut rest = list.iter().peekable();
        self.storage.retain(|member| {
            let order = |node: &S::Node| compare::<S::Placement, _>(node, &member.node);
            while rest.next_if(|node| order(node).is_lt()).is_some() {}
            rest.next_if(|node| order(node).is_eq()).is_some()
        });
        // Those that join are put behind those that stay.
        let (staying, mut number) = (self.storage.members().len(), 0);
        for node in list {
            let here = self.storage.members_mut().get_mut(number);
            match here.filter(|member| compare::<S::Placement, _>(&member.node, node).is_eq()) {
                Some(member) => {
                    become_node::<S::Placement, _>(&config, member, node);
                    number += 1;
                }
                None => self.push(node.clone(), listed::<S::Placement, _>(&config, node, None)),
            }
        }
        if self.storage.members().len() > staying {
            self.sort_members();
        }
    }

    /// Makes the members the nodes of `list`, where `old` are the members of a ring in another buffer.
    fn copy_list(&mut self, old: &[Member<S::Node>], list: &[S::Node]) {
        let config = self.storage.config();
        let mut old = old.iter().peekable();
        for (number, node) in list.iter().enumerate() {
            let order = |member: &Member<_>| compare::<S::Placement, _>(&member.node, node);
            while old.next_if(|member| order(member).is_lt()).is_some() {}
            match old.next_if(|member| order(member).is_eq()) {
                Some(member) => {
                    self.copy_member(number, member);
                    let copy = &mut self.storage.members_mut()[number];
                    become_node::<S::Placement, _>(&config, copy, node);
                }
                None => {
                    let Count { weight, points } = listed::<S::Placement, _>(&config, node, None);
                    let (node, points) = (node.clone(), points as u32);
                    self.put(number, Member::new::<S::Placement>(&config, node, weight, points));
                }
            }
        }
        self.storage.truncate(list.len());
    }
}

impl<N: Node + Eq, P: PointsOf<N>, H> RingRef<'_, N, P, H> {
    /// Whether the members are others than those of a list that is [settled](settle). O(members + nodes).
    pub(crate) fn differs_from(&self, list: &[N]) -> bool {
        steps(&self.membership(), list).next().is_some()
    }
}

/// Puts a list in the order of members, and equal nodes that come again behind all others. Returns the list
/// without these.
///
/// # Errors
///
/// Two nodes have one identity and are not equal, or an identity is too long.
pub(crate) fn settle<P: PointsOf<N>, N: Node + Eq>(
    nodes: &mut [N],
) -> Result<&[N], ReconcileError> {
    nodes.sort_unstable_by(|a, b| a.identity().cmp(b.identity()));
    for (at, node) in nodes.iter().enumerate() {
        check_identity(node.identity()).map_err(|error| ReconcileError::Node { at, error })?;
    }
    // Equal ones stay where they are until all are compared, so that both indices hold.
    let same = |first: &N, second: &N| first.identity() == second.identity();
    let conflict = nodes.windows(2).position(|pair| same(&pair[0], &pair[1]) && pair[0] != pair[1]);
    if let Some(first) = conflict {
        return Err(ReconcileError::Conflict { first, second: first + 1 });
    }
    let mut len = 0;
    for at in 0..nodes.len() {
        if len == 0 || !same(&nodes[len - 1], &nodes[at]) {
            nodes.swap(len, at);
            len += 1;
        }
    }
    let list = &mut nodes[..len];
    if P::ORDERS {
        list.sort_unstable_by(|a, b| compare::<P, N>(a, b));
    }
    Ok(list)
}

/// The steps from `before` to `list`, both in the order of members, in that order: one for each node that
/// joins, leaves, or stays with another weight or as another node. The index of the change is that of the node
/// in the list.
fn steps<N: Node + Eq, P: PointsOf<N>>(
    before: &Membership<'_, N, P>,
    list: &[N],
) -> impl Iterator<Item = Step> {
    let (members, config) = (before.members, before.config);
    let (mut number, mut at) = (0, 0);
    core::iter::from_fn(move || {
        loop {
            let (member, node) = (members.get(number), list.get(at));
            let order = match (member, node) {
                (Some(member), Some(node)) => compare::<P, N>(&member.node, node),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return None,
            };
            let before = member.filter(|_| order.is_le()).map(Member::count);
            let node = node.filter(|_| order.is_ge());
            let step = Step {
                number: number as u32,
                change: at as u32,
                brings_node: node.is_some_and(|node| {
                    before.is_none() || member.is_some_and(|member| member.node != *node)
                }),
                before,
                after: node.map(|node| listed::<P, N>(&config, node, before)),
            };
            number += usize::from(step.before.is_some());
            at += usize::from(step.after.is_some());
            let weight = |count: Option<Count>| count.map(|count| count.weight);
            if step.brings_node || weight(step.before) != weight(step.after) {
                return Some(step);
            }
        }
    })
}

/// The weight and the number of points of a node of a list, if the member of its identity has those in
/// `before`. The number of points stays where the weight does.
fn listed<P: PointsOf<N>, N: Node>(config: &P::Config, node: &N, before: Option<Count>) -> Count {
    let weight = node.weight();
    let stays = before.filter(|before| before.weight == weight);
    stays.unwrap_or_else(|| Count::of::<P>(config, weight))
}

/// Makes a member that stays what `node`, the one of a list with its identity, says.
fn become_node<P: PointsOf<N>, N: Node + Clone + Eq>(
    config: &P::Config,
    member: &mut Member<N>,
    node: &N,
) {
    let count = listed::<P, N>(config, node, Some(member.count()));
    let differs = member.node != *node;
    change::<P, N>(config, member, count, differs.then_some(node));
}

/// The node of `list` that a step brings; `None` if it brings none.
fn brought<'l, N>(step: &Step, list: &'l [N]) -> Option<&'l N> {
    list.get(step.change as usize).filter(|_| step.brings_node)
}
