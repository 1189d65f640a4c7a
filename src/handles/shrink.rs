//! Giving back the memory of published rings on the heap.

use super::writer::{RingUpdateError, RingWriter, Update};
use crate::node::Node;
use crate::point::PointsOf;
use crate::ring::HeapRing;

impl<W, N, P, H> RingWriter<W>
where
    W: Update<Value = HeapRing<N, P, H>>,
    N: Node + Clone,
    P: PointsOf<N>,
    H: Clone,
{
    /// Gives back all memory that the published membership does not need, and returns how many buffers it
    /// could not reach, because readers may hold them. Where that is not 0, call it again later.
    ///
    /// Each buffer keeps the memory of the largest ring that was ever in it. Say a weight was set with
    /// zeros too many and set back: by then every buffer may hold gigabytes. This empties all buffers that no
    /// reader has. If the current ring holds more than it needs, this publishes the same membership in
    /// memory that just fits, and then empties the buffer where it was. If it holds no more, nothing is
    /// published, and no buffer need be free. Limits of points stay what they are.
    ///
    /// After the last call, which returns 0, there is the memory of one ring. The next edits take that of
    /// one more ring for each buffer that they are given, as the first edits did: this is not for
    /// after each edit.
    ///
    /// Does not wait for readers, except through `within`, which waits for one buffer to publish in. Takes
    /// O(nodes + points) besides what an update and two visits cost: see [`Writer::update`] and
    /// [`Writer::visit_free`]. While it runs, it needs memory for the membership once more, and for one
    /// array of that.
    ///
    /// [`Writer::visit_free`]: crate::publish::Writer::visit_free
    /// [`Writer::update`]: crate::publish::Writer::update
    ///
    /// # Errors
    ///
    /// The membership could not be published anew, and the current ring stays where it is:
    /// [`Busy`](RingUpdateError::Busy) if no buffer is free, or [`Build`](RingUpdateError::Build) if the allocator has no
    /// memory, or the buffer has a lower limit of points than the current ring has. The buffers that were
    /// free have been emptied all the same.
    ///
    /// ```
    /// use annulus::publish::Published;
    /// use annulus::{HeapRing, RingReader, RingUpdateError, RingWriter};
    ///
    /// let mut cell: Published<HeapRing<&str>, 1, 3> = Published::new([const { HeapRing::new() }; 3]);
    /// let (writer, [reader]) = cell.split();
    /// let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    /// writer.insert("cache-a")?;
    /// writer.set_weight("cache-a", 1_000)?; // 150,000 points; it was to be 1
    /// let held = reader.pin();
    /// writer.set_weight("cache-a", 1)?;
    /// assert_eq!(writer.shrink_to_fit()?, 1);
    /// drop(held);
    /// assert_eq!(writer.shrink_to_fit()?, 0);
    /// # Ok::<(), RingUpdateError>(())
    /// ```
    pub fn shrink_to_fit(&mut self) -> Result<usize, RingUpdateError> {
        // First of all, so that there is memory for the copy.
        let held = self.0.visit_free(empty);
        if self.0.current().fits() {
            return Ok(held);
        }
        self.0.update(|old, new| {
            new.merge_from(old.view(), &[]).map_err(|batch| batch.error)?;
            new.shrink_to_fit();
            Ok(())
        })?;
        Ok(self.0.visit_free(empty))
    }
}

/// Removes all nodes, and gives back all memory. The limit stays.
fn empty<N: Node, P: PointsOf<N>, H>(ring: &mut HeapRing<N, P, H>) {
    ring.clear();
    ring.shrink_to_fit();
}
