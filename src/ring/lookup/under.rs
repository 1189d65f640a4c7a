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
        self.first_at(position).map(Candidate::node)
    }

    /// The [number](crate::RingRef#numbers) of the first of the members that hold `key`; `None` if there is
    /// none.
    #[inline]
    pub fn owner_number(&self, key: &(impl Key<H> + ?Sized)) -> Option<u32> {
        self.owner_number_at(self.ring.position(key))
    }

    /// The [number](crate::RingRef#numbers) of the first of the members that hold `position`:
    /// [`owner_number`](Self::owner_number) of a key that is hashed already.
    #[inline]
    pub fn owner_number_at(&self, position: P::Position) -> Option<u32> {
        self.first_at(position).map(|candidate| candidate.number)
    }

    /// The first of the members that hold `position`.
    #[inline]
    fn first_at(&self, position: P::Position) -> Option<Candidate<'a, N>> {
        if self.rule.count() == 0 || self.rule.max_per_zone() == Some(0) {
            return None;
        }
        // The first of the first round is the first that is up.
        self.ring.first(position, self.up())
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

    /// Whether a member is up, and within the subset that alone holds keys.
    #[inline]
    pub(super) fn up(&self) -> impl Fn(Candidate<'a, N>) -> bool + use<'a, 'd, N, P, H> {
        // Mostly all are. Then nothing but this is looked at for each candidate.
        let (rule, all_up) = (self.rule, self.rule.all_up());
        move |candidate| all_up || !rule.is_down(candidate.number)
    }

    /// Fills `out` with the members that hold `position`, and with `nobody`. Returns how many they are.
    fn walk<T: Answer<'a, N>>(&self, position: P::Position, out: &mut [T], nobody: T) -> usize {
        let rule = self.rule;
        let alive = self.up();
        if let Some(max_per_zone) = rule.max_per_zone() {
            return self.ring.spread(position, max_per_zone, alive, self.living, out, nobody);
        }
        let mut owners = Distinct::new(out, nobody);
        self.ring.walk(self.ring.start(position), alive, &mut owners);
        owners.len
    }
}
