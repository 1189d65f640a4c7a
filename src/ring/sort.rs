//! Sorting points on their way into a ring.

use crate::target;

/// Sorts `records`, in place. O(n log n).
///
/// On cores with little flash by heaps (J. W. J. Williams, 1964): the standard library's sort is
/// quicker, and as large as the rest of an edit.
pub(crate) fn sort<R: Copy + Ord>(records: &mut [R]) {
    if target::APPLICATION {
        records.sort_unstable();
    } else {
        heap_sort(records);
    }
}

fn heap_sort<R: Copy + Ord>(records: &mut [R]) {
    // From the middle down to 0 each record is made the root of a heap; then the largest, which is
    // the root of all, goes behind the others time and again.
    let (mut root, mut len) = (records.len() / 2, records.len());
    while len > 1 {
        if root > 0 {
            root -= 1;
        } else {
            len -= 1;
            records.swap(0, len);
        }
        sift_down(&mut records[..len], root);
    }
}

/// Restores the heap below `root`.
fn sift_down<R: Copy + Ord>(records: &mut [R], mut root: usize) {
    while let Some(&left) = records.get(2 * root + 1) {
        let right = records.get(2 * root + 2).is_some_and(|&right| right > left);
        let child = 2 * root + 1 + usize::from(right);
        if records[root] >= records[child] {
            return;
        }
        records.swap(root, child);
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
            let mut records: Vec<u64> = (0..len).map(|r| output(7, r) >> 58).collect();
            let mut expected = records.clone();
            expected.sort_unstable();
            heap_sort(&mut records);
            assert_eq!(records, expected);
        }
    }
}
