//! [`Published`]: the buffers, the slots, and how handles to them are given out.

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use core::mem::ManuallyDrop;
use core::{fmt, marker::PhantomData};

use super::{
    barrier::{Barrier, Plan},
    common::Common,
    epoch::Mark,
    fencing::{Chosen, Fencing, SingleCore},
    reader::Reader,
    slot::Slot,
    sync::{Ordering, const_fn},
    writer::Writer,
};
#[cfg(target_has_atomic = "8")]
use super::{
    claim::claim,
    error::{ReadersExhausted, WriterTaken},
};

/// A value that one writer replaces while up to `READERS` readers use it, kept inline in `BUFFERS`
/// buffers.
///
/// Needs no allocator and may be a `static`. Handles come all at once from [`split`](Self::split), from a mutable
/// reference, or one at a time from `reader` and `writer`, from a shared one. These two are not there on targets
/// without compare-and-swap, such as Cortex-M0 (`thumbv6m`): take all handles from `split` there, of a
/// `&'static mut`. In an `Arc` it has handles that share its ownership too (`owned_reader`,
/// `owned_writer`, with the feature `alloc`). `F` says what is known of the barrier at compile time: [`Chosen`], or
/// [`SingleCore`] where all handles are used on one core. The [page of this layer](super) gives the
/// guarantees.
///
/// Each buffer has a value and a version of 8 bytes. Buffers and slots take at least a cache line
/// each, except on microcontrollers.
///
/// Values are in place, so a publication of large ones is large: 5 MB with three rings of 200,000 points. Such a
/// one belongs in a `static`, where the compiler makes it; a value of that size that is made in a function goes
/// over the thread's stack first, and spawned threads have 2 MiB of it by default. Where there is an allocator, and
/// also where the key hash has a secret that is known only when the program runs, publish rings that keep their
/// points elsewhere, which are a few words each: `HeapRing`, or `LentRing`.
///
/// ```
/// use annulus::publish::Published;
/// use annulus::{Ring, RingReader, RingWriter};
///
/// type Large = Ring<[u8; 4], 256, 200_000>;
///
/// static RINGS: Published<Large, 1, 3> = Published::new([const { Large::new() }; 3]);
///
/// RingWriter::new(RINGS.writer().unwrap()).insert(7u32.to_be_bytes())?;
/// let mut reader = RingReader::new(RINGS.reader().unwrap());
/// assert_eq!(reader.pin().view().owner("user:42"), Some(&7u32.to_be_bytes()));
/// # Ok::<(), annulus::Rejected<[u8; 4], annulus::RingUpdateError>>(())
/// ```
///
/// Take `BUFFERS >= READERS + 2`: then the writer finds a free buffer whatever guards are held, for
/// each reader holds at most one buffer and one is current. `READERS` is at least 1 and `BUFFERS`
/// at least 2; smaller numbers do not compile:
///
/// ```compile_fail,E0080
/// let one_buffer = annulus::publish::Published::<u32, 1, 1>::new([0; 1]);
/// ```
/// ```compile_fail,E0080
/// let no_reader = annulus::publish::Published::<u32, 0, 2>::new([0; 2]);
/// ```
/// ```
/// let smallest = annulus::publish::Published::<u32, 1, 2>::new([0; 2]);
/// ```
///
/// ```
/// use annulus::publish::Published;
///
/// let mut published: Published<[u32; 3], 2, 4> = Published::new([[0; 3]; 4]);
/// let (mut writer, [mut reader, _]) = published.split();
///
/// let before = reader.pin();
/// writer.update(|old, new| {
///     *new = old.map(|x| x + 1);
///     Ok::<_, ()>(())
/// })?;
/// assert_eq!(*before, [0; 3]); // what a guard shows never changes
/// drop(before);
/// assert_eq!(*reader.pin(), [1; 3]);
/// # Ok::<_, annulus::publish::UpdateError<()>>(())
/// ```
pub struct Published<T, const READERS: usize, const BUFFERS: usize, F: Fencing = Chosen> {
    common: Common<T, READERS, BUFFERS>,
    form: PhantomData<F>,
}

