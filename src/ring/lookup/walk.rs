//! Walks clockwise around the ring: replicas, owners that are alive.

use super::replicas::Replicas;
use crate::point::Placement;
use crate::ring::member::Member;
use crate::ring::points::{Cursor, Layout};
use crate::ring::view::{Key, RingRef};

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The member that owns this point.
    #[inline]
    pub(super) fn candidate_at(&self, at: Cursor<'a, P::Position>) -> Option<Candidate<'a, N>> {
        let number = self.points.owner(at)?;
        Some(Candidate { member: self.members.get(number)?, number: number as u32 })
    }
}

/// # Owners by walking
///
/// These methods walk clockwise from the point that owns the key, natively the first at or after the
/// key's position, and give distinct nodes, nearest first, in a slice or by value. They give fewer
/// nodes where fewer qualify, and none twice. They pass each point at most once.
/// They stop as soon as no node with points is left to be found; a node whose points all lie behind
/// others on their positions, where a placement counts such points once, is looked for to the end.
/// `alive` may be asked about a node any number of times and must not change its answer meanwhile.
///
/// All are wait-free, given that `alive` is. With K nodes wanted, each point that is passed costs
/// up to K comparisons of nodes. Whenever a walk has passed as many points as there are members
/// without finding a node, it looks at every member once, to see whether any could still be found.
impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The first node at or after `key` that is `alive`; `None` when no node with points is.
    ///
    /// Routes around a node that is down without changing the ring: the keys of other nodes stay
    /// where they are.
    ///
    /// ```
    /// use annulus::{BatchError, Ring};
    ///
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
    /// let view = ring.view();
    /// let down = view.owner("user:42").expect("the ring has points");
    /// let next = view.owner_where("user:42", |node| node != down);
    /// // It is the node that comes next in any walk from this key.
    /// assert_eq!(next, view.replicas::<2>("user:42").get(1).copied());
    /// assert_eq!(view.owner_where("user:42", |_| false), None);
    /// # Ok::<(), BatchError>(())
    /// ```
    #[inline]
    pub fn owner_where(
        &self,
        key: &(impl Key<H> + ?Sized),
        alive: impl FnMut(&N) -> bool,
    ) -> Option<&'a N> {
        self.owner_where_at(self.position(key), alive)
    }

    /// The first node at or after `position` that is `alive`: [`owner_where`](Self::owner_where) of a key
    /// that is hashed already.
    #[inline]
    pub fn owner_where_at(
        &self,
        position: P::Position,
        mut alive: impl FnMut(&N) -> bool,
    ) -> Option<&'a N> {
        let first = self.first(position, |candidate| alive(candidate.node()));
        first.map(|candidate| candidate.node())
    }

    /// The [number](Self#numbers) of the first member at or after `key` for whose number `alive` is
    /// true; `None` when it is true for no member with points.
    ///
    /// `alive` can look numbers up in a bitmap of the members that are down. Members themselves are
    /// read only when the walk has passed as many points as there are members without finding one
    /// that is alive.
    ///
    /// ```
    /// # use annulus::{BatchError, Ring};
    /// # let mut ring = Ring::<&str, 3, 450>::new();
    /// # ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
    /// let view = ring.view();
    /// let mut down = vec![false; view.len()];
    /// let owner = view.owner_number("user:42").expect("the ring has points");
    /// down[owner as usize] = true;
    /// let next = view.owner_number_where("user:42", |number| !down[number as usize]);
    /// assert!(next.is_some_and(|next| next != owner));
    /// # Ok::<(), BatchError>(())
    /// ```
    #[inline]
    pub fn owner_number_where(
        &self,
        key: &(impl Key<H> + ?Sized),
        alive: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        self.owner_number_where_at(self.position(key), alive)
    }

    /// The [number](Self#numbers) of the first member at or after `position` for whose number `alive` is
    /// true: [`owner_number_where`](Self::owner_number_where) of a key that is hashed already.
    // Left to choose, the compiler spends an instruction more in `owner_number_where`.
    #[inline(always)]
    pub fn owner_number_where_at(
        &self,
        position: P::Position,
        mut alive: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        let first = self.first(position, |candidate| alive(candidate.number));
        first.map(|candidate| candidate.number)
    }

    /// The first member at or after `position` that is `alive`.
    #[inline]
    pub(super) fn first(
        &self,
        position: P::Position,
        mut alive: impl FnMut(Candidate<'a, N>) -> bool,
    ) -> Option<Candidate<'a, N>> {
        let start = self.start(position);
        if let Some(member) = self.candidate_at(start).filter(|&member| alive(member)) {
            return Some(member);
        }
        let mut first = First(None);
        self.walk(start, alive, &mut first);
        first.0
    }

    /// The first distinct nodes at or after `key`, as many as `out` has room for.
    ///
    /// Returns how many nodes there are; the rest of `out` becomes `None`.
    ///
    /// ```
    /// use annulus::{BatchError, Ring};
    ///
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
    /// // As many as a configuration says.
    /// let mut out = vec![None; 5];
    /// let found = ring.view().owners("user:42", &mut out);
    /// assert_eq!((found, out[0]), (3, ring.owner("user:42")));
    /// assert_eq!(out[3..], [None, None]);
    /// # Ok::<(), BatchError>(())
    /// ```
    #[inline]
    pub fn owners(&self, key: &(impl Key<H> + ?Sized), out: &mut [Option<&'a N>]) -> usize {
        self.owners_at(self.position(key), out)
    }

    /// The first distinct nodes at or after `position`: [`owners`](Self::owners) of a key that is
    /// hashed already.
    #[inline]
    pub fn owners_at(&self, position: P::Position, out: &mut [Option<&'a N>]) -> usize {
        let start = self.start(position);
        let member = |number| self.node(number);
        if self.points.fill_distinct(start, P::EQUAL_POINTS_ONCE, member, out) {
            return out.len();
        }
        let mut owners = Distinct::new(out, None);
        self.walk(start, |_| true, &mut owners);
        owners.len
    }

    /// The first distinct nodes at or after `key` that are `alive`, as many as `out` has room for.
    ///
    /// Returns how many nodes there are; the rest of `out` becomes `None`.
    ///
    /// ```
    /// use annulus::{BatchError, NamedNode, Ring};
    ///
    /// let mut ring = Ring::<NamedNode, 3, 450>::new();
    /// let node = NamedNode::new;
    /// ring.insert_all([node("a").with_zone("east"), node("b").with_zone("west"), node("c").with_zone("west")])?;
    /// // Reads stay in the zone of whoever reads.
    /// let mut out = [None; 2];
    /// assert_eq!(ring.view().owners_where("user:42", |node| node.zone == "west", &mut out), 2);
    /// assert!(out.iter().flatten().all(|node| node.name != "a"));
    /// # Ok::<(), BatchError>(())
    /// ```
    #[inline]
    pub fn owners_where(
        &self,
        key: &(impl Key<H> + ?Sized),
        alive: impl FnMut(&N) -> bool,
        out: &mut [Option<&'a N>],
    ) -> usize {
        self.owners_where_at(self.position(key), alive, out)
    }

    /// The first distinct nodes at or after `position` that are `alive`:
    /// [`owners_where`](Self::owners_where) of a key that is hashed already.
    #[inline]
    pub fn owners_where_at(
        &self,
        position: P::Position,
        mut alive: impl FnMut(&N) -> bool,
        out: &mut [Option<&'a N>],
    ) -> usize {
        let start = self.start(position);
        let mut owners = Distinct::new(out, None);
        self.walk(start, |candidate| alive(candidate.node()), &mut owners);
        owners.len
    }

    /// The [numbers](Self#numbers) of the first distinct members at or after `key` for whose
    /// numbers `alive` is true, as many as `out` has room for.
    ///
    /// Returns how many numbers there are; the rest of `out` becomes [`u32::MAX`], which no member
    /// has.
    #[inline]
    pub fn owner_numbers_where(
        &self,
        key: &(impl Key<H> + ?Sized),
        alive: impl FnMut(u32) -> bool,
        out: &mut [u32],
    ) -> usize {
        self.owner_numbers_where_at(self.position(key), alive, out)
    }

    /// The [numbers](Self#numbers) of the first distinct members at or after `position` for whose numbers
    /// `alive` is true: [`owner_numbers_where`](Self::owner_numbers_where) of a key that is hashed already.
    #[inline]
    pub fn owner_numbers_where_at(
        &self,
        position: P::Position,
        mut alive: impl FnMut(u32) -> bool,
        out: &mut [u32],
    ) -> usize {
        let start = self.start(position);
        let mut owners = Distinct::new(out, u32::MAX);
        self.walk(start, |candidate| alive(candidate.number), &mut owners);
        owners.len
    }

    /// The first `K` distinct nodes at or after `key`, or all nodes with points if these are fewer.
    ///
    /// ```
    /// use annulus::{BatchError, Ring};
    ///
    /// let mut ring = Ring::<&str, 4, 600>::new();
    /// ring.insert_all(["cache-a", "cache-b"])?;
    /// let view = ring.view();
    /// let [first, second] = *view.replicas::<2>("user:42") else { panic!("there are two") };
    /// assert_eq!(view.owner("user:42"), Some(first));
    /// assert_ne!(first, second);
    /// // No node comes twice.
    /// assert_eq!(view.replicas::<3>("user:42").len(), 2);
    /// # Ok::<(), BatchError>(())
    /// ```
    #[inline]
    pub fn replicas<const K: usize>(&self, key: &(impl Key<H> + ?Sized)) -> Replicas<'a, N, K> {
        self.replicas_at(self.position(key))
    }

    /// The first `K` distinct nodes at or after `position`: [`replicas`](Self::replicas) of a key that is
    /// hashed already.
    #[inline]
    pub fn replicas_at<const K: usize>(&self, position: P::Position) -> Replicas<'a, N, K> {
        let mut found = [None; K];
        let len = self.owners_at(position, &mut found);
        Replicas::new(found, len)
    }

    /// Offers the members that are `alive` to `found`, in the order of the walk from `start`.
    pub(super) fn walk(
        &self,
        start: Cursor<'a, P::Position>,
        mut alive: impl FnMut(Candidate<'a, N>) -> bool,
        found: &mut impl Collect<'a, N>,
    ) {
        let members = self.members.len();
        let mut in_vain = 0;
        let mut last = None;
        for at in self.points.around(start) {
            if found.is_full() {
                break;
            }
            let Some(member) = self.candidate_at(at) else { break };
            if self.counts(at, &mut last)
                && let Some(place) = found.place(member)
                && alive(member)
            {
                found.take(member, place);
                in_vain = 0;
                continue;
            }
            in_vain += 1;
            if in_vain >= members {
                in_vain = 0;
                let mut members = self.members.iter().zip(0..);
                if !members.any(|(member, number)| {
                    let candidate = Candidate { member, number };
                    member.points > 0 && found.place(candidate).is_some() && alive(candidate)
                }) {
                    break;
                }
            }
        }
    }

    /// Whether a walk stops at this point. It passes over one that lies on the position of the point
    /// before it in the walk, if the placement says so. `last` is that position, and becomes the position
    /// of this point.
    #[inline]
    pub(super) fn counts(
        &self,
        at: Cursor<'a, P::Position>,
        last: &mut Option<P::Position>,
    ) -> bool {
        if !P::EQUAL_POINTS_ONCE {
            return true;
        }
        let position = self.points.position(at);
        core::mem::replace(last, position) != position
    }
}

/// A member that a walk considers.
pub(super) struct Candidate<'a, N> {
    pub(super) member: &'a Member<N>,
    pub(super) number: u32,
}

impl<'a, N> Candidate<'a, N> {
    #[inline]
    pub(super) fn node(self) -> &'a N {
        &self.member.node
    }
}

