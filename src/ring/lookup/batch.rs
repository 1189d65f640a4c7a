//! Lookups of many owners at once.

use crate::point::Placement;
use crate::ring::points::Layout;
use crate::ring::view::RingRef;

impl<'a, N, P: Placement, H> RingRef<'a, N, P, H> {
    /// The owners of many positions: `out[i]` becomes [`owner_at`](Self::owner_at) of
    /// `positions[i]`.
    ///
    /// Wait-free; O(1) expected for each position, O(log points) at worst. The lookups overlap, so
    /// that a batch waits for memory less often than single lookups do.
    ///
    /// ```
    /// use annulus::Ring;
    ///
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert_all(["worker-a", "worker-b", "worker-c"])?;
    /// // A burst of packets, by the hashes that the network card gives.
    /// let hashes = [0x1234_5678, 0x9abc_def0, 0xdead_beef];
    /// let mut owners = [None; 3];
    /// ring.view().owners_batch(&hashes, &mut owners)?;
    /// assert_eq!(owners, hashes.map(|hash| ring.owner_at(hash)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BatchLengthError`], with `out` untouched, unless both slices have the same length.
    pub fn owners_batch(
        &self,
        positions: &[P::Position],
        out: &mut [Option<&'a N>],
    ) -> Result<(), BatchLengthError> {
        self.batch(positions, out, |number| self.node(number))
    }

    /// The [numbers](Self#numbers) of the owners of many positions: `out[i]` becomes
    /// [`owner_number_at`](Self::owner_number_at) of `positions[i]`.
    ///
    /// In a ring without points every number is [`u32::MAX`], which no member has. Wait-free; O(1)
    /// expected for each position, O(log points) at worst. Lookups overlap as in
    /// [`owners_batch`](Self::owners_batch).
    ///
    /// ```
    /// # use annulus::{BatchError, Ring};
    /// # let mut ring = Ring::<&str, 3, 450>::new();
    /// # ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
    /// let view = ring.view();
    /// let mut loads = vec![0; view.len()];
    /// let positions = ["user:1", "user:2", "user:3", "user:4"].map(|key| view.position(key));
    /// let mut numbers = [0; 4];
    /// view.owner_numbers_batch(&positions, &mut numbers).expect("equal lengths");
    /// for number in numbers {
    ///     loads[number as usize] += 1;
    /// }
    /// # assert_eq!(loads.iter().sum::<u32>(), 4);
    /// # Ok::<(), BatchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BatchLengthError`], with `out` untouched, unless both slices have the same length.
    pub fn owner_numbers_batch(
        &self,
        positions: &[P::Position],
        out: &mut [u32],
    ) -> Result<(), BatchLengthError> {
        // `usize::MAX`, the number of no member, becomes `u32::MAX`.
        self.batch(positions, out, |number| number as u32)
    }

    /// `out[i]` becomes `member` of the number of the owner of `positions[i]`. In a ring without
    /// points, that is a number that no member has.
    #[inline]
    fn batch<T>(
        &self,
        positions: &[P::Position],
        out: &mut [T],
        member: impl Fn(usize) -> T,
    ) -> Result<(), BatchLengthError> {
        if positions.len() != out.len() {
            return Err(BatchLengthError { positions: positions.len(), out: out.len() });
        }
        if P::NEAREST {
            for (&position, owner) in positions.iter().zip(out) {
                *owner = self.owner_of(position, &member);
            }
        } else {
            self.points.owners_at(positions, out, member);
        }
        Ok(())
    }
}

/// The two slices of a batch differ in length.
///
/// ```
/// use annulus::{BatchLengthError, Ring};
///
/// let mut ring = Ring::<&str, 3, 450>::new();
/// ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
/// let view = ring.view();
/// let positions = ["user:1", "user:2", "user:3"].map(|key| view.position(key));
/// let mut owners = Vec::new();
/// if let Err(BatchLengthError { positions, .. }) = view.owners_batch(&positions, &mut owners) {
///     owners.resize(positions, None);
/// }
/// view.owners_batch(&positions, &mut owners)?;
/// assert_eq!(owners[2], view.owner("user:3"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "it says all there is to say")]
pub struct BatchLengthError {
    /// The number of positions given.
    pub positions: usize,
    /// The length of the slice for answers.
    pub out: usize,
}

impl core::fmt::Display for BatchLengthError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} positions with room for {} owners", self.positions, self.out)
    }
}

impl core::error::Error for BatchLengthError {}