impl<T, const READERS: usize, const BUFFERS: usize> Published<T, READERS, BUFFERS> {
    const_fn! {
        /// A publication whose current value is `values[0]`. The others fill the buffers that
        /// updates will write.
        ///
        /// Uses the cheapest barrier that there is when its first handle is made: on Linux with the
        /// feature `std` the kernel's, if it grants one; else full fences. Moves each value once.
        pub const fn new(values: [T; BUFFERS]) -> Self {
            Self::planned(Plan::Cheapest, values)
        }
    }

    const_fn! {
        /// Like [`new`](Self::new), but with full fences even where the kernel grants its barrier.
        ///
        /// No handle makes a system call then, and every pin pays for a fence. Use it in a sandbox
        /// that kills a process for system calls that it does not allow.
        pub const fn with_fences(values: [T; BUFFERS]) -> Self {
            Self::planned(Plan::Fences, values)
        }
    }
}

impl<T, const READERS: usize, const BUFFERS: usize> Published<T, READERS, BUFFERS, SingleCore> {
    const_fn! {
        /// Like [`new`](Published::new), for one core, where pins and updates pay for no barrier.
        ///
        /// # Safety
        ///
        /// All handles and guards of this publication must be used, and dropped, on one and the
        /// same core: by the tasks and interrupt handlers of a single-core microcontroller, or by
        /// threads bound to one core for as long as the publication lives. To move one of those
        /// threads to another core breaks the promise, even between two guards.
        ///
        /// ```
        /// use annulus::publish::{Published, SingleCore};
        ///
        /// // SAFETY: this microcontroller has one core.
        /// static LEVEL: Published<u32, 1, 3, SingleCore> =
        ///     unsafe { Published::new_single_core([20, 0, 0]) };
        /// assert_eq!(*LEVEL.reader().unwrap().pin(), 20);
        /// ```
        pub const unsafe fn new_single_core(values: [T; BUFFERS]) -> Self {
            Self::planned(Plan::SingleCore, values)
        }
    }
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> Published<T, READERS, BUFFERS, F> {
    /// Does not compile for unsupported numbers of readers or buffers.
    const NUMBERS: () = {
        assert!(READERS >= 1, "a publication needs at least one reader");
        assert!(BUFFERS >= 2, "a publication needs at least two buffers");
        assert!(BUFFERS <= Mark::MAX_BUFFERS, "a slot cannot tell so many buffers apart");
    };

    const_fn! {
        const fn planned(plan: Plan, values: [T; BUFFERS]) -> Self {
            let () = Self::NUMBERS;
            Self { common: Common::new(plan, values), form: PhantomData }
        }
    }

    /// The writer and all readers, at once.
    ///
    /// Needs no compare-and-swap. The mutable borrow ends all earlier handles and guards, forgotten
    /// ones included, and every slot begins idle. The barrier is chosen anew. Wait-free,
    /// O(`READERS`) steps, except that choosing the barrier may make system calls.
    ///
    /// ```
    /// use annulus::publish::Published;
    ///
    /// let mut published = Published::<u32, 2, 4>::new([0; 4]);
    /// let (mut writer, readers) = published.split();
    /// std::thread::scope(|scope| {
    ///     for mut reader in readers {
    ///         scope.spawn(move || assert!(*reader.pin() <= 7));
    ///     }
    ///     scope.spawn(move || writer.update(|_, new| Ok::<_, ()>(*new = 7)));
    /// });
    /// // All threads are done: it can be split again.
    /// let (writer, _) = published.split();
    /// assert_eq!(*writer.current(), 7);
    /// ```
    pub fn split(&mut self) -> (Writer<'_, T, READERS, BUFFERS, F>, [Reader<'_, T, F>; READERS]) {
        self.common.seat.choice.reopen();
        let common = &self.common;
        // Relaxed, with no partner: the mutable borrow orders these stores after all that earlier
        // handles did, and sending a handle to another thread orders them before all that the
        // handle will do.
        common.seat.taken.store(true, Ordering::Relaxed);
        let readers = core::array::from_fn(|i| {
            let slot = &common.slots[i];
            slot.mark.store(Mark::Idle.word(), Ordering::Relaxed);
            slot.taken.store(true, Ordering::Relaxed);
            self.reader_of(slot)
        });
        (Writer::new(common), readers)
    }

