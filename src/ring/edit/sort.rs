//! Sorting points for an edit.

use crate::target;

/// Sorts `points`, in place. O(n log n).
///
/// Where code must be small, by heapsort: the standard library's sort is quicker, but its code is
/// as large as the rest of an edit.
pub(super) fn sort<R: Copy + Ord>(points: &mut [R]) {
    if target::CODE_MUST_BE_SMALL {
        heap_sort(points);
    } else {
        points.sort_unstable();
    }
}

/// What heapsort can sort.
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

/// Sorts `items`, in place, by heapsort (J. W. J. Williams, 1964; the heap is built from the middle
/// down, R. W. Floyd, 1964). O(n log n).
pub(super) fn heap_sort(items: &mut (impl Items + ?Sized)) {
    // First each item from the middle down to 0 becomes the root of a heap. Then the root of the
    // whole heap, its greatest item, is swapped behind the others until none is left.
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
            // There are few values, so that some points are equal.
            let mut points: Vec<u64> = (0..len).map(|r| output(7, r) >> 58).collect();
            let mut expected = points.clone();
            expected.sort_unstable();
            heap_sort(&mut *points);
            assert_eq!(points, expected);
        }
    }
}
