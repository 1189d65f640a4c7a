//! Owners spread over zones, in rounds.

use super::spread::Spread;
use super::walk::{Answer, Candidate, Distinct};
use crate::point::Placement;
use crate::ring::rounds::{Living, Rounds, reach};
use crate::ring::view::{Key, RingRef};

/// # Owners over zones
///
/// These methods take nodes in [rounds](crate::Rule#rounds): the first of each zone, then the second of
/// each, and so on. They compare numbers of zones, never names, and know how many nodes each round has.
/// So a walk goes no further than the point that settles the answer, if all nodes are alive: for K nodes over
/// Z even zones, O((K + Z) × log Z) points expected. On 64-bit targets, where a ring on the heap or inline has up
/// to eight zones, the next 32 points at most are looked at before, which settles most answers of up to two
/// rounds.
///
/// All are wait-free, given that `alive` is. `alive` may be asked about a node any number of times and must not
/// change its answer meanwhile. Each point that is passed costs up to K comparisons, and each node that is
/// taken up to K² more. Where a zone has fewer nodes alive than it has members, or a node in a zone has few
/// points, a walk passes many: where it passes as many points as there are members without finding a node, it
/// looks at every member once, to see whether any could still be found.
impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The first distinct nodes at or after `key` that are `alive`, as many as `out` has room for, spread
    /// over zones in [rounds](crate::Rule#rounds), with at most `max_per_zone` of each zone.
    ///
    /// With [`usize::MAX`] there is no such limit; with 1, no zone has two. Returns how many nodes there
    /// are; the rest of `out` becomes `None`.
    ///
    /// ```
    /// use annulus::{BatchError, NamedNode, Ring};
    ///
    /// let mut ring = Ring::<NamedNode, 4, 600>::new();
    /// let node = |name, zone| NamedNode::new(name).with_zone(zone);
    /// ring.insert_all([node("a", "east"), node("b", "east"), node("c", "east"), node("d", "west")])?;
    /// let (view, mut out) = (ring.view(), [None; 3]);
    /// // The west has one node, so two are in the east; unless a zone may have one at most.
    /// assert_eq!(view.owners_over_zones("user:42", usize::MAX, |_| true, &mut out), 3);
    /// assert!(out[..2].contains(&Some(&node("d", "west"))));
    /// assert_eq!(view.owners_over_zones("user:42", 1, |_| true, &mut out), 2);
    /// assert_eq!(view.owners_over_zones("user:42", 1, |node| node.name != "d", &mut out), 1);
    /// # Ok::<(), BatchError>(())
    /// ```
    pub fn owners_over_zones(
        &self,
        key: &(impl Key<H> + ?Sized),
        max_per_zone: usize,
        alive: impl FnMut(&N) -> bool,
        out: &mut [Option<&'a N>],
    ) -> usize {
        self.owners_over_zones_at(self.position(key), max_per_zone, alive, out)
    }

    /// The first distinct nodes at or after `position` that are `alive`, spread over zones:
    /// [`owners_over_zones`](Self::owners_over_zones) of a key that is hashed already.
    pub fn owners_over_zones_at(
        &self,
        position: P::Position,
        max_per_zone: usize,
        mut alive: impl FnMut(&N) -> bool,
        out: &mut [Option<&'a N>],
    ) -> usize {
        let alive = |candidate: Candidate<'a, N>| alive(candidate.node());
        self.spread(position, max_per_zone, alive, None, out, None)
    }

    /// The [numbers](Self#numbers) of the first distinct members at or after `key` for whose numbers
    /// `alive` is true, as many as `out` has room for, spread over zones in
    /// [rounds](crate::Rule#rounds), with at most `max_per_zone` of each zone.
    ///
    /// With [`usize::MAX`] there is no such limit; with 1, no zone has two. Returns how many numbers there
    /// are; the rest of `out` becomes [`u32::MAX`], which no member has.
    pub fn owner_numbers_over_zones(
        &self,
        key: &(impl Key<H> + ?Sized),
        max_per_zone: usize,
        alive: impl FnMut(u32) -> bool,
        out: &mut [u32],
    ) -> usize {
        self.owner_numbers_over_zones_at(self.position(key), max_per_zone, alive, out)
    }

    /// The [numbers](Self#numbers) of the first distinct members at or after `position` for whose numbers
    /// `alive` is true, spread over zones:
    /// [`owner_numbers_over_zones`](Self::owner_numbers_over_zones) of a key that is hashed already.
    pub fn owner_numbers_over_zones_at(
        &self,
        position: P::Position,
        max_per_zone: usize,
        mut alive: impl FnMut(u32) -> bool,
        out: &mut [u32],
    ) -> usize {
        let alive = |candidate: Candidate<'a, N>| alive(candidate.number);
        self.spread(position, max_per_zone, alive, None, out, u32::MAX)
    }

    /// Fills `out` with the members at or after `position` that are `alive`, in rounds, and with `nobody`.
    /// Returns how many they are. `living` says how many are alive, if that is known.
    pub(super) fn spread<T: Answer<'a, N>>(
        &self,
        position: P::Position,
        max_per_zone: usize,
        mut alive: impl FnMut(Candidate<'a, N>) -> bool,
        living: Option<Living>,
        out: &mut [T],
        nobody: T,
    ) -> usize {
        let start = self.start(position);
        if reach(self.members, 1) <= 1 {
            // In a single zone, rounds are the order of the walk.
            let (out, rest) = out.split_at_mut(out.len().min(max_per_zone));
            rest.fill(nobody);
            let mut owners = Distinct::new(out, nobody);
            self.walk(start, alive, &mut owners);
            return owners.len;
        }
        let rounds = Rounds { members: self.members, living };
        let (wanted, rest) = out.split_at_mut(out.len().min(rounds.reach(max_per_zone)));
        if self.fill_rounds(start, &rounds, &mut alive, wanted) {
            rest.fill(nobody);
            return wanted.len();
        }
        out.fill(nobody);
        let mut owners = Spread::new(rounds, max_per_zone, out);
        self.walk(start, alive, &mut owners);
        owners.len
    }
}
