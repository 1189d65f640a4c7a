//! What is doubtful in a membership: mistakes of configuration that a ring can work with.

use core::fmt;
use core::iter::FusedIterator;

use crate::node::Node;
use crate::point::Placement;
use crate::ring::rounds::reach;
use crate::ring::rule::Ruled;

/// Something doubtful in a membership, which [`Ruled::check`] finds.
///
/// ```
/// use annulus::{BatchError, Finding, NamedNode, Ring, Rule};
///
/// let mut ring = Ring::<NamedNode, 3, 450>::new();
/// let node = NamedNode::new;
/// ring.insert_all([node("a").with_zone("east"), node("b").with_zone("west"), node("c")])?;
/// let view = ring.view();
/// for finding in view.under(Rule::over_zones(2)).check() {
///     match finding {
///         Finding::ZonesMissing { first, .. } => {
///             let name = view.member(first).map(|member| member.node().name);
///             assert_eq!(name, Some("c"));
///         }
///         other => panic!("refused: {other}"),
///     }
/// }
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Finding {
    /// Some members have no name of a zone, while others have one. They are in one zone together, which
    /// may well be several in reality.
    ZonesMissing {
        /// How many have none.
        members: usize,
        /// The [number](crate::RingRef#numbers) of the first of them.
        first: u32,
    },
    /// There are fewer zones with points than replicas, so that some zone has two replicas of a key, or a
    /// key has fewer replicas.
    FewZones {
        /// How many zones there are.
        zones: usize,
        /// How many replicas a key should have.
        replicas: usize,
    },
    /// Some zones have few nodes with points: fewer than their part of the replicas, ⌈K ÷ zones⌉ (where K is
    /// no more than there are nodes); or, where each zone has a replica of every key, fewer than half the average
    /// of all zones. With as many replicas as zones and equal weights, each of their nodes then holds more than
    /// twice the average.
    SmallZones {
        /// How many zones have few nodes.
        zones: usize,
        /// They have fewer nodes than this.
        fewer_than: usize,
    },
    /// Some identities are empty, or blanks alone.
    BlankIdentities {
        /// How many members have such an identity.
        members: usize,
        /// The [number](crate::RingRef#numbers) of the first of them.
        first: u32,
    },
    /// Some identities have control characters in them, often the end of a line that was read from a file.
    /// Identities are taken for texts if they are UTF-8, also where they are numbers.
    ControlCharacters {
        /// How many members have such an identity.
        members: usize,
        /// The [number](crate::RingRef#numbers) of the first of them.
        first: u32,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZonesMissing { members, first } => {
                write!(
                    f,
                    "members without a zone while others have one: {members}, first member {first}"
                )
            }
            Self::FewZones { zones, replicas } => {
                write!(f, "replicas: {replicas}, zones: {zones}")
            }
            Self::SmallZones { zones, fewer_than } => {
                write!(f, "zones with fewer than {fewer_than} nodes: {zones}")
            }
            Self::BlankIdentities { members, first } => {
                write!(f, "blank identities: {members}, first that of member {first}")
            }
            Self::ControlCharacters { members, first } => {
                write!(
                    f,
                    "identities with control characters: {members}, first that of member {first}"
                )
            }
        }
    }
}

impl<N: Node, P: Placement, H> Ruled<'_, '_, N, P, H> {
    /// What is doubtful in the membership under this rule: zones, if the rule is over zones, and
    /// identities. At most one [`Finding`] of each kind; none for a membership that is as it should be.
    /// Whether members are down does not matter. O(members).
    pub fn check(
        &self,
    ) -> impl DoubleEndedIterator<Item = Finding> + FusedIterator + Clone + use<N, P, H> {
        let over_zones = self.rule.max_per_zone().is_some();
        let [missing, few, small] = if over_zones { self.zones() } else { [None; 3] };
        let (blank, control) = (self.count(is_blank), self.count(has_control));
        let blank = blank.map(|(members, first)| Finding::BlankIdentities { members, first });
        let control = control.map(|(members, first)| Finding::ControlCharacters { members, first });
        [missing, few, small, blank, control].into_iter().flatten()
    }

    /// What is doubtful in the zones.
    fn zones(&self) -> [Option<Finding>; 3] {
        let members = self.ring.members;
        let missing = self.count(|node: &N| node.zone().is_empty());
        let missing = missing.filter(|&(missing, _)| missing < members.len());
        let missing = missing.map(|(members, first)| Finding::ZonesMissing { members, first });
        let (zones, nodes) = (reach(members, 1), reach(members, usize::MAX));
        if zones == 0 {
            return [missing, None, None];
        }
        let replicas = self.rule.count();
        let few = (zones < replicas).then_some(Finding::FewZones { zones, replicas });
        let part = replicas.min(nodes).div_ceil(zones);
        // Where a zone has no replica of many keys, it may be small.
        let half = if replicas < zones { 1 } else { nodes.div_ceil(2 * zones) };
        let fewer_than = part.max(half);
        // Zones with so many nodes have one in the round of that number.
        let others = reach(members, fewer_than) - reach(members, fewer_than - 1);
        let small = Finding::SmallZones { zones: zones - others, fewer_than };
        [missing, few, (others < zones).then_some(small)]
    }

    /// How many members have a node like that, and the number of the first; `None` if none has.
    fn count(&self, like: impl Fn(&N) -> bool) -> Option<(usize, u32)> {
        let mut found = (0..).zip(self.ring.members).filter(|(_, member)| like(&member.node));
        let (first, _) = found.next()?;
        Some((1 + found.count(), first))
    }
}

/// Whether the identity is empty or blanks alone.
fn is_blank<N: Node>(node: &N) -> bool {
    core::str::from_utf8(node.identity()).is_ok_and(|text| text.trim().is_empty())
}

/// Whether the identity is a text with control characters in it.
fn has_control<N: Node>(node: &N) -> bool {
    core::str::from_utf8(node.identity()).is_ok_and(|text| text.contains(char::is_control))
}