impl<N> Clone for Candidate<'_, N> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<N> Copy for Candidate<'_, N> {}

/// Collects members that a walk finds.
pub(super) trait Collect<'a, N> {
    /// Where a member goes that is taken.
    type Place;

    /// Whether the walk may end.
    fn is_full(&self) -> bool;
    /// Where `member` would go; `None` if it would not be taken.
    fn place(&self, member: Candidate<'a, N>) -> Option<Self::Place>;
    /// Takes a member whose place is this, if there is room.
    fn take(&mut self, member: Candidate<'a, N>, place: Self::Place);
}

/// Collects the first member alone.
struct First<'a, N>(Option<Candidate<'a, N>>);

impl<'a, N> Collect<'a, N> for First<'a, N> {
    type Place = ();

    #[inline]
    fn is_full(&self) -> bool {
        self.0.is_some()
    }

    #[inline]
    fn place(&self, _: Candidate<'a, N>) -> Option<()> {
        Some(())
    }

    #[inline]
    fn take(&mut self, member: Candidate<'a, N>, (): ()) {
        self.0 = Some(member);
    }
}

/// How a member is written into a slice of answers.
pub(super) trait Answer<'a, N>: Copy {
    /// The answer that stands for `member`.
    fn of(member: Candidate<'a, N>) -> Self;
    /// Whether this answer stands for `member`.
    fn is(self, member: Candidate<'a, N>) -> bool;
    /// The member for which this answer stands, one of `members`; `None` if it stands for none.
    fn member(self, members: &'a [Member<N>]) -> Option<&'a Member<N>>;
}

impl<'a, N> Answer<'a, N> for Option<&'a N> {
    #[inline]
    fn of(member: Candidate<'a, N>) -> Self {
        Some(member.node())
    }

    #[inline]
    fn is(self, member: Candidate<'a, N>) -> bool {
        // Each member holds its own node, so the address of a node tells which member it is of.
        self.is_some_and(|node| core::ptr::eq(node, member.node()))
    }

    #[inline]
    fn member(self, members: &'a [Member<N>]) -> Option<&'a Member<N>> {
        // The address of a node tells which member it lies in.
        let bytes = core::ptr::from_ref(self?).addr().checked_sub(members.as_ptr().addr())?;
        members.get(bytes / size_of::<Member<N>>())
    }
}

impl<'a, N> Answer<'a, N> for u32 {
    #[inline]
    fn of(member: Candidate<'a, N>) -> Self {
        member.number
    }

    #[inline]
    fn is(self, member: Candidate<'a, N>) -> bool {
        self == member.number
    }

    #[inline]
    fn member(self, members: &'a [Member<N>]) -> Option<&'a Member<N>> {
        members.get(self as usize)
    }
}

/// Collects distinct members in the order of the walk.
pub(super) struct Distinct<'o, T> {
    out: &'o mut [T],
    pub(super) len: usize,
}

impl<'o, T> Distinct<'o, T> {
    /// Begins with no member: all of `out` becomes `nobody`.
    #[inline]
    pub(super) fn new(out: &'o mut [T], nobody: T) -> Self
    where
        T: Clone,
    {
        out.fill(nobody);
        Self { out, len: 0 }
    }
}

impl<'a, N, T: Answer<'a, N>> Collect<'a, N> for Distinct<'_, T> {
    type Place = ();

    #[inline]
    fn is_full(&self) -> bool {
        self.len >= self.out.len()
    }

    #[inline]
    fn place(&self, member: Candidate<'a, N>) -> Option<()> {
        let taken = self.out.get(..self.len).unwrap_or_default();
        (!taken.iter().any(|taken| taken.is(member))).then_some(())
    }

    #[inline]
    fn take(&mut self, member: Candidate<'a, N>, (): ()) {
        if let Some(slot) = self.out.get_mut(self.len) {
            *slot = T::of(member);
            self.len += 1;
        }
    }
}
