//! [`RingWriter`]: edits of a ring that is published.

use crate::publish::{Fencing, UpdateError, Writer};
use crate::ring::{BasicRing, BatchError, Change, EditError, RingRef, Storage};

/// Why a published ring did not change: no buffer was free, or the edit was refused.
pub type RingUpdateError<E = EditError> = UpdateError<E>;

/// What a published value can be written through: the writers of both publications.
pub trait Update {
    /// The value.
    type Value;

    /// Builds a new value from the current one and publishes it.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Busy`] without a free buffer, or what `build` failed with; nothing is
    /// published then.
    fn update<R, E>(
        &mut self,
        build: impl FnOnce(&Self::Value, &mut Self::Value) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>>;

    /// The current value.
    fn current(&self) -> &Self::Value;

    /// How many updates were published.
    fn version(&self) -> u64;
}

/// Implements [`Update`] by the methods of the same names.
macro_rules! update {
    ([$($generics:tt)*], $writer:ty) => {
        impl<$($generics)*> Update for $writer {
            type Value = T;

            fn update<R, E>(
                &mut self,
                build: impl FnOnce(&T, &mut T) -> Result<R, E>,
            ) -> Result<R, UpdateError<E>> {
                <$writer>::update(self, build)
            }

            fn current(&self) -> &T {
                <$writer>::current(self)
            }

            fn version(&self) -> u64 {
                <$writer>::version(self)
            }
        }
    };
}

update!(
    [T, const READERS: usize, const BUFFERS: usize, F: Fencing],
    Writer<'_, T, READERS, BUFFERS, F>
);
#[cfg(feature = "std")]
update!([T], crate::publish::SharedWriter<'_, T>);

/// Edits a published ring: each edit is merged from the current ring into a free buffer, beside the
/// readers, and published.
///
/// Every method returns at once. On [`Busy`](UpdateError::Busy) and on an edit that is refused
/// nothing has changed. Members are cloned into the new ring: use a cheap node type, such as one
/// behind a shared pointer, where memberships are large.
#[derive(Debug)]
pub struct RingWriter<W>(W);

impl<W, S, H> RingWriter<W>
where
    W: Update<Value = BasicRing<S, H>>,
    S: Storage,
    S::Node: Clone,
    H: Clone,
{
    /// Writes through `writer`.
    pub fn new(writer: W) -> Self {
        Self(writer)
    }

    /// Publishes the ring with `node` in it; see [`BasicRing::insert`].
    ///
    /// # Errors
    ///
    /// No buffer is free, or the ring refuses the node.
    pub fn insert(&mut self, node: S::Node) -> Result<(), RingUpdateError> {
        self.change(Change::Insert(node))
    }

    /// Publishes the ring without the node of this identity; see [`BasicRing::remove`].
    ///
    /// # Errors
    ///
    /// No buffer is free, or there is no such node.
    pub fn remove(&mut self, identity: &[u8]) -> Result<(), RingUpdateError> {
        self.change(Change::Remove(identity))
    }

    /// Publishes the ring with another weight for a node; see [`BasicRing::set_weight`].
    ///
    /// # Errors
    ///
    /// No buffer is free, there is no such node, or there is no room for its points.
    pub fn set_weight(&mut self, identity: &[u8], weight: u32) -> Result<(), RingUpdateError> {
        self.change(Change::SetWeight(identity, weight))
    }

    /// Publishes the ring after many changes at once; see [`BasicRing::apply`].
    ///
    /// # Errors
    ///
    /// No buffer is free, or one of the changes cannot be made, so that none was.
    pub fn apply(
        &mut self,
        changes: &[Change<'_, S::Node>],
    ) -> Result<(), RingUpdateError<BatchError>> {
        self.0.update(|old, new| new.merge_from(old.view(), changes))
    }

    /// The current ring, for lookups.
    pub fn view<'r>(&'r self) -> RingRef<'r, S::Node, S::Placement, H>
    where
        S: 'r,
        H: 'r,
    {
        self.0.current().view()
    }

    /// How many updates were published.
    pub fn version(&self) -> u64 {
        self.0.version()
    }

    fn change(&mut self, change: Change<'_, S::Node>) -> Result<(), RingUpdateError> {
        self.0.update(|old, new| new.change_from(old.view(), change))
    }
}
