//! [`Caps`]: how much load each member may have. [`BalanceFactor`]: how much above the mean that is.

use super::view::RingRef;
use crate::point::Placement;

/// How much load a node may have, as a multiple of its fair share: the *c* of consistent hashing with bounded
/// loads, in percent.
///
/// The smaller it is, the more evenly load is spread, and the more keys are served by another node than their
/// owner. 125 is usual: no node has more than 1.25 times its fair share.
///
/// ```
/// use annulus::{BalanceFactor, BatchError, Ring};
///
/// let mut ring = Ring::<&str, 4, 600>::new();
/// ring.insert_all(["a", "b", "c", "d"])?;
/// // How many of 100 units a node may have, of which 25 are its fair share.
/// let cap = |percent| {
///     let factor = BalanceFactor::percent(percent).expect("above 100");
///     ring.view().caps(factor).of(1, 99)
/// };
/// assert_eq!([101, 125, 200].map(cap), [26, 32, 50]);
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BalanceFactor(u32);

impl BalanceFactor {
    /// A factor of so many percent; `None` unless it is more than 100.
    ///
    /// ```
    /// use annulus::BalanceFactor;
    ///
    /// const FACTOR: BalanceFactor = BalanceFactor::percent(125).unwrap();
    /// assert_eq!(FACTOR.get(), 125);
    /// assert_eq!(BalanceFactor::percent(100), None);
    /// ```
    #[must_use]
    pub const fn percent(percent: u32) -> Option<Self> {
        if percent > 100 { Some(Self(percent)) } else { None }
    }

    /// The factor in percent.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The caps of the members of one ring: how many units of load each may have.
///
/// A member of weight *w* has the cap ⌈c × w × (total + 1) / W⌉. There *c* is the [`BalanceFactor`], *total* how
/// many units all members have when another one is asked for, and *W* the sum of the weights in force of all
/// members that have points. As *c* is above 1, the caps add up to more than `total`: whatever the loads, some
/// member has room. A member of weight 0 has the cap 0.
///
/// Made by [`RingRef::caps`], or by [`RingRef::caps_where`] of the members that are up alone. Caps are for the ring that they were made from, until the weights in force change,
/// or a member comes to have points or has none any more
/// ([`set_points`](crate::BasicRing::set_points)): those of another ring are too high or too low.
///
/// The rule is that of V. Mirrokni, M. Thorup and M. Zadimoghaddam, *Consistent Hashing with Bounded Loads*
/// (2016), with the weights put in.
///
/// ```
/// use annulus::{BalanceFactor, EditError, NamedNode, Ring};
///
/// let mut ring = Ring::<NamedNode, 3, 600>::new();
/// ring.insert_all(["a", "b"].map(NamedNode::new))?;
/// ring.insert(NamedNode::new("c").with_weight(2))?;
/// let caps = ring.view().caps(BalanceFactor::percent(125).expect("above 100"));
/// // With 39 requests in flight and one more to come: ⌈1.25 × 1 × 40 / 4⌉, and twice of that.
/// assert_eq!((caps.of(1, 39), caps.of(2, 39)), (13, 25));
/// assert!(caps.admits(1, 12, 39) && !caps.admits(1, 13, 39));
/// # Ok::<(), EditError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    factor: BalanceFactor,
    /// The sum of the weights of all members that have points.
    weights: u64,
}

impl Caps {
    /// The cap of a member of this weight while all members have `total` units; [`u64::MAX`] where it is more.
    /// O(1), exact.
    #[must_use]
    pub const fn of(&self, weight: u32, total: u64) -> u64 {
        let Some(all) = core::num::NonZero::new(self.percents()) else { return 0 };
        let wanted = self.wanted(weight, total);
        let (whole, rest) = (wanted / all.get(), wanted % all.get());
        let cap = if rest > 0 { whole + 1 } else { whole };
        if cap > u64::MAX as u128 { u64::MAX } else { cap as u64 }
    }

    /// Whether a member of this weight that has `load` units may have one more while all members have `total`:
    /// whether `load` is below its [cap](Self::of). O(1), exact, and without a division.
    #[inline]
    #[must_use]
    pub const fn admits(&self, weight: u32, load: u64, total: u64) -> bool {
        // An integer is below ⌈x⌉ just when it is below x.
        match self.percents().checked_mul(load as u128) {
            Some(needed) => self.weights > 0 && needed < self.wanted(weight, total),
            // What is wanted has no more than 128 bits.
            None => false,
        }
    }

