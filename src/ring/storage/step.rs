//! A step of a plan, which says what happens to one identity, and its form where memory is scarce.

use crate::ring::member::Count;

/// What happens to one identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of the member before the edit. If the member arrives, it is the number of the
    /// member that it comes before.
    pub(crate) number: u32,
    /// The index of the change that brings the node, or of the last change for this identity.
    pub(crate) change: u32,
    /// Whether that change brings a node.
    pub(crate) brings_node: bool,
    /// What the member has before; `None` when it arrives.
    pub(crate) before: Option<Count>,
    /// What the member has after; `None` when it departs.
    pub(crate) after: Option<Count>,
}

impl Step {
    /// The number of points of the member before the edit.
    pub(crate) fn points_before(&self) -> u64 {
        self.before.map_or(0, |count| count.points)
    }

    /// The number of points of the member after the edit.
    pub(crate) fn points_after(&self) -> u64 {
        self.after.map_or(0, |count| count.points)
    }

    /// What is added to the numbers of later members, modulo 2³².
    pub(crate) fn shift(&self) -> u32 {
        u32::from(self.after.is_some()).wrapping_sub(u32::from(self.before.is_some()))
    }
}

/// A step as a storage keeps it while an edit is planned and carried out.
pub trait PackedStep: Copy {
    /// Packs a step. The form in 16-bit words has 16 bits for the number and for the change;
    /// a storage that uses it takes no more of either.
    fn pack(step: Step) -> Self;
    /// The step that was packed.
    fn unpack(self) -> Step;
}

impl PackedStep for Step {
    fn pack(step: Step) -> Self {
        step
    }

    fn unpack(self) -> Step {
        self
    }
}

/// The number of 16-bit words of a step: one each for number, change and flags; then,
/// before and after, two for the weight and four for the points.
pub(crate) const STEP_WORDS: usize = 15;

/// The flags of a packed step.
const NODE: u16 = 1;
const BEFORE: u16 = 2;
const AFTER: u16 = 4;

impl PackedStep for [u16; STEP_WORDS] {
    fn pack(step: Step) -> Self {
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        let mut words = [0; STEP_WORDS];
        words[0] = step.number as u16;
        words[1] = step.change as u16;
        words[2] = flag(step.brings_node, NODE)
            | flag(step.before.is_some(), BEFORE)
            | flag(step.after.is_some(), AFTER);
        for (words, count) in words[3..].chunks_exact_mut(6).zip([step.before, step.after]) {
            let Some(Count { weight, points }) = count else { continue };
            let value = u128::from(points) << 32 | u128::from(weight);
            for (i, word) in words.iter_mut().enumerate() {
                *word = (value >> (16 * i)) as u16;
            }
        }
        words
    }

    fn unpack(self) -> Step {
        let has = |flag| self[2] & flag != 0;
        let count = |words: &[u16]| {
            let value = words.iter().rev().fold(0, |value, &word| value << 16 | u128::from(word));
            Count { weight: value as u32, points: (value >> 32) as u64 }
        };
        Step {
            number: u32::from(self[0]),
            change: u32::from(self[1]),
            brings_node: has(NODE),
            before: has(BEFORE).then(|| count(&self[3..9])),
            after: has(AFTER).then(|| count(&self[9..])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_round_trip_through_words() {
        let counts = [
            None,
            Some(Count { weight: 0, points: 0 }),
            Some(Count { weight: 7, points: 7 << 32 }),
        ];
        let most = Count { weight: u32::MAX, points: u64::MAX };
        for before in counts.into_iter().chain([Some(most)]) {
            for after in counts {
                for brings_node in [false, true] {
                    let (number, change) = (0xffff, 0x1234);
                    let step = Step { number, change, brings_node, before, after };
                    assert_eq!(<[u16; STEP_WORDS]>::pack(step).unpack(), step);
                }
            }
        }
    }
}
