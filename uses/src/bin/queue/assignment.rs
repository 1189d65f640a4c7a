//! [`Assignment`]: which worker each shard belongs to. [`shard_of`]: which shard an entity belongs to.

use std::collections::BTreeMap;

use annulus::{BalanceFactor, BatchError, HeapRing, KeyHash, NamedNode, Xxh3};

/// The workers that take part, by name, with their weights. One of weight 0 takes no shards.
pub(crate) type Workers = BTreeMap<String, u32>;

/// No worker has more than 1.25 times its fair share of the shards, rounded up.
pub(crate) const BALANCE: BalanceFactor = BalanceFactor::percent(125).unwrap();

/// The shard of an entity, out of so many.
///
/// It is the same on every machine, and for good: the number of shards of a queue never changes.
#[must_use]
pub(crate) fn shard_of(entity: &str, shards: u32) -> u32 {
    // The upper word of the product is below `shards`.
    ((u128::from(Xxh3.hash(entity)) * u128::from(shards)) >> 64) as u32
}

/// Which worker each shard belongs to. All who know the same workers make the same assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// By the number of the shard; empty if no worker takes shards.
    owners: Vec<String>,
}

impl Assignment {
    /// Gives each shard to its owner on the ring, or, if that has its share already, to the next that has not.
    ///
    /// When a worker comes or goes, its own shards move, and a few that now fit elsewhere.
    ///
    /// # Errors
    ///
    /// A name is longer than the ring takes ([`annulus::MAX_IDENTITY_LEN`]), or the weights are too large for it.
    pub(crate) fn new(workers: &Workers, shards: u32) -> Result<Self, BatchError> {
        let mut ring = HeapRing::<NamedNode>::new();
        ring.insert_all(
            workers.iter().map(|(name, &weight)| NamedNode::new(name).with_weight(weight)),
        )?;
        let ring = ring.view();
        let caps = ring.caps(BALANCE);
        // The caps are those that hold when all shards are given out.
        let total = u64::from(shards).saturating_sub(1);
        let mut loads = vec![0; ring.len()];
        let mut give = |shard: u32| {
            let number = ring.owner_number_bounded(&shard, &caps, total, |n| loads[n as usize])?;
            loads[number as usize] += 1;
            ring.member(number).map(|member| member.node().name.to_owned())
        };
        Ok(Self { owners: (0..shards).map_while(&mut give).collect() })
    }

    /// The worker of a shard. `None` if no worker takes shards, or there is no such shard.
    #[must_use]
    pub(crate) fn owner(&self, shard: u32) -> Option<&str> {
        self.owners.get(shard as usize).map(String::as_str)
    }

    /// The shards of a worker, in ascending order.
    pub(crate) fn shards_of(&self, worker: &str) -> impl Iterator<Item = u32> {
        (0..).zip(&self.owners).filter(move |(_, owner)| *owner == worker).map(|(shard, _)| shard)
    }

    /// The shards that belong to another worker in `next`, in ascending order, with the worker that they belong to
    /// there.
    pub(crate) fn moves<'a>(&self, next: &'a Self) -> impl Iterator<Item = (u32, &'a str)> {
        (0..)
            .zip(&next.owners)
            .filter(|&(shard, to)| self.owner(shard) != Some(to))
            .map(|(shard, to)| (shard, to.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARDS: u32 = 64;

    fn assignment(workers: &[(&str, u32)]) -> Assignment {
        let workers = workers.iter().map(|&(name, weight)| (name.to_owned(), weight)).collect();
        Assignment::new(&workers, SHARDS).unwrap()
    }

    #[test]
    fn entities_fill_all_shards() {
        let mut seen = [0; SHARDS as usize];
        for n in 0..6_400 {
            seen[shard_of(&n.to_string(), SHARDS) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (50..200).contains(count)), "{seen:?}");
    }

    #[test]
    fn no_worker_has_more_than_its_share() {
        let four = assignment(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]);
        let counts = ["a", "b", "c", "d"].map(|name| four.shards_of(name).count());
        assert_eq!(counts.iter().sum::<usize>(), 64);
        assert!(counts.iter().all(|&count| count <= 20), "{counts:?}");
    }

    #[test]
    fn few_shards_move() {
        let three = assignment(&[("a", 1), ("b", 1), ("c", 1)]);
        let four = assignment(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]);
        let moves: Vec<_> = three.moves(&four).collect();
        assert!(moves.len() <= 32, "{moves:?}");
        assert!(four.shards_of("d").all(|shard| moves.contains(&(shard, "d"))));
        assert_eq!(four.moves(&four).count(), 0);
    }

    #[test]
    fn a_worker_of_weight_0_has_no_shards() {
        assert_eq!(assignment(&[("a", 1), ("b", 0)]), assignment(&[("a", 1)]));
        assert_eq!(assignment(&[("a", 0)]).owner(0), None);
        assert_eq!(assignment(&[]), Assignment::default());
    }
}
