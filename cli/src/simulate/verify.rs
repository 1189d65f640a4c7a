//! The verification: what readers saw, against what was published.
//!
//! Every lookup is judged at once by the versions around it; samples are judged after the run by an
//! oracle that replays the edits on a plain sorted set of points and has no code of the ring's but
//! the placement.

use std::collections::BTreeSet;
use std::fmt;

use annulus::{ByIdentity, KeyHash, Native, Placement, Xxh3};

use super::script::{Edit, Pool, Script};

/// One lookup, to be judged by the oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// The version that the reader had pinned.
    pub(crate) version: u64,
    pub(crate) key: u64,
    /// The answer, a place in the pool.
    pub(crate) owner: Option<u32>,
}

/// What every lookup is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The version that was known to be published before the lookup.
    pub(crate) before: u64,
    /// The version that the reader had pinned before in its life.
    pub(crate) last: u64,
    /// The version that the guard told first.
    pub(crate) pinned: u64,
    /// The version that the guard told after the answer.
    pub(crate) still: u64,
    /// Whether the answer is a member of the ring that was pinned.
    pub(crate) member: bool,
    /// The version that was known to be published after the lookup.
    pub(crate) after: u64,
}

impl Seen {
    /// What is wrong with the lookup, if something is.
    #[inline]
    pub(crate) fn judge(self) -> Result<(), Wrong> {
        // One more than is known may be published: the writer makes it known only then.
        let fine = self.before <= self.pinned
            && self.pinned <= self.after + 1
            && self.last <= self.pinned
            && self.still == self.pinned
            && self.member;
        if fine { Ok(()) } else { Err(Wrong::Seen(self)) }
    }
}

/// A wrong answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The lookup was not in a membership that was published meanwhile, or in none that was whole.
    Seen(Seen),
    /// The owner is another one in the membership of that version.
    Owner {
        /// The lookup.
        sample: Sample,
        /// Whose key it was.
        right: Option<u32>,
    },
    /// The version was never published.
    Unpublished(Sample),
}

impl Wrong {
    /// The answer in words.
    pub(crate) fn describe(self, pool: &Pool) -> String {
        let name = |place: Option<u32>| match place {
            Some(place) => pool.node(place as usize).identity.clone(),
            None => "nobody".into(),
        };
        match self {
            Self::Seen(seen) => seen.to_string(),
            Self::Owner { sample: Sample { version, key, owner }, right } => {
                let (owner, right) = (name(owner), name(right));
                format!("version {version}, key {key:016x}: answered {owner}, right is {right}")
            }
            Self::Unpublished(Sample { version, .. }) => {
                format!("version {version} was pinned but never published")
            }
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, last, pinned, still, member, after } = *self;
        write!(f, "version {pinned}: ")?;
        if pinned < before {
            write!(f, "too old, {before} was published before")
        } else if pinned > after + 1 {
            write!(f, "not published yet, {after} was the latest")
        } else if pinned < last {
            write!(f, "back from version {last}")
        } else if still != pinned {
            write!(f, "torn, it became version {still} under its guard")
        } else if !member {
            f.write_str("torn, the answer is not a member of the ring")
        } else {
            f.write_str("right")
        }
    }
}

/// A plain ring that follows the script.
#[derive(Debug)]
pub(crate) struct Oracle<'n> {
    pool: &'n Pool,
    script: Script<'n>,
    /// Position, place of the node, number: the order of points, since places follow identities.
    points: BTreeSet<(u32, u32, u32)>,
}

impl<'n> Oracle<'n> {
    /// The ring at version 0.
    pub(crate) fn new(pool: &'n Pool) -> Self {
        let mut oracle = Self { pool, script: Script::new(pool), points: BTreeSet::new() };
        for place in pool.beginning() {
            oracle.reweigh(place, 0, pool.node(place).weight);
        }
        oracle
    }

    /// Gives the node at `place` the points of a weight instead of another.
    fn reweigh(&mut self, place: usize, before: u32, after: u32) {
        let seed = Native::<u32>::seed(self.pool.node(place).identity.as_bytes());
        let point = |r| (Native::<u32>::point(seed, r), place as u32, r);
        let (before, after) = (before * self.pool.vnodes, after * self.pool.vnodes);
        self.points.extend((before..after).map(point));
        for r in after..before {
            self.points.remove(&point(r));
        }
    }

    /// Goes on to the next version.
    fn advance(&mut self) {
        let edit = self.script.next();
        let (Edit::Join(place) | Edit::Leave(place) | Edit::Reweigh(place, _)) = edit;
        let before = self.script.weight(place).unwrap_or(0);
        self.script.make(edit);
        self.reweigh(place, before, self.script.weight(place).unwrap_or(0));
    }

