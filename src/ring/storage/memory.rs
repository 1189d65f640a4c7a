//! Memory of a ring on the heap beyond what edits ask for by themselves: room in advance, and what is
//! not needed given back.

use alloc::vec::Vec;

use super::Capacity;
use super::heap::{Heap, HeapRing, OwnerVec, index_words};
use crate::point::Placement;
use crate::ring::error::EditError;
use crate::ring::points::{MOST_NARROW, Shape};

/// # Memory
impl<N, P: Placement, H> HeapRing<N, P, H> {
    /// This ring with memory for `nodes` nodes and `points` points in all, those that it has among them; see
    /// [`try_reserve`](Self::try_reserve).
    ///
    /// This is memory, as a vector's `with_capacity` gives it. What [`capacity`](Self::capacity) tells is something
    /// else, what an edit is judged by, and stays as it is: [`with_max_points`](Self::with_max_points) sets that.
    ///
    /// # Panics
    ///
    /// Where `try_reserve` would give an error: `points` exceed the limit of this ring, or the allocator has
    /// no memory.
    ///
    /// ```
    /// let mut ring = annulus::HeapRing::<&str>::with_vnodes(100).with_capacity(2, 200);
    /// ring.insert("a")?; // finds its memory there
    /// ring.insert("b")?;
    /// # Ok::<(), annulus::Rejected<&str>>(())
    /// ```
    #[must_use]
    pub fn with_capacity(mut self, nodes: usize, points: usize) -> Self {
        if let Err(error) = self.make_room(nodes, points) {
            panic!("no room in advance: {error}");
        }
        self
    }

    /// Makes room for `nodes` further nodes and `points` further points, beyond those that the ring has.
    ///
    /// Edits whose outcome is within this room allocate nothing but their scratch, which they give back,
    /// and what a clone of a node allocates. So a ring that is given its memory when a program starts
    /// can run out of it later for an edit's scratch alone. The room is exact: the ring holds up to
    /// twice as much only if it grows beyond. It is no part of a clone, nor of the other snapshots of a
    /// `SharedRing`.
    ///
    /// Blocks where the allocator does. O(nodes + points) of the ring at most, to move them.
    ///
    /// # Errors
    ///
    /// [`EditError::TooManyPoints`] if there would be room for more points than the
    /// [limit](Self::with_max_points) of this ring, [`EditError::TooManyNodes`] for more than 2³² − 1 nodes,
    /// and [`EditError::OutOfMemory`] if the allocator has no memory. The membership and its points stay as they are.
    ///
    /// ```
    /// use annulus::{EditError, HeapRing};
    ///
    /// let mut ring = HeapRing::<&str>::with_vnodes(100).with_max_points(5_000);
    /// ring.insert("a")?;
    /// ring.try_reserve(49, 4_900)?;
    /// let refused = EditError::TooManyPoints { needed: 5_001, capacity: 5_000 };
    /// assert_eq!(ring.try_reserve(49, 4_901), Err(refused));
    /// # Ok::<(), EditError>(())
    /// ```
    pub fn try_reserve(&mut self, nodes: usize, points: usize) -> Result<(), EditError> {
        let nodes = self.storage.members.len().saturating_add(nodes);
        self.make_room(nodes, self.points.saturating_add(points))
    }

    /// Makes room for so many nodes and points in all. Its errors are those of `try_reserve`.
    fn make_room(&mut self, nodes: usize, points: usize) -> Result<(), EditError> {
        let most = Capacity { nodes: u32::MAX as usize, points: self.storage.limit as usize };
        most.check(nodes, points as u64)?;
        let Heap { members, zone_bits, positions, owners, words, .. } = &mut self.storage;
        room(members, nodes)?;
        room(zone_bits, nodes)?;
        room(positions, points)?;
        // Narrow words that are to become wide, once there are so many nodes, would be copied then.
        if nodes > MOST_NARROW {
            owners.grow(nodes, 0)?;
        }
        match owners {
            OwnerVec::Narrow(owners) => room(owners, points)?,
            OwnerVec::Wide(owners) => room(owners, points)?,
        }
        room(words, index_words(points))
    }

    /// Gives back all memory that the present membership does not need: what nodes and points took that
    /// have left, what was [reserved](Self::try_reserve) in advance, what a growing vector holds beyond
    /// its length, and the upper halves of owners' words that are 32 bits wide for more nodes than
    /// there are.
    ///
    /// Afterwards the ring holds no more than a clone of it would. It answers as before, and has the
    /// limit that it had.
    ///
    /// Cannot fail: an array that is too long moves to memory that just fits, one array after the other,
    /// and stays where it is if the allocator has no memory. So while it runs, it needs the memory of one
    /// array more. O(nodes + points) where something is given back, O(1) where nothing is. Memory
    /// inside of nodes stays as it is.
    ///
    /// ```
    /// let mut ring = annulus::HeapRing::<String>::new();
    /// ring.insert("a".into())?;
    /// ring.set_weight("a", 1_000)?; // 150,000 points, which take about a megabyte
    /// ring.set_weight("a", 1)?; // 150 points, in as much memory
    /// ring.shrink_to_fit(); // in about a kilobyte
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shrink_to_fit(&mut self) {
        let storage = &mut self.storage;
        if self.points == 0 {
            // Without points there is no index, and no word of it.
            self.shape = Shape::NONE;
            storage.words.clear();
        }
        shrink(&mut storage.members);
        shrink(&mut storage.zone_bits);
        shrink(&mut storage.positions);
        storage.owners.shrink(storage.members.len());
        shrink(&mut storage.words);
    }

    /// Whether [`shrink_to_fit`](Self::shrink_to_fit) has nothing to give back.
    pub(crate) fn fits(&self) -> bool {
        let Heap { members, zone_bits, positions, owners, words, .. } = &self.storage;
        let owners_fit = match owners {
            OwnerVec::Narrow(owners) => fits(owners),
            OwnerVec::Wide(owners) => fits(owners) && members.len() > MOST_NARROW,
        };
        let words_fit = fits(words) && (self.points > 0 || words.is_empty());
        fits(members) && fits(zone_bits) && fits(positions) && owners_fit && words_fit
    }
}

impl OwnerVec {
    /// Gives back what the owners of points of `nodes` members do not need.
    fn shrink(&mut self, nodes: usize) {
        if let Self::Wide(wide) = self
            && nodes <= MOST_NARROW
        {
            let mut narrow = Vec::new();
            if room(&mut narrow, wide.len()).is_ok() {
                // No number is cut: members are numbered from 0.
                narrow.extend(wide.iter().map(|&owner| owner as u16));
                *self = Self::Narrow(narrow);
            }
        }
        match self {
            Self::Narrow(owners) => shrink(owners),
            Self::Wide(owners) => shrink(owners),
        }
    }
}

/// Makes room for `len` elements in all, exactly, or changes nothing.
fn room<T>(vec: &mut Vec<T>, len: usize) -> Result<(), EditError> {
    vec.try_reserve_exact(len.saturating_sub(vec.len())).map_err(|_| EditError::OutOfMemory)
}

/// Whether `vec` has no room to spare.
fn fits<T>(vec: &Vec<T>) -> bool {
    vec.capacity() == vec.len()
}

/// Moves the elements to memory that just fits, if there is such memory.
// `Vec::shrink_to_fit` would abort where there is none.
fn shrink<T>(vec: &mut Vec<T>) {
    let mut fitting = Vec::new();
    if !fits(vec) && room(&mut fitting, vec.len()).is_ok() {
        fitting.append(vec);
        *vec = fitting;
    }
}