    /// c × w × (total + 1), in percent: at most (2³² − 1)² × 2⁶⁴, which fits.
    #[inline]
    const fn wanted(&self, weight: u32, total: u64) -> u128 {
        let share = self.factor.0 as u64 * weight as u64;
        share as u128 * (total as u128 + 1)
    }

    /// W, in percent: at most 100 × 2⁶⁴.
    #[inline]
    const fn percents(&self) -> u128 {
        self.weights as u128 * 100
    }
}

impl<N, P: Placement, H> RingRef<'_, N, P, H> {
    /// How much load each member may have under this factor.
    ///
    /// Wait-free, O(members). Call it once for a ring between two edits, or for a published version, rather than
    /// for every key; [`owner_bounded`](Self::owner_bounded) says how caps are used.
    #[inline]
    pub fn caps(&self, factor: BalanceFactor) -> Caps {
        self.caps_where(factor, |_| true)
    }

    /// How much load each member that is `alive` may have under this factor, if the others are to have none: *W* is
    /// the sum of the weights of those that are alive. So they have room for all load, as those of
    /// [`caps`](Self::caps) have only while all are up.
    ///
    /// Wait-free, given that `alive` is; O(members). Call it whenever health has changed, or for each key where
    /// members are few. A lookup must pass over those that are not alive:
    /// [`Loads::ticket_where`](crate::loads::Loads::ticket_where) does, as does
    /// [`owner_bounded`](Self::owner_bounded) where `load` says [`u64::MAX`] of them.
    ///
    /// ```
    /// use annulus::{BalanceFactor, BatchError, Ring};
    ///
    /// let mut ring = Ring::<&str, 4, 600>::new();
    /// ring.insert_all(["a", "b", "c", "d"])?;
    /// let factor = BalanceFactor::percent(125).expect("above 100");
    /// // Of 60 units, 15 are a fair share, and 20 while one is down.
    /// assert_eq!(ring.view().caps(factor).of(1, 59), 19);
    /// assert_eq!(ring.view().caps_where(factor, |&node| node != "c").of(1, 59), 25);
    /// # Ok::<(), BatchError>(())
    /// ```
    pub fn caps_where(&self, factor: BalanceFactor, mut alive: impl FnMut(&N) -> bool) -> Caps {
        let owning = self.members.iter().filter(|member| member.points > 0 && alive(&member.node));
        Caps { factor, weights: owning.map(|member| u64::from(member.weight)).sum() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(percent: u32, weights: u64) -> Caps {
        Caps { factor: BalanceFactor::percent(percent).unwrap(), weights }
    }

    #[test]
    fn caps_are_rounded_up() {
        let of = |total| caps(125, 4).of(1, total);
        // 1.25 × (total + 1) / 4.
        assert_eq!([0, 2, 3, 6, 7, 15, 16, 31].map(of), [1, 1, 2, 3, 3, 5, 6, 10]);
        assert_eq!(caps(125, 4).of(3, 7), 8);
        assert_eq!(caps(101, 2).of(1, 1), 2);
        assert_eq!((caps(125, 4).of(0, 1_000), caps(125, 0).of(1, 1_000)), (0, 0));
    }

    #[test]
    fn a_load_is_admitted_just_when_it_is_below_the_cap() {
        let numbers = [0, 1, 2, 3, 7, 99, 100, 101, 1 << 31, u32::MAX];
        for (percent, weight) in numbers.into_iter().flat_map(|p| numbers.map(|w| (p, w))) {
            let Some(factor) = BalanceFactor::percent(percent) else {
                assert!(percent <= 100);
                continue;
            };
            for (weights, total) in numbers.into_iter().flat_map(|w| numbers.map(|t| (w, t))) {
                let large = [u64::from(weights), u64::MAX, 1 << 40];
                for (weights, total) in
                    large.into_iter().flat_map(|w| [u64::from(total), u64::MAX].map(|t| (w, t)))
                {
                    let caps = Caps { factor, weights };
                    let cap = caps.of(weight, total);
                    let loads = [0, 1, cap.saturating_sub(1), cap, cap.saturating_add(1)];
                    for load in loads.into_iter().chain([u64::MAX]) {
                        // Where a cap does not fit into 64 bits, every load but the highest is known to be
                        // below it.
                        if load < u64::MAX {
                            assert_eq!(caps.admits(weight, load, total), load < cap, "{caps:?}");
                        }
                    }
                }
            }
        }
    }
}