    fn owner(&self, key: u64) -> Option<u32> {
        let position = Native::<u32>::key(Xxh3.hash(&key.to_le_bytes()));
        let next = self.points.range((position, 0, 0)..).next();
        next.or_else(|| self.points.first()).map(|point| point.1)
    }

    /// Judges samples, of which no later call may have older ones, and gives those that are wrong.
    pub(crate) fn judge(&mut self, samples: &mut [Sample], published: u64) -> Vec<Wrong> {
        samples.sort_unstable_by_key(|sample| sample.version);
        let mut wrong = Vec::new();
        for &sample in &*samples {
            if sample.version > published {
                wrong.push(Wrong::Unpublished(sample));
                continue;
            }
            while self.script.version() < sample.version {
                self.advance();
            }
            let right = self.owner(sample.key);
            if sample.owner != right {
                wrong.push(Wrong::Owner { sample, right });
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{Seat, pool};
    use super::*;

    /// The right answers of the first versions, from the ring itself, edited step by step.
    fn right_answers(pool: &Pool, versions: u64) -> Vec<Sample> {
        let mut ring = annulus::HeapRing::<Seat<'_>>::with_vnodes(pool.vnodes);
        ring.insert_all(pool.beginning().map(|place| pool.seat(place)))
            .map_err(|e| e.error)
            .unwrap();
        let mut script = Script::new(pool);
        let mut samples = Vec::new();
        for version in 0..versions {
            for key in 0..50 {
                let owner = ring.view().owner(&u64::to_le_bytes(key)).map(|seat| seat.place);
                samples.push(Sample { version, key, owner });
            }
            let edit = script.next();
            let identity = |place: usize| pool.node(place).identity.as_bytes();
            match edit {
                Edit::Join(place) => ring.insert(pool.seat(place)).map_err(|e| e.error).unwrap(),
                Edit::Leave(place) => drop(ring.remove(identity(place)).unwrap()),
                Edit::Reweigh(place, weight) => {
                    ring.set_weight(identity(place), weight).unwrap();
                }
            }
            script.make(edit);
        }
        samples
    }

    #[test]
    fn right_answers_pass_in_any_order() {
        let pool = pool(&["a", "b", "c"]);
        let mut samples = right_answers(&pool, 200);
        samples.reverse();
        assert_eq!(Oracle::new(&pool).judge(&mut samples, 199), []);
    }

    #[test]
    fn a_wrong_answer_is_found_and_named() {
        let pool = pool(&["a", "b", "c"]);
        let mut samples = right_answers(&pool, 100);
        let right = samples[2345].owner;
        let owner = right.map_or(Some(0), |place| Some((place + 1) % 3));
        samples[2345].owner = owner;
        let sample = samples[2345];
        let wrong = Oracle::new(&pool).judge(&mut samples, 99);
        assert_eq!(wrong, [Wrong::Owner { sample, right }]);
        let words = wrong[0].describe(&pool);
        assert!(words.starts_with("version 46, key 000000000000002d: answered "), "{words}");
    }

    #[test]
    fn an_answer_of_another_version_is_found() {
        let pool = pool(&["a", "b", "c"]);
        let mut samples = right_answers(&pool, 101);
        samples.retain(|sample| sample.version == 100);
        samples.iter_mut().for_each(|sample| sample.version = 50);
        assert!(!Oracle::new(&pool).judge(&mut samples, 100).is_empty());
        samples.iter_mut().for_each(|sample| sample.version = 150);
        assert_eq!(Oracle::new(&pool).judge(&mut samples, 100).len(), samples.len());
    }

    #[test]
    fn a_version_out_of_its_window_is_found() {
        let fine = Seen { before: 4, last: 5, pinned: 6, still: 6, member: true, after: 5 };
        assert_eq!(fine.judge(), Ok(()));
        for (wrong, words) in [
            (Seen { before: 7, after: 7, ..fine }, "version 6: too old, 7 was published before"),
            (Seen { after: 4, ..fine }, "version 6: not published yet, 4 was the latest"),
            (Seen { last: 7, ..fine }, "version 6: back from version 7"),
            (Seen { still: 9, ..fine }, "version 6: torn, it became version 9 under its guard"),
            (
                Seen { member: false, ..fine },
                "version 6: torn, the answer is not a member of the ring",
            ),
        ] {
            assert_eq!(wrong.judge(), Err(Wrong::Seen(wrong)));
            assert_eq!(wrong.to_string(), words);
        }
    }
}
