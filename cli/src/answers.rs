//! Who holds a key: by a rule of the command, or as another system says.

use annulus::{KeyRange, Placement, RingRef, Rule, Ruled};
use annulus_profiles::System;

use crate::nodes::Node;

/// A ring, and who of it holds a key.
pub(crate) struct Answers<'a, 't, S: System<Node>, H> {
    ruled: Ruled<'a, 'a, Node, S, H>,
    strategy: S::Strategy<'t>,
    /// Whether answers are those of the rule. Else the system has another way.
    by_rule: bool,
}

impl<S: System<Node>, H> Clone for Answers<'_, '_, S, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: System<Node>, H> Copy for Answers<'_, '_, S, H> {}

impl<'a, 't, S: System<Node>, H> Answers<'a, 't, S, H> {
    /// The answers of `ring` under `rule`, unless the system says how many nodes hold a key, or what is done about
    /// those that are down. This library's own ring has `vnodes`, and answers by the rule alone.
    pub(crate) fn new(
        ring: RingRef<'a, Node, S, H>,
        rule: Rule<'a>,
        strategy: S::Strategy<'t>,
        is_own: bool,
    ) -> Self {
        let holders = S::holders(&strategy);
        let all_up = (0..ring.len()).all(|number| !rule.is_down(number as u32));
        Self { ruled: ring.under(rule), strategy, by_rule: is_own || holders.is_none() && all_up }
    }

    pub(crate) fn ring(&self) -> RingRef<'a, Node, S, H> {
        self.ruled.ring()
    }

    /// The rule. It says how many nodes hold a key at most, and who is down.
    pub(crate) fn rule(&self) -> Rule<'a> {
        self.ruled.rule()
    }

    /// The ring under its rule.
    pub(crate) fn ruled(&self) -> Ruled<'a, 'a, Node, S, H> {
        self.ruled
    }

    /// Whether answers are those of the rule.
    pub(crate) fn are_by_rule(&self) -> bool {
        self.by_rule
    }

    /// How many nodes hold a key at most.
    pub(crate) fn most(&self) -> usize {
        self.ruled.most_owners()
    }

    /// The numbers of the nodes that hold `position`, of which `out` has room for the most; returns how many there
    /// are.
    #[inline]
    pub(crate) fn numbers_at(
        &self,
        position: <S as Placement>::Position,
        out: &mut [u32],
    ) -> usize {
        if self.by_rule {
            return self.ruled.owner_numbers_at(position, out);
        }
        let rule = self.rule();
        let alive = |number| !rule.is_down(number);
        S::owners_at(&self.strategy, self.ring(), position, alive, out)
    }

    /// The weight of the node of this number.
    pub(crate) fn weight(&self, number: u32) -> u32 {
        self.ring().member(number).map_or(0, annulus::Member::weight)
    }

    /// How many positions each node holds, by numbers. O(points × a lookup).
    pub(crate) fn shares(&self) -> Vec<u128> {
        let (mut room, mut shares) = (vec![0; self.most()], vec![0; self.ring().len()]);
        for KeyRange { start, end } in self.ring().ranges().map(|owned| owned.range) {
            let found = self.numbers_at(end, &mut room);
            for &number in &room[..found] {
                shares[number as usize] += KeyRange { start, end }.len();
            }
        }
        shares
    }

    /// The nodes that hold a position, in `room` for their numbers.
    pub(crate) fn nodes_at<'r>(
        &self,
        position: <S as Placement>::Position,
        room: &'r mut [u32],
    ) -> impl Iterator<Item = &'a Node> + use<'a, 'r, 't, S, H> {
        let found = self.numbers_at(position, room);
        let members = self.ring().members();
        room[..found].iter().filter_map(|&number| Some(members.get(number as usize)?.node()))
    }
}
