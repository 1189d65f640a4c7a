//! The edits of a run: each follows from the membership and the version alone, so that whoever
//! replays them comes to the same membership at every version.

use crate::nodes::Node;

/// A node that may be in the ring, known by its place in the pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat<'n> {
    pub(crate) place: u32,
    node: &'n Node,
}

impl annulus::Node for Seat<'_> {
    fn identity(&self) -> &[u8] {
        self.node.identity()
    }

    fn weight(&self) -> u32 {
        self.node.weight
    }

    fn zone(&self) -> &[u8] {
        self.node.zone()
    }
}

/// All nodes that are ever in the ring, in the order of their identities.
#[derive(Debug)]
pub(crate) struct Pool {
    nodes: Vec<Node>,
    /// Whether the node is in the ring when the run begins.
    begins: Vec<bool>,
    pub(crate) vnodes: u32,
}

impl Pool {
    /// The nodes of a membership, and half as many again that join and leave beside them.
    pub(crate) fn new(membership: impl IntoIterator<Item = Node>, vnodes: u32) -> Self {
        let mut nodes: Vec<(Node, bool)> =
            membership.into_iter().map(|node| (node, true)).collect();
        let joining = (0..=nodes.len() / 2).map(|number| {
            // No identity of a membership has a comma in it.
            let identity = format!("joins,{number}");
            (Node::new(identity), false)
        });
        nodes.extend(joining);
        nodes.sort_by(|(a, _), (b, _)| a.identity.cmp(&b.identity));
        let (nodes, begins) = nodes.into_iter().unzip();
        Self { nodes, begins, vnodes }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The node at a place.
    pub(crate) fn node(&self, place: usize) -> &Node {
        &self.nodes[place]
    }

    /// The node at a place, as the ring has it.
    pub(crate) fn seat(&self, place: usize) -> Seat<'_> {
        Seat { place: place as u32, node: &self.nodes[place] }
    }

    /// The places of the nodes that are in the ring when the run begins.
    pub(crate) fn beginning(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|&place| self.begins[place])
    }

    /// More points than the ring ever has.
    pub(crate) fn most_points(&self) -> u64 {
        let most = |node: &Node| u64::from(most_weight(node)) * u64::from(self.vnodes);
        self.nodes.iter().map(most).fold(0, u64::saturating_add)
    }
}

/// The heaviest that a node becomes.
fn most_weight(node: &Node) -> u32 {
    node.weight.max(1).saturating_mul(2)
}

/// One edit; nodes by their places in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// It joins with its own weight.
    Join(usize),
    /// It leaves.
    Leave(usize),
    /// It has this weight from now on.
    Reweigh(usize, u32),
}

/// The membership at a version, and the edit that follows.
#[derive(Debug)]
pub(crate) struct Script<'n> {
    pool: &'n Pool,
    /// The weight of each node of the pool; `None` out of the ring.
    weights: Vec<Option<u32>>,
    members: usize,
    version: u64,
}

impl<'n> Script<'n> {
    /// The membership at version 0.
    pub(crate) fn new(pool: &'n Pool) -> Self {
        let mut weights = vec![None; pool.len()];
        let mut members = 0;
        for place in pool.beginning() {
            weights[place] = Some(pool.node(place).weight);
            members += 1;
        }
        Self { pool, weights, members, version: 0 }
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The weight of a node in the ring.
    pub(crate) fn weight(&self, place: usize) -> Option<u32> {
        self.weights[place]
    }

    /// The edit that leads to the next version.
    pub(crate) fn next(&self) -> Edit {
        let chance = mix(self.version);
        let place = (chance % self.weights.len() as u64) as usize;
        match self.weights[place] {
            None => Edit::Join(place),
            Some(_) if chance >> 63 == 0 && self.members > 1 => Edit::Leave(place),
            Some(_) => {
                let most = most_weight(self.pool.node(place));
                Edit::Reweigh(place, 1 + mix(chance) as u32 % most)
            }
        }
    }

    /// Goes on to the version after this edit.
    pub(crate) fn make(&mut self, edit: Edit) {
        match edit {
            Edit::Join(place) => {
                self.weights[place] = Some(self.pool.node(place).weight);
                self.members += 1;
            }
            Edit::Leave(place) => {
                self.weights[place] = None;
                self.members -= 1;
            }
            Edit::Reweigh(place, weight) => self.weights[place] = Some(weight),
        }
        self.version += 1;
    }
}

/// Spreads numbers that follow each other over all numbers.
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
pub(crate) fn pool(names: &[&str]) -> Pool {
    let node = |name: &&str| Node::new((*name).into());
    Pool::new(names.iter().map(node), 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_edit_comes_and_somebody_stays() {
        let pool = pool(&["a", "b", "c"]);
        let mut script = Script::new(&pool);
        let mut kinds = [0; 3];
        for version in 0..1000 {
            assert_eq!(script.version(), version);
            let edit = script.next();
            kinds[match edit {
                Edit::Join(_) => 0,
                Edit::Leave(_) => 1,
                Edit::Reweigh(..) => 2,
            }] += 1;
            script.make(edit);
            let members = (0..pool.len()).filter(|&place| script.weight(place).is_some()).count();
            assert!(members > 0 && members == script.members);
        }
        assert!(kinds.iter().all(|&kind| kind > 100), "{kinds:?}");
    }
}
