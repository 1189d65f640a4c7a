//! Rules that say which nodes hold a key, and what they come to in the naive ring.

use annulus::Rule;
use xxhash_rust::xxh3::xxh3_64;

use super::Random;
use super::oracle::{KeyRange, Naive};

/// No maximum a zone.
pub(crate) const ANY: usize = usize::MAX;

/// What a rule asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'d> {
    /// How many nodes hold a key.
    pub(crate) replicas: usize,
    /// At most how many of a zone, where holders are spread over zones.
    pub(crate) over_zones: Option<usize>,
    /// Whose bit is set is down: bit n % 64 of word n / 64 is that of number n.
    pub(crate) down: &'d [u64],
}

impl<'d> Asked<'d> {
    /// So many replicas, spread over zones or not.
    pub(crate) fn new(replicas: usize, over_zones: Option<usize>, down: &'d [u64]) -> Self {
        Self { replicas, over_zones, down }
    }

    /// Any of the three kinds of rules, for a ring of so many nodes.
    pub(crate) fn any(random: &mut Random, nodes: usize, down: &'d [u64]) -> Self {
        match random.below(4) {
            0 => Self::new(random.below(nodes.min(3) + 2), None, down),
            _ => Self::new(random.below(nodes + 2), Some(any_maximum(random)), down),
        }
    }

    /// The rule that asks for this.
    pub(crate) fn rule(&self) -> Rule<'d> {
        let rule = match (self.replicas, self.over_zones) {
            (1, None) => Rule::owner(),
            (k, None) => Rule::replicas(k),
            (k, Some(ANY)) => Rule::over_zones(k),
            (k, Some(max)) => Rule::over_zones(k).with_max_per_zone(max),
        };
        if self.down.is_empty() { rule } else { rule.with_down(self.down) }
    }

    /// Whether the member of this number is down. Where there is no word for it, it is not.
    pub(crate) fn is_down(&self, number: u32) -> bool {
        self.down.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }
}

/// A maximum a zone: none at all, so small that answers are short, or so large that they are not.
pub(crate) fn any_maximum(random: &mut Random) -> usize {
    [ANY, ANY, 0, 1, 1, 2, 2, 3][random.below(8)]
}

/// Who is down: nobody, any members, or nearly all; with bits that no member has, and no word at all.
pub(crate) fn any_down(random: &mut Random) -> Vec<u64> {
    match random.below(4) {
        0 => vec![],
        1 => vec![0],
        2 => vec![random.next() & random.next()],
        _ => vec![random.next(), u64::MAX],
    }
}

impl<'a> Naive<'a> {
    /// Who holds the keys of a position, the first first.
    pub(crate) fn holders(&self, position: u64, asked: &Asked<'_>) -> Vec<&'a [u8]> {
        let up = |identity: &[u8]| !asked.is_down(self.number(identity));
        let mut holders = match asked.over_zones {
            None => self.order(position, up),
            Some(max) => self.rounds(position, up, max),
        };
        holders.truncate(asked.replicas);
        holders
    }

    /// The members that are chosen for a tenant at a position, in the order of the choices. `key` places the
    /// key of a hash.
    pub(crate) fn subset(
        &self,
        tenant: u64,
        asked: &Asked<'_>,
        key: impl Fn(u64) -> u64,
    ) -> Vec<&'a [u8]> {
        let seed = |zone: &[u8]| Random(tenant ^ xxh3_64(zone)).next();
        let mut chosen: Vec<&[u8]> = Vec::new();
        let mut choose = |zone: Option<&[u8]>, turn: usize| {
            let mut stream = Random(seed(zone.unwrap_or_default()));
            let hash = (0..=turn).map(|_| stream.next()).last().unwrap();
            let qualifies = |identity: &[u8]| {
                let of_zone = zone.is_none_or(|zone| self.zone(identity) == zone);
                of_zone && !asked.is_down(self.number(identity)) && !chosen.contains(&identity)
            };
            let next = self.order(key(hash), qualifies).first().copied();
            chosen.extend(next.filter(|_| chosen.len() < asked.replicas));
        };
        let turns = 0..self.nodes.len();
        let Some(max) = asked.over_zones else {
            turns.for_each(|turn| choose(None, turn));
            return chosen;
        };
        let mut zones: Vec<&[u8]> = self.nodes.iter().map(|node| node.2).collect();
        zones.sort_unstable_by_key(|zone| (seed(zone), *zone));
        zones.dedup();
        for turn in turns.take(max) {
            zones.iter().for_each(|zone| choose(Some(zone), turn));
        }
        chosen
    }

    /// The ranges of positions between neighbouring ends, and who holds them.
    pub(crate) fn held_ranges(&self, asked: &Asked<'_>) -> Vec<(KeyRange, Vec<&'a [u8]>)> {
        let held = |range: KeyRange| (range, self.holders(range.1, asked));
        self.key_ranges().into_iter().map(held).collect()
    }
}
