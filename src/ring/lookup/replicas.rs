//! [`Replicas`]: the nodes that hold a key, by value.

use core::iter::FusedIterator;
use core::ops::{Deref, Range};
use core::{fmt, slice};

/// Up to `K` distinct nodes, nearest first: what [`RingRef::replicas`](crate::RingRef::replicas) answers.
///
/// It is a slice of references into the ring, kept in place: `K` + 1 words, no allocator. It may be kept as
/// long as the ring is borrowed, and is copied freely.
///
/// ```
/// # use annulus::{BatchError, Ring};
/// # let mut ring = Ring::<&str, 4, 600>::new();
/// # ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
/// let replicas = ring.view().replicas::<2>("user:42");
/// assert_eq!(replicas.len(), 2);
/// assert_ne!(replicas[0], replicas[1]);
/// assert_eq!(replicas.first().copied(), ring.owner("user:42"));
/// for node in replicas {
///     println!("write to {node}");
/// }
/// # Ok::<(), BatchError>(())
/// ```
pub struct Replicas<'a, N, const K: usize> {
    /// The nodes, and the first of them once more in each place that is left; `None` if there are none.
    nodes: Option<[&'a N; K]>,
    len: usize,
}

impl<'a, N, const K: usize> Replicas<'a, N, K> {
    /// The nodes of a walk: they come before all `None`.
    #[inline]
    pub(super) fn new(found: [Option<&'a N>; K], len: usize) -> Self {
        let first = found.first().copied().flatten();
        Self { nodes: first.map(|first| found.map(|node| node.unwrap_or(first))), len }
    }

    /// The nodes, nearest first. Wait-free, O(1).
    #[inline]
    pub fn as_slice(&self) -> &[&'a N] {
        let nodes = self.nodes.as_ref().map(<[_; K]>::as_slice).unwrap_or_default();
        nodes.get(..self.len).unwrap_or_default()
    }
}

impl<N, const K: usize> Clone for Replicas<'_, N, K> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, const K: usize> Copy for Replicas<'_, N, K> {}

/// No nodes.
impl<N, const K: usize> Default for Replicas<'_, N, K> {
    fn default() -> Self {
        Self { nodes: None, len: 0 }
    }
}

impl<'a, N, const K: usize> Deref for Replicas<'a, N, K> {
    type Target = [&'a N];

    #[inline]
    fn deref(&self) -> &[&'a N] {
        self.as_slice()
    }
}

impl<'a, N, const K: usize> AsRef<[&'a N]> for Replicas<'a, N, K> {
    #[inline]
    fn as_ref(&self) -> &[&'a N] {
        self
    }
}

impl<N: fmt::Debug, const K: usize> fmt::Debug for Replicas<'_, N, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

/// The same nodes in the same order.
impl<N: PartialEq, const K: usize, const L: usize> PartialEq<Replicas<'_, N, L>>
    for Replicas<'_, N, K>
{
    fn eq(&self, other: &Replicas<'_, N, L>) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<N: Eq, const K: usize> Eq for Replicas<'_, N, K> {}

/// The same nodes in the same order.
impl<N: PartialEq, const K: usize> PartialEq<[&N]> for Replicas<'_, N, K> {
    fn eq(&self, other: &[&N]) -> bool {
        self.as_slice() == other
    }
}

/// The same nodes in the same order.
impl<N: PartialEq, const K: usize, const L: usize> PartialEq<[&N; L]> for Replicas<'_, N, K> {
    fn eq(&self, other: &[&N; L]) -> bool {
        self.as_slice() == other
    }
}

impl<'a, N, const K: usize> IntoIterator for Replicas<'a, N, K> {
    type Item = &'a N;
    type IntoIter = ReplicasIter<'a, N, K>;

    #[inline]
    fn into_iter(self) -> ReplicasIter<'a, N, K> {
        ReplicasIter { places: 0..self.len, replicas: self }
    }
}

impl<'r, 'a, N, const K: usize> IntoIterator for &'r Replicas<'a, N, K> {
    type Item = &'r &'a N;
    type IntoIter = slice::Iter<'r, &'a N>;

    #[inline]
    fn into_iter(self) -> slice::Iter<'r, &'a N> {
        self.iter()
    }
}

/// The nodes of [`Replicas`], by value.
///
/// ```
/// use annulus::{BatchError, Ring};
///
/// let mut ring = Ring::<&str, 4, 600>::new();
/// ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
/// // The first node takes the write, and hands it on to the others.
/// let mut nodes = ring.view().replicas::<3>("user:42").into_iter();
/// let first = nodes.next();
/// assert_eq!((first, nodes.len()), (ring.owner("user:42"), 2));
/// assert!(nodes.all(|node| Some(node) != first));
/// # Ok::<(), BatchError>(())
/// ```
#[must_use = "iterators do nothing unless they are consumed"]
pub struct ReplicasIter<'a, N, const K: usize> {
    replicas: Replicas<'a, N, K>,
    places: Range<usize>,
}

impl<N, const K: usize> Clone for ReplicasIter<'_, N, K> {
    fn clone(&self) -> Self {
        Self { replicas: self.replicas, places: self.places.clone() }
    }
}

/// Shows the nodes that are left.
impl<N: fmt::Debug, const K: usize> fmt::Debug for ReplicasIter<'_, N, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a, N, const K: usize> Iterator for ReplicasIter<'a, N, K> {
    type Item = &'a N;

    #[inline]
    fn next(&mut self) -> Option<&'a N> {
        self.replicas.get(self.places.next()?).copied()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl<N, const K: usize> DoubleEndedIterator for ReplicasIter<'_, N, K> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.replicas.get(self.places.next_back()?).copied()
    }
}

impl<N, const K: usize> ExactSizeIterator for ReplicasIter<'_, N, K> {}

impl<N, const K: usize> FusedIterator for ReplicasIter<'_, N, K> {}
