//! A circle of 256 places, on which whatever the crate adds up can be counted.

use std::collections::BTreeSet;

use annulus::{KeyRange, RingRef, Rule, Ruled};

use super::membership::Node;
use super::placements::{Aimed, Coarse};

/// A ring on a coarse circle, and what is asked of it.
pub(crate) struct Side<'a> {
    pub(crate) view: RingRef<'a, Node, Coarse<8>, Aimed>,
    /// How many nodes hold a key.
    pub(crate) replicas: usize,
    /// At most how many of a zone, where holders are spread over zones.
    pub(crate) over_zones: Option<usize>,
    /// The names of those that are down.
    pub(crate) down: Vec<&'static str>,
}

impl Side<'_> {
    /// Who holds the keys of each of the 256 places: all walks begin at a place, the rest is counting.
    pub(crate) fn holders(&self) -> Vec<Vec<&'static str>> {
        let with_points: BTreeSet<_> = self.view.points().map(|point| point.member).collect();
        (0..256).map(|place| self.holders_at(place, with_points.len())).collect()
    }

    /// Who holds the keys of a place, in a ring in which so many nodes have points.
    fn holders_at(&self, place: u32, with_points: usize) -> Vec<&'static str> {
        let mut met: Vec<(u32, &Node)> = Vec::new();
        for point in self.view.points_from(place << 24) {
            if !met.iter().any(|(number, _)| *number == point.member) {
                met.push((point.member, point.node));
            }
            if met.len() == with_points {
                break;
            }
        }
        let mut met: Vec<&Node> = met.into_iter().map(|(_, node)| node).collect();
        met.retain(|node| !self.down.contains(&node.name));
        let Some(max) = self.over_zones else {
            return met.iter().take(self.replicas).map(|node| node.name).collect();
        };
        // As many rounds as there can be; each takes the first node that is left of every zone.
        let mut holders = Vec::new();
        for _ in 0..max.min(met.len()) {
            let mut zones = Vec::new();
            met.retain(|node| {
                let later = zones.contains(&node.zone);
                if !later {
                    zones.push(node.zone);
                    holders.push(node.name);
                }
                later
            });
        }
        holders.truncate(self.replicas);
        holders
    }

    /// The bitmap of those that are down.
    pub(crate) fn words(&self) -> Vec<u64> {
        let mut words = vec![0; self.view.len().div_ceil(64)];
        for name in &self.down {
            if let Some(number) = self.view.number_of(name.as_bytes()) {
                words[number as usize / 64] |= 1 << (number % 64);
            }
        }
        words
    }

    /// The ring under the rule that asks for this, given the bitmap.
    pub(crate) fn under<'d>(&'d self, words: &'d [u64]) -> Ruled<'d, 'd, Node, Coarse<8>, Aimed> {
        let rule = match self.over_zones {
            None => Rule::replicas(self.replicas),
            Some(max) => Rule::over_zones(self.replicas).with_max_per_zone(max),
        };
        self.view.under(rule.with_down(words))
    }
}

/// Calls `visit` with each place of a range of a circle of 256.
pub(crate) fn places(range: KeyRange<u32>, mut visit: impl FnMut(u32)) {
    let mut place = (range.start >> 24).wrapping_add(1) & 0xff;
    loop {
        visit(place);
        if place == range.end >> 24 {
            break;
        }
        place = (place + 1) & 0xff;
    }
}
