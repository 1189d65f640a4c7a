//! [`Kept`]: one buffer, which is a value and its version.

use core::mem::{ManuallyDrop, MaybeUninit};

use super::line::Line;

/// A value, and how many publications came before it.
pub(crate) struct Kept<T> {
    pub(crate) value: T,
    pub(crate) version: u64,
}

impl<T> Kept<T> {
    /// A buffer of version 0 for each of the values, on a cache line of its own, so that the
    /// writer's stores to one buffer do not slow the readers of another.
    pub(crate) const fn all<const N: usize>(values: [T; N]) -> [Line<Self>; N] {
        let values = ManuallyDrop::new(values);
        let first = (&raw const values).cast::<T>();
        let mut kept = [const { MaybeUninit::<Line<Self>>::uninit() }; N];
        let mut i = 0;
        while i < N {
            // SAFETY: `i` is below the number of values, which are initialised. Each is read once,
            // and `ManuallyDrop` keeps the array from dropping it.
            let value = unsafe { first.add(i).read() };
            kept[i].write(Line(Self { value, version: 0 }));
            i += 1;
        }
        // SAFETY: the loop has initialised every element, and an array of `MaybeUninit` is laid out
        // as the array of what it may hold.
        unsafe { (&raw const kept).cast::<[Line<Self>; N]>().read() }
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;
    use std::rc::Rc;

    #[test]
    fn values_keep_their_places_and_are_dropped_once() {
        let one = Rc::new(());
        let kept = Kept::all([0, 1, 2].map(|i| (i, Rc::clone(&one))));
        assert_eq!(Rc::strong_count(&one), 4);
        assert!(kept.iter().zip(0..).all(|(kept, i)| kept.value.0 == i && kept.version == 0));
        drop(kept);
        assert_eq!(Rc::strong_count(&one), 1);
    }

    #[test]
    fn no_two_share_a_line() {
        let kept = Kept::all([0_u8; 2]);
        let [a, b] = [0, 1].map(|i| (&raw const kept[i]).addr());
        assert_eq!(b - a, size_of_val(&kept[0]));
        assert!(b - a >= align_of_val(&kept[0]));
    }
}
