//! [`RingWriter`]: edits of a published ring.

#[cfg(feature = "std")]
use core::time::Duration;

use crate::node::Node as _;
use crate::publish::{Fencing, UpdateError, Writer};
use crate::ring::{
    BasicRing, BatchError, Change, EditError, Member, ReconcileError, Reconciled, Rejected,
    RingRef, Storage, settle,
};

/// Why a published ring did not change: no buffer was free, or the edit was refused.
///
/// It has the cases of [`UpdateError`], and stands for what the verbs of a [`RingWriter`] fail with.
///
/// ```
/// use annulus::publish::Published;
/// use annulus::{EditError, Ring, RingReader, RingUpdateError, RingWriter};
///
/// let mut cell: Published<Ring<&str, 2, 300>, 1, 2> = Published::new([const { Ring::new() }; 2]);
/// let (writer, [reader]) = cell.split();
/// let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
/// let held = reader.pin();
/// writer.insert("cache-a")?;
/// match writer.remove("cache-a") {
///     // Later it may succeed.
///     Err(RingUpdateError::Busy) => drop(held),
///     result => panic!("{result:?} while the other buffer is held"),
/// }
/// assert_eq!(writer.remove("cache-a")?, "cache-a");
/// // Never as long as the ring is as it is.
/// assert_eq!(writer.remove("cache-a"), Err(RingUpdateError::Build(EditError::UnknownIdentity)));
/// # Ok::<(), RingUpdateError>(())
/// ```
pub type RingUpdateError<E = EditError> = UpdateError<E>;

impl<N> From<Rejected<N, Self>> for RingUpdateError {
    fn from(rejected: Rejected<N, Self>) -> Self {
        rejected.error
    }
}

mod sealed {
    /// Implemented by the writers of this crate alone.
    pub trait Sealed {}
}

/// A writer that publishes values: [`Writer`], `SharedWriter`, one of these that owns its publication, or any of
/// them with a time limit.
/// Sealed.
///
/// ```
/// use annulus::publish::{Published, UpdateError};
/// use annulus::Update;
///
/// /// Counts up with a writer of any kind, whatever it publishes through.
/// fn count(writer: &mut impl Update<Value = u32>) -> Result<u32, UpdateError<()>> {
///     writer.update(|old, new| {
///         *new = old + 1;
///         Ok(*new)
///     })
/// }
///
/// let published = Published::<u32, 1, 3>::new([7; 3]);
/// let mut writer = published.writer().expect("there is no other");
/// assert_eq!((count(&mut writer)?, count(&mut writer)?), (8, 9));
/// # Ok::<(), UpdateError<()>>(())
/// ```
pub trait Update: sealed::Sealed {
    /// The type of the published value.
    type Value;