    /// A reader, from a shared reference.
    ///
    /// Wait-free, O(`READERS`) steps, except that the first handle may make system calls. Dropping
    /// the reader gives its slot back.
    ///
    /// ```
    /// use annulus::publish::{Published, ReadersExhausted};
    ///
    /// static LIMIT: Published<u32, 4, 6> = Published::new([7; 6]);
    ///
    /// // A thread takes a reader when it begins, and gives it back when it ends.
    /// let thread = std::thread::spawn(|| {
    ///     let mut reader = LIMIT.reader()?;
    ///     Ok::<_, ReadersExhausted>(*reader.pin())
    /// });
    /// assert_eq!(thread.join().expect("it does not panic")?, 7);
    /// # Ok::<(), ReadersExhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReadersExhausted`] if all `READERS` slots are in use. A reader that was forgotten
    /// ([`core::mem::forget`]) keeps its slot until the next [`split`](Self::split).
    #[cfg(target_has_atomic = "8")]
    pub fn reader(&self) -> Result<Reader<'_, T, F>, ReadersExhausted> {
        self.claim_slot().map(|slot| self.reader_of(&self.common.slots[slot]))
    }

    /// Claims a slot, of which this returns the index.
    #[cfg(target_has_atomic = "8")]
    pub(super) fn claim_slot(&self) -> Result<usize, ReadersExhausted> {
        let claimed = self.common.slots.iter().position(|slot| claim(&slot.taken));
        claimed.ok_or(ReadersExhausted { readers: READERS })
    }

    /// The writer, from a shared reference.
    ///
    /// Wait-free, O(1) steps, except that the first handle may make system calls. Dropping the
    /// writer makes room for the next, which continues where this one stopped.
    ///
    /// ```
    /// use annulus::publish::{Published, UpdateError, WriterTaken};
    ///
    /// static LIMIT: Published<u32, 1, 3> = Published::new([7; 3]);
    ///
    /// fn raise() -> Result<u64, WriterTaken> {
    ///     let mut writer = LIMIT.writer()?;
    ///     writer.update(|old, new| Ok::<_, ()>(*new = old + 1)).expect("a buffer is free");
    ///     Ok(writer.version())
    /// }
    ///
    /// // One after the other, each goes on where the one before stopped.
    /// assert_eq!((raise()?, raise()?), (1, 2));
    /// # Ok::<(), WriterTaken>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WriterTaken`] while another writer exists. A writer that was forgotten
    /// ([`core::mem::forget`]) exists until the next [`split`](Self::split).
    #[cfg(target_has_atomic = "8")]
    pub fn writer(&self) -> Result<Writer<'_, T, READERS, BUFFERS, F>, WriterTaken> {
        if !claim(&self.common.seat.taken) {
            return Err(WriterTaken);
        }
        Ok(Writer::new(&self.common))
    }

    /// The barrier that the handles of this publication use, until the next [`split`](Self::split).
    ///
    /// Wait-free, O(1) steps, except that the first call before any handle may make system calls.
    pub fn barrier(&self) -> Barrier {
        self.common.seat.choice.settle()
    }

    /// A reader with `slot`, which the caller has claimed.
    fn reader_of<'p>(&'p self, slot: &'p Slot) -> Reader<'p, T, F> {
        let Common { head, buffers, .. } = &self.common;
        Reader::new(head, slot, buffers.view(), self.barrier().readers_pay())
    }

    /// A reader with the slot of this index, to pin with or, by dropping it, to give the slot back.
    ///
    /// # Safety
    ///
    /// The caller has claimed the slot, `pays` is what the barrier says, and no other reader that is made of the slot
    /// is used or dropped meanwhile.
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
    #[inline(always)]
    pub(super) unsafe fn reader_with(
        &self,
        slot: usize,
        pays: bool,
    ) -> ManuallyDrop<Reader<'_, T, F>> {
        let Common { head, slots, buffers, .. } = &self.common;
        // SAFETY: what was claimed is one of the slots.
        let slot = unsafe { slots.get_unchecked(slot) };
        ManuallyDrop::new(Reader::new(head, slot, buffers.view(), pays))
    }

    /// What the handles borrow.
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
    pub(super) fn common(&self) -> &Common<T, READERS, BUFFERS> {
        &self.common
    }
}

impl<T, const READERS: usize, const BUFFERS: usize, F: Fencing> fmt::Debug
    for Published<T, READERS, BUFFERS, F>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published")
            .field("readers", &READERS)
            .field("buffers", &BUFFERS)
            .finish_non_exhaustive()
    }
}
