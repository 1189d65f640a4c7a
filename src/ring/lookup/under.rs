//! Owners of a key under a rule.

use super::walk::{Answer, Candidate, Distinct};
use crate::point::Placement;
use crate::ring::rule::Ruled;
use crate::ring::view::Key;

/// # Owners
///
/// All are wait-free. They cost what the walks of [`RingRef`](crate::RingRef) and those over zones cost. Where a
/// bitmap says who is down, a walk over up to 64 zones knows how many nodes are up in each of the first eight
/// rounds, and does not wait for others.
impl<'a, 'd, N, P: Placement, H> Ruled<'a, 'd, N, P, H> {
    /// The first of the nodes that hold `key`; `None` if there is none.
    #[inline]
    pub fn owner(&self, key: &(impl Key<H> + ?Sized)) -> Option<&'a N> {
        self.owner_at(self.ring.position(key))
    }

    /// The first of the nodes that hold `position`; `None` if there is none.
    #[inline]
    pub fn owner_at(&self, position: P::Position) -> Option<&'a N> {
        if self.rule.count() == 0 || self.rule.max_per_zone() == Some(0) {
            return None;
        }
        // The first of the first round is the first that is up.
        let up = |candidate: Candidate<'a, N>| !self.rule.is_down(candidate.number);
        self.ring.first(position, up).map(Candidate::node)
    }

    /// The nodes that hold `key`, in their order, as many as `out` has room for.
    ///
    /// Returns how many nodes there are; the rest of `out` becomes `None`.
    #[inline]
    pub fn owners(&self, key: &(impl Key<H> + ?Sized), out: &mut [Option<&'a N>]) -> usize {
        self.owners_at(self.ring.position(key), out)
    }

    /// The nodes that hold `position`: [`owners`](Self::owners) of a key that is hashed already.
    #[inline]
    pub fn owners_at(&self, position: P::Position, out: &mut [Option<&'a N>]) -> usize {
        let (out, rest) = out.split_at_mut(out.len().min(self.rule.count()));
        rest.fill(None);
        if self.rule.max_per_zone().is_none() && self.rule.all_up() {
            return self.ring.owners_at(position, out);
        }
        self.walk(position, out, None)
    }

    /// The [numbers](crate::RingRef#numbers) of the members that hold `key`, in their order, as many as
    /// `out` has room for.
    ///
    /// Returns how many numbers there are; the rest of `out` becomes [`u32::MAX`], which no member has.
    #[inline]
    pub fn owner_numbers(&self, key: &(impl Key<H> + ?Sized), out: &mut [u32]) -> usize {
        self.owner_numbers_at(self.ring.position(key), out)
    }

    /// The [numbers](crate::RingRef#numbers) of the members that hold `position`:
    /// [`owner_numbers`](Self::owner_numbers) of a key that is hashed already.
    #[inline]
    pub fn owner_numbers_at(&self, position: P::Position, out: &mut [u32]) -> usize {
        let (out, rest) = out.split_at_mut(out.len().min(self.rule.count()));
        rest.fill(u32::MAX);
        self.walk(position, out, u32::MAX)
    }

    /// Fills `out` with the members that hold `position`, and with `nobody`. Returns how many they are.
    fn walk<T: Answer<'a, N>>(&self, position: P::Position, out: &mut [T], nobody: T) -> usize {
        let rule = self.rule;
        let alive = |candidate: Candidate<'a, N>| !rule.is_down(candidate.number);
        if let Some(max_per_zone) = rule.max_per_zone() {
            return self.ring.spread(position, max_per_zone, alive, self.living, out, nobody);
        }
        let mut owners = Distinct::new(out, nobody);
        self.ring.walk(self.ring.start(position), alive, &mut owners);
        owners.len
    }
}
