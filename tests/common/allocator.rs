//! An allocator that fails when it is told to, and counts, each thread for itself.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, until a thread has had as many allocations as it may.
struct Failing;

thread_local! {
    /// How many allocations this thread may still make.
    pub(crate) static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
    /// How many bytes this thread has allocated, less those that it has given back. It may give back what
    /// another thread allocated.
    pub(crate) static HELD: Cell<isize> = const { Cell::new(0) };
    /// The most that there have been of them.
    pub(crate) static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn held(more: usize, less: usize) {
    HELD.set(HELD.get() + more as isize - less as isize);
    PEAK.set(PEAK.get().max(HELD.get()));
}

fn granted() -> bool {
    LEFT.with(|left| match left.get() {
        0 => false,
        usize::MAX => true,
        some => {
            left.set(some - 1);
            true
        }
    })
}

// SAFETY: every call goes on to the system's allocator with the caller's arguments, or gives a null
// pointer, which an allocator may at any time.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !granted() {
            return std::ptr::null_mut();
        }
        held(layout.size(), 0);
        // SAFETY: the caller's promises are the system's demands.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        held(0, layout.size());
        // SAFETY: as above; all memory comes from there.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !granted() {
            return std::ptr::null_mut();
        }
        held(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;
