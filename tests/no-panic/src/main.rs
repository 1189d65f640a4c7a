//! Every lookup of the library, and its ramps, in a program that links only if none of them can panic.
//!
//! The panic handler calls a function that nobody defines. The optimizer drops the handler where no
//! panic can be reached; where one can, the linker reports the function's name.
#![no_std]
#![no_main]

mod lookups;
mod ramps;

use core::ffi::c_int;
use core::panic::PanicInfo;

unsafe extern "C" {
    /// Defined nowhere: a reference to it that survives is a panic that can be reached.
    fn annulus_lookup_may_panic() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: a program in which this can be reached does not link.
    unsafe { annulus_lookup_may_panic() }
}

/// What a program with the heap has to have: here it has no room.
#[cfg(feature = "alloc")]
mod heap {
    use core::alloc::{GlobalAlloc, Layout};

    struct Full;

    // SAFETY: it never gives memory out, which it may refuse to do.
    unsafe impl GlobalAlloc for Full {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            core::ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[global_allocator]
    static FULL: Full = Full;
}

// Only the C library's start-up code and its `memcpy`, on systems that have one.
#[cfg(not(target_os = "none"))]
#[link(name = "c")]
unsafe extern "C" {}

/// The program: exit status 0 where the lookups answer rightly.
// SAFETY: nothing else in this program is called `main`.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    let right = lookups::answer_rightly() & ramps::answer_rightly();
    #[cfg(feature = "canary")]
    let right = right && lookups::canary() == 2;
    c_int::from(!right)
}