    /// Builds a new value from the current one and publishes it. Costs what the writer's own
    /// `update` costs.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Busy`] if no buffer is free, or [`UpdateError::Build`] with what `build`
    /// failed with. Nothing is published then.
    fn update<R, E>(
        &mut self,
        build: impl FnOnce(&Self::Value, &mut Self::Value) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>>;

    /// Like [`update`](Self::update), but waits up to `timeout` for a buffer to become free.
    /// Blocking, so not for async tasks: see [`RingWriter::within`].
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update), with [`UpdateError::Busy`] when the time has passed.
    #[cfg(feature = "std")]
    fn update_within<R, E>(
        &mut self,
        timeout: Duration,
        build: impl FnOnce(&Self::Value, &mut Self::Value) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>>;

    /// Shows `visit` every buffer that no reader has or can come to have, and returns how many it did not
    /// reach, because readers may hold them. Costs what the writer's own `visit_free` costs; a time limit
    /// does not apply.
    fn visit_free(&mut self, visit: impl FnMut(&mut Self::Value)) -> usize;

    /// The current value. Wait-free, O(1).
    fn current(&self) -> &Self::Value;

    /// How many updates were published. Wait-free, O(1).
    fn version(&self) -> u64;
}

/// Implements [`Update`] by the methods of the same names.
macro_rules! update {
    ([$($generics:tt)*], $writer:ty) => {
        impl<$($generics)*> sealed::Sealed for $writer {}

        impl<$($generics)*> Update for $writer {
            type Value = T;

            fn update<R, E>(
                &mut self,
                build: impl FnOnce(&T, &mut T) -> Result<R, E>,
            ) -> Result<R, UpdateError<E>> {
                <$writer>::update(self, build)
            }

            #[cfg(feature = "std")]
            fn update_within<R, E>(
                &mut self,
                timeout: Duration,
                build: impl FnOnce(&T, &mut T) -> Result<R, E>,
            ) -> Result<R, UpdateError<E>> {
                <$writer>::update_within(self, timeout, build)
            }

            fn visit_free(&mut self, visit: impl FnMut(&mut T)) -> usize {
                <$writer>::visit_free(self, visit)
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
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
update!(
    [T, const READERS: usize, const BUFFERS: usize, F: Fencing],
    crate::publish::OwnedWriter<T, READERS, BUFFERS, F>
);
#[cfg(feature = "std")]
update!([T], crate::publish::SharedWriter<'_, T>);
#[cfg(feature = "std")]
update!([T], crate::publish::OwnedSharedWriter<T>);

/// A writer that waits: see [`RingWriter::within`].
///
/// ```
/// use annulus::{HeapRing, RingWriter, SharedRing, Update, Within};
/// use std::time::Duration;
///
/// /// Drains a node with a writer that waits, so that the edit is made even where readers are slow.
/// fn drain<W: Update<Value = HeapRing<String>>>(mut writer: RingWriter<Within<'_, W>>, name: &str) -> bool {
///     writer.set_weight(name, 0).is_ok()
/// }
///
/// let ring = SharedRing::new(HeapRing::new(), 16)?;
/// let mut writer = ring.writer()?;
/// writer.insert_all(["cache-a", "cache-b"].map(String::from))?;
/// assert!(drain(writer.within(Duration::from_secs(5)), "cache-a"));
/// assert_eq!(ring.owner("user:42").as_deref(), Some("cache-b"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct Within<'w, W> {
    writer: &'w mut W,
    timeout: Duration,
}

#[cfg(feature = "std")]
impl<W> sealed::Sealed for Within<'_, W> {}

#[cfg(feature = "std")]
impl<W: Update> Update for Within<'_, W> {
    type Value = W::Value;

    fn update<R, E>(
        &mut self,
        build: impl FnOnce(&W::Value, &mut W::Value) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        self.writer.update_within(self.timeout, build)
    }

    fn update_within<R, E>(
        &mut self,
        timeout: Duration,
        build: impl FnOnce(&W::Value, &mut W::Value) -> Result<R, E>,
    ) -> Result<R, UpdateError<E>> {
        self.writer.update_within(timeout, build)
    }

    fn visit_free(&mut self, visit: impl FnMut(&mut W::Value)) -> usize {
        self.writer.visit_free(visit)
    }

    fn current(&self) -> &W::Value {
        self.writer.current()
    }

    fn version(&self) -> u64 {
        self.writer.version()
    }
}

/// A [`RingWriter`] that shares the ownership of its publication, of rings `R`. Its edits are those of
/// [`RingWriter`]; the example is that of [`OwnedRingReader`](super::OwnedRingReader).
///
/// ```
/// use annulus::publish::Published;
/// use annulus::{OwnedRingWriter, Ring, RingWriter};
/// use std::sync::Arc;
///
/// type Cell = Published<Ring<&'static str, 4, 600>, 1, 3>;
///
/// let published: Arc<Cell> = Arc::new(Published::new([const { Ring::new() }; 3]));
/// let mut writer: OwnedRingWriter<Ring<&str, 4, 600>, 1, 3> =
///     RingWriter::new(published.owned_writer()?);
/// drop(published);
/// writer.insert("cache-a")?;
/// assert_eq!(writer.version(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
pub type OwnedRingWriter<R, const READERS: usize, const BUFFERS: usize> =
    RingWriter<crate::publish::OwnedWriter<R, READERS, BUFFERS>>;

/// Edits a published ring: each edit is merged from the current ring into a free buffer, while
/// readers go on in the others, and is then published.
///
/// No method waits for readers, except through `within`. On [`Busy`](UpdateError::Busy), and on an
/// edit that is refused, nothing has changed. Each edit clones all members and copies all points,
/// as [`BasicRing::merge_from`] does: use a cheap node type, such as one behind a shared pointer,
/// where memberships are large.
///
/// Its [`view`](Self::view) ends with the next edit. To know before what an edit will move, edit a clone of the ring
/// (`writer.get_ref().current().clone()`) and compare the two: the page of [`Diff`](crate::Diff) has an example. To
/// compare afterwards, pin the ring before the edit, through a reader of its own.
///
/// ```
/// use annulus::publish::Published;
/// use annulus::{EditError, Ring, RingReader, RingUpdateError, RingWriter};
///
/// let mut cell: Published<Ring<&str, 2, 300>, 1, 3> = Published::new([const { Ring::new() }; 3]);
/// let (writer, [reader]) = cell.split();
/// let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
/// writer.insert_all(["cache-a", "cache-b"]).expect("there is room");
/// writer.remove("cache-a")?;
/// assert_eq!((reader.owner("user:42"), writer.version()), (Some("cache-b"), 2));
/// // An edit that is refused publishes nothing.
/// assert_eq!(writer.remove("cache-a"), Err(RingUpdateError::Build(EditError::UnknownIdentity)));
/// assert_eq!(writer.version(), 2);
/// # Ok::<(), RingUpdateError>(())
/// ```
#[derive(Debug)]
pub struct RingWriter<W>(pub(super) W);

impl<W, S, H> RingWriter<W>
where
    W: Update<Value = BasicRing<S, H>>,
    S: Storage,
    S::Node: Clone,
    H: Clone,
{
    /// Edits the ring that `writer` publishes. Wait-free, O(1).
    pub fn new(writer: W) -> Self {
        Self(writer)
    }

    /// The writer of the publication. Wait-free, O(1).
    pub fn get_ref(&self) -> &W {
        &self.0
    }

    /// The writer of the publication, itself. Wait-free, O(1).
    pub fn into_inner(self) -> W {
        self.0
    }

    /// This writer with edits that wait up to `timeout` for a buffer to become free.
    ///
    /// Edits are blocking then: see [`Writer::update_within`] for how they wait.
    ///
    /// ```
    /// use annulus::{HeapRing, SharedRing};
    /// use std::time::Duration;
    ///
    /// let ring = SharedRing::new(HeapRing::<String>::new(), 16)?;
    /// ring.writer()?.within(Duration::from_secs(1)).insert("cache-a".into())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # In async code
    ///
    /// Not for tasks. An edit that waits blocks the thread of the executor, and with it all tasks that are to run
    /// there, perhaps the one whose guard it waits for. A task edits without a time limit and, where that is
    /// [`Busy`](UpdateError::Busy), sleeps by the clock of its runtime, as with `tokio::time::sleep`:
    ///
    /// ```
    /// use annulus::{OwnedSharedRingWriter, ReconcileError, Reconciled, RingUpdateError};
    /// use std::time::Duration;
    ///
    /// async fn reconcile(
    ///     writer: &mut OwnedSharedRingWriter<String>,
    ///     nodes: &mut [String],
    ///     sleep: impl AsyncFn(Duration),
    /// ) -> Result<Reconciled, ReconcileError> {
    ///     let mut pause = Duration::from_millis(1);
    ///     loop {
    ///         match writer.reconcile(nodes) {
    ///             Ok(changed) => return Ok(changed),
    ///             Err(RingUpdateError::Build(error)) => return Err(error),
    ///             // Nothing has changed. Each pause is twice as long as the one before, up to a limit.
    ///             Err(RingUpdateError::Busy) => sleep(pause).await,
    ///         }
    ///         pause = (pause * 2).min(Duration::from_millis(64));
    ///     }
    /// }
    /// ```
    ///
    /// Such a future may be dropped while it sleeps: an edit is made whole or not at all, and then it was not made. The
    /// package in `examples/async` of the repository is a server for tokio with this loop, which also tells tasks
    /// of new versions.
    #[cfg(feature = "std")]
    pub fn within(&mut self, timeout: Duration) -> RingWriter<Within<'_, W>> {
        RingWriter(Within { writer: &mut self.0, timeout })
    }

    /// Publishes the ring with `node` in it; see [`BasicRing::insert`].
    ///
    /// ```
    /// use annulus::publish::Published;
    /// use annulus::{Ring, RingUpdateError, RingWriter};
    ///
    /// let mut cell: Published<Ring<&str, 4, 600>, 1, 3> = Published::new([const { Ring::new() }; 3]);
    /// let (writer, _) = cell.split();
    /// let mut writer = RingWriter::new(writer);
    /// writer.insert("cache-a")?;
    /// // The node comes back with the reason.
    /// let rejected = writer.insert("cache-a").unwrap_err();
    /// assert_eq!((rejected.node, writer.version()), ("cache-a", 1));
    /// # Ok::<(), RingUpdateError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Rejected`] with the node and why it was not taken: no buffer is free, or the ring refuses
    /// it. The node that comes back is for the next try:
    ///
    /// ```
    /// use annulus::publish::{Published, UpdateError};
    /// use annulus::{NamedNode, Rejected, Ring, RingUpdateError, RingWriter, Update};
    ///
    /// type Names = Ring<NamedNode<'static>, 4, 600>;
    ///
    /// fn join<W: Update<Value = Names>>(
    ///     writer: &mut RingWriter<W>,
    ///     mut node: NamedNode<'static>,
    ///     mut pause: impl FnMut(),
    /// ) -> Result<(), RingUpdateError> {
    ///     loop {
    ///         match writer.insert(node) {
    ///             Ok(()) => return Ok(()),
    ///             Err(Rejected { node: back, error: UpdateError::Busy }) => node = back,
    ///             Err(Rejected { error, .. }) => return Err(error),
    ///         }
    ///         pause();
    ///     }
    /// }
    ///
    /// let mut cell = Published::<Names, 1, 2>::new([const { Ring::new() }; 2]);
    /// let (writer, _) = cell.split();
    /// join(&mut RingWriter::new(writer), NamedNode::new("cache-a"), || {})?;
    /// # Ok::<(), RingUpdateError>(())
    /// ```
    pub fn insert(&mut self, node: S::Node) -> Result<(), Rejected<S::Node, RingUpdateError>> {
        self.change(Change::Insert(node.clone())).map_err(|error| Rejected { node, error })
    }

    /// Publishes the ring with all of `nodes` in it; see [`BasicRing::insert_all`].
    ///
    /// ```
    /// use annulus::publish::Published;
    /// use annulus::{BatchError, Ring, RingUpdateError, RingWriter};
    ///
    /// let mut cell: Published<Ring<&str, 4, 600>, 1, 3> = Published::new([const { Ring::new() }; 3]);
    /// let (writer, _) = cell.split();
    /// let mut writer = RingWriter::new(writer);
    /// // One publication: no reader sees a part of them.
    /// writer.insert_all(["cache-a", "cache-b", "cache-c"])?;
    /// assert_eq!((writer.version(), writer.view().len()), (1, 3));
    /// # Ok::<(), RingUpdateError<BatchError>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// No buffer is free, or the ring refuses one of the nodes; then it takes none.
    pub fn insert_all(
        &mut self,
        nodes: impl IntoIterator<Item = S::Node>,
    ) -> Result<(), RingUpdateError<BatchError>> {
        self.0.update(|old, new| {
            new.merge_from(old.view(), &[])?;
            new.insert_all(nodes)
        })
    }

    /// Publishes the ring without the node of this identity and returns it; see
    /// [`BasicRing::remove`].
    ///
    /// ```
    /// use annulus::publish::Published;
    /// use annulus::{Ring, RingReader, RingUpdateError, RingWriter};
    ///
    /// let mut cell: Published<Ring<&str, 2, 300>, 1, 3> = Published::new([const { Ring::new() }; 3]);
    /// let (writer, [reader]) = cell.split();
    /// let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    /// writer.insert("cache-a")?;
    /// let held = reader.pin();
    /// assert_eq!(writer.remove("cache-a")?, "cache-a");
    /// // Readers that pinned before still see it.
    /// assert!(held.view().get("cache-a").is_some());
    /// drop(held);
    /// assert_eq!(reader.owner("user:42"), None);
    /// # Ok::<(), RingUpdateError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// No buffer is free, or the edit is refused as [`BasicRing::remove`] says, or the outcome does not fit
    /// the buffer.
    pub fn remove(&mut self, identity: impl AsRef<[u8]>) -> Result<S::Node, RingUpdateError> {
        let identity = identity.as_ref();
        let node = self.view().get(identity).map(|member| member.node().clone());
        self.change(Change::Remove(identity))?;
        node.ok_or(UpdateError::Build(EditError::UnknownIdentity))
    }

    /// Publishes the ring with another weight for the node of this identity and returns the weight
    /// before; see [`BasicRing::set_weight`].
    ///
    /// ```
    /// use annulus::publish::Published;
    /// use annulus::{Ring, RingReader, RingUpdateError, RingWriter};
    ///
    /// let mut cell: Published<Ring<&str, 2, 300>, 1, 3> = Published::new([const { Ring::new() }; 3]);
    /// let (writer, [reader]) = cell.split();
    /// let (mut writer, mut reader) = (RingWriter::new(writer), RingReader::new(reader));
    /// writer.insert("cache-a")?;
    /// writer.insert("cache-b")?;
    /// // It is drained before it is stopped.
    /// assert_eq!(writer.set_weight("cache-a", 0)?, 1);
    /// assert_eq!(reader.owner("user:42"), Some("cache-b"));
    /// # Ok::<(), RingUpdateError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// No buffer is free, or the edit is refused as [`BasicRing::set_weight`] says.
    pub fn set_weight(
        &mut self,
        identity: impl AsRef<[u8]>,
        weight: u32,
    ) -> Result<u32, RingUpdateError> {
        let identity = identity.as_ref();
        let before = self.view().get(identity).map_or(0, Member::weight);
        self.change(Change::SetWeight(identity, weight))?;
        Ok(before)
    }

    /// Publishes the ring with another number of points for the node of this identity and returns the number
    /// before; see [`BasicRing::set_points`].
    ///
    /// ```
    /// use annulus::publish::Published;
    /// use annulus::{BatchError, Change, Ramp, Ring, RingUpdateError, RingWriter};
    /// use core::time::Duration;
    ///
    /// let mut cell: Published<Ring<&str, 2, 300>, 1, 3> = Published::new([const { Ring::new() }; 3]);
    /// let (writer, _) = cell.split();
    /// let mut writer = RingWriter::new(writer);
    /// writer.insert_all(["cache-a"])?;
    /// // A node comes in with a tenth of its points, and has more step by step.
    /// writer.apply(&[Change::Insert("cache-b"), Change::SetPoints(b"cache-b", 15)])?;
    /// let points = Ramp::new(Duration::from_secs(60)).points_at(Duration::from_secs(30), 150);
    /// assert_eq!(writer.set_points("cache-b", points), Ok(15));
    /// assert_eq!(writer.view().point_count(), 150 + 75);
    /// # Ok::<(), RingUpdateError<BatchError>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// No buffer is free, or the edit is refused as [`BasicRing::set_points`] says.
    pub fn set_points(
        &mut self,
        identity: impl AsRef<[u8]>,
        points: u32,
    ) -> Result<u32, RingUpdateError> {
        let identity = identity.as_ref();
        let before = self.view().get(identity).map_or(0, Member::point_count);
        self.change(Change::SetPoints(identity, points))?;
        Ok(before)
    }

    /// Publishes the ring with `node` in the place of the one with its identity, which is returned; see
    /// [`BasicRing::replace`].
    ///
    /// ```
    /// use annulus::publish::Published;
    /// use annulus::{NamedNode, Ring, RingUpdateError, RingWriter};
    ///
    /// let mut cell: Published<Ring<NamedNode, 2, 300>, 1, 3> = Published::new([const { Ring::new() }; 3]);
    /// let (writer, _) = cell.split();
    /// let mut writer = RingWriter::new(writer);
    /// writer.insert(NamedNode::new("cache-a").with_zone("east"))?;
    /// // It has moved to another zone; no key has.
    /// let before = writer.replace(NamedNode::new("cache-a").with_zone("west"))?;
    /// assert_eq!(before.zone, "east");
    /// assert_eq!(writer.view().owner("user:42").map(|node| node.zone), Some("west"));
    /// # Ok::<(), RingUpdateError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Rejected`] with the node and why it was not taken: no buffer is free, or the ring refuses it, or the
    /// outcome does not fit the buffer.
    pub fn replace(
        &mut self,
        node: S::Node,
    ) -> Result<S::Node, Rejected<S::Node, RingUpdateError>> {
        let before = self.view().get(node.identity()).map(|member| member.node().clone());
        let unknown = UpdateError::Build(EditError::UnknownIdentity);
        match (self.change(Change::Replace(node.clone())), before) {
            (Ok(()), Some(before)) => Ok(before),
            (result, _) => Err(Rejected { node, error: result.err().unwrap_or(unknown) }),
        }
    }

    /// Publishes the ring after all of `changes`; see [`BasicRing::apply`].
    ///
    /// ```
    /// use annulus::publish::Published;
    /// use annulus::{BatchError, Change, Ring, RingUpdateError, RingWriter};
    ///
    /// let mut cell: Published<Ring<&str, 2, 300>, 1, 3> = Published::new([const { Ring::new() }; 3]);
    /// let (writer, _) = cell.split();
    /// let mut writer = RingWriter::new(writer);
    /// writer.insert_all(["cache-a", "cache-b"])?;
    /// // One takes over from another, in one publication.
    /// writer.apply(&[Change::Remove(b"cache-a"), Change::Insert("cache-c")])?;
    /// assert_eq!((writer.version(), writer.view().get("cache-a").is_none()), (2, true));
    /// # Ok::<(), RingUpdateError<BatchError>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// No buffer is free, or one of the changes cannot be made; then none is made.
    pub fn apply(
        &mut self,
        changes: &[Change<'_, S::Node>],
    ) -> Result<(), RingUpdateError<BatchError>> {
        self.0.update(|old, new| new.merge_from(old.view(), changes))
    }

    /// Publishes the ring with `nodes` as its members, unless they are its members already, and says what
    /// that changed; see [`BasicRing::reconcile`].
    ///
    /// One publication at most; none where nothing differs, and no buffer need be free then.
    ///
    /// ```
    /// use annulus::publish::Published;
    /// use annulus::{ReconcileError, Ring, RingUpdateError, RingWriter};
    ///
    /// let mut cell: Published<Ring<&str, 4, 600>, 1, 3> = Published::new([const { Ring::new() }; 3]);
    /// let (writer, _) = cell.split();
    /// let mut writer = RingWriter::new(writer);
    /// // What service discovery says, time and again.
    /// for mut list in [vec!["cache-a", "cache-b"], vec!["cache-b", "cache-a"], vec!["cache-b"]] {
    ///     writer.reconcile(&mut list)?;
    /// }
    /// // The second list changed nothing, so that nothing was published.
    /// assert_eq!((writer.version(), writer.view().len()), (2, 1));
    /// # Ok::<(), RingUpdateError<ReconcileError>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// No buffer is free, or the list is refused as [`BasicRing::reconcile`] says.
    pub fn reconcile(
        &mut self,
        nodes: &mut [S::Node],
    ) -> Result<Reconciled, RingUpdateError<ReconcileError>>
    where
        S::Node: Eq,
    {
        let list = settle::<S::Placement, _>(nodes).map_err(UpdateError::Build)?;
        if !self.view().differs_from(list) {
            return Ok(Reconciled::default());
        }
        self.0.update(|old, new| new.reconcile_from(old.view(), list))
    }

    /// The view of the current ring that answers lookups. Wait-free, O(1).
    pub fn view<'r>(&'r self) -> RingRef<'r, S::Node, S::Placement, H>
    where
        S: 'r,
        H: 'r,
    {
        self.0.current().view()
    }

    /// How many updates were published. Wait-free, O(1).
    pub fn version(&self) -> u64 {
        self.0.version()
    }

    /// Publishes the ring after one change.
    ///
    /// The closure holds nothing of the verb that calls this, so that all verbs share one copy of
    /// the code.
    fn change(&mut self, change: Change<'_, S::Node>) -> Result<(), RingUpdateError> {
        self.0.update(|old, new| new.change_from(old.view(), change))
    }
}
