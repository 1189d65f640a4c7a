//! [`Common`]: what the handles of a publication borrow.

use super::{
    barrier::{Choice, Plan},
    kept::Kept,
    ledger::Ledger,
    line::Line,
    slot::{Head, Slot},
    sync::{AtomicBool, Cells, const_fn, repeat},
};

/// The memory that readers and the writer of one publication share.
pub(crate) struct Common<T, const READERS: usize, const BUFFERS: usize> {
    pub(crate) head: Line<Head>,
    pub(crate) slots: [Line<Slot>; READERS],
    pub(crate) seat: Line<Seat<READERS, BUFFERS>>,
    /// The writer writes the free buffers, and each reader reads the buffer that it holds.
    pub(crate) buffers: Cells<Line<Kept<T>>, BUFFERS>,
}

/// What the one writer of a publication needs.
pub(crate) struct Seat<const READERS: usize, const BUFFERS: usize> {
    /// Whether a [`Writer`](super::Writer) exists.
    pub(crate) taken: AtomicBool,
    /// Accessed by the writer alone, and handed on from each writer to the next.
    pub(crate) ledger: Cells<Ledger<READERS, BUFFERS>, 1>,
    /// The barrier of all handles.
    pub(crate) choice: Choice,
}

// SAFETY: a shared publication gives `&T` to any thread (`T: Sync`) and `&mut T` to whichever
// thread has the writer (`T: Send`). The cells are reached only through handles, of which the
// writer is one.
unsafe impl<T: Send + Sync, const READERS: usize, const BUFFERS: usize> Sync
    for Common<T, READERS, BUFFERS>
{
}

impl<T, const READERS: usize, const BUFFERS: usize> Common<T, READERS, BUFFERS> {
    const_fn! {
        /// A publication of the first of `values`, whose slots are idle and of which no handle
        /// exists.
        pub(crate) const fn new(plan: Plan, values: [T; BUFFERS]) -> Self {
            Self {
                head: Line(Head::new()),
                slots: repeat!(Line(Slot::new()), READERS),
                seat: Line(Seat {
                    taken: AtomicBool::new(false),
                    ledger: Cells::new([Ledger::new()]),
                    choice: Choice::new(plan),
                }),
                buffers: Cells::new(Kept::all(values)),
            }
        }
    }
}
