//! Sorting on the way into a ring.

use crate::target;

/// Sorts `points`, in place. O(n log n).
///
/// Where code must be small by heaps: the standard library's sort is quicker, and as large as the rest of
/// an edit.
pub(super) fn sort<R: Copy + Ord>(points: &mut [R]) {
    if target::CODE_MUST_BE_SMALL {
        heap_sort(points);
    } else {
        points.sort_unstable();
    }
}

/// What can be sorted by heaps.
pub(super) trait Items {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether the item at `a` comes after the item at `b`.
    fn is_after(&self, a: usize, b: usize) -> bool;
    /// Swaps the items at `a` and `b`.
    fn swap(&mut self, a: usize, b: usize);
}

impl<T: Ord> Items for [T] {
    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn is_after(&self, a: usize, b: usize) -> bool {
        self[a] > self[b]
    }

    #[inline]
    fn swap(&mut self, a: usize, b: usize) {
        self.swap(a, b);
    }
}

/// Sorts `items`, in place, by heaps (J. W. J. Williams, 1964). O(n log n).
pub(super) fn heap_sort(items: &mut (impl Items + ?Sized)) {
    // From the middle down to 0 each item is made the root of a heap; then the last in order, which is
    // the root of all, goes behind the others time and again.
    let (mut root, mut len) = (items.len() / 2, items.len());
    while len > 1 {
        if root > 0 {
            root -= 1;
        } else {
            len -= 1;
            items.swap(0, len);
        }
        sift_down(items, root, len);
    }
}

/// Restores the heap below `root` in the first `len` items.
fn sift_down(items: &mut (impl Items + ?Sized), mut root: usize, len: usize) {
    while 2 * root + 1 < len {
        let left = 2 * root + 1;
        let right = left + 1 < len && items.is_after(left + 1, left);
        let child = left + usize::from(right);
        if !items.is_after(child, root) {
            return;
        }
        items.swap(root, child);
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::splitmix::output;
    use std::vec::Vec;

    #[test]
    fn both_sorts_agree() {
        for len in 0..70 {
            // Few values, so that some are the same.
            let mut points: Vec<u64> = (0..len).map(|r| output(7, r) >> 58).collect();
            let mut expected = points.clone();
            expected.sort_unstable();
            heap_sort(&mut *points);
            assert_eq!(points, expected);
        }
    }
}
